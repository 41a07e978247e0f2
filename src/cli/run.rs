//! `roadmapd run`: the daemon, the page and the webhooks beside it. What keeps it from starting is said all at once.

use std::sync::Arc;

use super::{Desk, Exit, Failure, output};
use crate::daemon::{Clock, Daemon, Works};
use crate::settings::{Findings, Settings};
use crate::store::{Store, StoreTrouble};
use crate::web::{Bound, Hooks, Page};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Turn a cycle at the start, before the first tick of the schedule
    #[arg(long)]
    once_at_start: bool,
}

pub(super) async fn run(desk: Desk, args: &Args) -> Result<Exit, Failure> {
    let Start { works, page, hooks } = start(&desk).await?;
    for warning in &works.settings.warnings {
        output::warn(warning);
    }
    let daemon = Daemon::with(|| desk.load(), works).await?;
    let page = match page {
        Some(bound) => Some(Page::at(bound, daemon.watch()).await?),
        None => None,
    };
    let hooks = hooks.map(|bound| Hooks::at(bound, daemon.watch()));
    beside(daemon, page, hooks, args.once_at_start).await?;
    Ok(Exit::Done)
}

/// What a start needs.
struct Start {
    works: Works,
    page: Option<Bound>,
    hooks: Option<Bound>,
}

/// Loads the settings, takes the addresses, connects the trackers and tries the database: before any cycle, and to the end even
/// where something is wrong, so that nobody mends one thing to be told of the next.
async fn start(desk: &Desk) -> Result<Start, Failure> {
    let (settings, findings) = desk.load_in_part();
    let mut wrong: Vec<String> = findings.iter().map(ToString::to_string).collect();
    let Some(settings) = settings.map(Arc::new) else { return Err(Failure::Start(wrong)) };
    let (mut page, mut hooks) = (None, None);
    if let Some(address) = settings.daemon.listen {
        page = Bound::for_page(address).await.map_err(|trouble| wrong.push(trouble.to_string())).ok();
    }
    if let Some(address) = settings.daemon.listen_webhooks {
        hooks = Bound::for_webhooks(address).await.map_err(|trouble| wrong.push(trouble.to_string())).ok();
    }
    let works = Works::connect_all(Arc::clone(&settings), Clock::system())
        .map_err(|troubles| wrong.extend(troubles.iter().map(ToString::to_string)));
    // Opening it may make or migrate it, which is for a start that goes on.
    let database = &settings.daemon.database;
    let opened = match wrong.is_empty() {
        true => Store::open(database).await.map(Some),
        false => Store::open_existing_read_only(database).await,
    };
    match opened {
        Ok(Some(store)) => store.close().await?,
        // An older one would be migrated by a start that goes on.
        Ok(None) | Err(StoreTrouble::Older { .. }) => {}
        Err(trouble) => wrong.push(trouble.to_string()),
    }
    match works {
        Ok(works) if wrong.is_empty() => Ok(Start { works, page, hooks }),
        _ => Err(Failure::Start(wrong)),
    }
}

/// Runs the daemon and serves the page until a signal stops both.
pub(super) async fn beside<L: Fn() -> Result<Settings, Findings>>(
    daemon: Daemon<L>,
    page: Option<Page>,
    hooks: Option<Hooks>,
    cycle_first: bool,
) -> Result<(), Failure> {
    let paging = page.map(|page| tokio::spawn(page.serve(daemon.stopping())));
    let hearing = hooks.map(|hooks| tokio::spawn(hooks.serve(daemon.stopping())));
    daemon.run(cycle_first).await?;
    for serving in [paging, hearing].into_iter().flatten() {
        // It ended by itself, or panicked and said so; the daemon's own end stands either way.
        let _ = serving.await;
    }
    Ok(())
}
