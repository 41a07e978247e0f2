//! How new it is, or how lately work on it began.

use super::{Rule, Signal};
use crate::model::{Day, utc_day};
use crate::score::calendar::{days, later};
use crate::score::evidence::Evidence;

pub(super) const RULE: Rule = Rule {
    name: "recency",
    meaning: "how lately it was opened or its status changed; never when it was last edited",
    weight: 25.0,
    reads_graph: false,
    signal,
};

/// Days old at most, and the strength up to there: about 60 / (60 + days), in steps that widen with age, so that an old
/// issue is seldom looked at again. What was opened lately is most often what is fixed next: on ten years of one project's
/// backlog nothing else foretells it as well (docs/benchmarks.md).
const STEPS: [(i64, f64); 16] = [
    (1, 0.96),
    (3, 0.95),
    (7, 0.9),
    (10, 0.86),
    (14, 0.81),
    (21, 0.74),
    (30, 0.67),
    (45, 0.57),
    (60, 0.5),
    (90, 0.4),
    (120, 0.33),
    (180, 0.25),
    (270, 0.18),
    (365, 0.14),
    (540, 0.1),
    (730, 0.07),
];

fn signal(evidence: &Evidence<'_>) -> Signal {
    if !evidence.is_open() {
        return Signal::default();
    }
    // The founder's day: a younger face is a copy of the work, not news about it.
    let opened = utc_day(evidence.item.founder().created);
    let open = evidence.item.faces.iter().filter(|face| face.status.is_open());
    let moved = open.filter_map(|face| face.status_changed).max().map(utc_day);
    match moved.filter(|moved| *moved > opened) {
        Some(moved) => of("status changed", moved, evidence.day),
        None => of("opened", opened, evidence.day),
    }
}

fn of(what: &str, since: Day, day: Day) -> Signal {
    let age = days(since, day);
    match STEPS.iter().find(|(most, _)| age <= *most) {
        Some((most, strength)) => Signal {
            strength: *strength,
            why: format!("{what} {most} days ago or less ({since})"),
            changes: Some(later(since, most + 1)),
        },
        None => Signal::default(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn news_fades_in_steps_and_says_when() {
        let since = date(2026, 11, 1);
        let week = of("opened", since, date(2026, 11, 8));
        assert_eq!((week.strength, week.changes), (0.9, Some(date(2026, 11, 9))));
        assert_eq!(week.why, "opened 7 days ago or less (2026-11-01)");
        assert_eq!(of("opened", since, date(2026, 11, 9)).strength, 0.86);
        assert_eq!(of("opened", since, date(2029, 6, 1)), Signal::default());
        assert!(STEPS.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 > two[1].1));
        assert_eq!(of("opened", since, date(2026, 10, 31)).strength, 0.96, "a tracker's clock may be ahead");
    }
}
