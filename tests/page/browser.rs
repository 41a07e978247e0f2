//! The page in a real browser: every view at two widths, with and without JavaScript, in light and dark, by keyboard, under axe.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use roadmapd::sandbox::{Corpus, GithubIssueSeed, JiraIssueSeed};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::site::{LOCKED, Site, TOKEN, WRITES, nasty, shipped};

/// How long the browser may walk, in seconds; where nothing else runs it takes a fraction of that.
const WALK_S: &str = "300";
/// How long its processes may take to be gone afterwards.
const GONE: Duration = Duration::from_secs(20);
/// What is done by keyboard alone.
const STEPS: [&str; 4] =
    ["skips to the content", "searches", "chooses two levels and a status", "goes from a mark to its item"];

/// What the browser walked, and what it found wrong.
#[derive(Debug, Deserialize)]
struct Report {
    walked: BTreeSet<String>,
    findings: Vec<String>,
}

/// A browser and what steers it.
struct Browser {
    node: PathBuf,
    packages: PathBuf,
    chromium: PathBuf,
}

impl Browser {
    /// What `tests/counterparts/install.sh` installed, and Debian's browser; where one isn't there, it is said aloud.
    fn installed(checks: usize) -> Option<Self> {
        let set = |name: &str, usual: PathBuf| std::env::var_os(name).map_or(usual, PathBuf::from);
        let packages = set("ROADMAPD_COUNTERPARTS", Path::new(env!("CARGO_MANIFEST_DIR")).join("target/counterparts"));
        let chromium = set("ROADMAPD_CHROMIUM", "/usr/bin/chromium".into());
        let node = packages.join("node");
        let modules = packages.join("node_modules");
        let wanted = [
            (&node, "run tests/counterparts/install.sh"),
            (&modules.join("playwright-core/package.json"), "run tests/counterparts/install.sh"),
            (&modules.join("axe-core/axe.min.js"), "run tests/counterparts/install.sh"),
            (&chromium, "install Debian's chromium, or name a browser in ROADMAPD_CHROMIUM"),
        ];
        if let Some((lacking, next)) = wanted.into_iter().find(|(path, _)| !path.exists()) {
            let why = format!("there is no {}; {next}", lacking.display());
            // Past the harness, which keeps what passing tests print.
            drop(writeln!(std::io::stderr(), "NOTICE: {checks} checks skipped: {why}"));
            return None;
        }
        Some(Self { node, packages, chromium })
    }

    /// Walks these sites in these ways, and leaves no process behind.
    async fn walk(&self, sites: &[Value], ways: &[Way]) -> Report {
        let folder = tempfile::tempdir().expect("a folder");
        let ways: Vec<Value> = ways.iter().map(Way::told).collect();
        // For whoever wants to look, too: a folder for a picture of each view in each way.
        let pictures = std::env::var_os("ROADMAPD_PICTURES").map(PathBuf::from);
        let (packages, chromium) = (&self.packages, &self.chromium);
        let job =
            json!({"packages": packages, "chromium": chromium, "pictures": pictures, "sites": sites, "ways": ways});
        let mut command = Command::new("timeout");
        command.args(["--kill-after=10", WALK_S]).arg(&self.node);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page/browser/walk.mjs"));
        command.env("TMPDIR", folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let ended = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().expect("coreutils' timeout runs node");
            let mut input = child.stdin.take().expect("a pipe");
            input.write_all(job.to_string().as_bytes()).expect("a job");
            drop(input);
            child.wait_with_output().expect("a report")
        });
        let output = ended.await.expect("no panic");
        let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{}: {said}\n{complained}", output.status);
        let (started, mut look) = (Instant::now(), tokio::time::interval(Duration::from_millis(50)));
        while let Some(left) = processes_that_name(folder.path()) {
            assert!(started.elapsed() < GONE, "a process of the browser is left: {left}");
            look.tick().await;
        }
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}\n{complained}"))
    }
}

/// A process whose command names a folder: the browser's do, since its profile is there.
fn processes_that_name(folder: &Path) -> Option<String> {
    let folder = folder.to_str().expect("text");
    let processes = std::fs::read_dir("/proc").expect("Linux");
    let commands = processes.filter_map(|process| std::fs::read(process.ok()?.path().join("cmdline")).ok());
    commands
        .map(|command| String::from_utf8_lossy(&command).replace('\0', " "))
        .find(|command| command.contains(folder))
}

