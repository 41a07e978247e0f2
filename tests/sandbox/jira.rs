//! The Jira Cloud: JQL, tokens, edits, changelogs, the anonymous trap, refusals.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use roadmapd::sandbox::{Clock, Corpus, Options, Tracker, Zone};
use serde_json::{Value, json};

use super::{Bed, Got, fixed, plain, read};

fn keys(got: &Got) -> Vec<&str> {
    got.body["issues"].as_array().into_iter().flatten().filter_map(|row| row["key"].as_str()).collect()
}

fn asked(jql: &str) -> Value {
    json!({"jql": jql, "fields": ["summary", "labels"]})
}

#[tokio::test]
async fn a_search_is_read_to_its_end_by_its_tokens() {
    let bed = Bed::new(plain(250), Options { clock: fixed(), ..Options::default() }).await;
    let (mut found, mut token) = (Vec::new(), None::<String>);
    loop {
        let mut body =
            json!({"jql": "project = PAY ORDER BY updated ASC, key ASC", "fields": ["summary"], "maxResults": 5000});
        if let Some(token) = &token {
            body["nextPageToken"] = json!(token);
        }
        let got = bed.search(body).await;
        assert_eq!(got.body.get("total"), None);
        found.extend(keys(&got).into_iter().map(str::to_owned));
        token = got.body["nextPageToken"].as_str().map(str::to_owned);
        assert_eq!(got.body["isLast"], json!(token.is_none()));
        if token.is_none() {
            break;
        }
    }
    assert_eq!(found, (1..=250).map(|n| format!("PAY-{n}")).collect::<Vec<_>>());
    let ids = bed.search(json!({"jql": "project = PAY", "maxResults": 5000})).await;
    assert_eq!(ids.body["issues"].as_array().map(Vec::len), Some(250));
    assert_eq!(
        ids.body["issues"][0].as_object().map(|row| row.keys().cloned().collect::<Vec<_>>()),
        Some(vec!["id".to_owned()])
    );
}

#[tokio::test]
async fn the_forms_of_jql_that_are_known_find_what_they_say() {
    let bed = Bed::shipped().await;
    for (jql, wanted) in [
        ("project in (PAY, \"CORE\") AND statusCategory = Done", vec!["CORE-5"]),
        ("key in (PAY-2, core-3) order by key asc", vec!["CORE-3", "PAY-2"]),
        ("project = PAY and labels = LEDGER order by key", vec!["PAY-4", "PAY-5"]),
        ("labels in (audit, \"2027-plan\") order by key desc", vec!["PAY-1", "CORE-4"]),
        ("project = CORE AND (labels = audit OR statusCategory = Done) AND NOT key = CORE-5", vec!["CORE-4"]),
        ("labels != security AND project = CORE ORDER BY key", vec!["CORE-5", "CORE-6"]),
        ("parent = PAY-1 ORDER BY key", vec!["PAY-2", "PAY-3"]),
    ] {
        let got = bed.search(asked(jql)).await;
        assert_eq!(got.status, StatusCode::OK, "{jql}: {}", got.body);
        assert_eq!(keys(&got), wanted, "{jql}");
    }
}

#[tokio::test]
async fn moments_in_jql_are_milliseconds_periods_or_the_users_own_minutes() {
    let zone = Zone { name: "Europe/Istanbul".to_owned(), offset_min: 180 };
    let clock = Clock::frozen("2026-11-24T12:00:00Z".parse().expect("a stamp"));
    let bed = Bed::new(plain(3), Options { clock, jira_zone: zone, ..Options::default() }).await;
    let day_ago = "2026-11-23T12:00:00Z".parse::<jiff::Timestamp>().expect("a stamp").as_millisecond();
    for (jql, wanted) in [
        (format!("project = PAY AND updated >= {}", day_ago), 1),
        (format!("project = PAY AND updated >= {}", day_ago + 1), 0),
        ("updated >= \"-2880m\"".to_owned(), 2),
        ("updated >= \"2026-11-22 15:00\"".to_owned(), 2),
        ("updated >= \"2026-11-22 15:01\"".to_owned(), 1),
    ] {
        let got = bed.search(asked(&jql)).await;
        assert_eq!(keys(&got).len(), wanted, "{jql}: {}", got.body);
    }
    let row = bed.search(json!({"jql": "key = PAY-3", "fields": ["updated"]})).await;
    assert_eq!(row.body["issues"][0]["fields"]["updated"], "2026-11-23T15:00:00.000+0300");
}

