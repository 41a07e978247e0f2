//! GitHub, read: first contact, deltas, paging, relations, refusals.

use std::sync::Arc;

use roadmapd::model::{DueSource, Issue, RelationKind, Status, Tier, Turn};
use roadmapd::tracker::{Ask, Fetch, Found, TroubleKind};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path, path_regex, query_param, query_param_is_missing};
use wiremock::{Mock, ResponseTemplate};

use super::support::{Rig, Shelf, github, github_enterprise, json, recorded, silence};

const DATE: &str = "Mon, 02 Feb 2026 00:00:00 GMT";

async fn repository(rig: &Rig, private: bool) {
    let body = json!({"id": 1, "full_name": "acme/api", "private": private, "archived": false, "has_issues": true});
    Mock::given(method("GET")).and(below("/repos/acme/api")).respond_with(json(200, &body)).mount(&rig.server).await;
}

async fn issues(rig: &Rig, template: ResponseTemplate) {
    let template = template.insert_header("date", DATE);
    Mock::given(method("GET")).and(below("/repos/acme/api/issues")).respond_with(template).mount(&rig.server).await;
    silence(&rig.server).await;
}

/// This path, at the server itself or below an Enterprise server's.
fn below(path: &str) -> wiremock::matchers::PathRegexMatcher {
    path_regex(format!("^(/api/v3)?{path}$"))
}

async fn blockers(rig: &Rig, number: u64, template: ResponseTemplate) {
    let place = format!("/repos/acme/api/issues/{number}/dependencies/blocked_by");
    Mock::given(method("GET")).and(below(&place)).respond_with(template).mount(&rig.server).await;
}

fn row(id: u64, updated: &str) -> Value {
    json!({"id": id, "number": id, "title": format!("issue {id}"), "state": "open", "labels": [],
        "created_at": "2026-01-01T00:00:00Z", "updated_at": updated})
}

/// A first reading of the recorded sample.
async fn first(rig: &Rig) -> (String, Vec<Issue>) {
    repository(rig, true).await;
    issues(rig, json(200, &recorded("github_issues.json"))).await;
    let blocker = json!([{"id": 99, "number": 3, "state": "open", "repository_url": "https://api.github.com/repos/acme/other",
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}]);
    blockers(rig, 7, json(200, &blocker)).await;
    let (read, issues) = rig.poll(None, &Shelf::default()).await.expect("read");
    (read.memory, issues)
}

#[tokio::test]
async fn a_first_reading_maps_every_signal_and_leaves_pull_requests_out() {
    let rig = github().await;
    let (_, issues) = first(&rig).await;
    let keys: Vec<String> = issues.iter().map(|issue| issue.key.to_string()).collect();
    assert_eq!(keys, ["github:acme/api#7", "github:acme/api#8", "github:acme/api#10", "github:acme/api#11"]);
    let bug = &issues[0];
    assert_eq!((bug.id.id.as_str(), bug.author.as_ref(), bug.kind.as_deref()), ("1", None, Some("Bug")));
    assert_eq!(bug.labels, ["Bug", "customer"]);
    assert_eq!((bug.reactions, bug.comments, bug.blocker_count, bug.private), (5, 4, 1, true));
    assert_eq!(bug.due, Some(("2026-07-31".parse().expect("a day"), DueSource::Milestone)));
    assert_eq!(bug.assignees.len(), 1);
    let relations: Vec<(RelationKind, &str)> =
        bug.relations.iter().map(|relation| (relation.kind, relation.to.local.as_str())).collect();
    assert_eq!(relations, [(RelationKind::Parent, "acme/api#8"), (RelationKind::BlockedBy, "acme/other#3")]);
    assert_eq!((issues[1].tier, bug.tier), (Tier::Epic, Tier::Standard));
    assert_eq!((issues[1].text.open_tasks, issues[1].text.done_tasks), (1, 1));
    let statuses: Vec<Status> = issues.iter().map(|issue| issue.status).collect();
    assert_eq!(statuses, [Status::Todo, Status::Todo, Status::Dropped, Status::Done]);
    assert!(issues.iter().all(|issue| issue.reading.turn == Turn(2) && !issue.reading.by_id));
}

