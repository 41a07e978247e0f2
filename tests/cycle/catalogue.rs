//! A label that was deleted or renamed in a repository's catalogue is one finding, not a hold on every issue that had it.

use roadmapd::daemon::{Order, Turned};
use roadmapd::plan::SkipReason;
use roadmapd::sandbox::{Corpus, Fault, Matcher, Tracker};

use crate::world::{WRITES, World};

fn census() -> Order {
    Order { cause: "test".to_owned(), census: true, ..Order::default() }
}

/// The keys of the issues of GitHub that have this label.
fn bearers(world: &World, label: &str) -> Vec<String> {
    let open = world.open_keys();
    open.into_iter().filter(|key| key.contains('#') && world.labels(key, label).contains(&label.to_owned())).collect()
}

fn told_of<'a>(turned: &'a Turned, label: &str) -> Vec<&'a String> {
    turned.findings.iter().filter(|finding| finding.contains(label) && finding.contains("[[sink]]")).collect()
}

fn holds(turned: &Turned) -> usize {
    let plan = turned.plan.as_ref().expect("a plan");
    plan.skips.iter().filter(|skip| skip.reason == SkipReason::Hold).count()
}

/// A world that has written its levels, one of which most issues have: that one's label, and who bears it.
async fn labelled() -> (World, String, Vec<String>) {
    let world = World::new(Corpus::generated(21, 60), WRITES).await;
    world.turn().await;
    let by_label = ["p0", "p1", "p2", "p3"].map(|level| {
        let label = format!("priority/{level}");
        let keys = bearers(&world, &label);
        (label, keys)
    });
    let (label, keys) = by_label.into_iter().max_by_key(|(_, keys)| keys.len()).expect("four levels");
    assert!(keys.len() > 5, "{keys:?}");
    (world, label, keys)
}

#[tokio::test]
async fn a_deleted_label_is_one_finding_and_is_neither_missed_nor_made_again() {
    let (world, label, keys) = labelled().await;
    world.trackers.by("hana").delete_label("acme/api", &label).expect("a label");
    world.trackers.reset_counts();
    for _ in 0..2 {
        let turned = world.turn_as(&census()).await;
        assert_eq!((turned.errors.len(), turned.written, holds(&turned)), (0, 0, 0), "{:?}", turned.errors);
        assert_eq!(told_of(&turned, &label).len(), 1, "{:?}", turned.findings);
        assert!(told_of(&turned, &label)[0].contains(&format!("{} issues", keys.len())), "{:?}", turned.findings);
    }
    assert_eq!((world.writes(), bearers(&world, &label).len()), (0, 0));
    // Somebody who makes the label again by giving it to one issue is a person with a wish for that issue.
    world.trackers.by("hana").add_label(&keys[0], &label).expect("an issue");
    world.pass(60);
    let turned = world.turn_as(&census()).await;
    assert_eq!((turned.errors.len(), told_of(&turned, &label).len()), (0, 0), "{:?}", turned.findings);
    assert_eq!(bearers(&world, &label), keys);
    let turned = world.turn_as(&census()).await;
    assert_eq!((turned.written, holds(&turned)), (0, 1));
}

#[tokio::test]
async fn a_label_that_is_written_to_more_issues_is_looked_for_before_it_is_made_again() {
    let (world, label, keys) = labelled().await;
    world.trackers.by("hana").delete_label("acme/api", &label).expect("a label");
    // No stamp moved, so a delta doesn't see it: only a new issue that would get the label makes it worth a look.
    let seed = roadmapd::sandbox::GithubIssueSeed { title: "Exports time out".to_owned(), ..Default::default() };
    let new: Vec<String> =
        (0..3).map(|_| world.trackers.add_github_issue("acme/api", &seed).expect("an issue")).collect();
    let turned = world.turn().await;
    let level = world.labels(&new[0], "priority/");
    assert!(level.is_empty() || level[0] != label, "{level:?}");
    if level.is_empty() {
        assert_eq!(told_of(&turned, &label).len(), 1, "{:?}", turned.findings);
    }
    let turned = world.turn_as(&census()).await;
    assert_eq!((told_of(&turned, &label).len(), holds(&turned)), (1, 0), "{:?}", turned.findings);
    assert_eq!(bearers(&world, &label).len(), 0, "{keys:?}");
}

#[tokio::test]
async fn a_renamed_label_stays_ours_once_its_new_name_is_configured() {
    let (world, label, keys) = labelled().await;
    let renamed = |name: &String| name.replace("priority/", "urgency: ");
    let names: Vec<String> = ["p0", "p1", "p2", "p3"].iter().map(|level| format!("priority/{level}")).collect();
    for name in names.iter().filter(|name| !bearers(&world, name).is_empty()) {
        world.trackers.by("hana").rename_label("acme/api", name, &renamed(name)).expect("a label");
    }
    let turned = world.turn_as(&census()).await;
    assert_eq!((turned.written, holds(&turned), told_of(&turned, &label).len()), (0, 0, 1), "{:?}", turned.findings);
    let sinks = "[[sink]]\naspect = \"priority\"\ntracker = \"github\"\nlabel = \"urgency: {level}\"\n";
    let world = world.under(&format!("{WRITES}{sinks}"));
    let turned = world.turn_as(&census()).await;
    assert_eq!((turned.errors.len(), holds(&turned)), (0, 0), "{:?}", turned.plan.map(|plan| plan.skips));
    assert_eq!(told_of(&turned, &label).len(), 0);
    assert_eq!(bearers(&world, &renamed(&label)), keys);
    world.turn().await;
    world.trackers.reset_counts();
    assert_eq!(world.turn_as(&census()).await.written, 0);
    // It is ours: a level that changes takes it along.
    let plan = world.preview().await.plan;
    assert_eq!((plan.changes.len(), plan.skips.len()), (0, 0), "{:?}", plan.skips);
}

#[tokio::test]
async fn while_the_catalogue_cant_be_read_no_hold_begins() {
    let (world, label, keys) = labelled().await;
    world.trackers.by("hana").delete_label("acme/api", &label).expect("a label");
    world.trackers.fail(Tracker::GitHub, Matcher::path("acme/api/labels"), Fault::status(403, "{}"), u32::MAX);
    let turned = world.turn_as(&census()).await;
    assert_eq!((turned.written, turned.errors.len()), (0, 1), "{:?}", turned.errors);
    world.trackers.heal(Tracker::GitHub);
    let turned = world.turn_as(&census()).await;
    assert_eq!((holds(&turned), told_of(&turned, &label).len()), (0, 1), "{:?}", turned.findings);
    // What a person takes off one issue while the label stands in the catalogue is a hold, as ever.
    let other = world
        .open_keys()
        .into_iter()
        .find(|key| key.contains('#') && !keys.contains(key) && world.labels(key, "priority/p").len() == 1);
    let other = other.expect("an issue with another level");
    let stands = world.labels(&other, "priority/p").remove(0);
    world.trackers.by("hana").remove_label(&other, &stands).expect("a label");
    world.pass(60);
    assert_eq!(holds(&world.turn().await), 1);
}
