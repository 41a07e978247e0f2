//! A backlog as people keep it -> the spellings, fields and bands that suit it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Aspect, Complexity, Level, Priority, TrackerName};
use crate::roadmap::Roadmap;
use crate::score::{Scores, spelled_priority};

/// With fewer open items the default bands say more than the items' own distribution.
const ITEMS_MIN: usize = 40;
/// With fewer estimated items the default sizes say more.
const SIZES_MIN: usize = 40;
/// Labels of people that are taken over as evidence, for each level.
const WORDS_MAX: usize = 10;
/// Shares of the open items that are to be at least p0, p1 and p2.
const SHARES: [f64; 3] = [0.05, 0.2, 0.6];
/// Shares of the estimated items that are to be smaller than s, m, l and xl.
const SIZE_SHARES: [f64; 4] = [0.15, 0.4, 0.7, 0.9];
/// The least distance of two bands of priority, in score points: twice the default hysteresis and a little more.
const GAP: f64 = 10.0;

/// How people spell levels in one tracker.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Habits {
    /// People's labels that name a priority, the most used first, with how many issues bear each.
    pub(super) words: BTreeMap<Priority, Vec<(String, usize)>>,
    /// How labels of priority are spelled.
    pub(super) priority: String,
    /// How labels of size are spelled.
    pub(super) complexity: String,
}

impl Habits {
    /// Where nothing is to be learned.
    pub(super) fn usual() -> Self {
        habits(&BTreeMap::new())
    }
}

/// What was found, and what is proposed.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Learned {
    /// Open items that were looked at.
    pub(super) open: usize,
    /// How people spell levels, by tracker.
    pub(super) habits: BTreeMap<TrackerName, Habits>,
    /// Names in Jira's priority field, by the level that they mean.
    pub(super) field: BTreeMap<Priority, Vec<String>>,
    /// Least scores of p0, p1 and p2; None: the defaults.
    pub(super) bands: Option<[f64; 3]>,
    /// Least story points of s, m, l and xl; None: the defaults.
    pub(super) sizes: Option<[f64; 4]>,
    /// Estimated items that the sizes were taken from.
    pub(super) estimated: usize,
}

/// Learns from what was read and how it was scored.
pub(super) fn learn(roadmap: &Roadmap, scores: &Scores) -> Learned {
    let mut labels: BTreeMap<&TrackerName, BTreeMap<&str, usize>> = BTreeMap::new();
    let mut field: BTreeMap<Priority, BTreeSet<&str>> = BTreeMap::new();
    let mut points = Vec::new();
    let mut open = Vec::new();
    for (item, score) in roadmap.items.iter().zip(&scores.items) {
        for face in &item.faces {
            let of_tracker = labels.entry(&face.id.tracker).or_default();
            for label in &face.labels {
                *of_tracker.entry(label).or_default() += 1;
            }
            if let Some(name) = &face.priority
                && let Some(level) = spelled_priority(&format!("priority/{}", name.to_lowercase()))
            {
                field.entry(level).or_default().insert(name);
            }
        }
        points.extend(item.faces.iter().filter_map(|face| face.story_points).reduce(f64::max));
        if item.status.is_open() {
            open.push(score.priority.score);
        }
    }
    Learned {
        habits: labels.iter().map(|(tracker, labels)| ((*tracker).clone(), habits(labels))).collect(),
        field: field
            .into_iter()
            .map(|(level, names)| (level, names.into_iter().map(str::to_owned).collect()))
            .collect(),
        bands: bands(&open),
        sizes: sizes(&points),
        open: open.len(),
        estimated: points.len(),
    }
}

fn habits(labels: &BTreeMap<&str, usize>) -> Habits {
    let mut words: BTreeMap<Priority, Vec<(String, usize)>> = BTreeMap::new();
    for (label, count) in labels {
        if let Some(level) = spelled_priority(&label.to_lowercase()) {
            words.entry(level).or_default().push(((*label).to_owned(), *count));
        }
    }
    for words in words.values_mut() {
        words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        words.truncate(WORDS_MAX);
    }
    let known: Vec<(&str, usize)> = labels.iter().map(|(label, count)| (*label, *count)).collect();
    Habits {
        words,
        priority: spelling(Aspect::Priority, &known, "priority/{level}"),
        complexity: spelling(Aspect::Complexity, &known, "complexity/{level}"),
    }
}

