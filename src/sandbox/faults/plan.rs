//! TOML or JSON -> a checked fault plan: a seed, and rules that say which requests fail, how and how often.

use std::path::Path;
use std::time::Duration;

use http::Method;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refusal::{Ends, Refusal, RefusalKind, RetryAfter};
use super::{Fault, Matcher, PageFault, check};
use crate::sandbox::Tracker;

/// Where a redirect goes that names no location.
const ELSEWHERE: &str = "https://elsewhere.example/";

/// What misbehaves until it is healed. The same plan and the same requests give the same faults.
///
/// In TOML: a `seed`, and `[[fault]]` tables. Each names its `fault`; `tracker`, `method` and `path` narrow down which requests are
/// meant, and `probability`, `on`, or `times` and `after` how many of them fail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value")]
pub struct FaultPlan {
    pub(super) seed: u64,
    pub(super) fault: Vec<Rule>,
}

/// One rule, as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub fault: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracker: Option<Tracker>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<Vec<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_s: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
}

/// How `Retry-After` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RetryForm {
    Seconds,
    Date,
}

/// The faults by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Name {
    Status,
    Html,
    TruncatedJson,
    InvalidJson,
    ResetBefore,
    ResetAfter,
    Slow,
    Drip,
    Stall,
    PrimaryLimit,
    SecondaryLimit,
    BurstLimit,
    ExpiredToken,
    Anonymous,
    Redirect,
    DuplicatedRows,
    ShortPage,
    ShiftedPage,
    RepeatedToken,
    SearchLag,
    ClockSkew,
    OneSecondStamps,
}

/// Which of the matching requests a rule makes fail.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum When {
    Always,
    Chance(f64),
    On(Vec<u64>),
    Span { after: u64, times: Option<u64> },
}

/// Why a fault plan is refused.
#[derive(Debug, thiserror::Error)]
pub enum FaultPlanError {
    /// The file can't be read.
    #[error("the fault plan {file} can't be read: {cause}")]
    Unreadable {
        /// Which file.
        file: String,
        /// The system's answer.
        cause: std::io::Error,
    },
    /// It isn't TOML, or isn't JSON.
    #[error("{source_name} isn't {form}: {cause}")]
    Syntax {
        /// Where it was read from.
        source_name: String,
        /// TOML or JSON.
        form: &'static str,
        /// Where and why, in the parser's words.
        cause: String,
    },
    /// It says something that isn't allowed.
    #[error("{source_name}, {what}")]
    Wrong {
        /// Where it was read from.
        source_name: String,
        /// Which rule or key, its value, and what is allowed.
        what: String,
    },
}

impl FaultPlan {
    /// Reads a TOML file.
    ///
    /// # Errors
    /// The file can't be read, or what it says isn't a fault plan.
    pub fn read(file: &Path) -> Result<Self, FaultPlanError> {
        let name = file.display().to_string();
        let text =
            std::fs::read_to_string(file).map_err(|cause| FaultPlanError::Unreadable { file: name.clone(), cause })?;
        Self::toml(&text, &name)
    }

    /// Reads TOML.
    ///
    /// # Errors
    /// What it says isn't a fault plan.
    pub fn from_toml(text: &str) -> Result<Self, FaultPlanError> {
        Self::toml(text, UNNAMED)
    }

    /// Reads JSON of the same shape as the TOML.
    ///
    /// # Errors
    /// What it says isn't a fault plan.
    pub fn from_json(text: &str) -> Result<Self, FaultPlanError> {
        let value = serde_json::from_str(text).map_err(|error| syntax(UNNAMED, "JSON", &error.to_string()))?;
        Self::checked(value, UNNAMED)
    }

    fn toml(text: &str, source_name: &str) -> Result<Self, FaultPlanError> {
        let value = toml::from_str(text).map_err(|error| syntax(source_name, "TOML", &error.to_string()))?;
        Self::checked(value, source_name)
    }

    fn checked(value: Value, source_name: &str) -> Result<Self, FaultPlanError> {
        check::plan(value).map_err(|what| FaultPlanError::Wrong { source_name: source_name.to_owned(), what })
    }

