//! What a plan says -> the plan, or a sentence that names the rule, the value and what is allowed.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::FaultPlan;
use super::plan::{Name, Rule};
use crate::sandbox::Tracker;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// What narrows a rule down to some requests.
const NARROWING: [&str; 6] = ["method", "path", "probability", "on", "times", "after"];
/// What belongs to one fault or the other.
const PARAMETERS: [&str; 7] = ["status", "retry_after_s", "retry_after", "reset_s", "delay_ms", "location", "seconds"];
/// Seconds that a lag may last, a clock may be off, or a limit may hold: a year.
const SECONDS_MAX: u64 = 366 * 86_400;
const DELAY_MS_MAX: u64 = 86_400_000;

impl Name {
    /// What it takes besides which requests are meant.
    fn takes(self) -> &'static [&'static str] {
        match self {
            Self::Status | Self::SecondaryLimit => &["status", "retry_after_s", "retry_after"],
            Self::PrimaryLimit | Self::BurstLimit => &["status", "retry_after_s", "retry_after", "reset_s"],
            Self::Html => &["status"],
            Self::Slow | Self::Drip => &["delay_ms"],
            Self::Redirect => &["status", "location"],
            Self::SearchLag | Self::ClockSkew => &["seconds"],
            Self::TruncatedJson
            | Self::InvalidJson
            | Self::ResetBefore
            | Self::ResetAfter
            | Self::Stall
            | Self::ExpiredToken
            | Self::Anonymous
            | Self::DuplicatedRows
            | Self::ShortPage
            | Self::ShiftedPage
            | Self::RepeatedToken
            | Self::OneSecondStamps => &[],
        }
    }

    /// Which trackers know it.
    pub(super) fn trackers(self) -> &'static [Tracker] {
        match self {
            Self::SecondaryLimit => &[Tracker::GitHub],
            // GitHub's stamps are whole seconds anyway.
            Self::BurstLimit | Self::SearchLag | Self::OneSecondStamps => &[Tracker::Jira],
            _ => &[Tracker::GitHub, Tracker::Jira],
        }
    }

    /// It is how things are, not what happens to a request.
    fn is_state(self) -> bool {
        matches!(self, Self::SearchLag | Self::ClockSkew | Self::OneSecondStamps)
    }

    fn statuses(self) -> &'static [RangeInclusive<u16>] {
        match self {
            Self::Status => &[400..=599],
            Self::Html => &[200..=200, 400..=599],
            Self::PrimaryLimit | Self::SecondaryLimit => &[403..=403, 429..=429],
            Self::BurstLimit => &[429..=429],
            Self::Redirect => &[301..=303, 307..=308],
            _ => &[],
        }
    }

    fn told(self) -> String {
        match serde_json::to_value(self) {
            Ok(Value::String(name)) => name,
            _ => format!("{self:?}"),
        }
    }
}

/// Reads and checks a whole plan.
pub(super) fn plan(value: Value) -> Result<FaultPlan, String> {
    let Value::Object(mut map) = value else {
        return Err(format!("the whole is {value}; allowed is a table with seed and a list of fault"));
    };
    let seed = match map.remove("seed") {
        None => 0,
        Some(seed) => seed.as_u64().ok_or_else(|| format!("seed is {seed}; allowed is a whole number from 0 on"))?,
    };
    let rules = match map.remove("fault") {
        None => Vec::new(),
        Some(Value::Array(rules)) => rules,
        Some(other) => return Err(format!("fault is {other}; allowed is a list, written as [[fault]] in TOML")),
    };
    if let Some((name, value)) = map.iter().next() {
        return Err(format!("{name} is {value}; allowed at the top are seed and fault, written as [[fault]] in TOML"));
    }
    let rules = rules.into_iter().enumerate();
    let fault = rules.map(|(place, value)| rule(value).map_err(|what| format!("rule {}: {what}", place + 1)));
    Ok(FaultPlan { seed, fault: fault.collect::<Result<_, _>>()? })
}

fn rule(value: Value) -> Result<Rule, String> {
    let Value::Object(map) = value else { return Err(format!("{value} isn't a table that names a fault")) };
    each_alone(&map)?;
    let mut rule: Rule = serde_json::from_value(Value::Object(map.clone())).map_err(|error| error.to_string())?;
    let name = rule.fault.told();
    let given = |key: &&&str| map.contains_key(**key);
    let takes = rule.fault.takes();
    if let Some(key) = PARAMETERS.iter().filter(|key| !takes.contains(key)).find(given) {
        let takes = if takes.is_empty() { "nothing".to_owned() } else { takes.join(", ") };
        return Err(format!("{key} is {}, but {name} takes {takes}", map[*key]));
    }
    if let Some(key) = NARROWING.iter().filter(|_| rule.fault.is_state()).find(given) {
        return Err(format!(
            "{key} is {}, but {name} holds from now on until it is healed, whatever is asked",
            map[*key]
        ));
    }
    if let Some(tracker) = rule.tracker.filter(|tracker| !rule.fault.trackers().contains(tracker)) {
        let only = if tracker == Tracker::GitHub { "jira" } else { "github" };
        return Err(format!("tracker is {}, but {name} is known to {only} alone", map["tracker"]).replace('"', ""));
    }
    if let Some(method) = &mut rule.method {
        method.make_ascii_uppercase();
        if !METHODS.contains(&method.as_str()) {
            return Err(format!("method is {}; allowed are {}", map["method"], METHODS.join(", ")));
        }
    }
    numbers(&rule, &name)?;
    how_often(&rule)?;
    Ok(rule)
}

