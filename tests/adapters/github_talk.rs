//! What others said on GitHub: read once, kept while nobody says more, never in more pages than are worth it.

use roadmapd::model::{Issue, Talk};
use serde_json::{Value, json};
use wiremock::matchers::{path, query_param, query_param_is_missing};
use wiremock::{Mock, Request};

use super::support::{DATE, Rig, Shelf, json, serve, with_rows};

const MORE: &str = "GET /repos/acme/api/issues/comments?sort=updated&direction=desc&per_page=100";

fn row(id: u64, comments: u32, updated: &str) -> Value {
    json!({"id": id, "number": id, "title": format!("issue {id}"), "state": "open", "labels": [], "comments": comments,
        "user": {"id": 5, "login": "dana", "type": "User"},
        "created_at": "2025-01-01T00:00:00Z", "updated_at": updated})
}

/// A comment on issue `on`, or on the pull request of that number.
fn said(id: u64, on: u64, by: u64, at: &str) -> Value {
    let (kind, account) = if on >= 1000 { ("pull", "User") } else { ("issues", if by == 99 { "Bot" } else { "User" }) };
    let page = format!("https://github.com/acme/api/{kind}/{on}#issuecomment-{id}");
    json!({"id": id, "node_id": "x", "url": "u", "html_url": page, "body": "the words of a customer",
        "issue_url": format!("https://api.github.com/repos/acme/api/issues/{on}"),
        "user": {"id": by, "login": format!("u{by}"), "type": account}, "created_at": at, "updated_at": at})
}

async fn first(rig: &Rig) -> (String, Vec<Issue>) {
    let (read, issues) = rig.poll(None, &Shelf::default()).await.expect("read");
    (read.memory, issues)
}

async fn about_comments(rig: &Rig) -> Vec<String> {
    rig.asked().await.into_iter().filter(|asked| asked.contains("/comments")).collect()
}

fn talk(days: &[&str], people: u32, unread: u32) -> Option<Talk> {
    Some(Talk { days: days.iter().map(|day| day.parse().expect("a day")).collect(), people, unread })
}

#[tokio::test]
async fn comments_of_the_author_and_of_bots_are_nobodys_and_no_word_of_any_is_kept() {
    let closed = json!({"id": 3, "number": 3, "state": "closed", "comments": 2,
        "created_at": "2025-01-01T00:00:00Z", "updated_at": "2026-01-04T00:00:00Z"});
    let rig = with_rows(&[row(1, 5, "2026-01-03T00:00:00Z"), row(2, 0, "2026-01-04T00:00:00Z"), closed]).await;
    let mut gone = said(15, 1, 8, "2025-12-01T23:00:00Z");
    gone["user"] = Value::Null;
    let all = json!([
        said(11, 1, 5, "2026-01-01T00:00:00Z"),
        said(12, 1, 6, "2026-01-02T00:00:00Z"),
        said(13, 1, 99, "2026-01-03T00:00:00Z"),
        said(14, 1, 6, "2026-01-03T00:00:00Z"),
        gone
    ]);
    serve(&rig, "/repos/acme/api/issues/1/comments", json(200, &all)).await;
    let (_, issues) = first(&rig).await;
    assert_eq!(issues[0].talk, talk(&["2026-01-03", "2026-01-02", "2025-12-01"], 2, 0));
    assert_eq!((&issues[1].talk, &issues[2].talk), (&talk(&[], 0, 0), &None));
    let kept = serde_json::to_string(&issues).expect("JSON");
    assert!(!kept.contains("customer"), "{kept}");
    assert_eq!(about_comments(&rig).await, ["GET /repos/acme/api/issues/1/comments?per_page=100"]);
}

