//! A cycle's journaled changes -> Plan: what takes back that cycle's writes where they still stand.

use std::collections::BTreeMap;

use crate::model::{Issue, Level, Presence};
use crate::roadmap::Roadmap;

use super::change::{Change, Edit, Plan, Skip, SkipReason};
use super::desk::fit;
use super::diff::change;
use super::ledger::{Hold, HoldReason, Ledger, RowKey};
use super::scheme::{Mode, Scheme, Spelled, Target};
use super::standing::{is_live, sinks_of};

/// Plans to put back what a cycle's changes replaced. Applied and settled, each field that is put back is held
/// ("undone, cycle N"), so that the next cycle leaves it alone.
///
/// Left as it is, and listed: what a person or a later cycle changed since, what can't be read, what is closed. A stray
/// that was taken off beside another value stays off, and so does the hand-back label: put back, it would be read again.
/// The plan needs no first contact; approve it with `past_limits`.
pub fn undo(cycle: u64, journaled: &[Change], roadmap: &Roadmap, ledger: &Ledger, scheme: &Scheme) -> Plan {
    let mut plan = Plan { undoes: Some(cycle), ..Plan::default() };
    plan.considered = roadmap.items.iter().flat_map(|item| &item.faces).filter(|face| is_live(face)).count();
    for written in journaled {
        let item = roadmap.item(&written.issue);
        let face = item.and_then(|item| item.faces.iter().find(|face| face.id == written.issue));
        let face = face.filter(|face| face.presence == Presence::Here);
        let (Some(item), Some(face)) = (item, face) else {
            plan.skips
                .push(unreachable(written, "it is no longer read: deleted, moved out of reach or not configured"));
            continue;
        };
        if !face.status.is_open() {
            plan.skips.push(unreachable(written, "it is closed, and closed issues are not written; reopen it first"));
            continue;
        }
        if ledger.retired.contains(&face.container) {
            plan.skips.push(unreachable(written, "its container was left; `roadmapd rejoin` first"));
            continue;
        }
        if scheme.of(&face.container).mode == Mode::Observe {
            plan.skips.push(unreachable(written, "its container is in observe mode (write.mode)"));
            continue;
        }
        let sinks = sinks_of(face, ledger, scheme);
        let mut edits = Vec::new();
        for (key, main) in mains(written) {
            let retired = Spelled::retired(key.aspect, &key.sink);
            let sink =
                sinks.iter().find(|sink| sink.aspect == key.aspect && sink.target.id() == key.sink).unwrap_or(&retired);
            match take_back(cycle, main, face, ledger, &key, sink) {
                Verdict::Back(edit) => edits.push(edit),
                Verdict::Nothing => {}
                Verdict::Left(theirs, reason, why) => {
                    plan.skips.push(Skip { issue: face.key.clone(), field: main.field, theirs, reason, why });
                }
            }
        }
        let max = sinks.iter().find_map(Spelled::labels_max);
        for (edit, why) in fit(&mut edits, &face.labels, max) {
            let (issue, field) = (face.key.clone(), edit.field);
            plan.skips.push(Skip { issue, field, theirs: edit.from, reason: SkipReason::Limit, why });
        }
        plan.changes.push(change(face, item, edits, roadmap));
    }
    plan.finished()
}

enum Verdict {
    /// It still stands: this takes it back.
    Back(Edit),
    /// It is back already.
    Nothing,
    /// It stays as it is.
    Left(Option<String>, SkipReason, String),
}

/// The edit of each row that decided what stood there afterwards.
fn mains(written: &Change) -> BTreeMap<RowKey, &Edit> {
    let mut mains: BTreeMap<RowKey, &Edit> = BTreeMap::new();
    for edit in &written.edits {
        let Some(aspect) = edit.field.aspect() else { continue };
        let key = RowKey { issue: written.issue.clone(), aspect, sink: edit.sink.clone() };
        let main = mains.entry(key).or_insert(edit);
        if main.to.is_none() && edit.to.is_some() {
            *main = edit;
        }
    }
    mains
}

fn take_back(cycle: u64, written: &Edit, face: &Issue, ledger: &Ledger, key: &RowKey, sink: &Spelled) -> Verdict {
    let row = ledger.rows.get(key);
    let says = sink.target.said(face);
    if row.is_some_and(|row| face.reading.turn <= row.written) {
        let why = "it was not read since our last write: read it, then undo again".to_owned();
        return Verdict::Left(None, SkipReason::Conflict, why);
    }
    let ours = |text: &str| {
        let journaled = written.from.iter().chain(&written.to).any(|named| sink.same(named, text));
        journaled || row.is_some_and(|row| row.named().any(|named| sink.same(named, text)))
    };
    let here: Vec<&String> =
        says.iter().filter(|text| sink.target != Target::Label || sink.rank(text).is_some() || ours(text)).collect();
    let is = |wanted: &Option<String>| match wanted {
        Some(wanted) => here.len() == 1 && sink.same(here[0], wanted),
        None => here.is_empty(),
    };
    if is(&written.from) {
        return Verdict::Nothing;
    }
    let theirs_now = |hold: &Hold| !matches!(hold.reason, HoldReason::Undone(_));
    if is(&written.to) && row.and_then(|row| row.hold.as_ref()).is_some_and(theirs_now) {
        let why = format!("a person set it after cycle {cycle}, to what that cycle wrote");
        return Verdict::Left(here.first().map(|text| (*text).clone()), SkipReason::Hold, why);
    }
    if is(&written.to) {
        let level = written
            .from
            .as_deref()
            .and_then(|text| sink.level_of(text))
            .filter(|level: &Level| level.aspect() == key.aspect);
        return Verdict::Back(Edit {
            field: written.field,
            sink: written.sink.clone(),
            from: written.to.as_ref().and(here.first().map(|text| (*text).clone())),
            to: written.from.clone(),
            level,
            why: format!("takes back cycle {cycle}"),
        });
    }
    let theirs = here.first().map(|text| (*text).clone());
    if written.to.is_none() {
        let why = format!("cycle {cycle} took it off beside another value: it stays off");
        return Verdict::Left(theirs, SkipReason::Conflict, why);
    }
    let later = row.is_some_and(|row| {
        row.hold.is_none() && here.len() == 1 && row.ours_named().any(|named| sink.same(named, here[0]))
    });
    if later {
        return Verdict::Left(
            theirs,
            SkipReason::Conflict,
            "a later cycle wrote there: undo that one first".to_owned(),
        );
    }
    Verdict::Left(theirs, SkipReason::Hold, format!("a person changed it after cycle {cycle}"))
}

/// A skip for a whole change that can't be taken back.
fn unreachable(written: &Change, why: &str) -> Skip {
    let field = written.edits.first().map_or(super::change::Field::Auto, |edit| edit.field);
    Skip { issue: written.key.clone(), field, theirs: None, reason: SkipReason::Conflict, why: why.to_owned() }
}
