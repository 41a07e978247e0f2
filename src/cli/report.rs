//! `roadmapd report`: how often the computed levels equal what people set, where they differ most, and what presses but waits.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::{Desk, Exit, Failure, output};
use crate::daemon::View;
use crate::model::{ContainerKey, Priority};
use crate::plan::{Inversion, agreement, agreement_json, agreement_markdown, agreement_text, inversions};

/// Inversions that are named.
const NAMED_MAX: usize = 20;

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
    let inversions = inversions(&thought.roadmap, &thought.scores, &thought.standing);
    let pressing = pressing(&view, &scope_of);
    if args.json {
        let mut json = agreement_json(&agreed);
        json["inversions"] = inversions.iter().map(inversion_json).collect();
        let share =
            |(scope, (p0, open)): (&Option<String>, &(usize, usize))| json!({"scope": scope, "p0": p0, "open": open});
        json["p0"] = pressing.iter().map(share).collect();
        output::print_json(&json);
        return Ok(Exit::Done);
    }
    let bullet = if args.markdown { "- " } else { "  " };
    let mut text = if args.markdown { agreement_markdown(&agreed) } else { agreement_text(&agreed) };
    text.push_str("\np0: how much of what is open\n");
    for (scope, (p0, open)) in &pressing {
        let scope = scope.as_deref().map_or("outside all scopes".to_owned(), |scope| output::fit(scope, 60));
        let percent = *p0 as f64 * 100.0 / (*open).max(1) as f64;
        let _ = writeln!(text, "{bullet}{scope}: {p0} of {open} ({percent:.0} %)");
    }
    if !inversions.is_empty() {
        text.push_str("\ninversions: what presses waits for what doesn't\n");
        for inversion in inversions.iter().take(NAMED_MAX) {
            let _ = writeln!(text, "{bullet}{}", inversion.sentence());
        }
        if inversions.len() > NAMED_MAX {
            let _ = writeln!(text, "{bullet}and {} more (--json lists them all)", inversions.len() - NAMED_MAX);
        }
    }
    output::print(&text);
    Ok(Exit::Done)
}

/// By scope, how many open items are p0, and how many are open.
fn pressing(
    view: &View,
    scope_of: &impl Fn(&ContainerKey) -> Option<String>,
) -> BTreeMap<Option<String>, (usize, usize)> {
    let mut counts = BTreeMap::new();
    for (item, score) in view.thought.roadmap.items.iter().zip(&view.thought.scores.items) {
        if item.status.is_open() {
            let (p0, open) = counts.entry(scope_of(&item.founder().container)).or_insert((0, 0));
            *p0 += usize::from(score.priority.level == Priority::P0);
            *open += 1;
        }
    }
    counts
}

fn inversion_json(inversion: &Inversion) -> Value {
    json!({
        "waits": inversion.waits, "level": inversion.level.name(), "for": inversion.for_what,
        "held_back": inversion.held_back.name(), "why": inversion.sentence(),
    })
}
