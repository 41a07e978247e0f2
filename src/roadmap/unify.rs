//! Snapshot -> Roadmap: issues that are one piece of work become one item, with an id that lasts.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::lookup::Lookup;
use super::types::{Item, Links, Roadmap};
use super::{dependencies, hierarchy, identity};
use crate::model::{Day, DueSource, Issue, IssueId, ItemId, Snapshot, Status};

/// As many findings are listed; the rest is counted.
const FINDINGS_MAX: usize = 1_000;

/// Finds the items, their hierarchy and their dependencies. The order of the snapshot's issues doesn't matter.
pub fn unify(snapshot: &Snapshot, links: &Links) -> Roadmap {
    let mut issues = snapshot.issues.clone();
    issues.sort_by(|a, b| a.id.cmp(&b.id));
    issues.dedup_by(|a, b| a.id == b.id);
    let lookup = Lookup::new(&issues);
    let (groups, mut findings) = identity::group(&issues, &lookup, links);

    let mut members: Vec<Vec<usize>> = vec![Vec::new(); groups.iter().max().map_or(0, |last| last + 1)];
    for (index, group) in groups.iter().enumerate() {
        members[*group].push(index);
    }
    for group in &mut members {
        group.sort_by_key(|index| (issues[*index].created, *index));
    }
    let ids = name(&issues, &members);
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_cached_key(|group| (opening(ids[*group].as_str()), &ids[*group]));

    let mut items: Vec<Item> = Vec::with_capacity(order.len());
    let mut item_at = vec![0; issues.len()];
    for group in order {
        let faces: Vec<Arc<Issue>> = members[group].iter().map(|index| Arc::clone(&issues[*index])).collect();
        for index in &members[group] {
            item_at[*index] = items.len();
        }
        items.push(bare(ids[group].clone(), faces));
    }
    hierarchy::fill(&mut items, &item_at, &lookup, &mut findings);
    let cycles = dependencies::fill(&mut items, &item_at, &lookup);

    let item_of: BTreeMap<IssueId, usize> =
        issues.iter().zip(&item_at).map(|(issue, item)| (issue.id.clone(), *item)).collect();
    Roadmap { items, item_of, cycles, findings: in_order(findings) }
}

/// The first bytes of an id as a number that sorts as they do: sorting by it seldom has to follow a pointer.
fn opening(id: &str) -> u128 {
    let mut bytes = [0; 16];
    let length = id.len().min(16);
    bytes[..length].copy_from_slice(&id.as_bytes()[..length]);
    u128::from_be_bytes(bytes)
}

/// An item without ties.
fn bare(id: ItemId, faces: Vec<Arc<Issue>>) -> Item {
    let (status, due) = (status(&faces), due(&faces));
    Item {
        id,
        faces,
        parent: None,
        children: Vec::new(),
        blocked_by: Vec::new(),
        blocks: Vec::new(),
        blocked_outside: Vec::new(),
        status,
        due,
    }
}

fn status(faces: &[Arc<Issue>]) -> Status {
    let any = |status| faces.iter().any(|face| face.status == status);
    if any(Status::Doing) {
        Status::Doing
    } else if any(Status::Todo) {
        Status::Todo
    } else if any(Status::Done) {
        Status::Done
    } else {
        Status::Dropped
    }
}

fn due(faces: &[Arc<Issue>]) -> Option<(Day, DueSource)> {
    let any_open = faces.iter().any(|face| face.status.is_open());
    faces.iter().filter(|face| face.status.is_open() || !any_open).filter_map(|face| face.due).min()
}

/// An id for each group (its members oldest first): of the stored ids that it keeps, its oldest face's; else a new one.
fn name(issues: &[Arc<Issue>], members: &[Vec<usize>]) -> Vec<ItemId> {
    let keepers = keepers(issues, members);
    let mut ids: Vec<Option<ItemId>> = members
        .iter()
        .enumerate()
        .map(|(group, faces)| {
            let mut stored = faces.iter().filter_map(|face| issues[*face].item.as_ref());
            stored.find(|id| keepers[*id] == group).cloned()
        })
        .collect();
    let mut taken: HashSet<ItemId> = ids.iter().flatten().cloned().collect();
    let mut unnamed: Vec<usize> = (0..members.len()).filter(|group| ids[*group].is_none()).collect();
    unnamed.sort_by_key(|group| members[*group][0]);
    for group in unnamed {
        let id = mint(&issues[members[group][0]].id, &taken);
        taken.insert(id.clone());
        ids[group] = Some(id);
    }
    ids.into_iter().flatten().collect()
}

/// A new id that nobody has: an issue that left an item which kept its first id needs another one.
fn mint(founder: &IssueId, taken: &HashSet<ItemId>) -> ItemId {
    let again = (2_u64..).map(|n| ItemId::mint(&IssueId::new(&founder.tracker, format!("{}+{n}", founder.id))));
    let mut candidates = std::iter::once(ItemId::mint(founder)).chain(again);
    candidates.find(|id| !taken.contains(id)).unwrap_or_else(|| ItemId::mint(founder))
}

/// The group that keeps each stored id: that of the face that founded it, else that of the oldest face that carries it.
fn keepers<'a>(issues: &'a [Arc<Issue>], members: &[Vec<usize>]) -> HashMap<&'a ItemId, usize> {
    let carried = || {
        let faces = members.iter().enumerate().flat_map(|(group, faces)| faces.iter().map(move |face| (group, *face)));
        faces.filter_map(|(group, face)| Some((issues[face].item.as_ref()?, group, face)))
    };
    let age = |face: usize| (issues[face].created, face);
    let mut oldest: HashMap<&ItemId, (usize, usize)> = HashMap::with_capacity(issues.len());
    let mut split: HashSet<&ItemId> = HashSet::new();
    for (id, group, face) in carried() {
        let keeper = oldest.entry(id).or_insert((group, face));
        if keeper.0 != group {
            split.insert(id);
        }
        if age(face) < age(keeper.1) {
            *keeper = (group, face);
        }
    }
    let mut keepers: HashMap<&ItemId, usize> = oldest.into_iter().map(|(id, (group, _))| (id, group)).collect();
    // Minting costs a hash; it is only asked where an item was split.
    for (id, group, face) in carried().filter(|(id, ..)| !split.is_empty() && split.contains(id)) {
        if ItemId::mint(&issues[face].id) == *id {
            keepers.insert(id, group);
        }
    }
    keepers
}

fn in_order(mut findings: Vec<String>) -> Vec<String> {
    findings.sort();
    findings.dedup();
    if findings.len() > FINDINGS_MAX {
        let more = findings.len() - FINDINGS_MAX;
        findings.truncate(FINDINGS_MAX);
        findings.push(format!("… and {more} more findings"));
    }
    findings
}
