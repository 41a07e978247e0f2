//! What a full listing doesn't show is told apart by id: deleted, moved, filtered out, hidden; and never mistaken for a delta.

use std::collections::BTreeMap;

use roadmapd::daemon::Order;
use roadmapd::model::{Issue, IssueKey, Presence, Reading};
use roadmapd::sandbox::{Corpus, Fault, Matcher, Tracker};
use roadmapd::tracker::TrackerConfig;

use crate::world::{WRITES, World};

fn census() -> Order {
    Order { cause: "test".to_owned(), census: true, ..Order::default() }
}

async fn stored(world: &World) -> BTreeMap<String, Issue> {
    let issues = world.store.issues().await.expect("a store");
    issues.into_iter().map(|issue| (issue.key.local.clone(), issue)).collect()
}

#[tokio::test]
async fn deleted_transferred_and_moved_issues_are_three_different_things() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    world.turn().await;
    world.trackers.delete("acme/web#7").expect("an issue");
    world.trackers.delete("CORE-6").expect("an issue");
    let there = world.trackers.move_issue("acme/api#5", "acme/web").expect("a transfer");
    let moved = world.trackers.move_issue("PAY-3", "CORE").expect("a move");
    world.pass(60);
    let before = stored(&world).await;
    // A delta sees none of it but what moved within the configuration, and nothing is taken for deleted.
    let turned = world.turn().await;
    assert_eq!(turned.errors, Vec::<String>::new());
    assert!(stored(&world).await.contains_key("acme/web#7"));
    let mut told = turned.findings;

    let turned = world.turn_as(&census()).await;
    assert_eq!(turned.errors, Vec::<String>::new());
    told.extend(turned.findings);
    let after = stored(&world).await;
    assert!(!after.contains_key("acme/web#7"), "GitHub says that it was deleted");
    assert_eq!(after["CORE-6"].presence, Presence::Hidden, "Jira doesn't say why it isn't shown");
    assert_eq!(
        (after[&there].item.as_ref(), after[&moved].id.clone()),
        (before["acme/api#5"].item.as_ref(), before["PAY-3"].id.clone())
    );
    for (old, new) in [("acme/api#5", &there), ("PAY-3", &moved)] {
        assert!(after[new].aliases.iter().any(|alias: &IssueKey| alias.local == old), "{old} is known as {new}");
        assert!(!after.contains_key(old));
    }
    let told = told.join("\n");
    for word in ["acme/web#7: deleted", "CORE-6: no longer shown", &format!("{there} now")] {
        assert!(told.contains(word), "{word}: {told}");
    }
    // The labels that the new place knows went along and are still ours: nobody is said to hold them.
    world.turn().await;
    assert_eq!(world.labels(&there, "priority/").len(), 1);
    let plan = world.preview().await.plan;
    assert!(plan.skips.iter().all(|skip| skip.issue.local != there), "{:?}", plan.skips);
    assert!(plan.changes.is_empty(), "{:?}", plan.changes);
}

#[tokio::test]
async fn a_single_answer_that_an_issue_is_not_there_is_asked_again_before_it_is_believed() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    world.turn().await;
    let there = world.trackers.move_issue("acme/api#5", "acme/web").expect("a transfer");
    world.trackers.fail(Tracker::GitHub, Matcher::path("acme/api/issues/5"), Fault::status(404, "{}"), 1);
    world.pass(60);
    let turned = world.turn_as(&census()).await;
    let told = turned.findings.join("\n");
    assert!(told.contains(&format!("{there} now")) && !told.contains("no longer shown"), "{told}");
    assert!(!stored(&world).await.contains_key("acme/api#5"));
}

/// Our priority was taken off an issue, which was transferred before anybody read that. Its key now.
async fn emptied_and_transferred() -> (World, String) {
    let world = World::new(Corpus::shipped(), WRITES).await;
    world.turn().await;
    let ours = world.labels("acme/api#5", "priority/").remove(0);
    world.trackers.by("hana").remove_label("acme/api#5", &ours).expect("a label");
    let there = world.trackers.by("hana").move_issue("acme/api#5", "acme/web").expect("a transfer");
    world.pass(60);
    (world, there)
}

