//! First contact, the silent second cycle, approval.

use roadmapd::daemon::Order;
use roadmapd::plan::Need;
use roadmapd::sandbox::{Corpus, Matcher, Tracker};
use roadmapd::store::Request;

use crate::world::{WRITES, World};

#[tokio::test]
async fn one_cycle_labels_every_open_issue_once_and_touches_nothing_else() {
    let world = World::new(Corpus::generated(1, 40), WRITES).await;
    let before = world.foreign_labels();
    let turned = world.turn().await;
    assert_eq!((turned.errors.as_slice(), turned.failed), ([].as_slice(), 0));
    assert!(turned.written > 80, "{}", turned.written);
    let open = world.open_keys();
    for (key, _) in world.trackers.all_facts().iter().filter(|(_, facts)| !facts.pull_request) {
        let expected = usize::from(open.contains(key));
        assert_eq!(world.labels(key, "priority/").len(), expected, "{key}");
        assert_eq!(world.labels(key, "complexity/").len(), expected, "{key}");
    }
    assert_eq!(world.foreign_labels(), before);
}

#[tokio::test]
async fn the_second_cycle_writes_nothing_and_costs_one_request_a_repository_and_two_a_site() {
    let world = World::new(Corpus::generated(1, 40), WRITES).await;
    world.turn().await;
    let repositories = world.works.settings.trackers.iter().map(repositories).sum::<usize>() as u64;
    for _ in 0..3 {
        world.trackers.reset_counts();
        let turned = world.turn().await;
        assert_eq!((turned.written, turned.failed, turned.errors.len()), (0, 0, 0));
        assert_eq!(world.requests(), (repositories, 2));
        assert_eq!(world.writes(), 0);
    }
    assert!(world.turn().await.quiet);
    assert!(world.preview().await.plan.changes.is_empty());
}

fn repositories(config: &roadmapd::tracker::TrackerConfig) -> usize {
    match config {
        roadmapd::tracker::TrackerConfig::Github(github) => github.repositories.len(),
        roadmapd::tracker::TrackerConfig::Jira(_) => 0,
    }
}

#[tokio::test]
async fn a_preview_writes_nothing_anywhere() {
    let world = World::new(Corpus::generated(1, 40), WRITES).await;
    let labels = world.trackers.all_labels();
    let shown = world.preview().await;
    assert!(!shown.plan.changes.is_empty());
    assert_eq!(world.writes(), 0);
    assert_eq!(world.trackers.all_labels(), labels);
    assert!(world.store.issues().await.expect("a store").is_empty());
    assert_eq!(world.store.last_cycle().await.expect("a store"), 0);
}

#[tokio::test]
async fn the_first_plan_waits_until_a_person_approves_exactly_it() {
    let world = World::new(Corpus::generated(2, 40), "").await;
    let shown = world.preview().await;
    let waits = world.turn().await;
    assert_eq!(waits.approval.map(|refusal| refusal.needed), Some(Need::FirstContact));
    assert_eq!((waits.written, world.writes()), (0, 0));
    let planned = waits.plan.expect("a plan");
    assert_eq!(planned.fingerprint, shown.plan.fingerprint);
    // It waits since then, however often it is planned again.
    let first = world.store.waiting().await.expect("the store").expect("a plan");
    world.pass(600);
    world.turn().await;
    let again = world.store.waiting().await.expect("the store").expect("a plan");
    assert_eq!((again.cycle, again.at), (first.cycle, first.at));

    world.ask(Request::Approve { fingerprint: planned.fingerprint.clone() }).await;
    let turned = world.turn().await;
    assert_eq!(turned.approval, None);
    assert_eq!(turned.written, planned.changes.iter().map(|change| change.edits.len()).sum::<usize>());
    for change in &planned.changes {
        let labels = world.trackers.labels_of(&change.key.local).expect("an issue");
        for edit in &change.edits {
            assert!(edit.to.as_ref().is_none_or(|to| labels.contains(to)), "{} {edit:?} {labels:?}", change.key);
        }
    }
    assert_eq!(world.turn().await.written, 0);
}

#[tokio::test]
async fn an_approved_plan_writes_only_what_is_still_as_reviewed() {
    let world = World::new(Corpus::shipped(), "").await;
    let planned = world.turn().await.plan.expect("a plan");
    let touched = planned.changes.iter().find(|change| change.key.tracker.as_str() == "github").expect("a change");
    // A person decides in the meantime.
    let theirs = if touched.edits.iter().any(|edit| edit.to.as_deref() == Some("priority/p0")) {
        "priority/p3"
    } else {
        "priority/p0"
    };
    world.trackers.add_label(&touched.key.local, theirs).expect("an issue");
    let order = Order { only: Some(planned.fingerprint.clone()), ..Order::default() };
    world.turn_as(&order).await;
    assert_eq!(world.labels(&touched.key.local, "priority/"), [theirs]);
}

#[tokio::test]
async fn an_unknown_fingerprint_writes_nothing_and_names_the_current_one() {
    let world = World::new(Corpus::shipped(), "").await;
    let turned = world.turn_as(&Order { only: Some("0123456789ab".to_owned()), ..Order::default() }).await;
    let fingerprint = turned.plan.expect("a plan").fingerprint;
    assert!(
        turned.errors.iter().any(|error| error.contains("0123456789ab") && error.contains(&fingerprint)),
        "{:?}",
        turned.errors
    );
    assert_eq!(world.writes(), 0);
}

