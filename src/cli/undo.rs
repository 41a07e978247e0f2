//! `roadmapd undo`: takes back what a cycle wrote.

use tokio_util::sync::CancellationToken;

use super::once::{exit_of, tell, until_interrupted};
use super::progress::Progress;
use super::{Desk, Exit, Failure};
use crate::daemon::undo;
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The cycle's number, as `once` and `history` print it
    cycle: u64,
    /// As JSON, for scripts
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    let works = desk.works()?;
    let store = Store::open(&works.settings.daemon.database).await?;
    let stop = CancellationToken::new();
    let progress = Progress::start(&works, "undoing");
    let turned = until_interrupted(undo(&works, &store, args.cycle, &stop), &stop).await;
    drop(progress);
    store.close().await?;
    let turned = turned?;
    tell(&turned, args.json);
    Ok(exit_of(&turned))
}
