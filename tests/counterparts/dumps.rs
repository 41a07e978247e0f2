//! Real issues: several hundred open ones of projects that never heard of roadmapd, read from dumps of their trackers.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::RequestBuilder;
use roadmapd::model::Timestamp;
use roadmapd::sandbox::{Corpus, Options, Running};
use serde_json::{Value, json};

use crate::description::skipped;
use crate::world::{WRITES, World};

/// The dumps' folder, which never enters the repository.
fn folder() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    std::env::var_os("ROADMAPD_SHARED").map_or_else(beside, PathBuf::from).join("data/issues")
}

/// The dumps as they stood at that moment; without the folder it is said aloud.
fn real(as_of: Option<&str>, checks: usize) -> Option<Corpus> {
    let folder = folder();
    if !folder.is_dir() {
        skipped(checks, &format!("no real issues: there is no {}; set ROADMAPD_SHARED", folder.display()));
        return None;
    }
    let moment = as_of.map(|text| text.parse::<Timestamp>().expect("a stamp"));
    Some(Corpus::read(&folder, moment).expect("the dumps are whole").0)
}

fn open_in(corpus: &Corpus) -> (usize, usize) {
    let github = corpus.repositories.iter().flat_map(|repository| &repository.issues);
    let jira = corpus.projects.iter().flat_map(|project| &project.issues);
    (
        github.filter(|issue| issue.closed_days_ago.is_none() && !issue.pull_request).count(),
        jira.filter(|issue| issue.status != "Done").count(),
    )
}

async fn answer(request: RequestBuilder) -> Value {
    let response = request.send().await.expect("an answer");
    serde_json::from_str(&response.text().await.expect("a body")).expect("JSON")
}

/// Title and text of everything in both trackers, by key, as they serve it.
async fn texts(trackers: &Running) -> BTreeMap<String, (Value, Value)> {
    let client = reqwest::Client::builder().user_agent("tests").build().expect("a client");
    let mut texts = BTreeMap::new();
    for repository in trackers.repositories() {
        for page in 1.. {
            let url = format!("{}/repos/{repository}/issues?state=all&per_page=100&page={page}", trackers.github_url());
            let rows = answer(client.get(url).bearer_auth(trackers.github_token())).await;
            let rows = rows.as_array().expect("a list");
            texts.extend(
                rows.iter().map(|row| {
                    (format!("{repository}#{}", row["number"]), (row["title"].clone(), row["body"].clone()))
                }),
            );
            if rows.is_empty() {
                break;
            }
        }
    }
    for project in trackers.projects() {
        let mut token = Value::Null;
        loop {
            let mut asked = json!({"jql": format!("project = {project} ORDER BY created, key"), "fields": ["summary", "description"], "maxResults": 100});
            if token.is_string() {
                asked["nextPageToken"] = token;
            }
            let url = format!("{}/rest/api/3/search/jql", trackers.jira_url());
            let page = client.post(url).basic_auth(trackers.jira_user(), Some(trackers.jira_token())).json(&asked);
            let page = answer(page).await;
            texts.extend(page["issues"].as_array().expect("a list").iter().map(|row| {
                let key = row["key"].as_str().expect("a key").to_owned();
                (key, (row["fields"]["summary"].clone(), row["fields"]["description"].clone()))
            }));
            token = page["nextPageToken"].clone();
            if token.is_null() {
                break;
            }
        }
    }
    texts
}

