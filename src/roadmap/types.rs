//! The roadmap and the knobs of unify.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Day, DueSource, Issue, IssueId, IssueKey, ItemId, Status, Tier};

/// How two issues are known to be one piece of work.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// What counts as saying so.
    pub from: BTreeSet<LinkSource>,
    /// Pairs that a person joined by hand (`link`).
    pub joined: Vec<(IssueKey, IssueKey)>,
    /// Pairs that a person parted by hand (`unlink`); wins over everything else.
    pub parted: Vec<(IssueKey, IssueKey)>,
}

/// A way in which an issue says that another one is the same piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkSource {
    /// A mirror made or found the pair.
    Mirror,
    /// A line of its own in the body: `Jira: PAY-7`.
    ExplicitLine,
    /// A key in brackets that opens the title: `[PAY-7] …`.
    TitlePrefix,
    /// A remote link of the tracker.
    RemoteLink,
    /// The body mentions one key of another tracker and no other.
    OnlyKeyInBody,
}

/// The items, their hierarchy and their dependencies.
#[derive(Clone, Debug, Default)]
pub struct Roadmap {
    /// Sorted by id. Indices below point into this.
    pub items: Vec<Item>,
    /// Which item an issue is a face of, as an index.
    pub item_of: BTreeMap<IssueId, usize>,
    /// Groups of items that wait for each other in a circle, each named once. Dependencies within a group don't count.
    pub cycles: Vec<Cycle>,
    /// What a person should look at: a link to two issues of one project, a key that no tracker has … one sentence each, sorted.
    pub findings: Vec<String>,
}

/// One piece of work: one issue, or several that are the same work in different trackers.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its id, for good.
    pub id: ItemId,
    /// Its issues, founder (the oldest) first; never empty.
    pub faces: Vec<Arc<Issue>>,
    /// The item that it is part of.
    pub parent: Option<usize>,
    /// Its parts, sorted.
    pub children: Vec<usize>,
    /// Items that it waits for, done ones included, cycles cut, sorted.
    pub blocked_by: Vec<usize>,
    /// Items that wait for it, sorted; the inverse of `blocked_by`.
    pub blocks: Vec<usize>,
    /// Blockers outside the roadmap that are not known to be closed, as keys, sorted.
    pub blocked_outside: Vec<String>,
    /// Done when all faces are; doing when any open face is; dropped when all are closed and none is done.
    pub status: Status,
    /// The earliest due day of its open faces (of all faces when none is open), and what says so.
    pub due: Option<(Day, DueSource)>,
}

impl Item {
    /// The issue that came first: it gives the item its title and its container's settings.
    pub fn founder(&self) -> &Issue {
        &self.faces[0]
    }

    /// Whether any of its issues is an epic where it lives.
    pub fn is_epic(&self) -> bool {
        self.faces.iter().any(|face| face.tier == Tier::Epic)
    }
}

/// Items that wait for each other in a circle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// Indices into [`Roadmap::items`], sorted.
    pub items: Vec<usize>,
    /// One sentence that names the circle by keys.
    pub why: String,
}

impl Roadmap {
    /// The item that an issue is a face of.
    pub fn item(&self, issue: &IssueId) -> Option<&Item> {
        self.item_of.get(issue).map(|index| &self.items[*index])
    }

    /// Finds an item by a key or alias of one of its faces (ignoring case) or by its own id.
    pub fn find(&self, text: &str) -> Option<usize> {
        self.items.iter().position(|item| {
            item.id.as_str() == text
                || item.faces.iter().any(|face| {
                    std::iter::once(&face.key)
                        .chain(&face.aliases)
                        .any(|key| key.to_string().eq_ignore_ascii_case(text))
                })
        })
    }
}
