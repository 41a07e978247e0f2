//! Story points of eleven projects, learned from the oldest 80 % and predicted for the rest, beside the project's own median.

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use roadmapd::model::Bag;
use roadmapd::score::backtest::{LABEL_LATE, REFIT_EVERY, Scores, Table, scores, trial};
use roadmapd::score::{Past, fit, plain_median};

use crate::{folder, histories, packed, whole};

/// A figure of a whole table.
fn mean(all: &[Judged], of: impl Fn(&Judged) -> f64) -> f64 {
    all.iter().map(of).sum::<f64>() / all.len() as f64
}

fn tables(folder: &Path) -> Vec<(String, Table)> {
    let read = |path: &Path| {
        let mut text = Vec::new();
        packed(path).read_to_end(&mut text).expect("a file");
        Table::read(&text).expect("a history")
    };
    histories(folder).into_iter().map(|(name, path)| (name, read(&path))).collect()
}

/// The scores of a trial, and its error as a part of what the median of the oldest 60 % would have had, as published figures have it.
struct Judged {
    scores: Scores,
    published: f64,
}

fn judged(name: &str, table: &Table, every: usize, late: usize) -> Judged {
    let points = |rows: &[(Bag, f64)]| rows.iter().map(|row| row.1).collect::<Vec<f64>>();
    let (known, newest) = table.rows.split_at(table.fit);
    let trial = trial(&table.rows, table.fit, every, late, fit).expect("enough labels");
    let scores = scores(&trial, &points(newest), &points(known));
    let middle = plain_median(&points(&table.rows[..table.rows.len() * 3 / 5]));
    let error = newest.iter().map(|(_, points)| (points - middle).abs()).sum::<f64>() / newest.len() as f64;
    let published = scores.mae / error;
    eprintln!(
        "{name:20} {:6.2} {:8.2} {:7.3} {published:8.3} {:6.2} {:8.2} {:8.2} {:8.2}",
        scores.mae,
        scores.baseline_mae,
        scores.ratio,
        scores.spearman,
        scores.exact,
        scores.within_one,
        scores.in_range
    );
    Judged { scores, published }
}

const HEAD: &str = "                        MAE   median   ratio   of 60 %    rho    exact  within1  in range";

#[test]
fn sizes_are_learned_better_than_the_median_and_no_project_is_made_worse() {
    let Some(folder) = folder("storypoints", 6) else { return };
    let tables = tables(&folder);
    eprintln!("fitted once on train and val\n{HEAD}");
    let once: Vec<Judged> = tables.iter().map(|(name, table)| judged(name, table, usize::MAX, 0)).collect();
    // A build that isn't optimised refits less often: the whole protocol is for `make measure`.
    let every = if whole() { REFIT_EVERY } else { 6 * REFIT_EVERY };
    eprintln!("refitted every {every} issues, labels {LABEL_LATE} issues late\n{HEAD}");
    let running: Vec<Judged> = tables.iter().map(|(name, table)| judged(name, table, every, LABEL_LATE)).collect();
    let worst = |all: &[Judged]| all.iter().map(|judged| judged.scores.ratio).fold(0.0, f64::max);
    let told = |all: &[Judged]| {
        let (ratio, published) = (mean(all, |judged| judged.scores.ratio), mean(all, |judged| judged.published));
        let order = mean(all, |judged| judged.scores.spearman);
        eprintln!(
            "mean ratio {ratio:.3}, {published:.3} of the median of the oldest 60 %, worst {:.3}, rank correlation {order:.3}",
            worst(all)
        );
        (ratio, published, order)
    };
    let (ratio, published, order) = told(&once);
    assert!(ratio <= 0.95 && published <= 0.92 && order >= 0.30 && worst(&once) <= 1.05);
    let (ratio, published, _) = told(&running);
    // Rarer fits know less of what changed.
    assert!(ratio <= 0.95 && published <= 0.90 && worst(&running) <= if whole() { 1.05 } else { 1.10 });
}

#[test]
fn a_fit_of_thousands_of_issues_and_an_estimate_are_quick_and_small() {
    let Some(folder) = folder("storypoints", 1) else { return };
    let (name, table) = tables(&folder).into_iter().max_by_key(|(_, table)| table.fit).expect("a history");
    let past: Vec<Past<'_>> = table.rows[..table.fit].iter().map(|(bag, points)| Past::given(bag, *points)).collect();
    let start = Instant::now();
    let learned = fit(&past).expect("enough labels");
    let fitted = start.elapsed();
    let start = Instant::now();
    let sum: f64 = table.rows[table.fit..].iter().map(|(bag, _)| learned.predict(bag).median).sum();
    let each = start.elapsed() / u32::try_from(table.rows.len() - table.fit).expect("few");
    let size = serde_json::to_string(&learned).expect("it can be stored").len();
    // Times are told, not judged: the machine may be busy, and this build isn't optimised.
    eprintln!(
        "{name}: {} issues fitted in {fitted:?}, each estimated in {each:?}, {} KB stored ({sum})",
        table.fit,
        size / 1024
    );
    assert!(size < 1_000_000);
}
