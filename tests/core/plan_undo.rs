//! Taking a cycle back.

use roadmapd::model::{Aspect, Complexity, Level, Priority};
use roadmapd::plan::{Change, Existing, Hold, HoldReason, Intent, Plan, Row, SkipReason, undo};

use crate::plan_world::{World, id, issue, names, row_key};

const GITHUB: &str = "github:acme/api#1";
const JIRA: &str = "jira:PAY-2";

fn world() -> World {
    World::new(Existing::Respect, &[(&[(GITHUB, names(&["bug"])), (JIRA, vec![])], Priority::P2, Complexity::M)])
}

fn take_back(world: &mut World, cycle: u64, journal: &[Change]) -> Plan {
    // Reads and notes; what would be written anyway is not what we are after here.
    world.read_and_plan();
    let plan = undo(cycle, journal, &world.roadmap(), &world.ledger, &world.scheme);
    world.write(plan.clone());
    plan
}

#[test]
fn undo_restores_the_labels_and_the_next_cycles_plan_nothing() {
    let mut world = world();
    let before = world.all_labels();
    let journal = world.cycle().changes;
    let plan = take_back(&mut world, 1, &journal);
    assert_eq!((plan.edits(), plan.undoes), (4, Some(1)));
    assert_eq!(world.all_labels(), before);
    world.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::Xl));
    for _ in 0..3 {
        let plan = world.cycle();
        assert!(plan.changes.is_empty(), "{:?}", plan.changes);
        assert!(plan.skips.iter().all(|skip| skip.reason == SkipReason::Hold && skip.why.contains("undone, cycle 1")));
        assert_eq!(plan.skips.len(), 4);
    }
    let hold = world.ledger.rows[&row_key(GITHUB, Aspect::Priority)].hold.clone().expect("a hold");
    assert_eq!((hold.at, hold.reason), (None, HoldReason::Undone(1)));
}

#[test]
fn undo_restores_the_value_that_was_replaced_and_release_lifts_it() {
    let mut world = world();
    world.cycle();
    world.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::M));
    let journal = world.cycle().changes;
    take_back(&mut world, 2, &journal);
    assert_eq!(world.labels(GITHUB), ["bug", "complexity/m", "priority/p2"]);
    assert!(world.cycle().changes.is_empty());
    world.ledger = roadmapd::plan::release(world.ledger, &[id(GITHUB), id(JIRA)].into(), None);
    world.cycle();
    assert_eq!(world.priorities(GITHUB), ["priority/p0"]);
    assert_eq!(world.priorities(JIRA), ["priority/p0"]);
}

#[test]
fn undo_leaves_what_a_person_changed_since() {
    let mut world = world();
    let journal = world.cycle().changes;
    world.person(GITHUB, &["priority/p0", "wontfix"], &["priority/p2"]);
    let plan = take_back(&mut world, 1, &journal);
    assert_eq!(world.labels(GITHUB), ["bug", "priority/p0", "wontfix"]);
    let skip = plan.skips.first().expect("a skip");
    assert_eq!((skip.issue.to_string().as_str(), skip.reason), (GITHUB, SkipReason::Hold));
    assert_eq!(skip.theirs.as_deref(), Some("priority/p0"));
}

#[test]
fn undo_of_a_cycle_that_a_later_one_overwrote_says_so() {
    let mut world = world();
    let journal = world.cycle().changes;
    world.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::M));
    world.cycle();
    let plan = take_back(&mut world, 1, &journal);
    assert_eq!(world.priorities(GITHUB), ["priority/p0"]);
    assert!(plan.skips.iter().all(|skip| skip.why.contains("later cycle")), "{:?}", plan.skips);
    assert_eq!(plan.skips.len(), 2);
}

#[test]
fn undo_twice_does_nothing_the_second_time() {
    let mut world = world();
    let journal = world.cycle().changes;
    take_back(&mut world, 1, &journal);
    let again = take_back(&mut world, 1, &journal);
    assert!(again.changes.is_empty() && again.skips.is_empty(), "{again:?}");
}

#[test]
fn an_undo_whose_outcome_nobody_heard_still_holds() {
    let mut world = world();
    world.cycle();
    world.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::M));
    let journal = world.cycle().changes;
    world.read_and_plan();
    let plan = undo(2, &journal, &world.roadmap(), &world.ledger, &world.scheme);
    let approved = world.approved(plan);
    for change in approved.changes() {
        world.intend(change, approved.undoes());
        // Only the additions arrive before the end.
        let requests = crate::plan_world::requests(change);
        world.send(&change.issue, &requests[0]);
    }
    for _ in 0..2 {
        world.cycle();
    }
    assert_eq!(world.priorities(GITHUB), ["priority/p2"]);
    assert_eq!(world.priorities(JIRA), ["priority/p2"]);
    assert!(world.cycle().changes.is_empty());
}

#[test]
fn undo_leaves_closed_and_unknown_issues_and_names_them() {
    let mut world = world();
    let mut journal = world.cycle().changes;
    world.issues.get_mut(&id(JIRA)).expect("an issue").status = roadmapd::model::Status::Done;
    let mut gone = journal[0].clone();
    gone.issue.id = "77".into();
    gone.key.local = "acme/api#77".into();
    journal.push(gone);
    let plan = take_back(&mut world, 1, &journal);
    let named: Vec<_> = plan.skips.iter().map(|skip| skip.issue.to_string()).collect();
    assert_eq!(named, [JIRA, "github:acme/api#77"]);
    assert_eq!(plan.changes.len(), 1);
}

