//! A small world: two trackers, a configuration, a database, and a clock that tests turn.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use roadmapd::daemon::{self, Clock, Order, Preview, Turned, Works};
use roadmapd::model::Timestamp;
use roadmapd::sandbox::{self, Corpus, Options, Running, Sandbox, Tracker};
use roadmapd::settings::Settings;
use roadmapd::store::{Request, Store};
use roadmapd::tracker::{JiraConfig, TrackerConfig};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// When the worlds of these tests begin.
pub const MORNING: &str = "2026-11-24T09:00:00Z";

pub struct World {
    pub trackers: Running,
    pub works: Works,
    pub store: Store,
    _folder: TempDir,
    _database: Option<TempDir>,
    now: Arc<Mutex<Timestamp>>,
}

/// Settings beyond the trackers under which a cycle writes without asking.
pub const WRITES: &str = "[write]\nfirst_contact = \"apply\"\n[limits]\nshare_max = 1.0\n";

impl World {
    /// A world with these issues, whose configuration is the two trackers and `more`.
    pub async fn new(corpus: Corpus, more: &str) -> Self {
        Self::with(corpus, Options::default(), more).await
    }

    /// The same with trackers of other shapes, whose clock is this world's.
    pub async fn with(corpus: Corpus, options: Options, more: &str) -> Self {
        let start: Timestamp = MORNING.parse().expect("a time");
        let options = Options { clock: sandbox::Clock::fixed(start), ..options };
        let trackers = Sandbox::start(corpus, options).await.expect("the sandbox starts");
        let folder = tempfile::tempdir().expect("a folder");
        let now = Arc::new(Mutex::new(start));
        let works = works(&trackers, folder.path(), more, &now);
        let store = Store::open(&works.settings.daemon.database).await.expect("a store");
        Self { trackers, works, store, _folder: folder, _database: None, now }
    }

    /// The same trackers and time, and a new database under other settings.
    async fn anew(self, edit: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut settings = (*self.works.settings).clone();
        settings.daemon.database = format!("sqlite:{}", folder.path().join("roadmapd.db").display());
        edit(&mut settings);
        let store = Store::open(&settings.daemon.database).await.expect("a store");
        let works = Works::connect(Arc::new(settings), self.works.clock.clone()).expect("the trackers connect");
        Self { works, store, _database: Some(folder), ..self }
    }

    /// The same world after its database was lost.
    pub async fn with_a_fresh_database(self) -> Self {
        self.anew(|_| {}).await
    }

    /// The same world with other settings of its Jira tracker.
    pub async fn with_jira(self, edit: impl Fn(&mut JiraConfig)) -> Self {
        self.anew(|settings| {
            for config in &mut settings.trackers {
                if let TrackerConfig::Jira(jira) = config {
                    edit(jira);
                }
            }
        })
        .await
    }

    /// The same world and database under other settings.
    pub fn reconfigured(self, edit: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = (*self.works.settings).clone();
        edit(&mut settings);
        let works = Works::connect(Arc::new(settings), self.works.clock.clone()).expect("the trackers connect");
        Self { works, ..self }
    }

    /// The same world and database with other settings beyond the trackers.
    pub fn under(self, more: &str) -> Self {
        Self { works: works(&self.trackers, self._folder.path(), more, &self.now), ..self }
    }

    /// Lets time pass, for the trackers and for roadmapd.
    pub fn pass(&self, seconds: u64) {
        self.trackers.clock().advance(Duration::from_secs(seconds));
        *self.now.lock().expect("a clock") = self.trackers.clock().now();
    }

    /// One cycle.
    pub async fn turn(&self) -> Turned {
        self.turn_as(&Order { cause: "test".to_owned(), ..Order::default() }).await
    }

    /// One cycle with an order; afterwards a minute has passed.
    pub async fn turn_as(&self, order: &Order) -> Turned {
        let turned = daemon::turn(&self.works, &self.store, order, &CancellationToken::new()).await.expect("a cycle");
        self.pass(60);
        turned
    }

    /// What one cycle would write.
    pub async fn preview(&self) -> Preview {
        daemon::preview(&self.works, Some(self.store.clone())).await.expect("a preview")
    }

    /// Asks something of the next cycle.
    pub async fn ask(&self, request: Request) {
        let now = *self.now.lock().expect("a clock");
        self.store.ask(&request, now).await.expect("the request is stored");
    }

    /// All labels of an issue that start with `start`.
    pub fn labels(&self, key: &str, start: &str) -> Vec<String> {
        let labels = self.trackers.labels_of(key).expect("an issue");
        labels.into_iter().filter(|label| label.starts_with(start)).collect()
    }

    /// Every label that isn't a level of ours, by issue.
    pub fn foreign_labels(&self) -> BTreeMap<String, Vec<String>> {
        let ours = |label: &String| label.starts_with("priority/") || label.starts_with("complexity/");
        let mut all = self.trackers.all_labels();
        all.values_mut().for_each(|labels| labels.retain(|label| !ours(label)));
        all
    }

    /// Keys of the open issues of both trackers, pull requests left out.
    pub fn open_keys(&self) -> Vec<String> {
        let facts = self.trackers.all_facts();
        facts.iter().filter(|(_, facts)| facts.open && !facts.pull_request).map(|(key, _)| key.clone()).collect()
    }

    /// Requests to GitHub and to Jira since the counts were reset.
    pub fn requests(&self) -> (u64, u64) {
        (self.trackers.request_count(Tracker::GitHub), self.trackers.request_count(Tracker::Jira))
    }

    /// Writing requests to both trackers since the counts were reset.
    pub fn writes(&self) -> u64 {
        self.trackers.write_count(Tracker::GitHub) + self.trackers.write_count(Tracker::Jira)
    }
}

fn works(trackers: &Running, folder: &Path, more: &str, now: &Arc<Mutex<Timestamp>>) -> Works {
    let text = format!("{more}\n{}", trackers.configuration(folder).expect("a folder"));
    let settings = Settings::from_toml(&text, &[]).unwrap_or_else(|findings| panic!("{findings}\n{text}"));
    let now = Arc::clone(now);
    let clock = Clock::from_fn(move || *now.lock().expect("a clock"));
    roadmapd::tracker::install_tls();
    Works::connect(Arc::new(settings), clock).expect("the trackers connect")
}
