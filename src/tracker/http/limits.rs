//! Headers and words -> Limit: whether an answer is a limit, and when that ends.

use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;

use super::Answer;
use crate::tracker::Left;

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
pub(super) const WAIT_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

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
    // While something is left of the primary limit, its reset says nothing about this one.
    (!forbidden || worded).then(|| Limit { wait: None, said: named() })
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

/// What is left of a tracker's own limit. GitHub counts searches and GraphQL by themselves; what is told is the rest.
pub(super) fn left(answer: &Answer) -> Option<Left> {
    if answer.header("x-ratelimit-resource").is_some_and(|resource| resource != "core") {
        return None;
    }
    let number = |name: &str| answer.header(name)?.parse().ok();
    let resets = until_reset(answer).and_then(|wait| Timestamp::now().checked_add(wait).ok());
    Some(Left { remaining: number("x-ratelimit-remaining")?, limit: number("x-ratelimit-limit"), resets })
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

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], message: &str) -> Answer {
        let header = |(name, value): &(&str, &str)| {
            (HeaderName::try_from(*name).expect("a name"), HeaderValue::try_from(*value).expect("a value"))
        };
        Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            headers: headers.iter().map(header).collect::<HeaderMap>(),
            body: serde_json::json!({"message": message}).to_string().into_bytes(),
        }
    }

    fn wait_s(status: u16, headers: &[(&str, &str)], message: &str) -> Option<Option<u64>> {
        limit(&answer(status, headers, message)).map(|limit| limit.wait.map(|wait| wait.as_secs()))
    }

    #[test]
    fn what_is_left_is_that_of_the_ordinary_limit() {
        let told = |headers: &[(&str, &str)]| left(&answer(200, headers, "")).map(|left| (left.remaining, left.limit));
        let core = [("x-ratelimit-remaining", "4990"), ("x-ratelimit-limit", "5000"), ("x-ratelimit-resource", "core")];
        assert_eq!(told(&core), Some((4990, Some(5000))));
        assert_eq!(told(&core[..1]), Some((4990, None)));
        let search = [core[0], core[1], ("x-ratelimit-resource", "search")];
        assert_eq!((told(&search), told(&core[1..])), (None, None));
    }

    #[test]
    fn a_limit_says_when_it_ends_in_seconds_or_as_a_date() {
        assert_eq!(wait_s(429, &[("retry-after", "7")], ""), Some(Some(7)));
        let dates = [("date", "Fri, 20 Nov 2026 10:15:30 GMT"), ("retry-after", "Fri, 20 Nov 2026 10:16:30 GMT")];
        assert_eq!(wait_s(403, &dates, "You have exceeded a secondary rate limit."), Some(Some(60)));
        let past = [("date", "Fri, 20 Nov 2026 10:15:30 GMT"), ("retry-after", "Fri, 20 Nov 2026 10:14:30 GMT")];
        assert_eq!(wait_s(429, &past, ""), Some(Some(0)));
    }

    #[test]
    fn nothing_left_waits_for_the_reset_by_the_servers_clock() {
        let date = ("date", "Fri, 20 Nov 2026 10:15:30 GMT");
        let github = [date, ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795169735")];
        assert_eq!(wait_s(403, &github, "API rate limit exceeded for user ID 1."), Some(Some(5)));
        let jira = [date, ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2026-11-20T10:16Z")];
        assert_eq!(wait_s(429, &jira, ""), Some(Some(30)));
    }

    #[test]
    fn a_limit_may_be_known_by_its_words_alone() {
        for words in [
            "You have exceeded a secondary rate limit.",
            "You have triggered an abuse detection mechanism.",
            "API rate limit exceeded",
        ] {
            assert_eq!(wait_s(403, &[], words), Some(None), "{words}");
        }
        assert_eq!(wait_s(429, &[], "slow down"), Some(None));
    }

    #[test]
    fn a_missing_permission_is_no_limit() {
        assert_eq!(wait_s(403, &[("x-ratelimit-remaining", "4990")], "Resource not accessible by integration"), None);
        assert_eq!(wait_s(403, &[], "Repository was archived so is read-only."), None);
        assert_eq!(wait_s(404, &[("retry-after", "7")], ""), None);
    }

    #[test]
    fn an_absurd_wait_is_cut_and_an_unreadable_one_is_unsaid() {
        assert_eq!(wait_s(429, &[("retry-after", "99999999999")], ""), Some(Some(WAIT_MAX.as_secs())));
        assert_eq!(wait_s(429, &[("retry-after", "soon")], ""), Some(None));
        assert_eq!(wait_s(429, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "never")], ""), Some(None));
    }
}
