//! `roadmapd roadmap`: the ranked backlog.

use std::fmt::Write;

use clap::ValueEnum;
use serde_json::json;

use super::{Desk, Exit, Failure, by_parent, output};
use crate::daemon::{Thought, View, held};
use crate::model::Timestamp;
use crate::web::answer::Ranked;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// As JSON, for scripts
    #[arg(long, conflicts_with_all = ["csv", "markdown"])]
    json: bool,
    /// As CSV, for a spreadsheet
    #[arg(long, conflicts_with = "markdown")]
    csv: bool,
    /// As a Markdown table
    #[arg(long)]
    markdown: bool,
    /// Not the ranking, but how much of the open work is under which epic, and how much under none
    #[arg(long, value_enum, conflicts_with_all = ["csv", "markdown"])]
    by: Option<By>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    /// The topmost parent of each item
    Parent,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    let (works, store) = desk.history().await?;
    let view = View::open(&works, &store).await?;
    let thought = &view.thought;
    if let Some(By::Parent) = args.by {
        if args.json {
            output::print_json(&by_parent::as_json(thought));
        } else {
            output::print(&by_parent::as_text(thought));
        }
        return Ok(Exit::Done);
    }
    let order = view.ranked();
    output::print(&if args.json {
        let held = held(&view, &store).await?;
        let ranked = order.iter().zip(1..).map(|(index, rank)| Ranked::of(thought, *index, rank, &held));
        format!("{:#}", json!({ "generated_at": Timestamp::now().to_string(), "items": ranked.collect::<Vec<_>>() }))
    } else if args.csv {
        csv(thought, &order)
    } else if args.markdown {
        markdown(thought, &order)
    } else {
        text(thought, &order)
    });
    Ok(Exit::Done)
}

struct Line {
    rank: String,
    priority: String,
    score: String,
    complexity: String,
    readiness: String,
    status: String,
    due: String,
    keys: String,
    title: String,
}

fn lines(thought: &Thought, order: &[usize]) -> Vec<Line> {
    order
        .iter()
        .enumerate()
        .map(|(position, &index)| {
            let (item, score) = (&thought.roadmap.items[index], &thought.scores.items[index]);
            let keys: Vec<String> = item.faces.iter().map(|face| face.key.to_string()).collect();
            Line {
                rank: (position + 1).to_string(),
                priority: score.priority.level.name().to_owned(),
                score: format!("{:.1}", score.priority.score),
                complexity: score.complexity.level.name().to_owned(),
                readiness: score.readiness.as_ref().map_or("", |readiness| readiness.level.name()).to_owned(),
                status: item.status.name().to_owned(),
                due: item.due.map_or_else(String::new, |(day, _)| day.to_string()),
                keys: keys.join(" = "),
                title: item.founder().title.clone(),
            }
        })
        .collect()
}

fn text(thought: &Thought, order: &[usize]) -> String {
    let mut text = format!(
        "{:>4}  {:<3} {:>5}  {:<3} {:<18} {:<8} {:<10}  {:<40} {}\n",
        "rank", "pri", "score", "cpl", "readiness", "status", "due", "issues", "title"
    );
    for line in lines(thought, order) {
        let _ = writeln!(
            text,
            "{:>4}  {:<3} {:>5}  {:<3} {:<18} {:<8} {:<10}  {:<40} {}",
            line.rank,
            line.priority,
            line.score,
            line.complexity,
            line.readiness,
            line.status,
            line.due,
            output::fit(&line.keys, 40),
            output::fit(&line.title, 60)
        );
    }
    text
}

fn csv(thought: &Thought, order: &[usize]) -> String {
    let mut text = "rank,priority,score,complexity,readiness,status,due,issues,title\n".to_owned();
    for line in lines(thought, order) {
        let cells = [
            line.rank,
            line.priority,
            line.score,
            line.complexity,
            line.readiness,
            line.status,
            line.due,
            line.keys,
            line.title,
        ];
        let row: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
        text.push_str(&row.join(","));
        text.push('\n');
    }
    text
}

/// A cell after RFC 4180; one that a spreadsheet would run as a formula is made text.
fn csv_cell(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !cell.contains([',', '"', '\n', '\r']) {
        return cell.to_owned();
    }
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

fn markdown(thought: &Thought, order: &[usize]) -> String {
    let mut text = "| rank | priority | score | complexity | readiness | status | due | issues | title |\n|---:|---|---:|---|---|---|---|---|---|\n".to_owned();
    for line in lines(thought, order) {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            line.rank,
            line.priority,
            line.score,
            line.complexity,
            line.readiness,
            line.status,
            line.due,
            escaped(&line.keys),
            escaped(&line.title)
        );
    }
    text
}

/// Text that Markdown leaves alone: no markup, no mention, no cell border.
fn escaped(text: &str) -> String {
    output::fit(text, 200)
        .chars()
        .flat_map(|c| {
            let marked = matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '@' | '!');
            marked.then_some('\\').into_iter().chain(std::iter::once(c))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{csv_cell, escaped};

    #[test]
    fn a_csv_cell_is_quoted_and_never_a_formula() {
        assert_eq!(csv_cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(csv_cell("=1+1"), "\"'=1+1\"");
        assert_eq!(csv_cell("plain"), "plain");
    }

    #[test]
    fn markdown_in_a_title_stays_text() {
        assert_eq!(escaped("a|b <script> @all"), "a\\|b \\<script\\> \\@all");
    }
}
