//! One open face -> its edits, and what stands against them.

use crate::model::{Issue, Level, Readiness};
use crate::roadmap::Item;

use super::change::{Edit, Field, Plan, Skip, SkipReason};
use super::diff::Wanted;
use super::ledger::{Hold, HoldReason, Ledger, RowKey};
use super::scheme::{Scheme, SinkId, Spelled, Target, alike, auto_label};
use super::standing::{Standing, held_level, sinks_of};
use super::whose::Answer;

/// One open face on the desk: what it needs, and what stands against that.
pub(super) struct Desk<'a> {
    pub(super) face: &'a Issue,
    pub(super) item: &'a Item,
    pub(super) wanted: &'a Wanted,
    pub(super) standing: &'a Standing,
    pub(super) ledger: &'a Ledger,
    pub(super) scheme: &'a Scheme,
    /// Whether its container is written at all. Else its holds are listed and nothing more.
    pub(super) writes: bool,
    /// Why ours goes from a sink that isn't declared.
    pub(super) leaving: &'a str,
    /// Where skips are listed.
    pub(super) plan: &'a mut Plan,
}

impl Desk<'_> {
    pub(super) fn edits(mut self) -> Vec<Edit> {
        let writes = self.writes;
        let mut edits = Vec::new();
        let mut sure = true;
        let sinks = sinks_of(self.face, self.ledger, self.scheme);
        for sink in &sinks {
            let key = RowKey { issue: self.face.id.clone(), aspect: sink.aspect, sink: sink.target.id() };
            let Some(answer) = self.standing.answers.get(&key) else { continue };
            match answer {
                Answer::Unknown => {
                    sure = false;
                    if writes {
                        let why = match self.standing.unasked.contains_key(&key) {
                            true => {
                                "its history was not asked yet who gave what stands there: nothing is written until it is"
                            }
                            false => {
                                "it was not read by id since our last write or since it moved: nothing is \
                                      written until it is"
                            }
                        };
                        self.skip(sink.aspect.into(), None, SkipReason::Conflict, why.to_owned());
                    }
                }
                Answer::Held { at, strays, known } => {
                    edits.extend(self.held(sink, at.as_deref(), strays, known.as_ref()))
                }
                Answer::Free => edits.extend(self.ours(sink, &key, &[])),
                // It isn't ours to take away, only to write over.
                Answer::Default(value) => edits.extend(
                    self.ours(sink, &key, std::slice::from_ref(value)).into_iter().filter(|edit| edit.to.is_some()),
                ),
                Answer::Ours(values) | Answer::Released(values) => edits.extend(self.ours(sink, &key, values)),
            }
        }
        // The hand-back label goes only once it was understood everywhere on this issue.
        let declared = sinks.iter().any(|sink| !sink.spellings.is_empty());
        edits.extend(auto_label(self.face).filter(|_| sure && declared).map(|label| Edit {
            field: Field::Auto,
            sink: Target::Label.id(),
            from: Some(label.clone()),
            to: None,
            level: None,
            why: "handed back to roadmapd: read, so taken off".to_owned(),
        }));
        if !writes {
            return Vec::new();
        }
        let max = sinks.iter().find_map(Spelled::labels_max);
        let skips = fit(&mut edits, &self.face.labels, max);
        for (edit, why) in skips {
            self.skip(edit.field, edit.from, SkipReason::Limit, why);
        }
        edits
    }

    /// Edits for a sink in which nothing but ours stands.
    fn ours(&mut self, sink: &Spelled, key: &RowKey, values: &[String]) -> Vec<Edit> {
        let Some(Goal { level, to, why }) = self.goal(sink, key, values) else { return Vec::new() };
        let stands = |text: &str| values.iter().any(|value| sink.same(value, text));
        let mut going: Vec<&String> =
            values.iter().filter(|value| !to.as_deref().is_some_and(|to| sink.same(to, value))).collect();
        let mut edits = Vec::new();
        if let Some(to) = to.as_deref().filter(|to| !stands(to)) {
            let confirmed = self.ledger.rows.get(key).and_then(|row| row.ours.as_deref());
            let first = going.iter().position(|value| confirmed.is_some_and(|ours| alike(ours, value))).unwrap_or(0);
            let from = if going.is_empty() { None } else { Some(going.remove(first).clone()) };
            edits.push(edit(sink, from, Some(to.to_owned()), level, why.clone()));
        }
        let stray = if to.is_some() { "ours, left behind by a write that was cut short".to_owned() } else { why };
        edits.extend(going.into_iter().map(|value| edit(sink, Some(value.clone()), None, None, stray.clone())));
        edits
    }

    /// What shall stand in a sink that is ours to write. None: what it is.
    fn goal(&mut self, sink: &Spelled, key: &RowKey, values: &[String]) -> Option<Goal> {
        let theirs = self.ledger.rows.get(key).and_then(|row| row.theirs.clone());
        let leave = |why: String| Some(Goal { level: None, to: theirs.clone(), why });
        if sink.spellings.is_empty() {
            return leave(self.leaving.to_owned());
        }
        if self.standing.frozen.contains_key(&(self.item.id.clone(), sink.aspect)) {
            return None;
        }
        let Some((level, why)) = self.wanted.0.get(&sink.aspect) else {
            return if self.wanted.0.is_empty() { None } else { leave(format!("{} is switched off", sink.aspect)) };
        };
        // Nobody is told in public what a company isn't sure of; that work could start is true all the same.
        let ready = (Level::Readiness(Readiness::Ready), "nothing is in the way".to_owned());
        let risky = *level == Level::Readiness(Readiness::Risky) && self.face.is_public();
        let (level, why) = if risky { (&ready.0, &ready.1) } else { (level, why) };
        let said = values.iter().find(|value| sink.level_of(value) == Some(*level)).map(String::as_str);
        let gone = |text: &str| !sink.is_field() && self.ledger.gone_label(&self.face.container, text).is_some();
        if let Some(to) = said.or_else(|| sink.spellings_of(*level).find(|text| sink.allows(text) && !gone(text))) {
            return Some(Goal { level: Some(*level), to: Some(to.to_owned()), why: why.clone() });
        }
        if let Some(label) = sink.spellings_of(*level).find(|text| gone(text)) {
            for ((container, text), count) in &mut self.plan.gone {
                *count += usize::from(*container == self.face.container && alike(text, label));
            }
            return None;
        }
        let spellings = sink.spellings_of(*level).collect::<Vec<_>>().join(", ");
        if spellings.is_empty() {
            return leave(format!("{level} is not shown in this sink"));
        }
        let allowed = sink.allowed.iter().flatten().cloned().collect::<Vec<_>>().join(", ");
        let why = format!(
            "{level} is spelled {spellings}, and {} allows only {allowed}: add one of these to the values of {}",
            self.face.container,
            sink.target.id().0
        );
        let stands = values.first().cloned();
        self.skip(sink.aspect.into(), stands, SkipReason::Limit, why);
        None
    }

    /// Edits and skips for a sink that a person holds.
    fn held(&mut self, sink: &Spelled, at: Option<&str>, strays: &[String], known: Option<&Hold>) -> Vec<Edit> {
        let frozen = self.standing.frozen.get(&(self.item.id.clone(), sink.aspect)).cloned();
        let unspelled = at.is_some_and(|at| held_level(sink, at, known).is_none());
        if !sink.spellings.is_empty() {
            let theirs = at.map(str::to_owned);
            let release = format!("`roadmapd release {} {}` ends it", self.face.key, sink.aspect);
            match (frozen.as_ref(), at) {
                (Some(says), Some(_)) => {
                    let why =
                        format!("people disagree ({says}): nothing of it is written; make them agree, or {release}");
                    self.skip(sink.aspect.into(), theirs, SkipReason::Frozen, why);
                }
                (None, _) if known.is_some_and(Hold::is_fought) => {
                    let why = format!("{}; {release}", held_why(at, known));
                    self.skip(sink.aspect.into(), theirs, SkipReason::Frozen, why);
                }
                (None, Some(at)) if unspelled && !matches!(known, Some(Hold { reason: HoldReason::Undone(_), .. })) => {
                    let why = format!("{at:?} spells no level here: this sink is left alone; {release}");
                    self.skip(sink.aspect.into(), theirs, SkipReason::Frozen, why);
                }
                _ => self.skip(
                    sink.aspect.into(),
                    theirs,
                    SkipReason::Hold,
                    format!("{}; {release}", held_why(at, known)),
                ),
            }
        }
        if frozen.is_some() && !sink.spellings.is_empty() {
            return Vec::new();
        }
        let why = at.map_or("ours, beside a field that a person emptied".to_owned(), |at| {
            format!("ours, beside a person's {at}")
        });
        strays.iter().map(|stray| edit(sink, Some(stray.clone()), None, None, why.clone())).collect()
    }

    fn skip(&mut self, field: Field, theirs: Option<String>, reason: SkipReason, why: String) {
        self.plan.skips.push(Skip { issue: self.face.key.clone(), field, theirs, reason, why });
    }
}

