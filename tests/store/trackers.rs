//! What is remembered about trackers.

use std::collections::BTreeMap;

use roadmapd::store::{StoreTrouble, TrackerState};
use roadmapd::tracker::Read;

use super::{Place, at, container, jira};

fn read(memory: &str) -> Read {
    Read {
        listed: false,
        memory: memory.into(),
        server: "https://acme.atlassian.net".into(),
        containers: vec![container("jira:PAY")],
        findings: vec!["two story-point fields".into()],
        allowed: Default::default(),
    }
}

#[tokio::test]
async fn a_tracker_that_was_never_read_is_not_whole() {
    assert_eq!(Place::new().open().await.tracker(&jira()).await.unwrap(), TrackerState::default());
}

#[tokio::test]
async fn the_first_whole_reading_is_a_census_and_later_ones_only_if_they_say_so() {
    let place = Place::new();
    let store = place.open().await;
    store.read_failed(&jira(), at(0), "it was down").await.unwrap();
    store.finish_reading(&jira(), &read("one"), at(1), false).await.unwrap();
    let first = TrackerState {
        bookmarks: BTreeMap::new(),
        allowed: BTreeMap::new(),
        memory: Some("one".into()),
        server: Some("https://acme.atlassian.net".into()),
        whole: true,
        last_whole: Some(at(1)),
        last_census: Some(at(1)),
        containers: vec![container("jira:PAY")],
        findings: vec!["two story-point fields".into()],
        failed: None,
    };
    assert_eq!(store.tracker(&jira()).await.unwrap(), first);
    store.finish_reading(&jira(), &read("two"), at(2), false).await.unwrap();
    let state = store.tracker(&jira()).await.unwrap();
    assert_eq!((state.memory.as_deref(), state.last_whole, state.last_census), (Some("two"), Some(at(2)), Some(at(1))));
    store.finish_reading(&jira(), &read("three"), at(3), true).await.unwrap();
    assert_eq!(store.tracker(&jira()).await.unwrap().last_census, Some(at(3)));
}

#[tokio::test]
async fn a_failed_reading_moves_nothing_but_its_sentence() {
    let store = Place::new();
    let store = store.open().await;
    store.read_failed(&jira(), at(0), "it was down").await.unwrap();
    let never = store.tracker(&jira()).await.unwrap();
    assert_eq!(never, TrackerState { failed: Some((at(0), "it was down".into())), ..TrackerState::default() });
    store.finish_reading(&jira(), &read("one"), at(1), true).await.unwrap();
    let before = store.tracker(&jira()).await.unwrap();
    store.read_failed(&jira(), at(2), "it is down").await.unwrap();
    let after = store.tracker(&jira()).await.unwrap();
    assert_eq!(after, TrackerState { failed: Some((at(2), "it is down".into())), ..before });
}

#[tokio::test]
async fn another_server_under_the_same_name_is_refused() {
    let place = Place::new();
    let store = place.open().await;
    store.finish_reading(&jira(), &read("one"), at(1), true).await.unwrap();
    let before = store.tracker(&jira()).await.unwrap();
    let other = Read { server: "https://other.atlassian.net".into(), ..read("two") };
    let refusal = store.finish_reading(&jira(), &other, at(2), true).await.expect_err("another server");
    assert!(matches!(refusal, StoreTrouble::OtherServer { .. }), "{refusal:?}");
    let sentence = refusal.to_string();
    assert!(sentence.contains("acme.atlassian.net") && sentence.contains("other.atlassian.net"), "{sentence}");
    assert_eq!(store.tracker(&jira()).await.unwrap(), before);
}
