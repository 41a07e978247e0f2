//! Settings of a container: the defaults and, laid over them, those of the scope that names it most closely.

use std::collections::BTreeMap;
use std::sync::Arc;

use config::{Map, Value, ValueKind};

use super::check::Check;
use super::finding::shown;
use super::layers::{merge, table_of};
use super::raw;
use super::sinks::sinks;
use super::trackers::Kind;
use crate::model::{ContainerKey, PerContainer, TrackerName};
use crate::plan::{ContainerScheme, Existing, Limits, Mode};
use crate::score::{Knobs, PriorityModel};

/// What holds for one container.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Own {
    pub knobs: Knobs,
    pub scheme: ContainerScheme,
    pub limits: Limits,
}

/// A team's settings: the defaults with the scope's tables laid over them.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub name: String,
    pub patterns: Vec<String>,
    pub own: Own,
}

/// The scope that names a container most closely: a name before a pattern, a longer pattern before a shorter, the first
/// listed before the next.
pub(super) fn scope_of<'a>(scopes: &'a [Scope], container: &ContainerKey) -> Option<&'a Scope> {
    let name = container.to_string();
    let closeness = |scope: &Scope| scope.patterns.iter().filter_map(|pattern| closeness(pattern, &name)).max();
    let mut best: Option<((bool, usize), &Scope)> = None;
    for scope in scopes {
        if let Some(close) = closeness(scope)
            && best.is_none_or(|(so_far, _)| close > so_far)
        {
            best = Some((close, scope));
        }
    }
    best.map(|(_, scope)| scope)
}

/// How closely a pattern names a container: whether it has no `*`, then how many characters it gives. Case doesn't count.
fn closeness(pattern: &str, name: &str) -> Option<(bool, usize)> {
    fits(&pattern.to_lowercase(), &name.to_lowercase())
        .then(|| (!pattern.contains('*'), pattern.chars().filter(|c| *c != '*').count()))
}

/// `*` stands for any characters, none included.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(head) else { return false };
    let Some((middle, tail)) = rest.rsplit_once('*') else { return left.ends_with(rest) };
    for part in middle.split('*') {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(tail)
}

/// One value for each container that differs from the default.
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

/// Lays each scope's tables over the defaults, and checks the result.
pub(super) fn scopes(raw: &raw::Raw, kinds: &BTreeMap<TrackerName, Kind>, check: &mut Check<'_>) -> Vec<Scope> {
    let merged = check.merged;
    let base = table_of(merged);
    let tables = match base.get("scope").map(|scopes| &scopes.kind) {
        Some(ValueKind::Array(tables)) => tables.clone(),
        _ => Vec::new(),
    };
    let mut scopes: Vec<Scope> = Vec::new();
    for (index, (head, table)) in raw.scope.iter().zip(&tables).enumerate() {
        let key = format!("scope[{index}]");
        let (Some(name), Some(patterns)) = (&head.name, &head.matches) else { continue };
        if scopes.iter().any(|other| other.name == *name) {
            check.wrong(&format!("{key}.name"), format!("another scope is named {} too", shown(name)), "rename one");
        }
        check_patterns(patterns, &key, kinds, check);
        if let Some(tables) = lay_over(&base, table) {
            let own = own(&tables, &format!("{key}."), kinds, check);
            scopes.push(Scope { name: name.clone(), patterns: patterns.clone(), own });
        }
    }
    scopes
}

fn check_patterns(patterns: &[String], key: &str, kinds: &BTreeMap<TrackerName, Kind>, check: &mut Check<'_>) {
    for (index, pattern) in patterns.iter().enumerate() {
        let known = pattern.split_once(':').is_some_and(|(tracker, local)| {
            !local.is_empty() && (tracker.contains('*') || kinds.contains_key(&TrackerName::new(tracker)))
        });
        if !known {
            let names: Vec<&str> = kinds.keys().map(TrackerName::as_str).collect();
            let next =
                format!("write TRACKER:CONTAINER, for example github:acme/pay-*; configured: {}", names.join(", "));
            check.wrong(
                &format!("{key}.match[{index}]"),
                format!("{} names no tracker and container", shown(pattern)),
                next,
            );
        }
    }
}

/// The defaults' tables with a scope's laid over them.
fn lay_over(base: &Map<String, Value>, scope: &Value) -> Option<raw::Tables> {
    const TABLES: [&str; 6] = ["write", "sink", "priority", "complexity", "readiness", "limits"];
    let only = |table: &Map<String, Value>| -> Map<String, Value> {
        TABLES.iter().filter_map(|name| Some(((*name).to_owned(), table.get(*name)?.clone()))).collect()
    };
    merge(vec![only(base), only(&table_of(scope))]).try_deserialize().ok()
}

/// What these tables say; `prefix` is where they stand (`""` or `scope[0].`).
pub(super) fn own(raw: &raw::Tables, prefix: &str, kinds: &BTreeMap<TrackerName, Kind>, check: &mut Check<'_>) -> Own {
    let sinks = sinks(&raw.sink, &format!("{prefix}sink"), kinds, check);
    let bands = &raw.priority.bands;
    let priority_bands = [bands.p0, bands.p1, bands.p2, bands.p3];
    check_bands(&priority_bands, &format!("{prefix}priority.bands"), "fall from p0 to p3 = 0", check);
    let bands = &raw.complexity.bands;
    let complexity_bands = [bands.xs, bands.s, bands.m, bands.l, bands.xl];
    let mut falling = complexity_bands;
    falling.reverse();
    check_bands(&falling, &format!("{prefix}complexity.bands"), "rise from xs = 0 to xl", check);
    if !raw.write.idle_max.is_empty() {
        check.seconds(&format!("{prefix}write.idle_max"), &raw.write.idle_max);
    }
    let stale_max_s = check.seconds(&format!("{prefix}limits.stale_max"), &raw.limits.stale_max).unwrap_or(0);
    Own {
        knobs: Knobs {
            model: if raw.priority.model == "weighted" { PriorityModel::Weighted } else { PriorityModel::Wsjf },
            priority_bands,
            hysteresis: raw.priority.hysteresis,
            inherit: raw.priority.inherit,
            size_exponent: raw.priority.size_exponent,
            weights: raw.priority.weights.clone(),
            priority_words: sinks.words,
            complexity_bands,
            readiness: raw.readiness.enabled,
        },
        scheme: ContainerScheme {
            mode: if raw.write.mode == "observe" { Mode::Observe } else { Mode::Write },
            existing: if raw.write.existing == "adopt" { Existing::Adopt } else { Existing::Respect },
            sinks: sinks.spelled,
        },
        limits: Limits {
            changes_max: raw.limits.changes_max,
            share_max: raw.limits.share_max,
            stale_max_s,
            first_contact_applies: raw.write.first_contact == "apply",
        },
    }
}

fn check_bands(falling: &[f64], key: &str, wanted: &str, check: &mut Check<'_>) {
    if falling.windows(2).any(|pair| pair[0] <= pair[1]) || falling.last() != Some(&0.0) {
        check.wrong(key, format!("{falling:?} (from the highest level down) must {wanted}"), "change the bands to fit");
    }
}
