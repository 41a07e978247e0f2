//! Roadmap -> the order in which levels rise, and who waits for whom.

use crate::roadmap::Roadmap;

/// Counting stops at this many waiting items: the rule is saturated long before.
pub const WAITERS_MAX: usize = 20;

/// Open items that wait for an item, directly or through others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waiters {
    /// Indices into the roadmap's items, nearest first; at most 20.
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

/// Walks from blockers to what waits. Keeps the open part of the graph packed, and its memory between walks.
pub(super) struct Walk {
    /// Open items that wait for each open item, one after the other.
    waiting: Vec<usize>,
    /// Where each item's part of `waiting` begins.
    first: Vec<usize>,
    seen_in: Vec<usize>,
    walks: usize,
}

impl Walk {
    pub(super) fn new(roadmap: &Roadmap) -> Self {
        let open: Vec<bool> = roadmap.items.iter().map(|item| item.status.is_open()).collect();
        let (mut waiting, mut first) = (Vec::new(), vec![0]);
        for item in &roadmap.items {
            // What waits only for something done waits for nothing.
            if item.status.is_open() {
                waiting.extend(item.blocks.iter().copied().filter(|next| open[*next]));
            }
            first.push(waiting.len());
        }
        Self { waiting, first, seen_in: vec![0; open.len()], walks: 0 }
    }

    /// The open items that wait for an open item, nearest first.
    pub(super) fn waiters(&mut self, index: usize, pressing: &[f64]) -> Waiters {
        let mut found: Vec<usize> = Vec::new();
        self.walks += 1;
        self.seen_in[index] = self.walks;
        let (mut at, mut from) = (0, index);
        loop {
            for next in &self.waiting[self.first[from]..self.first[from + 1]] {
                if found.len() < WAITERS_MAX && self.seen_in[*next] != self.walks {
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
