//! `roadmapd holds`: every hold, since when, and how far it is from the computed level.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Desk, Exit, Failure, output};
use crate::daemon::View;
use crate::model::{Aspect, Level, Timestamp};
use crate::plan::{Answer, HoldReason};
use crate::score::ItemScore;
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// As JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// One hold, as people read it.
pub(super) struct Held {
    pub(super) issue: String,
    pub(super) item: String,
    pub(super) aspect: Aspect,
    pub(super) at: Option<String>,
    pub(super) computed: Option<Level>,
    pub(super) since: Option<Timestamp>,
    pub(super) reason: &'static str,
    /// The item follows it; it doesn't where it names no level or where people disagree.
    pub(super) holds_item: bool,
    /// People hold the item at different levels: nothing of that aspect is written.
    pub(super) frozen: bool,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    let (works, store) = desk.history().await?;
    let view = View::open(&works, &store).await?;
    let held = held(&view, &store).await?;
    if args.json {
        output::print_json(&Value::from(held.iter().map(Held::json).collect::<Vec<_>>()));
    } else if held.is_empty() {
        output::print("nobody holds anything");
    } else {
        output::print(&text(&held));
    }
    Ok(Exit::Done)
}

impl Held {
    /// The hold as scripts read it.
    pub(super) fn json(&self) -> Value {
        json!({
            "issue": self.issue,
            "item": self.item,
            "field": self.aspect.name(),
            "theirs": self.at,
            "computed": self.computed.map(Level::name),
            "who": "a person",
            "where": self.issue,
            "since": self.since.map(|since| since.to_string()),
            "reason": self.reason,
            "frozen": self.frozen,
        })
    }
}

/// Every hold on an open item, sorted by issue and aspect.
pub(super) async fn held(view: &View, store: &Store) -> Result<Vec<Held>, Failure> {
    let cycles: Vec<u64> =
        view.ledger.rows.values().filter_map(|row| row.hold.as_ref().map(|hold| hold.since)).collect();
    let times: BTreeMap<u64, Timestamp> = store.cycle_times(&cycles).await?;
    let mut held = Vec::new();
    for (key, answer) in &view.thought.standing.answers {
        let Answer::Held { at, known, .. } = answer else { continue };
        let Some(index) = view.thought.roadmap.item_of.get(&key.issue) else { continue };
        let item = &view.thought.roadmap.items[*index];
        let Some(face) = item.faces.iter().find(|face| face.id == key.issue) else { continue };
        held.push(Held {
            issue: face.key.to_string(),
            item: item.id.to_string(),
            aspect: key.aspect,
            at: at.clone(),
            computed: view.thought.scores.items.get(*index).and_then(|score| computed(score, key.aspect)),
            since: known.as_ref().and_then(|hold| times.get(&hold.since).copied()),
            reason: match known.as_ref().map(|hold| hold.reason) {
                Some(HoldReason::Found) => "found",
                Some(HoldReason::Undone(_)) => "undone",
                Some(HoldReason::Changed) | None => "changed",
            },
            holds_item: at.is_some()
                && view.thought.standing.previous.holds.contains_key(&(item.id.clone(), key.aspect)),
            frozen: view.thought.standing.frozen.contains_key(&(item.id.clone(), key.aspect)),
        });
    }
    Ok(held)
}

/// The level of the item's own score, before any hold.
fn computed(score: &ItemScore, aspect: Aspect) -> Option<Level> {
    match aspect {
        Aspect::Priority => Some(Level::Priority(score.priority.own)),
        Aspect::Complexity | Aspect::Readiness => None,
    }
}

fn text(held: &[Held]) -> String {
    let mut lines = vec![format!("{:<24} {:<12} {:<22} {:<10} since", "issue", "field", "held at", "computed")];
    for hold in held {
        lines.push(format!(
            "{:<24} {:<12} {:<22} {:<10} {}",
            output::fit(&hold.issue, 24),
            hold.aspect.name(),
            output::fit(hold.at.as_deref().unwrap_or("(none)"), 22),
            hold.computed.map_or("", Level::name),
            hold.since.map_or_else(|| "now".to_owned(), |since| since.strftime("%Y-%m-%d %H:%M UTC").to_string()),
        ));
    }
    lines.push("`roadmapd release KEY` hands one back".to_owned());
    lines.join("\n")
}