/// One cycle labels everything that is open and harms nothing; the next finds nothing to do.
async fn hold_for(corpus: Corpus) {
    let world = World::new(corpus, WRITES).await;
    let (before, foreign) = (texts(&world.trackers).await, world.foreign_labels());
    assert_eq!(before.len(), foreign.len(), "every text was read");

    let turned = world.turn().await;
    assert_eq!((turned.errors.as_slice(), turned.failed), ([].as_slice(), 0));
    let open = world.open_keys();
    assert!(open.len() > 300, "{} open issues", open.len());
    for key in foreign.keys() {
        let expected = usize::from(open.contains(key));
        assert_eq!(world.labels(key, "priority/").len(), expected, "{key}");
        assert_eq!(world.labels(key, "complexity/").len(), expected, "{key}");
    }
    assert_eq!(world.foreign_labels(), foreign);
    assert!(texts(&world.trackers).await == before, "a text changed");
    let bot = [world.trackers.github_login().to_owned(), world.trackers.jira_user().to_owned()];
    for entry in world.trackers.log().iter().filter(|entry| bot.contains(&entry.actor)) {
        assert!(["labeled", "labels"].contains(&entry.what.as_str()), "{} {}", entry.key, entry.what);
    }

    world.trackers.reset_counts();
    let turned = world.turn().await;
    assert_eq!((turned.written, turned.failed, turned.errors.len()), (0, 0, 0));
    assert_eq!(world.writes(), 0);
}

#[tokio::test]
async fn real_issues_are_labelled_in_one_cycle_the_next_is_silent_and_every_text_survives() {
    let Some(corpus) = real(None, 6) else { return };
    let (github, jira) = open_in(&corpus);
    assert_eq!((github, jira), (214, 163), "what the projects' own pages showed");
    hold_for(corpus).await;
}

#[tokio::test]
async fn real_issues_as_of_years_ago_are_labelled_too() {
    let Some(corpus) = real(Some("2016-01-01T00:00:00Z"), 6) else { return };
    let (github, jira) = open_in(&corpus);
    assert_eq!(jira, 426);
    assert!(github > 0);
    hold_for(corpus).await;
}

fn write(folder: &Path, name: &str, value: &Value) {
    std::fs::write(folder.join(name), value.to_string()).expect("a file");
}

fn issue(number: u32, more: &Value) -> Value {
    let mut issue = json!({
        "number": number, "repository_url": "https://api.github.com/repos/acme/api", "title": "now", "body": "text\r\n",
        "user": {"login": "dana"}, "labels": [], "assignees": [], "milestone": null, "state_reason": null, "closed_at": null,
        "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-06-01T00:00:00Z",
    });
    issue.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    issue
}

#[test]
fn a_github_dump_is_laid_out_as_things_stood_then() {
    let folder = tempfile::tempdir().expect("a folder");
    let label = |name: &str| json!({"name": name, "color": "ff0000", "description": null});
    let event = |number: u32, at: &str, event: &str, more: Value| {
        let mut row =
            json!({"issue": {"number": number}, "event": event, "created_at": format!("2024-{at}T00:00:00Z")});
        row.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        row
    };
    let issues = json!([
        issue(
            1,
            &json!({"labels": [label("old"), label("new")], "closed_at": "2024-05-01T00:00:00Z", "state_reason": "completed"})
        ),
        issue(
            2,
            &json!({"user": null, "body": null, "milestone": {"title": "2.0", "state": "open", "due_on": "2024-04-01T00:00:00Z"}})
        ),
        issue(3, &json!({"created_at": "2024-03-02T00:00:00Z"})),
    ]);
    let events = json!([
        event(1, "01-02", "labeled", json!({"label": {"name": "gone"}})),
        event(1, "02-01", "closed", json!({})),
        event(1, "02-02", "reopened", json!({})),
        event(1, "04-01", "unlabeled", json!({"label": {"name": "gone"}})),
        event(1, "04-02", "labeled", json!({"label": {"name": "New"}})),
        event(1, "04-03", "renamed", json!({"rename": {"from": "then", "to": "later"}})),
        event(1, "04-04", "renamed", json!({"rename": {"from": "later", "to": "now"}})),
        event(2, "02-15", "closed", json!({})),
        event(2, "04-15", "reopened", json!({})),
    ]);
    let comments = json!([
        {"issue_url": "https://api.github.com/repos/acme/api/issues/1", "created_at": "2024-02-10T00:00:00Z"},
        {"issue": 1, "created_at": "2024-03-10T00:00:00Z"},
    ]);
    write(folder.path(), "api_issues.json", &issues);
    write(folder.path(), "api_events.json", &events);
    write(folder.path(), "api_comments.json", &comments);
    let moment: Timestamp = "2024-03-01T00:00:00Z".parse().expect("a stamp");
    let (corpus, at) = Corpus::read(folder.path(), Some(moment)).expect("a dump");
    assert_eq!(at, moment);
    let [repository] = corpus.repositories.as_slice() else { panic!("one repository: {corpus:?}") };
    let [first, second] = repository.issues.as_slice() else { panic!("two issues by then: {repository:?}") };
    assert_eq!(repository.name, "acme/api");
    assert_eq!((first.title.as_str(), first.body.as_deref(), first.comments), ("then", Some("text\r\n"), 1));
    assert_eq!((first.labels.join(" "), first.closed_days_ago), ("gone old".to_owned(), None));
    assert_eq!((first.created_days_ago, first.updated_days_ago), (60.0, Some(20.0)));
    assert_eq!((second.author.as_deref(), second.closed_days_ago), (None, Some(15.0)));
    assert_eq!((second.milestone.as_deref(), repository.milestones[0].due_in_days), (Some("2.0"), Some(31)));
    let (now, at) = Corpus::read(folder.path(), None).expect("a dump");
    assert_eq!((at.to_string(), now.repositories[0].issues.len()), ("2024-06-01T00:00:00Z".to_owned(), 3));
    assert_eq!(now.repositories[0].issues[0].labels.join(" "), "new old");
}

