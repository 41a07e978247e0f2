//! People's hands on single values, and ours beside them, one example each.

use std::collections::BTreeSet;

use roadmapd::model::{Aspect, Complexity, ItemId, Level, Presence, Priority, Reading};
use roadmapd::plan::{AUTO_LABEL, Existing, SkipReason, Standing, plan, standing};

use crate::plan_world::{Request, World, id, row_key};

const GITHUB: &str = "github:acme/api#1";
const JIRA: &str = "jira:PAY-2";

fn ask(world: &World) -> Standing {
    standing(&world.roadmap(), &world.ledger, &world.scheme, world.cycle)
}

fn pair(existing: Existing, github: &[&str], jira: &[&str]) -> World {
    let labels = crate::plan_world::names;
    World::new(existing, &[(&[(GITHUB, labels(github)), (JIRA, labels(jira))], Priority::P2, Complexity::M)])
}

#[test]
fn two_peoples_values_freeze_the_aspect_and_nothing_else() {
    let mut world = pair(Existing::Respect, &["priority/p0"], &["priority/p3"]);
    let plan = world.cycle();
    let reasons: Vec<_> = plan.skips.iter().map(|skip| (skip.issue.to_string(), skip.reason)).collect();
    assert_eq!(reasons, [(GITHUB.to_owned(), SkipReason::Frozen), (JIRA.to_owned(), SkipReason::Frozen)]);
    assert_eq!(world.labels(GITHUB), ["complexity/m", "priority/p0"]);
    assert_eq!(world.labels(JIRA), ["complexity/m", "priority/p3"]);
    assert!(ask(&world).previous.holds.is_empty());
}

#[test]
fn taking_the_label_off_again_gives_the_field_back() {
    let mut world = pair(Existing::Respect, &["priority/p0"], &[]);
    world.cycle();
    world.person(GITHUB, &[], &["priority/p0"]);
    world.cycle();
    assert_eq!(world.priorities(GITHUB), ["priority/p2"]);
    assert_eq!(world.priorities(JIRA), ["priority/p2"]);
}

#[test]
fn a_field_that_a_person_emptied_stays_empty_and_the_other_face_goes_on() {
    let mut world = pair(Existing::Respect, &[], &[]);
    world.cycle();
    world.person(GITHUB, &[], &["priority/p2"]);
    world.wanted.insert(GITHUB.to_owned(), (Priority::P1, Complexity::M));
    world.cycle();
    assert!(world.priorities(GITHUB).is_empty());
    assert_eq!(world.priorities(JIRA), ["priority/p1"]);
}

#[test]
fn the_hand_back_label_ends_the_holds_of_its_issue_and_goes() {
    let mut world = pair(Existing::Respect, &["priority/p0", "complexity/xl"], &[]);
    world.cycle();
    assert_eq!(world.labels(JIRA), ["complexity/xl", "priority/p0"]);
    world.person(GITHUB, &[AUTO_LABEL], &[]);
    world.cycle();
    assert_eq!(world.labels(GITHUB), ["complexity/m", "priority/p2"]);
    assert_eq!(world.labels(JIRA), ["complexity/m", "priority/p2"]);
}

#[test]
fn release_makes_what_stands_there_ours() {
    let mut world = pair(Existing::Respect, &["priority/p0", "complexity/xl"], &[]);
    world.cycle();
    let issues = BTreeSet::from([id(GITHUB)]);
    world.ledger = roadmapd::plan::release(world.ledger, &issues, Some(Aspect::Priority));
    world.cycle();
    assert_eq!(world.labels(GITHUB), ["complexity/xl", "priority/p2"]);
}

#[test]
fn what_a_sink_wrote_goes_with_the_sink() {
    let mut world = pair(Existing::Respect, &["bug"], &[]);
    world.cycle();
    let mut scheme = crate::plan_world::scheme(Existing::Respect);
    scheme.sinks.values_mut().for_each(|sinks| sinks.retain(|sink| sink.aspect == Aspect::Complexity));
    world.scheme = roadmapd::model::PerContainer::uniform(scheme);
    world.cycle();
    assert_eq!(world.labels(GITHUB), ["bug", "complexity/m"]);
    assert!(world.cycle().changes.is_empty());
}

