//! Fields among the sinks: what stands there at first contact, what a person or the tracker gave, and what is put back.

use std::collections::{BTreeMap, BTreeSet};

use roadmapd::model::{Aspect, Complexity, Level, PerContainer, Person, Priority, Status, Timestamp};
use roadmapd::plan::{Author, Existing, HoldReason, Plan, RowKey, SinkId, SkipReason, Standing, Target, standing};

use crate::plan_world::{POINTS, World, id, names, row_key, scheme, scheme_with_fields, tracker};

const GITHUB: &str = "github:acme/api#1";
const JIRA: &str = "jira:PAY-2";

/// A pair whose Jira issue has these fields and whose item shall be p2 and m.
fn world(existing: Existing, priority: Option<&str>, points: Option<&str>) -> World {
    let mut world = World::new(existing, &[(&[(GITHUB, vec![]), (JIRA, vec![])], Priority::P2, Complexity::M)]);
    world.scheme = PerContainer::uniform(scheme_with_fields(existing));
    world.set(&id(JIRA), "priority", priority);
    world.set(&id(JIRA), POINTS, points);
    world
}

/// The same, its priority given by this author.
fn given(existing: Existing, priority: &str, author: Author) -> World {
    let mut world = world(existing, Some(priority), None);
    world.history.insert((id(JIRA), SinkId("field:priority".into()), priority.into()), author);
    world
}

fn ada() -> Author {
    Author::Someone(Person { id: "5b1".into(), name: "Ada".into() })
}

fn ask(world: &World) -> Standing {
    standing(&world.roadmap(), &world.ledger, &world.scheme, world.cycle)
}

fn evidence(world: &World) -> Option<String> {
    ask(world).previous.given[&id(JIRA)]["priority"].clone()
}

fn priority_field() -> RowKey {
    RowKey { sink: SinkId("field:priority".into()), ..row_key(JIRA, Aspect::Priority) }
}

fn skips(plan: &Plan) -> Vec<(String, Option<&str>, SkipReason)> {
    plan.skips.iter().map(|skip| (skip.issue.to_string(), skip.theirs.as_deref(), skip.reason)).collect()
}

#[test]
fn nothing_is_written_where_a_value_stands_whose_author_was_not_asked_yet() {
    let mut world = world(Existing::Respect, Some("High"), None);
    world.person(GITHUB, &["priority/p0"], &[]);
    let seen = ask(&world);
    let unasked: BTreeMap<RowKey, Vec<String>> = BTreeMap::from([
        (row_key(GITHUB, Aspect::Priority), names(&["priority/p0"])),
        (priority_field(), names(&["High"])),
    ]);
    assert_eq!(seen.unasked, unasked);
    assert!(seen.doubts.is_empty() && !seen.noted.rows.contains_key(&priority_field()));
    let roadmap = world.roadmap();
    let scores = world.scores(&roadmap, &seen.previous);
    let plan = roadmapd::plan::plan(&roadmap, &scores, &seen.noted, &world.scheme);
    assert!(plan.skips.iter().all(|skip| skip.reason == SkipReason::Conflict && skip.why.contains("history")));
    assert_eq!(plan.skips.len(), 2);
    assert_eq!(plan.edits(), 4, "complexity on both, its field, and Jira's label: {:?}", plan.changes);
    // Asked once: the next cycle knows.
    world.cycle();
    world.ledger.authors.clear();
    assert!(ask(&world).unasked.is_empty());
}

#[test]
fn a_value_that_our_account_gave_is_ours_without_a_record() {
    let mut world = given(Existing::Respect, "High", Author::Us);
    let plan = world.cycle();
    assert!(plan.skips.is_empty(), "{:?}", plan.skips);
    assert_eq!(world.field(JIRA, "priority").as_deref(), Some("Medium"));
    assert_eq!(evidence(&world), None);
}

