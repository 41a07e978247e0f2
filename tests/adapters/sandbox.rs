//! Whole polls and writes against the sandbox's trackers, which were written from the official descriptions alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use roadmapd::model::{ContainerKey, Issue, RelationKind, TrackerName, Turn};
use roadmapd::plan::Change;
use roadmapd::sandbox::{Corpus, Fault, Matcher, Options, Running, Sandbox, Tracker as Side};
use roadmapd::tracker::{Ask, Fetch, Found, JiraConfig, LabelSpec, Read, Tracker, TrackerConfig, TroubleKind, Write};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::support::{Notes, Shelf, change, github_config, jira_config, policy, token_file};

/// A tracker of the sandbox, what the store would know of it, and what it remembered.
pub struct Reader {
    pub tracker: Tracker,
    pub shelf: Shelf,
    pub memory: Option<String>,
    pub token: tempfile::NamedTempFile,
}

impl Reader {
    /// Reads what changed and shelves it; gives the keys of what came.
    pub async fn read(&mut self, census: bool) -> BTreeSet<String> {
        self.read_whole(census).await.1
    }

    /// The same, with what the reading left.
    pub async fn read_whole(&mut self, census: bool) -> (Read, BTreeSet<String>) {
        let (pages, mut read_pages) = mpsc::channel(1000);
        let ask = Ask { memory: self.memory.clone(), census, turn: Turn(2), ..Ask::default() };
        let read = self.tracker.poll(ask, &self.shelf, pages).await.expect("read");
        self.memory = Some(read.memory.clone());
        let mut keys = BTreeSet::new();
        while let Some(page) = read_pages.recv().await {
            for issue in page.issues {
                keys.insert(issue.key.local.clone());
                self.shelf.0.insert(issue.id.id.clone(), issue);
            }
        }
        (read, keys)
    }

    pub fn issue(&self, key: &str) -> &Issue {
        self.shelf.0.values().find(|issue| issue.key.local == key).expect("an issue that was read")
    }

    pub fn open(&self) -> Vec<&Issue> {
        self.shelf.0.values().filter(|issue| issue.status.is_open()).collect()
    }
}

fn github_side(sandbox: &Running) -> Reader {
    let token = token_file(sandbox.github_token());
    let mut config = github_config(sandbox.github_url(), &token);
    if let TrackerConfig::Github(config) = &mut config {
        config.repositories = sandbox.repositories();
    }
    let tracker = Tracker::connect_with(&config, policy()).expect("connected");
    Reader { tracker, shelf: Shelf::default(), memory: None, token }
}

fn jira_side(sandbox: &Running) -> Reader {
    jira_side_with(sandbox, |_| {})
}

/// The sandbox's Jira with a configuration that is changed a little.
pub fn jira_side_with(sandbox: &Running, change: impl FnOnce(&mut JiraConfig)) -> Reader {
    let token = token_file(sandbox.jira_token());
    let mut config = jira_config(sandbox.jira_url(), &token, None);
    if let TrackerConfig::Jira(config) = &mut config {
        config.projects = sandbox.projects();
        config.user = Some(sandbox.jira_user().to_owned());
        change(config);
    }
    let tracker = Tracker::connect_with(&config, policy()).expect("connected");
    Reader { tracker, shelf: Shelf::default(), memory: None, token }
}

async fn start(issues: usize) -> Running {
    Sandbox::start(Corpus::generated(7, issues), Options::default()).await.expect("started")
}

/// Every open issue gets the level; what is there and spelled like one goes.
fn levels(tracker: &str, issues: &[&Issue], label: &str) -> Vec<Change> {
    issues
        .iter()
        .map(|issue| {
            let there: Vec<&str> = issue.labels.iter().map(String::as_str).collect();
            let from = there.iter().find(|label| label.starts_with("level-")).copied().unwrap_or("");
            change(tracker, &issue.key.local, &issue.id.id, &there, &[(from, label)])
        })
        .collect()
}

