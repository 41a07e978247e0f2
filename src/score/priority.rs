//! Signals -> points -> score -> level -> lifted level -> held level.

use std::rc::Rc;

use super::bands;
use super::cel::Said;
use super::evidence::Evidence;
use super::graph::{self, Walk};
use super::model::Model;
use super::rules::{RULES, Signal};
use super::types::{Because, ComplexityScore, Knobs, PriorityModel, PriorityScore};
use crate::model::{Aspect, Day, Level, Priority};
use crate::roadmap::Roadmap;

/// An item that reaches this share of all weight scores 100: hardly anything is at once as bad, as wanted, as urgent,
/// as blocking, as talked about and as new as can be, so the full sum would leave the upper bands empty.
const FULL_SHARE: f64 = 0.46;
/// The size in story points that neither raises nor lowers a score, where too few issues were estimated to have a median.
const NEUTRAL_SIZE: f64 = 3.0;
/// Sizes below this count as this: nothing is free.
const LEAST_SIZE: f64 = 0.5;
/// How far size may move a score at all. Smallness raises less than largeness lowers: a typo is quickly mended, and
/// waits for nobody all the same.
const SIZE_FACTORS: (f64, f64) = (0.5, 1.25);

/// What an item says by itself, before who waits for it is known.
pub(super) struct Alone {
    /// The signals of the rules that don't read the graph, in the table's order.
    pub signals: Vec<Signal>,
    /// What people's own rules say.
    pub own: Said,
}

/// Priorities of all items, and the first day on which time alone could change each.
pub(super) fn find(
    roadmap: &Roadmap,
    evidence: &[Evidence<'_>],
    alone: Vec<Alone>,
    sizes: &[ComplexityScore],
    model: &Model,
) -> (Vec<PriorityScore>, Vec<Option<Day>>) {
    let shares = shares(evidence);
    let pressing: Vec<f64> = shares.iter().zip(&alone).map(|(shares, alone)| shares.pressing(alone)).collect();
    let mut walk = Walk::new(roadmap);
    let mut dues = Vec::with_capacity(evidence.len());
    let mut scores = Vec::with_capacity(evidence.len());
    for (index, Alone { mut signals, own: said }) in alone.into_iter().enumerate() {
        let base = &evidence[index];
        let changes = signals.iter().filter_map(|signal| signal.changes).chain(said.changes);
        dues.push(changes.min().filter(|_| base.is_open()));
        let waiters = walk.waiters(index, &pressing);
        if !waiters.items.is_empty() {
            let full = Evidence { waiters, labels: base.labels.clone(), ..*base };
            for (rule, signal) in RULES.iter().zip(&mut signals).filter(|(rule, _)| rule.reads_graph) {
                *signal = (rule.signal)(&full);
            }
        }
        let usual = model.usual(base.knobs).unwrap_or(NEUTRAL_SIZE);
        scores.push(own(base, &shares[index], &signals, said.because, sizes[index].story_points, usual));
    }
    let order = graph::blocked_first(roadmap);
    rise(evidence, &order, &mut scores);
    spread(evidence, &order, &mut dues);
    (scores, dues)
}

/// The signals of the rules that don't read the graph, in the table's order.
pub(super) fn signals(evidence: &Evidence<'_>) -> Vec<Signal> {
    let signal = |rule: &super::Rule| if rule.reads_graph { Signal::default() } else { (rule.signal)(evidence) };
    RULES.iter().map(signal).collect()
}

/// Each item's shares, worked out once for each knobs.
fn shares<'a>(evidence: &[Evidence<'a>]) -> Vec<Rc<Shares>> {
    let mut known: Vec<(&'a Knobs, Rc<Shares>)> = Vec::new();
    let mut of = |knobs: &'a Knobs| match known.iter().find(|(other, _)| std::ptr::eq(*other, knobs)) {
        Some((_, shares)) => Rc::clone(shares),
        None => {
            let shares = Rc::new(Shares::of(knobs));
            known.push((knobs, Rc::clone(&shares)));
            shares
        }
    };
    evidence.iter().map(|evidence| of(evidence.knobs)).collect()
}

/// Each rule's share of all weight, in the table's order.
struct Shares(Vec<f64>);

impl Shares {
    fn of(knobs: &Knobs) -> Self {
        let weights: Vec<f64> = RULES.iter().map(|rule| knobs.weight(rule)).collect();
        let sum: f64 = weights.iter().sum();
        Self(weights.into_iter().map(|weight| if sum > 0.0 { weight / sum } else { 0.0 }).collect())
    }

    fn points(&self, rule: usize, signal: &Signal) -> f64 {
        tenth(self.0[rule] * signal.strength.clamp(0.0, 1.0) * 100.0 / FULL_SHARE)
    }

    /// How pressing an item is by itself, 0–1.
    fn pressing(&self, alone: &Alone) -> f64 {
        let sum: f64 = alone.signals.iter().enumerate().map(|(rule, signal)| self.points(rule, signal)).sum();
        let own: f64 = alone.own.because.iter().map(|because| because.points).sum();
        ((sum + own) / 100.0).clamp(0.0, 1.0)
    }
}

