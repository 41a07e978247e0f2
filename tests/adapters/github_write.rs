//! GitHub, write: the catalogue, labels by add and remove, answers compared with intents, refusals one by one.

use std::collections::BTreeMap;
use std::time::Duration;

use roadmapd::model::{ContainerKey, TrackerName};
use roadmapd::tracker::{LabelSpec, TroubleKind, Write};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, ResponseTemplate};

use super::support::{Notes, Rig, change, github, github_with, json, policy};

fn labels(names: &[&str]) -> ResponseTemplate {
    json(200, &Value::from_iter(names.iter().map(|name| json!({"id": 1, "name": name, "color": "ededed"}))))
}

async fn on(rig: &Rig, verb: &str, place: &str, template: ResponseTemplate) {
    Mock::given(method(verb)).and(path(place)).respond_with(template).mount(&rig.server).await;
}

async fn write(
    rig: &Rig,
    changes: Vec<roadmapd::plan::Change>,
) -> (Result<(), roadmapd::tracker::Trouble>, Vec<String>) {
    let notes = Notes::default();
    let result = rig.tracker.write(changes, &notes, &CancellationToken::new()).await;
    (result, notes.all())
}

#[tokio::test]
async fn labels_are_added_in_one_request_and_removed_one_by_one() {
    let rig = github().await;
    Mock::given(method("POST"))
        .and(path("/repos/acme/api/issues/7/labels"))
        .and(body_json(json!({"labels": ["complexity/m", "priority/p1"]})))
        .respond_with(labels(&["Bug", "complexity/m", "priority/p1", "priority/p 2"]))
        .mount(&rig.server)
        .await;
    on(
        &rig,
        "DELETE",
        "/repos/acme/api/issues/7/labels/priority%2Fp%202",
        labels(&["Bug", "complexity/m", "priority/p1"]),
    )
    .await;
    let edits = [("priority/p 2", "priority/p1"), ("", "complexity/m"), ("", "bug")];
    let (result, notes) =
        write(&rig, vec![change("github", "acme/api#7", "1", &["Bug", "priority/p 2"], &edits)]).await;
    result.expect("written");
    assert_eq!(notes, ["intend acme/api#7", "done acme/api#7"]);
    assert_eq!(rig.asked().await.len(), 2, "what is there already, in whatever case, isn't sent");
}

#[tokio::test]
async fn a_label_that_somebody_took_off_already_is_gone_all_the_same() {
    let rig = github().await;
    on(
        &rig,
        "DELETE",
        "/repos/acme/api/issues/7/labels/roadmapd%3Aauto",
        json(404, &json!({"message": "Label does not exist"})),
    )
    .await;
    let (result, notes) =
        write(&rig, vec![change("github", "acme/api#7", "1", &["roadmapd:auto"], &[("roadmapd:auto", "")])]).await;
    result.expect("written");
    assert_eq!(notes, ["intend acme/api#7", "done acme/api#7"]);
}

#[tokio::test]
async fn a_label_of_an_issue_that_is_out_of_sight_is_not_taken_for_gone() {
    let rig = github().await;
    for (verb, place) in [("DELETE", "labels/roadmapd%3Aauto"), ("GET", "labels")] {
        let gone = json(404, &json!({"message": "Not Found"}));
        on(&rig, verb, &format!("/repos/acme/api/issues/7/{place}"), gone).await;
    }
    let (result, notes) =
        write(&rig, vec![change("github", "acme/api#7", "1", &["roadmapd:auto"], &[("roadmapd:auto", "")])]).await;
    result.expect("the batch went on");
    assert!(notes[1].starts_with("refused acme/api#7") && notes[1].contains("404"), "{notes:?}");
}

#[tokio::test]
async fn an_answer_that_lacks_what_was_written_isnt_taken_for_done() {
    let rig = github().await;
    on(&rig, "POST", "/repos/acme/api/issues/7/labels", labels(&["Bug"])).await;
    let (result, notes) = write(&rig, vec![change("github", "acme/api#7", "1", &[], &[("", "priority/p1")])]).await;
    result.expect("the batch went on");
    assert!(notes[1].starts_with("unknown acme/api#7") && notes[1].contains("\"priority/p1\""), "{notes:?}");
}