    pub(super) fn rules(&self) -> &[Rule] {
        &self.fault
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// How far a tracker's clock is off.
    pub(super) fn skew(&self, tracker: Tracker) -> SignedDuration {
        SignedDuration::from_secs(self.seconds_of(Name::ClockSkew, tracker).sum())
    }

    /// How long Jira's search shows an issue as it was before a write, in seconds.
    pub(in crate::sandbox) fn search_lag_s(&self) -> Option<u64> {
        self.seconds_of(Name::SearchLag, Tracker::Jira).filter_map(|seconds| u64::try_from(seconds).ok()).max()
    }

    /// Jira's stamps are whole seconds.
    pub(in crate::sandbox) fn one_second_stamps(&self) -> bool {
        self.fault.iter().any(|rule| rule.fault == Name::OneSecondStamps)
    }

    fn seconds_of(&self, name: Name, tracker: Tracker) -> impl Iterator<Item = i64> + '_ {
        let meant = move |rule: &&Rule| rule.fault == name && rule.tracker.is_none_or(|wanted| wanted == tracker);
        self.fault.iter().filter(meant).filter_map(|rule| rule.seconds)
    }
}

impl TryFrom<Value> for FaultPlan {
    type Error = FaultPlanError;

    fn try_from(value: Value) -> Result<Self, FaultPlanError> {
        Self::checked(value, UNNAMED)
    }
}

/// What a plan is called that came without a file.
const UNNAMED: &str = "the fault plan";

fn syntax(source_name: &str, form: &'static str, cause: &str) -> FaultPlanError {
    FaultPlanError::Syntax { source_name: source_name.to_owned(), form, cause: cause.trim_end().to_owned() }
}

impl Rule {
    pub(super) fn matcher(&self) -> Matcher {
        let method = self.method.as_ref().and_then(|method| Method::try_from(method.as_str()).ok());
        Matcher { method, part: self.path.clone().unwrap_or_default() }
    }

    pub(super) fn when(&self) -> When {
        match (self.probability, &self.on) {
            (Some(probability), _) => When::Chance(probability),
            (None, Some(those)) => When::On(those.clone()),
            (None, None) if self.after.is_some() || self.times.is_some() => {
                When::Span { after: self.after.unwrap_or(0), times: self.times }
            }
            (None, None) => When::Always,
        }
    }

    /// What happens to a request to this tracker; nothing where the rule means the other one, or is a state of the world.
    pub(super) fn fault_at(&self, tracker: Tracker) -> Option<Fault> {
        if !self.fault.trackers().contains(&tracker) || self.tracker.is_some_and(|wanted| wanted != tracker) {
            return None;
        }
        let limit = if tracker == Tracker::GitHub { 403 } else { 429 };
        Some(match self.fault {
            Name::Status => self.refusal(RefusalKind::ServerError, 500),
            Name::PrimaryLimit => self.refusal(RefusalKind::PrimaryLimit, limit),
            Name::SecondaryLimit => self.refusal(RefusalKind::SecondaryLimit, limit),
            Name::BurstLimit => self.refusal(RefusalKind::BurstLimit, limit),
            Name::ExpiredToken => Fault::expired_token(),
            Name::Html => Fault::Html(self.status.unwrap_or(502)),
            Name::TruncatedJson => Fault::TruncatedJson,
            Name::InvalidJson => Fault::InvalidJson,
            Name::ResetBefore => Fault::ResetBeforeApply,
            Name::ResetAfter => Fault::ResetAfterApply,
            Name::Slow => Fault::Slow(self.delay(1000)),
            Name::Drip => Fault::Drip(self.delay(1)),
            Name::Stall => Fault::Stall,
            Name::Anonymous => Fault::AnonymousEmpty,
            Name::Redirect => self.redirect(),
            Name::DuplicatedRows => Fault::Page(PageFault::DuplicatedRows),
            Name::ShortPage => Fault::Page(PageFault::ShortPage),
            Name::ShiftedPage => Fault::Page(PageFault::ShiftedPage),
            Name::RepeatedToken => Fault::Page(PageFault::RepeatedToken),
            Name::SearchLag | Name::ClockSkew | Name::OneSecondStamps => return None,
        })
    }

    fn refusal(&self, kind: RefusalKind, status: u16) -> Fault {
        let retry_after = self.retry_after_s.map(|seconds| match self.retry_after {
            Some(RetryForm::Date) => RetryAfter::Date(seconds),
            Some(RetryForm::Seconds) | None => RetryAfter::Seconds(seconds),
        });
        let ends = Ends { retry_after, reset_s: self.reset_s };
        Fault::Refusal(Refusal { kind, status: self.status.unwrap_or(status), ends })
    }

    fn redirect(&self) -> Fault {
        let location = self.location.clone().unwrap_or_else(|| ELSEWHERE.to_owned());
        match self.status.unwrap_or(301) {
            301 => Fault::Redirect(location),
            status => Fault::Status(status, String::new(), vec![("location".to_owned(), location)]),
        }
    }

    fn delay(&self, default_ms: u64) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or(default_ms))
    }
}
