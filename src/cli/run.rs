//! `roadmapd run`: the daemon, and the page beside it.

use super::{Desk, Exit, Failure, output};
use crate::daemon::{Clock, Daemon};
use crate::settings::{Findings, Settings};
use crate::web::Page;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Turn a cycle at the start, before the first tick of the schedule
    #[arg(long)]
    once_at_start: bool,
}

pub(super) async fn run(desk: Desk, args: &Args) -> Result<Exit, Failure> {
    let settings = desk.load()?;
    for warning in &settings.warnings {
        output::warn(warning);
    }
    let listen = settings.daemon.listen;
    let daemon = Daemon::start(|| desk.load(), Clock::system()).await?;
    // The address is taken before any cycle: whoever can't have the page they asked for should know at once.
    let page = match listen {
        Some(address) => Some(Page::bind(address, daemon.watch()).await?),
        None => None,
    };
    beside(daemon, page, args.once_at_start).await?;
    Ok(Exit::Done)
}

/// Runs the daemon and serves the page until a signal stops both.
pub(super) async fn beside<L: Fn() -> Result<Settings, Findings>>(
    daemon: Daemon<L>,
    page: Option<Page>,
    cycle_first: bool,
) -> Result<(), Failure> {
    let serving = page.map(|page| tokio::spawn(page.serve(daemon.stopping())));
    daemon.run(cycle_first).await?;
    if let Some(serving) = serving {
        // It ended by itself, or panicked and said so; the daemon's own end stands either way.
        let _ = serving.await;
    }
    Ok(())
}
