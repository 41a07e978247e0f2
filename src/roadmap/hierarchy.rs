//! Relations -> what is part of what, on the level of items; circles are cut and named.

use std::collections::BTreeSet;

use super::lookup::Lookup;
use super::types::Item;
use crate::model::RelationKind;

/// Fills parents and children. `item_at` says which item an issue (by its place in the snapshot) is a face of.
pub(super) fn fill(items: &mut [Item], item_at: &[usize], lookup: &Lookup<'_>, findings: &mut Vec<String>) {
    for index in 0..items.len() {
        let parents = parents(&items[index], index, item_at, lookup);
        if let Some((first, rest)) = parents.split_first() {
            items[index].parent = Some(*first);
            for other in rest.iter().collect::<BTreeSet<_>>() {
                findings.push(format!(
                    "{} is part of both {} and {}: taken as part of {}, which its older issue says",
                    name(items, index),
                    name(items, *first),
                    name(items, *other),
                    name(items, *first)
                ));
            }
        }
    }
    cut_circles(items, findings);
    for index in 0..items.len() {
        if let Some(parent) = items[index].parent {
            items[parent].children.push(index);
        }
    }
}

/// What its faces say that it is part of, oldest face first, no item twice.
fn parents(item: &Item, index: usize, item_at: &[usize], lookup: &Lookup<'_>) -> Vec<usize> {
    let mut found = Vec::new();
    for face in &item.faces {
        let mut relations: Vec<_> =
            face.relations.iter().filter(|relation| relation.kind == RelationKind::Parent).collect();
        relations.sort();
        for relation in relations {
            let parent = lookup.referred(&face.id.tracker, &relation.to).map(|issue| item_at[issue]);
            if let Some(parent) = parent.filter(|parent| *parent != index && !found.contains(parent)) {
                found.push(parent);
            }
        }
    }
    found
}

/// Every item has one parent at most, so a walk upwards either ends or comes back to where it has been.
fn cut_circles(items: &mut [Item], findings: &mut Vec<String>) {
    let mut walk_of = vec![usize::MAX; items.len()];
    for start in 0..items.len() {
        let mut at = start;
        while walk_of[at] == usize::MAX {
            walk_of[at] = start;
            match items[at].parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
        if walk_of[at] == start && items[at].parent.is_some() {
            cut(items, at, findings);
        }
    }
}

/// Cuts the circle above its oldest item.
fn cut(items: &mut [Item], at: usize, findings: &mut Vec<String>) {
    let mut circle = vec![at];
    let mut next = items[at].parent;
    while let Some(index) = next.filter(|index| *index != at) {
        circle.push(index);
        next = items[index].parent;
    }
    if next.is_none() {
        return;
    }
    let age = |index: &usize| (items[*index].founder().created, items[*index].founder().id.clone());
    let Some(top) = circle.iter().copied().min_by_key(age) else { return };
    items[top].parent = None;
    findings.push(format!(
        "{} are part of each other in a circle: {}, the oldest, is taken as the top",
        named(items, circle),
        name(items, top)
    ));
}

/// Most keys that one sentence names.
const NAMED_MAX: usize = 10;

/// The keys of these items in order, the first few of many.
pub(super) fn named(items: &[Item], mut indices: Vec<usize>) -> String {
    indices.sort_by_key(|index| {
        (
            &items[*index].founder().key.tracker,
            items[*index].founder().key.container(),
            items[*index].founder().key.number(),
        )
    });
    let more = indices.len().saturating_sub(NAMED_MAX);
    let keys: Vec<String> = indices.iter().take(NAMED_MAX).map(|index| name(items, *index)).collect();
    if more == 0 { keys.join(", ") } else { format!("{} and {more} more", keys.join(", ")) }
}

/// What people call an item: its founder's key.
fn name(items: &[Item], index: usize) -> String {
    items[index].founder().key.to_string()
}
