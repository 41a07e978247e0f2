//! Measures how good estimates were, against the plain median and against guessing.

#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod table;

pub use table::{POINTS_MAX, ROWS_MAX, Table, TableTrouble};

use super::learn::{Learned, Past, Prediction, TooFew, distinct, plain_median};
use crate::model::Bag;

/// Issues between two fits of a prequential backtest.
pub const REFIT_EVERY: usize = 25;
/// By how many issues a label comes later than its issue in a prequential backtest: what is estimated today was opened a while ago.
pub const LABEL_LATE: usize = 20;

/// What was predicted of a history's newest issues.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trial {
    /// One for each issue after the first `from`.
    pub predictions: Vec<Prediction>,
    /// What the median of the same labels would have said.
    pub baseline: Vec<f64>,
    /// The last estimator that was fitted.
    pub last: Option<Learned>,
}

/// Part of a history that is learned from where nothing says otherwise: its oldest 80 %.
const FIT_SHARE: f64 = 0.8;

/// How many issues of a history, the oldest, are learned from where nothing says otherwise.
pub fn fit_rows(issues: usize) -> usize {
    (FIT_SHARE * issues as f64).floor() as usize
}

/// Fits on the issues before `from` and predicts all others, in steps of `every`: each step fits anew, by `fit`, on what came
/// `late` issues before it or earlier.
///
/// # Errors
/// Fewer labels to learn from than are needed.
pub fn trial(
    history: &[(Bag, f64)],
    from: usize,
    every: usize,
    late: usize,
    mut fit: impl FnMut(&[Past<'_>]) -> Result<Learned, TooFew>,
) -> Result<Trial, TooFew> {
    let mut trial = Trial::default();
    let mut at = from;
    while at < history.len() {
        let known = history.get(..at.saturating_sub(late)).unwrap_or_default();
        let past: Vec<Past<'_>> = known.iter().map(|(bag, points)| Past::given(bag, *points)).collect();
        let middle = plain_median(&past.iter().map(|past| past.points).collect::<Vec<_>>());
        let learned = fit(&past)?;
        let end = at.saturating_add(every.max(1)).min(history.len());
        for (bag, _) in history.get(at..end).unwrap_or_default() {
            trial.predictions.push(learned.predict(bag));
            trial.baseline.push(middle);
        }
        trial.last = Some(learned);
        at = end;
    }
    Ok(trial)
}

/// How estimates compare to what people said; errors in the labels' unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// Compared pairs.
    pub count: usize,
    /// Mean absolute error.
    pub mae: f64,
    /// Median absolute error.
    pub median_error: f64,
    /// Mean absolute error of the baseline's answers.
    pub baseline_mae: f64,
    /// `mae / baseline_mae`; below 1 is better than the baseline, 1 where both are 0.
    pub ratio: f64,
    /// Standardised accuracy: 1 - MAE / expected MAE of guessing another item's label
    /// (Shepperd & MacDonell, 2012, Information and Software Technology 54(8)), with the
    /// exact expectation over all pairs; `None` where guessing is never wrong.
    pub standardised_accuracy: Option<f64>,
    /// Spearman's rank correlation of the expected size (which breaks the median's many ties) with what people said, tied ranks
    /// averaged, -1 to 1; 0 where either is constant.
    pub spearman: f64,
    /// The share of estimates that are exactly right, 0 to 1.
    pub exact: f64,
    /// The share at most one step off on the scale of the seen values, 0 to 1.
    pub within_one: f64,
    /// The share within the range from low to high, 0 to 1; about 0.8 where the range is right.
    pub in_range: f64,
}

/// Compares answers with the truth, pair by pair; what is longer is cut.
///
/// `seen` are the values of the history, whose distinct ones are the scale's steps.
pub fn scores(trial: &Trial, actual: &[f64], seen: &[f64]) -> Scores {
    let predicted: Vec<f64> = trial.predictions.iter().map(|said| said.median).collect();
    let expected: Vec<f64> = trial.predictions.iter().map(|said| said.expected).collect();
    let held = trial.predictions.iter().zip(actual).filter(|(said, a)| (said.low..=said.high).contains(*a)).count();
    let scores = compare(&predicted, &trial.baseline, actual, seen);
    let in_range = held as f64 / scores.count.max(1) as f64;
    Scores { spearman: spearman(&expected, actual), in_range, ..scores }
}

fn compare(predicted: &[f64], baseline: &[f64], actual: &[f64], seen: &[f64]) -> Scores {
    let errors: Vec<f64> = predicted.iter().zip(actual).map(|(p, a)| (p - a).abs()).collect();
    let count = errors.len();
    let share = |hits: usize| hits as f64 / count.max(1) as f64;
    let (mae, baseline_mae) = (mean_error(predicted, actual), mean_error(baseline, actual));
    let guessing = guessing_error(actual);
    let steps = distinct(seen);
    let step = |value: &f64| steps.partition_point(|s| s < value);
    Scores {
        count,
        mae,
        median_error: plain_median(&errors),
        baseline_mae,
        ratio: if baseline_mae > 0.0 { mae / baseline_mae } else { 1.0 },
        standardised_accuracy: (guessing > 0.0).then(|| 1.0 - mae / guessing),
        spearman: spearman(predicted, actual),
        exact: share(errors.iter().filter(|e| **e == 0.0).count()),
        within_one: share(predicted.iter().zip(actual).filter(|(p, a)| step(p).abs_diff(step(a)) <= 1).count()),
        in_range: 0.0,
    }
}

/// Mean absolute error over the pairs; 0 for none.
fn mean_error(predicted: &[f64], actual: &[f64]) -> f64 {
    let pairs = predicted.len().min(actual.len()).max(1) as f64;
    predicted.iter().zip(actual).map(|(p, a)| (p - a).abs()).sum::<f64>() / pairs
}

/// The expected error of answering with a different item's label, every one equally likely:
/// the mean of `|a - b|` over all pairs, in n log n from the sorted values.
fn guessing_error(actual: &[f64]) -> f64 {
    let n = actual.len() as f64;
    if n < 2.0 {
        return 0.0;
    }
    let mut sorted = actual.to_vec();
    sorted.sort_by(f64::total_cmp);
    // The i-th value is added for each of the i below it and taken for each of those above.
    let sum: f64 = sorted.iter().enumerate().map(|(i, value)| value * (2.0 * i as f64 - (n - 1.0))).sum();
    2.0 * sum / (n * (n - 1.0))
}

/// Spearman's rank correlation with averaged ranks for ties; 0 where either is constant.
pub fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let pairs = a.len().min(b.len());
    let (x, y) = (ranks(a.get(..pairs).unwrap_or_default()), ranks(b.get(..pairs).unwrap_or_default()));
    // Ranks count from 0, averaged or not, so both means are the same.
    let mean = (pairs as f64 - 1.0) / 2.0;
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (p, q) in x.iter().zip(&y) {
        xy += (p - mean) * (q - mean);
        xx += (p - mean).powi(2);
        yy += (q - mean).powi(2);
    }
    if xx > 0.0 && yy > 0.0 { xy / (xx * yy).sqrt() } else { 0.0 }
}

