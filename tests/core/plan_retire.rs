//! Leaving containers: ours goes, what people had comes back, and nothing is written there again until asked.

use roadmapd::model::{Aspect, Complexity, ContainerKey, PerContainer, Priority, Status};
use roadmapd::plan::{
    AUTO_LABEL, Approval, Author, Existing, Limits, Mode, Paces, Plan, SinkId, SkipReason, approve, plan_json,
    plan_text, rejoin, retire,
};

use crate::plan_world::{POINTS, Work, World, coverage, id, limits, names, row_key, scheme_with_fields};

const GITHUB: &str = "github:acme/api#1";
const JIRA: &str = "jira:PAY-2";

fn everywhere(_: &ContainerKey) -> bool {
    true
}

fn in_jira(container: &ContainerKey) -> bool {
    container.to_string() == "jira:PAY"
}

fn world() -> World {
    let items: &[Work] = &[
        (&[(GITHUB, names(&["bug"])), (JIRA, names(&["customer"]))], Priority::P2, Complexity::M),
        (&[("jira:PAY-3", vec![])], Priority::P3, Complexity::S),
    ];
    let mut world = World::new(Existing::Respect, items);
    world.scheme = PerContainer::uniform(scheme_with_fields(Existing::Respect));
    world.set(&id(JIRA), "priority", Some("Low"));
    world.history.insert((id(JIRA), SinkId("field:priority".into()), "Low".into()), Author::Creation);
    world
}

fn leave(world: &mut World, in_scope: fn(&ContainerKey) -> bool) -> Plan {
    world.read_and_plan();
    let plan = retire(&world.roadmap(), &world.ledger, &world.scheme, in_scope);
    world.write(plan.clone());
    plan
}

#[test]
fn leaving_takes_ours_off_and_puts_back_what_people_had() {
    let mut world = world();
    let before = (world.all_labels(), world.field(JIRA, "priority"), world.field(JIRA, POINTS));
    world.cycle();
    assert_ne!((world.all_labels(), world.field(JIRA, "priority"), world.field(JIRA, POINTS)), before);
    let plan = leave(&mut world, everywhere);
    assert_eq!((world.all_labels(), world.field(JIRA, "priority"), world.field(JIRA, POINTS)), before);
    assert!(plan.changes.iter().flat_map(|change| &change.edits).all(|edit| edit.why.starts_with("roadmapd leaves ")));
    let left: Vec<_> = world.ledger.rows.iter().filter(|(_, row)| row.ours_named().next().is_some()).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(world.ledger.rows.len(), 1, "what the field said before us: {:?}", world.ledger.rows);
    for _ in 0..3 {
        let plan = world.cycle();
        assert!(plan.changes.is_empty() && plan.skips.is_empty(), "{plan:?}");
    }
}

#[test]
fn only_the_containers_in_scope_are_left_and_the_others_go_on() {
    let mut world = world();
    world.cycle();
    let plan = leave(&mut world, in_jira);
    assert_eq!(plan.retires.iter().map(ToString::to_string).collect::<Vec<_>>(), ["jira:PAY"]);
    assert_eq!(world.labels(JIRA), ["customer"]);
    assert_eq!(world.labels(GITHUB), ["bug", "complexity/m", "priority/p2"]);
    world.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::M));
    let plan = world.cycle();
    assert_eq!(plan.changes.iter().map(|change| &change.issue).collect::<Vec<_>>(), [&id(GITHUB)]);
    assert_eq!(world.labels(JIRA), ["customer"]);
}

#[test]
fn what_people_hold_stays_and_is_remembered() {
    let mut world = world();
    world.cycle();
    world.person(JIRA, &["priority/p0"], &["priority/p2"]);
    world.cycle();
    leave(&mut world, in_jira);
    assert_eq!(world.labels(JIRA), ["customer", "priority/p0"]);
    let row = &world.ledger.rows[&row_key(JIRA, Aspect::Priority)];
    assert_eq!(row.hold.as_ref().and_then(|hold| hold.at.as_deref()), Some("priority/p0"));
    assert_eq!(row.ours, None);
    assert!(world.cycle().changes.is_empty());
    assert_eq!(world.priorities(GITHUB), ["priority/p0"], "the linked face still follows");
}

#[test]
fn of_a_persons_value_and_ours_beside_it_only_ours_goes() {
    let mut world = world();
    world.cycle();
    world.person(JIRA, &["priority/p0", AUTO_LABEL], &[]);
    world.person(JIRA, &[], &[AUTO_LABEL]);
    world.person(GITHUB, &["priority/p3"], &[]);
    leave(&mut world, everywhere);
    assert_eq!(world.priorities(JIRA), ["priority/p0"], "though people disagree");
    assert_eq!(world.priorities(GITHUB), ["priority/p3"]);
}

