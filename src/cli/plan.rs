//! `roadmapd plan`: what one cycle would write.

use super::progress::Progress;
use super::{Desk, Exit, Failure, output};
use crate::daemon::{Preview, preview};
use crate::plan::{plan_json, plan_markdown, plan_text};
use crate::store::Store;

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
    let works = desk.works()?;
    let store = Store::open_existing_read_only(&works.settings.daemon.database).await?;
    let progress = Progress::start(&works, "reading");
    let shown = preview(&works, store).await?;
    drop(progress);
    let Preview { plan, refusal, errors, findings, .. } = shown;
    for finding in &findings {
        output::warn(finding);
    }
    for error in &errors {
        output::complain(error);
    }
    if args.json {
        output::print_json(&plan_json(&plan, refusal.as_ref()));
    } else if args.markdown {
        output::print(&plan_markdown(&plan, refusal.as_ref()));
    } else {
        output::print(&plan_text(&plan, refusal.as_ref()));
    }
    Ok(match (errors.is_empty(), plan.changes.is_empty()) {
        (false, _) => Exit::Failed,
        (true, true) => Exit::Done,
        (true, false) => Exit::Changes,
    })
}
