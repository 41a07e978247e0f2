//! `/metrics`: Tally, Vitals and Picture -> families. Labels are trackers, scopes and fixed words, never an issue, a repository
//! or a person: there are few of them, and no name is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;
use tracing::warn;

use super::Site;
use super::exposition::{Families, KIND};
use super::picture::Picture;
use super::probes::answer;
use super::vitals::{Vital, Vitals};
use crate::daemon::{Ending, Present, Stage, Tally};
use crate::model::{Aspect, Level, Timestamp};
use crate::tracker::Fetch;

/// What stands for the settings outside of all scopes.
const NO_SCOPE: &str = "(none)";
/// Outcomes of edits, told even where none had it yet: a series that begins at 1 is no increase to Prometheus.
const OUTCOMES: [&str; 5] = ["done", "failed", "refused", "superseded", "unknown"];

/// `GET /metrics`. Where the store can't be read, what the process itself knows is told all the same.
pub(super) async fn show(State(site): State<Arc<Site>>) -> Response {
    let present = site.watch.now();
    let mut families = Families::default();
    of_the_process(&mut families, &present);
    let still = site.pulse.still_for(&present).unwrap_or_default();
    families
        .seconds("roadmapd_cycle_still", "How long the cycle that runs has sent no request; 0: none runs")
        .of([], still.as_secs_f64());
    let vitals = match Vitals::read(present.clone(), &site.store).await {
        Ok(vitals) => Some(vitals),
        Err(trouble) => {
            warn!("metrics are told without what is in the store: {trouble}");
            None
        }
    };
    families
        .gauge("roadmapd_ready", "1: the settings are loaded and the store can be read")
        .of([], flag(vitals.is_some()));
    if let Some(vitals) = &vitals {
        of_trackers(&mut families, vitals);
        of_people(&mut families, vitals);
        families
            .gauge("roadmapd_cycle_overdue", "1: no cycle runs, and one should have ended by now")
            .of([], flag(vitals.overdue().is_some()));
        match site.drawn().await {
            Ok(picture) => of_the_roadmap(&mut families, &picture),
            Err(why) => warn!("metrics are told without the roadmap: {why}"),
        }
    }
    match families.text() {
        Ok(text) => answer(StatusCode::OK, KIND, text),
        Err(error) => {
            let why = format!("the metrics can't be written: {error}\n");
            answer(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", why)
        }
    }
}

/// What is known without the store.
fn of_the_process(families: &mut Families, present: &Present) {
    let tally = &present.tally;
    families.info("roadmapd_build", "The version that runs").of([("version", env!("CARGO_PKG_VERSION"))], 1.0);
    families.seconds("roadmapd_start_time", "When the daemon started, in Unix time").of([], unix(tally.started));
    families
        .gauge(
            "roadmapd_settings_outdated",
            "1: the configuration was changed, and an earlier one runs since it doesn't check or takes a restart",
        )
        .of([], flag(present.outdated));
    families
        .gauge("roadmapd_rules_refused", "Own rules of the configuration that are refused and count for nothing")
        .of([], present.works.settings.refused.len() as f64);
    of_cycles(families, present, tally);
    let edits = families.counter("roadmapd_edits", "Edits that were sent to a tracker, by what became of them");
    for tracker in &present.works.trackers {
        for outcome in OUTCOMES {
            let count = tally.edits.get(&(tracker.name().clone(), outcome)).copied().unwrap_or(0);
            edits.of([("tracker", tracker.name().as_str()), ("outcome", outcome)], count as f64);
        }
    }
    let requests = families
        .counter("roadmapd_requests", "Requests that were sent to a tracker, by the class of the answer's status");
    for tracker in &present.works.trackers {
        for (way, count) in tally.requests(&**tracker).by_answer() {
            requests.of([("tracker", tracker.name().as_str()), ("status", way.name())], count as f64);
        }
    }
    let sent =
        families.counter("roadmapd_requests_sent", "Requests that were sent to a tracker, by what they were for");
    for tracker in &present.works.trackers {
        let requests = tally.requests(&**tracker);
        sent.of([("tracker", tracker.name().as_str()), ("effect", "read")], requests.reads as f64);
        sent.of([("tracker", tracker.name().as_str()), ("effect", "write")], requests.writes as f64);
    }
    let retries = families.counter("roadmapd_request_retries", "Requests that were tried again");
    for tracker in &present.works.trackers {
        retries.of([("tracker", tracker.name().as_str())], tally.requests(&**tracker).retries as f64);
    }
    let webhooks = families.counter("roadmapd_webhooks", "Webhooks that came, by what became of them");
    for name in present.works.settings.webhook_secrets.keys() {
        for (heard, count) in present.hints.counted(name) {
            webhooks.of([("tracker", name.as_str()), ("outcome", heard.name())], count as f64);
        }
    }
    if let Some(bytes) = resident_bytes() {
        let (name, help) = ("process_resident_memory", "Memory of the process that is in RAM");
        families.add(name, help, Some(Unit::Bytes), MetricType::Gauge).of([], bytes);
    }
}

fn of_cycles(families: &mut Families, present: &Present, tally: &Tally) {
    let cycles = families.counter("roadmapd_cycles", "Cycles that ended, by how");
    for (ending, count) in Ending::ALL.into_iter().zip(tally.cycles) {
        cycles.of([("outcome", ending.name())], count as f64);
    }
    families
        .gauge("roadmapd_cycles_failed_in_a_row", "How many of the last cycles failed, one after the other")
        .of([], tally.failed_in_a_row as f64);
    families.gauge("roadmapd_cycle_running", "1: a cycle runs").of([], flag(present.turning));
    if let Some(at) = tally.last_end {
        families.seconds("roadmapd_cycle_last_end", "When the last cycle ended, in Unix time").of([], unix(at));
    }
    families.histogram("roadmapd_cycle_duration", "How long cycles took").spent([], &tally.whole);
    let stages =
        families.histogram("roadmapd_stage_duration", "How long the stages of cycles took, where a cycle came to them");
    for (stage, spent) in Stage::ALL.into_iter().zip(&tally.stages) {
        stages.spent([("stage", stage.name())], spent);
    }
}

fn of_trackers(families: &mut Families, vitals: &Vitals) {
    let now = vitals.now;
    let mut tell = |seconds: bool, name, help, value: &dyn Fn(&Vital) -> Option<f64>| {
        let family = if seconds { families.seconds(name, help) } else { families.gauge(name, help) };
        for tracker in &vitals.trackers {
            if let Some(value) = value(tracker) {
                family.of([("tracker", &tracker.name)], value);
            }
        }
    };
    tell(
        true,
        "roadmapd_tracker_staleness",
        "How long ago a tracker was last read to its end; absent: never",
        &|tracker| tracker.read.map(|read| now.duration_since(read).as_secs_f64().max(0.0)),
    );
    tell(true, "roadmapd_tracker_stale_max", "The strictest stale_max that holds for a tracker", &|tracker| {
        Some(tracker.stale_max.as_secs_f64())
    });
    tell(
        false,
        "roadmapd_tracker_stale",
        "1: a tracker is older than its stale_max though a cycle was due; nothing is written",
        &|tracker| Some(flag(tracker.stale)),
    );
    tell(false, "roadmapd_tracker_failed", "1: the last reading of a tracker failed", &|tracker| {
        Some(flag(tracker.failed.is_some()))
    });
    tell(
        false,
        "roadmapd_api_budget_remaining",
        "Requests that a tracker still answers by its own limit; absent: it doesn't say",
        &|tracker| tracker.left.map(|left| left.remaining as f64),
    );
    tell(false, "roadmapd_api_budget_limit", "Of how many requests", &|tracker| {
        tracker.left.and_then(|left| left.limit).map(|limit| limit as f64)
    });
    tell(true, "roadmapd_api_budget_reset_time", "When all of them are there again, in Unix time", &|tracker| {
        tracker.left.and_then(|left| left.resets).map(unix)
    });
    tell(
        true,
        "roadmapd_token_expiry_time",
        "When a tracker's token expires, in Unix time; absent: no expiry is known",
        &|tracker| tracker.expires.map(unix),
    );
}

fn of_people(families: &mut Families, vitals: &Vitals) {
    families
        .gauge("roadmapd_plan_waiting", "1: a plan waits for a person's yes")
        .of([], flag(vitals.waiting.is_some()));
    families.gauge("roadmapd_paused", "1: writing is paused by a person").of([], flag(vitals.paused.is_some()));
}

/// What the page's readers may see of the roadmap, counted.
fn of_the_roadmap(families: &mut Families, picture: &Picture) {
    let scopes = picture.settings.scopes().iter().map(|scope| scope.name.as_str());
    let scopes: BTreeSet<&str> = scopes.chain([NO_SCOPE]).collect();
    let mut counts: BTreeMap<(&str, Level), usize> = BTreeMap::new();
    for index in &picture.order {
        let (item, score) = picture.item(*index);
        if !item.status.is_open() {
            continue;
        }
        let scope = picture.settings.scope_of(&item.founder().container).unwrap_or(NO_SCOPE);
        let readiness = score.readiness.as_ref().map(|readiness| Level::Readiness(readiness.level));
        let levels = [Level::Priority(score.priority.level), Level::Complexity(score.complexity.level)];
        for level in levels.into_iter().chain(readiness) {
            *counts.entry((scope, level)).or_default() += 1;
        }
    }
    let items = families.gauge("roadmapd_items", "Open items that the page's readers may see, by scope and level");
    for scope in scopes {
        for (aspect, level) in
            Aspect::ALL.into_iter().flat_map(|aspect| aspect.levels().into_iter().map(move |level| (aspect, level)))
        {
            let count = counts.get(&(scope, level)).copied().unwrap_or(0);
            items.of([("scope", scope), ("aspect", aspect.name()), ("level", level.name())], count as f64);
        }
    }
    let trackers: Vec<&str> = picture.settings.trackers.iter().map(|tracker| tracker.name().as_str()).collect();
    let aside: Vec<&str> =
        picture.privacy.of_keys(&picture.view.thought.plan.quarantined).map(|(key, _)| key.tracker.as_str()).collect();
    let quarantined = families.gauge(
        "roadmapd_quarantined_issues",
        "Issues that are set aside since the tracker keeps refusing their changes",
    );
    for tracker in trackers {
        quarantined.of([("tracker", tracker)], aside.iter().filter(|one| **one == tracker).count() as f64);
    }
    let held = |aspect: Aspect, fought: bool| {
        let of_aspect = picture.held.iter().filter(|hold| hold.aspect == aspect);
        of_aspect.filter(|hold| !fought || hold.reason == "fought over").count() as f64
    };
    let holds = families.gauge("roadmapd_holds", "Values that people hold, fights among them");
    Aspect::ALL.into_iter().for_each(|aspect| {
        holds.of([("aspect", aspect.name())], held(aspect, false));
    });
    let fights =
        families.gauge("roadmapd_fights", "Values that were left to people since they reversed ours again and again");
    Aspect::ALL.into_iter().for_each(|aspect| {
        fights.of([("aspect", aspect.name())], held(aspect, true));
    });
}

fn flag(is: bool) -> f64 {
    f64::from(u8::from(is))
}

fn unix(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

/// As Linux tells it; None elsewhere.
fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024.0)
}
