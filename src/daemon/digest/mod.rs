//! View and what moved -> a week of each scope: what came up, what moved and why, what waits longest, which holds to revisit.

mod render;

pub(super) use render::cut;

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::{CycleTrouble, Held, View, Works, held};
use crate::model::{ItemId, Level, Priority, Readiness, Timestamp};
use crate::roadmap::Item;
use crate::store::{Move, Pressing, Store};

/// The days of a digest that nobody asked otherwise.
pub const DAYS: u32 = 7;
/// Lines of each list; the rest is counted.
const NAMED_MAX: usize = 10;
/// Moves of one item that are looked back at, for since when it waits.
const LOOK_BACK: u32 = 100;
/// A hold that differs by one level is worth another look once it is this old, in days; one that differs by more at once.
const HOLD_DAYS: i64 = 30;

/// Who reads a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Whoever may read the database.
    Operator,
    /// A chat, whose members nobody here knows: titles of private issues aren't told.
    Chat,
}

/// What happened in some days, by scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Digest {
    /// From when on.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Cycles began to note what moves only then. None: before `since`.
    pub noted_since: Option<Timestamp>,
    /// By scope; "" stands for what is in no scope.
    pub scopes: BTreeMap<String, Part>,
}

/// What happened in one scope.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// How much of what is open presses most.
    pub pressing: Pressing,
    /// How much did at the beginning, where a cycle told.
    pub before: Option<Pressing>,
    /// Open items that are p0 now and weren't at the beginning.
    pub new_p0: Vec<Moved>,
    /// Other open items whose priority rose.
    pub up: Vec<Moved>,
    /// Open items whose priority fell.
    pub down: Vec<Moved>,
    /// Open items that wait for others, the longest first.
    pub blocked: Vec<Blocked>,
    /// Holds that differ much, or since long, from what would be.
    pub holds: Vec<Old>,
}

/// An item whose priority is another one than at the beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// Its key.
    pub issue: String,
    /// Its title; empty where it isn't told.
    pub title: String,
    /// The level at the beginning. None: it is new.
    pub was: Option<Priority>,
    /// The level now.
    pub now: Priority,
    /// The weightiest reason.
    pub why: String,
}

/// An item that waits for others.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocked {
    /// Its key.
    pub issue: String,
    /// Its title; empty where it isn't told.
    pub title: String,
    /// Its level.
    pub level: Priority,
    /// What it waits for.
    pub by: Vec<String>,
    /// Since when, where a cycle noted it. None: since before.
    pub since: Option<Timestamp>,
}

/// A hold to look at again.
#[derive(Clone, Debug, PartialEq)]
pub struct Old {
    /// The issue's key.
    pub issue: String,
    /// The level at which it is held.
    pub held: Level,
    /// The level that it would have.
    pub computed: Level,
    /// Who holds it, where that is known.
    pub who: Option<String>,
    /// Since when.
    pub since: Option<Timestamp>,
}

impl Digest {
    /// Of the last days, from what is stored, for `reader`.
    ///
    /// # Errors
    /// A store that can't be read.
    pub async fn of<T>(
        works: &Works<T>,
        store: &Store,
        view: &View,
        days: u32,
        reader: Reader,
    ) -> Result<Self, CycleTrouble> {
        let until = works.clock.now();
        let since = until - SignedDuration::from_hours(24 * i64::from(days));
        let first = store.first_cycle_at().await?;
        let mut digest =
            Self { since, until, noted_since: first.filter(|first| *first > since), scopes: BTreeMap::new() };
        let before = store.pressing_at(since).await?;
        for (scope, pressing) in view.thought.pressing(&works.settings) {
            let before = before.get(&scope).copied();
            digest.scopes.insert(scope, Part { pressing, before, ..Part::default() });
        }
        let scope_of = |item: &Item| works.settings.scope_of(&item.founder().container).unwrap_or_default().to_owned();
        for (item, moved) in net(view, store.moves(since).await?, reader) {
            let part = digest.scopes.entry(scope_of(item)).or_default();
            match moved.was {
                _ if moved.now == Priority::P0 => part.new_p0.push(moved),
                Some(was) if moved.now < was => part.up.push(moved),
                Some(_) => part.down.push(moved),
                None => {}
            }
        }
        for (item, blocked) in blocked(view, store, reader).await? {
            digest.scopes.entry(scope_of(item)).or_default().blocked.push(blocked);
        }
        for hold in held(view, store).await? {
            let items = &view.thought.roadmap.items;
            let index = items.binary_search_by(|item| item.id.as_str().cmp(&hold.item)).ok();
            if let (Some(item), Some(old)) = (index.and_then(|index| items.get(index)), old(&hold, until)) {
                digest.scopes.entry(scope_of(item)).or_default().holds.push(old);
            }
        }
        for part in digest.scopes.values_mut() {
            part.blocked.sort_by(|a, b| (a.since, a.level, &a.issue).cmp(&(b.since, b.level, &b.issue)));
            part.holds.sort_by(|a, b| distance(b).cmp(&distance(a)).then_with(|| a.issue.cmp(&b.issue)));
        }
        Ok(digest)
    }
}

