//! Scripted misbehaviour: which request of which tracker is answered wrongly, how, and how often.

use http::Method;

use super::{Running, Tracker};

/// How a tracker misbehaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status, body and these headers, without touching anything.
    Status(u16, String, Vec<(String, String)>),
    /// The right answer, its body cut in half; a write is applied.
    TruncatedJson,
    /// A proxy's HTML page with this status.
    Html(u16),
    /// Jira's trap: 200, nothing in it, and the header that says the credentials failed.
    AnonymousEmpty,
    /// The connection ends without an answer; nothing is applied.
    ResetBeforeApply,
    /// The request is applied, then the connection ends without an answer.
    ResetAfterApply,
    /// No answer, ever; nothing is applied.
    Stall,
    /// 301 to this location.
    Redirect(String),
}

impl Fault {
    /// A status with a JSON body and no headers of its own.
    #[must_use]
    pub fn status(status: u16, body: &str) -> Self {
        Self::Status(status, body.to_owned(), Vec::new())
    }

    /// GitHub's secondary limit: 403 with `Retry-After` in seconds where given.
    #[must_use]
    pub fn secondary_limit(retry_after_s: Option<u64>) -> Self {
        let body = r#"{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}"#;
        Self::Status(403, body.to_owned(), retry_header(retry_after_s))
    }

    /// Jira's burst limit: 429 with `Retry-After` in seconds where given.
    #[must_use]
    pub fn burst_limit(retry_after_s: Option<u64>) -> Self {
        let mut headers = retry_header(retry_after_s);
        headers.push(("X-RateLimit-Remaining".to_owned(), "0".to_owned()));
        headers.push(("RateLimit-Reason".to_owned(), "jira-burst-based".to_owned()));
        Self::Status(429, r#"{"errorMessages":["Rate limit exceeded."],"errors":{}}"#.to_owned(), headers)
    }
}

fn retry_header(seconds: Option<u64>) -> Vec<(String, String)> {
    seconds.map(|s| ("Retry-After".to_owned(), s.to_string())).into_iter().collect()
}

/// Which requests are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matcher {
    method: Option<Method>,
    part: String,
}

impl Matcher {
    /// Every request.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests whose path and query contain `part`.
    #[must_use]
    pub fn path(part: &str) -> Self {
        Self { method: None, part: part.to_owned() }
    }

    /// Requests of this method whose path and query contain `part`.
    #[must_use]
    pub fn new(method: Method, part: &str) -> Self {
        Self { method: Some(method), part: part.to_owned() }
    }

    pub(super) fn matches(&self, method: &Method, target: &str) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted == method) && target.contains(&self.part)
    }
}

/// What a test runs just before a request is handled.
pub(super) type Hook = Box<dyn FnOnce(&Running) + Send>;

struct Scripted {
    tracker: Tracker,
    matcher: Matcher,
    fault: Fault,
    left: u32,
}

struct Waiting {
    tracker: Tracker,
    matcher: Matcher,
    /// How many more matching requests until it runs; at 1 it runs before the next.
    left: u32,
    hook: Hook,
}

/// All that is scripted.
#[derive(Default)]
pub(super) struct Script {
    faults: Vec<Scripted>,
    hooks: Vec<Waiting>,
}

impl Script {
    pub(super) fn fail(&mut self, tracker: Tracker, matcher: Matcher, fault: Fault, times: u32) {
        self.faults.push(Scripted { tracker, matcher, fault, left: times });
    }

    pub(super) fn heal(&mut self, tracker: Tracker) {
        self.faults.retain(|f| f.tracker != tracker);
    }

    pub(super) fn hook(&mut self, tracker: Tracker, matcher: Matcher, nth: u32, hook: Hook) {
        self.hooks.push(Waiting { tracker, matcher, left: nth.max(1), hook });
    }

    pub(super) fn unhook(&mut self, tracker: Tracker) {
        self.hooks.retain(|hook| hook.tracker != tracker);
    }

    /// The hooks whose request this is.
    pub(super) fn due_hooks(&mut self, tracker: Tracker, method: &Method, target: &str) -> Vec<Hook> {
        for hook in &mut self.hooks {
            if hook.tracker == tracker && hook.matcher.matches(method, target) {
                hook.left -= 1;
            }
        }
        self.hooks.extract_if(.., |h| h.left == 0).map(|h| h.hook).collect()
    }

    /// The fault for this request: the earliest scripted one that matches and isn't used up.
    pub(super) fn take(&mut self, tracker: Tracker, method: &Method, target: &str) -> Option<Fault> {
        let found =
            self.faults.iter().position(|f| f.tracker == tracker && f.left > 0 && f.matcher.matches(method, target))?;
        let scripted = &mut self.faults[found];
        scripted.left = if scripted.left == u32::MAX { u32::MAX } else { scripted.left - 1 };
        let fault = scripted.fault.clone();
        self.faults.retain(|f| f.left > 0);
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_as_often_as_it_was_scripted_and_only_where_it_matches() {
        let mut script = Script::default();
        script.fail(Tracker::GitHub, Matcher::new(Method::POST, "/labels"), Fault::Stall, 1);
        assert_eq!(script.take(Tracker::Jira, &Method::POST, "/repos/a/b/issues/1/labels"), None);
        assert_eq!(script.take(Tracker::GitHub, &Method::GET, "/repos/a/b/labels"), None);
        assert_eq!(script.take(Tracker::GitHub, &Method::POST, "/repos/a/b/issues/1/labels"), Some(Fault::Stall));
        assert_eq!(script.take(Tracker::GitHub, &Method::POST, "/repos/a/b/issues/1/labels"), None);
    }
}
