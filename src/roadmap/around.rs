//! Roadmap -> the part of it that an item's score hangs on.

use std::collections::{BTreeMap, BTreeSet};

use super::types::Roadmap;

impl Roadmap {
    /// A roadmap of what the score of the item at `index` depends on, and where that item is in it: all that waits for it, directly
    /// or through others, and what each of these is part of, consists of and waits for itself. Scores of the others say nothing
    /// there. Nothing where there is no such item.
    pub fn around(&self, index: usize) -> Option<(Self, usize)> {
        self.items.get(index)?;
        let mut core = BTreeSet::from([index]);
        let mut todo = vec![index];
        while let Some(at) = todo.pop() {
            let waiting = self.items[at].blocks.iter().copied();
            todo.extend(waiting.filter(|next| core.insert(*next)));
        }
        let (mut kept, mut above) = (core.clone(), BTreeSet::new());
        for at in &core {
            let item = &self.items[*at];
            kept.extend(item.children.iter().chain(&item.blocked_by).copied());
            let mut next = item.parent;
            while let Some(parent) = next.filter(|parent| above.insert(*parent)) {
                next = self.items[parent].parent;
            }
        }
        kept.append(&mut above);
        let place: BTreeMap<usize, usize> = kept.iter().copied().zip(0..).collect();
        let moved = |all: &[usize]| all.iter().filter_map(|at| place.get(at).copied()).collect::<Vec<usize>>();
        let items = kept.iter().map(|at| {
            let mut item = self.items[*at].clone();
            item.parent = item.parent.and_then(|parent| place.get(&parent).copied());
            item.children = moved(&item.children);
            item.blocked_by = moved(&item.blocked_by);
            item.blocks = moved(&item.blocks);
            item
        });
        let part = Self { items: items.collect(), ..Self::default() };
        Some((part, place[&index]))
    }
}
