//! Ten years of one project's backlog, ranked as of each quarter by the default priority, against what was fixed within 90 days.
//!
//! Only what was known at that date is read: no label, component or link, whose dates aren't told. The human priority is its
//! final value, which is some hindsight; so the ranking is measured without it, too.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use jiff::{Span, tz::TimeZone};
use roadmapd::model::{Issue, Person, Status, Talk, Text, Timestamp};
use roadmapd::score::{Knobs, Model, Previous, Weights, rank, score};
use serde::Deserialize;

use crate::score_corpus::{issue, roadmap};
use crate::{folder, packed};

/// Places of the ranking that are looked at.
const PLACES: usize = 20;

#[derive(Deserialize)]
struct Row {
    id: String,
    created: Timestamp,
    resolved: Option<Timestamp>,
    resolution: String,
    #[serde(rename = "type")]
    kind: String,
    priority: String,
    reporter: String,
    comments: String,
    title: String,
    description: String,
}

/// What is known of an issue at any date.
struct Known {
    issue: Issue,
    row: Row,
    said: Vec<(Timestamp, String)>,
}

impl Known {
    fn of(row: Row) -> Self {
        let said = row.comments.split(';').filter_map(|comment| {
            let (at, by) = comment.split_once('@')?;
            Some((at.parse().expect("a stamp"), by.to_owned()))
        });
        let author = Some(Person { id: row.reporter.clone(), name: row.reporter.clone() });
        let issue = Issue {
            title: row.title.clone(),
            text: Text::of(&row.description, None),
            kind: Some(row.kind.clone()),
            created: row.created,
            author,
            ..issue(&format!("jira:{}", row.id))
        };
        Self { issue, said: said.collect(), row }
    }

    /// The issue as it stood. None: it wasn't open.
    fn at(&self, moment: Timestamp, humans: bool) -> Option<Issue> {
        let open = self.row.created < moment && self.row.resolved.is_none_or(|resolved| resolved > moment);
        let past = || self.said.iter().filter(|(at, _)| *at < moment);
        open.then(|| Issue {
            status: Status::Todo,
            priority: humans.then(|| self.row.priority.clone()).filter(|name| !name.is_empty()),
            comments: past().count().try_into().expect("few"),
            talk: Some(Talk::of(self.issue.author.as_ref(), past().map(|(at, by)| (Some(by.as_str()), *at)))),
            ..self.issue.clone()
        })
    }

    fn is_fixed_soon(&self, moment: Timestamp, end: Timestamp) -> bool {
        let fixed = matches!(self.row.resolution.as_str(), "Fixed" | "Done");
        fixed && self.row.resolved.is_some_and(|resolved| resolved > moment && resolved < end)
    }
}

/// How well an order foretells what is relevant.
#[derive(Clone, Copy, Default)]
struct Quality {
    /// Normalised discounted cumulative gain of the first places (Järvelin and Kekäläinen, 2002), binary relevance.
    ndcg: f64,
    /// Share of pairs of a relevant and another issue that stand in the right order; ties count half.
    auc: f64,
}

impl Quality {
    /// `ranked`: whether each is relevant, first to last, with the number that ranked it.
    fn of(ranked: &[(bool, f64)]) -> Self {
        let gain = |place: usize| 1.0 / ((place + 2) as f64).log2();
        let relevant = ranked.iter().filter(|(relevant, _)| *relevant).count();
        let got: f64 = (0..ranked.len().min(PLACES)).filter(|place| ranked[*place].0).map(gain).sum();
        let best: f64 = (0..relevant.min(PLACES)).map(gain).sum();
        let mut sorted: Vec<(f64, bool)> = ranked.iter().map(|(relevant, score)| (*score, *relevant)).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut below, mut wins) = (0.0, 0.0);
        for ties in sorted.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
            let hits = ties.iter().filter(|(_, relevant)| *relevant).count() as f64;
            let others = ties.len() as f64 - hits;
            wins += hits * (below + others / 2.0);
            below += others;
        }
        Self { ndcg: got / best, auc: wins / (relevant as f64 * below) }
    }

    fn mean(all: &[Self]) -> Self {
        let n = all.len() as f64;
        Self {
            ndcg: all.iter().map(|one| one.ndcg).sum::<f64>() / n,
            auc: all.iter().map(|one| one.auc).sum::<f64>() / n,
        }
    }
}

fn quarters() -> Vec<Date> {
    let first = date(2014, 1, 1);
    (0..28).map(|n| first.checked_add(Span::new().months(3 * n)).expect("a date")).collect()
}

fn moment(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).expect("a moment").timestamp()
}

#[test]
fn the_default_priority_foretells_what_is_fixed_next() {
    let Some(folder) = folder("priority", 5) else { return };
    let mut reader = csv::Reader::from_reader(packed(&folder.join("timob_priority.csv.gz")));
    let known: Vec<Known> = reader.deserialize().map(|row| Known::of(row.expect("a row"))).collect();
    let by_key: BTreeMap<String, &Known> = known.iter().map(|known| (known.row.id.clone(), known)).collect();
    // Size is a policy, not a prediction.
    let weights = Weights::uniform(Knobs { size_exponent: 0.0, ..Knobs::default() });
    let mut table: BTreeMap<&str, Vec<Quality>> = BTreeMap::new();
    let mut levels: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for day in quarters() {
        let (now, end) = (moment(day), moment(day.checked_add(Span::new().days(90)).expect("a date")));
        for (name, humans) in [("with human priorities", true), ("without", false)] {
            let roadmap = roadmap(known.iter().filter_map(|known| known.at(now, humans)));
            let scores = score(&roadmap, &Previous::default(), &Model::default(), &weights, day);
            let relevant = |at: usize| by_key[&roadmap.items[at].founder().key.local].is_fixed_soon(now, end);
            let ranked = rank(&roadmap, &scores);
            let ranked: Vec<_> = ranked.iter().map(|at| (relevant(*at), scores.items[*at].priority.score)).collect();
            table.entry(name).or_default().push(Quality::of(&ranked));
            for score in &scores.items {
                levels.entry(name).or_default()[score.priority.level as usize] += 1;
            }
            if humans {
                let mut newest: Vec<_> = (0..roadmap.items.len())
                    .map(|at| (relevant(at), roadmap.items[at].founder().created.as_second() as f64))
                    .collect();
                newest.sort_by(|a, b| b.1.total_cmp(&a.1));
                table.entry("newest first").or_default().push(Quality::of(&newest));
            }
        }
    }
    let mean: BTreeMap<&str, Quality> = table.iter().map(|(name, all)| (*name, Quality::mean(all))).collect();
    eprintln!("28 quarters, open backlog of about 2,750 issues       NDCG@{PLACES}   AUC");
    for (name, quality) in &mean {
        eprintln!("{name:50} {:10.3} {:8.3}", quality.ndcg, quality.auc);
    }
    for (name, levels) in &levels {
        let all: usize = levels.iter().sum();
        let shares = levels.map(|count| format!("{:.1} %", 100.0 * count as f64 / all as f64));
        eprintln!("{name:50} p0 to p3: {}", shares.join(", "));
    }
    assert!(mean["with human priorities"].ndcg >= 0.46 && mean["with human priorities"].auc >= 0.85);
    assert!(mean["without"].ndcg >= 0.40 && mean["without"].auc >= 0.85);
    assert!(mean["without"].ndcg >= mean["newest first"].ndcg);
}