#[test]
fn a_renamed_spelling_replaces_the_one_that_we_wrote() {
    let mut world = pair(Existing::Respect, &[], &[]);
    world.cycle();
    let mut scheme = crate::plan_world::scheme(Existing::Respect);
    for sinks in scheme.sinks.values_mut() {
        sinks[0] = crate::plan_world::sink(Aspect::Priority, "prio-", true);
    }
    world.scheme = roadmapd::model::PerContainer::uniform(scheme);
    world.cycle();
    assert_eq!(world.labels(GITHUB), ["complexity/m", "prio-p2"]);
}

#[test]
fn observe_mode_plans_nothing_and_closed_issues_are_left_as_they_are() {
    let mut world = pair(Existing::Respect, &[], &[]);
    let mut scheme = crate::plan_world::scheme(Existing::Respect);
    scheme.mode = roadmapd::plan::Mode::Observe;
    world.scheme = roadmapd::model::PerContainer::uniform(scheme);
    assert!(world.cycle().changes.is_empty());
    let mut world = pair(Existing::Respect, &[], &[]);
    world.issues.get_mut(&id(JIRA)).expect("an issue").status = roadmapd::model::Status::Done;
    let plan = world.cycle();
    assert_eq!((plan.considered, plan.changes.len()), (1, 1));
    assert!(world.labels(JIRA).is_empty());
}

#[test]
fn an_issue_that_is_not_where_it_is_looked_for_is_neither_considered_nor_written_and_goes_on_holding_its_item() {
    for presence in [Presence::Filtered, Presence::Outside, Presence::Hidden] {
        let mut world = pair(Existing::Respect, &["priority/p0"], &[]);
        world.cycle();
        world.issues.get_mut(&id(GITHUB)).expect("an issue").presence = presence;
        world.wanted.insert(GITHUB.to_owned(), (Priority::P3, Complexity::Xl));
        let before = world.labels(GITHUB);
        let plan = world.cycle();
        assert_eq!(plan.considered, 1, "{presence:?}");
        assert!(plan.skips.is_empty() && plan.changes.iter().all(|change| change.issue == id(JIRA)), "{plan:?}");
        assert_eq!(world.labels(GITHUB), before);
        assert_eq!(world.labels(JIRA), ["complexity/xl", "priority/p0"]);
        assert_eq!(plan.levels[&Aspect::Priority]["p0"], 1, "the item is still open here");
        // Both gone: nobody's item is counted, and nothing is forgotten.
        world.issues.get_mut(&id(JIRA)).expect("an issue").presence = presence;
        let plan = world.cycle();
        assert_eq!((plan.considered, plan.changes.len(), plan.levels.len()), (0, 0, 0));
        world.issues.values_mut().for_each(|issue| issue.presence = Presence::Here);
        assert_eq!(world.cycle().considered, 2);
        assert_eq!(world.priorities(GITHUB), ["priority/p0"]);
    }
}

#[test]
fn an_unread_write_is_a_doubt_and_a_conflict_until_it_is_read() {
    let mut world = pair(Existing::Respect, &[], &[]);
    world.cycle();
    world.issues.get_mut(&id(GITHUB)).expect("an issue").reading = Reading { turn: world.turn(), by_id: true };
    let standing = ask(&world);
    assert!(standing.doubts.contains(&id(GITHUB)));
    let roadmap = world.roadmap();
    let plan = plan(&roadmap, &world.scores(&roadmap, &standing.previous), &world.ledger, &world.scheme);
    assert!(plan.changes.is_empty());
    assert!(plan.skips.iter().any(|skip| skip.issue.to_string() == GITHUB && skip.reason == SkipReason::Conflict));
}

#[test]
fn a_plan_that_waits_moves_no_confirmed_level() {
    let mut world = pair(Existing::Respect, &[], &[]);
    world.cycle();
    world.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::M));
    let waiting = world.read_and_plan();
    assert_eq!(waiting.edits(), 2);
    let item = ItemId::mint(&id(GITHUB));
    assert_eq!(ask(&world).previous.levels[&item].priority, Some(Priority::P2));
    // Not even an open intent moves it, until a reading says that the write arrived.
    world.cycle_dying_after(0);
    world.read_and_plan();
    assert_eq!(ask(&world).previous.levels[&item].priority, Some(Priority::P2));
}

