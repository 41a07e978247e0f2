//! A tracker that fails: nothing is written on half a picture, the sentence says who and what, and it recovers by itself.

use std::sync::Arc;

use http::Method;
use roadmapd::sandbox::{Corpus, Fault, Matcher, Tracker};

use crate::world::{WRITES, World};

fn refusals(tracker: Tracker) -> Vec<(&'static str, Fault)> {
    let mut refusals = vec![
        ("500", Fault::status(500, "{}")),
        ("401", Fault::status(401, r#"{"message":"Bad credentials"}"#)),
        ("410", Fault::status(410, r#"{"message":"gone"}"#)),
        ("JSON", Fault::TruncatedJson),
        ("HTML", Fault::Html(200)),
    ];
    if tracker == Tracker::Jira {
        refusals.push(("anonymous", Fault::AnonymousEmpty));
    }
    refusals
}

#[tokio::test]
async fn one_failing_tracker_at_first_contact_stops_all_writing_and_recovers_by_itself() {
    for tracker in [Tracker::GitHub, Tracker::Jira] {
        for (word, fault) in refusals(tracker) {
            let world = World::new(Corpus::shipped(), WRITES).await;
            let matcher = if word == "anonymous" { Matcher::path("/search/jql") } else { Matcher::any() };
            world.trackers.fail(tracker, matcher, fault, u32::MAX);
            let turned = world.turn().await;
            assert_eq!((turned.written, world.writes()), (0, 0), "{tracker:?} {word}");
            let name = if tracker == Tracker::GitHub { "github" } else { "jira" };
            let told = turned.errors.join("\n");
            assert!(told.starts_with(name) && told.contains(word), "{tracker:?} {word}: {told}");
            assert!(told.contains(';'), "no next step: {told}");
            assert!(!told.contains(world.trackers.github_token()) && !told.contains(world.trackers.jira_token()));
            world.trackers.heal(tracker);
            let turned = world.turn().await;
            assert!(turned.errors.is_empty() && turned.written > 0, "{tracker:?} {word}: {:?}", turned.errors);
        }
    }
}

#[tokio::test]
async fn a_tracker_that_fails_later_holds_back_only_what_leans_on_it() {
    let world = World::new(Corpus::generated(7, 40), WRITES).await;
    world.turn().await;
    let alone = world.open_keys().into_iter().find(|key| !key.contains('#')).expect("an issue");
    world.trackers.fail(Tracker::GitHub, Matcher::any(), Fault::status(503, "{}"), u32::MAX);
    let seed = roadmapd::sandbox::JiraIssueSeed { summary: "Exports time out".to_owned(), ..Default::default() };
    let project = alone.rsplit_once('-').expect("a project").0.to_owned();
    let new = world.trackers.add_jira_issue(&project, &seed).expect("an issue");
    let turned = world.turn().await;
    assert_eq!(turned.errors.len(), 1, "{:?}", turned.errors);
    assert_eq!(world.labels(&new, "priority/").len(), 1);
    // Past stale_max nothing is written anywhere.
    world.pass(2 * 3600);
    let newer = world.trackers.add_jira_issue(&project, &seed).expect("an issue");
    world.turn().await;
    assert_eq!(world.labels(&newer, "priority/").len(), 0);
    world.trackers.heal(Tracker::GitHub);
    world.turn().await;
    assert_eq!(world.labels(&newer, "priority/").len(), 1);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_neither_repeated_nor_mistaken() {
    for fault in [Fault::ResetAfterApply, Fault::ResetBeforeApply] {
        for (tracker, method, path) in
            [(Tracker::GitHub, Method::POST, "/labels"), (Tracker::Jira, Method::PUT, "/issue/")]
        {
            let world = World::new(Corpus::shipped(), WRITES).await;
            // The catalogue is made before; only writes to issues are meant.
            let path = if tracker == Tracker::GitHub { "issues/" } else { path };
            world.trackers.fail(tracker, Matcher::new(method.clone(), path), fault.clone(), 1);
            let turned = world.turn().await;
            assert_eq!(turned.failed, 1, "{:?}", turned.errors);
            let next = world.turn().await;
            assert_eq!(next.errors, Vec::<String>::new());
            world.turn().await;
            assert_eq!(world.turn().await.written, 0);
            for key in world.open_keys() {
                assert_eq!(world.labels(&key, "complexity/").len(), 1, "{key} {fault:?}");
            }
            let added: Vec<_> = world.trackers.log().into_iter().filter(|entry| entry.actor.contains("bot")).collect();
            let mut once: Vec<_> =
                added.iter().map(|entry| (entry.key.clone(), entry.to.clone(), entry.from.clone())).collect();
            let all = once.len();
            once.sort();
            once.dedup();
            assert_eq!(all, once.len(), "a write was doubled");
        }
    }
}

#[tokio::test]
async fn a_limit_is_waited_out_and_nothing_is_lost() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    world.trackers.fail(Tracker::GitHub, Matcher::path("issues"), Fault::secondary_limit(Some(1)), 1);
    world.trackers.fail(Tracker::Jira, Matcher::new(Method::PUT, "/issue/"), Fault::burst_limit(Some(1)), 1);
    let turned = world.turn().await;
    assert!(turned.errors.is_empty() && turned.failed == 0, "{:?}", turned.errors);
    for key in world.open_keys() {
        assert_eq!(world.labels(&key, "complexity/").len(), 1, "{key}");
    }
}

#[tokio::test]
async fn a_different_server_under_the_same_name_is_refused() {
    let mut world = World::new(Corpus::shipped(), WRITES).await;
    world.turn().await;
    let other = World::new(Corpus::shipped(), WRITES).await;
    let mut settings = (*other.works.settings).clone();
    settings.daemon.database = world.works.settings.daemon.database.clone();
    world.works = roadmapd::daemon::Works::connect(Arc::new(settings), world.works.clock.clone()).expect("trackers");
    let turned = world.turn().await;
    assert!(!turned.errors.is_empty());
    assert_eq!(turned.written, 0);
}
