//! Recorded answers of the real trackers, played back: nothing in them is a surprise.
//!
//! They stand outside the repository (`../shared/fixtures`, or `$ROADMAPD_SHARED/fixtures`); without them these tests say so.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wiremock::Mock;
use wiremock::matchers::path;

use super::support::{Shelf, github, jira, json};

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
        let rig = jira().await;
        let server = json!({"baseUrl": "https://s.atlassian.net", "deploymentType": "Cloud"});
        for (name, body) in [
            ("3/myself", json!({})),
            ("2/serverInfo", server),
            ("3/field", json!([])),
            ("3/search/jql", json!({"issues": rows})),
        ] {
            Mock::given(path(format!("/rest/api/{name}"))).respond_with(json(200, &body)).mount(&rig.server).await;
        }
        let project = json!({"id": "1", "key": "PAY"});
        Mock::given(path("/rest/api/3/project/PAY")).respond_with(json(200, &project)).mount(&rig.server).await;
        let (_, issues) =
            rig.poll(None, &Shelf::default()).await.unwrap_or_else(|trouble| panic!("{}: {trouble}", place.display()));
        for (issue, row) in issues.iter().zip(&rows) {
            // Some recordings are trimmed: what isn't told is empty.
            let summary = row["fields"]["summary"].as_str().unwrap_or_default();
            assert_eq!(issue.title, summary, "{}", place.display());
            let labels = row["fields"]["labels"].as_array().map_or(0, Vec::len);
            assert_eq!(issue.labels.len(), labels, "{}", place.display());
        }
        assert_eq!(issues.len(), rows.len(), "{}", place.display());
        played += 1;
    }
    eprintln!("{played} recorded answers of Jira played");
    assert!(!some || played > 0);
}