#[tokio::test]
async fn a_plan_past_the_limits_waits() {
    let world = World::new(Corpus::generated(3, 40), "[write]\nfirst_contact = \"apply\"\n").await;
    let turned = world.turn().await;
    assert_eq!(turned.approval.map(|refusal| refusal.needed), Some(Need::Limits));
    assert_eq!(world.writes(), 0);
    let turned = world.turn_as(&Order { past_limits: true, ..Order::default() }).await;
    assert!(turned.approval.is_none() && turned.written > 0);
}

#[tokio::test]
async fn pause_stops_writing_and_resume_goes_on() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    world.ask(Request::Pause).await;
    let turned = world.turn().await;
    assert!(turned.paused && turned.written == 0);
    assert_eq!(world.writes(), 0);
    world.ask(Request::Resume).await;
    assert!(world.turn().await.written > 0);
}

#[tokio::test]
async fn a_new_issue_is_labelled_and_costs_only_its_own_requests() {
    let world = World::new(Corpus::generated(4, 40), WRITES).await;
    world.turn().await;
    world.turn().await;
    let key = world.open_keys().into_iter().find(|key| key.contains('#')).expect("an issue");
    let repository = key.split_once('#').expect("a repository").0.to_owned();
    let seed = roadmapd::sandbox::GithubIssueSeed { title: "Exports time out".to_owned(), ..Default::default() };
    let new = world.trackers.add_github_issue(&repository, &seed).expect("an issue");
    world.trackers.reset_counts();
    let turned = world.turn().await;
    assert_eq!(turned.written, 2);
    assert_eq!(world.labels(&new, "priority/").len(), 1);
    assert_eq!(world.labels(&new, "complexity/").len(), 1);
    assert_eq!(world.trackers.write_count(Tracker::GitHub), 1);
    assert_eq!(world.trackers.write_count(Tracker::Jira), 0);
}

#[tokio::test]
async fn an_approval_outlives_a_pause_and_the_plans_that_came_after_the_reviewed_one() {
    let world = World::new(Corpus::generated(4, 40), "").await;
    let reviewed = world.turn().await.plan.expect("a plan");
    let key = world.open_keys().into_iter().find(|key| key.contains('#')).expect("an issue");
    let repository = key.split_once('#').expect("a repository").0.to_owned();
    let seed = roadmapd::sandbox::GithubIssueSeed { title: "Exports time out".to_owned(), ..Default::default() };
    let new = world.trackers.add_github_issue(&repository, &seed).expect("an issue");
    let later = world.turn().await.plan.expect("a plan");
    assert_ne!(later.fingerprint, reviewed.fingerprint);

    world.ask(Request::Pause).await;
    world.ask(Request::Approve { fingerprint: reviewed.fingerprint.clone() }).await;
    assert_eq!(world.turn().await.written, 0);
    world.ask(Request::Resume).await;
    let turned = world.turn().await;
    assert_eq!((turned.errors, turned.written), (Vec::new(), reviewed.edits()));
    assert_eq!(world.labels(&new, "priority/"), Vec::<String>::new(), "what nobody reviewed waits");
    // It was first contact that waited; from now on a new issue is written as any other.
    assert_eq!(world.turn().await.written, 2);
    assert_eq!(world.store.note("approved").await.expect("a store").as_deref(), Some(""), "the approval is used up");
}

#[tokio::test]
async fn a_cycle_that_was_stopped_after_reading_does_not_leave_the_next_one_quiet() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    world.turn().await;
    world.turn().await;
    assert!(world.turn().await.quiet);
    let key = world.open_keys().into_iter().find(|key| key.contains('#')).expect("an issue");
    world.trackers.remove_label(&key, &world.labels(&key, "complexity/")[0]).expect("a label");
    let stop = tokio_util::sync::CancellationToken::new();
    let stopping = stop.clone();
    // GitHub's page is kept by the time Jira's second request comes.
    world.trackers.hook(Tracker::Jira, Matcher::path("/search/jql"), 1, move |_| stopping.cancel());
    let order = Order { cause: "test".to_owned(), ..Order::default() };
    roadmapd::daemon::turn(&world.works, &world.store, &order, &stop).await.expect("a cycle");
    world.pass(60);
    world.turn().await;
    let skips = world.preview().await.plan.skips;
    assert!(skips.iter().any(|skip| skip.issue.local == key), "{skips:?}");
}

#[tokio::test]
async fn what_people_touched_last_is_written_before_the_backlog() {
    let world = World::new(Corpus::generated(19, 60), WRITES).await;
    let keys = world.open_keys();
    let live = [keys.iter().rfind(|key| key.contains('#')), keys.iter().rfind(|key| !key.contains('#'))];
    world.pass(60);
    for key in live.into_iter().flatten() {
        world.trackers.by("hana").comment(key).expect("an issue");
    }
    world.pass(60);
    world.turn().await;
    let log = world.trackers.log();
    for (key, github) in live.into_iter().flatten().zip([true, false]) {
        let of_tracker =
            |entry: &&roadmapd::sandbox::Entry| entry.actor.contains("bot") && entry.key.contains('#') == github;
        let at = log.iter().filter(of_tracker).position(|entry| entry.key == *key).expect("it is written");
        // Four changes are under way at once, each with two labels.
        assert!(at < 8, "{key} is number {at}");
    }
}