#[tokio::test]
async fn a_whole_tracker_is_read_and_then_it_is_quiet() {
    let sandbox = start(250).await;
    let all = sandbox.all_facts();
    let (mut github, mut jira) = (github_side(&sandbox), jira_side(&sandbox));
    let read: BTreeSet<String> = github.read(false).await.into_iter().chain(jira.read(false).await).collect();
    assert!(read.len() > 400, "{}", read.len());
    for issue in github.shelf.0.values().chain(jira.shelf.0.values()) {
        let facts = &all[&issue.key.local];
        assert_eq!((&issue.labels, issue.status.is_open()), (&facts.labels, facts.open), "{}", issue.key);
    }
    let blocked = |side: &Reader| {
        side.shelf.0.values().flat_map(|issue| &issue.relations).filter(|r| r.kind == RelationKind::BlockedBy).count()
    };
    assert!(blocked(&github) > 0 && blocked(&jira) > 0);
    for _ in 0..2 {
        sandbox.reset_counts();
        assert!(github.read(false).await.is_empty() && jira.read(false).await.is_empty());
        assert_eq!(sandbox.request_count(Side::GitHub), sandbox.repositories().len() as u64);
        assert_eq!(sandbox.request_count(Side::Jira), 2);
    }
}

#[tokio::test]
async fn what_a_person_changes_is_read_and_nothing_else() {
    let sandbox = start(60).await;
    let (mut github, mut jira) = (github_side(&sandbox), jira_side(&sandbox));
    github.read(false).await;
    jira.read(false).await;
    let (ours, theirs) = (github.open()[0].key.local.clone(), jira.open()[0].key.local.clone());
    for key in [&ours, &theirs] {
        sandbox.add_label(key, "hands-on").expect("labelled");
    }
    assert_eq!(github.read(false).await, BTreeSet::from([ours.clone()]));
    assert_eq!(jira.read(false).await, BTreeSet::from([theirs.clone()]));
    let seen = |side: &Reader, key: &str| {
        side.shelf.0.values().any(|issue| issue.key.local == key && issue.labels.contains(&"hands-on".to_owned()))
    };
    assert!(seen(&github, &ours) && seen(&jira, &theirs));
    let census: BTreeSet<String> = github.read(true).await;
    assert_eq!(census.len(), github.shelf.0.len());
}

#[tokio::test]
async fn levels_are_written_beside_every_other_label_and_read_back() {
    let sandbox = start(40).await;
    for mut side in [github_side(&sandbox), jira_side(&sandbox)] {
        side.read(false).await;
        let name = side.tracker.name().to_string();
        let before = sandbox.all_labels();
        let spec = |label: &str| LabelSpec {
            name: label.to_owned(),
            color: "fbca04".to_owned(),
            description: "a level".to_owned(),
        };
        let container = |issue: &Issue| {
            (
                ContainerKey::new(&TrackerName::new(&name), &issue.container.local),
                vec![spec("level-1"), spec("level-2")],
            )
        };
        let catalogue: BTreeMap<_, _> = side.open().into_iter().map(container).collect();
        side.tracker.prepare(catalogue).await.expect("prepared");
        for level in ["level-1", "level-2"] {
            let notes = Notes::default();
            let changes = levels(&name, &side.open(), level);
            let count = changes.len();
            side.tracker.write(changes, &notes, &CancellationToken::new()).await.expect("written");
            assert_eq!(notes.all().iter().filter(|note| note.starts_with("done")).count(), count, "{:?}", notes.all());
            assert_eq!(side.read(false).await.len(), count, "the echo is what was written");
        }
        let after = sandbox.all_labels();
        for issue in side.open() {
            let mut expected = before[&issue.key.local].clone();
            expected.push("level-2".to_owned());
            expected.sort();
            assert_eq!(after[&issue.key.local], expected);
            assert_eq!(issue.labels, expected);
        }
        sandbox.reset_counts();
        assert!(side.read(false).await.is_empty());
    }
}