/// Reads every key for itself, so that what is wrong is named.
fn each_alone(map: &Map<String, Value>) -> Result<(), String> {
    for (key, value) in map {
        let mut alone = Map::new();
        alone.insert("fault".to_owned(), Value::from("stall"));
        alone.insert(key.clone(), value.clone());
        serde_json::from_value::<Rule>(Value::Object(alone)).map_err(|error| format!("{key} is {value}: {error}"))?;
    }
    if map.contains_key("fault") {
        return Ok(());
    }
    let unnamed = serde_json::from_value::<Name>(Value::from("")).err().map(|error| error.to_string());
    let allowed = unnamed.as_deref().and_then(|error| error.split_once("expected ")).map_or("", |(_, names)| names);
    Err(format!("it names no fault; allowed is {allowed}"))
}

fn numbers(rule: &Rule, name: &str) -> Result<(), String> {
    let allowed = rule.fault.statuses();
    match rule.status {
        None if rule.fault == Name::Status => {
            return Err("it names no status; allowed are 400 to 599, such as status = 503".to_owned());
        }
        Some(status) if !allowed.iter().any(|some| some.contains(&status)) => {
            let ranges = allowed.iter().map(|some| match (some.start(), some.end()) {
                (start, end) if start == end => start.to_string(),
                (start, end) => format!("{start} to {end}"),
            });
            let ranges = ranges.collect::<Vec<_>>().join(", ");
            return Err(format!("status is {status}; {name} allows {ranges}"));
        }
        _ => {}
    }
    match rule.seconds {
        None if rule.fault.takes().contains(&"seconds") => {
            return Err(format!("it names no seconds; {name} needs them, such as seconds = 30"));
        }
        Some(seconds) if rule.fault == Name::SearchLag && seconds < 0 => {
            return Err(format!("seconds is {seconds}; a search lags by 0 seconds or more"));
        }
        Some(seconds) if seconds.unsigned_abs() > SECONDS_MAX => {
            return Err(format!("seconds is {seconds}; allowed are {SECONDS_MAX} at most, a year"));
        }
        _ => {}
    }
    for (key, value, max) in [
        ("retry_after_s", rule.retry_after_s, SECONDS_MAX),
        ("reset_s", rule.reset_s, SECONDS_MAX),
        ("delay_ms", rule.delay_ms, DELAY_MS_MAX),
    ] {
        if let Some(value) = value.filter(|value| *value > max) {
            return Err(format!("{key} is {value}; allowed are 0 to {max}"));
        }
    }
    if rule.retry_after.is_some() && rule.retry_after_s.is_none() {
        return Err("retry_after says how retry_after_s is written, which isn't given; add it".to_owned());
    }
    let sent = |location: &&String| location.bytes().any(|byte| !(0x20..0x7f).contains(&byte));
    match rule.location.as_ref().filter(sent) {
        Some(location) => Err(format!("location is {location:?}; allowed is what a header can carry: plain ASCII")),
        None => Ok(()),
    }
}

fn how_often(rule: &Rule) -> Result<(), String> {
    let ways = [
        ("probability", rule.probability.is_some()),
        ("on", rule.on.is_some()),
        ("times or after", rule.times.is_some() || rule.after.is_some()),
    ];
    let given: Vec<_> = ways.iter().filter(|way| way.1).map(|way| way.0).collect();
    if given.len() > 1 {
        return Err(format!(
            "{} are given together; allowed is one of them, or none for every request",
            given.join(" and ")
        ));
    }
    if let Some(probability) = rule.probability.filter(|probability| !(0.0..=1.0).contains(probability)) {
        return Err(format!("probability is {probability}; allowed are 0 to 1"));
    }
    match &rule.on {
        Some(those) if those.is_empty() => {
            return Err("on is []; name the matching requests that fail, the first is 1".to_owned());
        }
        Some(those) if those.contains(&0) => return Err("on holds 0; the first matching request is 1".to_owned()),
        _ => {}
    }
    match rule.times {
        Some(0) => Err("times is 0; allowed is 1 or more, or leave the rule out".to_owned()),
        _ => Ok(()),
    }
}
