//! `listen_webhooks` and `webhook_secret` -> whose webhooks are heard: an address without a secret would hear nobody.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::check::Check;
use super::raw;
use super::secret::Given;
use super::walk::join;
use crate::model::TrackerName;
use crate::tracker::Secret;

/// A secret that is shorter can be tried out by whoever saw one signature.
pub const WEBHOOK_SECRET_CHARS_MIN: usize = 16;

/// The secrets by tracker, and a warning for each that is set and not used.
pub(super) fn webhooks(
    raw: &raw::Raw,
    listen: Option<SocketAddr>,
    listen_webhooks: Option<SocketAddr>,
    check: &mut Check<'_>,
) -> (BTreeMap<TrackerName, Secret>, Vec<String>) {
    const KEY: &str = "daemon.listen_webhooks";
    let given: Vec<(&String, &Given)> =
        raw.trackers.iter().filter_map(|(name, tracker)| Some((name, tracker.webhook_secret.as_ref()?))).collect();
    let Some(address) = listen_webhooks else {
        let unused = |(name, _): &(&String, &Given)| {
            format!(
                "trackers.{name}.webhook_secret does nothing while [daemon] listen_webhooks is empty: no webhook is heard"
            )
        };
        return (BTreeMap::new(), given.iter().map(unused).collect());
    };
    // Port 0 is another port each time.
    let apart = |listen: SocketAddr| listen.port() != address.port() || listen.port() == 0;
    if listen.is_some_and(|listen| !apart(listen) && same_host(listen, address)) {
        check.wrong(KEY, "it is the same address as listen", "give webhooks a port of their own");
    }
    let refused = check.findings.iter().any(|finding| finding.key.ends_with("webhook_secret"));
    if given.is_empty() && !refused {
        let next = "add webhook_secret = { file = \"PATH\" } to a tracker's section, and the same secret where the webhook is registered; or set listen_webhooks = \"\"";
        check.wrong(KEY, "no tracker has a webhook_secret, so that no webhook could be believed", next);
    }
    let secrets = given.into_iter().filter_map(|(name, given)| {
        let secret = secret(given, &join(&join("trackers", name), "webhook_secret"), check)?;
        Some((TrackerName::new(name), secret))
    });
    (secrets.collect(), Vec::new())
}

/// Both can't be bound: they are one, or one of them is all of the machine's.
fn same_host(a: SocketAddr, b: SocketAddr) -> bool {
    a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified()
}

fn secret(given: &Given, key: &str, check: &mut Check<'_>) -> Option<Secret> {
    match given.look_up(check.env) {
        Ok(value) if value.len() < WEBHOOK_SECRET_CHARS_MIN => {
            let problem =
                format!("the secret there has fewer than {WEBHOOK_SECRET_CHARS_MIN} characters and could be guessed");
            check.wrong(key, problem, "make a longer one: openssl rand -hex 32");
        }
        Ok(_) => {}
        Err((problem, next)) => check.wrong(key, problem, next),
    }
    match given {
        Given::Elsewhere(secret) => Some(secret.clone()),
        Given::Text(_) => None,
    }
}
