//! The store as its callers see it: every test opens a real file.
#![expect(clippy::unwrap_used, reason = "tests")]

mod cycles;
mod dying;
mod issues;
mod ledger;
mod locking;
mod opening;
mod people;
mod scores;
mod trackers;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use roadmapd::model::{
    ContainerKey, Issue, IssueId, ItemId, Presence, Reading, Reference, Relation, RelationKind, Status, Text, Tier,
    Timestamp, TrackerName, Turn,
};
use roadmapd::store::Store;

/// A directory of its own with a database in it.
struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("roadmapd.db")
    }

    fn url(&self) -> String {
        url(&self.file())
    }

    async fn open(&self) -> Store {
        Store::open(&self.url()).await.unwrap()
    }

    /// Every file's name and bytes.
    fn content(&self) -> Vec<(String, Vec<u8>)> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut content: Vec<_> = entries
            .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
            .collect();
        content.sort();
        content
    }
}

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

fn github() -> TrackerName {
    TrackerName::new("github")
}

fn jira() -> TrackerName {
    TrackerName::new("jira")
}

/// An issue of Jira with that id and key.
fn issue(id: &str, key: &str) -> Issue {
    let key: roadmapd::model::IssueKey = key.parse().unwrap();
    Issue {
        id: IssueId::new(&key.tracker, id),
        container: key.container(),
        aliases: Vec::new(),
        item: None,
        url: format!("https://example.test/{}", key.local),
        title: format!("Zahlung für {} <b>schlägt</b> fehl 🧾 \u{202e}", key.local),
        text: Text { hash: "00ff".into(), words: 12, mentions: vec!["PAY-9".into()], ..Text::default() },
        kind: Some("Bug".into()),
        tier: Tier::Standard,
        status: Status::Doing,
        status_name: "In Progress".into(),
        labels: vec!["bug".into(), "priority-p1".into()],
        priority: Some("High".into()),
        story_points: Some(2.5),
        story_points_field: None,
        fields: BTreeMap::new(),
        author: None,
        assignees: Vec::new(),
        due: None,
        components: vec!["api".into()],
        created: at(0),
        updated: at(60) + jiff_nanoseconds(7),
        status_changed: None,
        reactions: 1,
        votes: 2,
        watchers: 3,
        comments: 4,
        talk: None,
        merged_lines: None,
        relations: vec![Relation {
            kind: RelationKind::BlockedBy,
            to: Reference { id: Some("77".into()), local: "PAY-77".into(), closed: None },
        }],
        blocker_count: 1,
        private: true,
        presence: Presence::Here,
        reading: Reading { turn: Turn(4), by_id: true },
        key,
    }
}

/// Trackers' stamps may be finer than a second; what is stored must be exactly what was read.
fn jiff_nanoseconds(n: u64) -> std::time::Duration {
    std::time::Duration::from_nanos(n)
}

fn item(n: u32) -> ItemId {
    ItemId::stored(format!("i-{n:012x}"))
}

fn container(text: &str) -> ContainerKey {
    text.parse().unwrap()
}
