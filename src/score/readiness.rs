//! Evidence -> ReadinessScore: whether work can start, and what is missing or in the way.

use super::complexity::most;
use super::evidence::Evidence;
use super::priority::{reason, tenth};
use super::types::{Because, ComplexityScore, ReadinessScore};
use crate::model::{Aspect, Complexity, Level, Readiness};

/// A description of fewer words, without a task list, isn't one.
const WORDS_MIN: u32 = 10;
/// From this size on it must be said when the work is done.
const LARGE: Complexity = Complexity::L;
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
        let blockers = blockers(evidence);
        let missing = missing(evidence, size);
        if !blockers.is_empty() {
            level = Readiness::Blocked;
        } else if !missing.is_empty() {
            level = Readiness::NeedsRequirements;
        }
        because.extend(blockers);
        because.extend(missing);
    }
    if let Some(Level::Readiness(held)) = evidence.hold(Aspect::Readiness) {
        because.push(reason("hold", 0.0, format!("a person holds it at {held}")));
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

fn missing(evidence: &Evidence<'_>, size: &ComplexityScore) -> Vec<Because> {
    let words = most(evidence, |text| text.words);
    let tasks = most(evidence, |text| text.open_tasks.saturating_add(text.done_tasks));
    let mut found = Vec::new();
    if tasks == 0 && words < WORDS_MIN {
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
    found
}
