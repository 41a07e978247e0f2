//! Estimates an issue's size from its words, learned from the project's own estimated issues.

mod fallback;
pub(super) mod lexicon;
mod scale;
mod solver;
#[cfg(test)]
mod tests;
mod vocabulary;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Bag;
pub use fallback::Choice;
use lexicon::Usual;
use scale::Scale;
pub(super) use solver::Row;
use solver::{Linear, Task};
use vocabulary::Vocabulary;

/// The form of what is stored; one of another form is fitted anew.
pub const FORM: u32 = 2;

/// With fewer labels, words do no better than the median on the public trackers (ratio 1.02
/// with 20 labels, 0.94 with 50).
pub const LABELS_MIN: usize = 40;

/// An estimated issue of the past.
#[derive(Clone, Debug, Copy)]
pub struct Past<'a> {
    /// Its text, as [`Bag::with_title`] makes it.
    pub bag: &'a Bag,
    /// What people estimated, in the project's own unit; items that aren't finite are skipped.
    pub points: f64,
    /// How much it counts beside what people estimated, which has 1: less is weak evidence, which helps to learn words and decides nothing
    /// by itself.
    pub weight: f64,
}

impl<'a> Past<'a> {
    /// What a person estimated.
    pub fn given(bag: &'a Bag, points: f64) -> Self {
        Self { bag, points, weight: 1.0 }
    }

    fn is_given(&self) -> bool {
        self.weight >= 1.0
    }
}

/// An estimate, in the unit of the history's labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// As likely too high as too low, a value of the history's scale.
    pub median: f64,
    /// The mean of the predicted distribution: says more about the order of issues than the median, which many share.
    pub expected: f64,
    /// With a probability of about 90 % the issue isn't below this.
    pub low: f64,
    /// With a probability of about 90 % the issue isn't above this.
    pub high: f64,
    /// The words that moved the estimate most, most effective first, with roughly how many
    /// points each added (or took, below 0). Empty where words don't decide.
    pub words: Vec<(String, f64)>,
}

/// An estimator fitted to one history; predicting needs nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    form: u32,
    /// How many estimated issues it learned from.
    labels: usize,
    /// How many others whose size is only concluded.
    #[serde(default, skip_serializing_if = "is_zero")]
    concluded: usize,
    choice: Choice,
    /// The history's plain median.
    middle: f64,
    scale: Scale,
    /// The faded share of the history at or below each threshold.
    shares: Vec<f64>,
    vocabulary: Vocabulary,
    /// What the words of its texts usually say by themselves.
    #[serde(default)]
    usual: Usual,
    linear: Linear,
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// Why there is no model.
#[derive(Clone, Debug, Copy, PartialEq, Eq)]
pub struct TooFew {
    /// How many usable labels the history has; [`LABELS_MIN`] are needed.
    pub labels: usize,
}

impl std::fmt::Display for TooFew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} estimated issues, {LABELS_MIN} are needed to learn from", self.labels)
    }
}

impl std::error::Error for TooFew {}

/// The cost of an error against large weights. The README of the public data found 1 with
/// one regression per threshold; shared weights see every threshold, which raises it.
const COST: f64 = 0.7;
/// Labels lose half of their weight every so much of the history's length, since projects
/// change how they estimate (the same README; 0.2 and 0.5 did no better).
const HALF_LIFE: f64 = 0.3;
/// Words named per estimate.
const WORDS_MAX: usize = 5;
/// The quantiles of the range.
const RANGE: (f64, f64) = (0.1, 0.9);