#[tokio::test]
async fn a_label_that_somebody_took_off_stays_off_through_a_transfer_that_a_delta_shows_first() {
    let (world, there) = emptied_and_transferred().await;
    // A preview that starts from what is stored says the same.
    let changes = world.preview().await.plan.changes;
    assert!(changes.iter().all(|change| change.key.local != there), "{changes:?}");
    let turned = world.turn().await;
    assert_eq!(turned.errors, Vec::<String>::new());
    assert!(turned.findings.iter().any(|finding| finding.contains(&format!("{there} now"))), "{:?}", turned.findings);
    for _ in 0..2 {
        assert_eq!(world.labels(&there, "priority/"), Vec::<String>::new());
        world.pass(60);
        world.turn_as(&census()).await;
    }
    let skips = world.preview().await.plan.skips;
    assert!(skips.iter().any(|skip| skip.issue.local == there && skip.theirs.is_none()), "{skips:?}");
}

#[tokio::test]
async fn where_an_issue_came_from_is_asked_again_when_it_could_not_be_told() {
    let (world, there) = emptied_and_transferred().await;
    world.trackers.fail(Tracker::GitHub, Matcher::path("acme/api/issues/5"), Fault::status(502, "{}"), u32::MAX);
    let turned = world.turn().await;
    assert!(!turned.errors.is_empty());
    assert_eq!(world.labels(&there, "priority/"), Vec::<String>::new());
    world.trackers.heal_all();
    world.pass(60);
    world.turn().await;
    assert_eq!(world.labels(&there, "priority/"), Vec::<String>::new());
}

#[tokio::test]
async fn a_label_that_the_transfer_dropped_is_written_again_unless_its_history_says_nothing() {
    for told in [true, false] {
        let world = World::new(Corpus::shipped(), WRITES).await;
        world.turn().await;
        let hana = world.trackers.by("hana");
        let ours = world.labels("acme/api#5", "priority/p").remove(0);
        if world
            .open_keys()
            .iter()
            .any(|key| key.starts_with("acme/web") && world.labels(key, "priority/p") == [ours.clone()])
        {
            hana.delete_label("acme/web", &ours).expect("a label");
        }
        let there = hana.move_issue("acme/api#5", "acme/web").expect("a transfer");
        assert_eq!(world.labels(&there, "priority/p"), Vec::<String>::new(), "it is dropped on the way");
        world.pass(60);
        if !told {
            world.trackers.fail(Tracker::GitHub, Matcher::path("/events"), Fault::status(404, "{}"), u32::MAX);
        }
        for _ in 0..3 {
            world.turn().await;
            world.pass(60);
        }
        let holds =
            world.preview().await.plan.skips.iter().any(|skip| skip.issue.local == there && skip.theirs.is_none());
        assert_eq!((world.labels(&there, "priority/p").is_empty(), holds), (!told, !told));
    }
}

#[tokio::test]
async fn a_persons_label_that_the_new_repository_does_not_have_leaves_its_place_empty() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    world.turn().await;
    let hana = world.trackers.by("hana");
    let ours = world.labels("acme/api#5", "priority/").remove(0);
    // One that the other repository has, until it is deleted there.
    let known = world.open_keys().into_iter().filter(|key| key.starts_with("acme/web"));
    let known = known.flat_map(|key| world.labels(&key, "priority/p")).find(|label| *label != ours);
    let theirs = known.expect("another level").clone();
    let theirs = theirs.as_str();
    hana.remove_label("acme/api#5", &ours).expect("a label");
    hana.add_label("acme/api#5", theirs).expect("a label");
    world.pass(60);
    world.turn().await;
    hana.delete_label("acme/web", theirs).expect("a label");
    let there = hana.move_issue("acme/api#5", "acme/web").expect("a transfer");
    world.pass(60);
    for _ in 0..3 {
        world.turn().await;
        world.pass(60);
        assert_eq!(world.labels(&there, "priority/"), Vec::<String>::new());
    }
    let skips = world.preview().await.plan.skips;
    assert!(skips.iter().any(|skip| skip.issue.local == there && skip.theirs.is_none()), "{skips:?}");
}

