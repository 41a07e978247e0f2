//! `roadmapd plan`: what one cycle would write.

use super::progress::Progress;
use super::{Desk, Exit, Failure, output};
use crate::daemon::{Preview, Works, preview};
use crate::plan::{Pace, Paces, Plan, plan_json, plan_markdown, plan_text};
use crate::store::Store;
use crate::tracker::TrackerConfig;

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
    let paces = paces(&works);
    if args.json {
        output::print_json(&plan_json(&plan, refusal.as_ref(), &paces));
    } else if args.markdown {
        output::print(&plan_markdown(&plan, refusal.as_ref(), &paces));
    } else {
        output::print(&plan_text(&plan, refusal.as_ref(), &paces));
    }
    Ok(exit_of(&errors, &plan))
}

/// How a preview ends: 2 says that there is something to write.
pub(super) fn exit_of(errors: &[String], plan: &Plan) -> Exit {
    match (errors.is_empty(), plan.changes.is_empty()) {
        (false, _) => Exit::Failed,
        (true, true) => Exit::Done,
        (true, false) => Exit::Changes,
    }
}

/// How the configured trackers take writes.
pub(super) fn paces(works: &Works) -> Paces {
    works.settings.trackers.iter().map(|config| (config.name().clone(), pace(config))).collect()
}

/// How a tracker takes writes. Jira may be told not to send mails and needn't listen; GitHub sends none of labels.
fn pace(config: &TrackerConfig) -> Pace {
    let (one_by_one, budget) = match config {
        TrackerConfig::Github(config) => (true, &config.budget),
        TrackerConfig::Jira(config) => (false, &config.budget),
    };
    let (writes_per_minute, writes_per_hour) = (budget.writes_per_minute, budget.writes_per_hour);
    Pace { one_by_one, mails: !one_by_one, writes_per_minute, writes_per_hour }
}
