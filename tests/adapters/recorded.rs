//! Recorded answers of the real trackers, played back: nothing in them is a surprise.
//!
//! They stand outside the repository (`../shared/fixtures`, or `$ROADMAPD_SHARED/fixtures`); without them these tests say so.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use roadmapd::plan::{Author, SinkId};
use roadmapd::tracker::{Fetch, Standing, Write};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, ResponseTemplate};

use super::support::{Notes, Rig, Shelf, change, github, jira, json};

fn fixtures(of: &str) -> Vec<(PathBuf, Value)> {
    let shared = std::env::var_os("ROADMAPD_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let root = shared.join("fixtures").join(of);
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let place = entry.path();
            if place.is_dir() {
                folders.push(place);
            } else if let Some(value) =
                std::fs::read_to_string(&place).ok().and_then(|text| serde_json::from_str(&text).ok())
            {
                found.push((place, value));
            }
        }
    }
    if found.is_empty() {
        eprintln!("SKIPPED: 0 recorded answers under {}; set ROADMAPD_SHARED", root.display());
    }
    found
}

#[tokio::test]
async fn recorded_issue_lists_of_github_are_read() {
    let mut played = 0;
    let files = fixtures("github");
    let some = !files.is_empty();
    for (place, value) in files {
        let Value::Array(rows) = value else { continue };
        if !rows.first().is_some_and(|row| row["repository_url"].is_string() && row["number"].is_u64()) {
            continue;
        }
        let rig = github().await;
        Mock::given(path("/repos/acme/api")).respond_with(json(200, &json!({"id": 1}))).mount(&rig.server).await;
        Mock::given(path("/repos/acme/api/issues")).respond_with(json(200, &json!(rows))).mount(&rig.server).await;
        let (_, issues) =
            rig.poll(None, &Shelf::default()).await.unwrap_or_else(|trouble| panic!("{}: {trouble}", place.display()));
        let expected: Vec<&Value> = rows.iter().filter(|row| row["pull_request"].is_null()).collect();
        assert_eq!(issues.len(), expected.len(), "{}", place.display());
        for (issue, row) in issues.iter().zip(expected) {
            assert_eq!(
                (Some(issue.title.as_str()), issue.status.is_open()),
                (row["title"].as_str(), row["state"] == "open")
            );
        }
        played += 1;
    }
    eprintln!("{played} recorded lists of GitHub played");
    assert!(!some || played > 0);
}

/// A Jira without its issues.
async fn site(rig: &Rig, data_center: bool) {
    let (kind, version) = if data_center { ("Server", 2) } else { ("Cloud", 3) };
    let server = json!({"baseUrl": "https://s.acme.example", "deploymentType": kind});
    Mock::given(path("/rest/api/2/serverInfo")).respond_with(json(200, &server)).mount(&rig.server).await;
    for (name, body) in [
        ("myself", json!({"name": "bot", "key": "JIRAUSER1"})),
        ("field", json!([])),
        ("project/PAY", json!({"id": "1", "key": "PAY"})),
    ] {
        let place = format!("/rest/api/{version}/{name}");
        Mock::given(path(place)).respond_with(json(200, &body)).mount(&rig.server).await;
    }
}

#[tokio::test]
async fn a_recorded_edit_screen_and_changelog_of_jira_carry_a_whole_exchange() {
    let whole = |value: &Value| value["editmeta"]["fields"].is_object() && value["changelog"]["histories"].is_array();
    let files: Vec<(PathBuf, Value)> = fixtures("jira").into_iter().filter(|(_, value)| whole(value)).collect();
    for (place, value) in &files {
        let rig = jira().await;
        site(&rig, true).await;
        let id = value["id"].as_str().expect("an id");
        let page = json!({"issues": [value], "startAt": 0, "maxResults": 50, "total": 1});
        let issue = format!("/rest/api/2/issue/{id}");
        for (place, body) in [
            ("/rest/api/2/search".to_owned(), &page),
            (issue.clone(), value),
            (format!("{issue}/editmeta"), &value["editmeta"]),
        ] {
            Mock::given(path(place)).respond_with(json(200, body)).mount(&rig.server).await;
        }
        Mock::given(method("PUT"))
            .and(path(issue))
            .and(body_json(json!({"update": {"priority": [{"set": {"id": "1"}}]}})))
            .respond_with(ResponseTemplate::new(204))
            .with_priority(1)
            .mount(&rig.server)
            .await;
        let (_, issues) = rig.poll(None, &Shelf::default()).await.expect("read");
        let standing = Standing {
            issue: Arc::new(issues[0].clone()),
            sink: SinkId("field:assignee".to_owned()),
            value: issues[0].assignees[0].name.clone(),
            taken: false,
        };
        let answers = rig.tracker.authors(vec![standing]).await.expect("answered");
        let author = &value["changelog"]["histories"][0]["author"];
        let Author::Someone(person) = &answers[0].author else { panic!("{}: {answers:?}", place.display()) };
        assert_eq!(Some(person.id.as_str()), author["key"].as_str(), "{}", place.display());
        assert!(answers[0].at.is_some());
        let mut set = change("jira", &issues[0].key.local, id, &[], &[("", "highest")]);
        set.edits[0].sink = SinkId("field:priority".to_owned());
        set.edits[0].from = issues[0].priority.clone();
        let notes = Notes::default();
        rig.tracker.write(vec![set], &notes, &CancellationToken::new()).await.expect("written");
        assert!(notes.all()[1].starts_with("done"), "{}: {:?}", place.display(), notes.all());
    }
    eprintln!("{} recorded edit screens and changelogs of Jira played", files.len());
}

#[tokio::test]
async fn recorded_issues_of_jira_are_read() {
    let mut played = 0;
    let files = fixtures("jira");
    let some = !files.is_empty();
    for (place, value) in files {
        let rows = match &value["issues"] {
            Value::Array(rows) => rows.clone(),
            _ => vec![value.clone()],
        };
        let rows: Vec<Value> = rows
            .into_iter()
            .filter(|row| {
                row["id"].is_string() && row["fields"]["created"].is_string() && row["fields"]["updated"].is_string()
            })
            .collect();
        if rows.is_empty() {
            continue;
        }
        for data_center in [false, true] {
            let rig = jira().await;
            site(&rig, data_center).await;
            let answer = if data_center {
                json!({"issues": rows, "startAt": 0, "maxResults": 1000, "total": rows.len()})
            } else {
                json!({"issues": rows})
            };
            let search = if data_center { "/rest/api/2/search" } else { "/rest/api/3/search/jql" };
            Mock::given(path(search)).respond_with(json(200, &answer)).mount(&rig.server).await;
            let (read, issues) = rig
                .poll(None, &Shelf::default())
                .await
                .unwrap_or_else(|trouble| panic!("{}: {trouble}", place.display()));
            for (issue, row) in issues.iter().zip(&rows) {
                // Some recordings are trimmed: what isn't told is empty.
                let summary = row["fields"]["summary"].as_str().unwrap_or_default();
                assert_eq!(issue.title, summary, "{}", place.display());
                let labels = row["fields"]["labels"].as_array().map_or(0, Vec::len);
                assert_eq!(issue.labels.len(), labels, "{}", place.display());
                let person = row["fields"]["assignee"]["displayName"].as_str();
                assert_eq!(issue.assignees.first().map(|person| person.name.as_str()), person, "{}", place.display());
            }
            assert_eq!(issues.len(), rows.len(), "{}", place.display());
            assert!(read.listed, "{}", place.display());
        }
        played += 1;
    }
    eprintln!("{played} recorded answers of Jira played");
    assert!(!some || played > 0);
}
