//! How much waits for it.

use super::{Rule, Signal};
use crate::score::evidence::Evidence;
use crate::score::graph::{WAITERS_MAX, Waiters};

pub(super) const RULE: Rule = Rule {
    name: "blocking",
    meaning: "how many open items wait for it, through all trackers, and how pressing they are",
    weight: 12.0,
    reads_graph: true,
    signal,
};

/// A waiting item counts this much by being there, and up to twice that when it is as pressing as can be.
const PRESENCE: f64 = 0.5;
/// Sum at which the signal is full. Far below what [`WAITERS_MAX`] items weigh, so that a walk that stopped counting
/// can't give less than one that saw other items.
const FULL: f64 = 8.0;
/// Waiting items that the sentence names.
const NAMED_MAX: usize = 3;

fn signal(evidence: &Evidence<'_>) -> Signal {
    let Waiters { items, pressing } = &evidence.waiters;
    if items.is_empty() {
        return Signal::default();
    }
    let mut named: Vec<usize> = (0..items.len()).collect();
    named.sort_by(|a, b| pressing[*b].total_cmp(&pressing[*a]).then(a.cmp(b)));
    let keys = named.iter().take(NAMED_MAX).map(|at| evidence.roadmap.items[items[*at]].founder().key.to_string());
    let keys = keys.collect::<Vec<_>>().join(", ");
    let count = match items.len() {
        1 => "1 open item waits".to_owned(),
        WAITERS_MAX.. => format!("{WAITERS_MAX} or more open items wait"),
        n => format!("{n} open items wait"),
    };
    let more = if items.len() > NAMED_MAX { " …" } else { "" };
    Signal { strength: strength(pressing), why: format!("{count} for it: {keys}{more}"), changes: None }
}

/// Grows with every waiting item, each further one counting less, and is full at [`FULL`].
fn strength(pressing: &[f64]) -> f64 {
    let sum: f64 = pressing.iter().map(|pressing| PRESENCE * (1.0 + pressing.clamp(0.0, 1.0))).sum();
    (sum / FULL).min(1.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_and_more_pressing_items_weigh_more_until_it_is_full() {
        assert!(strength(&[0.2]) < strength(&[0.9]));
        assert!(strength(&[0.9]) < strength(&[0.9, 0.0]));
        assert_eq!(strength(&[0.0; WAITERS_MAX]), 1.0);
        assert_eq!(strength(&[1.0; WAITERS_MAX]), 1.0);
    }
}
