//! What may go wrong the longer it waits: security, lost data, what worked before.

use super::{Rule, Signal};
use crate::score::evidence::Evidence;

pub(super) const RULE: Rule = Rule {
    name: "risk",
    meaning: "what delay puts at risk, by labels and words of the title: security, lost data, a regression",
    weight: 10.0,
    reads_graph: false,
    signal,
};

/// A risk: its strength, how it is called, labels that say it, words of a title that say it.
type Kind = (f64, &'static str, &'static [&'static str], &'static [&'static str]);

const KINDS: [Kind; 3] = [
    (
        1.0,
        "security",
        &["security", "vulnerability", "cve", "exploit"],
        &["security", "vulnerability", "vulnerabilities", "cve", "exploit", "xss", "csrf", "injection", "rce"],
    ),
    (
        1.0,
        "data loss",
        &["data loss", "data-loss", "dataloss", "corruption", "data-corruption", "data corruption"],
        &["data loss", "dataloss", "corrupt", "corrupts", "corrupted", "corruption", "lost data", "loses data"],
    ),
    (0.5, "regression", &["regression"], &["regression", "regressed"]),
];

fn signal(evidence: &Evidence<'_>) -> Signal {
    KINDS.iter().find_map(|kind| of_labels(kind, evidence).or_else(|| of_titles(kind, evidence))).unwrap_or_default()
}

fn of_labels((strength, name, labels, _): &Kind, evidence: &Evidence<'_>) -> Option<Signal> {
    let says = |label: &str| {
        let bare = label.rsplit_once([':', '/']).map_or(label, |(_, rest)| rest.trim());
        labels.contains(&bare)
    };
    let (place, label) = evidence.labels.iter().find(|(_, label)| says(label))?;
    let why = format!("{name}: label {label} on {}", evidence.item.faces[*place].key);
    Some(Signal { strength: *strength, why, changes: None })
}

fn of_titles((strength, name, _, words): &Kind, evidence: &Evidence<'_>) -> Option<Signal> {
    let said = evidence.item.faces.iter().find_map(|face| said(&face.title, words))?;
    Some(Signal { strength: *strength, why: format!("{name}: the title says \u{201c}{said}\u{201d}"), changes: None })
}

/// The first of these words (or runs of words) that a title has as whole words.
fn said(title: &str, words: &[&'static str]) -> Option<&'static str> {
    let title = title.to_lowercase();
    let spoken: Vec<&str> = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.iter().copied().find(|word| {
        let sought: Vec<&str> = word.split(' ').collect();
        spoken.windows(sought.len()).any(|run| run == sought)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_of_a_title_say_what_is_at_risk() {
        for (title, expected) in [
            ("Fix XSS in the comment form", Some("xss")),
            ("CVE-2026-1234 in libfoo", Some("cve")),
            ("Boxss are not aligned", None),
            ("", None),
        ] {
            assert_eq!(said(title, KINDS[0].3), expected, "{title}");
        }
        assert_eq!(said("Import: data\tloss on retry", KINDS[1].3), Some("data loss"));
    }
}
