//! Evidence -> ComplexityScore: story points that a person gave, else a size from text and structure.

use super::bands;
use super::calendar::count;
use super::evidence::Evidence;
use super::learn::{Choice, lexicon};
use super::model::{Model, learns, lines, words};
use super::priority::{reason, tenth};
use super::types::{Because, ComplexityScore, EstimateSource, Knobs};
use crate::model::{Aspect, Complexity, Level, Text, Tier};

/// Story points of an item that nothing is known about: the usual median of teams that estimate.
const MEDIAN: f64 = 3.0;
/// Least and greatest estimate.
const LIMITS: (f64, f64) = (0.5, 40.0);
/// Ends of the range as parts of the estimate, when the text says enough, and when much is unknown.
const RANGE: (f64, f64) = (0.4, 2.5);
const WIDE_RANGE: (f64, f64) = (0.3, 3.5);
/// What most teams estimate with, after Fibonacci.
const USUAL_SCALE: [f64; 9] = [0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 40.0];
/// The logarithm by which a text's mean grade of 1 moves a size; 0.4 to 0.8 did about as well, the least with the smallest loss of any
/// project.
const WORDS_COUNT: f64 = 0.4;
/// Words named per estimate.
const WORDS_NAMED: usize = 3;
/// A description shorter than this says too little to narrow the range.
const TELLING_WORDS: u32 = 30;

/// The size of an item.
pub(super) fn estimate(evidence: &Evidence<'_>, model: &Model) -> ComplexityScore {
    let found = given(evidence).or_else(|| learned(evidence, model));
    let mut found = found.unwrap_or_else(|| from_text(evidence, model));
    if found.level != size_level(found.story_points, evidence.knobs) {
        let (level, share) = (found.level, evidence.knobs.size_hysteresis * 100.0);
        let why = format!("stays {level}: {:.1} isn't past the edge by more than {share:.0} %", found.story_points);
        found.because.push(reason(Because::HYSTERESIS, 0.0, why));
    }
    if let Some(lines) = lines(evidence.item) {
        let why = format!("merged pull requests changed {}", count(lines.into(), "line", "lines"));
        found.because.push(reason("hindsight", 0.0, why));
    }
    if let Some(Level::Complexity(held)) = evidence.hold(Aspect::Complexity) {
        let why = if held == found.level {
            format!("a person holds it at {held}")
        } else {
            format!("a person holds it at {held}; it would be {}", found.level)
        };
        found.because.push(reason(Because::HOLD, 0.0, why));
        found.level = held;
    }
    found
}

/// What words, text and structure tell of a size, whatever people gave or hold, and with no level that stands already.
pub fn estimated(evidence: &Evidence<'_>, model: &Model) -> ComplexityScore {
    let size = learned(evidence, model).unwrap_or_else(|| from_text(evidence, model));
    ComplexityScore { level: size_level(size.story_points, evidence.knobs), ..size }
}

/// The level of so many story points by themselves.
pub fn size_level(points: f64, knobs: &Knobs) -> Complexity {
    bands::complexity(points, knobs, None)
}

/// Of several numbers the largest counts: a plan that takes work for too small hurts more.
fn given(evidence: &Evidence<'_>) -> Option<ComplexityScore> {
    let mut numbers: Vec<(f64, String)> =
        evidence.story_points().map(|(face, points)| (points, face.key.to_string())).collect();
    numbers.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let (story_points, key) = numbers.first()?.clone();
    let mut because = vec![reason("given", story_points, format!("{story_points} story points in {key}"))];
    for (other, other_key) in numbers.iter().filter(|(other, _)| *other < story_points) {
        because.push(reason("given", 0.0, format!("{other_key} says {other}: the larger number counts")));
    }
    Some(ComplexityScore {
        level: bands::complexity(story_points, evidence.knobs, None),
        story_points,
        low: story_points,
        high: story_points,
        source: EstimateSource::Given,
        because,
    })
}

