//! The ledger and its intents.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use roadmapd::model::{Aspect, IssueId, Level, Person, Priority, Timestamp, Turn};
use roadmapd::plan::{
    Change, Edit, Field, Hold, HoldReason, Intent, Ledger, Outcome, Refusals, Row, RowKey, SinkId, Writing,
};
use roadmapd::score::Formula;
use roadmapd::store::{Store, StoreTrouble};

use super::{Place, at, container, github, item, jira, url};

const P1: Option<Level> = Some(Level::Priority(Priority::P1));

fn key(id: &str, aspect: Aspect) -> RowKey {
    RowKey { issue: IssueId::new(&jira(), id), aspect, sink: SinkId("label".into()) }
}

fn edit(field: Field, from: Option<&str>, to: Option<&str>) -> Edit {
    let level = to.and(P1);
    let (from, to) = (from.map(str::to_owned), to.map(str::to_owned));
    Edit { field, sink: SinkId("label".into()), from, to, level, why: "it matters".into() }
}

fn change(id: &str, edits: Vec<Edit>) -> Change {
    Change {
        issue: IssueId::new(&jira(), id),
        key: format!("jira:PAY-{id}").parse().unwrap(),
        container: container("jira:PAY"),
        item: item(1),
        edits,
        changed: None,
        people: 0,
        labels: vec!["bug".into()],
        leans_on: BTreeSet::from([github()]),
    }
}

fn ours(spelling: &str) -> Row {
    Row { ours: Some(spelling.into()), level: P1, written: Turn(2), ..Row::default() }
}

fn ledger_of(rows: impl IntoIterator<Item = (RowKey, Row)>) -> Ledger {
    Ledger { rows: rows.into_iter().collect(), ..Ledger::default() }
}

#[tokio::test]
async fn an_intent_and_its_journal_entry_survive_a_process_that_dies() {
    let place = Place::new();
    let store = place.open().await;
    let cycle = store.begin_cycle(at(0), "test").await.unwrap();
    let change = change("1", vec![edit(Field::Priority, None, Some("priority-p1"))]);
    store.intend(Writing { cycle, turn: Turn(2), undoes: None }, &change).await.unwrap();
    // What a kill leaves: the files as they are now, nothing closed.
    let after = Place::new();
    for suffix in ["", "-wal"] {
        let name = format!("roadmapd.db{suffix}");
        std::fs::copy(place.directory.path().join(&name), after.directory.path().join(&name)).unwrap();
    }
    let reopened = Store::open(&url(&after.file())).await.unwrap();
    let intent = Intent { from: None, to: Some("priority-p1".into()), level: P1, cycle, undoes: None };
    let row = Row { intent: Some(intent), written: Turn(2), ..Row::default() };
    assert_eq!(reopened.ledger().await.unwrap(), ledger_of([(key("1", Aspect::Priority), row)]));
    let journal = reopened.journal(cycle).await.unwrap();
    assert_eq!(journal.len(), 1);
    assert_eq!((&journal[0].change, &journal[0].outcome), (&change, &None));
    assert!(reopened.cycles(1).await.unwrap()[0].interrupted);
}

#[tokio::test]
async fn an_intent_stamps_the_turn_on_every_field_of_its_issue_and_of_no_other() {
    let place = Place::new();
    let store = place.open().await;
    let keys = [key("1", Aspect::Priority), key("1", Aspect::Complexity), key("2", Aspect::Priority)];
    let before = ledger_of(keys.clone().map(|key| (key, ours("x"))));
    store.save_ledger(&Ledger::default(), &before).await.unwrap();
    let cycle = store.begin_cycle(at(0), "test").await.unwrap();
    let edits = vec![edit(Field::Auto, Some("roadmapd:auto"), None), edit(Field::Priority, Some("x"), Some("y"))];
    store.intend(Writing { cycle, turn: Turn(8), undoes: None }, &change("1", edits)).await.unwrap();
    let rows = store.ledger().await.unwrap().rows;
    assert_eq!(keys.clone().map(|key| rows[&key].written), [Turn(8), Turn(8), Turn(2)]);
    assert_eq!(keys.map(|key| rows[&key].intent.is_some()), [true, false, false]);
    assert_eq!(rows.len(), 3);
}