#[tokio::test]
async fn a_changed_issue_costs_a_page_more_if_its_comments_changed_and_keeps_what_was_said_if_not() {
    let rig = with_rows(&[row(1, 1, "2026-01-03T00:00:00Z"), row(2, 1, "2026-01-03T00:00:00Z")]).await;
    for number in [1, 2] {
        let one = json!([said(10 + number, number, 6, "2026-01-03T00:00:00Z")]);
        serve(&rig, &format!("/repos/acme/api/issues/{number}/comments"), json(200, &one)).await;
    }
    let (memory, known) = first(&rig).await;
    let once = talk(&["2026-01-03"], 1, 0);
    assert_eq!((&known[0].talk, &known[1].talk), (&once, &once));
    rig.forget().await;
    let mut labelled = row(1, 1, "2026-01-05T00:00:00Z");
    labelled["labels"] = json!(["later"]);
    let rows = json!([row(2, 2, "2026-01-06T00:00:00Z"), labelled]);
    serve(&rig, "/repos/acme/api/issues", json(200, &rows)).await;
    let two = json!([said(12, 2, 6, "2026-01-03T00:00:00Z"), said(13, 2, 7, "2026-01-06T00:00:00Z")]);
    serve(&rig, "/repos/acme/api/issues/2/comments", json(200, &two)).await;
    let (_, changed) = rig.poll(Some(&memory), &Shelf::of(&known)).await.expect("read");
    assert_eq!(changed[0].talk, talk(&["2026-01-06", "2026-01-03"], 2, 0));
    assert_eq!((changed[1].labels.as_slice(), &changed[1].talk), (["later".to_owned()].as_slice(), &once));
    assert_eq!(rig.asked().await.len(), 2, "{:?}", rig.asked().await);
}

#[tokio::test]
async fn many_issues_are_read_out_of_the_repositorys_comments_without_those_of_pull_requests() {
    let rows: Vec<Value> = (1..=12).map(|id| row(id, if id == 12 { 3 } else { 1 }, "2026-01-03T00:00:00Z")).collect();
    let rig = with_rows(&rows).await;
    let mut newest: Vec<Value> = (1..=12).map(|id| said(100 + id, id, 6, "2026-01-03T00:00:00Z")).collect();
    newest.push(said(300, 1001, 6, "2026-01-03T00:00:00Z"));
    let next = "<https://api.github.com/repositories/1/issues/comments?page=2>; rel=\"next\"";
    serve(&rig, "/repos/acme/api/issues/comments", json(200, &json!(newest)).insert_header("link", next)).await;
    // The row that was last on the first page has moved on to the second.
    let older = json!([newest[11], said(50, 12, 7, "2025-02-01T00:00:00Z")]);
    serve(&rig, "/repositories/1/issues/comments", json(200, &older)).await;
    let (_, issues) = first(&rig).await;
    assert_eq!(issues.len(), 12);
    assert!(issues[..11].iter().all(|issue| issue.talk == talk(&["2026-01-03"], 1, 0)), "{issues:?}");
    // One of its three comments isn't told: it counts as one whose author isn't known.
    assert_eq!(issues[11].talk, talk(&["2026-01-03", "2025-02-01"], 2, 1));
    assert_eq!(about_comments(&rig).await, [MORE, "GET /repositories/1/issues/comments?page=2"]);
}

/// A hundred comments a page without end, each page a day older, the newest of `day` days before the server's today.
async fn endless(rig: &Rig, days_a_page: i64) {
    let answer = move |request: &Request| {
        let page = request.url.query_pairs().find(|(name, _)| name == "page");
        let page: i64 = page.and_then(|(_, page)| page.parse().ok()).unwrap_or(1);
        let at = "2026-02-01T00:00:00Z".parse::<roadmapd::model::Timestamp>().expect("a stamp");
        let at = at - jiff::SignedDuration::from_hours(24 * days_a_page * (page - 1));
        let rows: Vec<Value> = (0..100)
            .map(|n| said(u64::try_from(page * 100 + n).expect("small"), 500, 6, &at.to_string()))
            .chain((page == 1).then(|| said(7, 1, 6, &at.to_string())))
            .collect();
        let next = format!("<https://api.github.com/repos/acme/api/issues/comments?page={}>; rel=\"next\"", page + 1);
        json(200, &json!(rows)).insert_header("link", next).insert_header("date", DATE)
    };
    Mock::given(path("/repos/acme/api/issues/comments")).respond_with(answer).mount(&rig.server).await;
}

