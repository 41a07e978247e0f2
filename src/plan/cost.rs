//! Changes -> Cost: what applying a plan costs the trackers and the people around the issues.

use std::collections::BTreeMap;

use crate::model::TrackerName;

use super::change::Change;
use super::scheme::Target;

/// What applying a plan costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Entries in the issues' histories.
    pub events: usize,
    /// Mails at worst: one for each event of which a tracker tells people, to everyone around the issue.
    pub mails: usize,
    /// Requests that write.
    pub requests: usize,
    /// Minutes that the requests take at the configured pace; trackers are written at the same time. 0: no pace is known.
    pub minutes: usize,
}

/// How each tracker takes writes.
pub type Paces = BTreeMap<TrackerName, Pace>;

/// How one tracker takes writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Whether each label is an event, and each one taken off a request of its own (GitHub). Else all of an issue is one
    /// request and one event (Jira).
    pub one_by_one: bool,
    /// Whether people around an issue are told of its changes by mail.
    pub mails: bool,
    /// Writing requests a minute, at least 1.
    pub writes_per_minute: u32,
    /// Writing requests an hour, at least 1.
    pub writes_per_hour: u32,
}

impl Cost {
    /// Counts what these changes cost. A tracker without a pace counts as the dearest kind, without mails.
    pub fn of(changes: &[Change], paces: &Paces) -> Self {
        let mut sum = Self::default();
        let mut requests: BTreeMap<&TrackerName, usize> = BTreeMap::new();
        for change in changes {
            let pace = paces.get(&change.key.tracker);
            let (events, sent) = if pace.is_none_or(|pace| pace.one_by_one) { one_by_one(change) } else { (1, 1) };
            sum.events += events;
            sum.requests += sent;
            if pace.is_some_and(|pace| pace.mails) {
                sum.mails += events * change.people as usize;
            }
            *requests.entry(&change.key.tracker).or_default() += sent;
        }
        let took = requests.into_iter().filter_map(|(tracker, sent)| Some(paces.get(tracker)?.minutes(sent)));
        sum.minutes = took.max().unwrap_or(0);
        sum
    }
}

/// Events and requests where every added label goes in one request and every other edit in its own.
fn one_by_one(change: &Change) -> (usize, usize) {
    let (labels, fields): (Vec<_>, Vec<_>) = change.edits.iter().partition(|edit| edit.sink == Target::Label.id());
    let on = labels.iter().filter(|edit| edit.to.is_some()).count();
    let off = labels.iter().filter(|edit| edit.from.is_some()).count();
    (on + off + fields.len(), usize::from(on > 0) + off + fields.len())
}

impl Pace {
    /// Minutes, rounded up, that so many requests take.
    fn minutes(&self, requests: usize) -> usize {
        let (per_minute, per_hour) = (self.writes_per_minute.max(1) as usize, self.writes_per_hour.max(1) as usize);
        let hours = requests.saturating_sub(1) / per_hour;
        let rest = requests - hours * per_hour;
        requests.div_ceil(per_minute).max(hours * 60 + rest.div_ceil(per_minute))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_follow_the_slower_of_both_paces() {
        let pace = Pace { one_by_one: true, mails: false, writes_per_minute: 60, writes_per_hour: 500 };
        for (requests, minutes) in [(0, 0), (1, 1), (60, 1), (61, 2), (500, 9), (501, 61), (1200, 124)] {
            assert_eq!(pace.minutes(requests), minutes, "{requests}");
        }
    }
}
