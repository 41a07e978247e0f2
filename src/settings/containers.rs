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
    included: Vec<String>,
    excluded: Vec<String>,
}

impl Reach {
    /// What these trackers read.
    pub(super) fn of_all(configs: &[TrackerConfig]) -> Self {
        let mut reach = Self::default();
        for config in configs {
            let locals = match config {
                TrackerConfig::Github(github) => &github.repositories,
                TrackerConfig::Jira(jira) => &jira.projects,
            };
            for local in locals {
                match local.strip_prefix('!') {
                    Some(local) => reach.excluded.push(format!("{}:{local}", config.name())),
                    None => reach.included.push(format!("{}:{local}", config.name())),
                }
            }
        }
        reach
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
        let out = !is_open(pattern) && self.excluded.iter().any(|out| fits(out, pattern));
        !out && self.included().any(|name| overlap(name, pattern))
    }

    fn included(&self) -> impl Iterator<Item = &str> {
        let out = |name: &str| !is_open(name) && self.excluded.iter().any(|out| fits(out, name));
        self.included.iter().map(String::as_str).filter(move |name| !out(name))
    }
}

/// Checks `repositories`: `owner/name`, patterns with `*` in the name, and exclusions with a leading `!`.
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
    let (excluded, included): (Vec<&String>, Vec<&String>) = raw.iter().partition(|name| name.starts_with('!'));
    let pattern = |out: &str| out.trim_start_matches('!').to_owned();
    let gone = |name: &String| !is_open(name) && excluded.iter().any(|out| fits(&pattern(out), name));
    if included.iter().all(|name| gone(name)) {
        let problem = if included.is_empty() { "it has only exclusions" } else { "all of it is excluded again" };
        check.wrong(key, problem, "name what is read before what is left out: [\"acme/*\", \"!acme/*-archive\"]");
        return raw.to_vec();
    }
    for name in included.iter().filter(|name| gone(name)) {
        warnings.push(format!("{key}: {} is read by name and excluded by a pattern: it is left out", shown(name)));
    }
    for out in excluded.iter().filter(|out| !included.iter().any(|name| overlap(&pattern(out), name))) {
        warnings.push(format!("{key}: {} excludes nothing that is read: correct it or take it out", shown(out)));
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
