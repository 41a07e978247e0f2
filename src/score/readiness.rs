//! Evidence -> ReadinessScore: whether work can start, and what is missing or in the way.

use std::collections::BTreeSet;

use super::complexity::{most, tasks};
use super::evidence::Evidence;
use super::priority::{reason, tenth};
use super::types::{Because, ComplexityScore, ReadinessScore};
use crate::model::{Aspect, Complexity, Level, Readiness, Status};

/// A description of fewer words, without a task list, isn't one.
const WORDS_MIN: u32 = 10;
/// From this size on it must be said when the work is done.
const LARGE: Complexity = Complexity::L;
/// A size that is too large to start as one piece; one with so many tasks in its list is cut up already.
const TOO_LARGE: Complexity = Complexity::Xl;
const TASKS_MIN: u32 = 3;
/// From so many different words of doubt, components, or items that wait for it on, starting is a risk.
const DOUBTS_MIN: usize = 2;
const COMPONENTS_MIN: usize = 4;
const WAITING_MIN: usize = 5;
/// Blockers that are named.
const NAMED_MAX: usize = 5;

/// Whether work can start; None where readiness is switched off.
pub(super) fn judge(evidence: &Evidence<'_>, size: &ComplexityScore) -> Option<ReadinessScore> {
    if !evidence.knobs.readiness {
        return None;
    }
    let mut because = Vec::new();
    let mut level = Readiness::Ready;
    if evidence.is_open() {
        // The first that applies is the level; what else is in the way is said all the same.
        let found = [
            (Readiness::Blocked, blockers(evidence)),
            (Readiness::NeedsBreakdown, whole(evidence, size)),
            (Readiness::NeedsRequirements, missing(evidence, size)),
            (Readiness::Risky, unknowns(evidence)),
        ];
        level = found.iter().find(|(_, why)| !why.is_empty()).map_or(Readiness::Ready, |(level, _)| *level);
        because.extend(found.into_iter().flat_map(|(_, why)| why));
    }
    if let Some(Level::Readiness(held)) = evidence.hold(Aspect::Readiness) {
        because.push(reason(Because::HOLD, 0.0, format!("a person holds it at {held}")));
        level = held;
    }
    Some(ReadinessScore { level, because })
}

fn blockers(evidence: &Evidence<'_>) -> Vec<Because> {
    let items = &evidence.roadmap.items;
    let inside = evidence.item.blocked_by.iter().map(|index| &items[*index]).filter(|item| item.status.is_open());
    let mut named: Vec<String> = inside.map(|item| format!("waits for {}", item.founder().key)).collect();
    named.sort();
    named.extend(evidence.item.blocked_outside.iter().map(|key| format!("waits for {key}, which isn't read here")));
    let more = named.len().saturating_sub(NAMED_MAX);
    named.truncate(NAMED_MAX);
    if more > 0 {
        named.push(format!("waits for {more} more"));
    }
    named.into_iter().map(|why| reason("blocked", 0.0, why)).collect()
}

/// What should be several items.
fn whole(evidence: &Evidence<'_>, size: &ComplexityScore) -> Vec<Because> {
    let parts = evidence.item.children.len();
    if parts > 0 || tasks(evidence) >= TASKS_MIN {
        Vec::new()
    } else if evidence.item.is_epic() {
        vec![reason("breakdown", 0.0, "an epic without parts: split it into stories".to_owned())]
    } else if size.level == TOO_LARGE {
        let why = format!("about {} story points in one piece: split it, or list its tasks", tenth(size.story_points));
        vec![reason("breakdown", 0.0, why)]
    } else {
        Vec::new()
    }
}

/// What isn't known though work could start.
fn unknowns(evidence: &Evidence<'_>) -> Vec<Because> {
    let faces = &evidence.item.faces;
    let mut found = Vec::new();
    let doubts: BTreeSet<&str> = faces.iter().flat_map(|face| &face.text.uncertainty).map(String::as_str).collect();
    if doubts.len() >= DOUBTS_MIN {
        let named: Vec<&str> = doubts.into_iter().take(NAMED_MAX).collect();
        found.push(reason(
            "doubt",
            0.0,
            format!("words of doubt: {}: find out first, or say what is known", named.join(", ")),
        ));
    }
    let components = faces.iter().map(|face| face.components.len()).max().unwrap_or(0);
    if components >= COMPONENTS_MIN {
        found.push(reason("components", 0.0, format!("it touches {components} components: agree with their owners")));
    }
    let waiting = evidence.item.blocks.iter().filter(|index| evidence.roadmap.items[**index].status.is_open()).count();
    if waiting >= WAITING_MIN {
        found.push(reason("depended-on", 0.0, format!("{waiting} open items wait for it: a delay holds them all up")));
    }
    found
}

fn missing(evidence: &Evidence<'_>, size: &ComplexityScore) -> Vec<Because> {
    let words = most(evidence, |text| text.words);
    let mut found = Vec::new();
    if tasks(evidence) == 0 && words < WORDS_MIN {
        let why = match words {
            0 => "no description".to_owned(),
            1 => "the description is 1 word: say what shall change and for whom".to_owned(),
            _ => format!("the description is {words} words: say what shall change and for whom"),
        };
        found.push(reason("description", 0.0, why));
    }
    let acceptance = evidence.item.faces.iter().any(|face| face.text.acceptance);
    if size.level >= LARGE && !acceptance {
        let why = format!(
            "about {} story points and nothing says when it is done: add acceptance criteria",
            tenth(size.story_points)
        );
        found.push(reason("acceptance", 0.0, why));
    }
    let faces = &evidence.item.faces;
    if evidence.item.status == Status::Doing && faces.iter().all(|face| face.assignees.is_empty()) {
        found.push(reason("owner", 0.0, "work has begun and nobody is assigned".to_owned()));
    }
    found
}