#[test]
fn a_jira_dump_is_laid_out_as_things_stood_then() {
    let folder = tempfile::tempdir().expect("a folder");
    let issue = |number: u32, more: Value| {
        let mut fields = json!({
            "project": {"key": "PAY", "name": "Payments"}, "summary": "s", "description": "h1. Wiki", "issuetype": {"name": "Improvement"},
            "status": {"name": "Closed", "statusCategory": {"key": "done"}}, "priority": {"name": "Critical"}, "labels": ["a"],
            "created": "2024-01-01T00:00:00.000+0000", "updated": "2024-06-01T02:00:00.000+0200",
        });
        fields.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!({"key": format!("PAY-{number}"), "fields": fields})
    };
    let links = json!([{"type": {"name": "Blocks"}, "outwardIssue": {"key": "PAY-2"}}, {"type": {"name": "Blocks"}, "outwardIssue": {"key": "PAY-3"}}]);
    let comment =
        json!({"comments": [{"created": "2024-02-20T00:00:00.000+0000"}, {"created": "2024-04-20T00:00:00.000+0000"}]});
    let search = json!({"names": {"customfield_7": "Story Points"}, "issues": [
        issue(1, json!({"resolutiondate": "2024-05-01T00:00:00.000+0000", "issuelinks": links, "customfield_7": 5, "comment": comment})),
        issue(2, json!({"resolutiondate": "2024-02-01T00:00:00.000+0000", "priority": {"name": "None"}, "duedate": "2024-03-08"})),
        issue(3, json!({"created": "2024-03-05T00:00:00.000+0000"})),
    ]});
    let mut packed =
        GzEncoder::new(File::create(folder.path().join("x_search.json.gz")).expect("a file"), Compression::fast());
    packed.write_all(search.to_string().as_bytes()).and_then(|()| packed.finish().map(drop)).expect("a file");
    let moment: Timestamp = "2024-03-01T00:00:00Z".parse().expect("a stamp");
    let (corpus, _) = Corpus::read(folder.path(), Some(moment)).expect("a dump");
    let [project] = corpus.projects.as_slice() else { panic!("one project: {corpus:?}") };
    let [first, second] = project.issues.as_slice() else { panic!("two issues by then: {project:?}") };
    assert_eq!((project.key.as_str(), project.name.as_str()), ("PAY", "Payments"));
    assert_eq!((first.status.as_str(), first.priority.as_deref(), first.points), ("To Do", Some("Highest"), Some(5.0)));
    assert_eq!((first.comments, first.updated_days_ago), (1, Some(10.0)));
    assert_eq!(first.links.iter().map(|link| link.to.as_str()).collect::<Vec<_>>(), ["PAY-2"]);
    assert_eq!((second.status.as_str(), second.priority.as_deref(), second.due_in_days), ("Done", None, Some(7)));
}

