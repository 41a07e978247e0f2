//! (ledger row, what the tracker says, how fresh that is) -> Answer: whose value is it?

use crate::model::Reading;

use super::ledger::{Hold, HoldReason, Row};
use super::scheme::{Existing, Spelled, Target};

/// Whose a value is: the answer of the table of ARCHITECTURE.md §3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nobody's: write.
    Free,
    /// Ours, and this is what stands there (several while a write is half done). Write when the wanted level differs.
    Ours(Vec<String>),
    /// A person's. `at` is their value; `strays` are ours beside it, to take off.
    Held {
        /// Their value. None: they took ours off.
        at: Option<String>,
        /// Ours that stand beside it.
        strays: Vec<String>,
        /// Since when and why. None: seen now for the first time.
        known: Option<Hold>,
    },
    /// A person gave it back; this is what stands there now, ours from here on.
    Released(Vec<String>),
    /// Nothing can be said from a reading this old: wait, or read the issue by id.
    Unknown,
}

/// Tells whose value stands in one sink of one issue: the table of ARCHITECTURE.md §3.
///
/// `says` is what the tracker has there (all labels of the issue, or the field's value); `auto` whether the issue
/// carries [`AUTO_LABEL`](super::AUTO_LABEL), which ends every hold on that issue, of every aspect.
///
/// Ours to judge are only the sink's finite set and what the row names; every other label is invisible here. A field
/// has one value, so anything in it counts. Several values of people in one sink: the first in the aspect's order (the
/// most pressing, the smallest) is the one that holds; the others stand beside it and are left alone.
///
/// A reading not newer than our last write is no evidence. A reading from a list may lag, so it can confirm what the
/// row says but not change it: a new, moved or ended hold and the fate of an open intent need a reading by id.
pub fn whose(
    row: Option<&Row>,
    says: &[String],
    sink: &Spelled,
    reading: Reading,
    existing: Existing,
    auto: bool,
) -> Answer {
    let Some(row) = row else { return first_sight(&Seen::sort(&Row::default(), says, sink), sink, existing, auto) };
    if reading.turn <= row.written {
        return Answer::Unknown;
    }
    let seen = Seen::sort(row, says, sink);
    let answer = known(row, &seen, sink);
    let found = matches!(&answer, Answer::Held { known: Some(hold), .. } if hold.reason == HoldReason::Found);
    if found && existing == Existing::Adopt && seen.theirs.iter().all(|text| sink.rank(text).is_some()) {
        return Answer::Released(seen.all());
    }
    let answer = match answer {
        Answer::Held { .. } if auto => Answer::Released(seen.all()),
        answer => answer,
    };
    let moves = match &answer {
        Answer::Held { known, .. } => known.is_none(),
        Answer::Released(_) => true,
        _ => false,
    };
    if (moves || row.intent.is_some()) && !reading.by_id { Answer::Unknown } else { answer }
}

/// The answer where no record exists.
fn first_sight(seen: &Seen, sink: &Spelled, existing: Existing, auto: bool) -> Answer {
    let Some(at) = seen.theirs.first() else { return Answer::Free };
    if auto {
        Answer::Released(seen.all())
    } else if existing == Existing::Adopt && seen.theirs.iter().all(|text| sink.rank(text).is_some()) {
        Answer::Ours(seen.all())
    } else {
        Answer::Held { at: Some(at.clone()), strays: Vec::new(), known: None }
    }
}

/// The answer where a record exists, were the reading beyond doubt.
fn known(row: &Row, seen: &Seen, sink: &Spelled) -> Answer {
    if let Some(hold) = undone(row, seen, sink) {
        let strays = seen.ours.iter().filter(|text| !is(sink, hold.at.as_deref(), text)).cloned().collect();
        return Answer::Held { at: hold.at.clone(), strays, known: Some(hold) };
    }
    if let Some(theirs) = seen.theirs.first() {
        let known = row.hold.clone().filter(|hold| is(sink, hold.at.as_deref(), theirs));
        return Answer::Held { at: Some(theirs.clone()), strays: seen.ours.clone(), known };
    }
    match &row.hold {
        Some(hold) if hold.at.is_none() && seen.ours.is_empty() => {
            Answer::Held { at: None, strays: Vec::new(), known: Some(hold.clone()) }
        }
        Some(_) => Answer::Released(seen.ours.clone()),
        None if !seen.ours.is_empty() => Answer::Ours(seen.ours.clone()),
        None if nothing_expected(row) => Answer::Free,
        None => Answer::Held { at: None, strays: Vec::new(), known: None },
    }
}

/// The hold that an `undo` whose write has arrived leaves.
fn undone(row: &Row, seen: &Seen, sink: &Spelled) -> Option<Hold> {
    let intent = row.intent.as_ref()?;
    let cycle = intent.undoes?;
    let arrived = match &intent.to {
        Some(to) => seen.ours.iter().any(|text| sink.same(text, to)),
        None => seen.ours.is_empty(),
    };
    (arrived && seen.theirs.is_empty()).then(|| Hold {
        at: intent.to.clone(),
        reason: HoldReason::Undone(cycle),
        since: intent.cycle,
    })
}

/// Whether an empty sink is what the row leads to expect.
fn nothing_expected(row: &Row) -> bool {
    match &row.intent {
        Some(intent) => intent.from.is_none() || intent.to.is_none(),
        None => row.ours.is_none() && row.beside.is_empty(),
    }
}

fn is(sink: &Spelled, a: Option<&str>, b: &str) -> bool {
    a.is_some_and(|a| sink.same(a, b))
}

/// What stands in a sink, as the tracker spells it, sorted by whose record names it.
struct Seen {
    /// Named by the row as ours.
    ours: Vec<String>,
    /// In the finite set but not named as ours, or what the row's hold names; in the aspect's order.
    theirs: Vec<String>,
}

impl Seen {
    fn sort(row: &Row, says: &[String], sink: &Spelled) -> Self {
        let held = row.hold.as_ref().and_then(|hold| hold.at.as_deref());
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for text in says {
            if !is(sink, held, text) && row.ours_named().any(|named| sink.same(named, text)) {
                ours.push(text.clone());
            } else if is(sink, held, text) || sink.rank(text).is_some() || sink.target != Target::Label {
                theirs.push(text.clone());
            }
        }
        let order = |text: &String| (sink.rank(text).unwrap_or(usize::MAX), text.clone());
        ours.sort_by_key(order);
        theirs.sort_by_key(order);
        Self { ours, theirs }
    }

    fn all(&self) -> Vec<String> {
        self.ours.iter().chain(&self.theirs).cloned().collect()
    }
}
