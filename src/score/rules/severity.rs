//! How bad it is: the tracker's priority, severity labels, people's spellings.

use super::{Rule, Signal};
use crate::model::Priority;
use crate::score::evidence::Evidence;
use crate::score::types::Knobs;

pub(super) const RULE: Rule = Rule {
    name: "severity",
    meaning: "how bad it is: the tracker's priority field, severity labels, people's own words for them",
    weight: 30.0,
    reads_graph: false,
    signal,
};

/// Strengths of the four steps that most trackers know. The second step is much weaker than the first, so that
/// `High` needs another reason to come next: being new, due, or asked for.
const STEPS: [f64; 4] = [1.0, 0.56, 0.25, 0.1];
/// A bug whose severity nobody declared counts as the middle step, anything else a little less.
const UNDECLARED_BUG: f64 = 0.25;
const UNDECLARED: f64 = 0.17;

/// Words for a step, in priority fields and behind `severity/`, `priority:` and the like in labels.
const WORDS: [(&str, f64); 18] = [
    ("blocker", 1.0),
    ("critical", 1.0),
    ("emergency", 1.0),
    ("highest", 1.0),
    ("immediate", 1.0),
    ("showstopper", 1.0),
    ("urgent", 1.0),
    ("high", 0.56),
    ("important", 0.56),
    // The middle of Jira's old five steps, the second of the usual three of severity: between both.
    ("major", 0.36),
    ("medium", 0.25),
    ("moderate", 0.25),
    ("normal", 0.25),
    ("low", 0.1),
    ("minor", 0.1),
    ("lowest", 0.05),
    ("trivial", 0.05),
    ("none", 0.05),
];
/// Words that say it without a prefix; `high` alone could be anything.
const ALONE: [&str; 7] =
    ["blocker", "critical", "emergency", "release blocker", "release-blocker", "showstopper", "urgent"];

fn signal(evidence: &Evidence<'_>) -> Signal {
    let mut best = Signal::default();
    for (face, name, lower) in evidence.declared() {
        if let Some(strength) = of_field(&lower, evidence.knobs).filter(|strength| *strength > best.strength) {
            best = Signal { strength, why: format!("declared {name} in {}", face.id.tracker), changes: None };
        }
    }
    for (place, label) in &evidence.labels {
        if let Some(strength) = of_label(label, evidence.knobs).filter(|strength| *strength > best.strength) {
            let why = format!("label {label} on {}", evidence.item.faces[*place].key);
            best = Signal { strength, why, changes: None };
        }
    }
    if best.strength > 0.0 {
        return best;
    }
    let bug = evidence.is_called(&["bug", "defect", "incident", "regression"]);
    let (strength, why) =
        if bug { (UNDECLARED_BUG, "a bug, severity not declared") } else { (UNDECLARED, "no severity declared") };
    Signal { strength, why: why.to_owned(), changes: None }
}

/// The level that a label (in lower case) names as people usually spell it: `sev-1`, `priority: high`, `P2`.
pub fn spelled_priority(lower: &str) -> Option<Priority> {
    let strength = of_label(lower, &Knobs::default())?;
    let place = STEPS.iter().position(|step| strength >= *step).unwrap_or(Priority::ALL.len() - 1);
    Priority::ALL.get(place).copied()
}

fn of_field(lower: &str, knobs: &Knobs) -> Option<f64> {
    spelled(lower, knobs).or_else(|| word(lower)).or_else(|| numbered(lower))
}

fn of_label(label: &str, knobs: &Knobs) -> Option<f64> {
    if let Some(strength) = spelled(label, knobs) {
        return Some(strength);
    }
    if ALONE.contains(&label) {
        return Some(STEPS[0]);
    }
    let Some((prefix, rest)) = label.split_once([':', '/', '-', '_', ' ', '=']) else { return numbered(label) };
    let rest = rest.trim_matches([':', '/', ' ']);
    match prefix {
        "severity" | "sev" | "s" | "impact" => word(rest).or_else(|| step(rest, 1)).or_else(|| numbered(rest)),
        "priority" | "prio" | "pri" | "p" | "urgency" => {
            word(rest).or_else(|| step(rest, 0)).or_else(|| numbered(rest))
        }
        _ => None,
    }
}

fn spelled(lower: &str, knobs: &Knobs) -> Option<f64> {
    knobs.priority_words.get(lower).map(|level: &Priority| STEPS[*level as usize])
}

fn word(lower: &str) -> Option<f64> {
    WORDS.iter().find(|(word, _)| *word == lower).map(|(_, strength)| *strength)
}

/// `p0` to `p5` count from 0, `sev1` to `sev5` from 1.
fn numbered(lower: &str) -> Option<f64> {
    let (prefix, first) = [("sev", 1), ("s", 1), ("p", 0)].into_iter().find(|(prefix, _)| lower.starts_with(prefix))?;
    step(&lower[prefix.len()..], first)
}

fn step(digit: &str, first: usize) -> Option<f64> {
    let number: usize = digit.parse().ok().filter(|number| *number <= 5 && digit.len() == 1)?;
    Some(STEPS.get(number.saturating_sub(first)).copied().unwrap_or(0.05))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_spellings_are_understood() {
        let knobs = Knobs::default();
        for (label, expected) in [
            ("sev1", Some(1.0)),
            ("sev-2", Some(0.56)),
            ("severity/critical", Some(1.0)),
            ("severity: high", Some(0.56)),
            ("severity::low", Some(0.1)),
            ("critical", Some(1.0)),
            ("blocker", Some(1.0)),
            ("p0", Some(1.0)),
            ("p1", Some(0.56)),
            ("priority:p2", Some(0.25)),
            ("priority/customer", None),
            ("high", None),
            ("s3-bucket", None),
            ("p", None),
            ("pay", None),
            ("sé1", None),
            ("critical-path", None),
        ] {
            assert_eq!(of_label(label, &knobs), expected, "{label}");
        }
    }

    #[test]
    fn a_persons_own_word_comes_before_ours() {
        let mut knobs = Knobs::default();
        knobs.priority_words.insert("low".to_owned(), Priority::P0);
        assert_eq!(of_field("low", &knobs), Some(1.0));
        assert_eq!(of_field("medium", &knobs), Some(0.25));
        assert_eq!(of_field("whenever", &knobs), None);
    }
}