#[tokio::test]
async fn one_issue_that_cant_be_written_is_named_and_the_others_are_done() {
    let rig = github().await;
    let full = json!({"message": "Validation Failed", "errors": [{"resource": "Issue", "code": "unprocessable", "field": "labels",
        "message": "Issues cannot have more than 100 labels"}]});
    on(&rig, "POST", "/repos/acme/api/issues/1/labels", json(422, &full)).await;
    let archived = json!({"message": "Repository was archived so is read-only."});
    on(&rig, "POST", "/repos/acme/api/issues/2/labels", json(403, &archived)).await;
    on(&rig, "POST", "/repos/acme/api/issues/3/labels", json(410, &json!({"message": "This issue was deleted"}))).await;
    on(
        &rig,
        "POST",
        "/repos/acme/api/issues/4/labels",
        json(307, &json!({"message": "Moved"})).insert_header("location", "https://x/y"),
    )
    .await;
    on(&rig, "POST", "/repos/acme/api/issues/5/labels", labels(&["priority/p1"])).await;
    let changes =
        (1..=5).map(|n| change("github", &format!("acme/api#{n}"), &n.to_string(), &[], &[("", "priority/p1")]));
    let (result, mut notes) = write(&rig, changes.collect()).await;
    result.expect("the batch went on");
    notes.sort();
    let notes: Vec<&String> = notes.iter().filter(|note| !note.starts_with("intend")).collect();
    assert_eq!(notes.len(), 5);
    assert_eq!(notes[0], "done acme/api#5");
    for (note, words) in notes[1..].iter().zip([
        "100 labels; take a label off",
        "archived so is read-only.; unarchive",
        "410 This issue",
        "307 Moved: it lives at https://x/y",
    ]) {
        assert!(note.starts_with("refused ") && note.contains(words), "{note}");
    }
    assert_eq!(rig.asked().await.len(), 5);
}

#[tokio::test]
async fn half_a_change_is_an_unknown_one() {
    let rig = github().await;
    on(&rig, "POST", "/repos/acme/api/issues/7/labels", labels(&["priority/p1", "priority/p2"])).await;
    on(&rig, "DELETE", "/repos/acme/api/issues/7/labels/priority%2Fp2", json(403, &json!({"message": "No"}))).await;
    let (result, notes) =
        write(&rig, vec![change("github", "acme/api#7", "1", &["priority/p2"], &[("priority/p2", "priority/p1")])])
            .await;
    result.expect("the batch went on");
    assert!(notes[1].starts_with("unknown acme/api#7") && notes[1].contains("403 No"), "{notes:?}");
}

#[tokio::test]
async fn a_write_whose_answer_never_came_is_not_repeated() {
    let rig = github_with(roadmapd::tracker::Policy { request_timeout: Duration::from_millis(50), ..policy() }).await;
    on(&rig, "POST", "/repos/acme/api/issues/7/labels", labels(&[]).set_delay(Duration::from_secs(30))).await;
    for status in [408, 500, 502, 504, 524] {
        on(&rig, "POST", &format!("/repos/acme/api/issues/{status}/labels"), json(status, &json!({}))).await;
    }
    let later = json(503, &json!({})).insert_header("retry-after", "0");
    on(&rig, "POST", "/repos/acme/api/issues/503/labels", later).await;
    let numbers = [7, 408, 500, 502, 503, 504, 524];
    for n in numbers {
        let one = change("github", &format!("acme/api#{n}"), &n.to_string(), &[], &[("", "priority/p1")]);
        let (_, notes) = write(&rig, vec![one]).await;
        assert!(notes[1].starts_with("unknown ") && notes[1].contains("may or may not have arrived"), "{notes:?}");
    }
    assert_eq!(rig.asked().await.len(), numbers.len());
}

#[tokio::test]
async fn a_tracker_that_loses_one_write_after_the_other_is_left_alone() {
    let rig = github().await;
    let lost = json(502, &json!({}));
    Mock::given(method("POST")).respond_with(lost).mount(&rig.server).await;
    let changes =
        (1..=40).map(|n| change("github", &format!("acme/api#{n}"), &n.to_string(), &[], &[("", "priority/p1")]));
    let (result, notes) = write(&rig, changes.collect()).await;
    assert_eq!(result.expect_err("stopped").kind, TroubleKind::Unavailable);
    assert!(notes.iter().filter(|note| note.starts_with("unknown")).count() <= 7, "{notes:?}");
}

