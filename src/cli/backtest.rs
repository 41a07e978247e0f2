//! `roadmapd backtest`: how good the complexity estimate is on given history, beside the plain median.

use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Desk, Exit, Failure, output};
use crate::daemon::View;
use crate::model::Bag;
use crate::score::backtest::{LABEL_LATE, REFIT_EVERY, Scores, Table, Trial, fit_rows, scores, trial};
use crate::score::{Choice, LABELS_MIN, Learned, Past, estimated_histories, fit};

/// The largest file that is read.
const FILE_BYTES_MAX: u64 = 1 << 30;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A CSV file with the columns id,created,title,description,story_points,split (train, val, test; without split the newest
    /// 20 % are predicted)
    #[arg(required_unless_present = "roadmap")]
    file: Option<PathBuf>,
    /// The roadmap's own estimated issues instead of a file, each scope by itself
    #[arg(long, conflicts_with = "file")]
    roadmap: bool,
    /// Fit anew after every 25 issues on everything older, as a running daemon does; a label comes 20 issues late
    #[arg(long)]
    prequential: bool,
    /// As JSON, for scripts
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    match &args.file {
        Some(path) => of_file(path, args),
        None => of_roadmap(desk, args).await,
    }
}

/// How good the estimate was on one history.
struct Report {
    scores: Scores,
    fit: usize,
    skipped: usize,
    fit_ms: f64,
    issue_us: f64,
    answers: String,
}

/// Judges a file.
fn of_file(path: &Path, args: &Args) -> Result<Exit, Failure> {
    let said = |why: &dyn std::fmt::Display| Failure::Said(format!("{}: {why}", path.display()));
    let file = File::open(path).map_err(|error| said(&format!("it can't be opened: {error}")))?;
    let mut text = Vec::new();
    let read = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut text);
    read.map_err(|error| said(&format!("it can't be read: {error}")))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(said(&format!("it has more than {} MiB; take a part of it", FILE_BYTES_MAX >> 20)));
    }
    let table = Table::read(&text).map_err(|trouble| said(&trouble))?;
    for why in &table.why {
        output::warn(&format!("{}: skipped {why}", path.display()));
    }
    if table.skipped > table.why.len() {
        output::warn(&format!("{}: {} more rows were skipped", path.display(), table.skipped - table.why.len()));
    }
    let report = judge(&table.rows, table.fit, table.skipped, args.prequential).map_err(|why| said(&why))?;
    if args.json {
        output::print_json(&report.json());
    } else {
        output::print(&report.text());
    }
    Ok(Exit::Done)
}

/// Judges the roadmap's own history.
async fn of_roadmap(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    let (works, store) = desk.history().await?;
    let view = View::open(&works, &store).await?;
    let thought = &view.thought;
    let histories = estimated_histories(&thought.roadmap, &thought.standing.previous, &view.weights);
    if histories.is_empty() {
        let next = "give story points in Jira, or a label points/3, and run `roadmapd once --census`";
        return Err(Failure::Said(format!("no issue here was estimated by a person; {next}")));
    }
    let (mut reports, mut text) = (Vec::new(), String::new());
    for (name, history) in &histories {
        let name = if name.is_empty() { "outside all scopes" } else { name };
        let _ = writeln!(text, "{name}: {} estimated issues", history.len());
        match judge(history, fit_rows(history.len()), 0, args.prequential) {
            Ok(report) => {
                let mut entry = report.json();
                entry["scope"] = json!(name);
                reports.push(entry);
                text.push_str(&report.text());
            }
            Err(why) => {
                reports.push(json!({ "scope": name, "refused": why }));
                let _ = writeln!(text, "  {why}");
            }
        }
        text.push('\n');
    }
    if args.json {
        output::print_json(&Value::Array(reports));
    } else {
        output::print(text.trim_end());
        output::print("\n");
    }
    Ok(Exit::Done)
}

