//! How far people's levels are from ours.

use roadmapd::model::{Aspect, Complexity, ContainerKey, Level, PerContainer, Presence, Priority};
use roadmapd::plan::{
    Agreed, Agreement, Existing, agreement, agreement_json, agreement_markdown, agreement_text, standing,
};

use crate::plan_world::{POINTS, Work, World, id, names, scheme_with_fields};

fn payments(container: &ContainerKey) -> Option<String> {
    (container.to_string() == "jira:PAY").then(|| "payments".to_owned())
}

/// A field, a label by hand, a word of people and given story points; and an item of which nobody said anything.
fn world() -> World {
    let items: &[Work] = &[
        (&[("jira:PAY-2", vec![])], Priority::P2, Complexity::M),
        (&[("jira:PAY-3", vec![])], Priority::P2, Complexity::M),
        (&[("github:acme/api#4", names(&["priority/p0"]))], Priority::P2, Complexity::M),
        (&[("github:acme/api#5", vec![])], Priority::P2, Complexity::M),
        (&[("github:acme/api#6", names(&["High"]))], Priority::P2, Complexity::M),
    ];
    let mut world = World::new(Existing::Respect, items);
    world.scored = true;
    world.set(&id("jira:PAY-2"), "priority", Some("Highest"));
    world.set(&id("jira:PAY-2"), POINTS, Some("13"));
    world.set(&id("jira:PAY-3"), "priority", Some("Low"));
    world
}

fn ask(world: &World) -> Agreement {
    let roadmap = world.roadmap();
    let standing = standing(&roadmap, &world.ledger, &world.scheme, world.cycle);
    let scores = world.scores(&roadmap, &standing.previous);
    agreement(&roadmap, &scores, &standing, &World::weights(), payments)
}

fn of<'a>(agreement: &'a Agreement, scope: Option<&str>, aspect: Aspect) -> &'a Agreed {
    let found = agreement.0.iter().find(|agreed| agreed.scope.as_deref() == scope && agreed.aspect == aspect);
    found.expect("an entry")
}

#[test]
fn fields_labels_by_hand_and_peoples_words_count_and_each_scope_has_its_own() {
    let mut world = world();
    world.cycle();
    let agreement = ask(&world);
    assert_eq!(agreement.0.len(), 4);
    let here = of(&agreement, Some("payments"), Aspect::Priority);
    assert_eq!((here.items, here.declared, here.equal, here.within_one), (2, 2, 1, 1));
    let (theirs, ours) = (Level::Priority(Priority::P0), Level::Priority(Priority::P3));
    assert_eq!(here.confusion[&(theirs, ours)], 1);
    let elsewhere = of(&agreement, None, Aspect::Priority);
    assert_eq!((elsewhere.items, elsewhere.declared, elsewhere.equal, elsewhere.within_one), (3, 2, 0, 0));
    let first = &elsewhere.disagreements[0];
    assert_eq!((first.key.to_string().as_str(), first.distance()), ("github:acme/api#4", 3), "the largest first");
    assert_eq!(first.their_reason, "held at p0 on github:acme/api#4");
    assert_eq!(first.our_reason, "score 8.9: no severity declared");
    assert_eq!(elsewhere.disagreements[1].their_reason, "label high on github:acme/api#6");
}

#[test]
fn given_story_points_are_compared_with_what_the_text_tells() {
    let mut world = world();
    world.cycle();
    let agreement = ask(&world);
    let here = of(&agreement, Some("payments"), Aspect::Complexity);
    assert_eq!((here.items, here.declared, here.equal), (2, 1, 0));
    let one = &here.disagreements[0];
    assert_eq!((one.theirs.name(), one.ours.name()), ("xl", "s"));
    assert_eq!(one.their_reason, "13 story points in jira:PAY-2");
}

#[test]
fn what_we_wrote_is_no_opinion_of_a_persons() {
    let mut world = World::new(
        Existing::Respect,
        &[(&[("github:acme/api#1", vec![]), ("jira:PAY-2", vec![])], Priority::P2, Complexity::M)],
    );
    world.scheme = PerContainer::uniform(scheme_with_fields(Existing::Respect));
    world.scored = true;
    world.cycle();
    world.read_and_plan();
    assert!(world.field("jira:PAY-2", "priority").is_some() && world.field("jira:PAY-2", POINTS).is_some());
    assert!(ask(&world).0.iter().all(|agreed| agreed.declared == 0 && agreed.items == 1));
}

#[test]
fn people_who_disagree_among_themselves_and_items_that_are_gone_do_not_count() {
    let mut world = World::new(
        Existing::Respect,
        &[(
            &[("github:acme/api#1", names(&["priority/p0"])), ("jira:PAY-2", names(&["priority/p3"]))],
            Priority::P2,
            Complexity::M,
        )],
    );
    world.scored = true;
    world.cycle();
    assert_eq!(ask(&world).0[0].declared, 0);
    world.issues.values_mut().for_each(|issue| issue.presence = Presence::Hidden);
    assert_eq!(ask(&world), Agreement::default());
}

#[test]
fn at_most_twenty_disagreements_are_named_and_all_are_counted() {
    let keys: Vec<String> = (1..=30).map(|n| format!("github:acme/api#{n}")).collect();
    let faces: Vec<Vec<(&str, Vec<String>)>> =
        keys.iter().map(|key| vec![(key.as_str(), names(&["priority/p0"]))]).collect();
    let items: Vec<Work> = faces.iter().map(|faces| (faces.as_slice(), Priority::P2, Complexity::M)).collect();
    let mut world = World::new(Existing::Respect, &items);
    world.scored = true;
    world.cycle();
    let agreement = ask(&world);
    assert_eq!((agreement.0[0].declared, agreement.0[0].disagreements.len()), (30, 20));
}

#[test]
fn an_agreement_reads_well_in_text_and_markdown_and_keeps_its_json() {
    let mut world = world();
    world.cycle();
    let agreement = ask(&world);
    let text = agreement_text(&agreement);
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
    insta::assert_snapshot!(format!("{text}\n----\n{}", agreement_markdown(&agreement)));
    insta::assert_json_snapshot!(agreement_json(&agreement));
}
