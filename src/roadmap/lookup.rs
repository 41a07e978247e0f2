//! Keys and ids -> issues of the snapshot.

use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::model::{Issue, IssueKey, Reference, TrackerName};

/// Finds issues by what people and trackers call them. Only asked, never iterated, so that no order of a hash shows.
pub(super) struct Lookup<'a> {
    issues: &'a [Arc<Issue>],
    /// The first issue with a local key; `same_key` leads to those of other trackers.
    keys: HashMap<Folded<'a>, usize>,
    same_key: Vec<Option<usize>>,
    /// Former keys; one that was given to another issue since means that one.
    aliases: HashMap<Folded<'a>, Vec<usize>>,
    ids: HashMap<(&'a TrackerName, &'a str), usize>,
    containers: HashSet<Folded<'a>>,
}

/// A text that equals others of whatever case: both GitHub and Jira ignore case in keys.
#[derive(Clone, Copy)]
struct Folded<'a>(&'a str);

impl PartialEq for Folded<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for Folded<'_> {}

impl Hash for Folded<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // In blocks: hashing byte by byte is slow.
        for block in self.0.as_bytes().chunks(32) {
            let mut folded = [0; 32];
            folded[..block.len()].copy_from_slice(block);
            folded.make_ascii_lowercase();
            state.write(&folded[..block.len()]);
        }
    }
}

/// What a key without a tracker means.
pub(super) enum Found {
    /// One issue.
    One(usize),
    /// Issues of several trackers.
    Several(Vec<usize>),
    /// No issue of another tracker, though one of them has that repository or project.
    Missing,
    /// Nothing that another tracker has.
    Foreign,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(issues: &'a [Arc<Issue>]) -> Self {
        let mut lookup = Self {
            issues,
            keys: HashMap::with_capacity(issues.len()),
            same_key: vec![None; issues.len()],
            aliases: HashMap::new(),
            ids: HashMap::with_capacity(issues.len()),
            containers: HashSet::new(),
        };
        // Backwards, so that the first of several comes first.
        for (index, issue) in issues.iter().enumerate().rev() {
            lookup.same_key[index] = lookup.keys.insert(Folded(&issue.key.local), index);
            for alias in &issue.aliases {
                lookup.aliases.entry(Folded(&alias.local)).or_default().insert(0, index);
            }
            lookup.ids.insert((&issue.id.tracker, issue.id.id.as_str()), index);
            lookup.containers.insert(Folded(&issue.container.local));
        }
        lookup
    }

    /// Issues that have this local key now, then those that had it, each in order.
    fn candidates(&self, local: &str) -> [Vec<usize>; 2] {
        let first = self.keys.get(&Folded(local)).copied();
        let current = std::iter::successors(first, |index| self.same_key[*index]).collect();
        [current, self.aliases.get(&Folded(local)).cloned().unwrap_or_default()]
    }

    /// The issue of another tracker than this one's that a local key names.
    pub(super) fn elsewhere(&self, from: usize, local: &str) -> Found {
        let own = &self.issues[from].id.tracker;
        for candidates in self.candidates(local) {
            let others = candidates.into_iter().filter(|index| self.issues[*index].id.tracker != *own);
            let mut others: Vec<usize> = others.collect();
            others.dedup();
            match others.len() {
                0 => {}
                1 => return Found::One(others[0]),
                _ => return Found::Several(others),
            }
        }
        let container = local.split_once('#').or_else(|| local.rsplit_once('-')).map_or("", |(container, _)| container);
        if self.containers.contains(&Folded(container)) { Found::Missing } else { Found::Foreign }
    }

    /// The issue of that key in that tracker.
    pub(super) fn keyed(&self, tracker: &TrackerName, local: &str) -> Option<usize> {
        let candidates = self.candidates(local).into_iter().flatten();
        candidates.into_iter().find(|index| self.issues[*index].id.tracker == *tracker)
    }

    /// The issue that a person names by its whole key.
    pub(super) fn named(&self, key: &IssueKey) -> Option<usize> {
        self.keyed(&key.tracker, &key.local)
    }

    /// The issue that a relation of an issue of that tracker points to: by id where the tracker told it.
    pub(super) fn referred(&self, tracker: &TrackerName, to: &Reference) -> Option<usize> {
        match &to.id {
            Some(id) => self.ids.get(&(tracker, id.as_str())).copied(),
            None => self.keyed(tracker, &to.local),
        }
    }
}
