//! GitHub's own answers as others recorded them (octokit's fixtures, hub4j's), played to the whole adapter over HTTP.
//!
//! They stand outside the repository (`../shared/fixtures`, or `$ROADMAPD_SHARED/fixtures`); without them these tests say so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use roadmapd::model::{ContainerKey, Issue, Timestamp, TrackerName};
use roadmapd::plan::{Author, SinkId};
use roadmapd::tracker::{Fetch, LabelSpec, Policy, Standing, Tracker, TrackerConfig, TroubleKind, Write};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::support::{Notes, Rig, Shelf, TOKEN, change, github_config, policy, recorded, silence, token_file};

/// One recorded exchange.
struct Exchange {
    verb: String,
    target: String,
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
}

fn folder(name: &str) -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    std::env::var_os("ROADMAPD_SHARED").map_or_else(beside, PathBuf::from).join("fixtures/github").join(name)
}

fn skip(place: &Path) {
    eprintln!("SKIPPED: 0 recorded exchanges played: there is no {}; set ROADMAPD_SHARED", place.display());
}

fn texts(headers: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        value => value.as_str().unwrap_or_default().to_owned(),
    };
    headers.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), filled(&text(value)))).collect()
}

/// The recorders' placeholders for times: an hour from now, or now.
fn filled(text: &str) -> String {
    let now = Timestamp::now();
    let later = now + jiff::SignedDuration::from_hours(1);
    match text {
        text if !text.contains("{{") => text.to_owned(),
        text if text.contains("unix") => later.as_second().to_string(),
        text if text.contains("offset") => later.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        _ => now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
    }
}

/// The exchanges of one of octokit's scenarios. None where the fixtures aren't there.
fn octokit(scenario: &str) -> Option<Vec<Exchange>> {
    let place = folder("octokit-fixtures").join(scenario).join("normalized-fixture.json");
    let Ok(text) = std::fs::read_to_string(&place) else {
        skip(&place);
        return None;
    };
    let rows: Vec<Value> = serde_json::from_str(&text).expect("exchanges");
    let exchange = |row: &Value| Exchange {
        verb: row["method"].as_str().unwrap_or_default().to_uppercase(),
        target: row["path"].as_str().unwrap_or_default().to_owned(),
        status: u16::try_from(row["status"].as_u64().unwrap_or_default()).expect("a status"),
        headers: texts(&row["headers"]),
        body: row["response"].clone(),
    };
    Some(rows.iter().map(exchange).collect())
}

/// The exchanges of one of hub4j's tests, in their order. Empty where the fixtures aren't there.
fn hub4j(place: &Path) -> Vec<Exchange> {
    let mut found: Vec<(u64, Exchange)> = Vec::new();
    for entry in std::fs::read_dir(place.join("mappings")).into_iter().flatten().flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("a mapping");
        let row: Value = serde_json::from_str(&text).expect("a mapping");
        let answer = &row["response"];
        let body = match (answer["bodyFileName"].as_str(), answer["body"].as_str()) {
            (Some(name), _) => std::fs::read_to_string(place.join("__files").join(name)).expect("a body"),
            (None, text) => text.unwrap_or("null").to_owned(),
        };
        let exchange = Exchange {
            verb: row["request"]["method"].as_str().unwrap_or_default().to_owned(),
            target: row["request"]["url"]
                .as_str()
                .or(row["request"]["urlPath"].as_str())
                .unwrap_or_default()
                .to_owned(),
            status: u16::try_from(answer["status"].as_u64().unwrap_or_default()).expect("a status"),
            headers: texts(&answer["headers"]),
            body: serde_json::from_str(&body).unwrap_or(Value::Null),
        };
        found.push((row["insertionIndex"].as_u64().unwrap_or_default(), exchange));
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, exchange)| exchange).collect()
}

