//! What the scenarios share: pairs of issues, hands that change a level, and what came of it.

use std::collections::{BTreeMap, BTreeSet};

use roadmapd::daemon::Order;
use roadmapd::model::{Issue, TrackerName};
use roadmapd::plan::{Skip, SkipReason};
use roadmapd::sandbox::{GithubIssueSeed, JiraIssueSeed};

use crate::world::World;

/// Two issues that are one piece of work: their keys on GitHub, in `acme/api`, and in Jira, in `PAY`.
pub fn pair(world: &World, summary: &str) -> (String, String) {
    let seed = JiraIssueSeed { summary: summary.to_owned(), ..JiraIssueSeed::default() };
    let jira = world.trackers.add_jira_issue("PAY", &seed).expect("an issue");
    let seed = GithubIssueSeed {
        title: format!("[{jira}] {summary}"),
        body: Some(format!("Jira: {jira}\n")),
        ..GithubIssueSeed::default()
    };
    (world.trackers.add_github_issue("acme/api", &seed).expect("an issue"), jira)
}

/// Somebody replaces the label of an aspect by another one.
pub fn replace(world: &World, person: &str, key: &str, theirs: &str) {
    let aspect = theirs.split_once('/').expect("an aspect").0;
    let person = world.trackers.by(person);
    for label in world.labels(key, &format!("{aspect}/")) {
        person.remove_label(key, &label).expect("a label");
    }
    person.add_label(key, theirs).expect("an issue");
}

/// A level of an aspect that an issue doesn't have.
pub fn another(world: &World, key: &str, levels: [&str; 2]) -> String {
    let standing = world.labels(key, levels[0]);
    (if standing.is_empty() { levels[0] } else { levels[1] }).to_owned()
}

/// A cycle that lists everything.
pub fn census() -> Order {
    Order { cause: "test".to_owned(), census: true, ..Order::default() }
}

/// What the store knows, by key.
pub async fn stored(world: &World) -> BTreeMap<String, Issue> {
    let issues = world.store.issues().await.expect("a store");
    issues.into_iter().map(|issue| (issue.key.local.clone(), issue)).collect()
}

/// What a tracker remembers between readings: the cursor.
pub async fn cursor(world: &World, tracker: &str) -> Option<String> {
    world.store.tracker(&TrackerName::new(tracker)).await.expect("a store").memory
}

/// What stands against us on an issue because of a person.
pub async fn holds(world: &World, key: &str) -> Vec<Skip> {
    let skips = world.preview().await.plan.skips;
    skips.into_iter().filter(|skip| skip.issue.local == key && skip.reason == SkipReason::Hold).collect()
}

/// What the bot wrote, in order.
pub fn written(world: &World) -> Vec<String> {
    let log =
        world.trackers.log().into_iter().filter(|entry| entry.actor.contains("bot@") || entry.actor == "roadmapd-bot");
    log.map(|entry| format!("{} {} {:?} -> {:?}", entry.key, entry.what, entry.from, entry.to)).collect()
}

/// What the bot wrote twice.
pub fn doubled(world: &World) -> Vec<String> {
    let mut seen = BTreeSet::new();
    written(world).into_iter().filter(|write| !seen.insert(write.clone())).collect()
}
