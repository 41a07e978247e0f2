//! What the checks of merged layers share: where a key was said, the environment given, and the findings.

use std::collections::BTreeMap;

use config::Value;

use super::finding::Findings;
use super::layers::{DEFAULT_ORIGIN, origin, place};
use super::rules::Compiled;
use super::scopes::SECTIONS;
use super::value::Files;

/// One check of one merged configuration.
pub(super) struct Check<'a> {
    pub merged: &'a Value,
    pub env: &'a BTreeMap<String, String>,
    pub findings: &'a mut Findings,
    /// Own rules that are refused: what is wrong with them, and they alone, so that all else can work.
    pub refused: Findings,
    /// Expressions of own rules, by their text.
    pub compiled: Compiled,
    /// Files of business values, by their path.
    pub values: Files,
}

impl Check<'_> {
    /// Notes what is wrong with the value of a key. What a scope only takes over from the defaults is not noted again.
    pub(super) fn wrong(&mut self, key: &str, problem: impl Into<String>, next: impl Into<String>) {
        if let Some(whence) = self.whence(key) {
            self.findings.add(&whence, key, problem, next);
        }
    }

    /// Notes what is wrong with one own rule, which is left out for it.
    pub(super) fn refuse(&mut self, key: &str, problem: impl Into<String>, next: impl Into<String>) {
        if let Some(whence) = self.whence(key) {
            self.refused.add(&whence, key, problem, next);
        }
    }

    /// The file or variable that said a key. None: a scope only takes it over, and what is wrong was noted where it stands.
    fn whence(&self, key: &str) -> Option<String> {
        let said = || origin(place(self.merged, key).0).unwrap_or("the configuration").to_owned();
        (!self.is_taken_over(key)).then(said)
    }

    /// Notes that a key is missing, unless it was there and already found wrong.
    pub(super) fn missing(&mut self, key: &str, next: impl Into<String>) {
        if !self.findings.touches(key) && !self.findings.lost_a_file() {
            self.wrong(key, "it is missing", next);
        }
    }

    fn is_taken_over(&self, key: &str) -> bool {
        let mut steps = key.split('.');
        let (scope, section) = (steps.next().unwrap_or_default(), steps.next().unwrap_or_default());
        // Sinks are taken over as a whole list, the other sections key by key.
        let said = if section.starts_with("sink") { format!("{scope}.sink") } else { key.to_owned() };
        let section = section.split('[').next().unwrap_or_default();
        scope.starts_with("scope[") && SECTIONS.contains(&section) && !place(self.merged, &said).1
    }

    /// Whether a person set this key (or something in it), in a file or the environment.
    pub(super) fn is_set(&self, key: &str) -> bool {
        let (value, found) = place(self.merged, key);
        found && origin(value).is_some_and(|origin| origin != DEFAULT_ORIGIN)
    }

    /// Seconds of a duration: `1h`, `180d`, `1h 30m`.
    pub(super) fn seconds(&mut self, key: &str, text: &str) -> Option<u64> {
        let seconds = seconds(text);
        if seconds.is_none() {
            let problem = format!("{} is not a duration", super::finding::shown(text));
            self.wrong(key, problem, "write numbers with s, m, h, d or w, for example 1h, 90m or 180d");
        }
        seconds
    }
}

pub(super) fn seconds(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..unit_at].parse().ok()?;
        let unit = rest[unit_at..].chars().next()?;
        let unit_s = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit_s)?)?;
        rest = rest[unit_at + unit.len_utf8()..].trim_start();
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn durations_are_numbers_with_units() {
        for (text, expected) in [
            ("1h", Some(3600)),
            ("180d", Some(15_552_000)),
            ("1h30m", Some(5400)),
            ("1h 30m", Some(5400)),
            ("2w", Some(1_209_600)),
            ("0s", Some(0)),
            ("", None),
            ("1", None),
            ("h", None),
            ("1y", None),
            ("-1h", None),
            ("1 h", None),
            ("99999999999999999999d", None),
            ("9999999999999999d", None),
            ("1ü", None),
        ] {
            assert_eq!(seconds(text), expected, "{text:?}");
        }
    }
}
