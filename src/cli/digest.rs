//! `roadmapd digest`: a week of each scope, for a person who was away.

use super::{Desk, Exit, Failure, output};
use crate::daemon::{DIGEST_DAYS, Digest, Reader, View};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many days back
    #[arg(long, value_name = "N", default_value_t = DIGEST_DAYS, value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    /// As Markdown, for a page or a ticket
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// As JSON, for scripts
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    let (works, store) = desk.history().await?;
    let view = View::open(&works, &store).await?;
    let digest = Digest::of(&works, &store, &view, args.days, Reader::Operator).await?;
    if args.json {
        output::print_json(&digest.json());
    } else if args.markdown {
        output::print(&digest.markdown());
    } else {
        output::print(&digest.text());
    }
    Ok(Exit::Done)
}
