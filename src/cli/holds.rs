//! `roadmapd holds`: every hold, since when, and how far it is from the computed level.

use serde_json::json;

use super::{Desk, Exit, Failure, output};
use crate::daemon::{Held, View, held, name_holders};
use crate::model::Level;
use crate::web::answer;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// As JSON, for scripts
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    let (works, store) = desk.history().await?;
    let view = View::open(&works, &store).await?;
    let mut held = held(&view, &store).await?;
    name_holders(&works, &mut held).await;
    if args.json {
        output::print_json(&json!(held.iter().map(answer::Hold::of).collect::<Vec<_>>()));
    } else if held.is_empty() {
        output::print("nobody holds anything");
    } else {
        output::print(&text(&held));
    }
    Ok(Exit::Done)
}

fn text(held: &[Held]) -> String {
    let mut lines =
        vec![format!("{:<24} {:<12} {:<22} {:<10} {:<20} since", "issue", "field", "held at", "computed", "who")];
    for hold in held {
        lines.push(format!(
            "{:<24} {:<12} {:<22} {:<10} {:<20} {}",
            output::fit(&hold.issue, 24),
            hold.aspect.name(),
            output::fit(hold.at.as_deref().unwrap_or("(none)"), 22),
            hold.computed.map_or("", Level::name),
            output::fit(hold.who.as_deref().unwrap_or("a person"), 20),
            hold.since.map_or_else(|| "now".to_owned(), |since| since.strftime("%Y-%m-%d %H:%M UTC").to_string()),
        ));
    }
    lines.push("`roadmapd release KEY` hands one back".to_owned());
    lines.join("\n")
}
