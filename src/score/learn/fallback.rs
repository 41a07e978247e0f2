//! Decides, on the newest part of a history, how far words are trusted, or that the plain median answers.

use serde::{Deserialize, Serialize};

use super::{Past, fit_chosen, plain_median};

/// The part of the history that words must stand the test on: the newest, since projects
/// change how they estimate.
const NEWEST: f64 = 0.2;

/// How far words may be trusted, most first; the rest is the history's own distribution, so that the answer leaves the median only
/// where words are clear. On parts of the first 80 % of 24 public trackers 0.8 to 1 did about as well for the first (within 0.4 % of
/// the error), and three steps as well as six; the least of them narrows the worst project's loss.
const TRUSTS: [f64; 5] = [0.8, 0.65, 0.5, 0.35, 0.2];

/// Who answers. Errors are mean absolute ones, in points, on the newest fifth of the history
/// after a fit on the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Choice {
    /// Words, as far as they do no worse than the median.
    Words {
        /// The words' error.
        words: f64,
        /// The median's error.
        median: f64,
        /// The words' part in the distribution; the rest is the history's own. At most [`Choice::TRUST_MOST`].
        #[serde(default)]
        trust: f64,
    },
    /// Words do worse however little they are trusted, so the median answers.
    Median {
        /// The words' error at full trust.
        words: f64,
        /// The median's error.
        median: f64,
    },
    /// All labels are the same, so that value answers.
    OneValue,
}

impl Choice {
    /// The most that words are trusted.
    pub const TRUST_MOST: f64 = TRUSTS[0];

    /// The words' part in an answer.
    pub(super) fn trust(&self) -> f64 {
        if let Choice::Words { trust, .. } = self { *trust } else { Self::TRUST_MOST }
    }
}

/// Compares both on the history's newest part: of the trusts with which words do no worse than the median, the most.
pub(super) fn choose(history: &[Past<'_>]) -> Choice {
    let first = history.first().map(|past| past.points);
    if history.iter().all(|past| Some(past.points) == first) {
        return Choice::OneValue;
    }
    // Words prove themselves on what people estimated, whatever else they learn from.
    let given: Vec<usize> = (0..history.len()).filter(|at| history.get(*at).is_some_and(Past::is_given)).collect();
    let older = given.len() - (NEWEST * given.len() as f64).round() as usize;
    let older = given.get(older).copied().unwrap_or(history.len());
    let (older, newest) = history.split_at_checked(older).unwrap_or_default();
    let newest: Vec<&Past<'_>> = newest.iter().filter(|past| past.is_given()).collect();
    let trial = fit_chosen(older, Choice::Words { words: 0.0, median: 0.0, trust: Choice::TRUST_MOST });
    let known = older.iter().filter(|past| past.is_given());
    let middle = plain_median(&known.map(|past| past.points).collect::<Vec<f64>>());
    let count = newest.len().max(1) as f64;
    let scores: Vec<Vec<f64>> = newest.iter().map(|past| trial.scores(past.bag, &trial.weigh(past.bag))).collect();
    let error = |answer: &dyn Fn(&[f64]) -> f64| {
        newest.iter().zip(&scores).map(|(past, scores)| (past.points - answer(scores)).abs()).sum::<f64>() / count
    };
    let median = error(&|_| middle);
    let errors = TRUSTS.map(|trust| (trust, error(&|scores| trial.trusting(scores, trust))));
    let [(_, words), ..] = errors;
    match errors.into_iter().find(|(_, words)| *words <= median) {
        Some((trust, words)) => Choice::Words { words, median, trust },
        None => Choice::Median { words, median },
    }
}