#[test]
fn an_issue_with_a_hundred_labels_is_named_and_its_neighbour_is_written() {
    let many: Vec<String> = (0..99).map(|n| format!("l{n:02}")).collect();
    let mut world = World::new(
        Existing::Respect,
        &[
            (&[(GITHUB, many)], Priority::P1, Complexity::M),
            (&[("github:acme/api#5", vec![])], Priority::P1, Complexity::M),
        ],
    );
    let plan = world.cycle();
    let skip = plan.skips.iter().find(|skip| skip.reason == SkipReason::Limit).expect("a limit");
    assert_eq!(skip.issue.to_string(), GITHUB);
    assert!(skip.why.contains("99 labels") && skip.why.contains("101") && skip.why.contains("100"), "{}", skip.why);
    assert_eq!(world.labels(GITHUB).len(), 100);
    assert_eq!(world.labels("github:acme/api#5"), ["complexity/m", "priority/p1"]);
    // A replacement puts the new label on first, for which there is no room either.
    world.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::M));
    assert!(world.cycle().changes.is_empty());
}

#[test]
fn a_failed_write_leaves_the_ledger_saying_what_it_said() {
    let mut world = pair(Existing::Respect, &[], &[]);
    let planned = world.read_and_plan();
    let approved = world.approved(planned);
    let failed = |change: &roadmapd::plan::Change| {
        (change.issue.clone(), roadmapd::plan::Outcome::Failed { error: "422".into() })
    };
    approved.changes().iter().for_each(|change| world.intend(change, None));
    let outcomes = approved.changes().iter().map(failed).collect();
    let receipt = roadmapd::plan::Receipt { cycle: world.cycle, turn: world.turn(), outcomes };
    let settled = roadmapd::plan::settle(world.ledger.clone(), &approved, &receipt);
    assert!(settled.rows.values().all(|row| row.intent.is_none() && row.ours.is_none() && row.hold.is_none()));
    assert!(settled.contacted.is_empty());
    world.ledger = settled;
    assert_eq!(world.cycle().edits(), 4);
}

/// A cycle whose every change the tracker refuses.
fn refused_cycle(world: &mut World) -> roadmapd::plan::Plan {
    let plan = world.read_and_plan();
    let approved = world.approved(plan.clone());
    approved.changes().iter().for_each(|change| world.intend(change, None));
    let refused = |change: &roadmapd::plan::Change| {
        (change.issue.clone(), roadmapd::plan::Outcome::Refused { error: "422 no such field".into() })
    };
    let outcomes = approved.changes().iter().map(refused).collect();
    let receipt = roadmapd::plan::Receipt { cycle: world.cycle, turn: world.turn(), outcomes };
    world.ledger = roadmapd::plan::settle(world.ledger.clone(), &approved, &receipt);
    plan
}

#[test]
fn what_is_refused_three_times_rests_until_other_edits_are_wanted_or_it_is_retried() {
    let mut world = pair(Existing::Respect, &[], &[]);
    for _ in 0..3 {
        assert_eq!(refused_cycle(&mut world).changes.len(), 2);
    }
    for _ in 0..2 {
        let plan = refused_cycle(&mut world);
        assert_eq!((plan.changes.len(), plan.quarantined.len()), (0, 2));
        assert!(plan.quarantined.values().all(|why| why.contains("422 no such field") && why.contains("3 times")));
    }
    world.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::M));
    assert_eq!(refused_cycle(&mut world).changes.len(), 2, "other edits are tried");
    assert_eq!(refused_cycle(&mut world).changes.len(), 0, "once");
    assert!(world.ledger.retry(&id(GITHUB)));
    let plan = world.cycle();
    assert_eq!((plan.changes.len(), plan.quarantined.len()), (1, 1));
    assert!(!world.ledger.refusals.contains_key(&id(GITHUB)), "what arrived is forgiven");
    assert!(!world.ledger.retry(&id(GITHUB)));
}

#[test]
fn a_cut_short_write_with_a_changed_mind_is_still_all_ours() {
    let mut world = pair(Existing::Respect, &[], &[]);
    world.cycle();
    for level in [Priority::P0, Priority::P1, Priority::P3] {
        world.wanted.insert(GITHUB.to_owned(), (level, Complexity::M));
        world.cycle_dying_after(1);
    }
    assert!(world.priorities(GITHUB).len() > 2, "{:?}", world.labels(GITHUB));
    world.send(&id(GITHUB), &Request::Remove("priority/p2".into()));
    let plan = world.cycle();
    assert!(plan.skips.is_empty(), "{:?}", plan.skips);
    assert_eq!(world.priorities(GITHUB), ["priority/p3"]);
    assert_eq!(world.ledger.rows[&row_key(GITHUB, Aspect::Priority)].level, Some(Level::Priority(Priority::P3)));
}

