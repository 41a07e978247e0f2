//! Webhook -> hint: whether it is a tracker's own, and new. What it says is not read: polling finds out what changed, and a
//! webhook that was lost, held back or forged can therefore do no harm but to time.
//!
//! ```text
//! POST /webhooks/NAME -> tracker -> size -> signature over the raw body -> seen before? -> about issues? -> hint
//! ```

mod memory;
mod signature;

use std::collections::BTreeMap;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderMap, StatusCode, header};
use http_body_util::LengthLimitError;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use self::memory::Memory;
use self::signature::{Keys, Tag, tag};
use super::listen::{Bound, serve};
use crate::daemon::{Heard, Watch};
use crate::model::TrackerName;
use crate::tracker::{Secret, TrackerConfig};

/// GitHub sends up to 25 MB, but not for an issue: its text, a comment and what they were before are 65,536 characters each, at
/// most a megabyte together. What is larger is not worth the memory, since polling finds it as well.
const BODY_MAX: usize = 2 * 1024 * 1024;
/// Both trackers give up after ten seconds or more.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// Bodies that are read at once; together they are 128 MB at most. Who comes then is sent away: Jira tries again, and polling is truth.
const AT_ONCE: usize = 64;
/// The same trouble of the same tracker is logged so often at most: whoever sends it decides how often it happens.
const TELL_AGAIN: Duration = Duration::from_secs(60);

/// How GitHub's events about issues begin, and about what an app may read.
const ABOUT_ISSUES: [&str; 3] = ["issue", "sub_issue", "installation"];

/// An address at which webhooks are heard.
pub struct Hooks {
    bound: Bound,
    site: Site,
}

struct Site {
    watch: Watch,
    keys: Keys,
    memory: Memory,
    reading: Semaphore,
    told: Mutex<BTreeMap<(TrackerName, Heard), Instant>>,
}

impl Hooks {
    /// Hears at an address, for the daemon that is watched.
    pub fn at(bound: Bound, watch: Watch) -> Self {
        let (keys, memory, told) = (Keys::default(), Memory::default(), Mutex::default());
        Self { bound, site: Site { watch, keys, memory, reading: Semaphore::new(AT_ONCE), told } }
    }

    /// Where; the port that the system chose where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.bound.address()
    }

    /// Hears until told to stop.
    pub async fn serve(self, stop: CancellationToken) {
        info!("webhooks are heard at http://{}/webhooks/NAME", self.bound.address());
        let app =
            Router::new().route("/webhooks/{tracker}", post(hear)).fallback(astray).with_state(Arc::new(self.site));
        serve(self.bound, app, stop, "webhooks aren't heard any more").await;
    }
}

async fn astray(State(site): State<Arc<Site>>) -> StatusCode {
    site.watch.now().hints.count_astray();
    StatusCode::NOT_FOUND
}

async fn hear(State(site): State<Arc<Site>>, Path(name): Path<String>, request: Request) -> Response {
    let present = site.watch.now();
    let settings = &present.works.settings;
    let Some(tracker) = settings.trackers.iter().find(|tracker| tracker.name().as_str() == name) else {
        present.hints.count_astray();
        return StatusCode::NOT_FOUND.into_response();
    };
    let (heard, status) = match site.judge(tracker, settings.webhook_secrets.get(tracker.name()), request).await {
        Ok(heard) => (heard, StatusCode::OK),
        Err(Refusal { heard, status, why }) => {
            site.tell(tracker.name(), heard, why);
            (heard, status)
        }
    };
    present.hints.count(tracker.name(), heard);
    debug!("a webhook of {} was {}", tracker.name(), heard.name());
    if heard == Heard::Accepted {
        present.hints.give();
    }
    // The sender learns what to do next, and nothing of why.
    status.into_response()
}

/// What is sent away.
struct Refusal {
    heard: Heard,
    status: StatusCode,
    /// For the log.
    why: &'static str,
}

const NO_SECRET: Refusal = Refusal {
    heard: Heard::Refused,
    status: StatusCode::FORBIDDEN,
    why: "its section has no webhook_secret; add one, or take the webhook away in the tracker",
};
const FORGED: Refusal = Refusal {
    heard: Heard::Forged,
    status: StatusCode::UNAUTHORIZED,
    why: "its signature is missing or wrong; compare webhook_secret with the secret of the webhook in the tracker",
};
const OVERSIZED: Refusal = Refusal {
    heard: Heard::Oversized,
    status: StatusCode::PAYLOAD_TOO_LARGE,
    why: "it is larger than 2 MiB; the next poll finds what it was about",
};
const BUSY: Refusal = Refusal {
    heard: Heard::Refused,
    status: StatusCode::SERVICE_UNAVAILABLE,
    why: "too many come at once; the next poll finds what it was about",
};
const SLOW: Refusal = Refusal {
    heard: Heard::Refused,
    status: StatusCode::REQUEST_TIMEOUT,
    why: "it broke off or came too slowly; the next poll finds what it was about",
};

