//! `roadmapd health`: asks the daemon that runs on this machine how it is; for people, and for supervisors that have no HTTP client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use http::StatusCode;
use reqwest::redirect::Policy;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::{Desk, Exit, Failure, output};
use crate::settings::Settings;

/// Under the ten seconds that container health checks are given.
const WAIT: Duration = Duration::from_secs(8);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only whether its loop turns and its store can be read: what a restart could mend
    #[arg(long, conflicts_with = "json")]
    alive: bool,
    /// The daemon's own answer
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    let settings = desk.load()?;
    let Some(listen) = settings.daemon.listen else {
        let why = "nothing can be asked: the page is switched off ([daemon] listen = \"\"); name an address there";
        return Err(Failure::Said(why.to_owned()));
    };
    let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).timeout(WAIT).build();
    let client = client.map_err(|error| Failure::Said(format!("nothing can be asked: {error}")))?;
    let asked = Asked { client, address: here(listen) };
    if args.alive {
        for path in ["/livez", "/readyz"] {
            let (status, said) = asked.get(path, None).await?;
            if status != StatusCode::OK {
                return Err(Failure::Said(said.trim().to_owned()));
            }
        }
        output::print("it lives and its store can be read");
        return Ok(Exit::Done);
    }
    let (status, said) = asked.get("/health", token(&settings)?).await?;
    if !matches!(status, StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE) {
        let next = "where only a proxy signs people in, ask with --alive";
        return Err(Failure::Said(format!(
            "the page at {} doesn't let this command in ({status}); {next}",
            asked.address
        )));
    }
    let health: Value = serde_json::from_str(&said)
        .map_err(|_| Failure::Said(format!("what answers at {} isn't roadmapd", asked.address)))?;
    if args.json {
        output::print_json(&health);
    } else {
        tell(&health);
    }
    Ok(if status == StatusCode::OK { Exit::Done } else { Exit::Failed })
}

/// Whom to ask, and where.
struct Asked {
    client: reqwest::Client,
    address: SocketAddr,
}

impl Asked {
    async fn get(&self, path: &str, token: Option<String>) -> Result<(StatusCode, String), Failure> {
        let mut request = self.client.get(format!("http://{}{path}", self.address));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let unanswered = |error: reqwest::Error| {
            let why = if error.is_timeout() { "no answer in time" } else { "nobody answers" };
            let next = "is the daemon running, with this configuration, on this machine?";
            Failure::Said(format!("{why} at http://{}{path}; {next}", self.address))
        };
        let answer = self.client.execute(request.build().map_err(unanswered)?).await.map_err(unanswered)?;
        Ok((answer.status(), answer.text().await.map_err(unanswered)?))
    }
}

/// Where a daemon that listens everywhere is reached from its own machine.
fn here(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn token(settings: &Settings) -> Result<Option<String>, Failure> {
    let Some(whence) = settings.page.auth.as_ref().and_then(|auth| auth.token.as_ref()) else { return Ok(None) };
    let token = whence.read().map_err(|why| Failure::Said(format!("the page's token can't be read: {why}")))?;
    Ok(Some(token.expose_secret().to_owned()))
}

fn tell(health: &Value) {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    output::print(&text(health, "status"));
    for (list, word) in [("reasons", "wrong"), ("notes", "note")] {
        for one in health[list].as_array().into_iter().flatten() {
            output::print(&output::fit(&format!("{word}: {}; {}", text(one, "why"), text(one, "next")), 600));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_listens_everywhere_is_asked_on_loopback() {
        for (listen, asked) in [
            ("0.0.0.0:8780", "127.0.0.1:8780"),
            ("[::]:80", "[::1]:80"),
            ("127.0.0.1:8780", "127.0.0.1:8780"),
            ("10.0.0.7:1", "10.0.0.7:1"),
        ] {
            assert_eq!(here(listen.parse().expect("an address")), asked.parse().expect("an address"));
        }
    }
}
