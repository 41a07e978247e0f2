//! `[[scope]]` -> teams' own settings, each laid over the defaults, and which of them holds for a container.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use config::{Map, Value, ValueKind};

use super::check::Check;
use super::containers::Reach;
use super::finding::{nearest, shown};
use super::layers::{merge, table_of};
use super::own::{Own, own};
use super::pattern::{Closeness, closeness, closeness_of, is_open, overlap};
use super::raw;
use super::trackers::Kind;
use crate::model::{ContainerKey, PerContainer, TrackerName};
use crate::plan::{Limits, ScopeLimits};

/// Characters in the longest pattern.
const PATTERN_MAX_CHARS: usize = 300;
/// The sections that a scope may say otherwise.
pub(super) const SECTIONS: [&str; 6] = ["write", "sink", "priority", "complexity", "readiness", "limits"];

/// A team's own settings.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Its name.
    pub name: String,
    /// The containers that it holds for, as written: `github:acme/pay-*`, `jira:PAY`.
    pub patterns: Vec<String>,
    /// Keys that it sets, sorted: `limits.changes_max`, `sink`.
    pub overrides: Vec<String>,
    /// The defaults with its tables laid over them.
    pub(super) own: Own,
}

impl Scope {
    /// How closely it names a container, if it does.
    fn closeness(&self, container: &str) -> Option<Closeness> {
        self.patterns.iter().filter_map(|pattern| closeness(pattern, container)).max()
    }

    /// Whether it says what a plan may touch without a person. If not, its containers count with all others.
    fn limits_itself(&self) -> bool {
        self.overrides.iter().any(|key| key.starts_with("limits") || key == "write.first_contact")
    }
}

/// The scope that names a container most closely: a name before a pattern, a longer pattern before a shorter. Where two
/// are equally close, the first listed; the check of the configuration has named them both.
pub(super) fn scope_of<'a>(scopes: &'a [Scope], container: &ContainerKey) -> Option<&'a Scope> {
    closest(scopes, &container.to_string()).into_iter().next()
}

/// All scopes that name a container most closely, in their order.
fn closest<'a>(scopes: &'a [Scope], container: &str) -> Vec<&'a Scope> {
    let close = |scope: &'a Scope| Some((scope.closeness(container)?, scope));
    let close: Vec<(Closeness, &Scope)> = scopes.iter().filter_map(close).collect();
    let best = close.iter().map(|(close, _)| *close).max();
    close.into_iter().filter(|(close, _)| Some(*close) == best).map(|(_, scope)| scope).collect()
}

/// One value for each container that a scope holds for.
pub(super) fn per_container<T>(
    defaults: &Own,
    scopes: &[Scope],
    containers: &[ContainerKey],
    part: impl Fn(&Own) -> T,
) -> PerContainer<T> {
    let of_scope: BTreeMap<&str, Arc<T>> =
        scopes.iter().map(|scope| (scope.name.as_str(), Arc::new(part(&scope.own)))).collect();
    let own = containers
        .iter()
        .filter_map(|container| {
            let scope = scope_of(scopes, container)?;
            Some((container.clone(), Arc::clone(of_scope.get(scope.name.as_str())?)))
        })
        .collect();
    PerContainer { default: Arc::new(part(defaults)), own }
}

/// The limits of the defaults, and of each scope that has its own, for these containers.
pub(super) fn limits(defaults: &Own, scopes: &[Scope], containers: &[ContainerKey]) -> Limits {
    let mut limits = defaults.limits.clone();
    for container in containers {
        let Some(scope) = scope_of(scopes, container).filter(|scope| scope.limits_itself()) else { continue };
        let of_scope = limits.scopes.entry(scope.name.clone());
        let fresh = || ScopeLimits { containers: BTreeSet::new(), own: scope.own.limits.clone() };
        of_scope.or_insert_with(fresh).containers.insert(container.clone());
    }
    limits
}

/// Whether some container of a tracker, as far as the configuration tells, is written.
pub(super) fn writes_to(defaults: &Own, scopes: &[Scope], tracker: &TrackerName, reach: &Reach) -> bool {
    let writes = |own: &Own| own.writes_to(tracker);
    reach.of(tracker).any(|container| {
        let held = closest(scopes, container);
        match held.first() {
            Some(scope) if !is_open(container) => writes(&scope.own),
            None if !is_open(container) => writes(defaults),
            _ => {
                writes(defaults) || {
                    let touches = |scope: &&Scope| scope.patterns.iter().any(|pattern| overlap(pattern, container));
                    scopes.iter().filter(touches).any(|scope| writes(&scope.own))
                }
            }
        }
    })
}

/// Lays each scope's tables over the defaults, and checks the result.
pub(super) fn scopes(raw: &raw::Raw, kinds: &BTreeMap<TrackerName, Kind>, check: &mut Check<'_>) -> Vec<Scope> {
    let base = table_of(check.merged);
    let tables = match base.get("scope").map(|scopes| &scopes.kind) {
        Some(ValueKind::Array(tables)) => tables.clone(),
        _ => Vec::new(),
    };
    let mut scopes: Vec<Scope> = Vec::new();
    for (index, (head, table)) in raw.scope.iter().zip(&tables).enumerate() {
        let key = format!("scope[{index}]");
        let (Some(name), Some(patterns)) = (&head.name, &head.matches) else { continue };
        if name.trim().is_empty() {
            check.wrong(&format!("{key}.name"), "it is empty", "name the team or the product");
        }
        if scopes.iter().any(|other| other.name == *name) {
            check.wrong(&format!("{key}.name"), format!("another scope is named {} too", shown(name)), "rename one");
        }
        check_patterns(patterns, &key, kinds, check);
        if let Some(tables) = lay_over(&base, table) {
            let mut own = own(&tables, &format!("{key}."), kinds, check);
            // Points of different teams aren't one currency.
            own.knobs.history = own.knobs.history.map(|_| name.clone());
            let (name, patterns) = (name.clone(), patterns.clone());
            scopes.push(Scope { name, patterns, overrides: overrides(table), own });
        }
    }
    scopes
}