#[tokio::test]
async fn a_quiet_repository_costs_one_request_and_then_a_304() {
    let rig = github().await;
    let (memory, known) = first(&rig).await;
    rig.forget().await;
    // Newest change: the pull request's, 2026-01-05; the window reaches back a minute.
    let window = "2026-01-04T23:59:00Z";
    Mock::given(path("/repos/acme/api/issues"))
        .and(query_param("since", window))
        .and(header("if-none-match", "W/\"abc\""))
        .respond_with(ResponseTemplate::new(304))
        .with_priority(1)
        .mount(&rig.server)
        .await;
    let pull = recorded("github_issues.json")[2].clone();
    issues(&rig, json(200, &json!([pull])).insert_header("etag", "W/\"abc\"")).await;
    let shelf = Shelf::of(&known);
    let (second, sent) = rig.poll(Some(&memory), &shelf).await.expect("read");
    assert!(sent.is_empty());
    let (third, sent) = rig.poll(Some(&second.memory), &shelf).await.expect("read");
    assert!(sent.is_empty());
    assert_eq!(third.memory, second.memory);
    let url = format!("GET /repos/acme/api/issues?state=all&sort=updated&per_page=100&direction=desc&since={window}");
    assert_eq!(rig.asked().await, [url.clone(), url]);
}

#[tokio::test]
async fn pages_are_followed_by_path_and_query_on_our_own_host() {
    let rig = github().await;
    repository(&rig, false).await;
    Mock::given(path("/repos/acme/api/issues"))
        .and(query_param_is_missing("after"))
        .respond_with(json(200, &json!([row(1, "2026-01-02T00:00:00Z")])).insert_header(
            "link",
            "<https://api.github.com/repositories/1/issues?state=all&after=CUR%3D%3D>; rel=\"next\", <https://x/>; rel=\"prev\"",
        ))
        .mount(&rig.server)
        .await;
    Mock::given(path("/repositories/1/issues"))
        .and(query_param("after", "CUR=="))
        .and(header("authorization", format!("Bearer {}", super::support::TOKEN)))
        .respond_with(json(200, &json!([row(2, "2026-01-03T00:00:00Z")])))
        .mount(&rig.server)
        .await;
    let (_, issues) = rig.poll(None, &Shelf::default()).await.expect("read");
    assert_eq!(issues.len(), 2);
}

#[tokio::test]
async fn a_page_that_holds_nothing_new_ends_a_delta() {
    let rig = github().await;
    repository(&rig, false).await;
    let listed = json!([row(1, "2026-01-02T00:00:00Z"), row(2, "2026-01-03T00:00:00Z")]);
    issues(&rig, json(200, &listed)).await;
    let (read, known) = rig.poll(None, &Shelf::default()).await.expect("read");
    rig.forget().await;
    let next = "<https://api.github.com/repositories/1/issues?after=CUR>; rel=\"next\"";
    issues(&rig, json(200, &listed).insert_header("link", next)).await;
    let (_, sent) = rig.poll(Some(&read.memory), &Shelf::of(&known)).await.expect("read");
    assert!(sent.is_empty());
    assert_eq!(rig.asked().await.len(), 1);
}

#[tokio::test]
async fn a_change_within_the_same_second_is_not_lost() {
    let rig = github().await;
    repository(&rig, false).await;
    // Read half a second after the change: the stamp is as new as the reading itself.
    let listed = |title: &str| {
        let mut row = row(1, "2026-02-02T00:00:00Z");
        row["title"] = Value::String(title.to_owned());
        json(200, &json!([row]))
    };
    issues(&rig, listed("before")).await;
    let (read, known) = rig.poll(None, &Shelf::default()).await.expect("read");
    rig.forget().await;
    issues(&rig, listed("after")).await;
    let (_, sent) = rig.poll(Some(&read.memory), &Shelf::of(&known)).await.expect("read");
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].title, "after");
}

