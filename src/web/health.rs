//! Health: what is well and what isn't. Trackers, freshness, budgets, holds, fights, what is set aside, and what is due.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use maud::{Markup, html};

use super::answer::Hold;
use super::layout::{self, moment};
use super::picture::Picture;
use super::reply::html_page;
use super::roadmap::count;
use super::text::{fit, item_path};
use super::{Site, cycles, trouble};
use crate::daemon::{Heard, Held, Present};
use crate::model::{Level, Timestamp};
use crate::store::{CycleRecord, Request, Store, StoreTrouble, TrackerState};
use crate::tracker::{EXPIRES_SOON, Fetch, Left, Requests};

/// Holds that the view lists; the API has them all.
const HOLDS_SHOWN: usize = 200;
/// Issues that are set aside, findings, requests of people: as many of each.
const LISTED: usize = 100;

/// What the view is made of besides the picture.
struct Checkup {
    present: Present,
    now: Timestamp,
    trackers: Vec<Tracker>,
    last: Option<CycleRecord>,
    paused: Option<Timestamp>,
    asked: Vec<Request>,
}

struct Tracker {
    name: String,
    state: TrackerState,
    expires: Option<Timestamp>,
    left: Option<Left>,
    requests: Requests,
    /// What came of its webhooks. None: they aren't heard.
    heard: Option<[(Heard, u64); Heard::ALL.len()]>,
}

/// `GET /status`; `/health` is for probes.
pub(super) async fn show(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let picture = match site.picture().await {
        Ok(picture) => picture,
        Err(refusal) => return refusal,
    };
    match checkup(site.watch.now(), &site.store, &picture).await {
        Ok(checkup) => html_page(&headers, site.page("Health", Some("/status"), &picture, &view(&picture, &checkup))),
        Err(why) => trouble(&why, false),
    }
}

async fn checkup(present: Present, store: &Store, picture: &Picture) -> Result<Checkup, StoreTrouble> {
    let mut trackers = Vec::new();
    let secrets = &present.works.settings.webhook_secrets;
    for tracker in &present.works.trackers {
        let heard = secrets.contains_key(tracker.name()).then(|| present.hints.counted(tracker.name()));
        trackers.push(Tracker {
            heard,
            name: tracker.name().to_string(),
            state: store.tracker(tracker.name()).await?,
            expires: tracker.expires(),
            left: tracker.left(),
            requests: present.tally.requests(&**tracker),
        });
    }
    let shown = |request: &Request| match request {
        Request::Retry { key } | Request::Release { key, .. } => picture.find(&key.to_string()).is_some(),
        Request::Link { a, b } | Request::Unlink { a, b } => {
            picture.find(&a.to_string()).is_some() && picture.find(&b.to_string()).is_some()
        }
        _ => true,
    };
    let asked = store.asked().await?.into_iter().map(|(_, request)| request).filter(shown).collect();
    Ok(Checkup {
        now: present.works.clock.now(),
        present,
        trackers,
        last: store.cycles(1).await?.pop(),
        paused: store.paused().await?,
        asked,
    })
}

fn view(picture: &Picture, checkup: &Checkup) -> Markup {
    html! {
        div.head { h1 { "Health" } }
        @if let Some(since) = checkup.paused {
            p.note { "Writing is paused since " (moment(since, &picture.settings.daemon.timezone)) ". " code { "roadmapd resume" } " ends that." }
        }
        @if let Some(waiting) = &picture.waiting { (cycles::waits(picture, waiting)) }
        (schedule(picture, checkup))
        section aria-labelledby="trackers" {
            h2 #trackers { "Trackers" }
            div.faces { @for tracker in &checkup.trackers { (self::tracker(picture, checkup, tracker)) } }
        }
        (aside(picture))
        (holds(picture))
        (findings(picture, checkup))
    }
}