#[test]
fn closed_issues_are_counted_and_stay_ours_on_record() {
    let mut world = world();
    world.cycle();
    world.issues.get_mut(&id("jira:PAY-3")).expect("an issue").status = Status::Done;
    let before = world.labels("jira:PAY-3");
    let plan = leave(&mut world, in_jira);
    assert_eq!((plan.closed, world.labels("jira:PAY-3")), (1, before));
    let key = row_key("jira:PAY-3", Aspect::Priority);
    assert_eq!(world.ledger.rows[&key].ours.as_deref(), Some("priority/p3"));
    // It opens again: nothing is written until somebody leaves once more.
    world.issues.get_mut(&id("jira:PAY-3")).expect("an issue").status = Status::Todo;
    assert!(world.cycle().changes.is_empty());
    leave(&mut world, in_jira);
    assert!(world.labels("jira:PAY-3").is_empty());
}

#[test]
fn a_container_that_is_taken_back_goes_on_where_it_was() {
    let mut world = world();
    world.cycle();
    leave(&mut world, everywhere);
    assert!(world.ledger.contacted.is_empty());
    world.ledger = rejoin(world.ledger.clone(), in_jira);
    let plan = world.read_and_plan();
    assert!(plan.skips.is_empty(), "{:?}", plan.skips);
    let asks = Limits { first_contact_applies: false, ..limits() };
    assert!(approve(plan.clone(), &coverage(), &asks, Approval::default()).is_err(), "first contact again");
    world.write(plan);
    assert_eq!(world.labels(JIRA), ["complexity/m", "customer", "priority/p2"]);
    assert_eq!(world.field(JIRA, "priority").as_deref(), Some("Medium"));
    assert_eq!(world.labels(GITHUB), ["bug"]);
}

#[test]
fn what_people_do_where_we_left_is_no_affair_of_ours_until_we_are_back() {
    let mut world = world();
    world.cycle();
    leave(&mut world, in_jira);
    let rows = world.ledger.rows.clone();
    world.person(JIRA, &["priority/p0"], &[]);
    let plan = world.cycle();
    assert!(plan.changes.is_empty() && plan.skips.is_empty() && plan.considered == 1, "{plan:?}");
    assert!(world.ledger.rows.keys().all(|key| rows.contains_key(key)), "nothing is asked or noted there");
    assert_eq!(world.priorities(GITHUB), ["priority/p2"]);
    world.ledger = rejoin(world.ledger.clone(), in_jira);
    world.cycle();
    assert_eq!(world.priorities(JIRA), ["priority/p0"]);
    assert_eq!(world.priorities(GITHUB), ["priority/p0"]);
}

#[test]
fn a_death_while_leaving_loses_nothing_and_leaving_again_finishes() {
    for n in 0..8 {
        let mut world = world();
        let before = world.all_labels();
        world.cycle();
        world.read_and_plan();
        let plan = retire(&world.roadmap(), &world.ledger, &world.scheme, everywhere);
        world.ledger.retired.extend(plan.retires.clone());
        world.write_dying_after(plan, n);
        assert!(world.cycle().changes.is_empty(), "after {n} requests");
        leave(&mut world, everywhere);
        assert_eq!(world.all_labels(), before);
        assert_eq!(world.field(JIRA, "priority").as_deref(), Some("Low"));
    }
}

#[test]
fn a_container_in_observe_mode_is_not_written_and_named() {
    let mut world = world();
    world.cycle();
    let mut scheme = scheme_with_fields(Existing::Respect);
    scheme.mode = Mode::Observe;
    world.scheme = PerContainer::uniform(scheme);
    let plan = leave(&mut world, everywhere);
    assert!(plan.changes.is_empty());
    assert_eq!(plan.skips.len(), 3);
    assert!(plan.skips.iter().all(|skip| skip.reason == SkipReason::Conflict && skip.why.contains("write.mode")));
}

#[test]
fn leaving_says_what_it_leaves() {
    let mut world = world();
    world.cycle();
    world.issues.get_mut(&id("jira:PAY-3")).expect("an issue").status = Status::Done;
    world.read_and_plan();
    let plan = retire(&world.roadmap(), &world.ledger, &world.scheme, in_jira);
    let text = plan_text(&plan, None, &Paces::new());
    assert!(text.contains("Leaves jira:PAY; what stands on 1 closed issue stays."), "{text}");
    assert!(text.contains("Medium -> Low"), "{text}");
    let json = plan_json(&plan, None, &Paces::new());
    assert_eq!((&json["retires"][0], &json["closed"]), (&"jira:PAY".into(), &1.into()));
}