/// How a browser is set up.
#[derive(Clone, Copy)]
struct Way {
    width: u32,
    script: bool,
    scheme: &'static str,
}

impl Way {
    fn all() -> Vec<Self> {
        let widths = [1280, 390].into_iter();
        let scripts = widths.flat_map(|width| [true, false].map(|script| (width, script)));
        scripts.flat_map(|(width, script)| ["light", "dark"].map(|scheme| Self { width, script, scheme })).collect()
    }

    fn name(&self) -> String {
        format!("{} {} {}", self.width, if self.script { "script" } else { "no script" }, self.scheme)
    }

    fn told(&self) -> Value {
        json!({"width": self.width, "script": self.script, "scheme": self.scheme})
    }
}

fn view(name: &str, path: &str, status: u16, says: &str) -> Value {
    json!({"name": name, "path": path, "status": status, "says": says})
}

/// The demo's issues, and some whose titles, names and labels do their worst; a person holds one, another waits for it.
fn worst() -> Corpus {
    let mut corpus = shipped();
    let api = &mut corpus.repositories[0];
    let name = api.name.clone();
    let issue = |number| GithubIssueSeed {
        number,
        title: nasty(),
        author: Some("ada".to_owned()),
        assignees: vec![format!("a{}", "-very".repeat(7)), "ada".to_owned(), "bea".to_owned(), "cy".to_owned()],
        labels: vec!["<b>label</b>".to_owned(), "w".repeat(50), "priority/p0".to_owned()],
        comments: 12_345,
        created_days_ago: 3.0,
        ..GithubIssueSeed::default()
    };
    api.issues.push(issue(900));
    api.issues.push(GithubIssueSeed { blocked_by: vec![format!("{name}#900")], ..issue(901) });
    api.issues.push(GithubIssueSeed { title: "w".repeat(256), ..issue(902) });
    let summary = nasty().chars().take(255).collect();
    corpus.projects[0].issues.push(JiraIssueSeed {
        number: 900,
        summary,
        created_days_ago: 2.0,
        ..JiraIssueSeed::default()
    });
    corpus
}

/// Sites in the states in which a person meets the page, each with its views.
async fn sites() -> (Vec<Site>, Vec<Value>) {
    let corpus = worst();
    let (github, jira) = (corpus.repositories[0].name.clone(), corpus.projects[0].key.clone());
    let script = "<script>alert(1)</script>";
    let busy = Site::new(corpus.clone(), WRITES).await;
    busy.turn().await;
    let waits = Site::new(corpus.clone(), LOCKED).await;
    let new = Site::before_any_cycle(corpus, WRITES).await;
    let base = |site: &Site| format!("http://{}", site.address);
    let told = vec![
        json!({"base": base(&busy), "steps": STEPS, "views": [
            view("roadmap", "/", 200, script),
            view("roadmap with filters", "/?text=script&priority=p0&status=all", 200, script),
            view("roadmap without a match", "/?tracker=none", 200, "No item matches"),
            view("matrix", "/matrix", 200, script),
            view("linked item", &format!("/items/github:{github}%233"), 200, "one piece of work in 2 places"),
            view("item named script", &format!("/items/github:{github}%23901"), 200, script),
            view("item named script in Jira", &format!("/items/jira:{jira}-900"), 200, script),
            view("item of one long word", &format!("/items/github:{github}%23902"), 200, &"w".repeat(200)),
            view("cycles", "/cycles", 200, "census"),
            view("cycle", "/cycles/1", 200, "roadmapd undo 1"),
            view("health", "/status", 200, "Holds"),
            view("nowhere", "/nowhere", 404, "here is no such view"),
            view("nonsense", "/?priority=p9", 400, "is none of"),
        ]}),
        json!({"base": base(&waits), "token": TOKEN, "steps": [], "views": [
            view("login", "/login", 200, "Sign in"),
            view("cycles with a waiting plan", "/cycles", 200, "roadmapd approve"),
            view("health with a waiting plan", "/status", 200, "roadmapd approve"),
        ]}),
        json!({"base": base(&new), "steps": [], "views": [
            view("roadmap before any cycle", "/", 200, "No item is known yet"),
            view("matrix before any cycle", "/matrix", 200, "No item is known yet"),
            view("cycles before any cycle", "/cycles", 200, "No cycle has turned yet"),
            view("health before any cycle", "/status", 200, "not read yet"),
        ]}),
    ];
    (vec![busy, waits, new], told)
}