fn schedule(picture: &Picture, checkup: &Checkup) -> Markup {
    let daemon = &picture.settings.daemon;
    let zone = &daemon.timezone;
    html! {
        section.panel aria-labelledby="schedule" {
            h2 #schedule { "Schedule" }
            dl {
                dt { "Now" } dd { @if checkup.present.turning { "a cycle runs" } @else { "it waits for the next tick" } }
                dt { "Next cycle" }
                dd { @match checkup.present.next { Some(next) => (moment(next, zone)), None => span.muted { "not by the schedule" } } " " code { (daemon.schedule) } }
                dt { "Next census" }
                dd { @if let Some(next) = daemon.census.next_after(checkup.now, zone) { (moment(next, zone)) " " } code { (daemon.census) } }
                dt { "Last cycle" }
                dd {
                    @match &checkup.last {
                        Some(last) => { a href={ "/cycles/" (last.n) } { (last.n) } ", " (moment(last.begun, zone)) @if last.interrupted { " " span.bad { "interrupted" } } },
                        None => span.muted { "none yet" },
                    }
                }
                @let astray = checkup.present.hints.astray();
                @if astray > 0 { dt { "Webhooks astray" } dd { (count(usize::try_from(astray).unwrap_or(usize::MAX), "request that names no tracker", "requests that name no tracker")) } }
                @for request in checkup.asked.iter().take(LISTED) { dt { "Asked by a person" } dd { (said(request)) } }
            }
        }
    }
}

fn said(request: &Request) -> String {
    match request {
        Request::Approve { fingerprint } => format!("approve {fingerprint}"),
        Request::Pause => "pause".to_owned(),
        Request::Resume => "resume".to_owned(),
        Request::Retry { key } => format!("retry {key}"),
        Request::Release { key, aspect } => format!("release {key} {}", aspect.map_or("", |aspect| aspect.name())),
        Request::Link { a, b } => format!("link {a} {b}"),
        Request::Unlink { a, b } => format!("unlink {a} {b}"),
    }
}

fn tracker(picture: &Picture, checkup: &Checkup, tracker: &Tracker) -> Markup {
    let zone = &picture.settings.daemon.timezone;
    let state = &tracker.state;
    let withholds = picture.privacy.withholds();
    html! {
        article.panel {
            h3 { (tracker.name) " " (freshness(state)) }
            dl {
                dt { "Last read" } dd { @match state.last_whole { Some(at) => (moment(at, zone)), None => span.bad { "never whole" } } }
                dt { "Last census" } dd { @match state.last_census { Some(at) => (moment(at, zone)), None => span.muted { "none yet" } } @if !state.bookmarks.is_empty() { " (one is under way)" } }
                @if !withholds { dt { "Reads" } dd { (count(state.containers.len(), "repository or project", "repositories and projects")) } }
                dt { "Requests" } dd { (tracker.requests.reads) " read, " (tracker.requests.writes) " wrote, " (tracker.requests.retries) " tried again since the start" }
                dt { "Webhooks" }
                dd { @match &tracker.heard { Some(heard) => (webhooks(heard)), None => span.muted { "not heard" } } }
                dt { "API budget left" }
                dd { @match &tracker.left { Some(left) => (budget(left, zone)), None => span.muted { "the tracker doesn't say" } } }
                dt { "Credential" }
                dd {
                    @match tracker.expires {
                        Some(at) if at.duration_since(checkup.now) < EXPIRES_SOON => span.bad { "expires " (moment(at, zone)) "; make a new one in time" },
                        Some(at) => { "expires " (moment(at, zone)) },
                        None => span.muted { "no expiry is known" },
                    }
                }
            }
            @if let Some((at, sentence)) = &state.failed {
                p.alert { "Reading failed " (moment(*at, zone)) ": " (layout::sentence(&if withholds { cycles::WITHHELD.to_owned() } else { fit(sentence, 600) })) }
            }
            @if !withholds && !state.findings.is_empty() {
                ul.plain { @for finding in state.findings.iter().take(LISTED) { li { (fit(finding, 400)) } } }
            }
        }
    }
}

/// How many came to what since the start.
fn webhooks(heard: &[(Heard, u64)]) -> Markup {
    html! {
        @for (nth, (heard, count)) in heard.iter().enumerate() {
            @if nth > 0 { ", " }
            span class=[(*heard == Heard::Forged && *count > 0).then_some("bad")] { (count) " " (heard.name()) }
        }
    }
}

fn freshness(state: &TrackerState) -> Markup {
    html! {
        @match (&state.failed, state.whole) {
            (Some(_), _) => span.bad { "can't be read" },
            (None, true) => span.good { "✓ read" },
            (None, false) => span.muted { "not read yet" },
        }
    }
}

fn budget(left: &Left, zone: &jiff::tz::TimeZone) -> Markup {
    let low = left.limit.is_some_and(|limit| left.remaining.saturating_mul(10) < limit);
    html! {
        span class=[low.then_some("bad")] { (left.remaining) @if let Some(limit) = left.limit { " of " (limit) } " requests" }
        @if let Some(resets) = left.resets { ", full again " (moment(resets, zone)) }
    }
}