#[test]
fn what_our_account_gave_confirms_its_level() {
    let mut world = given(Existing::Respect, "High", Author::Us);
    world.read_and_plan();
    assert_eq!(world.ledger.rows[&priority_field()].level, Some(Level::Priority(Priority::P1)));
    assert_eq!(ask(&world).previous.levels.into_values().next().expect("levels").priority, Some(Priority::P1));
}

#[test]
fn a_value_that_a_person_gave_is_held_and_the_hold_remembers_who_and_when() {
    let mut world = given(Existing::Respect, "Highest", ada());
    let plan = world.cycle();
    assert_eq!(skips(&plan), [(JIRA.to_owned(), Some("Highest"), SkipReason::Hold)]);
    assert!(plan.skips[0].why.starts_with("Ada set Highest on 1970-01-01; "), "{}", plan.skips[0].why);
    let hold = world.ledger.rows[&priority_field()].hold.clone().expect("a hold");
    assert_eq!((hold.by.map(|who| who.name), hold.given), (Some("Ada".to_owned()), Some(Timestamp::UNIX_EPOCH)));
    assert_eq!(hold.reason, HoldReason::Found);
    assert_eq!(world.priorities(GITHUB), ["priority/p0"]);
    assert_eq!(evidence(&world).as_deref(), Some("Highest"));
}

#[test]
fn adopting_takes_over_a_persons_value_and_keeps_it_as_evidence() {
    let mut world = given(Existing::Adopt, "Highest", ada());
    let plan = world.cycle();
    assert!(plan.skips.is_empty(), "{:?}", plan.skips);
    assert_eq!(world.field(JIRA, "priority").as_deref(), Some("Medium"));
    world.read_and_plan();
    assert_eq!(evidence(&world).as_deref(), Some("Highest"));
}

#[test]
fn a_creation_default_is_nobodys_and_stays_evidence_once_it_is_written_over() {
    let mut world = given(Existing::Respect, "Medium", Author::Creation);
    let plan = world.cycle();
    assert!(plan.changes.iter().all(|change| change.edits.iter().all(|edit| edit.sink.0 != "field:priority")));
    world.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::M));
    let plan = world.cycle();
    assert!(plan.skips.is_empty(), "{:?}", plan.skips);
    let edit = plan.changes.iter().flat_map(|change| &change.edits).find(|edit| edit.sink.0 == "field:priority");
    let edit = edit.expect("an edit of the field");
    assert_eq!((edit.from.as_deref(), edit.to.as_deref()), (Some("Medium"), Some("Highest")));
    world.read_and_plan();
    assert_eq!(evidence(&world).as_deref(), Some("Medium"));
    // A write that never arrived leaves it what it was.
    let mut cut = given(Existing::Respect, "Low", Author::Creation);
    cut.cycle_dying_after(1);
    cut.read_and_plan();
    assert_eq!(cut.ledger.rows[&priority_field()].theirs.as_deref(), Some("Low"));
    assert_eq!(cut.ledger.rows[&priority_field()].ours, None);
}

#[test]
fn a_default_that_a_person_edits_is_theirs() {
    let mut world = given(Existing::Respect, "Medium", Author::Creation);
    world.cycle();
    world.set(&id(JIRA), "priority", Some("High"));
    let plan = world.cycle();
    assert_eq!(skips(&plan), [(JIRA.to_owned(), Some("High"), SkipReason::Hold)]);
    assert_eq!(world.priorities(GITHUB), ["priority/p1"]);
}