#[tokio::test]
async fn an_issue_that_jql_leaves_out_now_is_remembered_and_not_written() {
    let world = World::new(Corpus::generated(13, 40), WRITES).await;
    let keys: Vec<String> = world.open_keys().into_iter().filter(|key| !key.contains('#')).collect();
    for key in &keys {
        world.trackers.add_label(key, "public").expect("an issue");
    }
    let world = world.with_jira(|jira| jira.jql = "labels = public".to_owned()).await;
    world.turn().await;
    assert_eq!(world.labels(&keys[0], "priority/p").len(), 1);
    world.trackers.remove_label(&keys[0], "public").expect("a label");
    world.trackers.set_priority(&keys[0], "Highest").expect("an issue");
    world.pass(60);
    let before = world.trackers.labels_of(&keys[0]).expect("an issue");
    let turned = world.turn_as(&census()).await;
    assert!(turned.findings.iter().any(|finding| finding.contains("left out by jql")), "{:?}", turned.findings);
    assert_eq!(stored(&world).await[&keys[0]].presence, Presence::Filtered);
    world.turn().await;
    assert_eq!(world.trackers.labels_of(&keys[0]).expect("an issue"), before, "it isn't written any more");
    world.trackers.add_label(&keys[0], "public").expect("an issue");
    world.pass(60);
    world.turn_as(&census()).await;
    assert_eq!(stored(&world).await[&keys[0]].presence, Presence::Here);
}

#[tokio::test]
async fn an_issue_that_left_the_configured_projects_is_reported_and_never_written_again() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    let world = world.with_jira(|jira| jira.projects = vec!["PAY".to_owned()]).await;
    world.turn().await;
    let away = world.trackers.move_issue("PAY-2", "CORE").expect("a move");
    world.trackers.set_priority(&away, "Highest").expect("an issue");
    world.pass(60);
    let before = world.trackers.labels_of(&away).expect("an issue");
    let turned = world.turn_as(&census()).await;
    let told = turned.findings.join("\n");
    assert!(
        told.contains(&format!("PAY-2 is jira:{away} now")) && told.contains("outside the configuration"),
        "{told}"
    );
    for _ in 0..2 {
        world.turn().await;
    }
    assert_eq!(world.trackers.labels_of(&away).expect("an issue"), before);
}

#[tokio::test]
async fn a_census_ends_with_what_a_fresh_database_would_hold() {
    let world = World::new(Corpus::generated(14, 60), WRITES).await;
    world.turn().await;
    let keys = world.open_keys();
    let github: Vec<&String> = keys.iter().filter(|key| key.contains('#')).collect();
    // What moves no stamp, and what does.
    world.trackers.react(github[0], "+1").expect("an issue");
    world.trackers.block(github[1], github[2]).expect("issues");
    world.trackers.edit_title(github[3], "Said anew").expect("an issue");
    world.trackers.delete(github[4]).expect("an issue");
    world.pass(3600);
    world.turn().await;
    world.turn_as(&census()).await;
    let kept = plain(stored(&world).await);
    let fresh = world.with_a_fresh_database().await;
    fresh.turn().await;
    assert_eq!(kept, plain(stored(&fresh).await));
}

/// Makes a listing of everything break off at its third page, on both trackers.
fn break_off_at_the_third_page(world: &World) {
    for (tracker, path) in [(Tracker::GitHub, "sort=created"), (Tracker::Jira, "/search/jql")] {
        world.trackers.hook(tracker, Matcher::path(path), 3, move |trackers| {
            trackers.fail(tracker, Matcher::any(), Fault::status(401, "{}"), u32::MAX);
        });
    }
}