/// What must have been walked.
fn expected(sites: &[Value], ways: &[Way]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (site, way) in sites.iter().flat_map(|site| ways.iter().map(move |way| (site, way))) {
        let views = site["views"].as_array().expect("views").iter().map(|view| view["name"].as_str().expect("a name"));
        let steps = site["steps"].as_array().expect("steps").iter().map(|step| step.as_str().expect("a step"));
        let signs_in = site["token"].is_string().then_some("signs in");
        let names = views.chain(steps.filter(|_| way.scheme == "light")).chain(signs_in);
        all.extend(names.map(|name| format!("{} {name}", way.name())));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_view_is_whole_harmless_and_usable_at_two_widths_without_javascript_by_keyboard_and_in_the_dark() {
    let ways = Way::all();
    let Some(browser) = Browser::installed(20 * ways.len()) else { return };
    let (_running, sites) = sites().await;
    let started = Instant::now();
    let report = browser.walk(&sites, &ways).await;
    eprintln!("{} walks, {:?}", report.walked.len(), started.elapsed());
    assert_eq!(report.walked, expected(&sites, &ways));
    assert!(report.findings.is_empty(), "{} findings:\n{}", report.findings.len(), report.findings.join("\n"));
}

/// Pages that do wrong whatever a page can, one with a policy and one without.
fn wrong() -> Router {
    async fn bad() -> Html<&'static str> {
        Html(
            "<!DOCTYPE html><html lang=en><title>Bad</title><style>:focus { outline: none }</style>\
             <main><h1>Bad</h1><p style='color: #bbb; background: #fff'>Hardly to be read</p>\
             <div style='width: 2000px'>Wide</div><a href='#x'>No focus</a> <a href='#y' tabindex=-1>No way</a>\
             <a href='#z' style='position: absolute; left: -999px'>Away</a><img src='http://127.0.0.1:1/x.png'></main>\
             <script>alert(1); document.querySelector('h1').textContent = 'Other'; nothing()</script>",
        )
    }
    async fn guarded() -> Response {
        let page = "<!DOCTYPE html><html lang=en><title>Bad</title><body onload='alert(2)'><main><h1>Bad</h1></main>";
        ([("content-security-policy", "default-src 'none'")], Html(page)).into_response()
    }
    let gone = || async { (StatusCode::NOT_FOUND, "gone") };
    Router::new().route("/", get(bad)).route("/guarded", get(guarded)).fallback(gone)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_finds_what_is_wrong_with_a_bad_page() {
    let Some(browser) = Browser::installed(1) else { return };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move { axum::serve(listener, wrong()).await });
    let views =
        json!([view("bad", "/", 200, "Good"), view("guarded", "/guarded", 200, "Bad"), view("gone", "/gone", 200, "")]);
    let site = json!({"base": base, "steps": ["skips to the content"], "views": views});
    let ways = [
        Way { width: 1280, script: true, scheme: "light" },
        Way { width: 390, script: false, scheme: "light" },
        Way { width: 390, script: true, scheme: "light" },
    ];
    let report = browser.walk(&[site], &ways).await;
    server.abort();
    for said in [
        "1280 script light bad: dialog: 1",
        "1280 script light bad: script: ReferenceError",
        "1280 script light bad: doesn't say Good",
        "1280 script light bad: asks for http://127.0.0.1:1/x.png",
        "1280 script light bad: http://127.0.0.1:1/x.png failed",
        "1280 script light bad: axe color-contrast (serious)",
        "1280 script light bad: axe image-alt (critical)",
        "1280 script light bad: is cut off: <a href=\"#z\"",
        "1280 script light bad: focus can't be seen on <a href=\"#x\"",
        "1280 script light bad: focus is out of sight on <a href=\"#z\"",
        "1280 script light bad: isn't reached by the Tab key: <a href=\"#y\"",
        "390 script light bad: scrolls sideways",
        "390 script light bad: says something else",
        "1280 script light guarded: console: ",
        "1280 script light guarded: nothing can be reached by keyboard",
        "1280 script light gone: is answered with 404",
        "1280 script light skips to the content: ",
    ] {
        assert!(report.findings.iter().any(|finding| finding.starts_with(said)), "{said}:\n{:#?}", report.findings);
    }
}
