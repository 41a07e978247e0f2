//! (Roadmap, Scores, Ledger, Scheme) -> Plan: what a cycle would write, and what stands against it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Aspect, Issue, Level, TrackerName};
use crate::roadmap::{Item, Roadmap};
use crate::score::{Because, ItemScore, Scores};

use super::change::{Change, Edit, Plan};
use super::desk::Desk;
use super::ledger::Ledger;
use super::reform::Reformed;
use super::scheme::{Mode, Scheme};
use super::standing::{Standing, is_live, standing};

/// Plans what a cycle would write to bring every open face in step with its item's levels.
///
/// Asked with a ledger as stored or with [`Standing::noted`], it plans the same. Holds are listed as skips even where
/// nothing else changes. A face of a container in observe mode is considered and its holds are listed; nothing is planned for it.
/// An idle one is considered and counted. A container that was retired is left out until it is taken back.
pub fn plan(roadmap: &Roadmap, scores: &Scores, ledger: &Ledger, scheme: &Scheme) -> Plan {
    let standing = standing(roadmap, ledger, scheme, 0);
    let gone = ledger.gone.keys().map(|gone| (gone.clone(), 0)).collect();
    let mut plan = Plan { gone, ..Plan::default() };
    for (index, item) in roadmap.items.iter().enumerate() {
        let wanted = score_of(scores, index, item).map(|score| Wanted::of(item, score, &standing)).unwrap_or_default();
        if item.faces.iter().any(|face| is_live(face)) {
            for (aspect, (level, _)) in &wanted.0 {
                let counts = plan.levels.entry(*aspect).or_insert_with(|| empty_histogram(*aspect));
                *counts.entry(level.name().to_owned()).or_default() += 1;
            }
        }
        for face in item.faces.iter().filter(|face| is_live(face) && !ledger.retired.contains(&face.container)) {
            plan.considered += 1;
            *plan.considered_in.entry(face.container.clone()).or_default() += 1;
            let container = scheme.of(&face.container);
            if container.is_idle(face, scores.day) {
                plan.idle += 1;
                continue;
            }
            let (writes, leaving) = (container.mode == Mode::Write, "this sink is no longer configured");
            let (wanted, standing, plan) = (&wanted, &standing, &mut plan);
            let edits = Desk { face, item, wanted, standing, ledger, scheme, writes, leaving, plan }.edits();
            if edits.is_empty() {
                continue;
            }
            let change = change(face, item, edits, roadmap);
            match ledger.rests(&change, container.refusals_max) {
                Some(refusals) => {
                    plan.quarantined.insert(face.key.clone(), refusals.sentence(&face.key.to_string()));
                }
                None => plan.changes.push(change),
            }
        }
    }
    plan.formula = Some(scores.formula.clone());
    let is_written = |face: &Issue| {
        let container = scheme.of(&face.container);
        let retired = ledger.retired.contains(&face.container);
        is_live(face) && !retired && container.mode == Mode::Write && !container.is_idle(face, scores.day)
    };
    plan.reformed = Reformed::of(roadmap, scores, &standing.previous, ledger.formula.as_ref(), is_written);
    let touched = plan.changes.iter().flat_map(super::approve::touches);
    plan.first_contact = touched.filter(|contact| !ledger.contacted.contains(contact)).collect();
    plan.finished()
}

/// The change that carries these edits to a face.
pub(super) fn change(face: &Issue, item: &Item, edits: Vec<Edit>, roadmap: &Roadmap) -> Change {
    Change {
        issue: face.id.clone(),
        key: face.key.clone(),
        container: face.container.clone(),
        item: item.id.clone(),
        edits,
        changed: Some(face.updated),
        labels: face.labels.clone(),
        people: people_around(face),
        leans_on: leans_on(face, item, roadmap),
    }
}

/// How many people a tracker may tell of a change: the author, the assignees and the watchers, who may all be different.
fn people_around(face: &Issue) -> u32 {
    let named: BTreeSet<&str> = face.author.iter().chain(&face.assignees).map(|person| person.id.as_str()).collect();
    u32::try_from(named.len()).unwrap_or(u32::MAX).saturating_add(face.watchers)
}

/// The trackers whose answers a face's levels hang on, its own aside.
fn leans_on(face: &Issue, item: &Item, roadmap: &Roadmap) -> BTreeSet<TrackerName> {
    let neighbours = item.blocked_by.iter().chain(&item.blocks).filter_map(|index| roadmap.items.get(*index));
    std::iter::once(item)
        .chain(neighbours)
        .flat_map(|item| &item.faces)
        .map(|other| &other.key.tracker)
        .filter(|tracker| **tracker != face.key.tracker)
        .cloned()
        .collect()
}

pub(super) fn score_of<'a>(scores: &'a Scores, index: usize, item: &Item) -> Option<&'a ItemScore> {
    scores
        .items
        .get(index)
        .filter(|score| score.item == item.id)
        .or_else(|| scores.items.iter().find(|score| score.item == item.id))
}

fn empty_histogram(aspect: Aspect) -> BTreeMap<String, usize> {
    aspect.levels().into_iter().map(|level| (level.name().to_owned(), 0)).collect()
}

/// The levels that an item shall have everywhere, each with why.
#[derive(Default)]
pub(super) struct Wanted(pub(super) BTreeMap<Aspect, (Level, String)>);

impl Wanted {
    fn of(item: &Item, score: &ItemScore, standing: &Standing) -> Self {
        let (priority, complexity) = (&score.priority, &score.complexity);
        let mut wanted = vec![
            (Level::Priority(priority.level), because(&format!("score {:.1}", priority.score), &priority.because)),
            (
                Level::Complexity(complexity.level),
                because(&format!("{:.1} story points", complexity.story_points), &complexity.because),
            ),
        ];
        if let Some(readiness) = &score.readiness {
            wanted.push((Level::Readiness(readiness.level), because("", &readiness.because)));
        }
        let held = |(level, why): (Level, String)| {
            let aspect = level.aspect();
            match standing.previous.holds.get(&(item.id.clone(), aspect)) {
                Some(held) => (
                    aspect,
                    (*held, format!("follows a person's {aspect} {held}{}", held_where(item, standing, aspect))),
                ),
                None => (aspect, (level, why)),
            }
        };
        Self(wanted.into_iter().map(held).collect())
    }
}

/// Where the value stands that the other faces follow.
pub(super) fn held_where(item: &Item, standing: &Standing, aspect: Aspect) -> String {
    let held = |face: &&Arc<Issue>| {
        let mut rows = standing.noted.rows_of(&face.id);
        rows.any(|(key, row)| key.aspect == aspect && row.hold.as_ref().is_some_and(|hold| hold.level.is_some()))
    };
    item.faces.iter().find(held).map_or(String::new(), |face| format!(" on {}", face.key))
}

/// The two strongest reasons in one line.
pub(super) fn because(lead: &str, reasons: &[Because]) -> String {
    let why = reasons.iter().take(2).map(|because| because.why.as_str()).collect::<Vec<_>>().join("; ");
    match (lead.is_empty(), why.is_empty()) {
        (true, _) => why,
        (_, true) => lead.to_owned(),
        _ => format!("{lead}: {why}"),
    }
}
