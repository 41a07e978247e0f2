//! Webhooks: what the trackers tell reaches the other one at once, and what they didn't say does nothing.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use nix::sys::signal::Signal;
use roadmapd::sandbox::{Corpus, JiraIssueSeed, Matcher, Options, Tracker, Webhook};
use serde_json::Value;
use sha2::Sha256;

use crate::desk::{Desk, Going, Said, WRITES, bare, until};

const SECRET: &str = "a secret of sixteen and more";
const ISSUES: (&str, &str) = ("x-github-event", "issues");

/// A running daemon that hears webhooks of both trackers, after a first cycle wrote everything.
struct Hearing {
    desk: Desk,
    daemon: Going,
    hooks: SocketAddr,
    page: SocketAddr,
}

impl Hearing {
    async fn new(corpus: Corpus, options: Options) -> Self {
        let desk = Desk::with(corpus, options, "").await;
        let file = desk.folder.path().join("hooks");
        std::fs::write(&file, SECRET).expect("a file");
        let secrets = ["github", "jira"].map(|name| format!("[trackers.{name}.webhook_secret]\nfile = {file:?}\n"));
        desk.configure(&format!("{WRITES}{}", secrets.concat()));
        let daemon = desk.start_with(&["run", "--once-at-start"], |command| {
            command
                .env("ROADMAPD__DAEMON__LISTEN_WEBHOOKS", "127.0.0.1:0")
                .env("ROADMAPD__DAEMON__LISTEN", "127.0.0.1:0");
        });
        let address = |before: &str| {
            until("it listens", || daemon.log().contains(before) && daemon.log().contains("cycle done"));
            let log = daemon.log();
            let (_, after) = log.split_once(before).expect("an address");
            after.split('/').next().and_then(|address| address.trim().parse().ok()).expect("an address")
        };
        let (hooks, page) = (address("webhooks are heard at http://"), address("the page is at http://"));
        Self { desk, daemon, hooks, page }
    }

    /// Lets the trackers tell the daemon.
    fn register(&self) {
        for (tracker, name) in [(Tracker::GitHub, "github"), (Tracker::Jira, "jira")] {
            let url = format!("http://{}/webhooks/{name}", self.hooks);
            let webhook = Webhook { tracker, url, secret: SECRET.to_owned(), copies: 2 };
            self.desk.trackers.add_webhook(webhook).expect("an address");
        }
    }

    /// The cycles that a webhook started, the newest first, once none runs.
    fn hinted(&self) -> Vec<Value> {
        let all = self.desk.run(&["history", "--json"]).json();
        let all = all.as_array().expect("cycles").clone();
        all.into_iter().filter(|cycle| cycle["cause"] == "webhook").collect()
    }

    /// Waits until hints led to so many cycles that ended.
    fn until_hinted(&self, cycles: usize) {
        until("the cycles are done", || {
            let hinted = self.hinted();
            hinted.len() >= cycles && hinted.iter().all(|cycle| !cycle["ended"].is_null())
        });
    }

    /// An issue on GitHub and one on Jira that are one open item.
    fn pair(&self) -> (String, String) {
        let items = self.desk.run(&["roadmap", "--json"]).json();
        let open = self.desk.open_labels();
        let pairs = items["items"].as_array().expect("items").iter().filter_map(|item| {
            let keys: Vec<String> = item["faces"]
                .as_array()?
                .iter()
                .filter_map(|key| Some(key.as_str()?.split_once(':')?.1.to_owned()))
                .collect();
            let [a, b] = &keys[..] else { return None };
            let (github, jira) = if a.contains('#') { (a, b) } else { (b, a) };
            let both =
                github.contains('#') && !jira.contains('#') && [github, jira].iter().all(|key| open.contains_key(*key));
            both.then(|| (github.clone(), jira.clone()))
        });
        pairs.take(1).next().expect("a pair")
    }

    fn labels(&self, key: &str) -> Vec<String> {
        self.desk.trackers.labels_of(key).expect("an issue")
    }

