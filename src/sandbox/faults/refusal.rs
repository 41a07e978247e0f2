//! Refusals: what is refused and until when -> the answer as each tracker words it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::sandbox::Tracker;
use crate::sandbox::message::{Reply, http_date};

/// A refusal, in the tracker's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub kind: RefusalKind,
    /// With which status.
    pub status: u16,
    /// When it ends, as far as the answer says so.
    pub ends: Ends,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The server, or what stands before it, failed.
    ServerError,
    /// The requests of the hour are used up: GitHub's primary limit, Jira's quota.
    PrimaryLimit,
    /// GitHub's secondary limit.
    SecondaryLimit,
    /// Jira's limit on bursts.
    BurstLimit,
    /// The token is no longer good.
    ExpiredToken,
}

/// When a refusal ends, as its headers say it; nothing given: no header says anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// `Retry-After`.
    pub retry_after: Option<RetryAfter>,
    /// Nothing is left until that many seconds from now, in `X-RateLimit-Remaining` and `-Reset`.
    pub reset_s: Option<u64>,
}

/// The two forms of `Retry-After`, both in seconds from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// As a number of seconds.
    Seconds(u64),
    /// As an HTTP date.
    Date(u64),
}

impl Refusal {
    /// The answer at the tracker's time `now`.
    pub(super) fn reply(&self, tracker: Tracker, now: Timestamp) -> Reply {
        let body = match tracker {
            Tracker::GitHub => self.github_body(),
            Tracker::Jira => self.jira_body(),
        };
        let mut reply = Reply::json(self.status, "application/json; charset=utf-8", &body).with("date", http_date(now));
        match self.ends.retry_after {
            None => {}
            Some(RetryAfter::Seconds(seconds)) => reply = reply.with("retry-after", seconds.to_string()),
            Some(RetryAfter::Date(seconds)) => reply = reply.with("retry-after", http_date(later(now, seconds))),
        }
        if let Some(seconds) = self.ends.reset_s {
            reply = exhausted(reply, tracker, later(now, seconds));
        }
        if tracker == Tracker::Jira && self.ends != Ends::default() {
            match self.kind {
                RefusalKind::PrimaryLimit => reply = reply.with("ratelimit-reason", "jira-quota-tenant-based"),
                RefusalKind::BurstLimit => reply = reply.with("ratelimit-reason", "jira-burst-based"),
                RefusalKind::ServerError | RefusalKind::SecondaryLimit | RefusalKind::ExpiredToken => {}
            }
        }
        match (tracker, self.kind) {
            (Tracker::Jira, RefusalKind::ExpiredToken) => reply.with("x-seraph-loginreason", "AUTHENTICATED_FAILED"),
            _ => reply,
        }
    }

    fn github_body(&self) -> Value {
        let (message, page) = match self.kind {
            RefusalKind::ServerError => ("Server Error", "rest"),
            RefusalKind::PrimaryLimit => (
                "API rate limit exceeded for user ID 1.",
                "rest/using-the-rest-api/rate-limits-for-the-rest-api#about-primary-rate-limits",
            ),
            RefusalKind::SecondaryLimit | RefusalKind::BurstLimit => (
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
                "rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
            ),
            RefusalKind::ExpiredToken => ("Bad credentials", "rest"),
        };
        let page = format!("https://docs.github.com/{page}");
        json!({"message": message, "documentation_url": page, "status": self.status.to_string()})
    }

    fn jira_body(&self) -> Value {
        match self.kind {
            RefusalKind::ServerError => json!({"errorMessages": ["Internal server error"], "errors": {}}),
            RefusalKind::PrimaryLimit | RefusalKind::SecondaryLimit | RefusalKind::BurstLimit => {
                json!({"errorMessages": ["Rate limit exceeded."], "errors": {}})
            }
            RefusalKind::ExpiredToken => {
                json!({"message": "Client must be authenticated to access this resource.", "status-code": self.status})
            }
        }
    }
}

/// Nothing is left until `reset`, which GitHub writes in seconds and Jira as a date to the minute.
fn exhausted(reply: Reply, tracker: Tracker, reset: Timestamp) -> Reply {
    let reply = reply.with("x-ratelimit-remaining", "0");
    match tracker {
        Tracker::GitHub => reply
            .with("x-ratelimit-limit", "5000")
            .with("x-ratelimit-used", "5000")
            .with("x-ratelimit-reset", reset.as_second().to_string())
            .with("x-ratelimit-resource", "core"),
        Tracker::Jira => {
            let minute = later(reset, 59).strftime("%Y-%m-%dT%H:%MZ").to_string();
            reply.with("x-ratelimit-limit", "100").with("x-ratelimit-reset", minute)
        }
    }
}

fn later(now: Timestamp, seconds: u64) -> Timestamp {
    let seconds = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    now.saturating_add(seconds).unwrap_or(now)
}
