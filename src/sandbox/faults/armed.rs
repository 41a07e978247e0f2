//! The plan in force: request -> counts -> whether a rule strikes, the same for the same seed and requests.

use http::Method;
use serde::Serialize;

use super::plan::When;
use super::{Fault, FaultPlan};
use crate::sandbox::Tracker;
use crate::sandbox::generate::Dice;

/// How often one rule of a plan met a request and struck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Strikes {
    /// Requests that the rule means, whether it struck or not.
    pub matched: u64,
    /// Requests that it made fail.
    pub struck: u64,
}

/// A plan with its counts.
pub(super) struct Armed {
    plan: FaultPlan,
    strikes: Vec<Strikes>,
}

impl Armed {
    pub(super) fn new(plan: FaultPlan) -> Self {
        let strikes = vec![Strikes::default(); plan.rules().len()];
        Self { plan, strikes }
    }

    pub(super) fn told(&self) -> (&FaultPlan, &[Strikes]) {
        (&self.plan, &self.strikes)
    }

    /// The fault of the first rule that strikes. Every rule counts the request, so that none changes what another meets.
    pub(super) fn strike(&mut self, tracker: Tracker, method: &Method, target: &str, route: &str) -> Option<Fault> {
        let mut found = None;
        for (place, rule) in self.plan.rules().iter().enumerate() {
            let Some(fault) = rule.fault_at(tracker).filter(|fault| fault.concerns(tracker, route)) else { continue };
            if !rule.matcher().matches(method, target) {
                continue;
            }
            let strikes = &mut self.strikes[place];
            strikes.matched += 1;
            if found.is_none() && strikes_now(&rule.when(), self.plan.seed(), place, strikes.matched) {
                strikes.struck += 1;
                found = Some(fault);
            }
        }
        found
    }
}

/// Whether the `nth` matching request is one that the rule makes fail.
fn strikes_now(when: &When, seed: u64, place: usize, nth: u64) -> bool {
    match when {
        When::Always => true,
        When::Chance(probability) => drawn(seed, place, nth) < *probability,
        When::On(those) => those.contains(&nth),
        When::Span { after, times } => nth > *after && times.is_none_or(|times| nth - after <= times),
    }
}

/// A number from 0 up to 1, from the seed, the rule's place and the request's number alone.
fn drawn(seed: u64, place: usize, nth: u64) -> f64 {
    let by_rule = Dice(seed).roll() ^ place as u64;
    let by_request = Dice(by_rule).roll() ^ nth;
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds")]
    let share = (Dice(by_request).roll() >> 11) as f64 / (1_u64 << 53) as f64;
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(seed: u64, place: usize) -> Vec<u64> {
        (1..=200).filter(|nth| strikes_now(&When::Chance(0.25), seed, place, *nth)).collect()
    }

    #[test]
    fn a_seed_draws_the_same_again_and_another_seed_or_rule_something_else() {
        assert_eq!(struck(7, 0), struck(7, 0));
        assert_ne!(struck(7, 0), struck(8, 0));
        assert_ne!(struck(7, 0), struck(7, 1));
        assert!((30..=70).contains(&struck(7, 0).len()), "about a quarter of 200, not {}", struck(7, 0).len());
    }

    #[test]
    fn never_and_always_are_what_they_say_and_a_span_has_two_ends() {
        let all = |when: When| (1..=6).filter(|nth| strikes_now(&when, 1, 0, *nth)).collect::<Vec<_>>();
        assert!(all(When::Chance(0.0)).is_empty());
        assert_eq!(all(When::Chance(1.0)), [1, 2, 3, 4, 5, 6]);
        assert_eq!(all(When::On(vec![2, 5])), [2, 5]);
        assert_eq!(all(When::Span { after: 2, times: Some(3) }), [3, 4, 5]);
        assert_eq!(all(When::Span { after: 4, times: None }), [5, 6]);
    }
}
