//! The table "whose value is it?", literally, against every ledger row, intent and set of labels.

use roadmapd::model::{Aspect, Person, Reading, Turn};
use roadmapd::plan::{Answer, Author, Authorship, Existing, Hold, HoldReason, Intent, Row, whose};

use crate::plan_world::{field, sink};

/// What the ledger says, as the table's first column has it.
#[derive(Clone, Copy, Debug)]
enum Says {
    None,
    Ours(&'static str),
    /// At what, and what we last wrote.
    Held(Option<&'static str>, &'static str),
}

type Change = (Option<&'static str>, Option<&'static str>);

/// What the table answers: kind, whose value, what of ours stands beside.
#[derive(Debug, PartialEq)]
enum Cell {
    Free,
    Ours(Vec<&'static str>),
    Held(Option<&'static str>, Vec<&'static str>),
    Released(Vec<&'static str>),
}

/// The table, row by row. None: it says nothing of this (three values at once, an intent that contradicts the ledger).
fn table(ledger: Says, intent: Option<Change>, there: &[&'static str]) -> Option<Cell> {
    use Cell as C;
    use Says as L;
    Some(match (ledger, intent, there) {
        (L::None, None, []) => C::Free,
        (L::None, None, [w]) => C::Held(Some(w), vec![]),
        (L::Ours(v), None, [x]) if *x == v => C::Ours(vec![v]),
        (L::Ours(_), None, [w]) => C::Held(Some(w), vec![]),
        (L::Ours(_), None, []) => C::Held(None, vec![]),
        (L::Ours(v), None, [a, b]) if *a == v => C::Held(Some(b), vec![v]),
        (L::Ours(v), None, [a, b]) if *b == v => C::Held(Some(a), vec![v]),
        // open intents: arrived
        (_, Some((_, Some(to))), [x]) if *x == to => C::Ours(vec![to]),
        (_, Some((_, None)), []) => C::Free,
        // not done
        (_, Some((Some(from), _)), [x]) if *x == from => C::Ours(vec![from]),
        (_, Some((None, _)), []) => C::Free,
        // both, in ledger or intent
        (_, Some((Some(from), Some(to))), [a, b]) if [*a, *b] == [from, to] || [*b, *a] == [from, to] => {
            C::Ours(vec![a, b])
        }
        // anything else
        (_, Some(_), []) => C::Held(None, vec![]),
        (_, Some(_), [w]) => C::Held(Some(w), vec![]),
        (_, Some((from, to)), [a, b]) if Some(*a) == from || Some(*a) == to => C::Held(Some(b), vec![a]),
        (_, Some((from, to)), [a, b]) if Some(*b) == from || Some(*b) == to => C::Held(Some(a), vec![b]),
        // holds
        (L::Held(Some(w), _), None, [x]) if *x == w => C::Held(Some(w), vec![]),
        (L::Held(None, _), None, []) => C::Held(None, vec![]),
        (L::Held(_, last), None, [x]) if *x == last => C::Released(vec![last]),
        (L::Held(_, _), None, [x]) => C::Held(Some(x), vec![]),
        (L::Held(_, _), None, []) => C::Released(vec![]),
        _ => return None,
    })
}

const VALUES: [&str; 4] = ["priority/p0", "priority/p1", "priority/p2", "priority/p3"];

fn ledgers() -> Vec<Says> {
    let mut all = vec![Says::None];
    for v in VALUES {
        all.push(Says::Ours(v));
        all.push(Says::Held(None, v));
        all.extend(VALUES.iter().filter(|w| **w != v).map(|w| Says::Held(Some(w), v)));
    }
    all
}

/// Intents as they can stand beside a ledger row: they start from what is there.
fn intents(ledger: Says) -> Vec<Option<Change>> {
    let from = match ledger {
        Says::None => None,
        Says::Ours(v) => Some(v),
        Says::Held(..) => return vec![None],
    };
    let tos = VALUES.iter().map(|to| Some(*to)).chain([None]).filter(|to| *to != from);
    [None].into_iter().chain(tos.map(|to| Some((from, to)))).collect()
}

fn sets() -> Vec<Vec<&'static str>> {
    (0..16u8).map(|bits| (0..4).filter(|bit| bits & (1 << bit) != 0).map(|bit| VALUES[bit]).collect()).collect()
}

fn row(ledger: Says, intent: Option<Change>) -> Option<Row> {
    let text = |value: Option<&str>| value.map(str::to_owned);
    let intent =
        intent.map(|(from, to)| Intent { from: text(from), to: text(to), level: None, cycle: 1, undoes: None });
    let (ours, hold) = match ledger {
        Says::None if intent.is_none() => return None,
        Says::None => (None, None),
        Says::Ours(v) => (Some(v), None),
        Says::Held(at, v) => (
            Some(v),
            Some(Hold { at: text(at), reason: HoldReason::Changed, since: 1, level: None, by: None, given: None }),
        ),
    };
    Some(Row { ours: text(ours), intent, hold, written: Turn(2), ..Row::default() })
}

fn cell(answer: Answer) -> Cell {
    let known = |values: Vec<String>| {
        let mut found: Vec<_> = VALUES.into_iter().filter(|value| values.iter().any(|it| it == value)).collect();
        assert_eq!(found.len(), values.len(), "{values:?} has something that is no spelling of ours");
        found.sort_unstable();
        found
    };
    match answer {
        Answer::Free => Cell::Free,
        Answer::Ours(values) => Cell::Ours(known(values)),
        Answer::Released(values) => Cell::Released(known(values)),
        Answer::Held { at, strays, .. } => {
            Cell::Held(at.map(|at| VALUES.into_iter().find(|value| *value == at).expect("a spelling")), known(strays))
        }
        Answer::Default(value) => panic!("{value} is no field's"),
        Answer::Unknown => panic!("a fresh reading by id leaves nothing unknown"),
    }
}

/// Other labels on the issue, which must not matter.
const OTHERS: [&[&str]; 3] = [&[], &["bug", "priority/customer"], &["p0", "priority", "zz"]];

#[test]
fn every_row_of_the_table_holds_for_every_value() {
    let sink = sink(Aspect::Priority, "priority/", true);
    let fresh = Reading { turn: Turn(4), by_id: true };
    let mut told = 0;
    for ledger in ledgers() {
        for intent in intents(ledger) {
            for there in sets() {
                let Some(expected) = table(ledger, intent, &there) else { continue };
                told += 1;
                for others in OTHERS {
                    let says: Vec<String> = there.iter().chain(others).map(|label| (*label).to_owned()).collect();
                    let row = row(ledger, intent);
                    let answer = whose(row.as_ref(), &says, &sink, fresh, Existing::Respect, false, Some(&[]));
                    assert_eq!(cell(answer), expected, "ledger {ledger:?}, intent {intent:?}, says {says:?}");
                }
            }
        }
    }
    assert!(told > 300, "the table answered only {told} cases");
}

#[test]
fn every_row_of_the_table_holds_for_a_field_which_has_one_value() {
    let field = field(Aspect::Priority, "priority", &VALUES);
    let fresh = Reading { turn: Turn(4), by_id: true };
    let mut told = 0;
    for ledger in ledgers() {
        for intent in intents(ledger) {
            for there in sets().into_iter().filter(|there| there.len() <= 1) {
                let Some(expected) = table(ledger, intent, &there) else { continue };
                told += 1;
                let says: Vec<String> = there.iter().map(|value| (*value).to_owned()).collect();
                let row = row(ledger, intent);
                let answer = whose(row.as_ref(), &says, &field, fresh, Existing::Respect, false, Some(&[]));
                assert_eq!(cell(answer), expected, "ledger {ledger:?}, intent {intent:?}, says {says:?}");
            }
        }
    }
    assert!(told > 150, "the table answered only {told} cases");
}

#[test]
fn without_a_record_the_history_says_whose_it_is() {
    let label = sink(Aspect::Priority, "priority/", true);
    let field = field(Aspect::Priority, "priority", &VALUES);
    let listed = Reading { turn: Turn(4), by_id: false };
    let value = VALUES[1].to_owned();
    let held = Cell::Held(Some(VALUES[1]), vec![]);
    let ours = Cell::Ours(vec![VALUES[1]]);
    let someone = Author::Someone(Person { id: "5b1".into(), name: "Ada".into() });
    for (author, of_label, of_field) in [
        (None, &held, Some(&held)),
        (Some(Author::Us), &ours, Some(&ours)),
        (Some(someone), &held, Some(&held)),
        (Some(Author::Creation), &held, None),
    ] {
        let said: Vec<Authorship> =
            author.into_iter().map(|author| Authorship { value: value.clone(), author, at: None }).collect();
        let ask =
            |sink, existing, history| whose(None, std::slice::from_ref(&value), sink, listed, existing, false, history);
        assert_eq!(&cell(ask(&label, Existing::Respect, Some(&said))), of_label);
        match of_field {
            Some(of_field) => assert_eq!(&cell(ask(&field, Existing::Respect, Some(&said))), of_field),
            None => assert_eq!(ask(&field, Existing::Respect, Some(&said)), Answer::Default(value.clone())),
        }
        assert_eq!(ask(&label, Existing::Respect, None), Answer::Unknown);
        assert_eq!(ask(&field, Existing::Adopt, None), Answer::Unknown);
        assert_eq!(cell(ask(&label, Existing::Adopt, None)), ours, "a label is adopted whoever put it there");
    }
}

#[test]
fn of_two_labels_without_a_record_each_has_its_own_author() {
    let label = sink(Aspect::Priority, "priority/", true);
    let listed = Reading { turn: Turn(4), by_id: false };
    let both = [VALUES[0].to_owned(), VALUES[2].to_owned()];
    let ours = [Authorship { value: "Priority/P0".into(), author: Author::Us, at: None }];
    let answer = whose(None, &both, &label, listed, Existing::Respect, false, Some(&ours));
    assert_eq!(cell(answer), Cell::Held(Some(VALUES[2]), vec![VALUES[0]]));
}

#[test]
fn a_reading_from_a_list_says_what_one_by_id_says_or_nothing() {
    let sink = sink(Aspect::Priority, "priority/", true);
    let [listed, by_id] = [false, true].map(|by_id| Reading { turn: Turn(4), by_id });
    for ledger in ledgers() {
        for intent in intents(ledger) {
            for there in sets() {
                let says: Vec<String> = there.iter().map(|label| (*label).to_owned()).collect();
                let row = row(ledger, intent);
                let ask = |reading| whose(row.as_ref(), &says, &sink, reading, Existing::Respect, false, Some(&[]));
                let (sure, unsure) = (ask(by_id), ask(listed));
                let begins = row.is_some() && matches!(sure, Answer::Held { known: None, .. } | Answer::Released(_));
                let expected = if begins || intent.is_some() { Answer::Unknown } else { sure };
                assert_eq!(unsure, expected, "ledger {ledger:?}, intent {intent:?}, says {says:?}");
            }
        }
    }
}

#[test]
fn a_reading_from_before_our_write_is_never_evidence() {
    let sink = sink(Aspect::Priority, "priority/", true);
    for ledger in ledgers() {
        for intent in intents(ledger) {
            let Some(row) = row(ledger, intent) else { continue };
            for there in sets() {
                let says: Vec<String> = there.iter().map(|label| (*label).to_owned()).collect();
                for turn in [0, 1, 2] {
                    let old = Reading { turn: Turn(turn), by_id: true };
                    assert_eq!(whose(Some(&row), &says, &sink, old, Existing::Adopt, true, None), Answer::Unknown);
                }
            }
        }
    }
}

#[test]
fn rows_holds_and_changes_stored_by_an_earlier_version_read_back() {
    let row = r#"{"ours":"priority/p1","level":{"priority":"p1"},"intent":null,
                  "hold":{"at":"priority/p0","reason":"changed","since":3},"written":4}"#;
    let row: Row = serde_json::from_str(row).expect("a row");
    let hold = row.hold.expect("a hold");
    assert_eq!((row.theirs, hold.level, hold.by, hold.given), (None, None, None, None));
    let change = r#"{"issue":{"tracker":"jira","id":"7"},"key":"jira:PAY-7","container":"jira:PAY","item":"i-1",
                     "edits":[],"labels":["bug"],"leans_on":[]}"#;
    let change: roadmapd::plan::Change = serde_json::from_str(change).expect("a change");
    assert_eq!(change.people, 0);
}