/// Fits a history, oldest first.
///
/// Takes well under two seconds for 3,000 issues on one core. The same history gives the same
/// model, bit for bit: a refit starts from nothing, so no estimate depends on when the
/// daemon was restarted.
///
/// # Errors
/// [`TooFew`] with fewer than [`LABELS_MIN`] usable labels.
pub fn fit(history: &[Past<'_>]) -> Result<Learned, TooFew> {
    let usable: Vec<Past<'_>> = history.iter().copied().filter(|past| past.points.is_finite()).collect();
    let labels = usable.iter().filter(|past| past.is_given()).count();
    if labels < LABELS_MIN {
        return Err(TooFew { labels });
    }
    let choice = fallback::choose(&usable);
    Ok(fit_chosen(&usable, choice))
}

/// Fits without asking whether words do better than the median.
fn fit_chosen(history: &[Past<'_>], choice: Choice) -> Learned {
    let importance: Vec<f64> =
        faded(history.len()).into_iter().zip(history).map(|(faded, past)| faded * past.weight).collect();
    let given: Vec<f64> = history.iter().filter(|past| past.is_given()).map(|past| past.points).collect();
    let labels: Vec<f64> = history.iter().map(|past| past.points).collect();
    let (scale, classes) = Scale::of(&labels, &importance);
    let total: f64 = importance.iter().sum();
    let share = |threshold: usize| {
        let below = classes.iter().zip(&importance).filter(|(class, _)| **class <= threshold);
        rounded(below.map(|(_, mass)| mass).sum::<f64>() / total)
    };
    let mut model = Learned {
        form: FORM,
        labels: given.len(),
        concluded: history.len() - given.len(),
        middle: plain_median(&given),
        shares: (0..scale.thresholds()).map(share).collect(),
        scale,
        // Similar texts are looked for by it whoever answers.
        vocabulary: Vocabulary::of(history.iter().map(|past| past.bag)),
        usual: Usual::of(&history.iter().map(|past| past.bag).collect::<Vec<_>>()),
        linear: Linear::default(),
        choice,
    };
    if model.scale.thresholds() > 0 {
        let rows: Vec<Row> = history.iter().map(|past| model.vocabulary.row(past.bag)).collect();
        let offsets: Vec<f64> = history.iter().map(|past| model.usual.offset(past.bag)).collect();
        model.linear = solver::fit(&Task {
            rows: &rows,
            columns: model.vocabulary.len(),
            classes: &classes,
            thresholds: model.scale.thresholds(),
            offsets: &offsets,
            importance: &importance,
            cost: COST,
        })
        .rounded_by(rounded);
    }
    model
}

impl Learned {
    /// Whether this program can use it; otherwise fit again.
    pub fn is_current(&self) -> bool {
        self.form == FORM
    }

    /// Whether words or the median answer, and how both did on the newest part of the history.
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// How many estimated issues it learned from.
    pub fn labels(&self) -> usize {
        self.labels
    }

    /// How many issues it learned from besides, whose size is only concluded.
    pub fn concluded(&self) -> usize {
        self.concluded
    }

    /// The median of what people estimated.
    pub fn middle(&self) -> f64 {
        self.middle
    }

    /// Estimates one issue. Any bag has an estimate, an empty one too.
    pub fn predict(&self, bag: &Bag) -> Prediction {
        let row = self.vocabulary.row(bag);
        let scores = self.scores(bag, &row);
        let by_words = self.cumulative(&scores, self.choice.trust());
        let uses_words = matches!(self.choice, Choice::Words { .. });
        let cumulative = if uses_words { &by_words } else { &self.shares };
        let median = if uses_words { self.scale.quantile(cumulative, 0.5) } else { self.middle };
        Prediction {
            median,
            expected: self.scale.mean(&by_words),
            low: self.scale.quantile(cumulative, RANGE.0).min(median),
            high: self.scale.quantile(cumulative, RANGE.1).max(median),
            words: if uses_words { self.words(bag, &row, &scores) } else { Vec::new() },
        }
    }

    /// The positions in `past` of the most similar texts, most similar first, each with its
    /// cosine (above 0, at most 1); the later of two equals comes first, being newer.
    pub fn nearest(&self, bag: &Bag, past: &[&Bag], most: usize) -> Vec<(usize, f64)> {
        let rows: Vec<Row> = past.iter().map(|other| self.weigh(other)).collect();
        closest(&self.weigh(bag), rows.iter(), most)
    }

    /// A text's known words, each with its weight there.
    pub(super) fn weigh(&self, bag: &Bag) -> Row {
        self.vocabulary.row(bag)
    }

    /// What words of these scores answer where they are trusted so far (0–1).
    fn trusting(&self, scores: &[f64], trust: f64) -> f64 {
        self.scale.quantile(&self.cumulative(scores, trust), 0.5)
    }

    /// P(size <= value) per threshold, of which `trust` is what words say and the rest what the history does. Thresholds are fitted
    /// apart and may cross: the running maximum makes one distribution of them.
    fn cumulative(&self, scores: &[f64], trust: f64) -> Vec<f64> {
        let mut highest = 0.0_f64;
        let mut merge = |(score, share): (&f64, &f64)| {
            highest = highest.max(trust * solver::sigmoid(*score) + (1.0 - trust) * share);
            highest
        };
        scores.iter().zip(&self.shares).map(&mut merge).collect()
    }

    /// The log-odds per threshold: what was learned, from where the words' own grades start.
    fn scores(&self, bag: &Bag, row: &Row) -> Vec<f64> {
        let offset = self.usual.offset(bag);
        self.linear.scores(row).into_iter().map(|score| score + offset).collect()
    }

    /// How much the expected size changes, to the first order, by each word: the expectation
    /// is the highest value less every gap times the probability of being below it.
    fn words(&self, bag: &Bag, row: &Row, scores: &[f64]) -> Vec<(String, f64)> {
        let gaps = self
            .scale
            .values()
            .windows(2)
            .map(|pair| pair.iter().rev().copied().reduce(|a, b| a - b).unwrap_or_default());
        let slopes: Vec<f64> =
            scores.iter().map(|score| solver::sigmoid(*score)).zip(gaps).map(|(p, gap)| -gap * p * (1.0 - p)).collect();
        let effect = |column: u32| -> f64 {
            self.linear.column(column).iter().zip(&slopes).map(|(weight, slope)| weight * slope).sum()
        };
        let known =
            row.iter().filter_map(|(column, value)| Some((self.vocabulary.term(*column)?, effect(*column) * value)));
        let mut effects: BTreeMap<&str, f64> = known.collect();
        let slope: f64 = slopes.iter().sum();
        for (term, part) in self.usual.parts(bag) {
            *effects.entry(term).or_default() += part * slope;
        }
        let mut words: Vec<(String, f64)> = effects
            .into_iter()
            .filter(|(_, effect)| *effect != 0.0)
            .map(|(term, effect)| (term.to_owned(), effect))
            .collect();
        words.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        words.truncate(WORDS_MAX);
        words
    }
}

/// The positions of the rows most like one, as [`Learned::nearest`] has them.
pub(super) fn closest<'a>(own: &Row, rows: impl Iterator<Item = &'a Row>, most: usize) -> Vec<(usize, f64)> {
    let likeness = |(at, other): (usize, &Row)| (at, vocabulary::cosine(own, other).min(1.0));
    let mut found: Vec<(usize, f64)> = rows.enumerate().map(likeness).filter(|(_, cosine)| *cosine > 0.0).collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
    found.truncate(most);
    found
}

/// The weight of each of `n` labels, oldest first; the newest has 1.
fn faded(n: usize) -> Vec<f64> {
    (0..n).rev().map(|age| 0.5_f64.powf(age as f64 / (HALF_LIFE * n as f64))).collect()
}

/// The middle value, or the mean of both middle ones; 0 for none.
pub fn plain_median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |i: usize| sorted.get(i).copied().unwrap_or_default();
    (at(sorted.len().saturating_sub(1) / 2) + at(sorted.len() / 2)) / 2.0
}

/// The different values, ascending.
pub(super) fn distinct(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    sorted
}

/// To three decimals: keeps models small, and such a number survives JSON exactly.
fn rounded(x: f64) -> f64 {
    (x * 1000.0).round() / 1000.0
}
