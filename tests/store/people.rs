//! What people asked for.

use std::collections::BTreeSet;

use roadmapd::model::{Aspect, IssueId};
use roadmapd::plan::{Field, Need, Reviewed, SinkId};
use roadmapd::store::{Request, WaitingPlan};

use super::{Place, at, jira};

#[tokio::test]
async fn requests_wait_in_order_until_they_are_answered() {
    let place = Place::new();
    let store = place.open().await;
    let (a, b): (roadmapd::model::IssueKey, _) = ("jira:PAY-1".parse().unwrap(), "github:acme/api#1".parse().unwrap());
    let requests = [
        Request::Approve { fingerprint: "f00d".into() },
        Request::Pause,
        Request::Resume,
        Request::Retry { key: a.clone() },
        Request::Release { key: a.clone(), aspect: Some(Aspect::Priority) },
        Request::Release { key: a.clone(), aspect: None },
        Request::Link { a: a.clone(), b },
        Request::Unlink { b: a.clone(), a },
    ];
    for request in &requests {
        store.ask(request, at(0)).await.unwrap();
    }
    let (ids, asked): (Vec<i64>, Vec<Request>) = store.asked().await.unwrap().into_iter().unzip();
    assert_eq!(asked, requests);
    assert!(ids.is_sorted());
    for id in &ids[1..] {
        store.answered(*id, at(1), "done").await.unwrap();
    }
    assert_eq!(store.asked().await.unwrap(), [(ids[0], requests[0].clone())]);
    assert!(store.answered(404, at(1), "done").await.is_err());
}

#[tokio::test]
async fn a_pause_outlives_the_process() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(store.paused().await.unwrap(), None);
    store.set_paused(Some(at(3))).await.unwrap();
    store.close().await.unwrap();
    let store = place.open().await;
    assert_eq!(store.paused().await.unwrap(), Some(at(3)));
    store.set_paused(None).await.unwrap();
    assert_eq!(store.paused().await.unwrap(), None);
}

#[tokio::test]
async fn the_last_word_on_a_pair_counts_whichever_way_round_it_was_said() {
    let place = Place::new();
    let store = place.open().await;
    let [a, b, c] = ["github:acme/api#1", "jira:PAY-1", "jira:PAY-2"].map(|key| key.parse().unwrap());
    store.join(&b, &a).await.unwrap();
    store.join(&a, &c).await.unwrap();
    assert_eq!(store.links().await.unwrap(), (vec![(a.clone(), b.clone()), (a.clone(), c.clone())], vec![]));
    store.part(&a, &b).await.unwrap();
    assert_eq!(store.links().await.unwrap(), (vec![(a.clone(), c)], vec![(a, b)]));
}

#[tokio::test]
async fn one_plan_waits_at_most_and_those_before_it_are_known_by_their_fingerprints() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(store.waiting().await.unwrap(), None);
    let edit = (IssueId::new(&jira(), "1"), Field::Priority, SinkId("label".into()), None, Some("p1".to_owned()));
    let plan = |fingerprint: &str| WaitingPlan {
        reviewed: Reviewed { fingerprint: fingerprint.into(), edits: BTreeSet::from([edit.clone()]) },
        need: Need::FirstContact,
        detail: "never written to jira:PAY before".into(),
        cycle: 4,
        at: at(4),
    };
    for fingerprint in ["one", "two"] {
        store.save_waiting(Some(&plan(fingerprint))).await.unwrap();
        assert_eq!(store.waiting().await.unwrap(), Some(plan(fingerprint)));
    }
    store.save_waiting(None).await.unwrap();
    assert_eq!(store.waiting().await.unwrap(), None);
    assert_eq!(store.reviewed("one").await.unwrap(), Some(plan("one")));
    for number in 0..60 {
        store.save_waiting(Some(&plan(&number.to_string()))).await.unwrap();
    }
    assert_eq!(store.reviewed("one").await.unwrap(), None);
    assert_eq!(store.reviewed("59").await.unwrap(), store.waiting().await.unwrap());
}

#[tokio::test]
async fn a_note_keeps_its_last_value() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(store.note("day").await.unwrap(), None);
    for day in ["2026-01-01", "2026-01-02"] {
        store.set_note("day", day).await.unwrap();
        assert_eq!(store.note("day").await.unwrap().as_deref(), Some(day));
    }
}
