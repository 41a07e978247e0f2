//! (Roadmap, Ledger, Scheme) -> Standing: whose every value is, and what that means for the items.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Aspect, Issue, IssueId, ItemId, Level};
use crate::roadmap::{Item, Roadmap};
use crate::score::{Levels, Previous};

use super::ledger::{Hold, HoldReason, Ledger, Row, RowKey};
use super::scheme::{AUTO_LABEL, Scheme, Spelled, Target, alike, auto_label};
use super::whose::{Answer, whose};

/// Whose every value is, and what that means for the items.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// One answer for each open issue and sink.
    pub answers: BTreeMap<RowKey, Answer>,
    /// What earlier cycles left, for score.
    pub previous: Previous,
    /// Items and aspects on which two people hold different levels.
    pub frozen: BTreeMap<(ItemId, Aspect), String>,
    /// Issues whose answer hangs on a reading that isn't sure enough: read them by id, then ask again.
    pub doubts: BTreeSet<IssueId>,
    /// The ledger with what was seen noted: holds begun, moved and ended, intents that arrived. Nothing of a plan is in it.
    pub noted: Ledger,
}

/// Tells for every open face and sink whose value stands there.
///
/// `cycle` is the number that holds which begin now are dated with. Asking again of [`Standing::noted`] answers the same.
/// A hold at a level holds the item; a hold at nothing, or at a value that no level spells, holds only its own sink.
pub fn standing(roadmap: &Roadmap, ledger: &Ledger, scheme: &Scheme, cycle: u64) -> Standing {
    let mut standing = Standing { noted: ledger.clone(), ..Standing::default() };
    for item in &roadmap.items {
        let mut held: BTreeMap<Aspect, Vec<(Level, String)>> = BTreeMap::new();
        for face in item.faces.iter().filter(|face| face.status.is_open()) {
            for (level, where_) in face_standing(&mut standing, face, ledger, scheme, cycle) {
                held.entry(level.aspect()).or_default().push((level, where_));
            }
        }
        for face in &item.faces {
            let ours = labels_ours(face, ledger, scheme, &standing);
            if !ours.is_empty() {
                standing.previous.ours.insert(face.id.clone(), ours);
            }
        }
        for (aspect, holds) in held {
            let key = (item.id.clone(), aspect);
            if holds.iter().all(|(level, _)| *level == holds[0].0) {
                standing.previous.holds.insert(key, holds[0].0);
            } else {
                let says: Vec<String> = holds.iter().map(|(level, face)| format!("{face} says {level}")).collect();
                standing.frozen.insert(key, says.join(", "));
            }
        }
        let levels = confirmed(item, &standing.noted);
        if levels != Levels::default() {
            standing.previous.levels.insert(item.id.clone(), levels);
        }
    }
    standing
}

/// Answers for one open face, notes them, and returns the levels at which people hold it, each with where.
fn face_standing(
    standing: &mut Standing,
    face: &Issue,
    ledger: &Ledger,
    scheme: &Scheme,
    cycle: u64,
) -> Vec<(Level, String)> {
    let container = scheme.of(&face.container);
    let auto = auto_label(face).is_some();
    let mut holds = Vec::new();
    for sink in sinks_of(face, ledger, scheme) {
        let says = sink.target.said(face);
        let key = RowKey { issue: face.id.clone(), aspect: sink.aspect, sink: sink.target.id() };
        let row = ledger.rows.get(&key);
        let answer = whose(row, &says, &sink, face.reading, container.existing, auto);
        match &answer {
            Answer::Unknown => {
                standing.doubts.insert(face.id.clone());
                // What can't be told now doesn't end a hold: the linked faces go on following it.
                let last = row.and_then(|row| row.hold.as_ref()?.at.as_deref()).and_then(|at| sink.level_of(at));
                holds.extend(last.map(|level| (level, face.key.to_string())));
            }
            Answer::Held { at: Some(at), .. } => {
                holds.extend(sink.level_of(at).map(|level| (level, face.key.to_string())));
            }
            _ => {}
        }
        if let Some(noted) = note(row, &answer, &sink, face.reading.by_id, cycle) {
            standing.noted.rows.insert(key.clone(), noted);
        }
        standing.answers.insert(key, answer);
    }
    holds
}

/// The sinks declared for a face, then those that only the ledger still knows.
pub(super) fn sinks_of(face: &Issue, ledger: &Ledger, scheme: &Scheme) -> Vec<Spelled> {
    let declared = scheme.of(&face.container).of(&face.key.tracker);
    let retired = ledger
        .rows_of(&face.id)
        .filter(|(key, row)| !row.is_blank() && !declared.iter().any(|sink| is_at(sink, key)))
        .map(|(key, _)| Spelled::retired(key.aspect, &key.sink));
    declared.iter().cloned().chain(retired).collect()
}

fn is_at(sink: &Spelled, key: &RowKey) -> bool {
    sink.aspect == key.aspect && sink.target.id() == key.sink
}