/// What shall stand in a sink, and why.
struct Goal {
    level: Option<Level>,
    /// None: nothing.
    to: Option<String>,
    why: String,
}

fn edit(sink: &Spelled, from: Option<String>, to: Option<String>, level: Option<Level>, why: String) -> Edit {
    Edit { field: sink.aspect.into(), sink: sink.target.id(), from, to, level, why }
}

/// Why a value is left alone, without how to end that.
fn held_why(at: Option<&str>, known: Option<&Hold>) -> String {
    let since =
        known.filter(|hold| hold.since > 0).map_or(String::new(), |hold| format!(" (seen in cycle {})", hold.since));
    let person = known.and_then(|hold| Some((hold.by.as_ref()?, hold.given)));
    match (known.map(|hold| hold.reason), at, person) {
        (Some(HoldReason::Undone(cycle)), ..) => format!("undone, cycle {cycle}"),
        (Some(HoldReason::Fought(times)), _, person) => {
            let who = person.map_or("somebody", |(person, _)| person.name.as_str());
            format!("{who} reversed ours {times} times: it is left to them{since}")
        }
        (_, Some(at), Some((person, given))) => {
            let day = given.map_or(String::new(), |given| format!(" on {}", given.strftime("%Y-%m-%d")));
            format!("{} set {at}{day}", person.name)
        }
        (Some(HoldReason::Found) | None, Some(at), None) => {
            format!("{at} stands there and nothing says that we wrote it{since}")
        }
        (_, Some(at), None) => format!("a person set {at}{since}"),
        (_, None, _) => format!("a person took ours off{since}"),
    }
}

/// Takes out the additions for which the issue has no room, each with why. The tracker counts naively and additions
/// leave first, so a replacement needs a free place too. What doesn't fit now is planned again once there is room.
pub(super) fn fit(edits: &mut Vec<Edit>, labels: &[String], max: Option<usize>) -> Vec<(Edit, String)> {
    let Some(max) = max else { return Vec::new() };
    let label: SinkId = Target::Label.id();
    edits.sort();
    let mut count = labels.len();
    let mut out = Vec::new();
    edits.retain(|edit| {
        let Some(to) = edit.to.as_ref().filter(|to| edit.sink == label && !labels.iter().any(|have| alike(have, to)))
        else {
            return true;
        };
        if count < max {
            count += 1;
            return true;
        }
        let why = format!(
            "the issue has {} labels, {to} would be number {} and the tracker takes {max}: take one off it",
            labels.len(),
            count + 1
        );
        out.push((edit.clone(), why));
        false
    });
    out
}