#[test]
fn a_container_that_was_left_is_not_written_by_an_undo() {
    let mut world = world();
    let journal = world.cycle().changes;
    world.ledger.retired.insert("jira:PAY".parse().expect("a container"));
    let before = world.labels(JIRA);
    let plan = take_back(&mut world, 1, &journal);
    assert_eq!(world.labels(JIRA), before);
    assert_eq!(world.labels(GITHUB), ["bug"]);
    assert!(plan.skips.iter().any(|skip| skip.why.contains("roadmapd rejoin")), "{:?}", plan.skips);
}

#[test]
fn what_undo_put_back_counts_as_nobodys_word_in_the_agreement() {
    let mut world = world();
    world.scored = true;
    world.cycle();
    world.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::M));
    let journal = world.cycle().changes;
    take_back(&mut world, 2, &journal);
    world.read_and_plan();
    let roadmap = world.roadmap();
    let standing = roadmapd::plan::standing(&roadmap, &world.ledger, &world.scheme, world.cycle);
    let scores = world.scores(&roadmap, &standing.previous);
    let agreement = roadmapd::plan::agreement(&roadmap, &scores, &standing, &World::weights(), |_| None);
    assert!(agreement.0.iter().all(|agreed| agreed.declared == 0), "{agreement:?}");
}

#[test]
fn rows_are_handed_on_to_the_issue_that_one_became_but_not_over_what_is_known_there() {
    let mut world = world();
    world.cycle();
    let from = id(JIRA);
    let to = issue("jira:CORE-9", &["priority/p0".to_owned(), "priority/p2".to_owned()]);
    let there = row_key("jira:CORE-9", Aspect::Priority);
    let written = world.ledger.rows[&row_key(JIRA, Aspect::Priority)].clone();
    let mut ledger = world.ledger.clone();
    ledger.hand_on(&from, &to);
    assert_eq!((ledger.rows.get(&there), ledger.rows_of(&from).count()), (Some(&written), 0));
    // What was taken for a person's there, before it was known where it came from, is ours.
    let found = Row {
        hold: Some(Hold {
            at: written.ours.clone(),
            reason: HoldReason::Found,
            since: 2,
            level: None,
            by: None,
            given: None,
        }),
        ..Default::default()
    };
    let mut ledger = world.ledger.clone();
    ledger.rows.insert(there.clone(), found.clone());
    ledger.hand_on(&from, &to);
    assert_eq!(ledger.rows.get(&there), Some(&written));
    // So is what a write that nobody heard of put there.
    let intent = Intent { from: None, to: written.ours.clone(), level: None, cycle: 2, undoes: None };
    let under_way = Row { ours: None, level: None, intent: Some(intent), ..written.clone() };
    let mut ledger = world.ledger.clone();
    ledger.rows.insert(row_key(JIRA, Aspect::Priority), under_way.clone());
    ledger.rows.insert(there.clone(), found.clone());
    ledger.hand_on(&from, &to);
    assert_eq!(ledger.rows.get(&there), Some(&under_way));
    // What a person changed there since is theirs, even where the old one was about to write just that.
    let mut taken = found.clone();
    taken.hold =
        found.hold.map(|hold| Hold { at: Some("priority/p0".to_owned()), reason: HoldReason::Changed, ..hold });
    let (to_write, mut ledger) = (Some("priority/p0".to_owned()), world.ledger.clone());
    let intent = Intent { from: written.ours.clone(), to: to_write, level: None, cycle: 2, undoes: None };
    ledger.rows.insert(row_key(JIRA, Aspect::Priority), Row { intent: Some(intent), ..written.clone() });
    ledger.rows.insert(there.clone(), taken.clone());
    ledger.hand_on(&from, &to);
    assert_eq!(ledger.rows.get(&there), Some(&Row { hold: taken.hold, ..written.clone() }));
    // What was written there since stays.
    let fresh = Row { ours: Some("priority/p0".to_owned()), ..Default::default() };
    let mut ledger = world.ledger.clone();
    ledger.rows.insert(there.clone(), fresh.clone());
    ledger.hand_on(&from, &to);
    assert_eq!(ledger.rows.get(&there), Some(&fresh));
    // A person's label that didn't come along leaves its place empty; theirs to fill.
    let held = |at: Option<&str>| {
        let level = at.map(|_| Level::Priority(Priority::P1));
        let at = at.map(str::to_owned);
        let hold = Hold { at, reason: HoldReason::Changed, since: 2, level, by: None, given: None };
        Row { hold: Some(hold), ..written.clone() }
    };
    for (at, stands) in [("priority/P0", Some("priority/P0")), ("priority/p1", None)] {
        let mut ledger = world.ledger.clone();
        ledger.rows.insert(row_key(JIRA, Aspect::Priority), held(Some(at)));
        ledger.hand_on(&from, &to);
        assert_eq!(ledger.rows.get(&there), Some(&held(stands)));
    }
}