/// What the words of an open item say, by what its scope's estimated issues taught.
fn learned(evidence: &Evidence<'_>, model: &Model) -> Option<ComplexityScore> {
    let (learned, pooled) = model.of(evidence.knobs).filter(|_| evidence.is_open() && learns(evidence.item))?;
    let said = learned.predict(&words(evidence.item));
    let labels = learned.labels();
    let others = match (learned.choice(), learned.concluded()) {
        (Choice::Median { .. } | Choice::OneValue, _) | (_, 0) => String::new(),
        (Choice::Words { .. }, others) => format!(" and the lines that merged pull requests changed for {others} more"),
    };
    let whose = match pooled {
        true => {
            format!(
                "{labels} estimated issues{others} of all scopes, whose points may differ: too few of this scope's own"
            )
        }
        false => format!("{labels} estimated issues{others}"),
    };
    let why = match learned.choice() {
        Choice::Words { trust, .. } if *trust < Choice::TRUST_MOST => {
            let share = trust * 100.0;
            format!(
                "its words, as learned from {whose}, and trusted to {share:.0} %: with more they did worse than the median on the newest of them"
            )
        }
        Choice::Words { .. } => format!("its words, as learned from {whose}"),
        Choice::Median { .. } => format!("the median of {whose}: words did worse on the newest of them"),
        Choice::OneValue => format!("what all of {whose} say"),
    };
    let mut because = vec![reason("learned", tenth(said.median), why)];
    because.extend(said.words.iter().filter(|(_, effect)| tenth(*effect) != 0.0).map(|(word, effect)| {
        let way = if *effect > 0.0 { "more" } else { "less" };
        reason("word", 0.0, format!("\u{201c}{word}\u{201d}: about {} {way}", tenth(effect.abs())))
    }));
    let before = evidence.previous.levels.get(&evidence.item.id).and_then(|levels| levels.complexity);
    Some(ComplexityScore {
        level: bands::complexity(said.median, evidence.knobs, before),
        story_points: said.median,
        low: said.low,
        high: said.high,
        source: EstimateSource::Learned,
        because,
    })
}

/// A size on its way, with what moved it.
struct Size {
    points: f64,
    because: Vec<Because>,
}

impl Size {
    fn times(&mut self, rule: &str, factor: f64, why: String) {
        let moved = tenth(self.points * factor);
        let by = tenth(moved - self.points);
        if by != 0.0 {
            self.because.push(reason(rule, by, why));
            self.points = moved;
        }
    }
}

/// The median, moved by what the text and the structure tell, on the scale that the team estimates on. What the item waits for widens
/// the range and doesn't move the size: else a new dependency would lower a waiting item's priority, and with it that of all it waits
/// for.
fn from_text(evidence: &Evidence<'_>, model: &Model) -> ComplexityScore {
    let few = model.few(evidence.knobs);
    let (median, why) = match few {
        Some(history) => (tenth(history.median), format!("the median of {} estimated issues here", history.labels)),
        None => (MEDIAN, "the usual size where little was estimated yet".to_owned()),
    };
    let mut size = Size { points: median, because: vec![reason("median", median, why)] };
    move_by_kind(evidence, &mut size);
    move_by_words(evidence, &mut size);
    move_by_text(evidence, &mut size);
    move_by_structure(evidence, &mut size);
    let limited = size.points.clamp(LIMITS.0, LIMITS.1);
    let why = format!("estimates stay between {} and {}", LIMITS.0, LIMITS.1);
    if limited != size.points {
        size.because.push(reason("limit", tenth(limited - size.points), why));
    }
    let landed = on_scale(limited, few.map_or(&[], |history| &history.scale));
    let why = format!("{landed} is the nearest of the numbers that people estimate with");
    if tenth(landed - limited) != 0.0 {
        size.because.push(reason(Because::SCALE, tenth(landed - limited), why));
    }
    let unknowns = unknowns(evidence);
    let (low, high) = if unknowns.is_empty() { RANGE } else { WIDE_RANGE };
    if !unknowns.is_empty() {
        size.because.push(reason("range", 0.0, format!("a wider range: {}", unknowns.join(", "))));
    }
    let before = evidence.previous.levels.get(&evidence.item.id).and_then(|levels| levels.complexity);
    ComplexityScore {
        level: bands::complexity(landed, evidence.knobs, before),
        story_points: landed,
        low: tenth(landed * low),
        high: tenth(landed * high),
        source: EstimateSource::Estimated,
        because: size.because,
    }
}

/// The nearest value of a team's scale; beyond its ends, and where there is none, of the usual one.
fn on_scale(points: f64, scale: &[f64]) -> f64 {
    let theirs: Vec<f64> = scale.iter().copied().filter(|value| *value > 0.0).collect();
    let (least, most) = (theirs.first().copied().unwrap_or(f64::MAX), theirs.last().copied().unwrap_or(0.0));
    let all = theirs.into_iter().chain(USUAL_SCALE.into_iter().filter(|value| *value < least || *value > most));
    let far = |value: &f64| (value - points).abs();
    all.min_by(|a, b| far(a).total_cmp(&far(b))).unwrap_or(points)
}