#[test]
fn what_a_person_gave_is_evidence_while_they_hold_it_and_after_they_handed_it_back() {
    let mut world = world(Existing::Respect, None, None);
    world.cycle();
    assert_eq!((world.field(JIRA, "priority").as_deref(), evidence(&world)), (Some("Medium"), None));
    world.set(&id(JIRA), "priority", Some("Highest"));
    world.cycle();
    assert_eq!(evidence(&world).as_deref(), Some("Highest"));
    let issues = BTreeSet::from([id(JIRA)]);
    world.ledger = roadmapd::plan::release(world.ledger, &issues, Some(Aspect::Priority));
    world.cycle();
    assert_eq!(world.field(JIRA, "priority").as_deref(), Some("Medium"));
    world.read_and_plan();
    assert_eq!(evidence(&world).as_deref(), Some("Highest"));
    // Our own value, put back by hand, hands the field back and says nothing new.
    world.set(&id(JIRA), "priority", Some("Low"));
    world.cycle();
    assert_eq!(evidence(&world).as_deref(), Some("Low"));
    world.set(&id(JIRA), "priority", Some("Medium"));
    assert!(world.cycle().skips.is_empty());
    assert_eq!(evidence(&world).as_deref(), Some("Highest"));
}

#[test]
fn an_emptied_field_is_held_at_none() {
    let mut world = world(Existing::Respect, None, None);
    world.cycle();
    world.set(&id(JIRA), "priority", None);
    world.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::M));
    let plan = world.cycle();
    assert_eq!(skips(&plan), [(JIRA.to_owned(), None, SkipReason::Hold)]);
    assert_eq!(world.field(JIRA, "priority"), None);
    assert_eq!(world.priorities(GITHUB), ["priority/p0"]);
}

#[test]
fn a_number_is_the_same_however_it_is_spelled() {
    let mut world = world(Existing::Respect, None, None);
    world.cycle();
    assert_eq!(world.field(JIRA, POINTS).as_deref(), Some("5"));
    world.set(&id(JIRA), POINTS, Some("5.0"));
    let plan = world.cycle();
    assert!(plan.changes.is_empty() && plan.skips.is_empty(), "{plan:?}");
    world.set(&id(JIRA), POINTS, Some("8.0"));
    world.cycle();
    assert!(world.labels(GITHUB).contains(&"complexity/l".to_owned()));
}

#[test]
fn our_own_story_points_are_no_estimate_of_a_persons() {
    let mut world = world(Existing::Respect, None, None);
    world.scored = true;
    let source = |world: &World| {
        let roadmap = world.roadmap();
        world.scores(&roadmap, &ask(world).previous).items[0].complexity.source
    };
    world.cycle();
    world.read_and_plan();
    assert!(world.issues[&id(JIRA)].story_points.is_some());
    assert_eq!(source(&world), roadmapd::score::EstimateSource::Estimated);
    world.set(&id(JIRA), POINTS, Some("13"));
    world.read_and_plan();
    assert_eq!(source(&world), roadmapd::score::EstimateSource::Given);
}

/// Levels with several spellings, of which the container allows these.
fn with_values(world: &mut World, allowed: Option<&[&str]>) {
    let mut scheme = scheme_with_fields(Existing::Respect);
    let sinks = scheme.sinks.get_mut(&tracker("jira")).expect("its sinks");
    let field = sinks.iter_mut().find(|sink| sink.target == Target::Field("priority".into())).expect("the field");
    field.spellings.insert(1, (Level::Priority(Priority::P0), "Critical".into()));
    field.allowed = allowed.map(|allowed| allowed.iter().map(|value| (*value).to_owned()).collect());
    world.scheme = PerContainer::uniform(scheme);
}

