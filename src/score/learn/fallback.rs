//! Decides, on the newest part of a history, whether words answer or the plain median.

use serde::{Deserialize, Serialize};

use super::{Past, fit_chosen, plain_median};

/// The part of the history that words must prove themselves on: the newest, since projects
/// change how they estimate.
const NEWEST: f64 = 0.2;

/// Who answers. Errors are mean absolute ones, in points, on the newest fifth of the history
/// after a fit on the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Choice {
    /// Words do better than the median.
    Words {
        /// The words' error.
        words: f64,
        /// The median's error.
        median: f64,
    },
    /// Words don't do better, so the median answers.
    Median {
        /// The words' error.
        words: f64,
        /// The median's error.
        median: f64,
    },
    /// All labels are the same, so that value answers.
    OneValue,
}

/// Compares both on the history's newest part.
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
    let trial = fit_chosen(older, Choice::Words { words: 0.0, median: 0.0 });
    let known = older.iter().filter(|past| past.is_given());
    let middle = plain_median(&known.map(|past| past.points).collect::<Vec<f64>>());
    let count = newest.len().max(1) as f64;
    let error = |answer: &dyn Fn(&Past<'_>) -> f64| {
        newest.iter().map(|past| (past.points - answer(past)).abs()).sum::<f64>() / count
    };
    let words = error(&|past| trial.predict(past.bag).median);
    let median = error(&|_| middle);
    if words < median { Choice::Words { words, median } } else { Choice::Median { words, median } }
}
