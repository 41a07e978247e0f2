//! Score -> level, with hysteresis: a level that stands stays until the score is clearly past its edge.

use super::types::Knobs;
use crate::model::{Complexity, Priority};

/// The priority of a score (0–100). `least` is the least score of p0, p1, p2, p3.
pub(super) fn priority(score: f64, least: &[f64; 4], hysteresis: f64, before: Option<Priority>) -> Priority {
    let raw = Priority::ALL.into_iter().zip(least).find(|(_, least)| score >= **least);
    let raw = raw.map_or(Priority::P3, |(level, _)| level);
    let Some(before) = before else { return raw };
    // Without a margin nothing hangs on what was before, not even at the edge itself.
    if raw == before || hysteresis == 0.0 {
        return raw;
    }
    let stays = if raw < before {
        // An edge so near to 100 that nothing can be past it by the margin must still be reachable.
        let edge = least[before as usize - 1];
        score - edge <= hysteresis && score < 100.0
    } else {
        let edge = least[before as usize];
        edge - score <= hysteresis && score > 0.0
    };
    if stays { before } else { raw }
}

/// The complexity of a size in story points. One that is at a level keeps it while it is within a share of the edge.
pub(super) fn complexity(points: f64, knobs: &Knobs, before: Option<Complexity>) -> Complexity {
    let (least, share) = (&knobs.complexity_bands, knobs.size_hysteresis);
    let raw = Complexity::ALL.into_iter().zip(least).rev().find(|(_, least)| points >= **least);
    let raw = raw.map_or(Complexity::Xs, |(level, _)| level);
    let Some(before) = before.filter(|_| share > 0.0) else { return raw };
    let stays = match raw.cmp(&before) {
        std::cmp::Ordering::Equal => true,
        std::cmp::Ordering::Greater => points <= least[before as usize + 1] * (1.0 + share),
        std::cmp::Ordering::Less => points >= least[before as usize] * (1.0 - share),
    };
    if stays { before } else { raw }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: [f64; 4] = [80.0, 55.0, 30.0, 0.0];

    #[test]
    fn a_level_that_stands_stays_until_the_score_is_past_the_edge_by_more_than_the_margin() {
        use Priority::{P0, P1, P2, P3};
        for (score, before, expected) in [
            (80.0, None, P0),
            (79.9, None, P1),
            (0.0, None, P3),
            (84.0, Some(P1), P1),
            (84.1, Some(P1), P0),
            (76.0, Some(P0), P0),
            (75.9, Some(P0), P1),
            (20.0, Some(P0), P3),
            (90.0, Some(P3), P0),
            (34.0, Some(P3), P3),
            (34.1, Some(P3), P2),
        ] {
            assert_eq!(priority(score, &LEAST, 4.0, before), expected, "{score} after {before:?}");
        }
    }

    #[test]
    fn an_edge_near_the_end_of_the_scale_can_still_be_passed() {
        assert_eq!(priority(100.0, &[98.0, 55.0, 30.0, 0.0], 4.0, Some(Priority::P1)), Priority::P0);
        assert_eq!(priority(0.0, &[80.0, 55.0, 2.0, 0.0], 4.0, Some(Priority::P2)), Priority::P3);
    }

    #[test]
    fn without_a_margin_nothing_hangs_on_what_was_before() {
        assert_eq!(priority(30.0, &LEAST, 0.0, Some(Priority::P3)), Priority::P2);
        let knobs = Knobs { size_hysteresis: 0.0, ..Knobs::default() };
        assert_eq!(complexity(4.0, &knobs, Some(Complexity::S)), Complexity::M);
    }

    #[test]
    fn a_size_near_an_edge_keeps_its_level() {
        use Complexity::{L, M, S, Xl, Xs};
        let knobs = Knobs::default();
        for (points, before, expected) in [
            (0.0, None, Xs),
            (4.0, None, M),
            (13.0, None, Xl),
            (4.4, Some(S), S),
            (4.5, Some(S), M),
            (3.7, Some(M), M),
            (3.5, Some(M), S),
            (40.0, Some(Xs), Xl),
            (7.3, Some(L), L),
        ] {
            assert_eq!(complexity(points, &knobs, before), expected, "{points} after {before:?}");
        }
    }
}
