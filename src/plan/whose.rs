//! (ledger row, what the tracker says, how fresh that is) -> Answer: whose value is it?

use crate::model::Reading;

use super::ledger::{Author, Authorship, Hold, HoldReason, Intent, Row};
use super::scheme::{Existing, Spelled};

/// Whose a value is: the answer of the table of ARCHITECTURE.md §3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nobody's: write.
    Free,
    /// Nobody's, though a field says this: the tracker put it there when the issue was made, or we put it back. Write over it.
    Default(String),
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
/// carries [`AUTO_LABEL`](super::AUTO_LABEL), which ends every hold on that issue, of every aspect. `history` is who gave what
/// stands there, as far as the tracker's history tells; it is read only where no row exists. None: it wasn't asked yet.
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
    history: Option<&[Authorship]>,
) -> Answer {
    let Some(row) = row else {
        return first_sight(&Seen::sort(&Row::default(), says, sink), sink, existing, auto, history);
    };
    if reading.turn <= row.written {
        return Answer::Unknown;
    }
    let seen = Seen::sort(row, says, sink);
    if let Some(hold) = row.hold.as_ref().filter(|hold| hold.is_fought() && !row.released) {
        let at = seen.theirs.first().or(seen.ours.first()).cloned();
        let known = Some(Hold { at: at.clone(), ..hold.clone() });
        return Answer::Held { at, strays: Vec::new(), known };
    }
    let answer = known(row, &seen, sink);
    let found = matches!(&answer, Answer::Held { known: Some(hold), .. } if hold.reason == HoldReason::Found);
    if found && existing == Existing::Adopt && seen.theirs.iter().all(|text| sink.rank(text).is_some()) {
        return Answer::Released(seen.all());
    }
    let answer = match answer {
        Answer::Held { .. } if auto || row.released => Answer::Released(seen.all()),
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
///
/// Of a label whose it is matters only where people's are respected. Of a field it always does: what isn't ours there
/// is evidence for the score.
fn first_sight(seen: &Seen, sink: &Spelled, existing: Existing, auto: bool, history: Option<&[Authorship]>) -> Answer {
    let adopts = auto || existing == Existing::Adopt && seen.theirs.iter().all(|text| sink.rank(text).is_some());
    if seen.theirs.is_empty() {
        return Answer::Free;
    }
    let history = match history {
        None if sink.is_field() || !adopts => return Answer::Unknown,
        history => history.unwrap_or_default(),
    };
    if auto {
        return Answer::Released(seen.all());
    }
    let by = |text: &String| author(history, sink, text).map(|said| &said.author);
    if let (true, [one]) = (sink.is_field(), &*seen.theirs)
        && by(one) == Some(&Author::Creation)
    {
        return Answer::Default(one.clone());
    }
    let (ours, theirs): (Vec<String>, Vec<String>) =
        seen.theirs.iter().cloned().partition(|text| adopts || by(text) == Some(&Author::Us));
    match theirs.into_iter().next() {
        None => Answer::Ours(ours),
        at => Answer::Held { at, strays: ours, known: None },
    }
}

/// What the history says of this value.
pub(super) fn author<'a>(history: &'a [Authorship], sink: &Spelled, text: &str) -> Option<&'a Authorship> {
    history.iter().find(|said| sink.same(&said.value, text))
}

/// The answer where a record exists, were the reading beyond doubt.
fn known(row: &Row, seen: &Seen, sink: &Spelled) -> Answer {
    if let Some(hold) = undone(row, seen, sink) {
        let strays = seen.ours.iter().filter(|text| !is(sink, hold.at.as_deref(), text)).cloned().collect();
        return Answer::Held { at: hold.at.clone(), strays, known: Some(hold) };
    }
    if let Some(default) = untouched(row, seen, sink) {
        return Answer::Default(default);
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
        level: intent.level,
        by: None,
        given: None,
    })
}