/// An item's score and its own level, before blockers and holds.
fn own(
    evidence: &Evidence<'_>,
    shares: &Shares,
    signals: &[Signal],
    said: Vec<Because>,
    size: f64,
    usual: f64,
) -> PriorityScore {
    let mut because: Vec<Because> = RULES
        .iter()
        .zip(signals)
        .enumerate()
        .map(|(at, (rule, signal))| reason(rule.name, shares.points(at, signal), signal.why.clone()))
        .filter(|because| because.points > 0.0)
        .chain(said)
        .collect();
    because.sort_by(|a, b| b.points.total_cmp(&a.points));
    let sum = tenth(because.iter().map(|because| because.points).sum());
    let cost_of_delay = sum.clamp(0.0, 100.0);
    if sum != cost_of_delay {
        let limit = if sum > cost_of_delay { "100 is the most" } else { "0 is the least" };
        because.push(reason("cap", tenth(cost_of_delay - sum), limit.to_owned()));
    }
    let mut score = cost_of_delay;
    if evidence.knobs.model == PriorityModel::Wsjf {
        score = tenth((cost_of_delay * size_factor(size, usual, evidence.knobs.size_exponent)).clamp(0.0, 100.0));
        if score != cost_of_delay {
            let why = format!(
                "about {} story points: {}",
                tenth(size),
                if score > cost_of_delay { "small, so sooner" } else { "large, so later" }
            );
            because.push(reason("size", tenth(score - cost_of_delay), why));
        }
    }
    let knobs = evidence.knobs;
    let before = evidence.previous.levels.get(&evidence.item.id).and_then(|levels| levels.priority);
    let level = bands::priority(score, &knobs.priority_bands, knobs.hysteresis, before);
    if level != priority_level(score, knobs) {
        let why = format!("stays {level}: {score:.1} isn't past the edge by more than {}", knobs.hysteresis);
        because.push(reason(Because::HYSTERESIS, 0.0, why));
    }
    PriorityScore { level, own: level, score, because }
}

/// The level of a score (0–100) by itself.
pub fn priority_level(score: f64, knobs: &Knobs) -> Priority {
    bands::priority(score, &knobs.priority_bands, knobs.hysteresis, None)
}

/// How much a size moves a score: one that is usual in its scope doesn't, whatever that team's points are worth.
fn size_factor(size: f64, usual: f64, exponent: f64) -> f64 {
    let factor = (usual.max(LEAST_SIZE) / size.max(LEAST_SIZE)).powf(exponent);
    factor.clamp(SIZE_FACTORS.0, SIZE_FACTORS.1)
}

/// Lets levels rise from what waits to what it waits for, then lets holds win.
///
/// What rises through an item is its own level, or the one at which it is held, or one that rose to it: a hold on an
/// item in between doesn't hide what waits behind it.
fn rise(evidence: &[Evidence<'_>], order: &[usize], scores: &mut [PriorityScore]) {
    let held: Vec<Option<Priority>> = evidence
        .iter()
        .map(|evidence| match evidence.hold(Aspect::Priority) {
            Some(Level::Priority(level)) => Some(level),
            _ => None,
        })
        .collect();
    // Whether it would be less pressing if it hadn't been as pressing before.
    let plain = |index: usize, score: &PriorityScore| priority_level(score.score, evidence[index].knobs);
    let kept: Vec<bool> = scores
        .iter()
        .enumerate()
        .map(|(index, score)| held[index].is_none() && evidence[index].knobs.inherit && plain(index, score) > score.own)
        .collect();
    let start: Vec<Priority> = scores.iter().zip(&held).map(|(score, held)| held.unwrap_or(score.own)).collect();
    // The most pressing level that reaches an item, and the item where it starts.
    let mut risen: Vec<(Priority, usize)> = start.iter().copied().zip(0..).collect();
    for index in order.iter().copied().filter(|index| evidence[*index].is_open()) {
        for waiting in &evidence[index].item.blocks {
            let (theirs, own) = (risen[*waiting].0, risen[index].0);
            // What waits for it explains a level better than that it was so before.
            if evidence[*waiting].is_open()
                && (theirs < own || (theirs == own && kept[index] && risen[index].1 == index))
            {
                risen[index] = risen[*waiting];
            }
        }
    }
    for (index, score) in scores.iter_mut().enumerate() {
        let (level, from) = risen[index];
        if kept[index] && from != index {
            score.own = plain(index, score);
            score.because.retain(|because| because.rule != Because::HYSTERESIS);
        }
        let lifted = if evidence[index].knobs.inherit && level < score.own { level } else { score.own };
        if lifted < score.own && from != index {
            let key = &evidence[from].item.founder().key;
            let why = format!("lifted from {}: {key} ({level}) waits for it", score.own);
            score.because.push(reason(Because::BLOCKS, 0.0, why));
            score.level = lifted;
        }
        if let Some(held) = held[index] {
            let why = if held == score.level {
                format!("a person holds it at {held}")
            } else {
                format!("a person holds it at {held}; it would be {}", score.level)
            };
            score.because.push(reason(Because::HOLD, 0.0, why));
            score.level = held;
        }
    }
}

/// Time that moves an item may move what it waits for.
fn spread(evidence: &[Evidence<'_>], order: &[usize], dues: &mut [Option<Day>]) {
    for index in order.iter().copied().filter(|index| evidence[*index].is_open()) {
        let waiting = evidence[index].item.blocks.iter().filter_map(|waiting| dues[*waiting]).min();
        dues[index] = dues[index].into_iter().chain(waiting).min();
    }
}

/// Points are counted in tenths, so that what is shown sums to what is shown.
pub(super) fn tenth(points: f64) -> f64 {
    let rounded = (points * 10.0).round() / 10.0;
    // No negative zero in anyone's JSON.
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// One sentence of a because.
pub(super) fn reason(rule: &str, points: f64, why: String) -> Because {
    Because { rule: rule.to_owned(), points, why }
}
