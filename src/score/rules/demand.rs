//! How many people ask for it.

use super::{Rule, Signal};
use crate::score::calendar::count;
use crate::score::evidence::Evidence;

pub(super) const RULE: Rule = Rule {
    name: "demand",
    meaning: "how many people ask for it: reactions, votes, watchers, people who comment; each further one counts less",
    weight: 15.0,
    reads_graph: false,
    signal,
};

/// Voices at which the signal is half of what it can be.
const HALF: f64 = 10.0;
/// A watcher wants to know, a commenter may only be asking back: they count less than who votes.
const WATCHER: f64 = 0.5;
const COMMENTER: f64 = 0.5;
/// One whose author isn't known.
const COMMENT: f64 = 0.25;

fn signal(evidence: &Evidence<'_>) -> Signal {
    let sum = |of: fn(&crate::model::Issue) -> u32| -> u64 {
        evidence.item.faces.iter().map(|face| u64::from(of(face))).sum()
    };
    let (reactions, votes) = (sum(|face| face.reactions), sum(|face| face.votes));
    let (watchers, commenters) =
        (sum(|face| face.watchers), sum(|face| face.talk.as_ref().map_or(0, |talk| talk.people)));
    let comments = sum(|face| face.talk.as_ref().map_or(face.comments, |talk| talk.unread));
    let voices = (reactions + votes) as f64
        + WATCHER * watchers as f64
        + COMMENTER * commenters as f64
        + COMMENT * comments as f64;
    let parts = [
        (reactions, "reaction", "reactions"),
        (votes, "vote", "votes"),
        (watchers, "watcher", "watchers"),
        (commenters, "commenter", "commenters"),
        (comments, "comment", "comments"),
    ];
    let mut why = String::new();
    for (n, one, many) in parts.into_iter().filter(|(n, ..)| *n > 0) {
        if !why.is_empty() {
            why.push_str(", ");
        }
        why.push_str(&count(n, one, many));
    }
    Signal { strength: saturated(voices), why, changes: None }
}

fn saturated(voices: f64) -> f64 {
    voices / (voices + HALF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_further_voice_counts_less_and_none_is_too_many() {
        assert_eq!(saturated(0.0), 0.0);
        assert_eq!(saturated(HALF), 0.5);
        assert!(saturated(2.0) - saturated(1.0) < saturated(1.0) - saturated(0.0));
        assert!(saturated(4.0 * f64::from(u32::MAX)) <= 1.0);
    }
}