/// Folders of hub4j's tests of one class.
fn hub4j_tests(class: &str) -> Vec<PathBuf> {
    let place = folder("hub4j-github-api").join(class);
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(&place).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    found.sort();
    if found.is_empty() {
        skip(&place);
    }
    found
}

impl Exchange {
    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    fn template(&self) -> ResponseTemplate {
        let told = ["date", "link", "location", "etag", "retry-after", "gh-limited-by"];
        let mut template = ResponseTemplate::new(self.status).set_body_json(&self.body);
        for (name, value) in &self.headers {
            let name = name.to_lowercase();
            if told.contains(&name.as_str()) || name.starts_with("x-") {
                template = template.insert_header(name.as_str(), value.as_str());
            }
        }
        template
    }

    async fn mount(&self, server: &MockServer) {
        let mut mock = Mock::given(method(self.verb.as_str())).and(path(self.path()));
        if let Some(page) = self.target.split("&page=").nth(1) {
            mock = mock.and(query_param("page", page));
        }
        mock.respond_with(self.template())
            .with_priority(if self.target.contains("page=") { 1 } else { 2 })
            .mount(server)
            .await;
    }
}

async fn rig(repository: &str, policy: Policy) -> Rig {
    let server = MockServer::start().await;
    let token = token_file(TOKEN);
    let mut config = github_config(&server.uri(), &token);
    if let TrackerConfig::Github(config) = &mut config {
        config.repositories = vec![repository.to_owned()];
    }
    let tracker = Tracker::connect_with(&config, policy).expect("connected");
    Rig { server, tracker, token }
}

async fn play(rig: &Rig, exchanges: &[Exchange]) {
    for exchange in exchanges {
        exchange.mount(&rig.server).await;
    }
}

async fn written(rig: &Rig, change: roadmapd::plan::Change) -> String {
    let notes = Notes::default();
    rig.tracker.write(vec![change], &notes, &CancellationToken::new()).await.expect("went on");
    notes.all()[1].clone()
}

fn spec(name: &str) -> LabelSpec {
    LabelSpec { name: name.to_owned(), color: "fbca04".to_owned(), description: "a level".to_owned() }
}

async fn prepared(rig: &Rig, repository: &str, names: &[&str]) -> Result<(), roadmapd::tracker::Trouble> {
    let container = ContainerKey::new(&TrackerName::new("github"), repository);
    let catalogue = BTreeMap::from([(container, names.iter().map(|name| spec(name)).collect())]);
    rig.tracker.prepare(catalogue).await?.into_values().next().map_or(Ok(()), Err)
}

#[tokio::test]
async fn a_recorded_rename_is_followed_when_reading_and_said_when_writing() {
    let Some(exchanges) = octokit("rename-repository") else { return };
    let old = "octokit-fixture-org/rename-repository";
    let rig = rig(old, policy()).await;
    let reads: Vec<Exchange> = exchanges.into_iter().filter(|one| one.verb == "GET" || one.status == 307).collect();
    for exchange in &reads {
        let refused = exchange.status == 307;
        let place = if refused { format!("{}/issues/1/labels", exchange.path()) } else { exchange.path().to_owned() };
        let verb = if refused { "POST" } else { "GET" };
        Mock::given(method(verb)).and(path(place)).respond_with(exchange.template()).mount(&rig.server).await;
    }
    let renamed = format!("{old}-newname");
    let empty = ResponseTemplate::new(200).set_body_json(json!([]));
    Mock::given(path(format!("/repos/{renamed}/issues"))).respond_with(empty).mount(&rig.server).await;
    let (read, _) = rig.poll(None, &Shelf::default()).await.expect("read");
    assert_eq!(read.containers[0].local, renamed);
    assert_eq!(read.findings.len(), 1, "{:?}", read.findings);
    let said = written(&rig, change("github", &format!("{old}#1"), "1", &[], &[("", "x")])).await;
    assert!(said.starts_with("refused") && said.contains("307") && said.contains("/repositories/1000"), "{said}");
    eprintln!("{} recorded exchanges of octokit's rename-repository played", reads.len());
}