    /// A priority that an issue doesn't have.
    fn another(&self, key: &str) -> String {
        let has = self.labels(key).contains(&"priority/p0".to_owned());
        if has { "priority/p3" } else { "priority/p0" }.to_owned()
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> u16 {
        send(self.hooks, "POST", path, headers, body.len(), body)
    }

    /// A webhook of GitHub that is right.
    fn signed(&self, id: &str, event: &str, body: &str) -> u16 {
        signed(self.hooks, id, event, body)
    }

    fn status(&self) -> String {
        self.get("/status")
    }

    /// What the page's address answers.
    fn get(&self, path: &str) -> String {
        read(self.page, &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"), "")
    }
}

fn signed(to: SocketAddr, id: &str, event: &str, body: &str) -> u16 {
    let signature = format!("sha256={}", sign(SECRET, body));
    let headers = [("x-hub-signature-256", &*signature), ("x-github-delivery", id), ("x-github-event", event)];
    send(to, "POST", "/webhooks/github", &headers, body.len(), body)
}

fn sign(secret: &str, body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key").chain_update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn send(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], length: usize, body: &str) -> u16 {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
    );
    let answer = read(to, &head, body);
    answer[9..12].parse().unwrap_or_else(|error| panic!("{error}: {answer}"))
}

fn read(from: SocketAddr, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(from).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    stream.write_all(head.as_bytes()).expect("sent");
    stream.write_all(body.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    // What comes before the connection is cut counts.
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => String::from_utf8_lossy(&answer).into_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_set_by_hand_reaches_the_other_tracker_through_a_webhook_and_our_own_echo_ends() {
    let here = Hearing::new(Corpus::shipped(), Options::default()).await;
    let (github, jira) = here.pair();
    here.register();
    let other = here.another(&github);
    let set = Instant::now();
    here.desk.trackers.add_label(&github, &other).expect("an issue");
    until("the other tracker follows", || here.labels(&jira).contains(&other));
    eprintln!("a label on {github} was on {jira} after {:?}", set.elapsed());

    // Everything that the trackers told of it, twice each, ends in two cycles that find nothing.
    until("the echo ends", || {
        let hinted = here.hinted();
        let done = |cycle: &Value| cycle["summary"]["written"] == 0;
        hinted.len() >= 3 && hinted.iter().take(2).all(done)
    });
    let hinted = here.hinted();
    assert!(hinted.len() <= 5, "{hinted:?}");
    let deliveries = here.desk.trackers.deliveries();
    assert!(deliveries.iter().all(|to| to.taken > 0 && to.failed == 0), "{deliveries:?}");
    let page = here.status();
    assert!(page.contains(" replayed") && !page.contains("0 accepted"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_replayed_or_oversized_webhook_changes_nothing_and_is_counted() {
    let here = Hearing::new(Corpus::shipped(), Options::default()).await;
    let writes = here.desk.writes();
    // It would be seen by any cycle that they led to.
    let (github, jira) = here.pair();
    let other = here.another(&github);
    here.desk.trackers.add_label(&github, &other).expect("an issue");
    let long_ago = format!("sha256={}", sign("another secret of that length", "{}"));
    for headers in [
        vec![ISSUES],
        vec![ISSUES, ("x-hub-signature-256", &*long_ago)],
        vec![ISSUES, ("x-hub-signature-256", "sha256=00")],
        // Signed well, under Jira's name of the header.
        vec![ISSUES, ("x-hub-signature", &*format!("sha256={}", sign(SECRET, "{}")))],
    ] {
        assert_eq!(here.post("/webhooks/github", &headers, "{}"), 401, "{headers:?}");
    }
    let signature = format!("sha256={}", sign(SECRET, "{}"));
    assert_eq!(here.post("/webhooks/jira", &[("x-hub-signature-256", &signature)], "{}"), 401);
    let huge = [ISSUES, ("x-hub-signature-256", &*signature)];
    assert_eq!(send(here.hooks, "POST", "/webhooks/github", &huge, 30_000_000, ""), 413);
    // One that doesn't say how large it is.
    let chunked =
        "POST /webhooks/github HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n";
    let chunk = format!("{:x}\r\n{}\r\n", 3 << 20, "a".repeat(3 << 20));
    let answer = read(here.hooks, &format!("{chunked}x-hub-signature-256: {signature}\r\n\r\n{chunk}0\r\n\r\n"), "");
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    for (method, path, status) in [
        ("POST", "/webhooks/gitlab", 404),
        ("POST", "/webhooks/", 404),
        ("POST", "/", 404),
        ("GET", "/webhooks/github", 405),
    ] {
        assert_eq!(send(here.hooks, method, path, &[ISSUES], 0, ""), status, "{method} {path}");
    }
    assert_eq!(here.signed("1", "ping", "{\"zen\": \"Speak like a human.\"}"), 200);
    assert_eq!(here.signed("2", "push", "{\"ref\": \"refs/heads/main\"}"), 200);
    // Their ids and names aren't signed: neither makes a delivery that came before a new one.
    assert_eq!(here.signed("3", "issues", "{\"ref\": \"refs/heads/main\"}"), 200);
    assert_eq!(here.signed("2", "issues", "{\"another\": \"body\"}"), 200);
    let page = here.status();
    for counted in ["0 accepted", "2 ignored", "2 replayed", "4 forged", "2 oversized", "0 refused", "1 forged"] {
        assert!(page.contains(counted), "{counted} is missing: {page}");
    }
    let metrics = here.get("/metrics");
    for counted in [r#"{tracker="github",outcome="forged"} 4"#, r#"{tracker="jira",outcome="forged"} 1"#] {
        assert!(metrics.contains(&format!("roadmapd_webhooks_total{counted}")), "{counted} is missing: {metrics}");
    }
    assert!(page.contains("3 requests that name no tracker"), "{page}");
    assert!(here.hinted().is_empty(), "{:?}", here.hinted());
    assert_eq!(here.desk.writes(), writes);

    // What is signed and new is seen: its cycle is the first since all that.
    assert_eq!(here.signed("4", "issues", "{\"action\": \"labeled\"}"), 200);
    here.until_hinted(1);
    assert_eq!(here.desk.run(&["history", "--json"]).json()[0]["cycle"], here.hinted()[0]["cycle"]);
    assert!(here.status().contains("1 accepted"));
    assert!(here.desk.writes() > writes && here.labels(&jira).contains(&other), "only now");
    let log = here.daemon.log();
    assert_eq!(log.matches("compare webhook_secret").count(), 2, "once a tracker, not once a request: {log}");
    assert!(!log.contains(SECRET), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_events_make_one_cycle_after_a_quiet_time() {
    let here = Hearing::new(Corpus::shipped(), Options::default()).await;
    here.desk.trackers.edit_title(&here.pair().0, "Something changed").expect("an issue");
    let started = Instant::now();
    std::thread::scope(|scope| {
        for part in 0..4 {
            let here = &here;
            scope.spawn(move || {
                for nth in 0..25 {
                    assert_eq!(here.signed(&format!("{part}-{nth}"), "issues", &format!("[{part}, {nth}]")), 200);
                }
            });
        }
    });
    eprintln!("a hundred webhooks were sent within {:?}", started.elapsed());
    here.until_hinted(1);
    assert!(here.status().contains("100 accepted"));
    assert!(here.hinted().len() <= 2, "{:?}", here.hinted());
}

#[tokio::test(flavor = "multi_thread")]
async fn events_while_a_cycle_runs_are_one_more_cycle_after_it() {
    let here = Hearing::new(Corpus::shipped(), Options::default()).await;
    let hooks = here.hooks;
    here.desk.trackers.hook(Tracker::GitHub, Matcher::any(), 1, move |_| {
        for nth in 0..20 {
            assert_eq!(signed(hooks, &nth.to_string(), "issues", &format!("[{nth}]")), 200);
        }
    });
    assert_eq!(here.signed("first", "issues", "[]"), 200);
    // The cycle, the one for those that came meanwhile, and its second look.
    here.until_hinted(3);
    assert!(here.status().contains("21 accepted"));
    let moment =
        |cycle: &Value, key: &str| cycle[key].as_str().expect("a moment").parse::<Timestamp>().expect("a moment");
    let hinted = here.hinted();
    let pause = moment(&hinted[0], "started").duration_since(moment(&hinted[1], "ended"));
    assert!(pause.as_secs() >= 3, "a fourth was queued: {hinted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_issue_that_jiras_index_shows_late_is_seen_by_the_second_look() {
    let here = Hearing::new(Corpus::shipped(), Options { search_lag_ms: 2500, ..Options::default() }).await;
    here.register();
    let seed = JiraIssueSeed { summary: "Refunds are lost".to_owned(), ..JiraIssueSeed::default() };
    let project = here.desk.trackers.projects()[0].clone();
    let key = here.desk.trackers.add_jira_issue(&project, &seed).expect("an issue");
    let made = Instant::now();
    until("it is labelled", || !here.labels(&key).is_empty());
    eprintln!("{key}, shown 2.5 s late, was labelled after {:?}", made.elapsed());
    let first = here.hinted().pop().expect("a cycle");
    assert_eq!(first["summary"]["written"], 0, "the first look was too early: {first}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_webhooks_stays_what_it_was_at_the_start() {
    let mut here = Hearing::new(Corpus::shipped(), Options::default()).await;
    // The environment wins over the file, and so the file can't say otherwise.
    here.desk.trackers.tell_daemon_at(here.hooks).expect("an address");
    here.desk.configure(WRITES);
    here.daemon.signal(Signal::SIGHUP);
    until("it is loaded", || here.daemon.log().contains("loaded anew"));
    here.daemon.signal(Signal::SIGTERM);
    assert_eq!(here.daemon.end(), Some(0));

    let mut daemon = here.desk.start(&["run"]);
    until("it hears", || daemon.log().contains("roadmapd is up") && daemon.log().contains("webhooks are heard"));
    here.desk.trackers.clear_webhooks();
    here.desk.trackers.tell_daemon_at(([127, 0, 0, 1], 1).into()).expect("an address");
    here.desk.configure(WRITES);
    daemon.signal(Signal::SIGHUP);
    until("it refuses", || daemon.log().contains("[daemon] listen_webhooks can't change while the daemon runs"));
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.end(), Some(0), "{}", daemon.log());
}

#[test]
fn the_configuration_that_the_sandbox_writes_hears_its_webhooks() {
    struct Until(std::process::Child);
    impl Drop for Until {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("a path");
    let mut sandbox = bare(&["sandbox", "--setup", path, "--webhooks", "127.0.0.1:8781"]);
    let _sandbox = Until(sandbox.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs"));
    let file = folder.path().join("roadmapd.toml");
    until("it is set up", || std::fs::read_to_string(&file).is_ok_and(|text| text.contains("[trackers.jira]")));
    let text = std::fs::read_to_string(&file).expect("a file");
    assert!(text.contains("listen_webhooks = \"127.0.0.1:8781\""), "{text}");
    assert_eq!(text.matches("webhook_secret").count(), 2, "{text}");
    let said: Said = bare(&["check", "-c", file.to_str().expect("a path")]).output().expect("it runs").into();
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
}