/// The row with what was seen noted in it. None: there was no row and none is needed.
fn note(row: Option<&Row>, answer: &Answer, sink: &Spelled, by_id: bool, cycle: u64) -> Option<Row> {
    let old = row.cloned().unwrap_or_default();
    match answer {
        Answer::Unknown => row.cloned(),
        Answer::Free => row.map(|row| Row { written: row.written, ..Row::default() }),
        Answer::Ours(values) => {
            Some(if row.is_none() || by_id { took(&old, values, sink) } else { levelled(old, sink) })
        }
        Answer::Released(values) => Some(took(&Row { written: old.written, ..Row::default() }, values, sink)),
        Answer::Held { at, strays, known: None } => {
            let reason = if row.is_none() { HoldReason::Found } else { HoldReason::Changed };
            let hold = Some(Hold { at: at.clone(), reason, since: cycle });
            let sent = old.intent.as_ref().and_then(|intent| Some((intent.to.clone()?, intent.level)));
            let (ours, level) = match sent {
                Some((to, level)) => (Some(to), level),
                None => (old.ours.clone(), old.level),
            };
            let beside = without(strays, ours.as_deref(), sink);
            Some(Row { ours, level, beside, hold, written: old.written, ..Row::default() })
        }
        Answer::Held { strays, known: Some(hold), .. } => {
            let ours = match &old.intent {
                Some(intent) if intent.undoes.is_some() => intent.from.clone(),
                _ => old.ours.clone(),
            };
            let beside = if by_id { without(strays, ours.as_deref(), sink) } else { old.beside.clone() };
            Some(Row { ours, beside, intent: None, hold: Some(hold.clone()), ..old })
        }
    }
}

/// The row once these values are known to stand there and to be ours.
fn took(old: &Row, values: &[String], sink: &Spelled) -> Row {
    let stands = |text: &String| values.iter().any(|value| sink.same(value, text));
    let arrived =
        old.intent.as_ref().and_then(|intent| Some((intent.to.clone()?, intent.level))).filter(|it| stands(&it.0));
    let kept = old.ours.clone().filter(stands).map(|ours| (ours, old.level));
    let first = || values.first().map(|value| (value.clone(), None));
    let (ours, level) = match arrived.or(kept).or_else(first) {
        Some((ours, level)) => (Some(ours), level),
        None => (None, None),
    };
    let beside = without(values, ours.as_deref(), sink);
    levelled(Row { ours, level, beside, written: old.written, ..Row::default() }, sink)
}

/// The row with its level filled in from the spelling, where it came to us without one.
fn levelled(row: Row, sink: &Spelled) -> Row {
    let level = row.level.or_else(|| sink.level_of(row.ours.as_deref()?));
    Row { level, ..row }
}

fn without(values: &[String], one: Option<&str>, sink: &Spelled) -> Vec<String> {
    values.iter().filter(|value| !one.is_some_and(|one| sink.same(one, value))).cloned().collect()
}

/// The last confirmed levels of an item: of its open faces (of all when none is open), the first in the aspect's order
/// where faces differ.
fn confirmed(item: &Item, ledger: &Ledger) -> Levels {
    let any_open = item.faces.iter().any(|face| face.status.is_open());
    let faces = item.faces.iter().filter(|face| face.status.is_open() || !any_open);
    let mut least: BTreeMap<Aspect, Level> = BTreeMap::new();
    for level in faces.flat_map(|face| ledger.rows_of(&face.id)).filter_map(|(_, row)| row.level) {
        let known = least.entry(level.aspect()).or_insert(level);
        *known = level.min(*known);
    }
    let mut levels = Levels::default();
    for level in least.into_values() {
        match level {
            Level::Priority(level) => levels.priority = Some(level),
            Level::Complexity(level) => levels.complexity = Some(level),
            Level::Readiness(level) => levels.readiness = Some(level),
        }
    }
    levels
}

/// What on an issue must never be an input: labels that spell our levels, that the ledger names, the hand-back label;
/// and `field:NAME` for a field whose value is ours.
fn labels_ours(face: &Issue, ledger: &Ledger, scheme: &Scheme, standing: &Standing) -> BTreeSet<String> {
    let declared = scheme.of(&face.container).of(&face.key.tracker);
    let spelled = |label: &String| {
        declared.iter().any(|sink| sink.target == Target::Label && sink.rank(label).is_some())
            || ledger.rows_of(&face.id).any(|(key, row)| {
                Target::named(&key.sink) == Target::Label && row.named().any(|named| alike(named, label))
            })
            || alike(label, AUTO_LABEL)
    };
    let labels = face.labels.iter().filter(|label| spelled(label)).map(|label| label.to_lowercase());
    let fields = declared.iter().filter(|sink| sink.target != Target::Label).filter_map(|sink| {
        let key = RowKey { issue: face.id.clone(), aspect: sink.aspect, sink: sink.target.id() };
        matches!(standing.answers.get(&key), Some(Answer::Ours(_) | Answer::Released(_))).then_some(key.sink.0)
    });
    labels.chain(fields).collect()
}