/// Ranks from 0, equal values sharing the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = |value: &f64| {
        let below = sorted.partition_point(|s| s < value);
        let through = sorted.partition_point(|s| s <= value);
        (below + through).saturating_sub(1) as f64 / 2.0
    };
    values.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_is_the_mean_over_all_pairs() {
        let values = [1.0_f64, 2.0, 2.0, 5.0, 13.0];
        let mut sum = 0.0;
        for (i, a) in values.iter().enumerate() {
            for (j, b) in values.iter().enumerate() {
                sum += if i == j { 0.0 } else { f64::abs(a - b) };
            }
        }
        assert!((guessing_error(&values) - sum / 20.0).abs() < 1e-12);
    }

    #[test]
    fn ties_share_their_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 9.0]), [1.5, 0.0, 1.5, 3.0]);
        assert!((spearman(&[1.0, 2.0, 2.0, 4.0], &[10.0, 20.0, 20.0, 21.0]) - 1.0).abs() < 1e-12);
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), 0.0);
    }

    #[test]
    fn perfect_answers_score_perfectly() {
        let truth = [1.0, 2.0, 8.0];
        let s = compare(&truth, &[2.0; 3], &truth, &truth);
        assert_eq!((s.mae, s.exact, s.within_one, s.standardised_accuracy), (0.0, 1.0, 1.0, Some(1.0)));
    }

    #[test]
    fn nothing_compared_has_no_nan() {
        let s = compare(&[], &[], &[], &[]);
        assert!(s.mae == 0.0 && s.ratio == 1.0 && s.spearman == 0.0 && s.exact == 0.0);
    }
}
