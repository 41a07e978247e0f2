//! Levels that explain themselves: what is lacking, what would be if, what presses but waits, and how good the sizes are.

use std::fmt::Write;

use roadmapd::sandbox::Corpus;
use serde_json::Value;

use crate::desk::{Desk, WRITES};

#[tokio::test(flavor = "multi_thread")]
async fn explain_says_what_would_change_a_level_and_what_would_be_if() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    assert_eq!(desk.run(&["once"]).code, 0);
    let backlog = desk.run(&["roadmap", "--json"]).json();
    let low = backlog["items"].as_array().expect("items").iter().find(|item| item["priority"]["level"] == "p3");
    let key = low.expect("something that can wait")["faces"][0].as_str().expect("a key").to_owned();
    let told = desk.run(&["explain", &key]).out;
    assert!(told.contains(" to p2: "), "{told}");
    // What it says would do, does.
    let json = desk.run(&["explain", &key, "--json", "--set", "due=2000-01-01", "--set", "priority=Highest"]).json();
    assert!(json["what_if"]["priority"]["level"].as_str() < Some("p2"), "{json}");
    assert_eq!(json["priority"]["level"], "p3", "nothing was changed: {json}");
    let told = desk.run(&["explain", &key, "--set", "points=20"]).out;
    assert!(told.contains("if points=20, and nobody held anything") && told.contains("-> 20.0 story points"), "{told}");
    let told = desk.run(&["explain", &key, "--set", "value=10"]).out;
    assert!(told.contains("if value=10") && told.contains("value") && told.contains("--set"), "{told}");
    let again = desk.run(&["explain", &key, "--json"]).json();
    assert!(again.get("what_if").is_none() && again["complexity"] == json["complexity"], "{again}");
    let refused = desk.run(&["explain", &key, "--set", "due=soon"]);
    assert!(refused.code == 64 && refused.err.contains("due=2027-01-15"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_names_what_presses_but_waits_for_what_a_person_holds_back() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    assert_eq!(desk.run(&["once"]).code, 0);
    let none = desk.run(&["report", "--json"]).json();
    assert_eq!(none["inversions"], serde_json::json!([]), "levels rise to what blocks");
    let backlog = desk.run(&["roadmap", "--json"]).json();
    let open = |item: &&Value| {
        item["priority"]["level"] != "p3" && item["blocked_by"].as_array().is_some_and(|by| !by.is_empty())
    };
    let waits =
        backlog["items"].as_array().expect("items").iter().find(open).expect("something pressing waits").clone();
    let items = backlog["items"].as_array().expect("items");
    let blocker = items.iter().find(|item| item["item"] == waits["blocked_by"][0]).expect("a blocker");
    let blocker = blocker["faces"][0].as_str().expect("a key").to_owned();
    let local = blocker.split_once(':').expect("a tracker").1;
    let hana = desk.trackers.by("hana");
    for label in desk.trackers.labels_of(local).expect("an issue") {
        if label.starts_with("priority/p") {
            hana.remove_label(local, &label).expect("a label");
        }
    }
    hana.add_label(local, "priority/p3").expect("a label");
    for _ in 0..2 {
        assert_eq!(desk.run(&["once"]).code, 0);
    }
    let report = desk.run(&["report"]).out;
    let said = report.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("waits for {blocker}, held at p3 by a person since")), "{report}");
    assert!(said.contains("p0: how much of what is open"), "{report}");
    let json = desk.run(&["report", "--json"]).json();
    assert_eq!(json["inversions"][0]["for"], blocker.as_str(), "{json}");
    assert!(json["p0"][0]["open"].as_u64() > Some(0), "{json}");
    assert_eq!(json["p0"][0]["earlier"], serde_json::json!([]), "{json}");
    desk.age_first_cycle(8).await;
    let json = desk.run(&["report", "--json"]).json();
    let then = &json["p0"][0]["earlier"][0];
    assert_eq!((then["days_ago"].as_i64(), &then["open"]), (Some(7), &json["p0"][0]["open"]), "{json}");
    let report = desk.run(&["report"]).out;
    assert!(report.contains("% 7 days ago)"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backtest_judges_a_history_beside_the_median_and_names_what_it_skips() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    let kinds = [("Fix a typo", "1"), ("Restyle the button", "3"), ("Plan the migration", "8")];
    let mut text = "id,created,title,description,story_points\n".to_owned();
    for n in 0..200 {
        let (title, points) = kinds[n % 3];
        let points = if n == 70 { "many" } else { points };
        let _ = writeln!(text, "{n},2026-01-01T00:{:02}:{:02}Z,{title},\"as asked, by all\",{points}", n / 60, n % 60);
    }
    let file = desk.config().with_file_name("history.csv");
    std::fs::write(&file, &text).expect("a file");
    let file = file.to_str().expect("a path").to_owned();
    let told = desk.run(&["backtest", &file, "--json"]);
    let json = told.json();
    assert_eq!(json["rows"], serde_json::json!({"fit": 159, "test": 40, "skipped": 1}), "{json}");
    assert_eq!((&json["mae"], &json["exact"]), (&0.0.into(), &1.0.into()), "{json}");
    assert!(json["baseline"]["mae"].as_f64() > Some(2.0) && json["spearman"].as_f64() > Some(0.9), "{json}");
    for key in ["median_ae", "sa", "within_one", "fit_ms", "issue_us"] {
        assert!(json[key].is_number(), "{key}: {json}");
    }
    assert!(told.err.contains("line 72: story_points \"many\""), "{}", told.err);
    let table = desk.run(&["backtest", &file, "--prequential"]).out;
    assert!(table.contains("of the plain median") && table.contains("its words"), "{table}");

    let few: String = text.lines().take(30).map(|line| format!("{line}\n")).collect();
    std::fs::write(&file, few).expect("a file");
    let refused = desk.run(&["backtest", &file]);
    assert!(refused.code == 1 && refused.err.contains("at least 40 are needed"), "{refused:?}");
    std::fs::write(&file, "key,points\nA-1,3\n").expect("a file");
    let refused = desk.run(&["backtest", &file]);
    assert!(refused.code == 1 && refused.err.contains("there is no column \"title\""), "{refused:?}");
    let missing = desk.run(&["backtest", "nowhere.csv"]);
    assert!(missing.code == 1 && missing.err.contains("nowhere.csv"), "{missing:?}");
    // Of the roadmap's own history there is too little here, and that is said.
    assert_eq!(desk.run(&["once"]).code, 0);
    let own = desk.run(&["backtest", "--roadmap"]);
    assert!(own.code == 0 && own.out.contains("at least 40 are needed"), "{own:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_share_of_work_under_no_epic_is_told() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    assert_eq!(desk.run(&["once"]).code, 0);
    let json = desk.run(&["roadmap", "--by", "parent", "--json"]).json();
    let groups = json["groups"].as_array().expect("groups");
    let shares: f64 = groups.iter().map(|group| group["share"].as_f64().expect("a share")).sum();
    assert!((shares - 1.0).abs() < 1e-9 && groups.len() > 1, "{json}");
    assert!(groups.last().expect("a group")["parent"].is_null(), "what has no parent comes last: {json}");
    assert!(groups[0]["issue"].as_str().is_some_and(|key| key.contains(':')), "{json}");
    let text = desk.run(&["roadmap", "--by", "parent"]).out;
    assert!(text.contains("under no epic or objective"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_tells_what_moved_and_why_in_each_form() {
    let scope = "[[scope]]\nname = \"pay\"\nmatch = [\"jira:PAY\"]\n";
    let desk = Desk::new(Corpus::shipped(), &format!("{WRITES}{scope}")).await;
    assert_eq!(desk.run(&["once"]).code, 0);
    desk.trackers.edit_title("acme/web#8", "The | form `rm` <b>").expect("an issue");
    desk.trackers.add_label("acme/web#8", "sev1").expect("an issue");
    assert_eq!(desk.run(&["once"]).code, 0);
    let json = desk.run(&["digest", "--json"]).json();
    let scopes = json["scopes"].as_array().expect("scopes");
    let risen = &scopes.iter().find(|part| part["scope"].is_null()).expect("the rest")["new_p0"][0];
    assert_eq!((&risen["issue"], &risen["was"]), (&"github:acme/web#8".into(), &"p1".into()), "{json}");
    assert!(risen["why"].as_str().is_some_and(|why| why.contains("label sev1")), "{json}");
    assert!(scopes.len() == 2 && scopes[1]["scope"] == "pay", "{json}");
    let text = desk.run(&["digest"]).out;
    for part in ["outside all scopes: ", "pay: ", "New p0", "github:acme/web#8 The | form", "was p1", "isn't known"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let markdown = desk.run(&["digest", "--markdown"]).out;
    assert!(markdown.contains("## pay: ") && markdown.contains("\\|") && !markdown.contains("<b>"), "{markdown}");
    assert_eq!(desk.run(&["digest", "--days", "0"]).code, 64);
    let why = desk.run(&["explain", "github:acme/web#8"]).out;
    assert!(why.contains("\nmoved\n") && why.contains("priority     p1 -> p0: label sev1 on"), "{why}");
}

/// Rules as a configuration has them.
fn own_rules(rules: &[(&str, &str)]) -> String {
    let rule =
        |(name, when): &(&str, &str)| format!("[[priority.rules]]\nname = \"{name}\"\nwhen = \"{when}\"\nadd = 60\n");
    rules.iter().map(rule).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_rule_that_is_wrong_is_named_and_the_others_count_and_what_it_would_move_waits() {
    let good = own_rules(&[("all", "item.status != 'done'")]);
    let desk =
        Desk::new(Corpus::shipped(), &format!("{WRITES}{good}{}", own_rules(&[("typo", "item.titel == 'x'")]))).await;
    let check = desk.run(&["check"]);
    assert_eq!(check.code, 1, "{check:?}");
    assert!(
        check.out.contains("the configuration checks, but 1 own rule is refused and counts for nothing: 2 trackers")
    );
    let told = "AN OWN RULE IS REFUSED and counts for nothing: ";
    assert!(check.err.contains(told) && check.err.contains("the rule \"typo\": item.titel"), "{check:?}");
    assert!(check.err.contains("did you mean item.title?"), "{check:?}");
    // The rule that is right counts, and its levels are written.
    let once = desk.run(&["once"]);
    assert!(once.code == 0 && once.err.contains(told), "{once:?}");
    let key = desk.open_labels().into_keys().find(|key| key.contains('#')).expect("an issue");
    let explained = desk.run(&["explain", &format!("github:{key}")]).out;
    assert!(explained.contains("your rule: item.status != 'done'"), "{explained}");
    assert_eq!(desk.run(&["plan"]).code, 0, "nothing is left to write");
    // Once the right one breaks, too, what moves for want of it waits.
    let before = desk.open_labels();
    desk.configure(&format!(
        "{WRITES}{}",
        own_rules(&[("all", "item.state != 'done'"), ("typo", "item.titel == 'x'")])
    ));
    let once = desk.run(&["once", "--json"]);
    assert_eq!(once.code, 3, "{once:?}");
    let detail = once.json()["approval"]["detail"].as_str().expect("why").to_owned();
    assert!(detail.contains("without the own rules \"all\", \"typo\", which are refused"), "{detail}");
    assert_eq!(desk.open_labels(), before);
    desk.configure(&format!("{WRITES}{good}"));
    let once = desk.run(&["once"]);
    assert_eq!((once.code, desk.open_labels()), (0, before), "{once:?}");
}
