//! The nouns: issue, label, person, status, level, aspect, coverage, day.

mod coverage;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod ids;
mod issue;
mod level;
mod per_container;
mod text;

pub use coverage::{Coverage, Reach, Snapshot};
pub use ids::{ContainerKey, IssueId, IssueKey, ItemId, MalformedKey, TrackerName};
pub use issue::{
    DueSource, Issue, Person, Presence, Reading, Reference, Relation, RelationKind, Status, Talk, Tier, Turn,
};
pub use level::{Aspect, Complexity, Level, Priority, Readiness};
pub use per_container::PerContainer;
pub use text::{Bag, Text, turns_direction};

/// A calendar day in the daemon's time zone (`[daemon] timezone`); scores depend on it and never on the minute.
pub type Day = jiff::civil::Date;
/// An instant; always UTC inside the crate.
pub use jiff::Timestamp;

/// The UTC day of an instant: off by one day at worst, and the same on every machine.
pub fn utc_day(instant: Timestamp) -> Day {
    instant.to_zoned(jiff::tz::TimeZone::UTC).date()
}
