//! (Roadmap, Ledger, Scheme, containers) -> Plan: what takes all of ours off and puts back what people had.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{ContainerKey, Issue};
use crate::roadmap::Roadmap;

use super::change::{Field, Plan, Skip, SkipReason};
use super::desk::Desk;
use super::diff::{Wanted, change};
use super::ledger::{Ledger, Row};
use super::scheme::{ContainerScheme, Mode, Scheme};
use super::standing::{is_live, standing};

/// Plans to leave these containers: our labels go, fields get back what people had there, what people hold stays.
///
/// Closed issues are never written: what stands there is counted and stays ours in the ledger. Applied and settled, the
/// containers are in [`Ledger::retired`] and no plan writes there until [`rejoin`]. Of open issues only people's holds and
/// what they had in fields is remembered. Planned again it goes on with what is left. Needs no first contact; approve it
/// with `past_limits`.
pub fn retire(roadmap: &Roadmap, ledger: &Ledger, scheme: &Scheme, in_scope: impl Fn(&ContainerKey) -> bool) -> Plan {
    let faces = || roadmap.items.iter().flat_map(|item| item.faces.iter().map(move |face| (item, face)));
    let containers: BTreeSet<ContainerKey> =
        faces().map(|(_, face)| &face.container).filter(|container| in_scope(container)).cloned().collect();
    let mut bare = scheme.clone();
    for container in &containers {
        let own = ContainerScheme { sinks: BTreeMap::new(), ..scheme.of(container).clone() };
        bare.own.insert(container.clone(), Arc::new(own));
    }
    // What was left before is looked at again.
    let ledger = &rejoin(ledger.clone(), &in_scope);
    let standing = standing(roadmap, ledger, &bare, 0);
    let wanted = Wanted::default();
    let mut plan = Plan { retires: containers, ..Plan::default() };
    for (item, face) in faces().filter(|(_, face)| in_scope(&face.container)) {
        let ours = ledger.rows_of(&face.id).any(|(_, row)| row.ours_named().next().is_some());
        plan.closed += usize::from(ours && !face.status.is_open());
        if !is_live(face) {
            if ours && face.status.is_open() {
                let why = "it isn't where it is looked for (hidden, filtered out, or outside): ours stays there";
                plan.skips.push(left(face, Field::Auto, None, SkipReason::Conflict, why));
            }
            continue;
        }
        plan.considered += 1;
        for (key, row) in ledger.rows_of(&face.id) {
            if let Some(hold) = row.hold.as_ref().filter(|hold| hold.is_undone() && hold.at.is_some()) {
                let why = "`undo` put it back, so it stays; take it off by hand";
                plan.skips.push(left(face, key.aspect.into(), hold.at.clone(), SkipReason::Hold, why));
            }
        }
        if bare.of(&face.container).mode == Mode::Observe {
            if ours {
                let why = "its container is in observe mode (write.mode)";
                plan.skips.push(left(face, Field::Auto, None, SkipReason::Conflict, why));
            }
            continue;
        }
        let leaving = format!("roadmapd leaves {}", face.container);
        let desk = Desk {
            face,
            item,
            wanted: &wanted,
            standing: &standing,
            ledger,
            scheme: &bare,
            writes: true,
            leaving: &leaving,
            plan: &mut plan,
        };
        let edits = desk.edits();
        plan.changes.push(change(face, item, edits, roadmap));
    }
    plan.finished()
}

fn left(face: &Issue, field: Field, theirs: Option<String>, reason: SkipReason, why: &str) -> Skip {
    Skip { issue: face.key.clone(), field, theirs, reason, why: why.to_owned() }
}

/// Takes these containers back: the next plan writes there again, after first contact.
pub fn rejoin(mut ledger: Ledger, in_scope: impl Fn(&ContainerKey) -> bool) -> Ledger {
    ledger.retired.retain(|container| !in_scope(container));
    ledger
}

/// What is left of a row once its issue was left. None: nothing. A row that still names ours stays as it is.
pub(super) fn left_behind(row: &Row) -> Option<Row> {
    if row.intent.is_some() || !row.beside.is_empty() || row.hold.is_none() && row.ours.is_some() {
        return Some(row.clone());
    }
    let kept = Row { hold: row.hold.clone(), theirs: row.theirs.clone(), written: row.written, ..Row::default() };
    (kept.hold.is_some() || kept.theirs.is_some()).then_some(kept)
}