/// The spelling around the levels' own names that people use most, if they use at least two of them so.
fn spelling(aspect: Aspect, labels: &[(&str, usize)], default: &str) -> String {
    let mut found: BTreeMap<String, (BTreeSet<Level>, usize)> = BTreeMap::new();
    for (label, count) in labels {
        let lower = label.to_lowercase();
        for level in aspect.levels() {
            let Some(before) = lower.strip_suffix(level.name()) else { continue };
            // `xs` ends in `s`: what stands before a level must end where a word does.
            if before.is_empty() || before.ends_with(char::is_alphanumeric) {
                continue;
            }
            let entry = found.entry(format!("{before}{{level}}")).or_default();
            entry.0.insert(level);
            entry.1 += count;
        }
    }
    let used = found.into_iter().filter(|(_, (levels, _))| levels.len() >= 2);
    used.max_by_key(|(_, (levels, count))| (levels.len(), *count)).map_or_else(|| default.to_owned(), |(text, _)| text)
}

/// The score that a share of them reaches, `share` of 1 being the lowest.
fn reached(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * (1.0 - share)).floor() as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn bands(scores: &[f64]) -> Option<[f64; 3]> {
    if scores.len() < ITEMS_MIN {
        return None;
    }
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let [p0, p1, p2] = SHARES.map(|share| reached(&sorted, share).round());
    let p2 = p2.clamp(GAP, 100.0 - 2.0 * GAP);
    let p1 = p1.clamp(p2 + GAP, 100.0 - GAP);
    Some([p0.clamp(p1 + GAP, 100.0), p1, p2])
}

/// Sizes that people use, so that each level begins at one of them; nothing where those aren't five different ones.
fn sizes(points: &[f64]) -> Option<[f64; 4]> {
    if points.len() < SIZES_MIN {
        return None;
    }
    let mut sorted = points.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut values = sorted.clone();
    values.dedup();
    let mut last = 0.0;
    let mut found = [0.0; 4];
    for (size, share) in found.iter_mut().zip(SIZE_SHARES) {
        let wanted = reached(&sorted, 1.0 - share).max(last);
        *size = values.iter().copied().find(|value| *value > last && *value >= wanted)?;
        last = *size;
    }
    Some(found)
}

/// Names of the levels of complexity, in their order.
pub(super) fn size_names() -> [&'static str; 4] {
    [Complexity::S, Complexity::M, Complexity::L, Complexity::Xl].map(Complexity::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spelling_that_people_use_is_taken_over() {
        let labels = [("prio: P1", 3), ("prio: P2", 9), ("size/S", 1), ("size/XL", 2), ("bug", 40), ("good-first", 1)];
        assert_eq!(spelling(Aspect::Priority, &labels, "priority/{level}"), "prio: {level}");
        assert_eq!(spelling(Aspect::Complexity, &labels, "complexity/{level}"), "size/{level}");
    }

    #[test]
    fn one_label_or_words_that_merely_end_so_are_no_spelling() {
        for labels in [&[("prio: p1", 7)][..], &[("docs", 3), ("maps", 4), ("xl", 1), ("s", 1)], &[]] {
            assert_eq!(spelling(Aspect::Priority, labels, "priority/{level}"), "priority/{level}", "{labels:?}");
            assert_eq!(spelling(Aspect::Complexity, labels, "complexity/{level}"), "complexity/{level}", "{labels:?}");
        }
    }

    #[test]
    fn bands_follow_the_items_and_keep_their_distance() {
        assert_eq!(bands(&[50.0; 39]), None);
        let even: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(bands(&even), Some([95.0, 80.0, 40.0]));
        for same in [0.0, 50.0, 100.0] {
            let [p0, p1, p2] = bands(&[same; 200]).expect("bands");
            assert!(p0 <= 100.0 && p0 >= p1 + GAP && p1 >= p2 + GAP && p2 >= GAP, "{same}: {p0} {p1} {p2}");
        }
    }

    #[test]
    fn sizes_are_ones_that_people_use() {
        let fibonacci = [1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 5.0, 8.0, 13.0];
        let points: Vec<f64> = fibonacci.into_iter().cycle().take(100).collect();
        assert_eq!(sizes(&points), Some([1.0, 2.0, 5.0, 13.0]));
        assert_eq!(sizes(&[3.0; 100]), None, "one size tells nothing apart");
        assert_eq!(sizes(&points[..30]), None);
    }
}