#[tokio::test]
async fn a_talkative_repository_is_read_a_quarter_back_at_most_and_what_was_not_read_is_unknown() {
    for (days_a_page, pages, known) in [(7, 40, true), (2, 47, true), (1, 60, false)] {
        let rows: Vec<Value> = (1..=12).map(|id| row(id, 2, "2026-01-03T00:00:00Z")).collect();
        let rig = with_rows(&rows).await;
        endless(&rig, days_a_page).await;
        let (_, issues) = first(&rig).await;
        assert_eq!(about_comments(&rig).await.len(), pages, "{days_a_page}");
        // Of the first one comment was read, of the others none: a quarter is known to be silent, less isn't.
        let expected = if known { (talk(&["2026-02-01"], 1, 1), talk(&[], 0, 2)) } else { (None, None) };
        assert_eq!((issues[0].talk.clone(), issues[11].talk.clone()), expected, "{days_a_page}");
    }
}

#[tokio::test]
async fn what_is_said_while_a_repository_is_listed_is_asked_for_by_itself() {
    let mut rows: Vec<Value> = (1..=11).map(|id| row(id, 1, "2026-01-03T00:00:00Z")).collect();
    rows.push(row(12, 2, "2026-02-02T00:00:05Z"));
    let rig = with_rows(&rows).await;
    let newest: Vec<Value> = (1..=12).map(|id| said(100 + id, id, 6, "2026-01-03T00:00:00Z")).collect();
    serve(&rig, "/repos/acme/api/issues/comments", json(200, &json!(newest))).await;
    let both = json!([newest[11], said(900, 12, 7, "2026-02-02T00:00:05Z")]);
    serve(&rig, "/repos/acme/api/issues/12/comments", json(200, &both)).await;
    let (_, issues) = first(&rig).await;
    assert_eq!(issues[11].talk, talk(&["2026-02-02", "2026-01-03"], 2, 0));
    assert_eq!(about_comments(&rig).await.len(), 2);
}

#[tokio::test]
async fn of_an_issue_with_hundreds_of_comments_the_last_quarter_is_read() {
    let rig = with_rows(&[row(1, 250, "2026-01-31T00:00:00Z")]).await;
    let place = "/repos/acme/api/issues/1/comments";
    let lately = json!([said(11, 1, 6, "2026-01-02T00:00:00Z"), said(12, 1, 7, "2026-01-31T00:00:00Z")]);
    Mock::given(path(place))
        .and(query_param("since", "2025-11-01T00:00:00Z"))
        .and(query_param("per_page", "100"))
        .and(query_param_is_missing("page"))
        .respond_with(json(200, &lately))
        .mount(&rig.server)
        .await;
    let (_, issues) = first(&rig).await;
    assert_eq!(issues[0].talk, talk(&["2026-01-31", "2026-01-02"], 2, 248));
}

#[tokio::test]
async fn comments_that_cannot_be_read_are_unknown_and_keep_nothing_else_from_being_read() {
    for status in [404, 410, 502] {
        let rig = with_rows(&[row(1, 4, "2026-01-03T00:00:00Z"), row(2, 0, "2026-01-04T00:00:00Z")]).await;
        serve(&rig, "/repos/acme/api/issues/1/comments", json(status, &json!({"message": "no"}))).await;
        serve(&rig, "/repos/acme/api/issues/1", json(200, &row(1, 4, "2026-01-03T00:00:00Z"))).await;
        let (memory, issues) = first(&rig).await;
        assert_eq!((issues.len(), issues[0].comments, &issues[0].talk), (2, 4, &None), "{status}");
        // It isn't asked again before it changes, or the next listing of everything comes.
        let asked = about_comments(&rig).await.len();
        rig.poll(Some(&memory), &Shelf::of(&issues)).await.expect("read");
        assert_eq!(about_comments(&rig).await.len(), asked, "{status}");
        rig.poll(None, &Shelf::of(&issues)).await.expect("read");
        assert!(about_comments(&rig).await.len() > asked, "{status}");
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_not_taken_for_one_where_nobody_speaks() {
    let rig = with_rows(&[row(1, 4, "2026-01-03T00:00:00Z")]).await;
    serve(&rig, "/repos/acme/api/issues/1/comments", json(502, &json!({}))).await;
    serve(&rig, "/repos/acme/api/issues/1", json(502, &json!({}))).await;
    assert!(rig.poll(None, &Shelf::default()).await.is_err());
}
