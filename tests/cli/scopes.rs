//! Teams' scopes on the command line: `check` lists them, `explain` names them, and observing needs no right to write.

use roadmapd::sandbox::{Corpus, Options};

use crate::desk::{Desk, WRITES};

const SCOPES: &str = "[[scope]]\nname = \"payments\"\nmatch = [\"jira:PAY\"]\nlimits = { changes_max = 7 }\n\
                      write = { mode = \"observe\" }\n\
                      [[scope]]\nname = \"api\"\nmatch = [\"github:acme/*\"]\npriority = { hysteresis = 5 }\n";

/// Credentials with which nothing can be written.
fn may_only_read(desk: &Desk) {
    let options = Options::default();
    for (file, token) in
        [("github-token", options.github_read_only_token), ("jira-token", options.jira_read_only_token)]
    {
        std::fs::write(desk.folder.path().join(file), token).expect("a file");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_lists_each_scope_with_its_containers_and_what_it_overrides() {
    let desk = Desk::new(Corpus::shipped(), SCOPES).await;
    let said = desk.run(&["check"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    let lines: Vec<Vec<&str>> = said
        .out
        .lines()
        .map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect();
    for row in [
        vec!["scope", "holds for", "overrides"],
        vec!["payments", "jira:PAY", "limits.changes_max, write.mode"],
        vec!["api", "github:acme/*", "priority.hysteresis"],
    ] {
        assert!(lines.contains(&row), "{row:?} is not in: {}", said.out);
    }
    desk.configure("[write]\nmode = \"observe\"\n");
    let said = desk.run(&["check"]);
    for tracker in ["github", "jira"] {
        assert!(said.out.contains(&format!("{tracker}: nothing is written there; a read-only")), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_names_the_scope_of_an_item_as_text_and_as_json() {
    let desk = Desk::new(Corpus::shipped(), SCOPES).await;
    desk.run(&["once"]);
    let keys = desk.open_labels();
    let first = |of: fn(&str) -> bool| keys.keys().find(|key| of(key)).expect("an issue").clone();
    let (github, jira) = (first(|key| key.contains('#')), first(|key| key.starts_with("PAY-")));
    for key in [format!("github:{github}"), format!("jira:{jira}")] {
        let explained = desk.run(&["explain", &key, "--json"]).json();
        // An item is scored as its first face is.
        let scope =
            if explained["faces"][0].as_str().expect("a face").starts_with("jira") { "payments" } else { "api" };
        assert_eq!(explained["scope"], scope, "{explained}");
        let text = desk.run(&["explain", &key]).out;
        assert!(text.contains(&format!("\n  scope {scope}")), "{text}");
    }
    desk.configure("");
    assert!(desk.run(&["explain", &format!("github:{github}"), "--json"]).json()["scope"].is_null());
    assert!(desk.run(&["explain", &format!("github:{github}")]).out.contains("\n  scope none (the defaults)\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn observing_works_with_credentials_that_may_only_read_as_a_whole_and_for_one_team() {
    let desk = Desk::new(Corpus::shipped(), &format!("{WRITES}{}", SCOPES.replace("jira:PAY", "jira:*"))).await;
    std::fs::write(desk.folder.path().join("jira-token"), Options::default().jira_read_only_token).expect("a file");
    let said = desk.run(&["once", "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.json()["written"].as_u64().is_some_and(|written| written > 0), "{said:?}");
    let plan = desk.run(&["plan", "--json"]).json();
    assert!(plan["changes"].as_array().expect("changes").is_empty(), "{plan}");

    let desk = Desk::new(Corpus::shipped(), "[write]\nmode = \"observe\"\n").await;
    may_only_read(&desk);
    for command in [["once"].as_slice(), &["plan"], &["roadmap"]] {
        let said = desk.run(command);
        assert_eq!(said.code, 0, "{said:?}");
    }
    assert_eq!(desk.writes(), 0);
}
