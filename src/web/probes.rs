//! `/livez`, `/readyz`, `/health`: what kubelets, load balancers and monitors ask.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};
use jiff::SignedDuration;
use serde::Serialize;
use tracing::warn;

use super::Site;
use super::metrics;
use super::vitals::{Vital, Vitals};
use crate::plan::Need;
use crate::tracker::EXPIRES_SOON;

/// Cycles that failed one after the other before that is told: one is what a restart of a tracker costs.
const FAILED_MAX: u64 = 3;
/// A cycle that sends nothing for so long is told: each wait in it ends within a few minutes.
const STILL_MAX: SignedDuration = SignedDuration::from_mins(10);
/// And so long is beyond hope: only a new process helps.
const HUNG: SignedDuration = SignedDuration::from_mins(30);

pub(super) fn router() -> Router<Arc<Site>> {
    Router::new()
        .route("/livez", get(live))
        .route("/readyz", get(ready))
        .route("/health", get(health))
        .route("/metrics", get(metrics::show))
}

/// Whether everybody is answered: what they hear is a sentence without names.
pub(super) fn is_open(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz")
}

/// Whether a path is asked for by programs, and a refusal is JSON.
pub(super) fn is_probe(path: &str) -> bool {
    is_open(path) || matches!(path, "/health" | "/metrics")
}

/// `GET /livez`. Not: whether trackers answer. A new process would not help against that.
async fn live(State(site): State<Arc<Site>>) -> Response {
    if !site.watch.lives() {
        return said(StatusCode::SERVICE_UNAVAILABLE, "the daemon's loop has ended; restart it");
    }
    if site.pulse.still_for(&site.watch.now()).is_some_and(|still| still > HUNG) {
        return said(StatusCode::SERVICE_UNAVAILABLE, "a cycle hangs; restart the daemon, the next cycle goes on");
    }
    said(StatusCode::OK, "ok")
}

/// `GET /readyz`. The page is served from when the settings have been checked and the store was opened, so what can be missing
/// is the store.
async fn ready(State(site): State<Arc<Site>>) -> Response {
    match site.store.last_cycle().await {
        Ok(_) => said(StatusCode::OK, "ok"),
        Err(trouble) => {
            warn!("not ready: {trouble}");
            said(StatusCode::SERVICE_UNAVAILABLE, "the store can't be read; the log says why")
        }
    }
}

/// `GET /health`.
async fn health(State(site): State<Arc<Site>>) -> Response {
    let present = site.watch.now();
    let known = site.known(&present);
    let still = site.pulse.still_for(&present);
    let mut health = match Vitals::read(present, &site.store).await {
        Ok(vitals) => Health::of(&vitals, still, known),
        Err(trouble) => {
            warn!("not healthy: {trouble}");
            let next = if known { trouble.to_string() } else { "the log says why".to_owned() };
            Health::failing(Reason::new("store", "the store can't be read", &next))
        }
    };
    if !site.watch.lives() {
        health.fails(Reason::new("loop", "the daemon's loop has ended", "restart it"));
    }
    let status = if health.reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    match serde_json::to_string(&health) {
        Ok(text) => answer(status, "application/json", text),
        Err(error) => said(StatusCode::INTERNAL_SERVER_ERROR, &format!("the answer can't be written: {error}")),
    }
}

fn said(status: StatusCode, sentence: &str) -> Response {
    answer(status, "text/plain; charset=utf-8", format!("{sentence}\n"))
}

/// What is true only now.
pub(super) fn answer(status: StatusCode, kind: &'static str, text: String) -> Response {
    let mut answer = Response::new(Body::from(text));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// How it is.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    /// ok or failing.
    status: &'static str,
    /// What is wrong; empty when it is ok.
    reasons: Vec<Reason>,
    /// What a person should know though it is no failure.
    notes: Vec<Reason>,
    /// How fresh each tracker is.
    trackers: Vec<Freshness>,
}

/// One thing that is wrong or worth knowing.
#[derive(Debug, Serialize)]
pub(super) struct Reason {
    /// What, in a word.
    what: &'static str,
    /// The tracker that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    tracker: Option<String>,
    /// A sentence.
    why: String,
    /// What to do about it.
    next: String,
}

impl Reason {
    fn new(what: &'static str, why: &str, next: &str) -> Self {
        Self { what, tracker: None, why: why.to_owned(), next: next.to_owned() }
    }

    fn about(tracker: &Vital, what: &'static str, why: String, next: &str) -> Self {
        Self { what, tracker: Some(tracker.name.clone()), why, next: next.to_owned() }
    }
}

/// How fresh a tracker is.
#[derive(Debug, Serialize)]
struct Freshness {
    /// Its name.
    tracker: String,
    /// When it was last read to its end; null: never.
    read: Option<String>,
    /// How long ago, in seconds.
    age_s: Option<i64>,
    /// The strictest `stale_max` that holds for it, in seconds.
    stale_max_s: i64,
    /// Whether the last reading failed.
    failed: bool,
}

