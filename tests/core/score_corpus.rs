//! Issues to unify and to score: by hand, and at random.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::select;
use roadmapd::model::*;
use roadmapd::roadmap::{LinkSource, Links, Roadmap, unify};

/// The day on which the corpus is scored.
pub const TODAY: Day = date(2026, 11, 24);

pub fn day(offset: i64) -> Day {
    TODAY.saturating_add(jiff::SignedDuration::from_hours(24 * offset))
}

pub fn at(offset: i64) -> Timestamp {
    day(offset).at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).expect("a moment").timestamp()
}

/// An open issue by its key: `jira:PAY-7`, `github:acme/api#7`; opened half a year ago, with an ordinary description.
pub fn issue(key: &str) -> Issue {
    let key: IssueKey = key.parse().expect("a key");
    Issue {
        id: IssueId::new(&key.tracker, format!("id-{}", key.local)),
        container: key.container(),
        aliases: Vec::new(),
        item: None,
        url: String::new(),
        title: "Refunds fail for cards".to_owned(),
        text: Text { words: 60, ..Text::default() },
        kind: None,
        tier: Tier::Standard,
        status: Status::Todo,
        status_name: "open".to_owned(),
        labels: Vec::new(),
        priority: None,
        story_points: None,
        story_points_field: None,
        fields: BTreeMap::new(),
        author: None,
        assignees: Vec::new(),
        due: None,
        components: Vec::new(),
        created: at(-200),
        updated: at(-1),
        status_changed: None,
        reactions: 0,
        votes: 0,
        watchers: 0,
        comments: 0,
        talk: None,
        merged_lines: None,
        relations: Vec::new(),
        blocker_count: 0,
        private: false,
        presence: Presence::Here,
        reading: Reading::default(),
        key,
    }
}

pub fn relation(kind: RelationKind, key: &str) -> Relation {
    let key: IssueKey = key.parse().expect("a key");
    let to = Reference { id: Some(format!("id-{}", key.local)), local: key.local, closed: None };
    Relation { kind, to }
}

pub fn snapshot(issues: impl IntoIterator<Item = Issue>) -> Snapshot {
    Snapshot { issues: issues.into_iter().map(Arc::new).collect(), coverage: Coverage::default() }
}

pub fn links() -> Links {
    let from = BTreeSet::from([LinkSource::Mirror, LinkSource::ExplicitLine, LinkSource::TitlePrefix]);
    Links { from, ..Links::default() }
}

pub fn roadmap(issues: impl IntoIterator<Item = Issue>) -> Roadmap {
    unify(&snapshot(issues), &links())
}

pub const KEYS: [&str; 16] = [
    "github:acme/api#1",
    "github:acme/api#2",
    "github:acme/api#3",
    "github:acme/api#4",
    "github:acme/web#1",
    "github:acme/web#2",
    "github:acme/web#3",
    "jira:PAY-1",
    "jira:PAY-2",
    "jira:PAY-3",
    "jira:PAY-4",
    "jira:PAY-5",
    "jira:CORE-1",
    "jira:CORE-2",
    "jira:CORE-3",
    "jira:CORE-4",
];

fn random_issue(key: &'static str) -> impl Strategy<Value = Issue> {
    let names = vec![None, Some("Lowest"), Some("Low"), Some("Medium"), Some("High"), Some("Highest")];
    let labels = vec!["bug", "sev1", "docs", "severity/low", "customer", "P0"];
    let text =
        (0_u32..500, 0_u32..8, 0_u32..4, any::<bool>()).prop_map(|(words, open_tasks, code_blocks, acceptance)| Text {
            words,
            open_tasks,
            code_blocks,
            acceptance,
            ..Text::default()
        });
    let ties = proptest::collection::vec((0_usize..4, select(&KEYS[..])), 0..4);
    let said = proptest::option::weighted(0.3, select(&KEYS[..]));
    let days = (-400_i64..1, proptest::option::of(-30_i64..120), proptest::option::of(-100_i64..1));
    let counts = (0_u32..40, 0_u32..20, 0_u32..10, 0_u32..30);
    let status = select(vec![Status::Todo, Status::Todo, Status::Doing, Status::Done, Status::Dropped]);
    let points = proptest::option::weighted(0.3, select(vec![0.0, 1.0, 2.0, 5.0, 13.0, 100.0]));
    (select(names), proptest::sample::subsequence(labels, 0..3), text, ties, said, days, counts, status, points)
        .prop_map(move |(priority, labels, text, ties, said, (created, due, moved), counts, status, points)| {
            let mut issue = issue(key);
            issue.priority = priority.map(str::to_owned);
            issue.labels = labels.into_iter().map(str::to_owned).collect();
            issue.text = text;
            issue.text.explicit = said.and_then(|key| Some(key.split_once(':')?.1.to_owned())).into_iter().collect();
            issue.created = at(created);
            issue.due = due.map(|offset| (day(offset), DueSource::Issue));
            issue.status_changed = moved.map(at);
            (issue.reactions, issue.votes, issue.watchers, issue.comments) = counts;
            issue.status = status;
            issue.story_points = points;
            let kinds = [RelationKind::Parent, RelationKind::BlockedBy, RelationKind::Blocks, RelationKind::Duplicates];
            let tracker = issue.id.tracker.clone();
            let own = ties.into_iter().filter(|(_, key)| key.starts_with(tracker.as_str()));
            issue.relations = own.map(|(kind, key)| relation(kinds[kind], key)).collect();
            issue
        })
}

/// A backlog of up to sixteen issues in four containers, tied to each other at random, circles included.
pub fn backlog() -> impl Strategy<Value = Vec<Issue>> {
    proptest::sample::subsequence(KEYS.to_vec(), 1..=KEYS.len())
        .prop_flat_map(|keys| keys.into_iter().map(random_issue).collect::<Vec<_>>())
}
