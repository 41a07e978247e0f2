//! `roadmapd report`: how often the computed levels equal what people set, and where they differ most.

use super::{Desk, Exit, Failure, output};
use crate::daemon::View;
use crate::plan::{agreement, agreement_json, agreement_markdown, agreement_text};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// As JSON, for scripts
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// As Markdown, for a ticket or a review
    #[arg(long)]
    markdown: bool,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    let (works, store) = desk.history().await?;
    let view = View::open(&works, &store).await?;
    let thought = &view.thought;
    let scope_of = |container: &_| works.settings.scope_of(container).map(str::to_owned);
    let agreed = agreement(&thought.roadmap, &thought.scores, &thought.standing, &view.weights, scope_of);
    if args.json {
        output::print_json(&agreement_json(&agreed));
    } else if args.markdown {
        output::print(&agreement_markdown(&agreed));
    } else {
        output::print(&agreement_text(&agreed));
    }
    Ok(Exit::Done)
}