#[tokio::test]
async fn blockers_are_listed_again_only_when_their_count_changed_or_for_a_census() {
    let rig = github().await;
    let (memory, known) = first(&rig).await;
    let listing = "GET /repos/acme/api/issues/7/dependencies/blocked_by?per_page=100";
    rig.forget().await;
    let mut row = recorded("github_issues.json")[0].clone();
    row["updated_at"] = json!("2026-01-06T00:00:00Z");
    issues(&rig, json(200, &json!([row]))).await;
    let (_, sent) = rig.poll(Some(&memory), &Shelf::of(&known)).await.expect("read");
    assert_eq!(sent[0].relations, known[0].relations);
    assert!(!rig.asked().await.contains(&listing.to_owned()));
    row["issue_dependencies_summary"]["blocked_by"] = json!(2);
    rig.forget().await;
    repository(&rig, false).await;
    issues(&rig, json(200, &json!([row]))).await;
    blockers(&rig, 7, json(200, &json!([]))).await;
    let (_, sent) = rig.poll(Some(&memory), &Shelf::of(&known)).await.expect("read");
    assert_eq!(sent[0].relations.len(), 1, "only the parent is left");
    let census = Ask { memory: Some(memory), census: true, turn: Turn(4), ..Ask::default() };
    let (_, sent) = rig.ask(census, &Shelf::of(&sent)).await.expect("read");
    assert_eq!(sent.len(), 1, "a census sends what is known, too");
    assert_eq!(rig.asked().await.iter().filter(|asked| *asked == listing).count(), 2);
}

#[tokio::test]
async fn an_enterprise_server_without_dependencies_is_a_finding_and_is_not_asked_again() {
    let rig = github_enterprise().await;
    repository(&rig, false).await;
    issues(&rig, json(200, &recorded("github_issues.json"))).await;
    blockers(&rig, 7, json(404, &json!({"message": "Not Found"}))).await;
    let (read, issues_read) = rig.poll(None, &Shelf::default()).await.expect("read");
    assert_eq!(read.findings.len(), 1);
    assert!(read.findings[0].contains("acme/api") && read.findings[0].contains("dependencies"), "{:?}", read.findings);
    assert_eq!(issues_read.len(), 4);
    rig.forget().await;
    let mut row = recorded("github_issues.json")[0].clone();
    row["updated_at"] = json!("2026-01-06T00:00:00Z");
    row["issue_dependencies_summary"]["blocked_by"] = json!(5);
    issues(&rig, json(200, &json!([row]))).await;
    rig.poll(Some(&read.memory), &Shelf::of(&issues_read)).await.expect("read");
    assert_eq!(rig.asked().await.len(), 1);
}

/// Three issues that others block, the blockers of the first answered with this status.
async fn three_blocked(rig: &Rig, status: u16, updated: &str, count: u32) {
    repository(rig, false).await;
    let rows: Vec<Value> = (1..=3)
        .map(|id| {
            let mut row = row(id, updated);
            row["issue_dependencies_summary"] = json!({"blocked_by": count, "total_blocked_by": count});
            row
        })
        .collect();
    issues(rig, json(200, &json!(rows))).await;
    for number in 1..=3 {
        let listed: Vec<Value> = (0..count).map(|more| row(u64::from(90 + more), "2026-01-01T00:00:00Z")).collect();
        let answer = if status != 200 && number == 1 {
            json(status, &json!({"message": "Not Found"}))
        } else {
            json(200, &json!(listed))
        };
        blockers(rig, number, answer).await;
    }
}

fn blocker_counts(issues: &[Issue]) -> Vec<(usize, u32)> {
    let blocked = |issue: &Issue| issue.relations.iter().filter(|it| it.kind == RelationKind::BlockedBy).count();
    issues.iter().map(|issue| (blocked(issue), issue.blocker_count)).collect()
}

