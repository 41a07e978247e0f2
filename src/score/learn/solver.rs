//! Logistic regressions for all thresholds at once over sparse rows, by a truncated Newton method.

use serde::{Deserialize, Serialize};

/// One row: columns, ascending, with their values.
pub type Row = Vec<(u32, f64)>;

/// Log-odds of every threshold: intercept + the row's values times the weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    /// The log-odds of an empty row, one per threshold.
    pub intercepts: Vec<f64>,
    /// Column after column, one weight per threshold.
    pub weights: Vec<f64>,
}

impl Linear {
    /// The weights of a column, one per threshold; none for an unknown column.
    pub fn column(&self, column: u32) -> &[f64] {
        block(&self.weights, self.intercepts.len(), column)
    }

    /// The same with every number passed through `round`.
    pub fn rounded_by(self, round: impl Fn(f64) -> f64) -> Self {
        let all = |numbers: Vec<f64>| numbers.into_iter().map(&round).collect();
        Linear { intercepts: all(self.intercepts), weights: all(self.weights) }
    }

    /// The log-odds of a row, one per threshold.
    pub fn scores(&self, row: &[(u32, f64)]) -> Vec<f64> {
        let mut scores = self.intercepts.clone();
        for (column, value) in row {
            add_scaled(&mut scores, *value, self.column(*column));
        }
        scores
    }
}

/// What is to be learned: for each threshold, whether a row's class is at or below it.
#[derive(Clone, Debug, Copy)]
pub struct Task<'a> {
    /// The features of each past item.
    pub rows: &'a [Row],
    /// How many columns the rows have.
    pub columns: usize,
    /// The class of each row, from 0.
    pub classes: &'a [usize],
    /// How many thresholds there are: one less than there are classes.
    pub thresholds: usize,
    /// What is added to each row's scores at all thresholds, known beforehand.
    pub offsets: &'a [f64],
    /// How much each row counts (above 0).
    pub importance: &'a [f64],
    /// What an error costs against large weights: the `C` of LIBLINEAR.
    pub cost: f64,
}

/// Newton steps at most: a bound, rarely reached, since each step about squares the error.
const MAX_STEPS: usize = 30;
/// Conjugate-gradient steps per Newton step at most.
const MAX_INNER: usize = 50;
/// Solved when the gradient's norm has fallen to this part of what it is at zero: ten times
/// stricter than LIBLINEAR's primal solvers (0.01, option `-e` in its README).
const TOLERANCE: f64 = 1e-3;
/// Each Newton system is solved to this part of its right side, as in LIBLINEAR's TRON.
const INNER_TOLERANCE: f64 = 0.1;
/// The part of the linear decrease a step must reach (Armijo's condition; Nocedal & Wright,
/// Numerical Optimization, 2nd edition, section 3.1, suggest this value).
const ARMIJO: f64 = 1e-4;
/// A step is halved at most this often.
const MAX_HALVINGS: usize = 20;

/// Minimises `|w|²/2 + Σ|d|²/2 + cost · Σ importance · log loss`, where threshold k's weights
/// are `w + d_k`: what the thresholds share, and what sets each apart.
///
/// This is the partial proportional odds model (Peterson & Harrell, 1990, Applied Statistics
/// 39(2)) with a ridge penalty: a word's effect is learned from all thresholds together, so
/// that a threshold with few labels above it doesn't learn noise, and may still differ where
/// the labels say so. Intercepts aren't penalised. Sums run in the order of rows and columns,
/// so the same task gives the same bits.
///
/// # Why not a library
/// linfa-logistic takes dense arrays and no weights per row; argmin has the optimiser but
/// neither the loss nor sparse rows; the LIBLINEAR bindings compile C++ and have no weights
/// per row either. None ties thresholds together.
pub fn fit(task: &Task) -> Linear {
    let size = task.columns * (task.thresholds + 1) + task.thresholds;
    let mut point = vec![0.0; size];
    let mut scores = task.shifted(&point);
    let mut value = task.value(&point, &scores);
    let mut limit = None;
    for _ in 0..MAX_STEPS {
        let (gradient, curvature) = task.derivatives(&point, &scores);
        let length = norm(&gradient);
        // The first point is zero, so the first norm is the scale.
        if length <= *limit.get_or_insert(TOLERANCE * length) {
            break;
        }
        let step = task.newton_step(&gradient, &curvature);
        let slope = product(&gradient, &step);
        let Some(next) = task.search(&point, &step, value, slope) else { break };
        (point, scores, value) = next;
    }
    task.linear(&point)
}

