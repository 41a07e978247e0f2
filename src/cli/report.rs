//! `roadmapd report`: how often the computed levels equal what people set, where they differ most, and what presses but waits.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Desk, Exit, Failure, output};
use crate::daemon::{View, Works};
use crate::plan::{Inversion, agreement, agreement_json, agreement_markdown, agreement_text, inversions};
use crate::store::{Pressing, Store};

/// How far back the share of p0 is told, in days.
const DAYS_AGO: [i64; 2] = [7, 30];
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
    let pressing = thought.pressing(&works.settings);
    let earlier = earlier(&works, &store).await?;
    if args.json {
        let mut json = agreement_json(&agreed);
        json["inversions"] = inversions.iter().map(inversion_json).collect();
        let of = |pressing: &Pressing| json!({"p0": pressing.p0, "open": pressing.open});
        let share = |(scope, now): (&String, &Pressing)| {
            let then = |(days, told): &(i64, BTreeMap<String, Pressing>)| {
                let mut then = of(told.get(scope)?);
                then["days_ago"] = json!(days);
                Some(then)
            };
            let mut share = of(now);
            share["scope"] = if scope.is_empty() { Value::Null } else { json!(scope) };
            share["earlier"] = earlier.iter().filter_map(then).collect();
            share
        };
        json["p0"] = pressing.iter().map(share).collect();
        output::print_json(&json);
        return Ok(Exit::Done);
    }
    let bullet = if args.markdown { "- " } else { "  " };
    let mut text = if args.markdown { agreement_markdown(&agreed) } else { agreement_text(&agreed) };
    text.push_str("\np0: how much of what is open\n");
    for (scope, now) in &pressing {
        let name = if scope.is_empty() { "outside all scopes".to_owned() } else { output::fit(scope, 60) };
        let then = |(days, told): &(i64, BTreeMap<String, Pressing>)| {
            Some(format!("{} {days} days ago", percent(told.get(scope)?)))
        };
        let then: Vec<String> = earlier.iter().filter_map(then).collect();
        let trend = if then.is_empty() { String::new() } else { format!("; {}", then.join(", ")) };
        let _ = writeln!(text, "{bullet}{name}: {} of {} ({}{trend})", now.p0, now.open, percent(now));
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

/// What pressed so many days ago, where a cycle told.
async fn earlier(works: &Works, store: &Store) -> Result<Vec<(i64, BTreeMap<String, Pressing>)>, Failure> {
    let mut told = Vec::new();
    for days in DAYS_AGO {
        let at = works.clock.now() - SignedDuration::from_hours(24 * days);
        let pressing = store.pressing_at(at).await?;
        if !pressing.is_empty() {
            told.push((days, pressing));
        }
    }
    Ok(told)
}

fn percent(pressing: &Pressing) -> String {
    format!("{:.0} %", pressing.p0 as f64 * 100.0 / pressing.open.max(1) as f64)
}

fn inversion_json(inversion: &Inversion) -> Value {
    json!({
        "waits": inversion.waits, "level": inversion.level.name(), "for": inversion.for_what,
        "held_back": inversion.held_back.name(), "why": inversion.sentence(),
    })
}