fn plain(issues: BTreeMap<String, Issue>) -> BTreeMap<String, Issue> {
    let bare = |issue: Issue| Issue { reading: Reading::default(), item: None, aliases: Vec::new(), ..issue };
    issues.into_iter().map(|(key, issue)| (key, bare(issue))).collect()
}

#[tokio::test]
async fn a_listing_that_breaks_off_goes_on_where_it_stood_and_ends_with_what_a_fresh_database_would_hold() {
    let world = World::new(Corpus::generated(15, 450), "[write]\nmode = \"observe\"\n").await;
    for first in [true, false] {
        world.trackers.reset_counts();
        break_off_at_the_third_page(&world);
        let turned = world.turn_as(&census()).await;
        assert_eq!(turned.errors.len(), 2, "{:?}", turned.errors);
        let before = stored(&world).await;
        if first {
            assert_eq!(before.len(), 400, "what was read stays");
        }
        // People go on meanwhile, on issues that were listed and on others.
        let keys = world.open_keys();
        for side in [|key: &str| key.contains('#'), |key: &str| !key.contains('#')] {
            let mut keys: Vec<&String> = keys.iter().filter(|key| side(key)).collect();
            keys.sort_by_key(|key| (!before.contains_key(*key), key.len(), (*key).clone()));
            let (listed, unlisted) = (&keys[..2], &keys[keys.len() - 2..]);
            world.trackers.delete(listed[0]).expect("an issue");
            world.trackers.delete(unlisted[0]).expect("an issue");
            world.trackers.edit_title(listed[1], "Said anew").expect("an issue");
            world.trackers.edit_title(unlisted[1], "Said anew, too").expect("an issue");
        }
        world.trackers.heal_all();
        world.pass(60);
        let turned = world.turn().await;
        assert_eq!((turned.errors.len(), turned.census), (0, true), "{:?}", turned.errors);
        // Five pages each in one go; the broken one and the one read last were asked for twice, and what changed in between.
        let listings = |what: &str| -> u64 {
            world.trackers.requests().iter().filter(|((_, route), _)| route.ends_with(what)).map(|(_, n)| n).sum()
        };
        assert!(listings("/issues") <= 8 && listings("/search/jql") <= 8, "{:?}", world.trackers.requests());
        assert!(
            world
                .store
                .tracker(&roadmapd::model::TrackerName::new("github"))
                .await
                .expect("a store")
                .bookmarks
                .is_empty()
        );
        let quiet = world.turn().await;
        assert!(!quiet.census, "the listing is over");
    }
    // What was deleted after it was listed is found by the next census.
    world.turn_as(&census()).await;
    let kept: BTreeMap<String, Issue> =
        plain(stored(&world).await).into_iter().filter(|(_, issue)| issue.presence == Presence::Here).collect();
    let fresh = world.with_a_fresh_database().await;
    fresh.turn().await;
    assert_eq!(kept, plain(stored(&fresh).await));
}

#[tokio::test]
async fn a_listing_that_broke_off_begins_anew_when_it_would_be_another_one() {
    let world = World::new(Corpus::generated(16, 450), "[write]\nmode = \"observe\"\n").await;
    break_off_at_the_third_page(&world);
    world.turn().await;
    world.trackers.heal_all();
    let world = world.reconfigured(|settings| {
        for config in &mut settings.trackers {
            if let TrackerConfig::Jira(jira) = config {
                jira.jql = "labels = \"public\"".to_owned();
            }
        }
    });
    let turned = world.turn().await;
    assert_eq!(turned.errors, Vec::<String>::new());
    let jira: Vec<Issue> =
        stored(&world).await.into_values().filter(|issue| issue.id.tracker.as_str() == "jira").collect();
    assert_eq!(jira.len(), 200, "the first one's issues");
    let here: Vec<_> = jira
        .iter()
        .filter(|issue| issue.presence != Presence::Filtered)
        .map(|issue| (&issue.key, issue.presence))
        .collect();
    assert_eq!(here, [], "none of them has the label");
}

