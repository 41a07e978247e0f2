//! Keys and ids -> issues of the snapshot.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::model::{Issue, IssueKey, Reference, TrackerName};

/// Finds issues by what people and trackers call them. Only asked, never iterated, so that no order of a hash shows.
pub(super) struct Lookup<'a> {
    issues: &'a [Arc<Issue>],
    /// Local keys in lower case: both GitHub and Jira ignore case in them.
    keys: HashMap<String, Vec<usize>>,
    /// Former keys; one that was given to another issue since means that one.
    aliases: HashMap<String, Vec<usize>>,
    ids: HashMap<(&'a TrackerName, &'a str), usize>,
    containers: HashSet<String>,
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
            aliases: HashMap::new(),
            ids: HashMap::with_capacity(issues.len()),
            containers: HashSet::new(),
        };
        for (index, issue) in issues.iter().enumerate() {
            lookup.keys.entry(issue.key.local.to_ascii_lowercase()).or_default().push(index);
            for alias in &issue.aliases {
                lookup.aliases.entry(alias.local.to_ascii_lowercase()).or_default().push(index);
            }
            lookup.ids.insert((&issue.id.tracker, issue.id.id.as_str()), index);
            if !lookup.containers.contains(&issue.container.local) {
                lookup.containers.insert(issue.container.local.to_ascii_lowercase());
                lookup.containers.insert(issue.container.local.clone());
            }
        }
        lookup
    }

    /// The issue of another tracker than this one's that a local key names.
    pub(super) fn elsewhere(&self, from: usize, local: &str) -> Found {
        let own = &self.issues[from].id.tracker;
        let local = local.to_ascii_lowercase();
        for map in [&self.keys, &self.aliases] {
            let Some(candidates) = map.get(&local) else { continue };
            let mut others: Vec<usize> =
                candidates.iter().copied().filter(|index| self.issues[*index].id.tracker != *own).collect();
            others.dedup();
            match others.len() {
                0 => {}
                1 => return Found::One(others[0]),
                _ => return Found::Several(others),
            }
        }
        let container = local.split_once('#').or_else(|| local.rsplit_once('-')).map_or("", |(container, _)| container);
        if self.containers.contains(container) { Found::Missing } else { Found::Foreign }
    }

    /// The issue of that key in that tracker.
    pub(super) fn keyed(&self, tracker: &TrackerName, local: &str) -> Option<usize> {
        let local = local.to_ascii_lowercase();
        [&self.keys, &self.aliases]
            .into_iter()
            .find_map(|map| map.get(&local)?.iter().copied().find(|index| self.issues[*index].id.tracker == *tracker))
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
