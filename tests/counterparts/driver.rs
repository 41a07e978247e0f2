//! roadmapd as a library under any configuration, with a database of its own and a clock that tests turn.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use roadmapd::daemon::{self, Clock, Order, Preview, Turned, Works};
use roadmapd::settings::Settings;
use roadmapd::store::Store;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub struct Driver {
    pub works: Works,
    store: Store,
    now: Arc<Mutex<Timestamp>>,
    _folder: TempDir,
}

impl Driver {
    /// Connects to the trackers of a configuration, which names no database, at that time.
    pub async fn new(configuration: &str, now: Timestamp) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let text = format!(
            "daemon.database = {:?}\n{configuration}",
            format!("sqlite:{}", folder.path().join("roadmapd.db").display())
        );
        let settings = Settings::from_toml(&text, &[]).unwrap_or_else(|findings| panic!("{findings}\n{text}"));
        let store = Store::open(&settings.daemon.database).await.expect("a store");
        let now = Arc::new(Mutex::new(now));
        let clock = Arc::clone(&now);
        roadmapd::tracker::install_tls();
        let works = Works::connect(Arc::new(settings), Clock::from_fn(move || *clock.lock().expect("a clock")));
        Self { works: works.expect("the trackers connect"), store, now, _folder: folder }
    }

    /// One cycle; afterwards a minute has passed.
    pub async fn turn(&self, census: bool) -> Turned {
        let order = Order { cause: "test".to_owned(), census, ..Order::default() };
        let turned = daemon::turn(&self.works, &self.store, &order, &CancellationToken::new()).await.expect("a cycle");
        self.pass();
        turned
    }

    /// What one cycle would write.
    pub async fn preview(&self) -> Preview {
        daemon::preview(&self.works, Some(self.store.clone())).await.expect("a preview")
    }

    /// Takes a cycle back; afterwards a minute has passed.
    pub async fn undo(&self, cycle: u64) -> Turned {
        let undone = daemon::undo(&self.works, &self.store, cycle, &CancellationToken::new()).await.expect("an undo");
        self.pass();
        undone
    }

    fn pass(&self) {
        let mut now = self.now.lock().expect("a clock");
        *now += SignedDuration::from_mins(1);
    }
}
