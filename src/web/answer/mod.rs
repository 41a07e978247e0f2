//! View -> answers: what commands print as JSON and the API serves, in one set of types.

mod cycle;
mod levels;
mod whose;

use schemars::JsonSchema;
use serde::Serialize;

use crate::daemon::{Held, Thought, View};
use crate::model::Level;
use crate::roadmap::Item;
use crate::settings::Settings;

pub use cycle::{Cycle, Cycles, Edit, Journal, Outcome, Planned, Summary, Waiting, Written};
pub use levels::{Because, Complexity, HeldBy, Levels, Priority, Readiness, tenths};
pub use whose::whose;

/// An item on the ranked list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Ranked {
    /// Its place, from 1.
    pub rank: usize,
    /// The item's id.
    pub item: String,
    /// The title of its first issue.
    pub title: String,
    /// The keys of its issues, the oldest first.
    pub faces: Vec<String>,
    /// todo, doing, done or dropped.
    pub status: String,
    /// Its levels.
    #[serde(flatten)]
    pub levels: Levels,
    /// The item that it is part of.
    pub parent: Option<String>,
    /// Items that it waits for.
    pub blocked_by: Vec<String>,
    /// The day it is due.
    pub due: Option<String>,
}

impl Ranked {
    /// The item at a place of the roadmap, under this rank.
    pub fn of(thought: &Thought, index: usize, rank: usize, held: &[Held]) -> Self {
        let (item, score) = (&thought.roadmap.items[index], &thought.scores.items[index]);
        let id = |at: &usize| thought.roadmap.items[*at].id.to_string();
        Self {
            rank,
            item: item.id.to_string(),
            title: item.founder().title.clone(),
            faces: keys(item),
            status: item.status.name().to_owned(),
            levels: Levels::of(score, held),
            parent: item.parent.as_ref().map(id),
            blocked_by: item.blocked_by.iter().map(id).collect(),
            due: item.due.map(|(day, _)| day.to_string()),
        }
    }
}

/// Why an item has its levels.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Explained {
    /// The item's id.
    pub item: String,
    /// The scope whose settings it follows. None: the defaults.
    pub scope: Option<String>,
    /// The keys of its issues, the oldest first.
    pub faces: Vec<String>,
    /// Its levels.
    #[serde(flatten)]
    pub levels: Levels,
    /// Its issues that are set aside because the tracker keeps refusing their changes.
    pub quarantined: Vec<SetAside>,
    /// Past issues with given story points that are most like it.
    pub like: Vec<Like>,
}

impl Explained {
    /// The item at a place of the roadmap.
    pub fn of(view: &View, index: usize, settings: &Settings, held: &[Held]) -> Self {
        let items = &view.thought.roadmap.items;
        let (item, score) = (&items[index], &view.thought.scores.items[index]);
        let like = view.nearest(index).into_iter().filter_map(|(at, story_points, _)| {
            Some(Like { issue: items.get(at)?.founder().key.to_string(), story_points })
        });
        Self {
            item: item.id.to_string(),
            scope: settings.scope_of(&item.founder().container).map(str::to_owned),
            faces: keys(item),
            levels: Levels::of(score, held),
            quarantined: set_aside(view, item)
                .map(|(issue, error)| SetAside { issue, error: error.to_owned() })
                .collect(),
            like: like.collect(),
        }
    }
}

/// An issue that is set aside.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SetAside {
    /// Its key.
    pub issue: String,
    /// The tracker's words.
    pub error: String,
}

/// A past issue that is like another.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Like {
    /// Its key.
    pub issue: String,
    /// The story points that people gave it.
    pub story_points: f64,
}

/// The item's issues that are set aside, each with the tracker's words.
pub fn set_aside<'a>(view: &'a View, item: &'a Item) -> impl Iterator<Item = (String, &'a str)> {
    let aside = view.thought.plan.quarantined.iter();
    let own = aside.filter(|(key, _)| item.faces.iter().any(|face| face.key == **key));
    own.map(|(key, why)| (key.to_string(), why.as_str()))
}

fn keys(item: &Item) -> Vec<String> {
    item.faces.iter().map(|face| face.key.to_string()).collect()
}

/// A person's hand on a value.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Hold {
    /// The issue's key.
    pub issue: String,
    /// The item's id.
    pub item: String,
    /// priority, complexity or readiness.
    pub field: String,
    /// Their value. None: they took ours off.
    pub theirs: Option<String>,
    /// The level that would be found if nobody held anything.
    pub computed: Option<String>,
    /// Who; "a person" where nobody has asked yet.
    pub who: String,
    /// The issue on which they did it.
    pub r#where: String,
    /// Since when.
    pub since: Option<String>,
    /// Why it counts as theirs: changed, found, undone or fought over.
    pub reason: String,
    /// People hold the item at different levels: nothing of that aspect is written.
    pub frozen: bool,
}

impl Hold {
    /// The hold as scripts read it.
    pub fn of(held: &Held) -> Self {
        Self {
            issue: held.issue.clone(),
            item: held.item.clone(),
            field: held.aspect.name().to_owned(),
            theirs: held.at.clone(),
            computed: held.computed.map(|level| Level::name(level).to_owned()),
            who: held.who.clone().unwrap_or_else(|| "a person".to_owned()),
            r#where: held.issue.clone(),
            since: held.since.map(|since| since.to_string()),
            reason: held.reason.to_owned(),
            frozen: held.frozen,
        }
    }
}
