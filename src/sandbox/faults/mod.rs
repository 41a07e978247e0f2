//! Misbehaviour: which request of which tracker is answered wrongly, how and how often, by script or by plan.

mod answer;
mod armed;
mod check;
mod plan;
mod refusal;
mod script;

use std::time::Duration;

use http::Method;

pub(super) use answer::misbehave;
pub use armed::Strikes;
pub use plan::{FaultPlan, FaultPlanError};
pub use refusal::{Ends, Refusal, RefusalKind, RetryAfter};
pub(super) use script::Script;

use super::Tracker;

/// How a tracker misbehaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status, body and these headers, without touching anything.
    Status(u16, String, Vec<(String, String)>),
    /// A refusal in the tracker's own words, without touching anything.
    Refusal(Refusal),
    /// The right answer, its body cut in half; a write is applied.
    TruncatedJson,
    /// The right answer with one wrong sign in its body, which is no JSON then; a write is applied.
    InvalidJson,
    /// A proxy's HTML page with this status.
    Html(u16),
    /// The request is taken as nobody's. Jira's trap: 200, nothing in it, and the header that says the credentials failed.
    AnonymousEmpty,
    /// The connection ends without an answer; nothing is applied.
    ResetBeforeApply,
    /// The request is applied, then the connection ends without an answer.
    ResetAfterApply,
    /// The right answer after a while; a write is applied at once.
    Slow(Duration),
    /// The right answer byte by byte with a pause after each; a write is applied at once.
    Drip(Duration),
    /// No answer, ever; nothing is applied.
    Stall,
    /// 301 to this location.
    Redirect(String),
    /// A page of a listing that isn't the next one, though nothing is lost; other requests are answered rightly.
    Page(PageFault),
}

/// How a listing's page goes wrong. A client that follows the listing to its end still meets every row, except a row that
/// was touched meanwhile: that one bears a new stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageFault {
    /// The page before's last row comes again; on a first page its own last row comes twice.
    DuplicatedRows,
    /// Half the rows that the page would have; the rest comes on the next ones.
    ShortPage,
    /// After the page an issue is touched so that the rows behind it shift. Only its stamp changes.
    ShiftedPage,
    /// The token or link to the next page is the one of this page.
    RepeatedToken,
}

impl PageFault {
    /// Whether the answer of this route, named as in the counts, can go wrong so.
    fn concerns(self, tracker: Tracker, route: &str) -> bool {
        let ends = |ends: &[&str]| ends.iter().any(|end| route.ends_with(end));
        match (tracker, self) {
            (Tracker::GitHub, Self::ShiftedPage) => route == "GET /repos/{owner}/{repo}/issues",
            (Tracker::GitHub, _) => route.starts_with("GET ") && ends(&GITHUB_LISTINGS),
            (Tracker::Jira, Self::ShiftedPage) => ends(&["/search/jql", "/rest/api/2/search"]),
            (Tracker::Jira, Self::RepeatedToken) => ends(&["/search/jql"]),
            (Tracker::Jira, _) => ends(&["/search/jql", "/search"]),
        }
    }
}

/// How the routes end whose answers are pages.
const GITHUB_LISTINGS: [&str; 9] = [
    "/issues",
    "/events",
    "/labels",
    "/repos",
    "/sub_issues",
    "/blocked_by",
    "/blocking",
    "/installations",
    "/repositories",
];

impl Fault {
    /// A status with a JSON body and no headers of its own.
    #[must_use]
    pub fn status(status: u16, body: &str) -> Self {
        Self::Status(status, body.to_owned(), Vec::new())
    }

    /// GitHub's secondary limit: 403 with `Retry-After` in seconds where given.
    #[must_use]
    pub fn secondary_limit(retry_after_s: Option<u64>) -> Self {
        let ends = Ends { retry_after: retry_after_s.map(RetryAfter::Seconds), reset_s: None };
        Self::Refusal(Refusal { kind: RefusalKind::SecondaryLimit, status: 403, ends })
    }

    /// Jira's burst limit: 429 with `Retry-After` in seconds where given.
    #[must_use]
    pub fn burst_limit(retry_after_s: Option<u64>) -> Self {
        let ends = Ends { retry_after: retry_after_s.map(RetryAfter::Seconds), reset_s: None };
        Self::Refusal(Refusal { kind: RefusalKind::BurstLimit, status: 429, ends })
    }

    /// What each tracker says to a token that has expired: 401.
    #[must_use]
    pub fn expired_token() -> Self {
        Self::Refusal(Refusal { kind: RefusalKind::ExpiredToken, status: 401, ends: Ends::default() })
    }

    /// Whether a request of this route, named as in the counts, can be answered so.
    fn concerns(&self, tracker: Tracker, route: &str) -> bool {
        match self {
            Self::Page(page) => page.concerns(tracker, route),
            _ => true,
        }
    }
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
