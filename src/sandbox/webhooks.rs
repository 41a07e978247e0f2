//! Change -> signed webhook: what a tracker tells whoever registered an address, with the headers and bodies that the descriptions
//! of webhooks give it. A delivery that fails is not tried again here, and one may come several times.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hmac::{Hmac, Mac};
use http::Uri;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_util::sync::CancellationToken;

use super::{SandboxError, Tracker};

/// Events that wait for one address; what comes then is lost, as webhooks can be.
const WAITING_MAX: usize = 10_000;
/// How long a receiver may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Whom a tracker tells what happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Whose events.
    pub tracker: Tracker,
    /// Where they go: plain http.
    pub url: String,
    /// What signs them.
    pub secret: String,
    /// How often each is delivered, with the same id.
    #[serde(default = "once")]
    pub copies: u32,
}

fn once() -> u32 {
    1
}

/// How a webhook's deliveries went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deliveries {
    /// Whose events.
    pub tracker: Tracker,
    /// Where they went.
    pub url: String,
    /// Requests that were answered with 2xx.
    pub taken: u64,
    /// Those that weren't.
    pub failed: u64,
}

/// The registered webhooks of both trackers.
#[derive(Default)]
pub(super) struct Registered(Vec<(Webhook, Arc<Tally>)>);

#[derive(Default)]
struct Tally {
    taken: AtomicU64,
    failed: AtomicU64,
}

impl Registered {
    /// Starts to deliver; what is put into the answer goes out.
    pub(super) fn add(&mut self, webhook: Webhook, stop: CancellationToken) -> Result<Sender<Event>, SandboxError> {
        let target = Target::read(&webhook.url)?;
        let (sender, events) = channel(WAITING_MAX);
        let tally = Arc::new(Tally::default());
        self.0.push((webhook.clone(), Arc::clone(&tally)));
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = deliver(webhook, target, events, tally) => {}
            }
        });
        Ok(sender)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Webhook> {
        self.0.iter().map(|(webhook, _)| webhook)
    }

    pub(super) fn deliveries(&self) -> Vec<Deliveries> {
        let row = |(webhook, tally): &(Webhook, Arc<Tally>)| Deliveries {
            tracker: webhook.tracker,
            url: webhook.url.clone(),
            taken: tally.taken.load(Ordering::Relaxed),
            failed: tally.failed.load(Ordering::Relaxed),
        };
        self.0.iter().map(row).collect()
    }
}

/// What happened: GitHub's name for it, and the body.
#[derive(Clone)]
pub(super) struct Event {
    pub(super) name: &'static str,
    pub(super) body: Value,
}

/// Where a tracker's state puts what happens.
#[derive(Default)]
pub(super) struct Outbox(Vec<Sender<Event>>);

impl Outbox {
    /// Somebody is told; what nobody is told need not be drawn.
    pub(super) fn is_read(&self) -> bool {
        !self.0.is_empty()
    }

    pub(super) fn add(&mut self, sender: Sender<Event>) {
        self.0.push(sender);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn put(&self, event: &Event) {
        for sender in &self.0 {
            // A full or closed box loses it, as the network does.
            let _ = sender.try_send(event.clone());
        }
    }
}

struct Target {
    authority: String,
    path: String,
}

impl Target {
    fn read(url: &str) -> Result<Self, SandboxError> {
        let refused =
            || SandboxError::Refused(format!("{url:?} is no address for webhooks: write http://HOST:PORT/PATH"));
        let uri: Uri = url.parse().map_err(|_| refused())?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http")).ok_or_else(refused)?;
        authority.port_u16().ok_or_else(refused)?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { authority: authority.to_string(), path })
    }
}

async fn deliver(webhook: Webhook, target: Target, mut events: Receiver<Event>, tally: Arc<Tally>) {
    let mut nth = 0_u64;
    while let Some(event) = events.recv().await {
        nth += 1;
        let body = event.body.to_string();
        let head = head(&webhook, &target, &event, nth, &body);
        for _ in 0..webhook.copies {
            let sent = tokio::time::timeout(ANSWER_WITHIN, send(&target, &head, &body)).await;
            let taken = matches!(sent, Ok(Ok(200..=299)));
            (if taken { &tally.taken } else { &tally.failed }).fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The request's head. The nth delivery of an address has its own id.
fn head(webhook: &Webhook, target: &Target, event: &Event, nth: u64, body: &str) -> String {
    let signed = sign(&webhook.secret, body.as_bytes());
    let own = match webhook.tracker {
        Tracker::GitHub => format!(
            "user-agent: GitHub-Hookshot/5a9d1d2\r\naccept: */*\r\nx-github-event: {}\r\nx-github-delivery: 72d3162e-cc78-11e3-81ab-{nth:012x}\r\n\
             x-github-hook-id: 292430182\r\nx-github-hook-installation-target-type: organization\r\n\
             x-github-hook-installation-target-id: 79929171\r\nx-hub-signature-256: sha256={signed}\r\n",
            event.name
        ),
        Tracker::Jira => format!(
            "user-agent: Atlassian Webhook HTTP Client\r\nx-atlassian-webhook-identifier: 5d2f7b1a-0000-4000-8000-{nth:012x}\r\n\
             x-hub-signature: sha256={signed}\r\n"
        ),
    };
    format!(
        "POST {} HTTP/1.1\r\nhost: {}\r\n{own}content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        target.path,
        target.authority,
        body.len()
    )
}

/// Sends it and gives the answer's status.
async fn send(target: &Target, head: &str, body: &str) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect(&target.authority).await?;
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    // "HTTP/1.1 200"
    let mut line = [0; 12];
    stream.read_exact(&mut line).await?;
    let status = std::str::from_utf8(&line[9..]).ok().and_then(|status| status.parse().ok());
    status.ok_or_else(|| std::io::ErrorKind::InvalidData.into())
}

/// HMAC-SHA256 in hexadecimal digits.
pub(super) fn sign(secret: &str, body: &[u8]) -> String {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.chain_update(body).finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Target, sign};

    #[test]
    fn a_body_is_signed_as_githubs_own_example_is() {
        let signed = sign("It's a Secret to Everybody", b"Hello, World!");
        assert_eq!(signed, "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
    }

    #[test]
    fn an_address_is_plain_http_with_a_port() {
        let target = Target::read("http://127.0.0.1:8781/webhooks/github?a=b").expect("an address");
        assert_eq!((target.authority.as_str(), target.path.as_str()), ("127.0.0.1:8781", "/webhooks/github?a=b"));
        for wrong in ["", "https://127.0.0.1:1/", "127.0.0.1:1", "http://127.0.0.1/", "http://:1/ x"] {
            assert!(Target::read(wrong).is_err(), "{wrong}");
        }
    }
}