/// What a field says, where that is what stood there before us: we didn't write yet, or we put it back.
fn untouched(row: &Row, seen: &Seen, sink: &Spelled) -> Option<String> {
    let stands = seen.ours.iter().chain(&seen.theirs).next()?;
    let ours_gone = row.ours.is_none() || row.intent.as_ref().is_some_and(Intent::restores);
    (sink.is_field() && row.hold.is_none() && ours_gone && is(sink, row.theirs.as_deref(), stands))
        .then(|| stands.clone())
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
            } else if is(sink, held, text) || sink.rank(text).is_some() || sink.is_field() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Aspect, Level, Priority, Turn};
    use crate::plan::Target;

    const FRESH: Reading = Reading { turn: Turn(9), by_id: true };
    const LISTED: Reading = Reading { turn: Turn(9), by_id: false };

    fn sink() -> Spelled {
        let spellings =
            Priority::ALL.iter().map(|level| (Level::Priority(*level), format!("priority/{level}"))).collect();
        Spelled { aspect: Aspect::Priority, target: Target::Label, spellings, allowed: None, fold_case: true }
    }

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| label(name)).collect()
    }

    fn label(name: &str) -> String {
        if name.starts_with('p') && name.len() == 2 { format!("priority/{name}") } else { name.to_owned() }
    }

    fn ours(name: &str) -> Row {
        Row { ours: Some(label(name)), written: Turn(4), ..Row::default() }
    }

    fn hold(at: Option<&str>, reason: HoldReason) -> Hold {
        Hold { at: at.map(label), reason, since: 2, level: None, by: None, given: None }
    }

    fn held(at: Option<&str>, last: &str, reason: HoldReason) -> Row {
        Row { hold: Some(hold(at, reason)), ..ours(last) }
    }

    fn writing(from: Option<&str>, to: Option<&str>) -> Row {
        let (from, to) = (from.map(label), to.map(label));
        let intent = Intent { from: from.clone(), to, level: None, cycle: 2, undoes: None };
        Row { ours: from, intent: Some(intent), written: Turn(4), ..Row::default() }
    }

    fn ask(row: Option<&Row>, says: &[&str], reading: Reading) -> Answer {
        whose(row, &labels(says), &sink(), reading, Existing::Respect, false, Some(&[]))
    }

    fn new_hold(at: Option<&str>, strays: &[&str]) -> Answer {
        Answer::Held { at: at.map(label), strays: labels(strays), known: None }
    }

    #[test]
    fn nothing_there_and_no_record_is_free() {
        assert_eq!(ask(None, &["bug"], LISTED), Answer::Free);
    }

    #[test]
    fn a_spelling_without_a_record_is_a_persons() {
        assert_eq!(ask(None, &["p1"], LISTED), new_hold(Some("p1"), &[]));
    }

    #[test]
    fn a_spelling_without_a_record_is_ours_where_it_is_adopted() {
        let answer = whose(None, &labels(&["p1", "p3"]), &sink(), LISTED, Existing::Adopt, false, Some(&[]));
        assert_eq!(answer, Answer::Ours(labels(&["p1", "p3"])));
        let row = held(Some("p1"), "p3", HoldReason::Found);
        let answer = whose(Some(&row), &labels(&["p1"]), &sink(), LISTED, Existing::Adopt, false, Some(&[]));
        assert_eq!(answer, Answer::Released(labels(&["p1"])));
    }

    #[test]
    fn adopting_does_not_touch_a_value_that_a_person_changed() {
        let row = held(Some("p1"), "p3", HoldReason::Changed);
        let answer = whose(Some(&row), &labels(&["p1"]), &sink(), FRESH, Existing::Adopt, false, Some(&[]));
        assert_eq!(answer, Answer::Held { at: Some(label("p1")), strays: vec![], known: row.hold });
    }

    #[test]
    fn of_several_found_values_the_most_pressing_holds_and_all_are_left() {
        assert_eq!(ask(None, &["p3", "p1"], FRESH), new_hold(Some("p1"), &[]));
    }

    #[test]
    fn what_we_wrote_is_ours_in_any_case_of_letters() {
        assert_eq!(ask(Some(&ours("p1")), &["Priority/P1"], LISTED), Answer::Ours(vec!["Priority/P1".into()]));
    }

    #[test]
    fn another_spelling_is_a_persons_but_a_common_prefix_is_nothing_to_us() {
        assert_eq!(ask(Some(&ours("p1")), &["p0"], FRESH), new_hold(Some("p0"), &[]));
        assert_eq!(ask(Some(&ours("p1")), &["priority/customer", "p1"], FRESH), Answer::Ours(labels(&["p1"])));
    }

    #[test]
    fn taking_ours_off_holds_at_nothing() {
        assert_eq!(ask(Some(&ours("p1")), &["bug"], FRESH), new_hold(None, &[]));
    }

    #[test]
    fn a_persons_value_beside_ours_holds_and_ours_goes() {
        assert_eq!(ask(Some(&ours("p1")), &["p1", "p2"], FRESH), new_hold(Some("p2"), &["p1"]));
    }

    #[test]
    fn both_values_of_an_open_intent_are_ours() {
        assert_eq!(
            ask(Some(&writing(Some("p1"), Some("p2"))), &["p2", "p1"], FRESH),
            Answer::Ours(labels(&["p1", "p2"]))
        );
    }

    #[test]
    fn a_write_that_arrived_is_ours_and_one_that_did_not_is_planned_again() {
        let row = writing(Some("p1"), Some("p2"));
        assert_eq!(ask(Some(&row), &["p2"], FRESH), Answer::Ours(labels(&["p2"])));
        assert_eq!(ask(Some(&row), &["p1"], FRESH), Answer::Ours(labels(&["p1"])));
        assert_eq!(ask(Some(&writing(None, Some("p2"))), &[], FRESH), Answer::Free);
        assert_eq!(ask(Some(&writing(Some("p2"), None)), &[], FRESH), Answer::Free);
    }

    #[test]
    fn anything_else_beside_an_open_intent_is_a_persons() {
        let row = writing(Some("p1"), Some("p2"));
        assert_eq!(ask(Some(&row), &["p0"], FRESH), new_hold(Some("p0"), &[]));
        assert_eq!(ask(Some(&row), &["p0", "p1", "p2"], FRESH), new_hold(Some("p0"), &["p1", "p2"]));
        assert_eq!(ask(Some(&row), &[], FRESH), new_hold(None, &[]));
    }

    #[test]
    fn a_hold_lasts_while_its_value_stands_and_moves_with_it() {
        let row = held(Some("p0"), "p1", HoldReason::Changed);
        let known = row.hold.clone();
        assert_eq!(ask(Some(&row), &["p0"], LISTED), Answer::Held { at: Some(label("p0")), strays: vec![], known });
        assert_eq!(ask(Some(&row), &["p3"], FRESH), new_hold(Some("p3"), &[]));
    }

    #[test]
    fn nothing_our_last_value_or_the_label_ends_a_hold() {
        let row = held(Some("p0"), "p1", HoldReason::Undone(2));
        assert_eq!(ask(Some(&row), &[], FRESH), Answer::Released(vec![]));
        assert_eq!(ask(Some(&row), &["p1"], FRESH), Answer::Released(labels(&["p1"])));
        let auto = whose(Some(&row), &labels(&["p0"]), &sink(), FRESH, Existing::Respect, true, Some(&[]));
        assert_eq!(auto, Answer::Released(labels(&["p0"])));
        let emptied = held(None, "p1", HoldReason::Changed);
        assert_eq!(ask(Some(&emptied), &["p1"], FRESH), Answer::Released(labels(&["p1"])));
        assert_eq!(
            whose(None, &labels(&["p0"]), &sink(), LISTED, Existing::Respect, true, Some(&[])),
            Answer::Released(labels(&["p0"]))
        );
    }

    #[test]
    fn a_fight_given_up_lasts_whatever_stands_there_until_it_is_released() {
        let row = held(Some("p0"), "p1", HoldReason::Fought(3));
        for says in [&["p0"][..], &["p3"], &["p1"], &[]] {
            let at = says.first().copied();
            let known = Some(hold(at, HoldReason::Fought(3)));
            let answer = Answer::Held { at: at.map(label), strays: vec![], known };
            assert_eq!(ask(Some(&row), says, LISTED), answer, "{says:?}");
            let auto = whose(Some(&row), &labels(says), &sink(), FRESH, Existing::Respect, true, Some(&[]));
            assert_eq!(auto, answer, "{says:?}");
            let released = Row { released: true, ..row.clone() };
            assert_eq!(ask(Some(&released), says, FRESH), Answer::Released(labels(says)), "{says:?}");
        }
    }

    #[test]
    fn a_reading_not_newer_than_our_write_says_nothing() {
        for turn in [3, 4] {
            assert_eq!(ask(Some(&ours("p1")), &["p1"], Reading { turn: Turn(turn), by_id: true }), Answer::Unknown);
        }
    }

    #[test]
    fn a_list_neither_begins_moves_nor_ends_a_hold() {
        let row = held(Some("p0"), "p1", HoldReason::Changed);
        for (row, says) in [
            (&ours("p1"), &["p0"][..]),
            (&ours("p1"), &[]),
            (&row, &["p2"]),
            (&row, &[]),
            (&row, &["p1"]),
            (&writing(Some("p1"), Some("p2")), &["p2"]),
        ] {
            assert_eq!(ask(Some(row), says, LISTED), Answer::Unknown, "{row:?} {says:?}");
        }
    }

    #[test]
    fn an_undo_that_arrived_holds_what_it_restored() {
        let mut row = writing(Some("p1"), Some("p2"));
        row.intent.as_mut().expect("an intent").undoes = Some(7);
        let known = Some(hold(Some("p2"), HoldReason::Undone(7)));
        let answer = Answer::Held { at: Some(label("p2")), strays: labels(&["p1"]), known };
        assert_eq!(ask(Some(&row), &["p1", "p2"], FRESH), answer);
        assert_eq!(ask(Some(&row), &["p1"], FRESH), Answer::Ours(labels(&["p1"])));
    }
}