#[tokio::test]
async fn what_jql_does_not_know_it_names() {
    let bed = Bed::shipped().await;
    for (jql, named) in [
        ("", "Unbounded"),
        ("ORDER BY updated", "Unbounded"),
        ("project = NOPE", "'NOPE'"),
        ("sprint = 3", "'sprint'"),
        ("project = PAY updated", "'updated'"),
        ("project ~ PAY", "'~'"),
        ("project = \"PAY", "quoted string"),
        ("key in (PAY-999)", "'PAY-999'"),
        ("updated >= yesterday", "'yesterday'"),
    ] {
        let got = bed.search(asked(jql)).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{jql}");
        assert!(got.body["errorMessages"][0].as_str().is_some_and(|text| text.contains(named)), "{jql}: {}", got.body);
    }
    let old = read(bed.jira(Method::GET, "/search?jql=project=PAY")).await;
    assert_eq!(old.status, StatusCode::GONE);
    assert!(old.body["errorMessages"][0].as_str().is_some_and(|text| text.contains("CHANGE-2046")));
    assert_eq!(read(bed.jira(Method::GET, "/dashboard")).await.status, StatusCode::NOT_IMPLEMENTED);
}

#[tokio::test]
async fn wrong_credentials_find_nothing_and_say_so_only_in_a_header() {
    let bed = Bed::shipped().await;
    let ask = |method, path: &str| {
        bed.client
            .request(method, format!("{}/rest/api/3{path}", bed.running.jira_url()))
            .basic_auth("bot@acme.example", Some("wrong"))
    };
    assert_eq!(read(ask(Method::GET, "/myself")).await.status, StatusCode::UNAUTHORIZED);
    let got = read(ask(Method::POST, "/search/jql").json(&asked("project = PAY"))).await;
    assert_eq!((got.status, got.header("x-seraph-loginreason")), (StatusCode::OK, "AUTHENTICATED_FAILED"));
    assert_eq!(got.body, json!({"issues": [], "isLast": true}));
    assert_eq!(read(ask(Method::GET, "/serverInfo")).await.status, StatusCode::OK);
    assert_eq!(read(ask(Method::PUT, "/issue/PAY-2").json(&json!({"fields": {}}))).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_edit_changes_what_it_names_once_and_is_in_the_changelog() {
    let bed = Bed::shipped().await;
    let body = json!({"update": {"labels": [{"add": "priority/p1"}, {"remove": "ledger"}]}, "fields": {"priority": {"id": "2"}, "customfield_10028": 8}});
    let got = bed.put("PAY-4?notifyUsers=false", body.clone()).await;
    assert_eq!((got.status, got.body), (StatusCode::NO_CONTENT, Value::Null));
    let facts = bed.running.facts("PAY-4").expect("an issue");
    assert_eq!(
        (facts.labels.as_slice(), facts.priority.as_deref()),
        (["priority/p1".to_owned()].as_slice(), Some("High"))
    );
    assert_eq!(facts.numbers.get("customfield_10028"), Some(&8.0));
    assert_eq!(bed.put("PAY-4", body).await.status, StatusCode::NO_CONTENT);
    assert_eq!(bed.running.facts("PAY-4").expect("an issue").updated, facts.updated, "a no-op moves nothing");
    let log = read(bed.jira(Method::GET, "/issue/PAY-4/changelog")).await.body;
    assert_eq!(log["total"], 1);
    assert_eq!(log["values"][0]["author"]["emailAddress"], "bot@acme.example");
    let items = log["values"][0]["items"].as_array().expect("items");
    assert_eq!(
        (items.len(), &items[0]["fromString"], &items[0]["toString"]),
        (3, &json!("ledger"), &json!("priority/p1"))
    );
    bed.running.by("emre").set_priority("PAY-4", "Low").expect("an issue");
    let bulk = read(
        bed.jira(Method::POST, "/changelog/bulkfetch")
            .json(&json!({"issueIdsOrKeys": ["PAY-4"], "fieldIds": ["priority"]})),
    )
    .await;
    let histories = bulk.body["issueChangeLogs"][0]["changeHistories"].as_array().expect("histories").clone();
    assert_eq!((histories.len(), &histories[1]["author"]["displayName"]), (2, &json!("Emre Aydin")));
}

#[tokio::test]
async fn an_edit_that_jira_refuses_changes_nothing() {
    let bed = Bed::new(
        Corpus {
            projects: Corpus::shipped()
                .projects
                .into_iter()
                .map(|p| roadmapd::sandbox::ProjectSeed { priority_hidden: true, ..p })
                .collect(),
            ..Corpus::default()
        },
        Options { clock: fixed(), ..Options::default() },
    )
    .await;
    for (body, field, sentence) in [
        (
            json!({"update": {"labels": [{"add": "ok"}, {"add": "a b"}]}}),
            "labels",
            "The label 'a b' contains spaces which is invalid.",
        ),
        (json!({"update": {"labels": [{"add": "x".repeat(256)}]}}), "labels", "255 characters"),
        (json!({"fields": {"labels": ["x"]}, "update": {"labels": [{"add": "y"}]}}), "labels", "both"),
        (json!({"fields": {"priority": {"id": "1"}}}), "priority", "It is not on the appropriate screen, or unknown."),
        (json!({"fields": {"customfield_10028": "five"}}), "customfield_10028", "number"),
    ] {
        let got = bed.put("PAY-4", body).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST);
        assert!(got.body["errors"][field].as_str().is_some_and(|text| text.contains(sentence)), "{}", got.body);
    }
    assert_eq!(bed.running.labels_of("PAY-4").expect("an issue"), ["ledger"]);
    assert!(bed.running.log().is_empty());
    assert_eq!(bed.running.write_count(Tracker::Jira), 5);
}

#[tokio::test]
async fn links_are_seen_from_both_sides_and_moved_keys_resolve() {
    let bed = Bed::shipped().await;
    let bulk = read(
        bed.jira(Method::POST, "/issue/bulkfetch")
            .json(&json!({"issueIdsOrKeys": ["PAY-5", "PAY-4", "PAY-999"], "fields": ["issuelinks", "summary"]})),
    )
    .await;
    let issues = bulk.body["issues"].as_array().expect("issues");
    assert_eq!(issues.len(), 2);
    assert_eq!(issues[0]["fields"]["issuelinks"][0]["inwardIssue"]["key"], "PAY-5");
    assert_eq!(issues[1]["fields"]["issuelinks"][0]["outwardIssue"]["key"], "PAY-4");
    let new = bed.running.move_issue("PAY-5", "CORE").expect("an issue");
    let old = read(bed.jira(Method::GET, "/issue/pay-5")).await;
    assert_eq!((old.status, old.body["key"].as_str()), (StatusCode::OK, Some(new.as_str())));
    assert_eq!(old.body["fields"]["description"]["type"], "doc");
    bed.running.delete("PAY-4").expect("an issue");
    assert_eq!(read(bed.jira(Method::GET, "/issue/PAY-4")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_lagging_index_shows_a_write_late_unless_asked_to_reconcile() {
    let clock = Clock::frozen("2026-11-24T12:00:00Z".parse().expect("a stamp"));
    let bed = Bed::new(Corpus::shipped(), Options { clock, search_lag_ms: 5000, ..Options::default() }).await;
    bed.running.add_label("PAY-2", "seen-late").expect("an issue");
    let id: u64 = bed.running.facts("PAY-2").expect("an issue").id.parse().expect("a number");
    assert!(keys(&bed.search(asked("labels = seen-late")).await).is_empty());
    let reconciled =
        bed.search(json!({"jql": "labels = seen-late", "fields": ["summary"], "reconcileIssues": [id]})).await;
    assert_eq!(keys(&reconciled), ["PAY-2"]);
    bed.running.clock().advance(Duration::from_secs(5));
    assert_eq!(keys(&bed.search(asked("labels = seen-late")).await), ["PAY-2"]);
}
