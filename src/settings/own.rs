//! Settings of a container: what the tables of the defaults, or of the defaults and a scope's over them, say.

use std::collections::BTreeMap;

use super::check::Check;
use super::finding::shown;
use super::raw;
use super::rules::rules;
use super::sinks::sinks;
use super::trackers::Kind;
use super::value::sources;
use crate::model::TrackerName;
use crate::plan::{ContainerScheme, Existing, Limits, Mode};
use crate::score::{Knobs, PriorityModel};

/// What holds for one container.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Own {
    pub knobs: Knobs,
    pub scheme: ContainerScheme,
    pub limits: Limits,
}

impl Own {
    /// Whether anything is written on a tracker.
    pub(super) fn writes_to(&self, tracker: &TrackerName) -> bool {
        self.scheme.mode == Mode::Write && !self.scheme.of(tracker).is_empty()
    }
}

/// What these tables say; `prefix` is where they stand (`""` or `scope[0].`).
pub(super) fn own(raw: &raw::Tables, prefix: &str, kinds: &BTreeMap<TrackerName, Kind>, check: &mut Check<'_>) -> Own {
    let sinks = sinks(&raw.sink, &format!("{prefix}sink"), kinds, check);
    let bands = &raw.priority.bands;
    let priority_bands = [bands.p0, bands.p1, bands.p2, bands.p3];
    check_bands(&priority_bands, &format!("{prefix}priority.bands"), "fall from p0 to p3 = 0", check);
    let bands = &raw.complexity.bands;
    let complexity_bands = [bands.xs, bands.s, bands.m, bands.l, bands.xl];
    let mut falling = complexity_bands;
    falling.reverse();
    check_bands(&falling, &format!("{prefix}complexity.bands"), "rise from xs = 0 to xl", check);
    let value = sources(&raw.priority.value, &format!("{prefix}priority.value"), check);
    let rules = rules(&raw.priority.rules, &format!("{prefix}priority.rules"), check);
    let idle_max_days = idle_max_days(&raw.write.idle_max, &format!("{prefix}write.idle_max"), check);
    let stale_max_s = check.seconds(&format!("{prefix}limits.stale_max"), &raw.limits.stale_max).unwrap_or(0);
    Own {
        knobs: Knobs {
            model: if raw.priority.model == "weighted" { PriorityModel::Weighted } else { PriorityModel::Wsjf },
            priority_bands,
            hysteresis: raw.priority.hysteresis,
            inherit: raw.priority.inherit,
            size_exponent: raw.priority.size_exponent,
            weights: raw.priority.weights.clone(),
            value,
            rules,
            priority_words: sinks.words,
            complexity_bands,
            size_hysteresis: raw.complexity.hysteresis,
            history: raw.complexity.learn.then(String::new),
            readiness: raw.readiness.enabled,
        },
        scheme: ContainerScheme {
            mode: if raw.write.mode == "observe" { Mode::Observe } else { Mode::Write },
            existing: if raw.write.existing == "adopt" { Existing::Adopt } else { Existing::Respect },
            idle_max_days,
            refusals_max: raw.limits.refusals_max,
            reversals_max: raw.limits.reversals_max,
            sinks: sinks.spelled,
        },
        limits: Limits {
            changes_max: raw.limits.changes_max,
            share_max: raw.limits.share_max,
            stale_max_s,
            first_contact_applies: raw.write.first_contact == "apply",
            scopes: BTreeMap::new(),
        },
    }
}

fn check_bands(falling: &[f64], key: &str, wanted: &str, check: &mut Check<'_>) {
    if falling.windows(2).any(|pair| pair[0] <= pair[1]) || falling.last() != Some(&0.0) {
        check.wrong(key, format!("{falling:?} (from the highest level down) must {wanted}"), "change the bands to fit");
    }
}

/// Whole days of a duration; none where it is empty.
fn idle_max_days(text: &str, key: &str, check: &mut Check<'_>) -> Option<u32> {
    const DAY_S: u64 = 86_400;
    if text.is_empty() {
        return None;
    }
    let seconds = check.seconds(key, text)?;
    let days = (seconds % DAY_S == 0).then_some(seconds / DAY_S).and_then(|days| u32::try_from(days).ok());
    if let Some(days @ 1..) = days {
        return Some(days);
    }
    let problem = format!("{} is not a number of whole days, at least 1", shown(text));
    check.wrong(key, problem, "write it in days or weeks, for example 180d; \"\" leaves none out");
    None
}