#[tokio::test]
async fn a_listing_whose_page_the_server_no_longer_knows_begins_anew() {
    let world = World::new(Corpus::generated(17, 250), "[write]\nmode = \"observe\"\n").await;
    break_off_at_the_third_page(&world);
    world.turn().await;
    world.trackers.heal_all();
    world.trackers.fail(Tracker::GitHub, Matcher::path("sort=created"), Fault::status(422, "{}"), 1);
    let turned = world.turn().await;
    assert_eq!(turned.errors, Vec::<String>::new());
    let kept = plain(stored(&world).await);
    let fresh = world.with_a_fresh_database().await;
    fresh.turn().await;
    assert_eq!(kept, plain(stored(&fresh).await));
}

#[tokio::test]
async fn a_scheduled_census_goes_in_parts_beside_live_changes_and_says_how_far_it_is() {
    let mut world = World::new(Corpus::generated(18, 450), "[write]\nmode = \"observe\"\n").await;
    world.turn().await;
    world.works.census_pages = 2;
    let keys = world.open_keys();
    let github: Vec<&String> = keys.iter().filter(|key| key.contains('#')).collect();
    world.trackers.react(github[github.len() - 1], "+1").expect("an issue");
    world.trackers.delete(github[3]).expect("an issue");
    world.pass(24 * 3600);
    let mut told = Vec::new();
    for round in 1.. {
        let title = format!("Said in round {round}");
        for key in [github[0], keys.iter().find(|key| !key.contains('#')).expect("an issue")] {
            world.trackers.edit_title(key, &title).expect("an issue");
        }
        world.trackers.reset_counts();
        let turned = world.turn().await;
        assert_eq!(turned.errors, Vec::<String>::new());
        let now = stored(&world).await;
        assert!(
            now.values().filter(|issue| issue.title == title).count() == 2,
            "round {round}: what is live was starved"
        );
        let listings = |what: &str| -> u64 {
            world.trackers.requests().iter().filter(|((_, route), _)| route.ends_with(what)).map(|(_, n)| n).sum()
        };
        assert!(listings("/issues") <= 4 && listings("/search/jql") <= 4, "{:?}", world.trackers.requests());
        let under_way: Vec<String> =
            turned.findings.into_iter().filter(|finding| finding.contains("census is under way")).collect();
        if under_way.is_empty() {
            assert!(turned.census, "round {round}");
            break;
        }
        told.extend(under_way);
        assert!(round < 5, "it must end: {told:?}");
    }
    assert!(
        told.iter().any(|told| told.contains("200 of about 450 issues were listed; about 2 more cycles")),
        "{told:?}"
    );
    let kept = plain(stored(&world).await);
    let fresh = world.with_a_fresh_database().await;
    fresh.turn().await;
    assert_eq!(kept, plain(stored(&fresh).await));
}

#[tokio::test]
async fn a_cycle_in_which_a_repository_left_is_not_quiet() {
    let world = World::new(Corpus::shipped(), WRITES).await.reconfigured(|settings| {
        for config in &mut settings.trackers {
            if let TrackerConfig::Github(github) = config {
                github.repositories = vec!["acme/*".to_owned()];
            }
        }
    });
    world.turn().await;
    world.turn().await;
    assert!(world.turn().await.quiet);
    world.trackers.hide_repository("acme/web").expect("a repository");
    let turned = world.turn().await;
    assert_eq!(turned.errors, Vec::<String>::new());
    assert!(!turned.quiet, "its issues are out of reach, and nothing said so of any of them");
    assert!(turned.findings.iter().any(|finding| finding.contains("acme/web isn't among")), "{:?}", turned.findings);
    // What it wrote since is read once more.
    world.turn().await;
    assert!(world.turn().await.quiet, "it stays away");
}