#[test]
fn a_broken_dump_is_refused_by_file_and_place() {
    let cases = [
        (
            "cut_issues.json",
            r#"[{"number": 1"#,
            "cut_issues.json is not a whole dump: entry 1: EOF while parsing an object at line 1 column 13",
        ),
        ("no_issues.json", r#"{"message": "Not Found"}"#, "invalid type: map, expected a list at line 1"),
        (
            "odd_search.json",
            r#"{"issues": [{"key": "PAY-1", "fields": {}}]}"#,
            "entry 1: missing field `project` at line 1",
        ),
        ("none.json", "{}", "has no dump"),
    ];
    for (name, text, expected) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(name), text).expect("a file");
        let error = Corpus::read(folder.path(), None).expect_err(name).to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let issues = json!([issue(1, &json!({})), issue(2, &json!({}))]).to_string();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(issues.as_bytes()).expect("bytes");
    let packed = packed.finish().expect("bytes");
    std::fs::write(folder.path().join("cut_issues.json.gz"), &packed[..packed.len() - 40]).expect("a file");
    let error = Corpus::read(folder.path(), None).expect_err("a cut file").to_string();
    assert!(error.contains("cut_issues.json.gz is not a whole dump: entry "), "{error}");
    write(folder.path(), "cut_issues.json.gz", &json!("not packed at all"));
    let error = Corpus::read(folder.path(), None).expect_err("not gzip").to_string();
    assert!(error.contains("cut_issues.json.gz is not a whole dump: invalid gzip header"), "{error}");
}

/// The binary serving; killed when dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn sandbox(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roadmapd"));
    command.arg("sandbox").args(args);
    command
}

#[tokio::test]
async fn the_sandbox_command_serves_a_dump_as_of_a_day() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        "api_issues.json",
        &json!([issue(1, &json!({})), issue(2, &json!({"created_at": "2024-03-01T00:00:01Z"}))]),
    );
    let data = folder.path().to_str().expect("a text");
    let mut command = sandbox(&["--data", data, "--as-of", "2024-03-01"]);
    let mut serving = Serving(command.stdout(Stdio::piped()).spawn().expect("the binary runs"));
    let mut line = String::new();
    BufReader::new(serving.0.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let url = format!("{}/repos/acme/api/issues", line.trim().strip_prefix("github ").expect("an address"));
    roadmapd::tracker::install_tls();
    let client = reqwest::Client::builder().user_agent("tests").build().expect("a client");
    let rows = answer(client.get(url).bearer_auth(Options::default().github_token)).await;
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows}");
    assert_eq!((&rows[0]["number"], &rows[0]["body"]), (&json!(1), &json!("text\r\n")));
}

#[test]
fn the_sandbox_command_says_what_is_wrong_with_a_date_or_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("api_issues.json"), "[{").expect("a file");
    let data = folder.path().to_str().expect("a text");
    for (args, code, said) in [
        (&["--as-of", "2024-03-01"][..], 64, "--data"),
        (&["--data", data, "--as-of", "yesterday"], 64, "2024-05-31"),
        (&["--data", data, "--generate", "5"], 64, "--generate"),
        (&["--data", data], 1, "api_issues.json is not a whole dump: entry 1"),
    ] {
        let output = sandbox(args).output().expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(code) && error.contains(said), "{args:?}: {error}");
    }
}
