//! Lines that merged pull requests changed -> story points, as a history's own estimated issues relate both.

use super::backtest::spearman;

/// Issues of a history with both a person's points and lines, before lines are taken for points.
pub(super) const BOTH_MIN: usize = 20;
/// How well lines must order those issues by their points: below, they say as good as nothing.
const AGREEMENT_MIN: f64 = 0.3;

/// What lines are worth in one history: the issue with the so many most lines has the so many most points.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Exchange {
    /// Ascending.
    lines: Vec<f64>,
    /// Ascending.
    points: Vec<f64>,
}

impl Exchange {
    /// Relates points to lines by issues that have both. None: they are too few, or their lines don't follow their points.
    pub(super) fn of(both: &[(f64, u32)]) -> Option<Self> {
        let (mut points, mut lines): (Vec<f64>, Vec<f64>) =
            both.iter().map(|(points, lines)| (*points, f64::from(*lines))).unzip();
        if both.len() < BOTH_MIN || spearman(&points, &lines) < AGREEMENT_MIN {
            return None;
        }
        points.sort_by(f64::total_cmp);
        lines.sort_by(f64::total_cmp);
        Some(Self { lines, points })
    }

    /// The points at the place among the estimated ones that these lines have among theirs: always a value that people gave.
    pub(super) fn points(&self, lines: u32) -> f64 {
        let lines = f64::from(lines);
        let (below, through) =
            (self.lines.partition_point(|other| *other < lines), self.lines.partition_point(|other| *other <= lines));
        let place = (below + through) / 2;
        self.points.get(place).or(self.points.last()).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Issues of 1, 2, 3, 5 and 8 points with about ten lines a point.
    fn both(n: u32) -> Vec<(f64, u32)> {
        let points = [1, 2, 3, 5, 8];
        (0..n)
            .map(|i| (points[i as usize % 5], i))
            .map(|(points, i)| (f64::from(points), points * 10 + i / 5))
            .collect()
    }

    #[test]
    fn lines_are_worth_the_points_at_the_same_place() {
        let exchange = Exchange::of(&both(50)).expect("enough of both");
        for (lines, points) in [(0, 1.0), (15, 1.0), (25, 2.0), (35, 3.0), (55, 5.0), (85, 8.0), (u32::MAX, 8.0)] {
            assert_eq!(exchange.points(lines), points, "{lines}");
        }
        let all: Vec<f64> = (0..200).map(|lines| exchange.points(lines)).collect();
        assert!(all.is_sorted(), "more lines are never worth less");
    }

    #[test]
    fn too_few_issues_or_lines_that_follow_nothing_are_worth_nothing() {
        assert_eq!(Exchange::of(&both(19)), None);
        assert!(Exchange::of(&both(20)).is_some());
        let contrary: Vec<(f64, u32)> = both(50).into_iter().map(|(points, lines)| (points, 1000 - lines)).collect();
        assert_eq!(Exchange::of(&contrary), None);
        let same: Vec<(f64, u32)> = both(50).into_iter().map(|(points, _)| (points, 7)).collect();
        assert_eq!(Exchange::of(&same), None);
    }
}