/// The repository itself, of which the recordings have no answer.
async fn is_there(rig: &Rig, name: &str) {
    let about = ResponseTemplate::new(200).set_body_json(json!({"id": 1000, "full_name": name}));
    Mock::given(path(format!("/repos/{name}"))).respond_with(about).mount(&rig.server).await;
}

#[tokio::test]
async fn recorded_pages_are_read_to_their_end() {
    let Some(exchanges) = octokit("paginate-issues") else { return };
    let name = "octokit-fixture-org/paginate-issues";
    let rig = rig(name, policy()).await;
    is_there(&rig, name).await;
    play(&rig, &exchanges).await;
    silence(&rig.server).await;
    let (read, issues) = rig.poll(None, &Shelf::default()).await.expect("read");
    assert_eq!((issues.len(), read.listed), (13, true));
    // Comments of these issues weren't recorded.
    let listed = rig.asked().await.into_iter().filter(|asked| !asked.contains("/comments"));
    assert_eq!(listed.count(), 1 + exchanges.len());
    eprintln!("{} recorded exchanges of octokit's paginate-issues played", exchanges.len());
}

#[tokio::test]
async fn recorded_label_catalogues_are_listed_and_filled_up() {
    let Some(exchanges) = octokit("labels") else { return };
    let name = "octokit-fixture-org/labels";
    let rig = rig(name, policy()).await;
    is_there(&rig, name).await;
    play(&rig, &exchanges).await;
    prepared(&rig, name, &["Bug", "test-label"]).await.expect("prepared");
    let target = format!("/repos/{name}/labels");
    let look = format!("GET /repos/{name}");
    assert_eq!(rig.asked().await, [look, format!("GET {target}?per_page=100"), format!("POST {target}")]);
}

#[tokio::test]
async fn a_recorded_refusal_names_the_field() {
    let Some(exchanges) = octokit("errors") else { return };
    let name = "octokit-fixture-org/errors";
    let rig = rig(name, policy()).await;
    is_there(&rig, name).await;
    play(&rig, &exchanges).await;
    let none = ResponseTemplate::new(200).set_body_json(json!([]));
    Mock::given(method("GET")).and(path(format!("/repos/{name}/labels"))).respond_with(none).mount(&rig.server).await;
    let trouble = prepared(&rig, name, &["foo"]).await.expect_err("refused");
    assert_eq!(trouble.kind, TroubleKind::Invalid);
    assert!(trouble.what.contains("422 Validation Failed") && trouble.what.contains("color"), "{trouble}");
}

#[tokio::test]
async fn recorded_answers_to_added_and_removed_labels_are_understood() {
    let mut played = 0;
    if let Some(exchanges) = octokit("add-labels-to-issue") {
        let name = "octokit-fixture-org/add-labels-to-issue";
        let rig = rig(name, policy()).await;
        play(&rig, &exchanges).await;
        let key = format!("{name}#1");
        let added = change("github", &key, "1", &[], &[("", "foo"), ("", "bAr"), ("", "BAZ")]);
        assert_eq!(written(&rig, added).await, format!("done {key}"));
        played += 1;
    }
    for place in hub4j_tests("GHIssueTest").iter().filter(|place| place.ends_with("removeLabels")) {
        let name = "hub4j-test-org/GHIssueTest";
        let exchanges = hub4j(place);
        let label = |n: u32| format!("removeLabels_label_name_{n}");
        for exchange in exchanges.iter().filter(|exchange| exchange.verb == "DELETE") {
            let rig = rig(name, policy()).await;
            exchange.mount(&rig.server).await;
            let gone = exchange.path().rsplit('/').next().expect("a label").to_owned();
            assert!([label(2), label(3)].contains(&gone), "{gone}");
            let removed = change("github", &format!("{name}#3"), "1", &[&gone], &[(&gone, "")]);
            assert_eq!(written(&rig, removed).await, format!("done {name}#3"), "{} {}", exchange.status, exchange.body);
            played += 1;
        }
    }
    eprintln!("{played} recorded answers to label writes played");
}