#[tokio::test]
async fn a_write_that_was_applied_but_not_answered_is_sent_once_and_found_by_id() {
    let sandbox = start(10).await;
    for (tracker, mut side, verb, part) in [
        (Side::GitHub, github_side(&sandbox), http::Method::POST, "/labels"),
        (Side::Jira, jira_side(&sandbox), http::Method::PUT, "/issue/"),
    ] {
        side.read(false).await;
        let name = side.tracker.name().to_string();
        let issue = side.open()[0].clone();
        sandbox.fail(tracker, Matcher::new(verb, part), Fault::ResetAfterApply, 1);
        sandbox.reset_counts();
        let notes = Notes::default();
        side.tracker
            .write(levels(&name, &[&issue], "level-1"), &notes, &CancellationToken::new())
            .await
            .expect("went on");
        assert!(notes.all()[1].starts_with("unknown"), "{:?}", notes.all());
        assert_eq!(sandbox.write_count(tracker), 1);
        let found = side.tracker.by_id(vec![Arc::new(issue)], Turn(3)).await.expect("read");
        let read: Vec<Issue> = found.into_iter().filter_map(Found::here).collect();
        assert!(read[0].labels.contains(&"level-1".to_owned()) && read[0].reading.by_id);
    }
}

#[tokio::test]
async fn what_misbehaves_is_a_trouble_and_recovers_by_itself() {
    let sandbox = start(10).await;
    let cases = [
        (Fault::status(500, "{}"), TroubleKind::Unavailable),
        (Fault::status(401, "{}"), TroubleKind::Unauthorized),
        (Fault::status(410, "{}"), TroubleKind::Missing),
        (Fault::TruncatedJson, TroubleKind::Garbled),
        (Fault::Html(200), TroubleKind::Garbled),
        (Fault::Redirect("https://elsewhere.example/".to_owned()), TroubleKind::Moved),
        (Fault::ResetBeforeApply, TroubleKind::Unavailable),
    ];
    for (fault, kind) in cases {
        for (tracker, mut side) in [(Side::GitHub, github_side(&sandbox)), (Side::Jira, jira_side(&sandbox))] {
            sandbox.fail(tracker, Matcher::any(), fault.clone(), u32::MAX);
            let (pages, _keep) = mpsc::channel(1000);
            let trouble = side.tracker.poll(Ask::default(), &side.shelf, pages).await.expect_err("it misbehaves");
            assert_eq!(trouble.kind, kind, "{tracker:?} {fault:?}: {trouble}");
            sandbox.heal(tracker);
            assert!(!side.read(false).await.is_empty());
        }
    }
    let mut jira = jira_side(&sandbox);
    sandbox.fail(Side::Jira, Matcher::path("/search/jql"), Fault::AnonymousEmpty, u32::MAX);
    let (pages, _keep) = mpsc::channel(1000);
    let trouble = jira.tracker.poll(Ask::default(), &jira.shelf, pages).await.expect_err("anonymous");
    assert_eq!(trouble.kind, TroubleKind::Unauthorized);
    sandbox.heal(Side::Jira);
    assert!(!jira.read(false).await.is_empty());
}

#[tokio::test]
async fn a_probe_tells_a_writing_credential_from_a_reading_one() {
    let sandbox = start(10).await;
    for side in [github_side(&sandbox), jira_side(&sandbox)] {
        let probed = side.tracker.probe(&|_| true).await;
        assert!(
            probed.len() > 1
                && probed.iter().any(|found| found.text.contains("written") || found.text.contains("edited")),
            "{probed:?}"
        );
        assert!(probed.iter().filter(|found| !found.ok).all(|found| found.text.contains("story point")), "{probed:?}");
    }
    let token = token_file(sandbox.github_read_only_token());
    let mut config = github_config(sandbox.github_url(), &token);
    if let TrackerConfig::Github(config) = &mut config {
        config.repositories = sandbox.repositories();
    }
    let probed = Tracker::connect_with(&config, policy()).expect("connected").probe(&|_| true).await;
    assert!(probed.iter().any(|found| !found.ok && found.text.contains("not written")), "{probed:?}");
}
