//! What holds for every configuration. See `crate::fuzzing`.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::check::seconds;
use super::finding::looks_secret;
use super::layers::DEFAULT_ORIGIN;
use super::{Findings, Schedule, Settings, pattern as patterns};
use crate::model::IssueKey;
use crate::model::fuzzing::reads_back;

/// Characters of the longest finding.
const FINDING_CHARS_MAX: usize = 2000;

/// Lines that open with `#env ` set variables; to TOML they are comments.
pub(crate) fn configuration(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // Values may come from files, and some files never end.
    if text.contains("/dev") || text.contains("/proc") {
        return;
    }
    let variable = |line: &str| line.strip_prefix("#env ")?.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned()));
    let env: Vec<(String, String)> = text.lines().filter_map(variable).collect();
    match (Settings::from_toml(&text, &env), Settings::from_toml(&text, &env)) {
        (Ok(settings), Ok(again)) => {
            assert_eq!((settings.digest(), &settings.warnings), (again.digest(), &again.warnings));
            is_usable(&settings);
        }
        (Err(findings), Err(again)) => {
            assert_eq!(findings, again);
            are_clear(&findings, &text, &env);
        }
        (one, other) => panic!("{one:?} and {other:?}"),
    }
}

fn is_usable(settings: &Settings) {
    assert!(!settings.trackers.is_empty());
    for specs in settings.label_specs().values() {
        for spec in specs {
            assert!(!spec.name.trim().is_empty() && spec.description.chars().count() <= 100, "{spec:?}");
        }
    }
    for tracker in settings.label_specs().keys() {
        let key = IssueKey::new(tracker, "PAY-7");
        assert_eq!(key.to_string().parse(), Ok(key.clone()));
        reads_back(&key);
    }
    for schedule in [&settings.daemon.schedule, &settings.daemon.census] {
        is_due_later(schedule, &settings.daemon.timezone);
    }
}

/// Each finding names who said it and what to do, on one line, and shows no secret.
fn are_clear(findings: &Findings, text: &str, env: &[(String, String)]) {
    assert!(!findings.is_empty());
    let origins = ["roadmapd.toml", DEFAULT_ORIGIN, "the configuration"];
    for finding in findings.iter() {
        let known = origins.contains(&finding.file.as_str()) || env.iter().any(|(name, _)| *name == finding.file);
        assert!(known && !finding.problem.is_empty() && !finding.next.is_empty(), "{finding:?}");
        let shown = finding.to_string();
        assert!(shown.chars().count() <= FINDING_CHARS_MAX, "{shown:?}");
        let behind = shown.strip_prefix(&finding.file).unwrap_or(&shown);
        assert!(!behind.contains(char::is_control), "{shown:?}");
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let token = |word: &&str| word.starts_with("ghp_") && word.len() >= 20 && looks_secret(word);
        assert!(words.filter(token).all(|word| !behind.contains(word)), "{shown:?}");
    }
}

pub(crate) fn schedule(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    seconds(&text);
    match text.parse::<Schedule>() {
        Ok(schedule) => {
            assert_eq!(schedule.to_string().parse(), Ok(schedule.clone()));
            for zone in ["UTC", "Europe/Berlin", "Australia/Lord_Howe"] {
                is_due_later(&schedule, &TimeZone::get(zone).unwrap_or(TimeZone::UTC));
            }
        }
        Err(why) => assert!(!why.contains(char::is_control) && why.chars().count() <= 1000, "{why:?}"),
    }
}

fn is_due_later(schedule: &Schedule, zone: &TimeZone) {
    let mut at = Timestamp::UNIX_EPOCH;
    for _ in 0..3 {
        let Some(due) = schedule.next_after(at, zone) else { break };
        assert!(due > at, "{schedule}: {due} isn't after {at}");
        at = due;
    }
    assert!(at > Timestamp::UNIX_EPOCH, "{schedule} is never due");
}

pub(crate) fn pattern(pattern: &str, name: &str) -> bool {
    let fits = patterns::fits(pattern, name);
    assert_eq!(fits, patterns::overlap(name, pattern));
    assert!(patterns::overlap(pattern, pattern) && patterns::fits("*", name));
    assert_eq!(patterns::closeness(pattern, name).is_some(), fits);
    fits
}
