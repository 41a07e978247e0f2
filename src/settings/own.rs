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
        if !known && !check.findings.lost_a_file() {
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
            idle_max_days: None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::finding::Findings;
    use crate::settings::{layers, raw::Raw};

    const TEXT: &str = r#"
        [priority.weights]
        severity = 31
        [[scope]]
        name = "all of acme"
        match = ["github:acme/*"]
        write = { mode = "observe" }
        [[scope]]
        name = "payments"
        match = ["github:acme/pay-*", "jira:PAY"]
        priority = { hysteresis = 9, weights = { demand = 1 } }
        limits = { changes_max = 7 }
        [[scope.sink]]
        aspect = "priority"
        label = "p-{level}"
        [[scope]]
        name = "the api"
        match = ["github:Acme/pay-api"]
        readiness = { enabled = false }
    "#;

    fn with_scopes(test: impl FnOnce(Own, Vec<Scope>)) {
        let (mut findings, env) = (Findings::default(), BTreeMap::new());
        let merged = layers::read(&[("a".to_owned(), TEXT.to_owned())], &[], &mut findings);
        let raw: Raw = merged.clone().try_deserialize().expect("the whole");
        let tables = merged.clone().try_deserialize().expect("the tables");
        let kinds = [("github", Kind::Github), ("jira", Kind::Jira)].map(|(name, kind)| (TrackerName::new(name), kind));
        let kinds = BTreeMap::from(kinds);
        let mut check = Check { merged: &merged, env: &env, findings: &mut findings };
        let defaults = own(&tables, "", &kinds, &mut check);
        let scopes = scopes(&raw, &kinds, &mut check);
        assert!(findings.is_empty(), "{findings}");
        test(defaults, scopes);
    }

    fn container(text: &str) -> ContainerKey {
        text.parse().expect("a container")
    }

    #[test]
    fn the_scope_that_names_a_container_most_closely_wins() {
        with_scopes(|_, scopes| {
            for (name, scope) in [
                ("github:acme/web", Some("all of acme")),
                ("github:acme/pay-web", Some("payments")),
                ("github:acme/pay-api", Some("the api")),
                ("github:ACME/Pay-Api", Some("the api")),
                ("jira:PAY", Some("payments")),
                ("jira:PAYX", None),
                ("github:other/pay-x", None),
            ] {
                assert_eq!(scope_of(&scopes, &container(name)).map(|scope| scope.name.as_str()), scope, "{name}");
            }
        });
    }

    #[test]
    fn a_scope_changes_what_it_says_and_nothing_else() {
        with_scopes(|defaults, scopes| {
            let (pay, web, core) = (container("jira:PAY"), container("github:acme/web"), container("jira:CORE"));
            let all = [pay.clone(), web.clone(), core.clone()];
            let weights = per_container(&defaults, &scopes, &all, |own| own.knobs.clone());
            let scheme = per_container(&defaults, &scopes, &all, |own| own.scheme.clone());
            let knobs = weights.of(&pay);
            assert_eq!((knobs.hysteresis, knobs.weights["demand"], knobs.weights["severity"]), (9.0, 1.0, 31.0));
            assert_eq!(weights.of(&core), &defaults.knobs);
            assert_eq!(weights.of(&web), &defaults.knobs);
            assert_eq!((scheme.of(&web).mode, scheme.of(&pay).mode), (Mode::Observe, Mode::Write));
            assert_eq!(scheme.of(&web).sinks, defaults.scheme.sinks);
            let spelled = &scheme.of(&pay).sinks[&TrackerName::new("jira")];
            assert_eq!((spelled.len(), spelled[0].spellings[0].1.as_str()), (1, "p-p0"));
            assert_eq!(scopes[1].own.limits.changes_max, 7);
            assert!(!weights.own.contains_key(&core));
        });
    }

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, expected) in [
            ("a:b", "a:b", true),
            ("a:b*", "a:b", true),
            ("a:*b", "a:b", true),
            ("a:*b*c", "a:xbxbc", true),
            ("a:*b*c", "a:xc", false),
            ("a:b*b", "a:b", false),
            ("*", "a:b", true),
            ("a:*-x-*-y", "a:1-x-2-y", true),
            ("a:*-x-*-y", "a:1-x-y", false),
            ("a:b", "a:bc", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
