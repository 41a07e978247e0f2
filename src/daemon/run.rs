//! The loop: one cycle at a time, at every tick of the schedule and soon after a person asks; signals end or renew it.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{Clock, Order, Works, turn};
use crate::settings::{Findings, Settings};
use crate::store::{Store, StoreTrouble};
use crate::tracker::Trouble;

/// How often the loop looks for what people asked.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// How long a cycle may take to finish the change in hand once it is told to stop. Kept under the 10 s that
/// people are promised, so that the process is gone by then.
const FINISH_WITHIN: Duration = Duration::from_secs(9);

/// What keeps the daemon from running.
#[derive(Debug, thiserror::Error)]
pub enum RunTrouble {
    /// The configuration doesn't check.
    #[error(transparent)]
    Settings(#[from] Findings),
    /// A tracker can't be connected.
    #[error(transparent)]
    Tracker(#[from] Trouble),
    /// The store can't be opened.
    #[error(transparent)]
    Store(#[from] StoreTrouble),
    /// The operating system gives no signals.
    #[error("signals can't be listened for: {0}; nothing was started")]
    Signals(#[from] std::io::Error),
}

/// Runs until SIGTERM or SIGINT. SIGHUP loads the configuration anew and takes it only if it checks.
///
/// # Errors
/// What keeps it from starting. What goes wrong in a cycle is logged, and the next one tries again.
pub async fn run(
    load: impl Fn() -> Result<Settings, Findings>,
    clock: Clock,
    cycle_first: bool,
) -> Result<(), RunTrouble> {
    let mut works = Works::connect(Arc::new(load()?), clock)?;
    let store = Store::open(&works.settings.daemon.database).await?;
    let mut signals = Signals::listen()?;
    let stop = CancellationToken::new();
    info!(version = env!("CARGO_PKG_VERSION"), trackers = works.trackers.len(), "roadmapd is up");
    let mut cause = cycle_first.then_some("start");
    loop {
        if let Some(cause) = cause.take() {
            one_cycle(&works, &store, cause, &stop, &mut signals).await;
            if stop.is_cancelled() {
                break;
            }
        }
        match next(&works, &store, &mut signals).await {
            Next::Cycle(because) => cause = Some(because),
            Next::Reload => works = reload(&load, works),
            Next::Stop => break,
        }
    }
    store.close().await?;
    info!("roadmapd is down");
    Ok(())
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

/// Turns once; a signal to stop lets it finish the change in hand, and no longer than that.
async fn one_cycle(works: &Works, store: &Store, cause: &str, stop: &CancellationToken, signals: &mut Signals) {
    let order = Order { cause: cause.to_owned(), ..Order::default() };
    let cycle = turn(works, store, &order, stop);
    tokio::pin!(cycle);
    let outcome = tokio::select! {
        outcome = &mut cycle => Some(outcome),
        () = signals.stop() => {
            info!("told to stop: finishing the change in hand");
            stop.cancel();
            timeout(FINISH_WITHIN, &mut cycle).await.ok()
        }
    };
    match outcome {
        Some(Ok(_)) => {}
        Some(Err(trouble)) => error!("{trouble}"),
        None => warn!(
            "the change in hand took longer than {FINISH_WITHIN:?}; its intent is stored and the next start finds out what arrived"
        ),
    }
}

enum Next {
    Cycle(&'static str),
    Reload,
    Stop,
}

/// Waits for the next tick, a person's request, or a signal.
async fn next(works: &Works, store: &Store, signals: &mut Signals) -> Next {
    let daemon = &works.settings.daemon;
    let now = works.clock.now();
    let tick = daemon.schedule.next_after(now, &daemon.timezone).map(|at| {
        let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
        Instant::now() + wait
    });
    let ticks = async {
        match tick {
            Some(at) => sleep_until(at).await,
            None => std::future::pending().await,
        }
    };
    let people = async {
        loop {
            sleep(ASK_EVERY).await;
            match store.asked().await {
                Ok(asked) if asked.is_empty() => {}
                Ok(_) => return,
                Err(trouble) => warn!("requests of people can't be read: {trouble}"),
            }
        }
    };
    tokio::select! {
        () = ticks => Next::Cycle("cron"),
        () = people => Next::Cycle("request"),
        _ = signals.hup.recv() => Next::Reload,
        _ = signals.term.recv() => Next::Stop,
        _ = signals.int.recv() => Next::Stop,
    }
}

/// The configuration anew if it checks, else the one that is running.
fn reload(load: &impl Fn() -> Result<Settings, Findings>, running: Works) -> Works {
    let settings = match load() {
        Ok(settings) => settings,
        Err(findings) => {
            error!("the configuration doesn't check and the running one stays:\n{findings}");
            return running;
        }
    };
    if settings.daemon.database != running.settings.daemon.database {
        error!(
            "[daemon] database can't change while the daemon runs; restart it for that; the running configuration stays"
        );
        return running;
    }
    for warning in &settings.warnings {
        warn!("{warning}");
    }
    match Works::connect(Arc::new(settings), running.clock.clone()) {
        Ok(works) => {
            info!("the configuration was loaded anew");
            works
        }
        Err(trouble) => {
            error!("{trouble}; the running configuration stays");
            running
        }
    }
}
