//! Jira, write: one PUT an issue, in Jira's own words where it refuses.

use std::time::Duration;

use roadmapd::plan::Change;
use roadmapd::tracker::{Fetch, Policy, Trouble, TroubleKind, Write};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, ResponseTemplate};

use super::support::{Notes, Rig, change, jira, jira_with, json, policy};

async fn put(rig: &Rig, id: &str, template: ResponseTemplate) {
    let place = format!("/rest/api/2/issue/{id}");
    Mock::given(method("PUT")).and(path(place)).respond_with(template).mount(&rig.server).await;
}

async fn puts(rig: &Rig) -> Vec<String> {
    rig.asked().await.into_iter().filter(|asked| asked.starts_with("PUT ")).collect()
}

async fn write(rig: &Rig, changes: Vec<Change>) -> (Result<(), Trouble>, Vec<String>) {
    let notes = Notes::default();
    let result = rig.tracker.write(changes, &notes, &CancellationToken::new()).await;
    (result, notes.all())
}

fn p1(id: &str) -> Change {
    change("jira", &format!("PAY-{id}"), id, &[], &[("", "p1")])
}

#[tokio::test]
async fn all_edits_of_an_issue_go_in_one_request() {
    let rig = jira().await;
    let body = json!({"update": {"labels": [{"remove": "p-low"}, {"add": "c-m"}, {"add": "p-high"}]}});
    Mock::given(method("PUT"))
        .and(path("/rest/api/2/issue/10002"))
        .and(body_json(body))
        .respond_with(ResponseTemplate::new(204))
        .mount(&rig.server)
        .await;
    let (result, notes) =
        write(&rig, vec![change("jira", "PAY-1", "10002", &["p-low"], &[("p-low", "p-high"), ("", "c-m")])]).await;
    result.expect("written");
    assert_eq!(notes, ["intend PAY-1", "done PAY-1"]);
    assert_eq!(puts(&rig).await, ["PUT /rest/api/2/issue/10002?notifyUsers=false"]);
}

#[tokio::test]
async fn a_refused_issue_is_named_in_jiras_words_and_the_others_are_done() {
    let rig = jira().await;
    put(&rig, "1", json(400, &json!({"errorMessages": [], "errors": {"labels": "Field 'labels' cannot be set."}})))
        .await;
    put(
        &rig,
        "2",
        json(
            404,
            &json!({"errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": {}}),
        ),
    )
    .await;
    put(&rig, "3", json(409, &json!({}))).await;
    put(&rig, "4", ResponseTemplate::new(204)).await;
    let (result, mut notes) = write(&rig, ["1", "2", "3", "4"].map(p1).to_vec()).await;
    result.expect("the batch went on");
    notes.sort();
    assert_eq!(notes[0], "done PAY-4");
    let refused: Vec<&String> = notes.iter().filter(|note| note.starts_with("refused PAY-")).collect();
    assert_eq!(refused.len(), 3, "{notes:?}");
    for (note, words) in refused.into_iter().zip([
        "400 labels: Field 'labels' cannot be set.",
        "404 Issue does not exist",
        "409 Conflict",
    ]) {
        assert!(note.contains(words), "{note}");
    }
}

#[tokio::test]
async fn a_burst_limit_is_waited_for_and_a_lost_answer_is_not_repeated() {
    let rig = jira_with(Policy { request_timeout: Duration::from_millis(100), ..policy() }, None).await;
    let limited =
        json(429, &json!({})).insert_header("retry-after", "0").insert_header("ratelimit-reason", "jira-burst-based");
    Mock::given(path("/rest/api/2/issue/1"))
        .respond_with(limited)
        .up_to_n_times(2)
        .with_priority(1)
        .mount(&rig.server)
        .await;
    put(&rig, "1", ResponseTemplate::new(204)).await;
    put(&rig, "2", ResponseTemplate::new(204).set_delay(Duration::from_secs(30))).await;
    let (result, mut notes) = write(&rig, vec![p1("1"), p1("2")]).await;
    result.expect("the batch went on");
    notes.sort();
    assert_eq!(notes[0], "done PAY-1");
    assert!(notes[3].starts_with("unknown PAY-2"), "{notes:?}");
    assert_eq!(puts(&rig).await.iter().filter(|asked| asked.contains("/2?")).count(), 1);
    assert_eq!(rig.tracker.requests().retries, 2);
}

#[tokio::test]
async fn a_limit_that_outlasts_the_patience_stops_the_batch_and_says_when_it_ends() {
    let rig = jira().await;
    let limited = json(429, &json!({}))
        .insert_header("retry-after", "3600")
        .insert_header("ratelimit-reason", "jira-quota-tenant-based");
    put(&rig, "1", limited).await;
    let (result, notes) = write(&rig, (0..40).map(|_| p1("1")).collect()).await;
    let trouble = result.expect_err("limited");
    assert_eq!(trouble.kind, TroubleKind::Limited);
    assert!(trouble.to_string().contains("the limit ends at 2"), "{trouble}");
    assert!(puts(&rig).await.len() <= 4 && notes.len() <= 8);
}

#[tokio::test]
async fn a_page_that_a_proxy_answers_a_write_with_leaves_open_whether_it_arrived() {
    let rig = jira().await;
    put(&rig, "1", ResponseTemplate::new(200).set_body_raw("<html>Please sign in</html>", "text/html")).await;
    put(&rig, "2", json(200, &json!({"id": "2", "key": "PAY-2"}))).await;
    let (result, notes) = write(&rig, vec![p1("1"), p1("2")]).await;
    result.expect("the batch goes on");
    let told = |start: &str| notes.iter().any(|note| note.starts_with(start));
    assert!(notes.len() == 4 && told("unknown PAY-1") && told("done PAY-2"), "{notes:?}");
}
