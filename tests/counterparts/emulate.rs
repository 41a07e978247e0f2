//! Whole cycles that write, against `emulate`, somebody else's GitHub in memory.
//!
//! What it gets wrong, and so isn't asked of it here: labels are told apart by case, a bad token is accepted, pull requests are left
//! out of lists, and it has no ETag (a quiet cycle reads a page instead of a 304), sub-issues, dependencies, reactions or limits.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use reqwest::Method;
use roadmapd::model::Timestamp;
use serde_json::{Value, json};

use crate::driver::Driver;
use crate::installed::{Server, installed};
use crate::world::WRITES;

const SEED: &str = r#"
tokens:
  token-of-the-bot: { login: roadmapd-bot, scopes: [repo] }
  token-of-dana: { login: dana, scopes: [repo] }
github:
  users: [{ login: dana, name: Dana }, { login: roadmapd-bot, name: Bot }]
  orgs: [{ login: acme, name: Acme, members: [{ login: dana, role: admin }, { login: roadmapd-bot, role: admin }] }]
  repos: [{ owner: acme, name: api, description: The API, auto_init: true }, { owner: acme, name: web, auto_init: true }]
"#;
/// More than a page of the list.
const ISSUES: usize = 115;

struct Emulate {
    server: Server,
    client: reqwest::Client,
    folder: tempfile::TempDir,
}

impl Emulate {
    fn start(program: &Path, node: &Path) -> Self {
        roadmapd::tracker::install_tls();
        let folder = tempfile::tempdir().expect("a folder");
        let seed = folder.path().join("seed.yaml");
        std::fs::write(&seed, SEED).expect("a file");
        std::fs::write(folder.path().join("token"), "token-of-the-bot").expect("a file");
        let server = Server::start(&folder.path().join("log"), |port| {
            let mut command = Command::new(node);
            command.arg(program).args([
                "start",
                "--service",
                "github",
                "--host",
                "127.0.0.1",
                "--port",
                &port.to_string(),
            ]);
            command.arg("--seed").arg(&seed).current_dir(folder.path());
            command
        });
        let client = reqwest::Client::builder().user_agent("tests").build().expect("a client");
        Self { server, client, folder }
    }

    /// What Dana asks.
    async fn dana(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let request =
            self.client.request(method.clone(), format!("{}{path}", self.server.url)).bearer_auth("token-of-dana");
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let got = request.send().await.expect("an answer");
        assert!(got.status().is_success(), "{method} {path}: {}", got.status());
        serde_json::from_str(&got.text().await.expect("a body")).unwrap_or_default()
    }

    /// Everything in a repository by number: whether it is open, its label names, its title and text.
    async fn issues(&self, repository: &str) -> BTreeMap<u64, (bool, Vec<String>, Value)> {
        let mut issues = BTreeMap::new();
        for page in 1..=5 {
            let path = format!("/repos/{repository}/issues?state=all&per_page=100&page={page}");
            for row in self.dana(Method::GET, &path, None).await.as_array().expect("a list") {
                let names = row["labels"].as_array().expect("labels").iter();
                let mut names: Vec<_> = names.map(|label| label["name"].as_str().expect("a name").to_owned()).collect();
                names.sort();
                let number = row["number"].as_u64().expect("a number");
                issues.insert(number, (row["state"] == "open", names, json!([row["title"], row["body"]])));
            }
        }
        issues
    }

    fn configuration(&self) -> String {
        format!(
            "daemon.listen = \"\"\n{WRITES}[trackers.github]\nkind = \"github\"\nbase_url = {:?}\nauth = {{ token = {{ file = {:?} }} }}\n\
             repositories = [\"acme/api\", \"acme/web\"]\nbudget = {{ writes_per_minute = 100000, writes_per_hour = 1000000, concurrency = 4 }}\n",
            self.server.url,
            self.folder.path().join("token"),
        )
    }
}

fn ours(label: &str) -> bool {
    label.starts_with("priority/") || label.starts_with("complexity/")
}

fn foreign(labels: &[String]) -> Vec<String> {
    labels.iter().filter(|label| !ours(label)).cloned().collect()
}

