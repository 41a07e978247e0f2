//! The loop: one cycle at a time, at every tick of the schedule and soon after a person asks or a webhook hints; signals end or
//! renew it.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::hints::Pace;
use super::service::Service;
use super::{Beacon, Hints, Order, Turned, Watch, Works, tell, turn};
use crate::model::Timestamp;
use crate::settings::{Findings, Settings};
use crate::store::{Store, StoreTrouble};
use crate::tracker::Fetch;

/// How often the loop looks for what people asked.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// How long a cycle may take to finish the change in hand once it is told to stop. Kept under the 10 s that
/// people are promised, so that the process is gone by then.
const FINISH_WITHIN: Duration = Duration::from_secs(9);

/// What keeps the daemon from running.
#[derive(Debug, thiserror::Error)]
pub enum RunTrouble {
    /// The store can't be opened.
    #[error(transparent)]
    Store(#[from] StoreTrouble),
    /// The operating system gives no signals.
    #[error("signals can't be listened for: {0}; nothing was started")]
    Signals(#[from] std::io::Error),
}

/// A daemon that is ready to turn.
pub struct Daemon<L> {
    load: L,
    works: Works,
    store: Store,
    signals: Signals,
    beacon: Beacon,
    stop: CancellationToken,
    hints: Hints,
    pace: Pace,
    service: Service,
}

impl<L: Fn() -> Result<Settings, Findings>> Daemon<L> {
    /// Opens the store for connected trackers. Asks and writes nothing yet. `load` serves SIGHUP.
    ///
    /// # Errors
    /// What keeps it from starting.
    pub async fn with(load: L, works: Works) -> Result<Self, RunTrouble> {
        let store = Store::open(&works.settings.daemon.database).await?;
        let (signals, beacon) = (Signals::listen()?, Beacon::new(works.clone()));
        let (hints, stop) = (beacon.hints(), CancellationToken::new());
        Ok(Self { load, works, store, signals, beacon, stop, hints, pace: Pace::default(), service: Service::found() })
    }

    /// For whoever looks on.
    pub fn watch(&self) -> Watch {
        self.beacon.watch()
    }

    /// The store that it works with; closed when [`Daemon::run`] ends.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Cancelled as soon as it is told to stop.
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Runs until SIGTERM or SIGINT. SIGHUP loads the configuration anew and takes it only if it checks.
    ///
    /// # Errors
    /// A store that can't be closed. What goes wrong in a cycle is logged, and the next one tries again.
    pub async fn run(mut self, cycle_first: bool) -> Result<(), RunTrouble> {
        info!(version = env!("CARGO_PKG_VERSION"), trackers = self.works.trackers.len(), "roadmapd is up");
        self.service.ready();
        let mut cause = cycle_first.then_some("start");
        loop {
            if let Some(cause) = cause.take() {
                self.cycle(cause).await;
                if self.stop.is_cancelled() {
                    break;
                }
            }
            let due = self.due();
            self.beacon.waits(due);
            self.service
                .does(&due.map_or("waits".to_owned(), |due| format!("waits; the next cycle is due at {due:.0}")));
            match self.next(due).await {
                Next::Cycle(because) => cause = Some(because),
                Next::Reload => {
                    self.service.reloads();
                    match reload(&self.load, &self.works) {
                        Some(works) => {
                            self.works = works;
                            self.beacon.renew(self.works.clone());
                        }
                        None => self.beacon.stays(),
                    }
                    self.service.ready();
                }
                Next::Stop => break,
            }
        }
        self.service.stops();
        self.stop.cancel();
        self.store.close().await?;
        info!("roadmapd is down");
        Ok(())
    }

    fn due(&self) -> Option<Timestamp> {
        let daemon = &self.works.settings.daemon;
        daemon.schedule.next_after(self.works.clock.now(), &daemon.timezone)
    }

    /// Turns once.
    async fn cycle(&mut self, cause: &str) {
        self.service.does(&format!("a cycle runs ({cause})"));
        self.beacon.turns();
        let begun = self.pace.begins(Instant::now());
        let turned = one_cycle(&self.works, &self.store, cause, &self.stop, &mut self.signals, &mut self.service).await;
        let wrote = turned.as_ref().is_some_and(|turned| turned.written > 0);
        self.pace.ended(begun, wrote, Instant::now());
        self.beacon.turned(turned.as_ref());
    }

    /// Waits for the next tick, a person's request, what was hinted, or a signal.
    async fn next(&mut self, due: Option<Timestamp>) -> Next {
        let Self { works, store, signals, hints, pace, service, .. } = self;
        let now = works.clock.now();
        let tick = due.map(|at| Instant::now() + Duration::try_from(at.duration_since(now)).unwrap_or_default());
        let people = asked(store);
        tokio::pin!(people);
        loop {
            tokio::select! {
                () = reached(tick) => return Next::Cycle("cron"),
                () = &mut people => return Next::Cycle("request"),
                () = reached(pace.due()) => return Next::Cycle("webhook"),
                () = hints.given() => pace.hint(Instant::now()),
                _ = signals.hup.recv() => return Next::Reload,
                _ = signals.term.recv() => return Next::Stop,
                _ = signals.int.recv() => return Next::Stop,
                // Waiting is all there is to do here, so being asked is being alive.
                () = service.waits() => {}
            }
        }
    }
}

/// Waits for a moment. None: for ever.
async fn reached(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Waits until a person asks something.
async fn asked(store: &Store) {
    loop {
        sleep(ASK_EVERY).await;
        match store.asked().await {
            Ok(asked) if asked.is_empty() => {}
            Ok(_) => return,
            Err(trouble) => warn!("requests of people can't be read: {trouble}"),
        }
    }
}

struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
            hup: signal(SignalKind::hangup())?,
        })
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
        }
    }
}