/// Issues whose changes the tracker keeps refusing.
fn aside(picture: &Picture) -> Markup {
    let all: Vec<_> = picture.privacy.of_keys(&picture.view.thought.plan.quarantined).collect();
    html! {
        section.panel aria-labelledby="aside" {
            h2 #aside { "Set aside" }
            @if all.is_empty() { p.muted { "No issue keeps failing." } }
            ul.plain {
                @for (key, why) in all.iter().take(LISTED) {
                    li { a.key href=(item_path(&key.to_string())) { (key) } " " (fit(&picture.privacy.told(why), 500)) }
                }
                @if all.len() > LISTED { li.muted { "and " (all.len() - LISTED) " more" } }
            }
        }
    }
}

/// What people hold: by whom, since when, how far from the computed level; fights first.
fn holds(picture: &Picture) -> Markup {
    let mut held: Vec<_> = picture.held.iter().collect();
    held.sort_by_key(|hold| (hold.reason != "fought over", !hold.frozen));
    let fights = held.iter().filter(|hold| hold.reason == "fought over").count();
    html! {
        section aria-labelledby="holds" {
            h2 #holds { "Holds " span.count { (held.len()) @if fights > 0 { ", of which " (count(fights, "fight", "fights")) } } }
            @if held.is_empty() { p.muted { "Nobody holds anything." } } @else {
                div.scroll tabindex="0" role="group" aria-labelledby="holds" {
                    table.framed.stack role="table" {
                        (layout::columns(&[
                            ("Issue", false), ("Level", false), ("Held at", false), ("Computed", false), ("Apart", false), ("Who", false),
                            ("Since", false), ("Why", false),
                        ]))
                        tbody role="rowgroup" { @for hold in held.iter().take(HOLDS_SHOWN) { (self::hold(picture, hold)) } }
                    }
                }
                p.muted {
                    @if held.len() > HOLDS_SHOWN { (HOLDS_SHOWN) " of " (held.len()) " are listed; " code { "roadmapd holds" } " lists all. " }
                    code { "roadmapd release KEY" } " hands one back."
                }
            }
        }
    }
}

fn hold(picture: &Picture, held: &Held) -> Markup {
    let hold = Hold::of(held);
    let drift = drift(held);
    html! {
        tr role="row" {
            td role="cell" data-label="Issue" { a.key href=(item_path(&hold.issue)) { (fit(&hold.issue, 80)) } }
            td role="cell" data-label="Level" { (hold.field) }
            td.mono role="cell" data-label="Held at" { (fit(hold.theirs.as_deref().unwrap_or("nothing"), 60)) }
            td role="cell" data-label="Computed" { @match held.computed { Some(Level::Priority(level)) => (layout::priority(level.name())), Some(level) => (level.name()), None => "–" } }
            td.number role="cell" data-label="Apart" { @match drift { Some(0) => "same", Some(1) => "1 level", Some(apart) => { (apart) " levels" }, None => "–" } }
            td role="cell" data-label="Who" { (fit(&hold.who, 60)) }
            td role="cell" data-label="Since" { @match held.since { Some(since) => (moment(since, &picture.settings.daemon.timezone)), None => "now" } }
            td role="cell" data-label="Why" { (if hold.reason == "found" { "was there before us" } else { &hold.reason }) @if hold.frozen { " " span.bad { "people disagree" } } }
        }
    }
}

/// How many levels a hold is from what would be found. None: what is held spells no level.
fn drift(held: &Held) -> Option<usize> {
    let levels = held.aspect.levels();
    let place = |level: Level| levels.iter().position(|known| *known == level);
    Some(place(held.level?)?.abs_diff(place(held.computed?)?))
}

/// What a person should know though nothing failed.
fn findings(picture: &Picture, checkup: &Checkup) -> Markup {
    let thought = &picture.view.thought;
    let all: Vec<String> = if picture.privacy.withholds() {
        Vec::new()
    } else {
        let circles = thought.roadmap.cycles.iter().map(|cycle| &cycle.why);
        let known = thought.roadmap.findings.iter().chain(&thought.scores.findings).chain(circles);
        known.chain(&checkup.present.works.settings.warnings).map(|finding| picture.privacy.told(finding)).collect()
    };
    html! {
        @if !all.is_empty() {
            section.panel aria-labelledby="findings" {
                h2 #findings { "Worth knowing" }
                ul.plain {
                    @for finding in all.iter().take(LISTED) { li { (fit(finding, 400)) } }
                    @if all.len() > LISTED { li.muted { "and " (all.len() - LISTED) " more" } }
                }
            }
        }
    }
}
