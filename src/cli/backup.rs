//! `roadmapd backup`: a whole copy of the database, while everything goes on.

use std::path::PathBuf;

use super::{Desk, Exit, Failure, output};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The new file; one that is there already is never overwritten
    file: PathBuf,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    if args.file.exists() {
        return Err(Failure::Said(format!("{} is there already; name another file", args.file.display())));
    }
    let (works, store) = desk.history().await?;
    store.backup(&args.file).await?;
    store.close().await?;
    output::print(&format!(
        "{} holds all of {}; to restore it, stop the daemon and put it in its place",
        args.file.display(),
        works.settings.daemon.database
    ));
    Ok(Exit::Done)
}