#[tokio::test]
async fn the_intent_of_several_edits_is_the_deciding_one_and_the_row_names_the_other_value_too() {
    let place = Place::new();
    let store = place.open().await;
    let key = key("1", Aspect::Priority);
    store.save_ledger(&Ledger::default(), &ledger_of([(key.clone(), ours("v"))])).await.unwrap();
    let cycle = store.begin_cycle(at(0), "test").await.unwrap();
    let edits = vec![edit(Field::Priority, Some("v"), Some("x")), edit(Field::Priority, Some("w"), None)];
    store.intend(Writing { cycle, turn: Turn(2), undoes: None }, &change("1", edits)).await.unwrap();
    let row = &store.ledger().await.unwrap().rows[&key];
    let intent = Intent { from: Some("v".into()), to: Some("x".into()), level: P1, cycle, undoes: None };
    assert_eq!((row.ours.as_deref(), row.intent.as_ref()), (Some("v"), Some(&intent)));
    assert_eq!(row.beside, ["w"]);
}

#[tokio::test]
async fn settling_closes_an_intent_even_where_the_row_is_as_it_was_before() {
    let place = Place::new();
    let store = place.open().await;
    let before = ledger_of([(key("1", Aspect::Priority), ours("x"))]);
    store.save_ledger(&Ledger::default(), &before).await.unwrap();
    let cycle = store.begin_cycle(at(0), "test").await.unwrap();
    let change = change("1", vec![edit(Field::Priority, Some("x"), Some("y"))]);
    store.intend(Writing { cycle, turn: Turn(2), undoes: None }, &change).await.unwrap();
    store.save_ledger(&before, &before).await.unwrap();
    assert_eq!(store.ledger().await.unwrap(), before);
}

#[tokio::test]
async fn an_open_intent_on_a_row_that_nobody_settled_stays() {
    let place = Place::new();
    let store = place.open().await;
    let cycle = store.begin_cycle(at(0), "test").await.unwrap();
    let change = change("1", vec![edit(Field::Priority, None, Some("y"))]);
    store.intend(Writing { cycle, turn: Turn(2), undoes: None }, &change).await.unwrap();
    store.save_ledger(&Ledger::default(), &Ledger::default()).await.unwrap();
    assert!(store.ledger().await.unwrap().rows[&key("1", Aspect::Priority)].intent.is_some());
}

