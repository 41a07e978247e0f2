//! `roadmapd run`: the daemon.

use super::{Desk, Exit, Failure, output};
use crate::daemon::{Clock, run as turn_until_stopped};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Turn a cycle at the start, before the first tick of the schedule
    #[arg(long)]
    once_at_start: bool,
}

pub(super) async fn run(desk: Desk, args: &Args) -> Result<Exit, Failure> {
    for warning in &desk.load()?.warnings {
        output::warn(warning);
    }
    turn_until_stopped(|| desk.load(), Clock::system(), args.once_at_start).await?;
    Ok(Exit::Done)
}
