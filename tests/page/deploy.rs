//! `deploy/`: the dashboard and the alert rules name only metrics and labels that a running daemon has.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use roadmapd::daemon::Clock;
use roadmapd::sandbox::Options;
use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

use crate::openmetrics::Scrape;
use crate::promql::named;
use crate::site::{Site, WRITES, shipped};

/// Labels that Prometheus gives to everything that it scrapes.
const OF_PROMETHEUS: [&str; 2] = ["instance", "job"];

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Each metric of a daemon that has turned, with its labels.
async fn known() -> BTreeMap<String, BTreeSet<String>> {
    let expires = Timestamp::now().saturating_add(SignedDuration::from_hours(1000)).expect("in time");
    let options = Options { github_token_expires: Some(expires), ..Options::default() };
    let site = Site::of(shipped(), WRITES, &[], options, Clock::system()).await;
    site.turn().await;
    let scrape = Scrape::of(&site.get("/metrics").await);
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for sample in scrape.samples {
        let labels = sample.labels.into_keys().chain(OF_PROMETHEUS.map(str::to_owned));
        known.entry(sample.name).or_default().extend(labels);
    }
    known
}

/// What an expression names that isn't there.
fn missing(expression: &str, known: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let named = named(expression).unwrap_or_else(|why| panic!("{why}: {expression}"));
    assert!(!named.metrics.is_empty(), "{expression} names no metric");
    let mut missing = Vec::new();
    for (metric, label) in &named.metrics {
        match (known.get(metric), label) {
            (None, _) => missing.push(metric.clone()),
            (Some(labels), Some(label)) if !labels.contains(label) => missing.push(format!("{metric}{{{label}}}")),
            _ => {}
        }
    }
    let of_all = |label: &&String| {
        named.metrics.iter().filter_map(|(metric, _)| known.get(metric)).all(|labels| labels.contains(*label))
    };
    missing.extend(named.labels.iter().filter(|label| !of_all(label)).map(|label| format!("label {label}")));
    missing
}

#[tokio::test(flavor = "multi_thread")]
async fn the_alert_rules_name_only_what_there_is() {
    let known = known().await;
    let rules = YamlLoader::load_from_str(&read("alerts.yaml")).expect("YAML");
    let text = |yaml: &Yaml, key: &str| yaml[key].as_str().unwrap_or_else(|| panic!("no {key}: {yaml:?}")).to_owned();
    let mut names = BTreeSet::new();
    for group in rules[0]["groups"].as_vec().expect("groups") {
        for rule in group["rules"].as_vec().expect("rules") {
            let name = text(rule, "alert");
            assert_eq!(missing(&text(rule, "expr"), &known), Vec::<String>::new(), "{name}");
            assert!(["critical", "warning", "info"].contains(&text(&rule["labels"], "severity").as_str()), "{name}");
            let told = text(&rule["annotations"], "summary") + &text(&rule["annotations"], "description");
            let named: Vec<&str> =
                told.split("$labels.").skip(1).map(|rest| rest.split(' ').next().expect("a word")).collect();
            for label in named {
                let metrics = crate::promql::named(&text(rule, "expr")).expect("an expression").metrics;
                assert!(metrics.iter().all(|(metric, _)| known[metric].contains(label)), "{name} tells {label}");
            }
            if let Some(wait) = rule["for"].as_str() {
                assert!(wait.trim_end_matches(['m', 'h', 'd']).parse::<u32>().is_ok_and(|n| n > 0), "{name}: {wait}");
            }
            assert!(names.insert(name.clone()), "{name} comes twice");
        }
    }
    for wanted in
        ["Absent", "NotReady", "TrackerStale", "CyclesFailing", "PlanWaiting", "QuarantineGrowing", "TokenExpiring"]
    {
        assert!(names.contains(&format!("Roadmapd{wanted}")), "{wanted} is missing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_names_only_what_there_is_and_imports_as_one() {
    let known = known().await;
    let dashboard: Value = serde_json::from_str(&read("grafana.json")).expect("JSON");
    assert!(dashboard["id"].is_null() && dashboard["uid"] == "roadmapd" && dashboard["schemaVersion"].is_u64());
    let variables = dashboard["templating"]["list"].as_array().expect("variables");
    let declared: BTreeSet<&str> = variables.iter().filter_map(|variable| variable["name"].as_str()).collect();
    for variable in variables.iter().filter(|variable| variable["type"] == "query") {
        let query = variable["query"]["query"].as_str().expect("a query");
        let (metric, label) =
            query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')')?.split_once(", ")).expect(query);
        assert!(known.get(metric).is_some_and(|labels| labels.contains(label)), "{query}");
    }
    let (mut ids, mut places, mut used) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for panel in dashboard["panels"].as_array().expect("panels") {
        let title = panel["title"].as_str().expect("a title");
        assert!(ids.insert(panel["id"].as_u64().expect("an id")), "{title}: its id comes twice");
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().expect("a place"));
        assert!(x + w <= 24, "{title} is too wide");
        for square in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(places.insert(square), "{title} lies on another panel");
        }
        if panel["type"] == "row" {
            continue;
        }
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title} has no unit");
        for target in panel["targets"].as_array().expect("targets") {
            let expression = target["expr"].as_str().expect("an expression");
            assert_eq!(missing(expression, &known), Vec::<String>::new(), "{title}");
            used.extend(named(expression).expect("an expression").metrics.into_iter().map(|(metric, _)| metric));
            let sources = [&panel["datasource"]["uid"], &target["datasource"]["uid"]];
            assert!(sources.iter().all(|uid| **uid == "${datasource}"), "{title}");
            for variable in expression.split('$').skip(1) {
                let variable: String = variable.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                assert!(variable.starts_with("__") || declared.contains(variable.as_str()), "{title}: ${variable}");
            }
            let legend = target["legendFormat"].as_str().expect("a legend");
            for label in legend.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(label, _)| label) {
                let grouped = named(expression).expect("an expression").labels;
                assert!(grouped.contains(label) || OF_PROMETHEUS.contains(&label), "{title}: {legend}");
            }
        }
    }
    // What the daemon tells and nobody looks at would be noise.
    let alerts = read("alerts.yaml");
    let unseen: Vec<&String> =
        known.keys().filter(|metric| !used.contains(*metric) && !alerts.contains(*metric)).collect();
    let fine = |metric: &str| {
        ["_count", "_sum", "_info"].iter().any(|end| metric.ends_with(end))
            || [
                "roadmapd_start_time_seconds",
                "roadmapd_cycle_running",
                "roadmapd_tracker_failed",
                "roadmapd_requests_sent_total",
            ]
            .contains(&metric)
            || ["roadmapd_api_budget_reset_time_seconds", "roadmapd_stage_duration_seconds_bucket"].contains(&metric)
    };
    assert!(unseen.iter().all(|metric| fine(metric)), "{unseen:?}");
}