#[tokio::test]
async fn a_write_that_was_turned_away_by_a_limit_is_sent_again() {
    let rig = github().await;
    let limited =
        json(403, &json!({"message": "You have exceeded a secondary rate limit."})).insert_header("retry-after", "0");
    Mock::given(method("POST")).respond_with(limited).up_to_n_times(1).with_priority(1).mount(&rig.server).await;
    on(&rig, "POST", "/repos/acme/api/issues/7/labels", labels(&["priority/p1"])).await;
    let (result, notes) = write(&rig, vec![change("github", "acme/api#7", "1", &[], &[("", "priority/p1")])]).await;
    result.expect("written");
    assert_eq!(notes, ["intend acme/api#7", "done acme/api#7"]);
    let requests = roadmapd::tracker::Fetch::requests(&rig.tracker);
    assert_eq!((requests.reads, requests.writes, requests.retries), (0, 2, 1));
}

#[tokio::test]
async fn refused_credentials_stop_the_batch() {
    let rig = github().await;
    on(&rig, "POST", "/repos/acme/api/issues/1/labels", json(401, &json!({"message": "Bad credentials"}))).await;
    let changes = (1..=40).map(|_| change("github", "acme/api#1", "1", &[], &[("", "priority/p1")]));
    let (result, notes) = write(&rig, changes.collect()).await;
    assert_eq!(result.expect_err("stopped").kind, TroubleKind::Unauthorized);
    assert!(rig.asked().await.len() <= 4, "only what was in hand");
    assert!(notes.iter().filter(|note| note.starts_with("failed")).count() <= 4);
}

#[tokio::test]
async fn nothing_is_tried_after_a_stop() {
    let rig = github().await;
    let stop = CancellationToken::new();
    stop.cancel();
    let notes = Notes::default();
    let changes = vec![change("github", "acme/api#1", "1", &[], &[("", "priority/p1")])];
    rig.tracker.write(changes, &notes, &stop).await.expect("nothing to do");
    assert!(notes.all().is_empty() && rig.asked().await.is_empty());
}

#[tokio::test]
async fn missing_labels_are_made_up_once_with_colour_and_description() {
    let rig = github().await;
    on(&rig, "GET", "/repos/acme/api", json(200, &json!({"id": 1}))).await;
    on(&rig, "GET", "/repos/acme/api/labels", labels(&["Priority/P1"])).await;
    let exists = json!({"message": "Validation Failed", "errors": [{"resource": "Label", "code": "already_exists", "field": "name"}]});
    Mock::given(method("POST"))
        .and(path("/repos/acme/api/labels"))
        .and(body_json(json!({"name": "priority/p2", "color": "fbca04", "description": "soon"})))
        .respond_with(json(422, &exists))
        .expect(1)
        .mount(&rig.server)
        .await;
    let spec =
        |name: &str| LabelSpec { name: name.to_owned(), color: "fbca04".to_owned(), description: "soon".to_owned() };
    let container = ContainerKey::new(&TrackerName::new("github"), "acme/api");
    let catalogue = BTreeMap::from([(container, vec![spec("priority/p1"), spec("priority/p2")])]);
    for _ in 0..2 {
        assert_eq!(rig.tracker.prepare(catalogue.clone()).await.expect("prepared"), BTreeMap::new());
    }
    let look = "GET /repos/acme/api";
    let asked = rig.asked().await;
    assert_eq!(asked, [look, "GET /repos/acme/api/labels?per_page=100", "POST /repos/acme/api/labels", look]);
}

#[tokio::test]
async fn a_repository_that_takes_no_writes_is_named_and_the_others_are_prepared() {
    let rig = github().await;
    let archived = json!({"id": 1, "archived": true});
    on(&rig, "GET", "/repos/acme/old", json(200, &archived)).await;
    on(&rig, "GET", "/repos/acme/api", json(200, &json!({"id": 2}))).await;
    on(&rig, "GET", "/repos/acme/api/labels", labels(&["priority/p1"])).await;
    let spec = LabelSpec { name: "priority/p1".to_owned(), color: "fbca04".to_owned(), description: String::new() };
    let container = |name: &str| ContainerKey::new(&TrackerName::new("github"), name);
    let catalogue = ["acme/old", "acme/api"].map(|name| (container(name), vec![spec.clone()]));
    let refused = rig.tracker.prepare(BTreeMap::from(catalogue)).await.expect("prepared");
    assert_eq!(refused.keys().collect::<Vec<_>>(), [&container("acme/old")]);
    assert!(refused.values().all(|trouble| trouble.to_string().contains("archived")), "{refused:?}");
}