#[tokio::test]
async fn one_issue_whose_blockers_cannot_be_listed_keeps_those_known_and_no_other_issue_is_affected() {
    let rig = github().await;
    three_blocked(&rig, 200, "2026-01-01T00:00:00Z", 1).await;
    let (first, known) = rig.poll(None, &Shelf::default()).await.expect("read");
    assert_eq!((blocker_counts(&known), first.findings), (vec![(1, 1), (1, 1), (1, 1)], vec![]));
    for (census, status) in [(false, 404), (true, 404), (false, 502), (true, 500)] {
        rig.forget().await;
        three_blocked(&rig, status, "2026-02-01T00:00:00Z", 2).await;
        // The server is up: it answers for the issue itself.
        Mock::given(path("/repos/acme/api/issues/1")).respond_with(json(200, &row(1, "x"))).mount(&rig.server).await;
        let ask = Ask { memory: Some(first.memory.clone()), turn: Turn(3), census, ..Ask::default() };
        let (read, issues) = rig.ask(ask, &Shelf::of(&known)).await.expect("read");
        assert_eq!(blocker_counts(&issues), [(1, 1), (2, 2), (2, 2)], "census: {census}");
        let told = &read.findings;
        assert!(
            told.len() == 1 && told[0].contains("github:acme/api#1:") && told[0].contains("can't be listed"),
            "{told:?}"
        );
        // It is asked for again at its next change, also where the count is the one that was known; then it is settled.
        for count in [2, 1] {
            rig.forget().await;
            three_blocked(&rig, 200, "2026-03-01T00:00:00Z", count).await;
            let (later, issues) = rig.poll(Some(&read.memory), &Shelf::of(&issues)).await.expect("read");
            assert_eq!(blocker_counts(&issues)[0], (count as usize, count));
            let asked = rig.asked().await;
            assert!(asked.iter().any(|asked| asked.contains("/1/dependencies/blocked_by")), "{asked:?}");
            assert_eq!(later.findings, Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn a_server_that_fails_for_the_blockers_and_for_the_issue_is_down() {
    let rig = github().await;
    three_blocked(&rig, 503, "2026-02-01T00:00:00Z", 1).await;
    Mock::given(path("/repos/acme/api/issues/1")).respond_with(json(503, &json!({}))).mount(&rig.server).await;
    let trouble = rig.poll(None, &Shelf::default()).await.expect_err("it is down");
    assert_eq!(trouble.kind, TroubleKind::Unavailable);
}

#[tokio::test]
async fn an_issue_read_by_id_whose_blockers_answer_404_keeps_those_known() {
    let rig = github().await;
    three_blocked(&rig, 200, "2026-01-01T00:00:00Z", 1).await;
    let (_, known) = rig.poll(None, &Shelf::default()).await.expect("read");
    rig.forget().await;
    three_blocked(&rig, 404, "2026-02-01T00:00:00Z", 2).await;
    let mut changed = row(1, "2026-02-01T00:00:00Z");
    changed["issue_dependencies_summary"] = json!({"blocked_by": 2, "total_blocked_by": 2});
    Mock::given(path("/repos/acme/api/issues/1")).respond_with(json(200, &changed)).mount(&rig.server).await;
    let found = rig.tracker.by_id(vec![Arc::new(known[0].clone())], Turn(3)).await.expect("read");
    let [Found::Here(issue)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(blocker_counts(std::slice::from_ref(issue)), [(1, 1)]);
}

#[tokio::test]
async fn a_redirect_that_names_no_repository_is_said_and_not_followed() {
    for place in ["/elsewhere", "https://elsewhere.example/api/v3/repos/acme/api", "/repositories/x"] {
        let rig = github().await;
        Mock::given(path("/repos/acme/api"))
            .respond_with(json(301, &json!({"message": "Moved Permanently"})).insert_header("location", place))
            .mount(&rig.server)
            .await;
        let trouble = rig.poll(None, &Shelf::default()).await.expect_err("moved");
        assert_eq!(trouble.kind, TroubleKind::Moved);
        assert!(trouble.what.contains(place) && trouble.what.contains("301"), "{trouble}");
        assert_eq!(rig.asked().await, ["GET /repos/acme/api"]);
    }
}

#[tokio::test]
async fn a_refused_list_is_a_trouble_that_names_status_and_next_step() {
    let html = ResponseTemplate::new(200).set_body_raw("<html>Sign in, secret words</html>", "text/html");
    let cut = ResponseTemplate::new(200).set_body_raw("[{\"id\": 1, \"title\": \"secret words", "application/json");
    let cases = [
        (json(401, &json!({"message": "Bad credentials"})), TroubleKind::Unauthorized, "401 Bad credentials"),
        (
            json(403, &json!({"message": "Resource not accessible by integration"})),
            TroubleKind::Forbidden,
            "403 Resource",
        ),
        (json(404, &json!({"message": "Not Found"})), TroubleKind::Missing, "404 Not Found"),
        (json(410, &json!({"message": "Issues are disabled for this repo"})), TroubleKind::Missing, "410 Issues"),
        (html, TroubleKind::Garbled, "HTML instead of JSON (text/html"),
        (cut, TroubleKind::Garbled, "JSON that breaks off"),
        (json(200, &json!({"rows": []})), TroubleKind::Garbled, "another shape"),
    ];
    for (template, kind, words) in cases {
        let rig = github().await;
        repository(&rig, false).await;
        issues(&rig, template).await;
        let trouble = rig.poll(None, &Shelf::default()).await.expect_err(words);
        let said = trouble.to_string();
        assert_eq!(trouble.kind, kind, "{said}");
        assert!(said.starts_with("github: GET /repos/acme/api/issues answered ") && said.contains(words), "{said}");
        assert!(!said.contains("secret words"), "{said}");
        assert!(!trouble.next.is_empty());
        assert_eq!(rig.asked().await.len(), 2, "none of these is tried again: {said}");
    }
}

#[tokio::test]
async fn a_list_that_names_the_same_next_page_again_is_given_up() {
    let rig = github().await;
    repository(&rig, false).await;
    let next = "<https://api.github.com/repos/acme/api/issues?after=SAME>; rel=\"next\"";
    issues(&rig, json(200, &json!([row(1, "2026-01-02T00:00:00Z")])).insert_header("link", next)).await;
    let trouble = rig.poll(None, &Shelf::default()).await.expect_err("endless");
    assert_eq!(trouble.kind, TroubleKind::Garbled);
    assert_eq!(rig.asked().await.len(), 3);
}

#[tokio::test]
async fn what_became_of_an_issue_is_told_by_how_its_place_answers() {
    let rig = github().await;
    let (_, known) = first(&rig).await;
    rig.forget().await;
    repository(&rig, true).await;
    let answers = [
        (7, json(200, &recorded("github_issues.json")[0])),
        (8, json(404, &json!({"message": "Not Found"}))),
        (10, json(410, &json!({"message": "This issue was deleted"}))),
        (11, json(200, &row(4711, "2026-01-02T00:00:00Z"))),
    ];
    for (number, template) in answers {
        let place = format!("/repos/acme/api/issues/{number}");
        Mock::given(method("GET")).and(path(place)).respond_with(template).mount(&rig.server).await;
    }
    let known: Vec<Arc<Issue>> = known.into_iter().map(Arc::new).collect();
    let found = rig.tracker.by_id(known.clone(), Turn(9)).await.expect("read");
    let kinds: Vec<String> = found
        .iter()
        .map(|found| match found {
            Found::Here(issue) => format!("here {}", issue.key.local),
            Found::Deleted(id) => format!("deleted {}", id.id),
            Found::Hidden(id) => format!("hidden {}", id.id),
            Found::Moved { .. } => "moved".to_owned(),
        })
        .collect();
    assert_eq!(kinds, ["here acme/api#7", "hidden 2", "deleted 4", "hidden 5"]);
    let read: Vec<Issue> = found.into_iter().filter_map(Found::here).collect();
    assert!(read[0].reading.by_id && read[0].reading.turn == Turn(9) && read[0].private);
    assert_eq!(read[0].relations, known[0].relations);
    assert_eq!(rig.asked().await.len(), 5, "four issues, and once whether the repository can be seen");
}

#[tokio::test]
async fn nothing_is_said_of_issues_whose_repository_cannot_be_seen_and_switched_off_is_not_deleted() {
    let hidden = json(404, &json!({"message": "Not Found"}));
    let switched_off = json(200, &json!({"id": 1, "full_name": "acme/api", "has_issues": false}));
    for (about, status, kind) in [(hidden, 404, Some(TroubleKind::Missing)), (switched_off, 410, None)] {
        let rig = github().await;
        let (_, known) = first(&rig).await;
        rig.forget().await;
        Mock::given(path("/repos/acme/api")).respond_with(about).mount(&rig.server).await;
        let gone = json(status, &json!({"message": "gone"}));
        Mock::given(path("/repos/acme/api/issues/7")).respond_with(gone).mount(&rig.server).await;
        let found = rig.tracker.by_id(vec![Arc::new(known[0].clone())], Turn(9)).await;
        assert_eq!(found.as_ref().err().map(|trouble| trouble.kind), kind, "{found:?}");
        assert!(found.is_err() || found == Ok(vec![Found::Hidden(known[0].id.clone())]));
    }
}
