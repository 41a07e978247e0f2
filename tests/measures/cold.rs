//! Sizes where too little was estimated to learn from: the median moved by words and text, beside the median alone.

use std::collections::BTreeMap;
use std::path::Path;

use roadmapd::model::Text;
use roadmapd::score::{Evidence, History, Knobs, Model, Previous, estimated, plain_median, size_level};

use crate::score_corpus::{TODAY, issue, roadmap};
use crate::{folder, histories, packed};

/// Labels that are known.
const LABELS: usize = 20;
/// Issues that are estimated by them.
const ESTIMATED: usize = 150;
/// Parts of a history that are each begun with.
const BEGINNINGS: usize = 4;

struct Row {
    title: String,
    body: String,
    points: f64,
}

fn rows(path: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(packed(path));
    let head = reader.headers().expect("a head").clone();
    let at = |name: &str| head.iter().position(|column| column == name).expect("a column");
    let (title, body, points) = (at("title"), at("description"), at("story_points"));
    let row = |record: csv::StringRecord| {
        Some(Row {
            title: record[title].to_owned(),
            body: record[body].to_owned(),
            points: record[points].parse().ok()?,
        })
    };
    reader.records().filter_map(|record| row(record.expect("a row"))).collect()
}

/// Errors of one way to estimate, summed.
#[derive(Default)]
struct Sum {
    error: f64,
    right_levels: f64,
}

/// The sums of the estimates and of the median, how many there are, and how many lie in the range that was said.
fn compare(rows: &[Row]) -> (Sum, Sum, f64, f64) {
    let (mut ours, mut median, mut count, mut in_range) = (Sum::default(), Sum::default(), 0.0, 0.0);
    let (knobs, previous) = (Knobs::default(), Previous::default());
    for part in 0..BEGINNINGS {
        let rows = &rows[rows.len() * part / BEGINNINGS..];
        let mut known: Vec<f64> = rows.iter().take(LABELS).map(|row| row.points).collect();
        let middle = plain_median(&known);
        known.sort_by(f64::total_cmp);
        known.dedup();
        let history = History { labels: LABELS, median: middle, scale: known, learned: None };
        let model = Model { version: 1, histories: BTreeMap::from([(String::new(), history)]), pooled: None };
        for row in rows.iter().skip(LABELS).take(ESTIMATED) {
            let mut one = issue("jira:PAY-1");
            (one.title, one.text) = (row.title.clone(), Text::of(&row.body, None));
            let roadmap = roadmap([one]);
            let said = estimated(&Evidence::of(&roadmap, 0, &previous, &knobs, TODAY), &model);
            for (sum, points) in [(&mut ours, said.story_points), (&mut median, middle)] {
                sum.error += (points - row.points).abs();
                sum.right_levels += f64::from(u8::from(size_level(points, &knobs) == size_level(row.points, &knobs)));
            }
            count += 1.0;
            in_range += f64::from(u8::from((said.low..=said.high).contains(&row.points)));
        }
    }
    (ours, median, count, in_range)
}

#[test]
fn what_text_tells_before_anything_is_learned_is_better_than_the_median_alone() {
    let Some(folder) = folder("storypoints", 1) else { return };
    eprintln!("{LABELS} labels\n                        MAE   median   ratio   level right   of the median   in range");
    let mut ratios = Vec::new();
    for (name, path) in histories(&folder) {
        let (ours, median, count, in_range) = compare(&rows(&path));
        let ratio = ours.error / median.error;
        let (right, theirs) = (ours.right_levels / count, median.right_levels / count);
        let (error, of_median) = (ours.error / count, median.error / count);
        eprintln!(
            "{name:20} {error:6.2} {of_median:8.2} {ratio:7.3} {right:13.2} {theirs:15.2} {:10.2}",
            in_range / count
        );
        ratios.push(ratio);
    }
    let (mean, worst) = (ratios.iter().sum::<f64>() / ratios.len() as f64, ratios.iter().copied().fold(0.0, f64::max));
    eprintln!("mean ratio {mean:.3}, worst {worst:.3}");
    assert!(mean <= 0.99 && worst <= 1.05, "{mean} {worst}");
}