/// What words say about size before anything is learned. With 20 labels each, on 24 public histories, words, text and scale together are
/// off by 0.98 times what the median alone is.
fn move_by_words(evidence: &Evidence<'_>, size: &mut Size) {
    // As what is learned: nobody asks how large the words of a closed issue sound.
    if !evidence.is_open() {
        return;
    }
    let bag = words(evidence.item);
    let (grade, saying) = lexicon::read(&bag);
    let named: Vec<String> = saying.iter().take(WORDS_NAMED).map(|word| format!("\u{201c}{word}\u{201d}")).collect();
    let way = if grade > 0.0 { "much" } else { "little" };
    size.times("words", (WORDS_COUNT * grade).exp(), format!("words that often mean {way} work: {}", named.join(", ")));
}

fn move_by_kind(evidence: &Evidence<'_>, size: &mut Size) {
    if evidence.item.is_epic() || evidence.is_called(&["epic", "initiative"]) {
        size.times("kind", 3.0, "an epic".to_owned());
    } else if evidence.item.faces.iter().any(|face| face.tier == Tier::Subtask) {
        size.times("kind", 0.6, "a part of another item".to_owned());
    }
    let small: [(&[&str], f64, &str); 3] = [
        (&["good first issue", "good-first-issue", "easy", "quick win", "quick-win"], 0.5, "called a good first issue"),
        (&["docs", "documentation", "doc", "typo", "chore"], 0.6, "documentation or a chore"),
        (&["bug", "defect", "regression"], 0.8, "a bug: usually smaller than a feature"),
    ];
    if let Some((_, factor, why)) = small.into_iter().find(|(names, ..)| evidence.is_called(names)) {
        size.times("kind", factor, why.to_owned());
    }
}

fn move_by_text(evidence: &Evidence<'_>, size: &mut Size) {
    let most = |of: fn(&Text) -> u32| most(evidence, of);
    let words = most(|text| text.words);
    match words {
        0 => {}
        1..30 => size.times("length", 0.9, format!("a short description ({})", count(words.into(), "word", "words"))),
        30..150 => {}
        150..400 => size.times("length", 1.1, format!("a long description ({words} words)")),
        _ => size.times("length", 1.2, format!("a very long description ({words} words)")),
    }
    if most(|text| text.stack_traces) > 0 {
        size.times("code", 0.9, "a stack trace shows where it is".to_owned());
    } else if most(|text| text.code_blocks) >= 3 {
        size.times("code", 1.1, "several code blocks".to_owned());
    }
    let tasks = tasks(evidence);
    if tasks >= 2 {
        size.times("tasks", (1.0 + 0.08 * f64::from(tasks)).min(2.0), format!("{tasks} tasks in its list"));
    }
    let links = most(|text| text.links);
    if links >= 5 {
        size.times("links", 1.1, format!("{links} links to read"));
    }
    let doubts: Vec<&str> =
        evidence.item.faces.iter().flat_map(|face| &face.text.uncertainty).map(String::as_str).take(3).collect();
    if !doubts.is_empty() {
        size.times("uncertainty", 1.1, format!("words of doubt: {}", doubts.join(", ")));
    }
}

fn move_by_structure(evidence: &Evidence<'_>, size: &mut Size) {
    let item = evidence.item;
    let parts = item.children.len();
    if parts > 0 {
        size.times("parts", (1.0 + 0.25 * parts as f64).min(3.0), count(parts as u64, "part", "parts"));
    }
    let components = item.faces.iter().map(|face| face.components.len()).max().unwrap_or(0);
    if components >= 2 {
        size.times("components", (1.0 + 0.15 * (components - 1) as f64).min(1.5), format!("{components} components"));
    }
    if item.faces.len() >= 2 {
        size.times("trackers", 1.1, format!("{} issues to keep together", item.faces.len()));
    }
}

/// What makes the range wide.
fn unknowns(evidence: &Evidence<'_>) -> Vec<String> {
    let item = evidence.item;
    let mut found = Vec::new();
    match most(evidence, |text| text.words) {
        0 => found.push("no description".to_owned()),
        words if words < TELLING_WORDS => found.push("little description".to_owned()),
        _ => {}
    }
    if item.faces.iter().any(|face| !face.text.uncertainty.is_empty()) {
        found.push("words of doubt".to_owned());
    }
    let blockers = item.blocked_by.len() + item.blocked_outside.len();
    if blockers > 0 {
        found.push(format!("it depends on {}", count(blockers as u64, "other item", "other items")));
    }
    found
}

/// The most that any face's text has: faces tell of the same work, so their counts don't add up.
pub(super) fn most(evidence: &Evidence<'_>, of: fn(&Text) -> u32) -> u32 {
    evidence.item.faces.iter().map(|face| of(&face.text)).max().unwrap_or(0)
}

/// The tasks in its list, ticked or not.
pub(super) fn tasks(evidence: &Evidence<'_>) -> u32 {
    most(evidence, |text| text.open_tasks.saturating_add(text.done_tasks))
}
