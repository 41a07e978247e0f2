//! How soon it is due.

use super::{Rule, Signal};
use crate::model::{Day, DueSource};
use crate::score::calendar::{days, later};
use crate::score::evidence::Evidence;

pub(super) const RULE: Rule = Rule {
    name: "deadline",
    meaning: "how soon it is due: its own due date, else its milestone's or the end of the sprint that runs",
    weight: 18.0,
    reads_graph: false,
    signal,
};

/// Days left at most, and the strength from there on. Steps rather than a slope: most days change nothing.
const STEPS: [(i64, f64); 5] = [(-1, 1.0), (7, 0.8), (14, 0.6), (30, 0.4), (90, 0.15)];

fn signal(evidence: &Evidence<'_>) -> Signal {
    match evidence.item.due.filter(|_| evidence.is_open()) {
        Some((due, source)) => of(due, source, evidence.day),
        None => Signal::default(),
    }
}

fn of(due: Day, source: DueSource, day: Day) -> Signal {
    let (due_in, overdue) = match source {
        DueSource::Issue => ("due in", "overdue since"),
        DueSource::Milestone => ("milestone due in", "milestone overdue since"),
        DueSource::Sprint => ("its sprint ends in", "its sprint was to end on"),
    };
    let left = days(day, due);
    let step = STEPS.iter().position(|(most, _)| left <= *most);
    // The next nearer step begins on the day that has exactly its days left.
    let changes = match step {
        Some(0) => None,
        Some(step) => Some(later(due, -STEPS[step - 1].0)),
        None => Some(later(due, -STEPS[STEPS.len() - 1].0)),
    };
    // The sentence says the step, not the days: it stays true for as long as the score does.
    let (strength, why) = match step {
        Some(0) => (STEPS[0].1, format!("{overdue} {due}")),
        Some(step) => (STEPS[step].1, format!("{due_in} {} days or less ({due})", STEPS[step].0)),
        None => (0.0, String::new()),
    };
    Signal { strength, why, changes }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn it_presses_harder_in_steps_and_says_when_the_next_one_comes() {
        let due = date(2026, 12, 1);
        for (day, strength, changes) in [
            (date(2026, 12, 2), 1.0, None),
            (date(2026, 12, 1), 0.8, Some(date(2026, 12, 2))),
            (date(2026, 11, 24), 0.8, Some(date(2026, 12, 2))),
            (date(2026, 11, 23), 0.6, Some(date(2026, 11, 24))),
            (date(2026, 11, 1), 0.4, Some(date(2026, 11, 17))),
            (date(2026, 1, 1), 0.0, Some(date(2026, 9, 2))),
        ] {
            let signal = of(due, DueSource::Issue, day);
            assert_eq!((signal.strength, signal.changes), (strength, changes), "{day}");
            let before = changes.and_then(|day| day.yesterday().ok()).filter(|before| *before >= day);
            for (same, at) in [(true, before), (false, changes)] {
                let other = at.map(|at| of(due, DueSource::Issue, at).strength == strength);
                assert!(other.is_none_or(|other| other == same), "{day} {at:?}");
            }
        }
    }

    #[test]
    fn a_milestones_date_is_called_one() {
        assert_eq!(
            of(date(2026, 12, 1), DueSource::Milestone, date(2026, 11, 28)).why,
            "milestone due in 7 days or less (2026-12-01)"
        );
        assert_eq!(of(date(2026, 12, 1), DueSource::Issue, date(2027, 1, 1)).why, "overdue since 2026-12-01");
    }

    #[test]
    fn a_sprint_ends_and_presses_as_much_as_any_other_date() {
        let (end, eve) = (date(2026, 12, 1), date(2026, 11, 28));
        let sprint = of(end, DueSource::Sprint, eve);
        assert_eq!(sprint.why, "its sprint ends in 7 days or less (2026-12-01)");
        assert_eq!(sprint.strength, of(end, DueSource::Issue, eve).strength);
        assert_eq!(of(end, DueSource::Sprint, date(2026, 12, 2)).why, "its sprint was to end on 2026-12-01");
    }
}
