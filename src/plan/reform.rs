//! (confirmed levels, Scores of another formula) -> Reformed: what a new formula moves.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Issue, Priority};
use crate::roadmap::Roadmap;
use crate::score::{Formula, Previous, Scores};

use super::approve::few;
use super::diff::score_of;

/// What changed with the formula: the confirmed levels were found under another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reformed {
    /// The formula of the last confirmed levels.
    pub from: Formula,
    /// The formula of this plan.
    pub to: Formula,
    /// How many items that are written get another priority than the last confirmed one: by where they go, first those that go up there, then those that go down.
    pub moves: BTreeMap<Priority, (usize, usize)>,
    /// Names of people's own rules that this formula lacks since they were refused: it may not be the one that was meant.
    pub refused: BTreeSet<String>,
}

impl Reformed {
    /// Compares what was confirmed with what was found. None: the formula is the same, or none is on record.
    pub(super) fn of(
        roadmap: &Roadmap,
        scores: &Scores,
        previous: &Previous,
        before: Option<&Formula>,
        is_written: impl Fn(&Issue) -> bool,
    ) -> Option<Self> {
        let from = before.filter(|before| **before != scores.formula)?.clone();
        let mut moves: BTreeMap<Priority, (usize, usize)> = BTreeMap::new();
        for (index, item) in roadmap.items.iter().enumerate() {
            if !item.faces.iter().any(|face| is_written(face)) {
                continue;
            }
            let was = previous.levels.get(&item.id).and_then(|levels| levels.priority);
            let (Some(was), Some(score)) = (was, score_of(scores, index, item)) else { continue };
            let now = score.priority.level;
            let (up, down) = moves.entry(now).or_default();
            *up += usize::from(now < was);
            *down += usize::from(now > was);
        }
        moves.retain(|_, moved| *moved != (0, 0));
        Some(Self { from, to: scores.formula.clone(), moves, refused: scores.refused.clone() })
    }

    /// How many items move.
    pub fn items(&self) -> usize {
        self.moves.values().map(|(up, down)| up + down).sum()
    }

    /// How many that is, as a clause.
    pub(super) fn moving(&self) -> String {
        match self.items() {
            1 => "1 item moves".to_owned(),
            items => format!("{items} items move"),
        }
    }

    /// What the formula lacks, with the first three names. None: nothing.
    pub(super) fn lacks(&self) -> Option<String> {
        let named = few(self.refused.iter().map(|name| format!("{name:?}")));
        match self.refused.len() {
            0 => None,
            1 => Some(format!("without the own rule {named}, which is refused")),
            _ => Some(format!("without the own rules {named}, which are refused")),
        }
    }

    /// One sentence.
    pub(super) fn line(&self) -> String {
        let (to, from) = (&self.to.0, &self.from.0);
        let lead =
            format!("formula {to} (was {from}){}: ", self.lacks().map_or(String::new(), |lacks| format!(" {lacks}")));
        if self.items() == 0 {
            return format!("{lead}no item moves.");
        }
        let moved = |(level, (up, down)): (&Priority, &(usize, usize))| {
            let part = |n: usize, way: &str| (n > 0).then(|| format!("{n} {way} to {level}"));
            [part(*up, "up"), part(*down, "down")]
        };
        let moves: Vec<String> = self.moves.iter().flat_map(moved).flatten().collect();
        format!("{lead}{}: {}.", self.moving(), moves.join(", "))
    }
}
