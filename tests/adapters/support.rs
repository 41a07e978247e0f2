//! What the tests of the adapters share: a tracker behind a mock, a shelf of known issues, a log of notes.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use roadmapd::model::{ContainerKey, Issue, IssueId, IssueKey, ItemId, Timestamp, TrackerName, Turn};
use roadmapd::plan::{Change, Edit, Field, Outcome, SinkId};
use roadmapd::tracker::{
    Ask, Budget, Fetch, GithubAuth, GithubConfig, JiraConfig, Known, Log, Policy, Read, Secret, Tracker, TrackerConfig,
    Trouble,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// The token that no output may show.
pub const TOKEN: &str = "ghp_neverShowThisToAnyone123";

/// A tracker behind a mock server.
pub struct Rig {
    pub server: MockServer,
    pub tracker: Tracker,
    pub token: tempfile::NamedTempFile,
}

/// Little patience and no long waits.
pub fn policy() -> Policy {
    Policy {
        backoff: Duration::from_millis(1),
        backoff_max: Duration::from_millis(2),
        patience: Duration::from_millis(200),
        unsaid_limit: Duration::from_millis(1),
        ..Policy::GITHUB
    }
}

pub fn token_file(token: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    writeln!(file, "{token}").expect("written");
    file
}

fn budget() -> Budget {
    Budget { writes_per_minute: 60_000, writes_per_hour: 600_000, concurrency: 4 }
}

pub fn github_config(base: &str, token: &tempfile::NamedTempFile) -> TrackerConfig {
    TrackerConfig::Github(GithubConfig {
        name: TrackerName::new("github"),
        base_url: base.parse().expect("a URL"),
        auth: GithubAuth::Token(Secret::File(token.path().to_owned())),
        repositories: vec!["acme/api".to_owned()],
        ca_file: None,
        budget: budget(),
    })
}

pub fn jira_config(base: &str, token: &tempfile::NamedTempFile, story_points: Option<&str>) -> TrackerConfig {
    TrackerConfig::Jira(JiraConfig {
        name: TrackerName::new("jira"),
        base_url: base.parse().expect("a URL"),
        gateway: base.parse().expect("a URL"),
        user: Some("bot@acme.example".to_owned()),
        token: Secret::File(token.path().to_owned()),
        projects: vec!["PAY".to_owned()],
        jql: String::new(),
        story_points: story_points.map(str::to_owned),
        fields: Vec::new(),
        fields_asked: Vec::new(),
        ca_file: None,
        budget: budget(),
    })
}

pub async fn github() -> Rig {
    github_with(policy()).await
}

pub async fn github_with(policy: Policy) -> Rig {
    github_at("", policy).await
}

/// An Enterprise server, whose API has a path of its own.
pub async fn github_enterprise() -> Rig {
    github_at("/api/v3", policy()).await
}

async fn github_at(path: &str, policy: Policy) -> Rig {
    let server = MockServer::start().await;
    let token = token_file(TOKEN);
    let base = format!("{}{path}", server.uri());
    let tracker = Tracker::connect_with(&github_config(&base, &token), policy).expect("connected");
    Rig { server, tracker, token }
}

pub async fn jira() -> Rig {
    jira_with(policy(), None).await
}

pub async fn jira_with(policy: Policy, story_points: Option<&str>) -> Rig {
    let server = MockServer::start().await;
    let token = token_file(TOKEN);
    let config = jira_config(&server.uri(), &token, story_points);
    let tracker = Tracker::connect_with(&config, policy).expect("connected");
    Rig { server, tracker, token }
}

impl Rig {
    /// A reading that starts from this memory.
    pub async fn poll(&self, memory: Option<&str>, known: &Shelf) -> Result<(Read, Vec<Issue>), Trouble> {
        self.ask(Ask { memory: memory.map(str::to_owned), turn: Turn(2), ..Ask::default() }, known).await
    }

    pub async fn ask(&self, ask: Ask, known: &Shelf) -> Result<(Read, Vec<Issue>), Trouble> {
        let (pages, mut read_pages) = mpsc::channel(1000);
        let read = self.tracker.poll(ask, known, pages).await?;
        let mut issues = Vec::new();
        while let Some(page) = read_pages.recv().await {
            issues.extend(page.issues);
        }
        Ok((read, issues))
    }

    /// Requests that the mock got, as `METHOD /path?query`.
    pub async fn asked(&self) -> Vec<String> {
        let requests = self.server.received_requests().await.unwrap_or_default();
        requests.iter().map(shown).collect()
    }

    pub async fn forget(&self) {
        self.server.reset().await;
    }
}

fn shown(request: &Request) -> String {
    let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{} {}{query}", request.method, request.url.path())
}

/// No comments on any issue, whatever its number says: what was said is tested elsewhere.
pub async fn silence(server: &MockServer) {
    let comments = path_regex(r"/repos/[^/]+/[^/]+/issues/(\d+/)?comments$");
    let none = ResponseTemplate::new(200).set_body_json(serde_json::json!([]));
    Mock::given(method("GET")).and(comments).respond_with(none).with_priority(200).mount(server).await;
}

/// Issues that the store knows.
#[derive(Default)]
pub struct Shelf(pub BTreeMap<String, Issue>);

impl Shelf {
    pub fn of(issues: &[Issue]) -> Self {
        Self(issues.iter().map(|issue| (issue.id.id.clone(), issue.clone())).collect())
    }
}

impl Known for Shelf {
    async fn stamps(&self, ids: &[String]) -> Result<BTreeMap<String, Timestamp>, Trouble> {
        Ok(ids.iter().filter_map(|id| Some((id.clone(), self.0.get(id)?.updated))).collect())
    }

    async fn issues(&self, ids: &[String]) -> Result<BTreeMap<String, Issue>, Trouble> {
        Ok(ids.iter().filter_map(|id| Some((id.clone(), self.0.get(id)?.clone()))).collect())
    }
}

/// What was intended and how it ended, in order.
#[derive(Default)]
pub struct Notes(Mutex<Vec<String>>);

impl Notes {
    pub fn all(&self) -> Vec<String> {
        self.0.lock().expect("whole").clone()
    }
}

impl Log for Notes {
    async fn intend(&self, change: &Change) -> Result<(), Trouble> {
        self.0.lock().expect("whole").push(format!("intend {}", change.key.local));
        Ok(())
    }

    async fn outcome(&self, change: &Change, outcome: Outcome) -> Result<(), Trouble> {
        let said = match outcome {
            Outcome::Superseded { found } => format!("superseded {found}"),
            Outcome::Done => format!("done {}", change.key.local),
            Outcome::Unknown { error } => format!("unknown {}: {error}", change.key.local),
            Outcome::Refused { error } => format!("refused {}: {error}", change.key.local),
            Outcome::Failed { error } => format!("failed {}: {error}", change.key.local),
        };
        self.0.lock().expect("whole").push(said);
        Ok(())
    }
}

/// A change of labels: `edits` as (from, to).
pub fn change(tracker: &str, key: &str, id: &str, there: &[&str], edits: &[(&str, &str)]) -> Change {
    let tracker = TrackerName::new(tracker);
    let key = IssueKey::new(&tracker, key);
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Change {
        issue: IssueId::new(&tracker, id),
        container: ContainerKey::new(&tracker, key.container().local),
        key,
        item: ItemId::stored("i-1"),
        changed: None,
        edits: edits
            .iter()
            .map(|(from, to)| Edit {
                field: Field::Priority,
                sink: SinkId("label".to_owned()),
                from: text(from),
                to: text(to),
                level: None,
                why: "a test".to_owned(),
            })
            .collect(),
        people: 0,
        labels: there.iter().map(|label| (*label).to_owned()).collect(),
        leans_on: std::collections::BTreeSet::new(),
    }
}

pub fn json(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

/// A small sample of this repository.
pub fn recorded(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recorded").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).expect("a sample")).expect("JSON")
}

/// The date that GitHub's answers bear in tests about comments and pull requests.
pub const DATE: &str = "Mon, 02 Feb 2026 00:00:00 GMT";

/// Answers a reading of a place.
pub async fn serve(rig: &Rig, place: &str, answer: ResponseTemplate) {
    let answer = answer.insert_header("date", DATE);
    Mock::given(method("GET")).and(path(place)).respond_with(answer).mount(&rig.server).await;
}

/// A repository with these rows, before anything was read of it.
pub async fn with_rows(rows: &[Value]) -> Rig {
    let rig = github().await;
    let about = json!({"id": 1, "full_name": "acme/api", "private": false, "archived": false, "has_issues": true});
    serve(&rig, "/repos/acme/api", json(200, &about)).await;
    serve(&rig, "/repos/acme/api/issues", json(200, &json!(rows))).await;
    rig
}
