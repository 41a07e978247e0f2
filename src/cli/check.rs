//! `roadmapd check`: settings, and online credentials, permissions and fields; all findings at once.

use super::{Desk, Exit, Failure, output};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Ask the trackers too: credentials, permissions, fields
    #[arg(long)]
    online: bool,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    let works = desk.works()?;
    let settings = &works.settings;
    let names: Vec<&str> = settings.trackers.iter().map(|tracker| tracker.name().as_str()).collect();
    output::print(&format!("the configuration checks: {} ({})", count(names.len(), "tracker"), names.join(", ")));
    if !args.online {
        output::remark("`roadmapd check --online` asks the trackers too");
        return Ok(Exit::Done);
    }
    let mut all_well = true;
    for tracker in &works.trackers {
        for finding in tracker.probe().await {
            all_well &= finding.ok;
            output::print(&format!("{} {}", if finding.ok { "ok  " } else { "FAIL" }, finding.text));
        }
    }
    Ok(if all_well { Exit::Done } else { Exit::Failed })
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