impl Site {
    /// What a webhook is.
    async fn judge(
        &self,
        tracker: &TrackerConfig,
        secret: Option<&Secret>,
        request: Request,
    ) -> Result<Heard, Refusal> {
        let secret = secret.ok_or(NO_SECRET)?;
        let (head, body) = request.into_parts();
        let words = Words::of(tracker);
        let tag = words.tag(&head.headers).ok_or(FORGED)?;
        let body = self.read(&head.headers, body).await?;
        if !self.keys.signed(tracker.name(), secret, &body, &tag) {
            return Err(FORGED);
        }
        let id = head.headers.get(words.id).map(|id| id.as_bytes());
        if !self.memory.is_new(tracker.name(), id, &tag) {
            return Ok(Heard::Replayed);
        }
        Ok(if words.concerns(&head.headers) { Heard::Accepted } else { Heard::Ignored })
    }

    /// The whole body, if it isn't too large and comes soon.
    async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
        let said = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if said.is_some_and(|said| said > BODY_MAX as u64) {
            return Err(OVERSIZED);
        }
        let _reading = self.reading.try_acquire().map_err(|_| BUSY)?;
        match timeout(BODY_WITHIN, to_bytes(body, BODY_MAX)).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(error)) if error.source().is_some_and(|source| source.is::<LengthLimitError>()) => Err(OVERSIZED),
            Ok(Err(_)) | Err(_) => Err(SLOW),
        }
    }

    fn tell(&self, tracker: &TrackerName, heard: Heard, why: &str) {
        let now = Instant::now();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let last = told.get(&(tracker.clone(), heard));
        if last.is_none_or(|last| now.duration_since(*last) >= TELL_AGAIN) {
            told.insert((tracker.clone(), heard), now);
            warn!("a webhook of {tracker} was sent away: {why} (the same is told once a minute; the page counts all)");
        }
    }
}

/// A tracker's own headers.
struct Words {
    signature: &'static str,
    id: &'static str,
    event: Option<&'static str>,
}

impl Words {
    fn of(tracker: &TrackerConfig) -> Self {
        match tracker {
            TrackerConfig::Github(_) => {
                Self { signature: "x-hub-signature-256", id: "x-github-delivery", event: Some("x-github-event") }
            }
            TrackerConfig::Jira(_) => {
                Self { signature: "x-hub-signature", id: "x-atlassian-webhook-identifier", event: None }
            }
        }
    }

    /// The one signature; of two nobody knows which is meant.
    fn tag(&self, headers: &HeaderMap) -> Option<Tag> {
        let mut given = headers.get_all(self.signature).iter();
        let one = given.next()?;
        if given.next().is_some() { None } else { tag(one.as_bytes()) }
    }

    /// Whether something that is read may be otherwise than it was. An event without a name may be anything: Jira names its
    /// events in the body alone, and who registers a webhook there chooses them.
    fn concerns(&self, headers: &HeaderMap) -> bool {
        let Some(event) = self.event.and_then(|event| headers.get(event)) else { return true };
        match event.as_bytes() {
            b"label" | b"milestone" | b"repository" => true,
            event => ABOUT_ISSUES.iter().any(|begin| event.starts_with(begin.as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const GITHUB: Words =
        Words { signature: "x-hub-signature-256", id: "x-github-delivery", event: Some("x-github-event") };

    #[test]
    fn events_that_cant_concern_issues_are_no_hint() {
        for (event, concerns) in [
            ("issues", true),
            ("issue_comment", true),
            ("issue_dependencies", true),
            ("sub_issues", true),
            ("label", true),
            ("milestone", true),
            ("installation_repositories", true),
            ("ping", false),
            ("push", false),
            ("repository_dispatch", false),
            ("labelled", false),
            ("workflow_run", false),
            ("star", false),
        ] {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static("x-github-event"),
                HeaderValue::from_static(event),
            )]);
            assert_eq!(GITHUB.concerns(&headers), concerns, "{event}");
        }
        assert!(GITHUB.concerns(&HeaderMap::new()));
    }

    #[test]
    fn two_signatures_are_none() {
        let signed = HeaderValue::from_str(&format!("sha256={}", "0".repeat(64))).expect("a header");
        let mut headers = HeaderMap::new();
        headers.append("x-hub-signature-256", signed.clone());
        assert!(GITHUB.tag(&headers).is_some());
        headers.append("x-hub-signature-256", signed);
        assert_eq!(GITHUB.tag(&headers), None);
    }
}
