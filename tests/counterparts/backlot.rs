//! Previews of the real binary against `backlot`, somebody else's GitHub and Jira Cloud to read from.
//!
//! It only reads, so nothing is applied. What it lacks of Jira (`/myself`, `/project/{key}`) the relay before it fills in; what it
//! gets wrong, and so isn't asked of it here: it ignores `since`, `ORDER BY` and `updated >=`, and has no rate headers worth obeying.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::installed::{Server, installed};
use crate::relay::Relay;

/// More than a page of either list.
const ISSUES: usize = 130;
/// Whoever shows this may read everything.
const TOKEN: &str = "admin-service-token";

/// The corpus as backlot reads it, a JSON object a line; the issues whose number ends in 3 are closed.
fn corpus() -> String {
    let mut lines = String::new();
    let mut line = |value: Value| writeln!(lines, "{value}").expect("a text");
    let person = json!({"author_email": "dana@acme.com", "author_name": "Dana", "author_groups": ["engineering"], "visibility": "public"});
    let with = |mut value: Value| {
        value.as_object_mut().expect("an object").extend(person.as_object().expect("an object").clone());
        value
    };
    line(
        json!({"source_type": "github", "subtype": "repo", "repo": "api", "group": "engineering", "default_branch": "main"}),
    );
    for number in 1..=ISSUES {
        let (closed, day) = (number % 10 == 3, format!("2026-0{}-{:02}T10:00:00Z", 1 + number % 3, 1 + number % 28));
        let mut issue = with(json!({
            "source_type": "github", "subtype": "issue", "repo": "api", "group": "engineering", "number": number, "created": day,
            "state": if closed { "closed" } else { "open" }, "title": format!("Export {number} fails"), "labels": ["bug"],
            "content": format!("1. open the export {number}\n2. it fails"), "doc_id": format!("github-{number}"),
        }));
        if closed {
            issue["closed_at"] = json!("2026-04-01T10:00:00Z");
        }
        line(issue);
        let mut issue = with(json!({
            "source_type": "jira", "project": "Payments", "key": format!("PAY-{number}"), "title": format!("Refund {number} fails"),
            "issuetype": "Bug", "status": if closed { "Done" } else { "To Do" }, "priority": "High", "labels": ["refunds"],
            "content": format!("A refund of {number} fails."), "created": day, "doc_id": format!("jira-{number}"),
        }));
        if closed {
            issue["resolutiondate"] = json!("2026-04-01T10:00:00Z");
            issue["resolution"] = json!("Done");
        }
        line(issue);
    }
    lines
}

fn backlot(program: &Path, data: &Path) -> Command {
    let mut command = Command::new(program);
    command.envs([
        ("BACKLOT_TELEMETRY", "false"),
        ("DO_NOT_TRACK", "1"),
        ("BACKLOT_GITHUB_ENFORCE_RATE_LIMITS", "false"),
    ]);
    command.env("BACKLOT_DATA_DIR", data).current_dir(data);
    command
}

fn started(program: &Path, folder: &Path) -> Server {
    let file = folder.join("corpus.jsonl");
    std::fs::write(&file, corpus()).expect("a file");
    let imported = backlot(program, folder).arg("import").arg(&file).output().expect("backlot runs");
    assert!(imported.status.success(), "{imported:?}");
    Server::start(&folder.join("log"), |port| {
        let mut command = backlot(program, folder);
        command.args(["serve", "--host", "127.0.0.1", "--port", &port.to_string()]);
        command
    })
}

/// What `plan --json` says: the keys of the issues that it would change, and the whole.
fn planned(folder: &Path) -> (BTreeSet<String>, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roadmapd"));
    let plan =
        command.args(["plan", "--json", "-c", "roadmapd.toml"]).current_dir(folder).output().expect("the binary runs");
    assert_eq!(plan.status.code(), Some(2), "{}", String::from_utf8_lossy(&plan.stderr));
    let plan: Value = serde_json::from_slice(&plan.stdout).expect("JSON");
    let changes = plan["changes"].as_array().expect("changes");
    (changes.iter().map(|change| change["issue"].as_str().expect("a key").to_owned()).collect(), plan)
}

#[tokio::test(flavor = "multi_thread")]
async fn backlots_github_and_jira_are_read_whole_and_every_open_issue_is_planned_twice_the_same() {
    let Some(program) = installed("python/bin/backlot", 5) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let server = started(&program, folder.path());
    let lacking = [
        (
            "/atlassian/rest/api/3/myself",
            json!({"accountId": "5b10", "displayName": "bot", "timeZone": "Etc/UTC", "active": true}),
        ),
        ("/atlassian/rest/api/3/project/PAY", json!({"id": "10000", "key": "PAY", "name": "Payments"})),
    ];
    let relay = Relay::filling(&server.url, lacking).await;
    let token = folder.path().join("token");
    std::fs::write(&token, TOKEN).expect("a file");
    let text = format!(
        "[daemon]\nlisten = \"\"\n[trackers.github]\nkind = \"github\"\nbase_url = \"{0}/github\"\nauth = {{ token = {{ file = {token:?} }} }}\n\
         repositories = [\"acme/api\"]\n[trackers.jira]\nkind = \"jira\"\nbase_url = \"{0}/atlassian\"\n\
         auth = {{ token = {{ file = {token:?} }} }}\nprojects = [\"PAY\"]\n",
        relay.url
    );
    std::fs::write(folder.path().join("roadmapd.toml"), text).expect("a file");

    let (changes, plan) = planned(folder.path());
    let open = (1..=ISSUES).filter(|number| number % 10 != 3);
    let expected = open.flat_map(|number| [format!("github:acme/api#{number}"), format!("jira:PAY-{number}")]);
    assert_eq!(changes, expected.collect());
    for change in plan["changes"].as_array().expect("changes") {
        assert_eq!(change["edits"].as_array().map(Vec::len), Some(2), "{change}");
    }
    let asked = relay.take();
    assert!(asked.iter().all(|exchange| exchange.status == 200), "{asked:#?}");
    let lists = |end: &str| asked.iter().filter(|exchange| exchange.path.ends_with(end)).count();
    assert!(lists("/issues") >= 2 && lists("/search/jql") >= 2, "both lists have more than one page");
    assert_eq!(planned(folder.path()).1, plan);
}