/// Turns once; a signal to stop lets it finish the change in hand, and no longer than that. None: it failed or broke off.
async fn one_cycle(
    works: &Works,
    store: &Store,
    cause: &str,
    stop: &CancellationToken,
    signals: &mut Signals,
    service: &mut Service,
) -> Option<Turned> {
    let order = Order { cause: cause.to_owned(), ..Order::default() };
    let cycle = turn(works, store, &order, stop);
    tokio::pin!(cycle);
    let asked = || {
        let requests = works.trackers.iter().map(|tracker| tracker.requests());
        requests.map(|requests| requests.reads + requests.writes + requests.retries).sum()
    };
    let told = tokio::select! {
        outcome = &mut cycle => Some(outcome),
        () = signals.stop() => None,
        never = service.lives(asked) => match never {},
    };
    let outcome = match told {
        Some(outcome) => Some(outcome),
        None => {
            info!("told to stop: finishing the change in hand");
            service.stops();
            stop.cancel();
            timeout(FINISH_WITHIN, &mut cycle).await.ok()
        }
    };
    match outcome {
        Some(Ok(turned)) => {
            // A chat that doesn't answer holds no stop up; what it wasn't told, it is told after the next start.
            if !stop.is_cancelled() {
                tokio::select! {
                    told = tell(works, store, &turned) => told.map(drop).unwrap_or_else(|untold| warn!("{untold}")),
                    () = signals.stop() => stop.cancel(),
                }
            }
            return Some(turned);
        }
        Some(Err(trouble)) => error!("{trouble}"),
        None => warn!(
            "the change in hand took longer than {FINISH_WITHIN:?}; its intent is stored and the next start finds out what arrived"
        ),
    }
    None
}

enum Next {
    Cycle(&'static str),
    Reload,
    Stop,
}

/// The configuration anew if it checks; None: the one that is running stays.
fn reload(load: &impl Fn() -> Result<Settings, Findings>, running: &Works) -> Option<Works> {
    let settings = match load() {
        Ok(settings) => settings,
        Err(findings) => {
            error!("the configuration doesn't check and the running one stays:\n{findings}");
            return None;
        }
    };
    // What runs has the rules that were meant, or lacks the same.
    if let Some(refused) =
        settings.refused.iter().find(|refused| !running.settings.refused.iter().any(|old| old == *refused))
    {
        error!("the configuration has an own rule that is refused, and the running one stays: {refused}");
        return None;
    }
    // An address that stays bound while who may read it changes could show the page where it shouldn't be seen.
    let (new, old) = (&settings.daemon, &running.settings.daemon);
    for (key, changed) in [
        ("database", new.database != old.database),
        ("listen", new.listen != old.listen),
        ("listen_webhooks", new.listen_webhooks != old.listen_webhooks),
    ] {
        if changed {
            error!(
                "[daemon] {key} can't change while the daemon runs; restart it for that; the running configuration stays"
            );
            return None;
        }
    }
    for warning in &settings.warnings {
        warn!("{warning}");
    }
    match Works::connect(Arc::new(settings), running.clock.clone()) {
        Ok(works) => {
            info!("the configuration was loaded anew");
            Some(works)
        }
        Err(trouble) => {
            error!("{trouble}; the running configuration stays");
            None
        }
    }
}