#[test]
fn the_first_value_that_the_project_allows_is_written_and_all_are_read() {
    for (allowed, written) in [
        (None, Some("Highest")),
        (Some(&["Highest", "Critical"][..]), Some("Highest")),
        (Some(&["Critical", "High"]), Some("Critical")),
        (Some(&["High"]), None),
    ] {
        let mut world = world(Existing::Respect, None, None);
        with_values(&mut world, allowed);
        world.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::M));
        let plan = world.cycle();
        assert_eq!(world.field(JIRA, "priority").as_deref(), written, "{allowed:?}");
        assert_eq!(plan.skips.iter().any(|skip| skip.reason == SkipReason::Limit), written.is_none());
        assert!(world.cycle().changes.is_empty());
    }
    let mut held = world(Existing::Respect, Some("Critical"), None);
    with_values(&mut held, None);
    held.cycle();
    assert_eq!(held.priorities(GITHUB), ["priority/p0"]);
    // A value of ours that spells the level already is left, whichever it is.
    let mut ours = given(Existing::Respect, "Critical", Author::Us);
    with_values(&mut ours, None);
    ours.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::M));
    ours.cycle();
    assert_eq!(ours.field(JIRA, "priority").as_deref(), Some("Critical"));
}

#[test]
fn a_level_that_the_project_does_not_allow_is_named_with_what_it_allows() {
    let mut world = world(Existing::Respect, None, None);
    with_values(&mut world, Some(&["Urgent", "High"]));
    world.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::M));
    let plan = world.cycle();
    let skip = plan.skips.iter().find(|skip| skip.reason == SkipReason::Limit).expect("a limit");
    assert_eq!(
        skip.why,
        "p0 is spelled Highest, Critical, and jira:PAY allows only High, Urgent: add one of these to the values of \
         field:priority"
    );
}

#[test]
fn a_field_that_is_no_longer_a_sink_gets_back_what_people_had() {
    let mut world = given(Existing::Respect, "Low", Author::Creation);
    world.cycle();
    assert_eq!(world.field(JIRA, "priority").as_deref(), Some("Medium"));
    world.scheme = PerContainer::uniform(scheme(Existing::Respect));
    world.cycle();
    assert_eq!(world.field(JIRA, "priority").as_deref(), Some("Low"));
    assert_eq!(world.field(JIRA, POINTS), None, "it was empty before us");
    assert!(world.cycle().changes.is_empty());
    // What a person sets there now is read as it stands, and theirs once it is a sink again.
    let mut edited = world.clone();
    edited.set(&id(JIRA), "priority", Some("High"));
    edited.cycle();
    assert_eq!(ask(&edited).previous.given.get(&id(JIRA)).and_then(|given| given.get("priority")), None);
    edited.scheme = PerContainer::uniform(scheme_with_fields(Existing::Respect));
    assert_eq!(skips(&edited.cycle()), [(JIRA.to_owned(), Some("High"), SkipReason::Hold)]);
    // Configured again, it goes on where it was: no person's value, and still evidence.
    world.scheme = PerContainer::uniform(scheme_with_fields(Existing::Respect));
    assert!(world.cycle().skips.is_empty());
    assert_eq!(world.field(JIRA, "priority").as_deref(), Some("Medium"));
    assert_eq!(evidence(&world).as_deref(), Some("Low"));
}

#[test]
fn undo_of_a_field_restores_what_stood_there_and_holds_it() {
    let mut world = given(Existing::Respect, "Low", Author::Creation);
    let journal = world.cycle().changes;
    world.read_and_plan();
    let plan = roadmapd::plan::undo(1, &journal, &world.roadmap(), &world.ledger, &world.scheme);
    world.write(plan);
    assert_eq!(world.field(JIRA, "priority").as_deref(), Some("Low"));
    assert!(world.cycle().changes.is_empty());
    assert_eq!(evidence(&world).as_deref(), Some("Low"));
}

#[test]
fn on_a_closed_issue_ours_is_no_evidence_and_a_persons_is() {
    let mut world = given(Existing::Respect, "Low", Author::Creation);
    world.cycle();
    world.issues.get_mut(&id(JIRA)).expect("an issue").status = Status::Done;
    world.read_and_plan();
    assert_eq!(evidence(&world).as_deref(), Some("Low"));
    world.set(&id(JIRA), "priority", Some("Highest"));
    world.read_and_plan();
    assert_eq!(ask(&world).previous.given[&id(JIRA)].get("priority"), None, "what stands there counts");
}