#[tokio::test]
async fn the_journal_tells_every_outcome_in_the_order_of_writing() {
    let place = Place::new();
    let store = place.open().await;
    let cycle = store.begin_cycle(at(0), "test").await.unwrap();
    let outcomes = [
        Outcome::Done,
        Outcome::Failed { error: "the screen lacks the field".into() },
        Outcome::Unknown { error: "the connection broke".into() },
    ];
    for (id, outcome) in ["9", "1", "5"].into_iter().zip(&outcomes) {
        let change = change(id, vec![edit(Field::Priority, None, Some("y"))]);
        store.intend(Writing { cycle, turn: Turn(2), undoes: None }, &change).await.unwrap();
        store.outcome(cycle, &change, outcome, at(7)).await.unwrap();
    }
    let journal = store.journal(cycle).await.unwrap();
    let told: Vec<_> =
        journal.iter().map(|entry| (entry.change.issue.id.as_str(), entry.outcome.clone(), entry.at)).collect();
    let [done, failed, unknown] = outcomes.map(Some);
    assert_eq!(told, [("9", done, at(7)), ("1", failed, at(7)), ("5", unknown, at(7))]);
    assert!(store.journal(cycle + 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_outcome_without_an_intent_and_an_intent_without_a_cycle_are_refused() {
    let place = Place::new();
    let store = place.open().await;
    let change = change("1", vec![edit(Field::Priority, None, Some("y"))]);
    let refusal = store.intend(Writing { cycle: 7, turn: Turn(2), undoes: None }, &change).await;
    assert!(matches!(refusal, Err(StoreTrouble::Failed { .. })), "{refusal:?}");
    assert!(store.ledger().await.unwrap().rows.is_empty());
    let cycle = store.begin_cycle(at(0), "test").await.unwrap();
    let refusal = store.outcome(cycle, &change, &Outcome::Done, at(1)).await.expect_err("nothing was intended");
    assert!(refusal.to_string().contains("jira:PAY-1"), "{refusal}");
}

fn a_text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(proptest::sample::select(vec![
        "",
        "p1",
        "priority/p1",
        "\"'; DROP TABLE ledger --",
        "ö\0\u{202e}",
    ]))
    .prop_map(|text| text.map(str::to_owned))
}

prop_compose! {
    fn a_row()(
        ours in a_text(), from in a_text(), to in a_text(), held in a_text(), undone in any::<u64>(), written in any::<u64>(),
        has in any::<(bool, bool, bool)>(),
    ) -> Row {
        Row {
            ours,
            beside: Vec::new(),
            level: has.0.then_some(Level::Priority(Priority::P3)),
            intent: has.1.then_some(Intent { from, to, level: None, cycle: undone, undoes: None }),
            hold: has.2.then_some(Hold {
                at: held.clone(),
                reason: HoldReason::Undone(undone),
                since: 3,
                level: has.0.then_some(Level::Priority(Priority::P1)),
                by: has.1.then(|| Person { id: "5b1".into(), name: "Ada".into() }),
                given: has.1.then_some(Timestamp::UNIX_EPOCH),
            }),
            theirs: held,
            written: Turn(written),
            released: false,
            moved: has.1,
            reversals: u32::from(has.2),
        }
    }
}

fn a_refusal() -> impl Strategy<Value = Refusals> {
    (1..5_u32, "[a-z]{0,3}", 1..9_u64).prop_map(|(count, error, cycle)| {
        let changed = Some("2026-01-01T00:00:00Z".parse().unwrap());
        Refusals { count, edits: error.clone(), error, cycle, changed }
    })
}

fn a_ledger() -> impl Strategy<Value = Ledger> {
    let aspect = || proptest::sample::select(Aspect::ALL.to_vec());
    let sink = || proptest::sample::select(vec!["label", "field:Größe"]).prop_map(|name| SinkId(name.to_owned()));
    let key = ("[1-4]", aspect(), sink()).prop_map(|(id, aspect, sink)| RowKey {
        issue: IssueId::new(&jira(), id),
        aspect,
        sink,
    });
    let contact =
        ("[A-C]", aspect(), sink()).prop_map(|(name, aspect, sink)| (container(&format!("jira:{name}")), aspect, sink));
    let formula =
        proptest::sample::select(vec!["wsjf/1", "weighted/2"]).prop_map(|name| Some(Formula(name.to_owned())));
    let retired = proptest::collection::btree_set("[A-C]".prop_map(|name| container(&format!("jira:{name}"))), 0..3);
    (
        proptest::collection::btree_map(key, a_row(), 0..12),
        proptest::collection::btree_set(contact, 0..6),
        formula,
        retired,
        proptest::collection::btree_map(
            ("[A-C]".prop_map(|name| container(&format!("jira:{name}"))), "[a-cP]{1,2}"),
            proptest::option::of("[a-c]"),
            0..3,
        ),
        proptest::collection::btree_map("[1-4]".prop_map(|id| IssueId::new(&jira(), id)), a_refusal(), 0..3),
    )
        .prop_map(|(rows, contacted, formula, retired, gone, refusals)| Ledger {
            rows,
            contacted,
            formula,
            retired,
            refusals,
            gone,
            authors: BTreeMap::new(),
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_ledger_saved_over_any_other_comes_back_as_it_was(first in a_ledger(), second in a_ledger()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (one, two) = runtime.block_on(async {
            let place = Place::new();
            let store = place.open().await;
            store.save_ledger(&Ledger::default(), &first).await.unwrap();
            let one = store.ledger().await.unwrap();
            store.save_ledger(&first, &second).await.unwrap();
            (one, store.ledger().await.unwrap())
        });
        prop_assert_eq!(one, first);
        prop_assert_eq!(two, second);
    }
}
