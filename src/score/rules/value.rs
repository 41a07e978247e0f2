//! How much it is worth to the business.

use super::{Rule, Signal};
use crate::score::evidence::Evidence;
use crate::score::value::{VALUE_MAX, find};

pub(super) const RULE: Rule = Rule {
    name: "value",
    meaning: "its business value, 0 to 10, where [priority] value says where it is read; elsewhere it has no weight",
    weight: 20.0,
    reads_graph: false,
    signal,
};

fn signal(evidence: &Evidence<'_>) -> Signal {
    if evidence.knobs.value.is_empty() || !evidence.is_open() {
        return Signal::default();
    }
    match find(evidence) {
        Some(found) => Signal {
            strength: found.value / VALUE_MAX,
            why: format!("business value {}: {}", found.value, found.whence),
            changes: found.changes,
        },
        None => Signal::default(),
    }
}
