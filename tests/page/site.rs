//! A site: two trackers, a store after a cycle, and the page in front of it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use roadmapd::daemon::{Beacon, Clock, Order, Turned, Works, turn};
use roadmapd::model::Timestamp;
use roadmapd::sandbox::{
    self, Corpus, GithubIssueSeed, JiraIssueSeed, Options, ProjectSeed, RepositorySeed, Running, Sandbox,
};
use roadmapd::settings::Settings;
use roadmapd::store::Store;
use roadmapd::web::Page;
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// When these sites begin.
const MORNING: &str = "2026-11-24T09:00:00Z";
/// Settings under which a cycle writes without asking.
pub const WRITES: &str = "[write]\nfirst_contact = \"apply\"\n[limits]\nshare_max = 1.0\n";

pub struct Site {
    pub trackers: Running,
    pub works: Works,
    pub store: Store,
    pub beacon: Beacon,
    pub address: SocketAddr,
    pub stop: CancellationToken,
    pub folder: TempDir,
    /// The clock, where the site has one of its own.
    now: Option<Arc<Mutex<Timestamp>>>,
    client: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Said {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// Asserts that all of this is in it.
    pub fn names(&self, parts: &[&str]) {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        for part in parts {
            assert!(self.body.contains(part), "{part:?} is missing:\n{}", self.body);
        }
    }

    /// Asserts that none of this is in it.
    pub fn hides(&self, parts: &[&str]) {
        for part in parts {
            assert!(!self.body.contains(part), "{part:?} is shown:\n{}", self.body);
        }
    }
}

impl Site {
    /// These issues after one cycle, under a configuration that is the trackers and `more`.
    pub async fn new(corpus: Corpus, more: &str) -> Self {
        let site = Self::before_any_cycle(corpus, more).await;
        let turned = site.turn().await;
        assert_eq!(turned.errors, Vec::<String>::new());
        site
    }

    /// The same before the first cycle.
    pub async fn before_any_cycle(corpus: Corpus, more: &str) -> Self {
        let start: Timestamp = MORNING.parse().expect("a time");
        let options = Options { clock: sandbox::Clock::fixed(start), ..Options::default() };
        let now = Arc::new(Mutex::new(start));
        let clock = Clock::from_fn({
            let now = Arc::clone(&now);
            move || *now.lock().expect("a clock")
        });
        Self { now: Some(now), ..Self::of(corpus, more, &[], options, clock).await }
    }

    /// The same with trackers, a clock and keys (`DAEMON__SCHEDULE`) of one's own.
    pub async fn of(corpus: Corpus, more: &str, env: &[(&str, &str)], options: Options, clock: Clock) -> Self {
        roadmapd::tracker::install_tls();
        let trackers = Sandbox::start(corpus, options).await.expect("the sandbox starts");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("token"), TOKEN).expect("a file");
        let more = more.replace("FOLDER", &folder.path().display().to_string());
        let text = format!("{more}\n{}", trackers.configuration(folder.path()).expect("a folder"));
        let env: Vec<_> = env.iter().map(|(key, value)| (format!("ROADMAPD__{key}"), (*value).to_owned())).collect();
        let settings = Settings::from_toml(&text, &env).unwrap_or_else(|findings| panic!("{findings}\n{text}"));
        let works = Works::connect(Arc::new(settings), clock).expect("the trackers connect");
        let store = Store::open(&works.settings.daemon.database).await.expect("a store");
        let beacon = Beacon::new(works.clone());
        let page = Page::bind(([127, 0, 0, 1], 0).into(), beacon.watch()).await.expect("an address");
        let (address, stop) = (page.address(), CancellationToken::new());
        tokio::spawn(page.serve(stop.clone()));
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { trackers, works, store, beacon, address, stop, folder, now: None, client }
    }

    /// One cycle, as the daemon would turn it; afterwards a minute has passed.
    pub async fn turn(&self) -> Turned {
        self.beacon.turns();
        let turned = self.turn_elsewhere().await;
        self.beacon.turned(Some(&turned));
        turned
    }