/// 1 / (1 + e^-x), without overflow.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// A point holds, column after column, the shared weight and one deviation per threshold, and
/// behind all columns the intercepts. Scores hold one number per row and threshold.
impl Task<'_> {
    /// Reads a point as weights per threshold.
    fn linear(&self, point: &[f64]) -> Linear {
        let (columns, intercepts) = self.split(point);
        let mut weights = Vec::with_capacity(self.columns * self.thresholds);
        for one in columns.chunks_exact(self.thresholds + 1) {
            if let Some((shared, own)) = one.split_first() {
                weights.extend(own.iter().map(|deviation| shared + deviation));
            }
        }
        Linear { intercepts: intercepts.to_vec(), weights }
    }

    fn split<'p>(&self, point: &'p [f64]) -> (&'p [f64], &'p [f64]) {
        point.split_at_checked(self.columns * (self.thresholds + 1)).unwrap_or_default()
    }

    /// The scores with what is known beforehand.
    fn shifted(&self, point: &[f64]) -> Vec<f64> {
        let mut scores = self.scores(point);
        for (scores, offset) in scores.chunks_exact_mut(self.thresholds.max(1)).zip(self.offsets) {
            for score in scores {
                *score += offset;
            }
        }
        scores
    }

    fn scores(&self, point: &[f64]) -> Vec<f64> {
        let linear = self.linear(point);
        self.rows.iter().flat_map(|row| linear.scores(row)).collect()
    }

    /// Score, +1 or -1 by whether the class is at or below the threshold, and importance.
    fn outcomes<'s>(&'s self, scores: &'s [f64]) -> impl Iterator<Item = (f64, f64, f64)> + 's {
        let rows = scores.chunks_exact(self.thresholds.max(1)).zip(self.classes).zip(self.importance);
        rows.flat_map(|((scores, class), importance)| {
            scores
                .iter()
                .enumerate()
                .map(move |(threshold, score)| (*score, if *class <= threshold { 1.0 } else { -1.0 }, *importance))
        })
    }

    fn value(&self, point: &[f64], scores: &[f64]) -> f64 {
        let mut loss = 0.0;
        for (score, sign, importance) in self.outcomes(scores) {
            let margin = sign * score;
            // log(1 + e^-m), without overflow.
            loss += importance * ((-margin.abs()).exp().ln_1p() + (-margin).max(0.0));
        }
        let (weights, _) = self.split(point);
        0.5 * product(weights, weights) + self.cost * loss
    }

    /// The gradient, and the second derivative of the loss by each score.
    fn derivatives(&self, point: &[f64], scores: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut slopes = Vec::with_capacity(scores.len());
        let mut curvature = Vec::with_capacity(scores.len());
        for (score, sign, importance) in self.outcomes(scores) {
            let wrong = sigmoid(-sign * score);
            slopes.push(-self.cost * importance * sign * wrong);
            curvature.push(self.cost * importance * wrong * (1.0 - wrong));
        }
        (self.spread(point, &slopes), curvature)
    }

    /// The penalty's derivative at `point` plus the transposed rows times `factors`.
    fn spread(&self, point: &[f64], factors: &[f64]) -> Vec<f64> {
        let width = self.thresholds + 1;
        let (weights, _) = self.split(point);
        let mut sums = weights.to_vec();
        let mut intercepts = vec![0.0; self.thresholds];
        for (row, factors) in self.rows.iter().zip(factors.chunks_exact(self.thresholds.max(1))) {
            add_scaled(&mut intercepts, 1.0, factors);
            let total: f64 = factors.iter().sum();
            for (column, value) in row {
                let start = *column as usize * width;
                if let Some((shared, own)) = sums.get_mut(start..start + width).and_then(<[f64]>::split_first_mut) {
                    *shared += total * value;
                    add_scaled(own, *value, factors);
                }
            }
        }
        sums.extend(intercepts);
        sums
    }

    /// Solves `hessian · step = -gradient` roughly, by conjugate gradients.
    fn newton_step(&self, gradient: &[f64], curvature: &[f64]) -> Vec<f64> {
        let mut step = vec![0.0; gradient.len()];
        let mut residual: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let mut direction = residual.clone();
        let mut square = product(&residual, &residual);
        let limit = INNER_TOLERANCE * square.sqrt();
        for _ in 0..MAX_INNER {
            if square.sqrt() <= limit {
                break;
            }
            let mut factors = self.scores(&direction);
            for (factor, c) in factors.iter_mut().zip(curvature) {
                *factor *= c;
            }
            let image = self.spread(&direction, &factors);
            let bend = product(&direction, &image);
            // Only the intercepts' directions can be flat, when every row is certain.
            if bend <= f64::MIN_POSITIVE {
                break;
            }
            let length = square / bend;
            add_scaled(&mut step, length, &direction);
            add_scaled(&mut residual, -length, &image);
            let next = product(&residual, &residual);
            let ratio = next / square;
            for (d, r) in direction.iter_mut().zip(&residual) {
                *d = r + ratio * *d;
            }
            square = next;
        }
        step
    }

    /// The point, its scores and its value after the longest halved step that descends enough.
    fn search(&self, from: &[f64], step: &[f64], value: f64, slope: f64) -> Option<(Vec<f64>, Vec<f64>, f64)> {
        let mut length = 1.0;
        for _ in 0..MAX_HALVINGS {
            let mut point = from.to_vec();
            add_scaled(&mut point, length, step);
            let scores = self.shifted(&point);
            let next = self.value(&point, &scores);
            if next <= value + ARMIJO * length * slope {
                return Some((point, scores, next));
            }
            length *= 0.5;
        }
        None
    }
}

