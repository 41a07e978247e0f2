//! Headers and words -> Limit: whether an answer is a limit, and when that ends.

use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;

use super::Answer;

/// What GitHub's limits say of themselves where no header does.
const FRAGMENTS: [&str; 7] = [
    "secondary rate limit",
    "exceeded a secondary",
    "abuse detection",
    "submitted too quickly",
    "temporarily blocked from content creation",
    "api rate limit exceeded",
    "api rate limit already exceeded",
];

/// The longest wait that is believed: a week.
const WAIT_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// A refusal that ends by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    /// Until it ends. None: not said.
    pub(super) wait: Option<Duration>,
    /// What kind.
    pub(super) said: String,
}

/// The limit that an answer is, if it is one: 429, or a 403 with a limit's headers or words.
pub(super) fn limit(answer: &Answer) -> Option<Limit> {
    let forbidden = answer.status == StatusCode::FORBIDDEN;
    if answer.status != StatusCode::TOO_MANY_REQUESTS && !forbidden {
        return None;
    }
    let named = || match answer.header("ratelimit-reason").or_else(|| answer.header("x-ratelimit-resource")) {
        Some(reason) => format!("limit {}", reason.chars().filter(|c| !c.is_control()).take(60).collect::<String>()),
        None => "a rate limit".to_owned(),
    };
    if answer.header("retry-after").is_some() {
        return Some(Limit { wait: retry_after(answer), said: named() });
    }
    if answer.header("x-ratelimit-remaining") == Some("0") {
        return Some(Limit { wait: until_reset(answer), said: named() });
    }
    let words = answer.words().to_lowercase();
    let worded = FRAGMENTS.iter().any(|fragment| words.contains(fragment));
    (!forbidden || worded).then(|| Limit { wait: until_reset(answer).filter(|_| !forbidden), said: named() })
}

/// `Retry-After`: seconds or an HTTP date.
pub(super) fn retry_after(answer: &Answer) -> Option<Duration> {
    let text = answer.header("retry-after")?;
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds).min(WAIT_MAX)),
        Err(_) => Some(until(http_date(text)?, answer)),
    }
}

/// `X-RateLimit-Reset`: epoch seconds (GitHub) or an ISO time (Jira).
pub(super) fn until_reset(answer: &Answer) -> Option<Duration> {
    let text = answer.header("x-ratelimit-reset")?;
    let at = match text.parse::<i64>() {
        Ok(seconds) => Timestamp::from_second(seconds).ok()?,
        Err(_) => text.parse().or_else(|_| text.replace('Z', ":00Z").parse()).ok()?,
    };
    Some(until(at, answer))
}

/// From the server's own clock where it tells the time, else from ours.
fn until(at: Timestamp, answer: &Answer) -> Duration {
    let now = answer.header("date").and_then(http_date).unwrap_or_else(Timestamp::now);
    Duration::try_from(at.duration_since(now)).unwrap_or_default().min(WAIT_MAX)
}

/// An HTTP date: `Fri, 20 Nov 2026 10:15:30 GMT`.
pub(in crate::tracker) fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()
}

/// When a wait that begins now ends.
pub(super) fn ends(wait: Duration) -> Timestamp {
    let now = Timestamp::now();
    let at = now.checked_add(jiff::SignedDuration::try_from(wait.min(WAIT_MAX)).unwrap_or_default()).unwrap_or(now);
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