async fn plant(emulate: &Emulate) {
    for number in 1..=ISSUES {
        let labels = if number % 5 == 0 { json!(["bug", "area/exports & co"]) } else { json!([]) };
        let body =
            format!("Steps:\r\n\r\n1. open the export {number}\r\n2. it fails with `error {number}` — every time ✓");
        let issue = json!({"title": format!("Export {number} fails"), "body": body, "labels": labels});
        emulate.dana(Method::POST, "/repos/acme/api/issues", Some(issue)).await;
        if number % 10 == 3 {
            let path = format!("/repos/acme/api/issues/{number}");
            emulate.dana(Method::PATCH, &path, Some(json!({"state": "closed"}))).await;
        }
    }
    emulate.dana(Method::POST, "/repos/acme/web/issues", Some(json!({"title": "Dark mode"}))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn emulates_github_is_labelled_in_one_cycle_holds_for_people_and_is_put_back_by_undo() {
    let Some(program) = installed("node_modules/emulate/dist/index.js", 9) else { return };
    let Some(node) = installed("node", 9) else { return };
    let emulate = Emulate::start(&program, &node);
    plant(&emulate).await;
    let before = emulate.issues("acme/api").await;
    assert_eq!(before.len(), ISSUES);
    let driver = Driver::new(&emulate.configuration(), Timestamp::now()).await;

    // First contact: every open issue has two levels, and nothing else has changed.
    let first = driver.turn(false).await;
    assert_eq!((first.errors.as_slice(), first.failed), ([].as_slice(), 0));
    let after = emulate.issues("acme/api").await;
    for (number, (open, labels, texts)) in &after {
        let count = |start: &str| labels.iter().filter(|label| label.starts_with(start)).count();
        assert_eq!((count("priority/"), count("complexity/")), (usize::from(*open), usize::from(*open)), "{number}");
        assert_eq!((open, foreign(labels), texts), (&before[number].0, before[number].1.clone(), &before[number].2));
    }
    assert_eq!(first.written, 2 * after.values().filter(|(open, ..)| *open).count() + 2, "and the web's one");

    // Silence.
    let second = driver.turn(false).await;
    assert_eq!((second.written, second.failed, second.errors.as_slice()), (0, 0, [].as_slice()));
    assert_eq!(emulate.issues("acme/api").await, after);

    // A person's level stands, and a new issue gets its own.
    let mine = after[&1].1.iter().find(|label| label.starts_with("priority/")).expect("a level");
    let theirs = if mine == "priority/p0" { "priority/p3" } else { "priority/p0" };
    let labels = "/repos/acme/api/issues/1/labels";
    emulate.dana(Method::DELETE, &format!("{labels}/{}", mine.replace('/', "%2F")), None).await;
    emulate.dana(Method::POST, labels, Some(json!({"labels": [theirs]}))).await;
    emulate.dana(Method::POST, "/repos/acme/web/issues", Some(json!({"title": "Light mode"}))).await;
    let third = driver.turn(false).await;
    assert_eq!((third.errors.as_slice(), third.written), ([].as_slice(), 2));
    let held = emulate.issues("acme/api").await;
    assert!(held[&1].1.contains(&theirs.to_owned()) && !held[&1].1.contains(mine), "{:?}", held[&1].1);
    assert_eq!(emulate.issues("acme/web").await[&2].1.len(), 2);
    assert_eq!(driver.turn(false).await.written, 0);

    // Undo leaves what people have and takes the rest back.
    let undone = driver.undo(first.cycle).await;
    assert_eq!(undone.errors, Vec::<String>::new());
    for (number, (_, labels, texts)) in emulate.issues("acme/api").await {
        let expected = if number == 1 { vec![theirs.to_owned()] } else { Vec::new() };
        let levels: Vec<_> = labels.iter().filter(|label| ours(label)).cloned().collect();
        assert_eq!(
            (levels, foreign(&labels), &texts),
            (expected, before[&number].1.clone(), &before[&number].2),
            "{number}"
        );
    }
    assert_eq!(driver.turn(false).await.written, 0);
}
