//! `roadmapd explain`: why an item has its levels, and whose they are.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::json;

use super::{Desk, Exit, Failure, output};
use crate::daemon::{Held, Set, View, held, lacks, name_holders, scored};
use crate::model::{Issue, Level};
use crate::roadmap::Item;
use crate::score::{Because, EstimateSource, ItemScore};
use crate::settings::Settings;
use crate::store::Store;
use crate::web::answer::{Explained, Levels, set_aside, whose};

/// Past moves of levels that are shown.
const MOVES_MAX: u32 = 6;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The issue (github:acme/api#7, jira:PAY-7) or the item's id
    key: String,
    /// What if: KEY=VALUE, such as due=2027-01-15, points=3, priority=High, value=8, votes=20, label=security; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<Set>,
    /// As JSON, for scripts
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    let (works, store) = desk.history().await?;
    let view = View::open(&works, &store).await?;
    let Some(index) = view.thought.roadmap.find(&args.key) else {
        return Err(Failure::Said(format!(
            "no issue or item {:?} is known; name it with its tracker, as `roadmapd roadmap` lists it",
            args.key
        )));
    };
    let (item, score) = (&view.thought.roadmap.items[index], &view.thought.scores.items[index]);
    let mut held: Vec<Held> =
        held(&view, &store).await?.into_iter().filter(|hold| hold.item == item.id.as_str()).collect();
    name_holders(&works, &mut held).await;
    let then = if args.set.is_empty() { None } else { scored(&view, index, &args.set) };
    let like = view.nearest(index);
    let like: Vec<(String, f64)> = like
        .iter()
        .filter_map(|(at, points, _)| Some((view.thought.roadmap.items.get(*at)?.founder().key.to_string(), *points)))
        .collect();
    if args.json {
        let mut json = json!(Explained::of(&view, index, &works.settings, &held));
        if let Some(then) = &then {
            json["what_if"] = json!(Levels::of(then, &[]));
        }
        output::print_json(&json);
    } else {
        let mut told = text(&view, &works.settings, item, score, &held);
        if !like.is_empty() {
            let named: Vec<String> = like.iter().map(|(key, points)| format!("{key} ({points} points)")).collect();
            let _ = writeln!(told, "\nmost like it: {}", named.join(", "));
        }
        told.push_str(&moved(&works.settings, &store, item).await?);
        match &then {
            Some(then) => told.push_str(&compared(score, then, &args.set)),
            None => {
                if let Some(lacks) = lacks(&view, index) {
                    let _ = writeln!(told, "\n{lacks}");
                }
            }
        }
        output::print(&told);
    }
    Ok(Exit::Done)
}

fn text(view: &View, settings: &Settings, item: &Item, score: &ItemScore, held: &[Held]) -> String {
    let mut text = format!("{}  {}\n", item.id, output::fit(&item.founder().title, 90));
    for face in &item.faces {
        let _ = writeln!(text, "  {:<24} {:<8} {}", face.key.to_string(), face.status.name(), face.url);
    }
    text.push_str(&scopes(settings, item));
    let _ = writeln!(text, "\npriority    {:<4} score {:.1} of 100", score.priority.level, score.priority.score);
    bars(&mut text, &score.priority.because, 100.0);
    let source = match score.complexity.source {
        EstimateSource::Given => "given",
        EstimateSource::Learned => "learned",
        EstimateSource::Estimated => "estimated",
    };
    let complexity = &score.complexity;
    let _ = writeln!(
        text,
        "\ncomplexity  {:<4} {:.1} story points ({:.1} to {:.1}), {source}",
        complexity.level, complexity.story_points, complexity.low, complexity.high
    );
    bars(&mut text, &complexity.because, 20.0);
    if let Some(readiness) = &score.readiness {
        let _ = writeln!(text, "\nreadiness   {}", readiness.level);
        for reason in &readiness.because {
            let _ = writeln!(text, "  {}", reason.why);
        }
    }
    text.push_str("\nwritten to\n");
    for (key, answer) in &view.thought.standing.answers {
        let Some(face) = item.faces.iter().find(|face| face.id == key.issue) else { continue };
        let whose =
            whose(answer, held.iter().find(|hold| hold.issue == face.key.to_string() && hold.aspect == key.aspect));
        let _ = writeln!(text, "  {:<24} {:<11} {:<14} {whose}", face.key.to_string(), key.aspect.name(), key.sink.0);
    }
    for (issue, why) in set_aside(view, item) {
        let _ = writeln!(text, "  {issue:<24} set aside: {why}");
    }
    text
}

/// When its levels became others, and why; the latest first.
async fn moved(settings: &Settings, store: &Store, item: &Item) -> Result<String, Failure> {
    let moves = store.moves_of(&item.id, MOVES_MAX).await?;
    let mut text = String::new();
    for moved in &moves {
        let day = moved.at.to_zoned(settings.daemon.timezone.clone()).date().to_string();
        let was = moved.was.map_or("none", Level::name);
        let lead = if text.is_empty() { "\nmoved\n" } else { "" };
        let _ = writeln!(
            text,
            "{lead}  {day:<11} {:<12} {was} -> {}: {}",
            moved.now.aspect().name(),
            moved.now,
            output::fit(&moved.why, 70)
        );
    }
    Ok(text)
}

/// Which scope an item is scored in, and each face that is written in another one.
fn scopes(settings: &Settings, item: &Item) -> String {
    let named = |scope: Option<&str>| scope.map_or("none (the defaults)".to_owned(), |scope| output::fit(scope, 60));
    let own = settings.scope_of(&item.founder().container);
    let other = |face: &&Arc<Issue>| settings.scope_of(&face.container) != own;
    let others = item.faces.iter().filter(other);
    let others =
        others.map(|face| format!("; {} is written as in {}", face.key, named(settings.scope_of(&face.container))));
    format!("  scope {}{}\n", named(own), others.collect::<String>())
}

/// What would be otherwise.
fn compared(now: &ItemScore, then: &ItemScore, sets: &[Set]) -> String {
    let mut text =
        format!("\nif {}, and nobody held anything:\n", sets.iter().map(Set::to_string).collect::<Vec<_>>().join(", "));
    let moved = |from: &str, to: &str| if from == to { format!("still {to}") } else { format!("{from} -> {to}") };
    let level = moved(now.priority.level.name(), then.priority.level.name());
    let _ = writeln!(text, "  priority    {level:<12} score {:.1} -> {:.1}", now.priority.score, then.priority.score);
    bars(&mut text, &then.priority.because, 100.0);
    let (before, after) = (&now.complexity, &then.complexity);
    let level = moved(before.level.name(), after.level.name());
    let _ = writeln!(
        text,
        "  complexity  {level:<12} {:.1} -> {:.1} story points",
        before.story_points, after.story_points
    );
    if let (Some(before), Some(after)) = (&now.readiness, &then.readiness) {
        let _ = writeln!(text, "  readiness   {}", moved(before.level.name(), after.level.name()));
    }
    text
}

/// One line a reason, with a bar as long as its share of the whole.
fn bars(text: &mut String, because: &[Because], whole: f64) {
    const WIDTH: f64 = 20.0;
    for reason in because {
        let cells = ((reason.points.abs() / whole).min(1.0) * WIDTH).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 20")]
        let bar = "█".repeat(cells as usize);
        let _ = writeln!(text, "  {:>+6.1} {:<20} {:<11} {}", reason.points, bar, reason.rule, reason.why);
    }
}