    /// The same in another process, which doesn't tell the page.
    pub async fn turn_elsewhere(&self) -> Turned {
        let order = Order { cause: "test".to_owned(), ..Order::default() };
        let turned = turn(&self.works, &self.store, &order, &CancellationToken::new()).await.expect("a cycle");
        self.pass(60);
        turned
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: u64) {
        self.trackers.clock().advance(Duration::from_secs(seconds));
        if let Some(now) = &self.now {
            *now.lock().expect("a clock") = self.trackers.clock().now();
        }
    }

    pub async fn get(&self, path: &str) -> Said {
        self.ask("GET", path, &[]).await
    }

    /// Asks as somebody who has the token.
    pub async fn get_known(&self, path: &str) -> Said {
        self.ask("GET", path, &[("authorization", &format!("Bearer {TOKEN}"))]).await
    }

    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Said {
        self.send(method, path, headers, "").await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Said {
        let url = format!("http://{}{path}", self.address);
        let method = method.parse().expect("a method");
        let request = self.client.request(method, url).body(body.to_owned());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status(), answer.headers().clone());
        Said { status, headers, body: answer.text().await.expect("text") }
    }
}

/// The token of sites that ask for one.
pub const TOKEN: &str = "open-sesame-0123456789";
/// A site that asks for the token.
pub const LOCKED: &str = "[page]\nauth = { token = { file = \"FOLDER/token\" } }\n";

/// A title that does its worst.
pub fn nasty() -> String {
    format!("<script>alert(1)</script>{}", "🦀".repeat(500))
}

/// A public issue, a nasty one, one in a private repository, one with a security level; the private ones in everything.
pub fn mixed() -> Corpus {
    let issue = |number, title: &str| GithubIssueSeed {
        number,
        title: title.to_owned(),
        author: Some("ada".to_owned()),
        created_days_ago: 3.0,
        ..GithubIssueSeed::default()
    };
    let open = RepositorySeed {
        name: "acme/open".to_owned(),
        issues: vec![
            GithubIssueSeed {
                labels: vec!["priority/p0".to_owned(), "bug".to_owned()],
                assignees: vec!["ada".to_owned()],
                ..issue(1, "Everyone may read this")
            },
            GithubIssueSeed { blocked_by: vec!["acme/secret#1".to_owned()], ..issue(2, "Waits for a secret") },
            GithubIssueSeed { parent: Some("acme/secret#1".to_owned()), ..issue(3, "Part of a secret") },
            issue(4, &nasty()),
        ],
        ..RepositorySeed::default()
    };
    let secret = RepositorySeed {
        name: "acme/secret".to_owned(),
        private: true,
        issues: vec![GithubIssueSeed {
            labels: vec!["priority/p0".to_owned()],
            assignees: vec!["mole".to_owned()],
            ..issue(1, "The merger with Initech")
        }],
        ..RepositorySeed::default()
    };
    let project = ProjectSeed {
        key: "PAY".to_owned(),
        name: "Payments".to_owned(),
        issues: vec![
            JiraIssueSeed {
                number: 1,
                summary: nasty().chars().take(200).collect(),
                created_days_ago: 2.0,
                ..JiraIssueSeed::default()
            },
            JiraIssueSeed {
                number: 2,
                summary: "The layoffs in spring".to_owned(),
                security: Some("Board".to_owned()),
                created_days_ago: 2.0,
                ..JiraIssueSeed::default()
            },
        ],
        ..ProjectSeed::default()
    };
    Corpus { repositories: vec![open, secret], projects: vec![project], ..Corpus::default() }
}

/// The demo's issues, where everyone may read them.
pub fn shipped() -> Corpus {
    public(Corpus::shipped())
}

/// So many invented issues, where everyone may read them.
pub fn generated(seed: u64, issues: usize) -> Corpus {
    public(Corpus::generated(seed, issues))
}

fn public(mut corpus: Corpus) -> Corpus {
    corpus.repositories.iter_mut().for_each(|repository| repository.private = false);
    corpus.projects.iter_mut().flat_map(|project| &mut project.issues).for_each(|issue| issue.security = None);
    corpus
}