fn check_patterns(patterns: &[String], key: &str, kinds: &BTreeMap<TrackerName, Kind>, check: &mut Check<'_>) {
    if patterns.is_empty() {
        let next = "name the containers that it holds for: match = [\"github:acme/pay-*\", \"jira:PAY\"]";
        check.wrong(&format!("{key}.match"), "it is empty", next);
    }
    for (index, pattern) in patterns.iter().enumerate() {
        let key = format!("{key}.match[{index}]");
        let chars = pattern.chars().count();
        if chars > PATTERN_MAX_CHARS {
            let problem = format!("it has {chars} characters and may have {PATTERN_MAX_CHARS}");
            check.wrong(&key, problem, "write a shorter pattern");
            continue;
        }
        let known = pattern.split_once(':').is_some_and(|(tracker, local)| {
            !local.is_empty() && (tracker.contains('*') || kinds.contains_key(&TrackerName::new(tracker)))
        });
        if !known && !check.findings.lost_a_file() {
            let names: Vec<&str> = kinds.keys().map(TrackerName::as_str).collect();
            let next =
                format!("write TRACKER:CONTAINER, for example github:acme/pay-*; configured: {}", names.join(", "));
            check.wrong(&key, format!("{} names no tracker and container", shown(pattern)), next);
        }
    }
}

/// The defaults' tables with a scope's laid over them.
fn lay_over(base: &Map<String, Value>, scope: &Value) -> Option<raw::Tables> {
    let only = |table: &Map<String, Value>| -> Map<String, Value> {
        SECTIONS.iter().filter_map(|name| Some(((*name).to_owned(), table.get(*name)?.clone()))).collect()
    };
    merge(vec![only(base), only(&table_of(scope))]).try_deserialize().ok()
}

/// The keys that a scope sets, two steps deep.
fn overrides(scope: &Value) -> Vec<String> {
    let scope = table_of(scope);
    let mut keys: Vec<String> = SECTIONS
        .iter()
        .filter_map(|section| Some((section, scope.get(*section)?)))
        .flat_map(|(section, value)| match &value.kind {
            ValueKind::Table(table) => table.keys().map(|key| format!("{section}.{key}")).collect(),
            _ => vec![(*section).to_owned()],
        })
        .collect();
    keys.sort();
    keys
}

/// Notes scopes that name a configured container equally closely; returns what may be meant otherwise, as sentences.
pub(super) fn compare(scopes: &[Scope], reach: &Reach, check: &mut Check<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    let next = "name it in one of them alone, or give one of them a longer pattern or the whole name";
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    for container in reach.names() {
        if let [one, other, ..] = closest(scopes, container)[..]
            && told.insert((&one.name, &other.name))
        {
            let index = scopes.iter().position(|scope| std::ptr::eq(scope, other)).unwrap_or(0);
            let problem = format!("{container} is named as closely by the scope {} as by this one", shown(&one.name));
            check.wrong(&format!("scope[{index}].match"), problem, next);
        }
    }
    for (index, other) in scopes.iter().enumerate() {
        for one in &scopes[..index] {
            for pattern in &other.patterns {
                let Some(like) = one.patterns.iter().find(|like| may_tie(like, pattern, reach)) else { continue };
                if !told.insert((&one.name, &other.name)) {
                    continue;
                }
                if like.to_lowercase() == pattern.to_lowercase() {
                    let problem = format!("{} is a match of the scope {} too", shown(pattern), shown(&one.name));
                    check.wrong(&format!("scope[{index}].match"), problem, next);
                } else {
                    warnings.push(format!(
                        "the scopes {} and {} could name one repository equally closely ({} and {}): the first would \
                         hold for it; give one of them a longer pattern or the whole name",
                        shown(&one.name),
                        shown(&other.name),
                        shown(like),
                        shown(pattern)
                    ));
                }
            }
        }
    }
    warnings.extend(idle(scopes, reach));
    warnings
}

/// Whether two patterns could name one container equally closely.
fn may_tie(one: &str, other: &str, reach: &Reach) -> bool {
    let same = one.to_lowercase() == other.to_lowercase();
    let open = |pattern: &str| reach.patterns().any(|reached| overlap(pattern, reached));
    same || (closeness_of(one) == closeness_of(other) && overlap(one, other) && open(one) && open(other))
}

/// Patterns that fit no configured container, as sentences.
fn idle(scopes: &[Scope], reach: &Reach) -> Vec<String> {
    let patterns = scopes.iter().flat_map(|scope| scope.patterns.iter().map(move |pattern| (scope, pattern)));
    patterns
        .filter(|(_, pattern)| !reach.may_hold(pattern))
        .map(|(scope, pattern)| {
            let near = nearest(pattern, reach.names());
            let near = near.map_or_else(String::new, |near| format!("did you mean {near}? "));
            format!(
                "the scope {} matches {}, which no configured container is: {near}correct it or take it out",
                shown(&scope.name),
                shown(pattern)
            )
        })
        .collect()
}
