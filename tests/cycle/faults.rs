//! A tracker that fails: nothing is written on half a picture, the sentence says who and what, and it recovers by itself.

use std::sync::Arc;

use http::Method;
use roadmapd::daemon::Works;
use roadmapd::sandbox::{Corpus, Fault, Matcher, Tracker};
use roadmapd::tracker::TrackerConfig;

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
async fn a_different_server_under_the_same_name_is_refused_before_anything_of_it_is_kept() {
    for tracker in ["github", "jira"] {
        let mut world = World::new(Corpus::shipped(), WRITES).await;
        world.turn().await;
        let other = World::new(Corpus::generated(1, 20), WRITES).await;
        let mut settings = (*world.works.settings).clone();
        let stranger = other.works.settings.trackers.iter().find(|config| config.name().as_str() == tracker);
        for config in settings.trackers.iter_mut().filter(|config| config.name().as_str() == tracker) {
            // Only the address is another: the same repositories and projects under the same name.
            let url = match stranger.expect("a tracker") {
                TrackerConfig::Github(github) => github.base_url.clone(),
                TrackerConfig::Jira(jira) => jira.base_url.clone(),
            };
            match config {
                TrackerConfig::Github(github) => github.base_url = url,
                TrackerConfig::Jira(jira) => jira.base_url = url,
            }
        }
        let before = world.store.issues().await.expect("a store");
        world.works = Works::connect(Arc::new(settings), world.works.clock.clone()).expect("trackers");
        let turned = world.turn().await;
        assert!(turned.errors.iter().any(|error| error.starts_with(tracker)), "{tracker}: {:?}", turned.errors);
        assert_eq!((turned.written, other.writes()), (0, 0), "{tracker}");
        assert_eq!(world.store.issues().await.expect("a store"), before, "{tracker}");
    }
}

#[tokio::test]
async fn a_listing_that_broke_off_is_read_to_its_end_the_next_time() {
    let world = World::new(Corpus::generated(8, 240), WRITES).await;
    world.turn().await;
    world.turn().await;
    world.pass(3600);
    let keys: Vec<String> = world.open_keys().into_iter().filter(|key| key.contains('#')).collect();
    for key in &keys {
        world.trackers.edit_title(key, &format!("{key}, said anew")).expect("an issue");
    }
    assert!(keys.len() > 100, "more than a page");
    world.trackers.fail(Tracker::GitHub, Matcher::path("after="), Fault::status(502, "{}"), 8);
    let turned = world.turn().await;
    assert!(!turned.errors.is_empty());
    world.trackers.heal(Tracker::GitHub);
    world.turn().await;
    let stored = world.store.issues().await.expect("a store");
    for key in &keys {
        let issue = stored.iter().find(|issue| issue.key.local == *key).expect("an issue");
        assert_eq!(issue.title, format!("{key}, said anew"));
    }
}

#[tokio::test]
async fn a_repository_that_takes_no_writes_is_named_and_the_rest_is_written() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    let refusal = Fault::status(403, r#"{"message":"Resource not accessible by integration"}"#);
    world.trackers.fail(Tracker::GitHub, Matcher::new(Method::POST, "/repos/acme/web/labels"), refusal, u32::MAX);
    let turned = world.turn().await;
    assert!(turned.errors.iter().any(|error| error.contains("acme/web")), "{:?}", turned.errors);
    assert!(turned.waiting.iter().all(|(key, _)| key.local.starts_with("acme/web#")), "{:?}", turned.waiting);
    for key in world.open_keys() {
        assert_eq!(world.labels(&key, "complexity/").len(), usize::from(!key.starts_with("acme/web#")), "{key}");
    }
}
