//! From nothing to levels in both trackers: a preview, a first write, silence; and a first plan that waits for a person.

use std::collections::{BTreeMap, BTreeSet};

use roadmapd::sandbox::{Corpus, Tracker};

use crate::desk::{Desk, WRITES, edits, until};

fn ours(label: &str) -> bool {
    label.starts_with("priority/p") || label.starts_with("complexity/")
}

fn foreign(labels: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    let keep = |labels: &Vec<String>| labels.iter().filter(|label| !ours(label)).cloned().collect();
    labels.iter().map(|(key, labels)| (key.clone(), keep(labels))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_previews_once_writes_every_open_issue_once_and_the_next_once_is_silent() {
    let desk = Desk::new(Corpus::generated(1, 40), WRITES).await;
    let before = desk.trackers.all_labels();

    let plan = desk.run(&["plan", "--json"]);
    assert_eq!(plan.code, 2, "{plan:?}");
    assert_eq!((desk.writes(), &desk.trackers.all_labels()), (0, &before));
    assert!(!desk.database().exists(), "a preview keeps nothing");

    let once = desk.run(&["once", "--json"]);
    assert_eq!(once.code, 0, "{once:?}");
    assert_eq!(once.json()["written"], edits(&plan.json()).len());
    let open = desk.open_labels();
    for (key, labels) in desk.trackers.all_labels() {
        for aspect in ["priority/p", "complexity/"] {
            let count = labels.iter().filter(|label| label.starts_with(aspect)).count();
            assert_eq!(count, usize::from(open.contains_key(&key)), "{key}: {labels:?}");
        }
    }
    assert_eq!(foreign(&desk.trackers.all_labels()), foreign(&before));

    desk.trackers.reset_counts();
    let again = desk.run(&["once", "--json"]);
    assert_eq!((again.code, &again.json()["written"]), (0, &0.into()), "{again:?}");
    assert_eq!(again.json()["requests"], serde_json::json!({ "github": 1, "jira": 2 }));
    let sent = (desk.trackers.request_count(Tracker::GitHub), desk.trackers.request_count(Tracker::Jira));
    assert_eq!((sent, desk.writes()), ((1, 2), 0));

    let plan = desk.run(&["plan", "--json"]);
    assert_eq!((plan.code, plan.json()["changes"].as_array().map(Vec::len)), (0, Some(0)), "{plan:?}");
}

/// What the bot did to labels of issues, as (issue, from, to).
fn written(desk: &Desk) -> BTreeSet<(String, Option<String>, Option<String>)> {
    let bot = [desk.trackers.github_login(), desk.trackers.jira_user()];
    let mut written = BTreeSet::new();
    for entry in desk.trackers.log().into_iter().filter(|entry| bot.contains(&entry.actor.as_str())) {
        if entry.key.contains('#') {
            written.insert((entry.key, entry.from, entry.to));
            continue;
        }
        let set = |text: Option<String>| -> BTreeSet<String> {
            text.unwrap_or_default().split(' ').filter(|label| !label.is_empty()).map(str::to_owned).collect()
        };
        let (from, to) = (set(entry.from), set(entry.to));
        written.extend(to.difference(&from).map(|label| (entry.key.clone(), None, Some(label.clone()))));
        written.extend(from.difference(&to).map(|label| (entry.key.clone(), Some(label.clone()), None)));
    }
    written
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreviewed_first_contact_waits_and_once_only_writes_exactly_what_was_reviewed() {
    let desk = Desk::new(Corpus::generated(2, 40), "").await;
    let waits = desk.run(&["once", "--json"]);
    assert_eq!(waits.code, 3, "{waits:?}");
    assert_eq!((&waits.json()["approval"]["needed"], desk.writes()), (&"first_contact".into(), 0));
    let plan = desk.run(&["plan", "--json"]);
    assert_eq!((plan.code, &plan.json()["approval"]["needed"]), (2, &"first_contact".into()));
    let fingerprint = plan.json()["fingerprint"].as_str().expect("a fingerprint").to_owned();

    let unknown = desk.run(&["once", "--only", "0123456789ab"]);
    assert_eq!((unknown.code, desk.writes()), (1, 0), "{unknown:?}");
    assert!(unknown.err.contains(&fingerprint), "{unknown:?}");

    let once = desk.run(&["once", "--only", &fingerprint]);
    assert_eq!(once.code, 0, "{once:?}");
    assert_eq!(written(&desk), edits(&plan.json()).into_iter().collect());
    assert_eq!(desk.run(&["once"]).code, 0);
    assert_eq!(desk.run(&["plan"]).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn approve_lets_a_running_daemon_write_exactly_what_was_reviewed() {
    let desk = Desk::new(Corpus::generated(3, 40), "").await;
    let plan = desk.run(&["plan", "--json"]).json();
    let daemon = desk.start(&["run", "--once-at-start"]);
    let waits = || {
        let history = desk.run(&["history", "--json"]);
        history.code == 0 && history.json()[0]["summary"]["approval"].is_array()
    };
    until("the first cycle waits", waits);
    assert_eq!(desk.writes(), 0);

    let fingerprint = plan["fingerprint"].as_str().expect("a fingerprint");
    assert_eq!(desk.run(&["approve", fingerprint]).code, 0);
    let reviewed: BTreeSet<_> = edits(&plan).into_iter().collect();
    until("the daemon writes", || written(&desk).len() >= reviewed.len());
    assert_eq!(written(&desk), reviewed);
    drop(daemon);
    assert_eq!(desk.run(&["plan"]).code, 0);
}