fn block(weights: &[f64], width: usize, column: u32) -> &[f64] {
    let start = column as usize * width;
    weights.get(start..start + width).unwrap_or_default()
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (x, y) in a.iter().zip(b) {
        sum += x * y;
    }
    sum
}

fn norm(a: &[f64]) -> f64 {
    product(a, a).sqrt()
}

fn add_scaled(to: &mut [f64], factor: f64, from: &[f64]) {
    for (t, f) in to.iter_mut().zip(from) {
        *t += factor * f;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task<'a>(rows: &'a [Row], classes: &'a [usize], importance: &'a [f64]) -> Task<'a> {
        Task { rows, columns: 2, classes, thresholds: 1, offsets: &[0.0; 4], importance, cost: 1.0 }
    }

    #[test]
    fn without_features_the_intercept_is_the_log_odds() {
        let rows = vec![Row::new(); 4];
        let linear = fit(&task(&rows, &[0, 0, 0, 1], &[1.0; 4]));
        let odds = linear.intercepts.first().copied().unwrap_or_default();
        assert!((odds - 3.0_f64.ln()).abs() < 1e-2, "{odds}");
    }

    #[test]
    fn an_offset_takes_the_place_of_what_would_be_learned() {
        let rows = vec![Row::new(); 4];
        let known = Task { offsets: &[1.0; 4], ..task(&rows, &[0, 0, 0, 1], &[1.0; 4]) };
        let odds = fit(&known).intercepts.first().copied().unwrap_or_default();
        assert!((odds - (3.0_f64.ln() - 1.0)).abs() < 1e-2, "{odds}");
    }

    #[test]
    fn a_row_that_counts_twice_is_two_rows() {
        let once = vec![vec![(0, 1.0)], vec![(1, 1.0)]];
        let twice = vec![vec![(0, 1.0)], vec![(0, 1.0)], vec![(1, 1.0)]];
        let a = fit(&task(&once, &[0, 1], &[2.0, 1.0]));
        let b = fit(&task(&twice, &[0, 0, 1], &[1.0; 3]));
        assert!(a.weights.iter().zip(&b.weights).all(|(x, y)| (x - y).abs() < 1e-9));
    }

    #[test]
    fn a_column_of_the_low_class_raises_its_probability() {
        let rows = vec![vec![(0, 1.0)], vec![(1, 1.0)], vec![(0, 1.0)], vec![(1, 1.0)]];
        let linear = fit(&task(&rows, &[0, 1, 0, 1], &[1.0; 4]));
        assert!(linear.column(0) > linear.column(1));
        assert!(linear.column(7).is_empty());
    }
}
