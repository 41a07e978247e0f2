//! (Roadmap, Ledger, Scheme) -> Standing: whose every value is, and what that means for the items.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Aspect, Issue, IssueId, ItemId, Level, Presence};
use crate::roadmap::{Item, Roadmap};
use crate::score::{Levels, Previous};

use super::gone::{after_transfer, without_gone};
use super::ledger::{Author, Authorship, Hold, HoldReason, Ledger, Row, RowKey};
use super::scheme::{AUTO_LABEL, Scheme, Spelled, Target, alike, auto_label};
use super::whose::{Answer, author, whose};

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
    /// Values that stand where no row exists and of which the tracker's history wasn't asked yet: ask it, note the answer
    /// in [`Ledger::authors`], then ask again. Until then nothing is written there.
    pub unasked: BTreeMap<RowKey, Vec<String>>,
    /// The ledger with what was seen noted: holds begun, moved and ended, intents that arrived. Nothing of a plan is in it.
    pub noted: Ledger,
}

/// Tells for every open face and sink whose value stands there.
///
/// `cycle` is the number that holds which begin now are dated with. Asking again of [`Standing::noted`] answers the same.
/// A hold at a level holds the item; a hold at nothing, or at a value that no level spells, holds only its own sink.
/// What people hold on an issue that isn't where it is looked for, or in a container that was left, goes on holding its
/// item, as last seen.
pub fn standing(roadmap: &Roadmap, ledger: &Ledger, scheme: &Scheme, cycle: u64) -> Standing {
    let mut standing = Standing { noted: ledger.clone(), ..Standing::default() };
    for item in &roadmap.items {
        let mut held: BTreeMap<Aspect, Vec<(Level, String)>> = BTreeMap::new();
        for face in item.faces.iter().filter(|face| face.status.is_open()) {
            let levels = match is_live(face) && !ledger.retired.contains(&face.container) {
                true => face_standing(&mut standing, face, ledger, scheme, cycle),
                false => ledger.rows_of(&face.id).filter_map(|(_, row)| row.hold.as_ref()?.level).collect(),
            };
            for level in levels {
                held.entry(level.aspect()).or_default().push((level, face.key.to_string()));
            }
        }
        for face in &item.faces {
            let ours = labels_ours(face, [ledger, &standing.noted], scheme);
            if !ours.is_empty() {
                standing.previous.ours.insert(face.id.clone(), ours);
            }
            let given = fields_given(face, &standing);
            if !given.is_empty() {
                standing.previous.given.insert(face.id.clone(), given);
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

/// Whether an issue is considered and written: open, and where it is looked for.
pub(super) fn is_live(face: &Issue) -> bool {
    face.status.is_open() && face.presence == Presence::Here
}

/// Answers for one face, notes them, and returns the levels at which people hold it.
fn face_standing(standing: &mut Standing, face: &Issue, ledger: &Ledger, scheme: &Scheme, cycle: u64) -> Vec<Level> {
    let container = scheme.of(&face.container);
    let auto = auto_label(face).is_some();
    let mut holds = Vec::new();
    for sink in sinks_of(face, ledger, scheme) {
        let says = sink.target.said(face);
        let key = RowKey { issue: face.id.clone(), aspect: sink.aspect, sink: sink.target.id() };
        let row = ledger.rows.get(&key);
        let history = ledger.authors.get(&key).map(Vec::as_slice);
        let lost =
            |row: &&Row| row.moved && !says.iter().any(|text| row.ours_named().any(|ours| sink.same(ours, text)));
        let read_as = match row.filter(lost) {
            Some(row) => match after_transfer(row, history) {
                Some(row) => Some(row),
                None => {
                    standing.unasked.insert(key.clone(), row.ours.iter().cloned().collect());
                    standing.answers.insert(key, Answer::Unknown);
                    continue;
                }
            },
            None => row.and_then(|row| without_gone(row, face, &says, &sink, ledger)),
        };
        let row = read_as.as_ref().or(row);
        let answer = whose(row, &says, &sink, face.reading, container.existing, auto, history);
        match (&answer, row) {
            (Answer::Unknown, None) => {
                let stands = says.into_iter().filter(|text| sink.is_field() || sink.rank(text).is_some());
                standing.unasked.insert(key.clone(), stands.collect());
            }
            (Answer::Unknown, Some(row)) => {
                standing.doubts.insert(face.id.clone());
                // What can't be told now doesn't end a hold: the linked faces go on following it.
                holds.extend(row.hold.as_ref().and_then(|hold| held_level(&sink, hold.at.as_deref()?, Some(hold))));
            }
            (Answer::Held { known: Some(hold), .. }, _) if hold.is_fought() => {}
            (Answer::Held { at: Some(at), known, .. }, _) => holds.extend(held_level(&sink, at, known.as_ref())),
            _ => {}
        }
        let seen = Sight {
            sink: &sink,
            by_id: face.reading.by_id,
            cycle,
            history: history.unwrap_or_default(),
            reversals_max: container.reversals_max,
            handed_back: auto || row.is_some_and(|row| row.released),
        };
        if let Some(noted) = seen.note(row, &answer) {
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

/// The level that a person's value means: what it spells, or spelled before the sink's spellings changed.
pub(super) fn held_level(sink: &Spelled, at: &str, known: Option<&Hold>) -> Option<Level> {
    let before = known.filter(|hold| hold.at.as_deref().is_some_and(|held| sink.same(held, at)));
    sink.level_of(at).or_else(|| before?.level)
}

/// How one sink of one issue was seen.
struct Sight<'a> {
    sink: &'a Spelled,
    by_id: bool,
    cycle: u64,
    history: &'a [Authorship],
    /// From how many reversals on a fight is given up.
    reversals_max: u32,
    /// A person said that the field is ours again.
    handed_back: bool,
}

impl Sight<'_> {
    /// The row with what was seen noted in it. None: there was no row and none is needed.
    fn note(&self, row: Option<&Row>, answer: &Answer) -> Option<Row> {
        let old = row.cloned().unwrap_or_default();
        match answer {
            Answer::Unknown => row.cloned(),
            // A level without a spelling of ours: its label is gone from the catalogue, the level still is the last one.
            Answer::Free => row.map(|row| Row {
                level: row.level.filter(|_| row.ours.is_none()),
                reversals: row.reversals,
                written: row.written,
                ..Row::default()
            }),
            Answer::Default(value) => Some(Row {
                theirs: Some(value.clone()),
                reversals: old.reversals,
                written: old.written,
                ..Row::default()
            }),
            Answer::Ours(values) if row.is_none() => {
                let theirs = values.first().filter(|value| self.is_theirs(value)).cloned();
                Some(took(&Row { theirs, ..old }, values, self.sink))
            }
            Answer::Ours(values) => {
                Some(if self.by_id { took(&old, values, self.sink) } else { levelled(old, self.sink) })
            }
            Answer::Released(values) => {
                let theirs = self.last_given(&old, values.first());
                let reversals = if self.handed_back { 0 } else { old.reversals };
                Some(took(&Row { theirs, reversals, written: old.written, ..Row::default() }, values, self.sink))
            }
            Answer::Held { at, strays, known: None } => Some(self.begun(old, row.is_none(), at.as_ref(), strays)),
            Answer::Held { strays, known: Some(hold), .. } => {
                let ours = match &old.intent {
                    Some(intent) if intent.undoes.is_some() => intent.from.clone(),
                    _ => old.ours.clone(),
                };
                let beside = if self.by_id { without(strays, ours.as_deref(), self.sink) } else { old.beside.clone() };
                let level = hold.at.as_deref().and_then(|at| held_level(self.sink, at, Some(hold)));
                Some(Row { ours, beside, intent: None, hold: Some(Hold { level, ..hold.clone() }), ..old })
            }
        }
    }

    /// The row once a person's hand was seen on it for the first time.
    fn begun(&self, old: Row, first_sight: bool, at: Option<&String>, strays: &[String]) -> Row {
        let reversals = old.reversals + u32::from(!first_sight && old.hold.is_none());
        let reason = match first_sight {
            true => HoldReason::Found,
            false if reversals >= self.reversals_max => HoldReason::Fought(reversals),
            false => HoldReason::Changed,
        };
        let asked = at.or(old.ours.as_ref());
        let said =
            asked.and_then(|asked| author(self.history, self.sink, asked)).filter(|_| reason != HoldReason::Changed);
        let by = match said.map(|said| &said.author) {
            Some(Author::Someone(person)) => Some(person.clone()),
            _ => None,
        };
        let hold = Some(Hold {
            at: at.cloned(),
            reason,
            since: self.cycle,
            level: at.and_then(|at| self.sink.level_of(at)),
            by,
            given: said.and_then(|said| said.at),
        });
        let sent = old.intent.as_ref().filter(|intent| !intent.restores());
        let (ours, level) = match sent.and_then(|intent| Some((intent.to.clone()?, intent.level))) {
            Some((to, level)) => (Some(to), level),
            None => (old.ours.clone(), old.level),
        };
        let ours = ours.or_else(|| strays.first().cloned());
        let beside = without(strays, ours.as_deref(), self.sink);
        levelled(Row { ours, level, beside, intent: None, hold, released: false, reversals, ..old }, self.sink)
    }

    /// Whether a field's value that is taken over at first sight is known to be somebody's, so that it is evidence.
    fn is_theirs(&self, value: &str) -> bool {
        self.sink.is_field() && author(self.history, self.sink, value).is_some_and(|said| said.author != Author::Us)
    }

    /// What a person last gave a field that is handed back: what they hand back, but where that is our own value.
    fn last_given(&self, old: &Row, value: Option<&String>) -> Option<String> {
        let value = value.filter(|_| self.sink.is_field())?;
        let held = old
            .hold
            .as_ref()
            .is_some_and(|hold| !hold.is_undone() && hold.at.as_deref().is_some_and(|at| self.sink.same(at, value)));
        let undone = old.hold.as_ref().is_some_and(Hold::is_undone);
        let ours = undone
            || old.ours_named().any(|named| self.sink.same(named, value))
            || author(self.history, self.sink, value).is_some_and(|said| said.author == Author::Us);
        if held || !ours { Some(value.clone()) } else { old.theirs.clone() }
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
    let (theirs, reversals, written) = (old.theirs.clone(), old.reversals, old.written);
    levelled(Row { ours, level, beside, theirs, reversals, written, ..Row::default() }, sink)
}

/// The row with the level that `ours` spells now: the spellings may have changed since it was written, and it may have
/// come to us without one.
fn levelled(row: Row, sink: &Spelled) -> Row {
    let level = row.ours.as_deref().and_then(|ours| sink.level_of(ours)).or(row.level);
    Row { level, ..row }
}

fn without(values: &[String], one: Option<&str>, sink: &Spelled) -> Vec<String> {
    values.iter().filter(|value| !one.is_some_and(|one| sink.same(one, value))).cloned().collect()
}

/// The last confirmed levels of an item: of its faces that are written (of all when none is), the first in the aspect's
/// order where faces differ.
fn confirmed(item: &Item, ledger: &Ledger) -> Levels {
    let any_live = item.faces.iter().any(|face| is_live(face));
    let faces = item.faces.iter().filter(|face| is_live(face) || !any_live);
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

/// Labels on an issue that must never be an input: those that spell our levels, that the ledger names as it was or as it is
/// now, and the hand-back label.
fn labels_ours(face: &Issue, ledgers: [&Ledger; 2], scheme: &Scheme) -> BTreeSet<String> {
    let declared = scheme.of(&face.container).of(&face.key.tracker);
    let spelled = |label: &String| {
        declared.iter().any(|sink| sink.target == Target::Label && sink.rank(label).is_some())
            || ledgers.iter().flat_map(|ledger| ledger.rows_of(&face.id)).any(|(key, row)| {
                Target::named(&key.sink) == Target::Label && row.named().any(|named| alike(named, label))
            })
            || alike(label, AUTO_LABEL)
    };
    face.labels.iter().filter(|label| spelled(label)).map(|label| label.to_lowercase()).collect()
}

/// Fields of an issue on which we have a hand, each with what a person, or the tracker when the issue was made, last
/// gave there: the only thing in them that may be an input.
fn fields_given(face: &Issue, standing: &Standing) -> BTreeMap<String, Option<String>> {
    let rows = standing.noted.rows_of(&face.id).filter_map(|(key, row)| match Target::named(&key.sink) {
        Target::Field(name) => Some((name, key, row)),
        Target::Label => None,
    });
    let of_row = |(name, key, row): (String, &RowKey, &Row)| {
        // A field that isn't watched (closed, gone, no longer a sink) begins no hold: there a person's value shows by
        // being neither ours nor what stood there before.
        let sink = Spelled::retired(key.aspect, &key.sink);
        let says = sink.target.said(face);
        let ours: Vec<&str> = row.ours_named().chain(row.theirs.as_deref()).collect();
        let is_ours = |text: &String| ours.iter().any(|named| sink.same(named, text));
        if !standing.answers.contains_key(key) && !says.first().is_some_and(is_ours) {
            return None;
        }
        match &row.hold {
            Some(hold) if !hold.is_undone() => Some((name, hold.at.clone())),
            None if ours.is_empty() => None,
            _ => Some((name, row.theirs.clone())),
        }
    };
    rows.filter_map(of_row).collect()
}
