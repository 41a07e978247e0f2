//! `roadmapd history`: what the cycles wrote.

use serde_json::json;

use super::{Desk, Exit, Failure, output};
use crate::plan::Outcome;
use crate::store::{CycleRecord, JournalEntry};
use crate::web::answer::{Cycle, Written};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this cycle, with every edit
    cycle: Option<u64>,
    /// As JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// Cycles listed without a number.
const CYCLES_SHOWN: u32 = 50;

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    let (_, store) = desk.history().await?;
    match args.cycle {
        None => {
            let cycles = store.cycles(CYCLES_SHOWN).await?;
            if args.json {
                output::print_json(&json!(cycles.iter().map(Cycle::of).collect::<Vec<_>>()));
            } else {
                output::print(&cycles_text(&cycles));
            }
        }
        Some(cycle) => {
            let entries = store.journal(cycle).await?;
            if args.json {
                output::print_json(&json!({
                    "cycle": cycle,
                    "changes": entries.iter().map(Written::of).collect::<Vec<_>>(),
                }));
            } else if entries.is_empty() {
                output::print(&format!("cycle {cycle} wrote nothing"));
            } else {
                output::print(&entries_text(cycle, &entries));
            }
        }
    }
    Ok(Exit::Done)
}

fn cycles_text(cycles: &[CycleRecord]) -> String {
    if cycles.is_empty() {
        return "no cycle has turned yet".to_owned();
    }
    let mut lines = vec![format!("{:>6}  {:<21} {:<12} what it did", "cycle", "started", "cause")];
    for record in cycles {
        lines.push(format!(
            "{:>6}  {:<21} {:<12} {}",
            record.n,
            record.begun.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
            output::fit(&record.cause, 12),
            Cycle::of(record).deed()
        ));
    }
    lines.push("`roadmapd history CYCLE` lists its edits, `roadmapd undo CYCLE` takes them back".to_owned());
    lines.join("\n")
}

fn entries_text(cycle: u64, entries: &[JournalEntry]) -> String {
    let mut lines = vec![format!("cycle {cycle}")];
    for entry in entries {
        let outcome = match &entry.outcome {
            Some(Outcome::Done) => "written".to_owned(),
            Some(Outcome::Superseded { found }) => format!("superseded: {found}"),
            Some(Outcome::Refused { error }) => format!("refused: {error}"),
            Some(Outcome::Failed { error }) => format!("failed: {error}"),
            Some(Outcome::Unknown { error }) => format!("not known: {error}"),
            None => "interrupted".to_owned(),
        };
        for edit in &entry.change.edits {
            lines.push(format!(
                "  {:<24} {:<11} {} -> {}  {outcome}  ({})",
                entry.change.key.to_string(),
                edit.field.name(),
                edit.from.as_deref().unwrap_or("nothing"),
                edit.to.as_deref().unwrap_or("nothing"),
                edit.why
            ));
        }
    }
    lines.join("\n")
}