fn judge(history: &[(Bag, f64)], from: usize, skipped: usize, prequential: bool) -> Result<Report, String> {
    let (known, newest) = history.split_at(from.min(history.len()));
    let late = if prequential { LABEL_LATE } else { 0 };
    if known.len() < LABELS_MIN + late {
        let needed = LABELS_MIN + late;
        return Err(format!("{} estimated issues to learn from; at least {needed} are needed", known.len()));
    }
    if newest.is_empty() {
        return Err("nothing to predict: no row's split is test".to_owned());
    }
    let every = if prequential { REFIT_EVERY } else { usize::MAX };
    let (mut fitting, mut fits) = (Duration::ZERO, 0_u32);
    let timed = |past: &[Past<'_>]| {
        let start = Instant::now();
        let learned = fit(past);
        (fitting, fits) = (fitting + start.elapsed(), fits + 1);
        learned
    };
    let start = Instant::now();
    let trial = trial(history, known.len(), every, late, timed).map_err(|few| few.to_string())?;
    let predicting = start.elapsed().saturating_sub(fitting);
    let fit_ms = fitting.as_secs_f64() * 1e3 / f64::from(fits.max(1));
    let issue_us = predicting.as_secs_f64() * 1e6 / newest.len() as f64;
    let points = |rows: &[(Bag, f64)]| rows.iter().map(|row| row.1).collect::<Vec<f64>>();
    let scores = scores(&trial, &points(newest), &points(known));
    Ok(Report { scores, fit: known.len(), skipped, fit_ms, issue_us, answers: answers(&trial) })
}

fn answers(trial: &Trial) -> String {
    match trial.last.as_ref().map(Learned::choice) {
        Some(Choice::Words { trust, .. }) if *trust < Choice::TRUST_MOST => {
            format!("its words, trusted to {:.0} %: with more they were worse than the median", trust * 100.0)
        }
        Some(Choice::Words { .. }) => "its words".to_owned(),
        Some(Choice::Median { words, median }) => {
            format!(
                "the median: on the newest part of what was learned from, words were off by {words:.2}, the median by {median:.2}"
            )
        }
        Some(Choice::OneValue) => "the one value that all of the history has".to_owned(),
        None => "nothing".to_owned(),
    }
}

impl Report {
    fn json(&self) -> Value {
        let s = &self.scores;
        json!({
            "mae": s.mae, "median_ae": s.median_error, "sa": s.standardised_accuracy, "spearman": s.spearman, "exact": s.exact,
            "within_one": s.within_one, "in_range": s.in_range, "baseline": { "mae": s.baseline_mae }, "ratio": s.ratio,
            "fit_ms": self.fit_ms, "issue_us": self.issue_us, "answers": self.answers,
            "rows": { "fit": self.fit, "test": s.count, "skipped": self.skipped },
        })
    }

    fn text(&self) -> String {
        let s = &self.scores;
        let mut text = String::new();
        let mut line = |name: &str, value: String, note: &str| {
            let _ = writeln!(text, "  {name:<26} {value:>8}  {note}");
        };
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        line("issues", format!("{}", s.count), &format!("predicted, after learning from {}", self.fit));
        line("mean absolute error", format!("{:.2}", s.mae), "story points");
        line("  of the plain median", format!("{:.2}", s.baseline_mae), &format!("{:.3} of it is left", s.ratio));
        line("median absolute error", format!("{:.2}", s.median_error), "story points");
        let accuracy = s.standardised_accuracy.map_or("-".to_owned(), |sa| format!("{sa:.2}"));
        line("standardised accuracy", accuracy, "1 is perfect, 0 is guessing another issue's points");
        line("rank correlation", format!("{:.2}", s.spearman), "Spearman: 1 is the same order, 0 is none");
        line("exactly right", percent(s.exact), "");
        line("within one step", percent(s.within_one), "of the history's own scale");
        line("within the range shown", percent(s.in_range), "80 % is aimed at");
        line("fit", format!("{:.0} ms", self.fit_ms), &format!("{:.0} µs for each issue", self.issue_us));
        let _ = writeln!(text, "  answers: {}", self.answers);
        text
    }
}
