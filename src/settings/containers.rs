//! `repositories` and `projects` -> which containers are read, as far as the configuration alone can tell.

use std::collections::BTreeSet;

use super::check::Check;
use super::finding::shown;
use super::pattern::{fits, is_open, overlap};
use crate::model::TrackerName;
use crate::tracker::TrackerConfig;

/// The containers in reach, as names and patterns with their tracker: `github:acme/api`, `github:acme/pay-*`.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    entries: Vec<Entry>,
}

/// One entry of such a list. The last that fits a container decides whether it is read.
#[derive(Clone, Debug)]
struct Entry {
    pattern: String,
    /// A leading `!`: what it fits is left out.
    without: bool,
}

impl Entry {
    fn read(prefix: &str, text: &str) -> Self {
        let local = text.strip_prefix('!').unwrap_or(text);
        Self { pattern: format!("{prefix}{local}"), without: local.len() < text.len() }
    }
}

impl Reach {
    /// What these trackers read.
    pub(super) fn of_all(configs: &[TrackerConfig]) -> Self {
        let entries = configs.iter().flat_map(|config| {
            let locals = match config {
                TrackerConfig::Github(github) => &github.repositories,
                TrackerConfig::Jira(jira) => &jira.projects,
            };
            let prefix = format!("{}:", config.name());
            locals.iter().map(move |local| Entry::read(&prefix, local))
        });
        Self { entries: entries.collect() }
    }

    /// Containers that are named in full and not taken out again.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.included().filter(|name| !is_open(name))
    }

    /// Patterns, for which the tracker knows the names.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.included().filter(|name| is_open(name))
    }

    /// Names and patterns of one tracker.
    pub(super) fn of(&self, tracker: &TrackerName) -> impl Iterator<Item = &str> {
        self.included().filter(move |name| name.split_once(':').is_some_and(|(of, _)| of == tracker.as_str()))
    }

    /// Whether some container in reach may fit a pattern.
    pub(super) fn may_hold(&self, pattern: &str) -> bool {
        if is_open(pattern) {
            return self.included().any(|name| overlap(name, pattern));
        }
        self.decides(pattern).is_some_and(|entry| !entry.without)
    }

    fn decides(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| fits(&entry.pattern, name))
    }

    fn included(&self) -> impl Iterator<Item = &str> {
        let names = self.entries.iter().filter(|entry| !entry.without).map(|entry| entry.pattern.as_str());
        names.filter(|name| is_open(name) || self.may_hold(name))
    }

    /// Exclusions that stand behind nothing that they could take out.
    fn without_effect(&self) -> impl Iterator<Item = &str> {
        let effect = |place: usize, without: &Entry| {
            self.entries[..place].iter().any(|entry| !entry.without && overlap(&entry.pattern, &without.pattern))
        };
        let without = self.entries.iter().enumerate().filter(|(_, entry)| entry.without);
        without.filter(move |(place, entry)| !effect(*place, entry)).map(|(_, entry)| entry.pattern.as_str())
    }
}

/// Checks `repositories`: `owner/name`, patterns with `*` in the name, and exclusions with a leading `!`; of these the last
/// that fits a repository decides.
pub(super) fn repositories(
    raw: Option<&[String]>,
    key: &str,
    check: &mut Check<'_>,
    warnings: &mut Vec<String>,
) -> Vec<String> {
    let Some(raw) = raw.filter(|raw| !raw.is_empty()) else {
        check.missing(key, "write repositories = [\"owner/name\"]; without any nothing would be read");
        return Vec::new();
    };
    let mut seen = BTreeSet::new();
    for (index, name) in raw.iter().enumerate() {
        let key = format!("{key}[{index}]");
        let plain = name.strip_prefix('!').unwrap_or(name);
        if plain.split('/').next().is_some_and(|owner| owner.contains('*')) {
            let next = "write the owner out, one pattern for each: acme/*";
            check.wrong(&key, format!("{} has a * in the owner", shown(name)), next);
        } else if !is_repository(plain) {
            let next = "write it like acme/api, acme/pay-* or !acme/*-archive";
            check.wrong(&key, format!("{} is not owner/name", shown(name)), next);
        } else if !seen.insert(name.to_lowercase()) {
            check.wrong(&key, format!("{} stands there twice", shown(name)), "take one out");
        }
    }
    if check.findings.touches(key) {
        // Which of them fit which can't be told yet.
        return Vec::new();
    }
    let reach = Reach { entries: raw.iter().map(|name| Entry::read("", name)).collect() };
    if reach.included().next().is_none() {
        let named = reach.entries.iter().any(|entry| !entry.without);
        let problem = if named { "all of it is excluded again" } else { "it has only exclusions" };
        check.wrong(key, problem, "name what is read, then what is left out of it: [\"acme/*\", \"!acme/*-archive\"]");
    }
    let names = reach.entries.iter().filter(|entry| !entry.without && !is_open(&entry.pattern));
    for name in names.map(|entry| &entry.pattern).filter(|name| !reach.may_hold(name)) {
        warnings.push(format!("{key}: {} is read by name and excluded behind it: it is left out", shown(name)));
    }
    for out in reach.without_effect() {
        warnings.push(format!(
            "{key}: {} excludes nothing that stands before it: correct it, put it behind what it takes out of, or take it out",
            shown(&format!("!{out}"))
        ));
    }
    raw.to_vec()
}

/// Whether it has the shape of `owner/name`, with `*` anywhere in the name.
fn is_repository(text: &str) -> bool {
    let word = |part: &str, max: usize, also: &str| {
        (1..=max).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
    };
    text.split_once('/').is_some_and(|(owner, name)| {
        word(owner, 39, "-_") && !owner.starts_with('-') && word(name, 100, "-_.*") && name != "." && name != ".."
    })
}

/// Checks `projects`: keys, each once.
pub(super) fn projects(raw: Option<&[String]>, key: &str, check: &mut Check<'_>) -> Vec<String> {
    let Some(raw) = raw.filter(|raw| !raw.is_empty()) else {
        check.missing(key, "write projects = [\"KEY\"]; without any nothing would be read");
        return Vec::new();
    };
    let mut seen = BTreeSet::new();
    for (index, project) in raw.iter().enumerate() {
        let key = format!("{key}[{index}]");
        let fits = project.starts_with(|c: char| c.is_ascii_uppercase())
            && project.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
            && project.len() <= 255;
        if !fits {
            let next = "write it as in its issues' keys: PAY for PAY-7 (a capital letter, then capitals, digits or _)";
            check.wrong(&key, format!("{} is not a project key", shown(project)), next);
        } else if !seen.insert(project) {
            check.wrong(&key, format!("{} stands there twice", shown(project)), "take one out");
        }
    }
    raw.to_vec()
}
