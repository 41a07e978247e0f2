//! The JSON that others read, and the other forms of the same.

use std::collections::BTreeSet;

use roadmapd::sandbox::Corpus;
use serde_json::Value;

use crate::desk::{Desk, WRITES};

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().map(String::as_str).collect()
}

/// The keys of a JSON object hold at least these: keys may be added, none renamed.
fn has(value: &Value, wanted: &[&str]) {
    let (keys, wanted) = (keys(value), wanted.iter().copied().collect::<BTreeSet<_>>());
    assert!(keys.is_superset(&wanted), "{:?} missing", wanted.difference(&keys));
}

fn has_levels(item: &Value) {
    has(&item["priority"], &["level", "score", "held_by", "because"]);
    has(&item["complexity"], &["level", "story_points", "low", "high", "source", "held_by", "because"]);
    has(&item["readiness"], &["level", "because"]);
    for reason in item["priority"]["because"].as_array().expect("reasons") {
        has(reason, &["rule", "points", "why"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_has_the_documented_shape() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    let plan = desk.run(&["plan", "--json"]).json();
    has(&plan, &["fingerprint", "approval", "considered", "changes", "skips", "quarantined", "levels"]);
    has(&plan["changes"][0], &["issue", "item", "edits"]);
    has(&plan["changes"][0]["edits"][0], &["field", "sink", "from", "to", "why"]);
    has(&plan["skips"][0], &["issue", "field", "theirs", "reason", "why"]);
    has(&plan["levels"]["priority"], &["p0", "p1", "p2", "p3"]);

    let once = desk.run(&["once", "--json"]).json();
    has(&once, &["cycle", "written", "skipped", "failed", "approval", "requests"]);
    has(&once["requests"], &["github", "jira"]);

    let roadmap = desk.run(&["roadmap", "--json"]).json();
    has(&roadmap, &["generated_at", "items"]);
    let items = roadmap["items"].as_array().expect("items");
    for (place, item) in items.iter().enumerate() {
        has(item, &["rank", "item", "title", "faces", "status", "parent", "blocked_by", "due"]);
        has_levels(item);
        assert_eq!(item["rank"], place + 1);
        assert!(["todo", "doing", "done", "dropped"].contains(&item["status"].as_str().expect("a status")));
    }
    let held = items.iter().find(|item| !item["priority"]["held_by"].is_null()).expect("a held item");
    has(&held["priority"]["held_by"], &["who", "where", "since"]);

    for item in items {
        let key = item["faces"][0].as_str().expect("a face");
        let explained = desk.run(&["explain", key, "--json"]).json();
        has(&explained, &["item", "scope", "faces"]);
        has_levels(&explained);
        assert_eq!((&explained["item"], &explained["priority"]), (&item["item"], &item["priority"]), "{key}");
    }
    assert_eq!(desk.run(&["holds", "--json"]).json().as_array().map(Vec::len), plan["skips"].as_array().map(Vec::len));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roadmap_has_the_same_items_as_text_csv_and_markdown() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    desk.run(&["once"]);
    let items = desk.run(&["roadmap", "--json"]).json()["items"].as_array().map(Vec::len).expect("items");
    for (form, head) in [(None, 1), (Some("--csv"), 1), (Some("--markdown"), 2)] {
        let args: Vec<&str> = ["roadmap"].into_iter().chain(form).collect();
        let said = desk.run(&args);
        assert_eq!((said.code, said.out.lines().count()), (0, items + head), "{said:?}");
    }
}
