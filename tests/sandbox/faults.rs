//! Scripted faults and hooks.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use roadmapd::sandbox::{Fault, Matcher, Tracker};
use serde_json::json;

use super::{Bed, read};

#[tokio::test]
async fn a_reset_before_leaves_the_write_undone_and_a_reset_after_done() {
    let bed = Bed::shipped().await;
    let post =
        |label: &str| bed.github(Method::POST, "/repos/acme/api/issues/6/labels").json(&json!({"labels": [label]}));
    for (fault, label) in [(Fault::ResetBeforeApply, "lost"), (Fault::ResetAfterApply, "kept")] {
        bed.running.fail(Tracker::GitHub, Matcher::new(Method::POST, "/labels"), fault, 1);
        assert!(post(label).send().await.is_err());
    }
    assert_eq!(bed.running.labels_of("acme/api#6").expect("an issue"), ["kept"]);
    assert_eq!(read(post("then")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_other_fault_is_told_and_healed() {
    let bed = Bed::shipped().await;
    let path = "/repos/acme/api/issues";
    let whole = bed.get(path).await;
    bed.running.fail(Tracker::GitHub, Matcher::path("/issues"), Fault::TruncatedJson, u32::MAX);
    assert!(bed.get(path).await.body.is_null());
    bed.running.heal(Tracker::GitHub);
    assert_eq!(bed.get(path).await.rows().len(), whole.rows().len());
    bed.running.fail(Tracker::GitHub, Matcher::any(), Fault::secondary_limit(Some(7)), 1);
    let limited = bed.get(path).await;
    assert_eq!((limited.status.as_u16(), limited.header("retry-after")), (403, "7"));
    bed.running.fail(Tracker::GitHub, Matcher::any(), Fault::Html(502), 1);
    assert_eq!(bed.get(path).await.status, StatusCode::BAD_GATEWAY);
    bed.running.fail(Tracker::Jira, Matcher::path("search/jql"), Fault::AnonymousEmpty, 1);
    let got = bed.search(json!({"jql": "project = PAY"})).await;
    assert_eq!((got.status, got.header("x-seraph-loginreason")), (StatusCode::OK, "AUTHENTICATED_FAILED"));
    bed.running.fail(Tracker::GitHub, Matcher::any(), Fault::Redirect("https://elsewhere.example/".to_owned()), 1);
    assert_eq!(bed.get(path).await.header("location"), "https://elsewhere.example/");
    bed.running.fail(Tracker::GitHub, Matcher::any(), Fault::Stall, 1);
    let stalled = bed.github(Method::GET, path).timeout(Duration::from_millis(200)).send().await;
    assert!(stalled.is_err_and(|error| error.is_timeout()));
}

#[tokio::test]
async fn a_hook_acts_between_the_read_and_the_write() {
    let bed = Bed::shipped().await;
    bed.running.hook(Tracker::GitHub, Matcher::new(Method::POST, "/issues/6/labels"), 1, |running| {
        running.by("hana").add_label("acme/api#6", "needs-design").expect("an issue");
    });
    let path = "/repos/acme/api/issues/6/labels";
    assert_eq!(bed.get(path).await.rows().len(), 0);
    let got = read(bed.github(Method::POST, path).json(&json!({"labels": ["priority/p2"]}))).await;
    assert_eq!(got.rows().len(), 2);
    assert_eq!(bed.running.log()[0].actor, "hana");
    let counts = bed.running.requests();
    let route = "POST /repos/{owner}/{repo}/issues/{issue_number}/labels".to_owned();
    assert_eq!(counts.get(&(Tracker::GitHub, route)), Some(&1));
    bed.running.reset_counts();
    assert_eq!(bed.running.request_count(Tracker::GitHub), 0);
}