#[tokio::test]
async fn every_recorded_limit_is_known_as_one_and_waited_for() {
    let mut played = 0;
    let tests = hub4j_tests("AbuseLimitHandlerTest").into_iter().chain(hub4j_tests("RateLimitHandlerTest"));
    for place in tests {
        let exchanges = hub4j(&place);
        for refusal in exchanges.iter().filter(|exchange| matches!(exchange.status, 403 | 429)) {
            let name = refusal.path().trim_start_matches("/repos/");
            let rig = rig(name, Policy { patience: std::time::Duration::from_millis(5), ..policy() }).await;
            refusal.mount(&rig.server).await;
            let trouble = rig.poll(None, &Shelf::default()).await.expect_err("limited");
            assert_eq!(trouble.kind, TroubleKind::Limited, "{}: {trouble}", place.display());
            let written = change("github", &format!("{name}#1"), "1", &[], &[("", "x")]);
            let notes = Notes::default();
            let result = rig.tracker.write(vec![written], &notes, &CancellationToken::new()).await;
            assert!(result.is_err() || !notes.all()[1].starts_with("done"), "{:?}", notes.all());
            played += 1;
        }
    }
    eprintln!("{played} recorded limits of hub4j played");
}

#[tokio::test]
async fn recorded_events_name_the_last_hand_on_a_label() {
    let mut played = 0;
    let model: Vec<Value> = serde_json::from_value(recorded("github_issues.json")).expect("rows");
    for place in hub4j_tests("GHIssueEventTest") {
        for exchange in hub4j(&place) {
            let Value::Array(events) = &exchange.body else { continue };
            // The repository's events come newest first; an issue's oldest first.
            let mut events = events.clone();
            if !exchange.path().contains("/issues/events") && exchange.path().ends_with("/events") {
                events.reverse();
            }
            let labelled = events.iter().find(|event| event["event"] == "labeled");
            let Some(last) = labelled else { continue };
            let name = last["label"]["name"].as_str().expect("a name").to_owned();
            let own: Vec<Value> =
                events.iter().filter(|event| event["label"]["name"] == name.as_str()).cloned().collect();
            let taken_off = own[0]["event"] == "unlabeled";
            let rig = rig("acme/api", policy()).await;
            let answer = |body: Value| ResponseTemplate::new(200).set_body_json(body);
            let user = last["actor"].clone();
            events.reverse();
            for (place, body) in [
                ("/user", user),
                ("/repos/acme/api", json!({"id": 1})),
                ("/repos/acme/api/issues", json!([model[0]])),
                ("/repos/acme/api/issues/7/events", Value::Array(events)),
            ] {
                Mock::given(path(place)).respond_with(answer(body)).mount(&rig.server).await;
            }
            silence(&rig.server).await;
            let blockers = answer(json!([]));
            Mock::given(path("/repos/acme/api/issues/7/dependencies/blocked_by"))
                .respond_with(blockers)
                .mount(&rig.server)
                .await;
            let (_, issues): (_, Vec<Issue>) = rig.poll(None, &Shelf::default()).await.expect("read");
            let asked = Standing {
                issue: Arc::new(issues[0].clone()),
                sink: SinkId("label".to_owned()),
                value: name.to_uppercase(),
                taken: false,
            };
            let told = rig.tracker.authors(vec![asked]).await.expect("told");
            let expected = if taken_off { Vec::new() } else { vec![Author::Us] };
            assert_eq!(told.into_iter().map(|told| told.author).collect::<Vec<_>>(), expected, "{name}");
            played += 1;
        }
    }
    eprintln!("{played} recorded event lists of hub4j played");
}
