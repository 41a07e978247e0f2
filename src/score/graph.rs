//! Roadmap -> the order in which levels rise, and who waits for whom.

use crate::roadmap::Roadmap;

/// Counting stops at this many waiting items: the rule is saturated long before.
pub const WAITERS_MAX: usize = 50;

/// Open items that wait for an item, directly or through others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waiters {
    /// Indices into the roadmap's items, nearest first; at most [`WAITERS_MAX`].
    pub items: Vec<usize>,
    /// How pressing each of them is by itself, 0–1, in the same order.
    pub pressing: Vec<f64>,
}

/// All items, each after every item that it blocks. Ones in a circle (there are none after `unify`) come last.
pub(super) fn blocked_first(roadmap: &Roadmap) -> Vec<usize> {
    let items = &roadmap.items;
    let mut left: Vec<usize> = items.iter().map(|item| item.blocks.len()).collect();
    let mut order: Vec<usize> = (0..items.len()).filter(|index| left[*index] == 0).collect();
    let mut at = 0;
    while let Some(index) = order.get(at).copied() {
        at += 1;
        for blocker in &items[index].blocked_by {
            left[*blocker] = left[*blocker].saturating_sub(1);
            if left[*blocker] == 0 {
                order.push(*blocker);
            }
        }
    }
    if order.len() < items.len() {
        order.extend((0..items.len()).filter(|index| left[*index] > 0));
    }
    order
}

/// Walks from blockers to what waits; keeps its memory between walks.
pub(super) struct Walk {
    seen_in: Vec<usize>,
    walks: usize,
}

impl Walk {
    pub(super) fn new(items: usize) -> Self {
        Self { seen_in: vec![0; items], walks: 0 }
    }

    /// The open items that wait for an open item. What waits only for something done waits for nothing.
    pub(super) fn waiters(&mut self, roadmap: &Roadmap, index: usize, pressing: &[f64]) -> Waiters {
        let items = &roadmap.items;
        let mut found: Vec<usize> = Vec::new();
        if items[index].blocks.is_empty() || !items[index].status.is_open() {
            return Waiters::default();
        }
        self.walks += 1;
        self.seen_in[index] = self.walks;
        let (mut at, mut from) = (0, index);
        loop {
            for next in &items[from].blocks {
                if found.len() < WAITERS_MAX && self.seen_in[*next] != self.walks && items[*next].status.is_open() {
                    self.seen_in[*next] = self.walks;
                    found.push(*next);
                }
            }
            match found.get(at) {
                Some(next) if found.len() < WAITERS_MAX => from = *next,
                _ => break,
            }
            at += 1;
        }
        let pressing = found.iter().map(|index| pressing[*index]).collect();
        Waiters { items: found, pressing }
    }
}
