//! Lines of merged pull requests: read for the issues that they closed, once, and never more than a few at a time.

use std::collections::BTreeMap;

use roadmapd::model::{Issue, Turn};
use roadmapd::tracker::Ask;
use serde_json::{Value, json};

use super::support::{Rig, Shelf, json, serve, with_rows};

/// A closed issue.
fn issue(id: u64, closed: &str) -> Value {
    json!({"id": id, "number": id, "title": format!("issue {id}"), "state": "closed", "state_reason": "completed",
        "created_at": "2026-01-01T00:00:00Z", "updated_at": closed, "closed_at": closed})
}

fn pull(id: u64, merged: Option<&str>, body: &str) -> Value {
    json!({"id": id, "number": id, "title": "a change", "state": "closed", "body": body, "pull_request": {"merged_at": merged},
        "created_at": "2026-01-02T00:00:00Z", "updated_at": "2026-01-10T10:00:00Z", "closed_at": "2026-01-10T10:00:00Z"})
}

async fn sized(rig: &Rig, pull: u64, additions: u32, deletions: u32) {
    let size = json!({"number": pull, "merged": true, "additions": additions, "deletions": deletions});
    serve(rig, &format!("/repos/acme/api/pulls/{pull}"), json(200, &size)).await;
}

/// A reading of everything: what was said last of each issue, and what to remember.
async fn census(rig: &Rig, memory: Option<&str>, known: &Shelf) -> (String, BTreeMap<u64, Issue>) {
    let ask = Ask { memory: memory.map(str::to_owned), census: true, turn: Turn(2), ..Ask::default() };
    let (read, issues) = rig.ask(ask, known).await.expect("read");
    (read.memory, issues.into_iter().map(|issue| (issue.key.number(), issue)).collect())
}

fn lines(issues: &BTreeMap<u64, Issue>) -> Vec<Option<u32>> {
    issues.values().map(|issue| issue.merged_lines).collect()
}

async fn asked(rig: &Rig) -> Vec<String> {
    rig.asked().await.into_iter().filter(|asked| asked.contains("/pulls/")).collect()
}

#[tokio::test]
async fn the_lines_of_what_closed_an_issue_are_its_own_and_of_what_closed_two_a_half() {
    let at = "2026-01-10T10:00:00Z";
    let mut dropped = issue(6, at);
    dropped["state_reason"] = json!("not_planned");
    let rig = with_rows(&[
        issue(1, at),
        issue(2, at),
        issue(3, at),
        issue(4, "2026-01-20T10:00:00Z"),
        issue(5, at),
        dropped,
        pull(11, Some("2026-01-08T10:00:00Z"), "A first step. Fixes #1"),
        pull(12, Some("2026-01-10T09:59:59Z"), "Closes: #1"),
        pull(13, Some(at), "fixes #2 and resolves acme/api#3"),
        pull(14, Some(at), "fixes #4, ten days before somebody closed it"),
        pull(15, None, "fixes #5, and was thrown away"),
        pull(16, Some(at), "fixes #6"),
    ])
    .await;
    for (number, additions, deletions) in [(11, 100, 12), (12, 300, 0), (13, 5, 2)] {
        sized(&rig, number, additions, deletions).await;
    }
    let (memory, issues) = census(&rig, None, &Shelf::default()).await;
    assert_eq!(lines(&issues), [Some(412), Some(4), Some(4), None, None, None]);
    let mut pulls = asked(&rig).await;
    pulls.sort();
    assert_eq!(pulls, [11, 12, 13].map(|pull| format!("GET /repos/acme/api/pulls/{pull}")));
    // What is known isn't asked for again, by the next census or by a delta, and lasts for as long as the issue stays closed.
    let known: Vec<Issue> = issues.values().cloned().collect();
    let (_, again) = census(&rig, Some(&memory), &Shelf::of(&known)).await;
    assert_eq!((lines(&again), asked(&rig).await.len()), (lines(&issues), 3));
    rig.forget().await;
    let (mut labelled, mut reopened) = (issue(1, at), issue(2, at));
    labelled["labels"] = json!(["later"]);
    reopened["state"] = json!("open");
    for row in [&mut labelled, &mut reopened] {
        row["updated_at"] = json!("2026-01-30T10:00:00Z");
    }
    serve(&rig, "/repos/acme/api/issues", json(200, &json!([labelled, reopened]))).await;
    let (_, changed) = rig.poll(Some(&memory), &Shelf::of(&known)).await.expect("read");
    assert_eq!(changed.iter().map(|issue| issue.merged_lines).collect::<Vec<_>>(), [Some(412), None]);
    assert_eq!(rig.asked().await.len(), 1);
}

#[tokio::test]
async fn sizes_are_read_of_the_issues_closed_last_and_of_the_others_later() {
    let day = |n: u64| format!("2026-01-{:02}T{:02}:00:00Z", 1 + n / 20, n % 20);
    let rows: Vec<Value> =
        (1..=60).flat_map(|n| [issue(n, &day(n)), pull(100 + n, Some(&day(n)), &format!("fixes #{n}"))]).collect();
    let rig = with_rows(&rows).await;
    for n in 1..=60 {
        sized(&rig, 100 + n, 7, 0).await;
    }
    let (memory, first) = census(&rig, None, &Shelf::default()).await;
    assert_eq!(asked(&rig).await.len(), 40);
    assert!(lines(&first)[20..].iter().all(Option::is_some) && lines(&first)[..20].iter().all(Option::is_none));
    let known: Vec<Issue> = first.into_values().collect();
    let (_, second) = census(&rig, Some(&memory), &Shelf::of(&known)).await;
    assert_eq!(asked(&rig).await.len(), 60);
    assert!(lines(&second).iter().all(Option::is_some));
}

#[tokio::test]
async fn sizes_that_may_not_be_read_are_asked_for_once_and_nothing_else_suffers() {
    let at = "2026-01-10T10:00:00Z";
    for (status, requests) in [(403, 1), (404, 3)] {
        let rows: Vec<Value> =
            (1..=3).flat_map(|n| [issue(n, at), pull(10 + n, Some(at), &format!("fixes #{n}"))]).collect();
        let rig = with_rows(&rows).await;
        for pull in 11..=13 {
            let no = json!({"message": "Resource not accessible by personal access token"});
            serve(&rig, &format!("/repos/acme/api/pulls/{pull}"), json(status, &no)).await;
        }
        let (_, issues) = census(&rig, None, &Shelf::default()).await;
        assert_eq!((lines(&issues), asked(&rig).await.len()), (vec![None; 3], requests), "{status}");
    }
}