/// Open items whose priority is another one than before these moves, the most pressing first.
fn net(view: &View, moves: Vec<Move>, reader: Reader) -> Vec<(&Item, Moved)> {
    let mut by_item: BTreeMap<ItemId, (Option<Level>, Move)> = BTreeMap::new();
    for moved in moves.into_iter().filter(|moved| matches!(moved.now, Level::Priority(_))) {
        let was = by_item.get(&moved.item).map_or(moved.was, |(was, _)| *was);
        by_item.insert(moved.item.clone(), (was, moved));
    }
    let thought = &view.thought;
    let mut found: Vec<(&Item, Moved)> = Vec::new();
    for (item, score) in thought.roadmap.items.iter().zip(&thought.scores.items) {
        let Some((was, last)) = by_item.get(&item.id).filter(|_| item.status.is_open()) else { continue };
        let was = match was {
            Some(Level::Priority(was)) => Some(*was),
            _ => None,
        };
        let now = score.priority.level;
        if was != Some(now) {
            let (issue, title) = named(item, reader);
            found.push((item, Moved { issue, title, was, now, why: last.why.clone() }));
        }
    }
    found.sort_by(|(_, a), (_, b)| (a.now, &a.issue).cmp(&(b.now, &b.issue)));
    found
}

/// Open items that wait for others, each with since when.
async fn blocked<'a>(view: &'a View, store: &Store, reader: Reader) -> Result<Vec<(&'a Item, Blocked)>, CycleTrouble> {
    let thought = &view.thought;
    let mut found = Vec::new();
    for (item, score) in thought.roadmap.items.iter().zip(&thought.scores.items) {
        let open = |index: &&usize| thought.roadmap.items.get(**index).is_some_and(|item| item.status.is_open());
        let by: Vec<String> = item
            .blocked_by
            .iter()
            .filter(open)
            .filter_map(|index| Some(thought.roadmap.items.get(*index)?.founder().key.to_string()))
            .chain(item.blocked_outside.iter().cloned())
            .collect();
        if by.is_empty() || !item.status.is_open() {
            continue;
        }
        let moves = store.moves_of(&item.id, LOOK_BACK).await?;
        let since = moves.iter().find(|moved| moved.now == Level::Readiness(Readiness::Blocked));
        let since = since.filter(|moved| moved.was.is_some()).map(|moved| moved.at);
        let (issue, title) = named(item, reader);
        found.push((item, Blocked { issue, title, level: score.priority.level, by, since }));
    }
    Ok(found)
}

/// The hold, if it is worth another look.
fn old(hold: &Held, now: Timestamp) -> Option<Old> {
    let (held, computed) = (hold.level.filter(|_| hold.holds_item)?, hold.computed?);
    let aged = hold.since.is_some_and(|since| now.duration_since(since) >= SignedDuration::from_hours(24 * HOLD_DAYS));
    let old = Old { issue: hold.issue.clone(), held, computed, who: hold.who.clone(), since: hold.since };
    let far = distance(&old);
    (far > 1 || (far == 1 && aged)).then_some(old)
}

fn distance(hold: &Old) -> usize {
    let levels = hold.held.aspect().levels();
    let place = |level: Level| levels.iter().position(|other| *other == level).unwrap_or(0);
    place(hold.held).abs_diff(place(hold.computed))
}

/// An item's key, and its title where the reader may know it.
fn named(item: &Item, reader: Reader) -> (String, String) {
    let founder = item.founder();
    let told = reader == Reader::Operator || !item.faces.iter().any(|face| face.private);
    (founder.key.to_string(), if told { founder.title.clone() } else { String::new() })
}