/// A world whose Jira issues also have their priority field written.
fn with_field(value: Option<&str>) -> World {
    let mut world = pair(Existing::Respect, &[], &[]);
    let mut scheme = crate::plan_world::scheme(Existing::Respect);
    let named = ["Highest", "High", "Medium", "Low"].map(str::to_owned);
    let spellings = Aspect::Priority.levels().into_iter().zip(named).collect();
    let target = roadmapd::plan::Target::Field("priority".into());
    let field =
        roadmapd::plan::Spelled { aspect: Aspect::Priority, target, spellings, allowed: None, fold_case: false };
    scheme.sinks.entry(crate::plan_world::tracker("jira")).or_default().push(field);
    world.scheme = roadmapd::model::PerContainer::uniform(scheme);
    world.issues.get_mut(&id(JIRA)).expect("an issue").priority = value.map(str::to_owned);
    world
}

#[test]
fn a_field_that_a_person_set_holds_the_item_in_every_sink() {
    let mut world = with_field(Some("Highest"));
    world.cycle();
    assert_eq!(world.priorities(GITHUB), ["priority/p0"]);
    assert_eq!(world.priorities(JIRA), ["priority/p0"]);
}

#[test]
fn a_field_value_that_no_level_spells_freezes_only_that_sink() {
    let mut world = with_field(Some("Blocker"));
    let plan = world.cycle();
    let skips: Vec<_> = plan.skips.iter().map(|skip| (skip.theirs.as_deref(), skip.reason)).collect();
    assert_eq!(skips, [(Some("Blocker"), SkipReason::Frozen)]);
    assert_eq!(world.priorities(JIRA), ["priority/p2"]);
    assert_eq!(world.priorities(GITHUB), ["priority/p2"]);
}

#[test]
fn an_empty_field_is_written_and_then_no_input_for_score() {
    let mut world = with_field(None);
    let plan = world.cycle();
    let field: Vec<_> = plan.changes.iter().flat_map(|c| &c.edits).filter(|e| e.sink.0 == "field:priority").collect();
    assert_eq!(field.iter().map(|edit| edit.to.as_deref()).collect::<Vec<_>>(), [Some("Medium")]);
    world.issues.get_mut(&id(JIRA)).expect("an issue").priority = Some("Medium".into());
    world.read_and_plan();
    assert_eq!(ask(&world).previous.given[&id(JIRA)]["priority"], None);
}

#[test]
fn a_hold_that_cannot_be_read_now_still_holds_the_linked_face() {
    let mut world = pair(Existing::Respect, &["priority/p0"], &[]);
    world.cycle();
    world.cycle();
    world.wanted.insert(GITHUB.to_owned(), (Priority::P3, Complexity::M));
    world.cycle += 1;
    let (by_id, listed) = (Reading { turn: world.turn(), by_id: true }, Reading { turn: world.turn(), by_id: false });
    world.issues.values_mut().for_each(|issue| issue.reading = by_id);
    let face = world.issues.get_mut(&id(GITHUB)).expect("an issue");
    // A list says that the person took it off; nobody could read the issue itself.
    (face.reading, face.labels) = (listed, vec!["complexity/m".into()]);
    let standing = ask(&world);
    assert!(standing.doubts.contains(&id(GITHUB)));
    let roadmap = world.roadmap();
    let plan = plan(&roadmap, &world.scores(&roadmap, &standing.previous), &world.ledger, &world.scheme);
    assert!(plan.changes.is_empty(), "{:?}", plan.changes);
}

#[test]
fn emptying_a_field_while_a_stray_of_ours_goes_is_still_a_persons_act() {
    let mut world = pair(Existing::Adopt, &["complexity/m", "priority/p2", "priority/p3"], &[]);
    world.cycle_dying_after(1);
    assert_eq!(world.priorities(GITHUB), ["priority/p2"]);
    world.person(GITHUB, &[], &["priority/p2"]);
    world.cycle();
    assert!(world.priorities(GITHUB).is_empty());
    assert_eq!(world.priorities(JIRA), ["priority/p2"]);
}
