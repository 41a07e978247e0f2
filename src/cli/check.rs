//! `roadmapd check`: settings, and online credentials, permissions and fields; all findings at once.

use super::{Desk, Exit, Failure, output};
use crate::model::ContainerKey;
use crate::settings::Scope;
use crate::tracker::{Fetch, TrackerConfig};

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
    let mut all_well = settings.refused.is_empty();
    let left_out = match settings.refused.len() {
        0 => String::new(),
        1 => ", but 1 own rule is refused and counts for nothing".to_owned(),
        refused => format!(", but {refused} own rules are refused and count for nothing"),
    };
    output::print(&format!(
        "the configuration checks{left_out}: {} ({})",
        count(names.len(), "tracker"),
        names.join(", ")
    ));
    for name in settings.trackers.iter().map(TrackerConfig::name).filter(|name| !settings.writes_to(name)) {
        output::print(&format!("{name}: nothing is written there; a read-only credential suffices"));
    }
    if !settings.scopes().is_empty() {
        output::print(&scopes(settings.scopes()));
    }
    if !args.online {
        output::remark("`roadmapd check --online` asks the trackers too");
        return Ok(if all_well { Exit::Done } else { Exit::Failed });
    }
    for tracker in &works.trackers {
        let writes = |container: Option<&ContainerKey>| {
            container.map_or_else(|| settings.writes_to(tracker.name()), |container| settings.writes(container))
        };
        for finding in tracker.probe(&writes).await {
            all_well &= finding.ok;
            output::print(&format!("{} {}", if finding.ok { "ok  " } else { "FAIL" }, finding.text));
        }
    }
    output::print("the least that credentials need");
    for config in &settings.trackers {
        for writes in [false, true] {
            output::print(&format!("     {}: {}", config.name(), config.least(writes)));
        }
    }
    Ok(if all_well { Exit::Done } else { Exit::Failed })
}

/// Each scope, the containers that it holds for, and the keys that it sets, as a table.
fn scopes(scopes: &[Scope]) -> String {
    let listed = |list: &[String]| if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
    let head = ["scope".to_owned(), "holds for".to_owned(), "overrides".to_owned()];
    let rows = scopes.iter().map(|scope| {
        [output::fit(&scope.name, 40), output::fit(&listed(&scope.patterns), 80), listed(&scope.overrides)]
    });
    let rows: Vec<[String; 3]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (name, holds) = (width(0), width(1));
    let lines = rows.iter().map(|[scope, patterns, overrides]| {
        let line = format!("{scope:<name$}  {patterns:<holds$}  {overrides}");
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<String>>().join("\n")
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