impl Health {
    fn failing(reason: Reason) -> Self {
        Self { status: "failing", reasons: vec![reason], notes: Vec::new(), trackers: Vec::new() }
    }

    fn fails(&mut self, reason: Reason) {
        self.status = "failing";
        self.reasons.push(reason);
    }

    /// `known`: whoever asks may hear sentences that name issues and repositories.
    fn of(vitals: &Vitals, still: Option<SignedDuration>, known: bool) -> Self {
        let mut reasons: Vec<Reason> =
            vitals.trackers.iter().filter(|tracker| tracker.stale).map(|tracker| stale(tracker, known)).collect();
        reasons.extend(of_the_loop(vitals, still));
        let trackers = vitals.trackers.iter().map(|tracker| Freshness {
            tracker: tracker.name.clone(),
            read: tracker.read.map(|read| read.to_string()),
            age_s: tracker.read.map(|read| vitals.now.duration_since(read).as_secs().max(0)),
            stale_max_s: tracker.stale_max.as_secs(),
            failed: tracker.failed.is_some(),
        });
        let trackers = trackers.collect();
        let status = if reasons.is_empty() { "ok" } else { "failing" };
        Self { status, reasons, notes: notes(vitals, known), trackers }
    }
}

fn stale(tracker: &Vital, known: bool) -> Reason {
    let since = tracker.read.map_or("it was never read whole".to_owned(), |read| format!("it was last read at {read}"));
    let why = format!("{} is stale: {since}; nothing is written anywhere until it is read again", tracker.name);
    let next = match tracker.failed.as_ref().filter(|_| known) {
        Some(sentence) => sentence.as_str(),
        None => "the log and `roadmapd history` say what failed; `roadmapd check --online` asks the tracker now",
    };
    Reason::about(tracker, "stale_tracker", why, next)
}

fn of_the_loop(vitals: &Vitals, still: Option<SignedDuration>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let failed = vitals.present.tally.failed_in_a_row;
    if failed >= FAILED_MAX {
        let why = format!("the last {failed} cycles failed");
        reasons.push(Reason::new("failing_cycles", &why, "the log and `roadmapd history` say why"));
    }
    if let Some(due) = vitals.overdue() {
        let why = format!("no cycle runs, and one should have ended by {due}");
        reasons.push(Reason::new("overdue", &why, "see the log; restart the daemon"));
    }
    if let Some(still) = still.filter(|still| *still > STILL_MAX) {
        let why = format!("the cycle that runs has sent no request for {} minutes", still.as_mins());
        reasons.push(Reason::new("stuck", &why, "see the log; restart the daemon, the next cycle goes on"));
    }
    reasons
}

fn notes(vitals: &Vitals, known: bool) -> Vec<Reason> {
    let mut notes = Vec::new();
    if let Some(plan) = &vitals.waiting {
        let (why, next) = if known {
            let next = format!("`roadmapd plan` shows it, `roadmapd approve {}` applies it", plan.reviewed.fingerprint);
            (format!("a plan waits for a person's yes: {}", plan.detail), next)
        } else {
            let what = if plan.need == Need::Limits { "it is past the safety limits" } else { "it is a first contact" };
            let next = "`roadmapd plan` shows it, `roadmapd approve FINGERPRINT` applies it";
            (format!("a plan waits for a person's yes: {what}"), next.to_owned())
        };
        notes.push(Reason::new("plan_waits", &why, &next));
    }
    if let Some(since) = vitals.paused {
        notes.push(Reason::new("paused", &format!("writing is paused since {since}"), "`roadmapd resume` ends that"));
    }
    if vitals.present.outdated {
        let why = "the configuration as it is now doesn't check or takes a restart; an earlier one runs";
        notes.push(Reason::new("settings", why, "`roadmapd check` says what it has; then reload or restart"));
    }
    if let refused @ 1.. = vitals.present.works.settings.refused.len() {
        let why = match refused {
            1 => "1 own rule of the configuration is refused and counts for nothing".to_owned(),
            _ => format!("{refused} own rules of the configuration are refused and count for nothing"),
        };
        notes.push(Reason::new("rules_refused", &why, "`roadmapd check` says what they have; then reload or restart"));
    }
    for tracker in &vitals.trackers {
        if let Some(at) = tracker.expires.filter(|at| at.duration_since(vitals.now) < EXPIRES_SOON) {
            let why = format!("the token of {} expires at {at}", tracker.name);
            notes.push(Reason::about(tracker, "token_expires", why, "make a new one and put it where the old one is"));
        }
        if tracker.read.is_none() && !tracker.stale {
            let why = format!("{} was never read whole", tracker.name);
            notes.push(Reason::about(tracker, "unread", why, "the next cycle reads it"));
        }
    }
    notes
}
