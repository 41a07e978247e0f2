//! How lively it is: what others said on it lately.

use super::{Rule, Signal};
use crate::model::{Day, Talk};
use crate::score::calendar::{count, days, later};
use crate::score::evidence::Evidence;

pub(super) const RULE: Rule = Rule {
    name: "activity",
    meaning: "how much others said on it in the last 90 days; each further comment counts less",
    weight: 15.0,
    reads_graph: false,
    signal,
};

const WINDOW_DAYS: i64 = Talk::WINDOW_DAYS;
/// Comments at which the signal is full.
const FULL: f64 = 10.0;

fn signal(evidence: &Evidence<'_>) -> Signal {
    if !evidence.is_open() {
        return Signal::default();
    }
    of(evidence.item.faces.iter().filter_map(|face| face.talk.as_ref()).flat_map(|talk| &talk.days), evidence.day)
}

fn of<'a>(said: impl Iterator<Item = &'a Day>, today: Day) -> Signal {
    let lately: Vec<&Day> = said.filter(|day| days(**day, today) <= WINDOW_DAYS).collect();
    let Some(oldest) = lately.iter().min() else { return Signal::default() };
    let n = lately.len();
    Signal {
        strength: strength(n),
        why: format!("{} of others in the last {WINDOW_DAYS} days", count(n as u64, "comment", "comments")),
        changes: Some(later(**oldest, WINDOW_DAYS + 1)),
    }
}

/// Grows with the logarithm: the second comment says more than the twentieth.
fn strength(n: usize) -> f64 {
    ((1.0 + n as f64).ln() / (1.0 + FULL).ln()).min(1.0)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn each_further_comment_counts_less_and_an_old_one_no_more() {
        assert_eq!((strength(0), strength(10), strength(1000)), (0.0, 1.0, 1.0));
        assert!(strength(2) - strength(1) > strength(3) - strength(2));
        let said = [date(2026, 8, 1), date(2026, 9, 1), date(2026, 11, 1)];
        let signal = of(said.iter(), date(2026, 11, 20));
        assert_eq!((signal.strength, signal.changes), (strength(2), Some(date(2026, 12, 1))));
        assert_eq!(of(said.iter(), date(2026, 12, 1)).strength, strength(1));
        assert_eq!(of(said.iter(), date(2027, 12, 1)), Signal::default());
    }
}
