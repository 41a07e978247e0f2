//! `[notify]` -> where people are told, of what, and in which shape.

use std::collections::BTreeSet;

use url::Url;

use super::Schedule;
use super::check::Check;
use super::finding::shown;
use super::raw;
use super::secret::Given;
use crate::tracker::{Secret, is_loopback};

/// Where the text goes in a template.
const TEXT: &str = "{text}";

/// What people are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A plan waits for a person.
    PlanWaits,
    /// A tracker couldn't be read for longer than `stale_max`, and that it can be read again.
    Stale,
    /// An issue was set aside because the tracker keeps refusing its changes.
    Quarantine,
    /// An item came up to p0.
    NewP0,
    /// A value of ours was reversed so often that it is left to whoever does it.
    Fight,
    /// A credential expires within two weeks.
    TokenExpiring,
}

impl Event {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 6] =
        [Self::Stale, Self::PlanWaits, Self::TokenExpiring, Self::NewP0, Self::Quarantine, Self::Fight];

    /// Its name in configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::PlanWaits => "plan-waits",
            Self::Stale => "stale",
            Self::Quarantine => "quarantine",
            Self::NewP0 => "new-p0",
            Self::Fight => "fight",
            Self::TokenExpiring => "token-expiring",
        }
    }
}

/// Where people are told.
#[derive(Clone, Debug, PartialEq)]
pub struct Notify {
    /// The webhook's address: whoever knows it may write there.
    pub url: Secret,
    /// The body, JSON with `{text}` within a text.
    pub template: String,
    /// What is told.
    pub events: BTreeSet<Event>,
    /// When the digest of a week is told. None: never.
    pub digest: Option<Schedule>,
}

impl Notify {
    /// The body that tells a text.
    pub fn body(&self, text: &str) -> String {
        body(&self.template, text)
    }
}

/// Puts a text into a template, escaped as JSON has it.
fn body(template: &str, text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    template.replace(TEXT, inner)
}

/// Checks an address that was read from where it is kept; the sentence never shows it.
///
/// # Errors
/// Why it can't be used.
pub fn webhook(address: &str) -> Result<Url, &'static str> {
    let url: Url = address.parse().map_err(|_| "it holds no address such as https://hooks.slack.com/services/…")?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err("it is http, which others can read on the way"),
        _ => Err("its address is neither https nor http"),
    }
}

/// Reads `[notify]`.
pub(super) fn notify(raw: &raw::Notify, check: &mut Check<'_>) -> Option<Notify> {
    let mut events = BTreeSet::new();
    for word in &raw.events {
        events.extend(Event::ALL.into_iter().find(|event| event.name() == word));
    }
    let digest = match raw.digest.as_str() {
        "" => None,
        text => {
            let read = text.parse::<Schedule>();
            if let Err(problem) = &read {
                let next = "write five fields (minute hour day month weekday) or six, seconds first: \"0 0 8 * * Mon\"";
                check.wrong("notify.digest", format!("{} is not a schedule: {problem}", shown(text)), next);
            }
            read.ok()
        }
    };
    let sample = body(&raw.template, "a \"text\"\nof two lines");
    if !raw.template.contains(TEXT) || serde_json::from_str::<serde_json::Value>(&sample).is_err() {
        let problem = "it isn't JSON with {text} within a text";
        check.wrong("notify.template", problem, "write it like '{\"text\": \"{text}\"}'");
    }
    let Some(given) = &raw.url else {
        if digest.is_some() {
            check.wrong("notify.digest", "there is no url to tell it to", "add url = { env = \"NAME\" }");
        }
        return None;
    };
    match given.look_up(check.env).map(|address| webhook(&address).map(drop)) {
        Ok(Ok(())) => {}
        Ok(Err(problem)) => check.wrong(
            "notify.url",
            format!("what stands there can't be used: {problem} (it is not shown)"),
            "put the whole address of an incoming webhook there",
        ),
        Err((problem, next)) => check.wrong("notify.url", problem, next),
    }
    let Given::Elsewhere(url) = given else { return None };
    Some(Notify { url: url.clone(), template: raw.template.clone(), events, digest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_one_text_in_the_body() {
        let text = "a \"quoted\" title\nwith \\ and {text}";
        let body = body(r#"{"text": "{text}", "channel": "pm"}"#, text);
        let read: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((read["text"].as_str(), read["channel"].as_str()), (Some(text), Some("pm")));
    }

    #[test]
    fn only_addresses_that_nobody_reads_on_the_way_are_used() {
        for (address, used) in [
            ("https://hooks.slack.com/services/T0/B0/x", true),
            ("http://127.0.0.1:9/x", true),
            ("http://hooks.example/x", false),
            ("ftp://hooks.example/x", false),
            ("hooks.example", false),
        ] {
            assert_eq!(webhook(address).is_ok(), used, "{address}");
        }
    }
}
