//! Cycles: what each wrote, left and asked for; the plan that waits for a person, with the command that says yes; how to undo.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};

use super::answer::{Cycle, Cycles, Journal, Planned, Summary, Waiting, Written};
use super::item::{change, outcome};
use super::layout::{self, moment};
use super::picture::Picture;
use super::reply::{html_page, problem};
use super::roadmap::count;
use super::text::{fit, item_path};
use super::{Site, trouble};
use crate::model::Timestamp;
use crate::plan::Outcome;
use crate::store::{CycleRecord, Store, StoreTrouble};

/// Cycles that are listed.
const CYCLES_SHOWN: u32 = 50;
/// Changes of one cycle on one page.
const CHANGES_SHOWN: usize = 200;
/// Edits of the waiting plan that the view names, and that the API does.
const WAITING_SHOWN: usize = 100;
const WAITING_TOLD: usize = 1000;

/// `GET /cycles`.
pub(super) async fn show(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let picture = match site.picture().await {
        Ok(picture) => picture,
        Err(refusal) => return refusal,
    };
    match list(&site.store, &picture).await {
        Ok(cycles) => html_page(&headers, site.page("Cycles", Some("/cycles"), &picture, &view(&picture, &cycles))),
        Err(why) => trouble(&why, false),
    }
}

/// `GET /cycles/N`.
pub(super) async fn one(State(site): State<Arc<Site>>, Path(n): Path<String>, headers: HeaderMap) -> Response {
    let picture = match site.picture().await {
        Ok(picture) => picture,
        Err(refusal) => return refusal,
    };
    match told(&site.store, &picture, &n).await {
        Ok(Some((cycle, journal))) => {
            let title = format!("Cycle {}", journal.cycle);
            let body = one_view(&picture, &cycle, &journal);
            html_page(&headers, site.page(&title, Some("/cycles"), &picture, &body))
        }
        Ok(None) => problem(StatusCode::NOT_FOUND, false, &unknown(&n)),
        Err(why) => trouble(&why, false),
    }
}

/// What to do about a number that no cycle has.
pub(super) fn unknown(n: &str) -> String {
    format!("there is no cycle {:?}; /cycles lists the last {CYCLES_SHOWN}", fit(n, 40))
}

/// The last cycles and the plan that waits, as this audience may know them.
pub(super) async fn list(store: &Store, picture: &Picture) -> Result<Cycles, StoreTrouble> {
    let records = store.cycles(CYCLES_SHOWN).await?;
    let mut cycles = Vec::with_capacity(records.len());
    for record in &records {
        cycles.push(known(store, picture, record).await?);
    }
    Ok(Cycles { cycles, waiting: picture.waiting.clone() })
}

/// A cycle without what this audience may not know: sentences that may name what isn't shown, and counts of it.
async fn known(store: &Store, picture: &Picture, record: &CycleRecord) -> Result<Cycle, StoreTrouble> {
    let mut cycle = Cycle::of(record);
    let Some(summary) = cycle.summary.as_mut().filter(|_| picture.privacy.withholds()) else { return Ok(cycle) };
    let (mut written, mut failed) = (0, 0);
    if summary.written != Some(0) || summary.failed != Some(0) {
        let shown = store.journal(record.n).await?;
        for entry in shown.iter().filter(|entry| picture.privacy.shows_issue(&entry.change.issue)) {
            match entry.outcome {
                Some(Outcome::Done) => written += entry.change.edits.len(),
                _ => failed += 1,
            }
        }
    }
    let approval = summary.approval.take().map(|(need, _)| (need, "a plan waits for a person".to_owned()));
    let errors = if summary.errors.is_empty() { Vec::new() } else { vec![WITHHELD.to_owned()] };
    *summary = Summary {
        written: Some(written),
        failed: Some(failed),
        skipped: None,
        waiting: None,
        approval,
        errors,
        ..summary.clone()
    };
    Ok(cycle)
}

/// In place of sentences that may be about what isn't shown.
pub(super) const WITHHELD: &str =
    "something went wrong; what it was is told to people who sign in, by the log, and by `roadmapd history`";

/// One cycle and its writes. None: there is none of that number.
pub(super) async fn told(store: &Store, picture: &Picture, n: &str) -> Result<Option<(Cycle, Journal)>, StoreTrouble> {
    let Ok(n) = n.parse::<u64>() else { return Ok(None) };
    let Some(record) = store.cycle(n).await? else { return Ok(None) };
    let cycle = known(store, picture, &record).await?;
    let mut changes = Vec::new();
    for entry in store.journal(n).await?.iter().filter(|entry| picture.privacy.shows_issue(&entry.change.issue)) {
        let mut written = Written::of(entry);
        written.edits.iter_mut().for_each(|edit| edit.why = picture.privacy.told(&edit.why));
        changes.push(written);
    }
    Ok(Some((cycle, Journal { cycle: n, changes })))
}

/// The plan that waits for a person, as far as it is about what is shown.
pub(super) async fn waiting(store: &Store, picture: &Picture) -> Result<Option<Waiting>, StoreTrouble> {
    let Some(plan) = store.waiting().await? else { return Ok(None) };
    let roadmap = &picture.view.thought.roadmap;
    let mut edits: Vec<Planned> = plan
        .reviewed
        .edits
        .iter()
        .filter(|(issue, ..)| picture.privacy.shows_issue(issue))
        .map(|(issue, field, sink, from, to)| {
            let face = roadmap.item(issue).and_then(|item| item.faces.iter().find(|face| face.id == *issue));
            let issue = face.map_or_else(|| issue.to_string(), |face| face.key.to_string());
            Planned { issue, field: field.name().to_owned(), sink: sink.0.clone(), from: from.clone(), to: to.clone() }
        })
        .collect();
    edits.sort_by(|a, b| (&a.issue, &a.field, &a.sink).cmp(&(&b.issue, &b.field, &b.sink)));
    let edits_total = edits.len();
    edits.truncate(WAITING_TOLD);
    Ok(Some(Waiting {
        fingerprint: plan.reviewed.fingerprint.clone(),
        needed: Waiting::needs(plan.need),
        detail: (!picture.privacy.withholds()).then(|| plan.detail.clone()),
        cycle: plan.cycle,
        at: plan.at.to_string(),
        edits,
        edits_total,
    }))
}

fn view(picture: &Picture, cycles: &Cycles) -> Markup {
    html! {
        div.head { h1 { "Cycles" } p.count { "the last " (cycles.cycles.len()) } }
        @if let Some(waiting) = &cycles.waiting { (waits(picture, waiting)) }
        @if cycles.cycles.is_empty() {
            div.empty { p { "No cycle has turned yet." } p.muted { "The first one starts at the next tick of the schedule; " a href="/status" { "health" } " says when." } }
        } @else {
            div.scroll tabindex="0" role="group" aria-label="Cycles, the newest first" {
                table.framed.stack role="table" {
                    (layout::columns(&[
                        ("Cycle", true), ("Started", false), ("Took", false), ("Cause", false), ("Written", true), ("Skipped", true),
                        ("Failed", true), ("Waiting", true), ("Requests", false), ("What it did", false),
                    ]))
                    tbody role="rowgroup" { @for cycle in &cycles.cycles { (row(picture, cycle)) } }
                }
            }
        }
    }
}

fn row(picture: &Picture, cycle: &Cycle) -> Markup {
    let none = Summary::default();
    let summary = cycle.summary.as_ref().unwrap_or(&none);
    let number = |count: Option<usize>| count.map_or("–".to_owned(), |count| count.to_string());
    let bad = summary.failed.unwrap_or(0) > 0 || !summary.errors.is_empty();
    html! {
        tr role="row" {
            td.num role="cell" data-label="Cycle" { a href={ "/cycles/" (cycle.cycle) } { (cycle.cycle) } }
            td role="cell" data-label="Started" { (at(picture, &cycle.started)) }
            td.number role="cell" data-label="Took" { (took(cycle)) }
            td role="cell" data-label="Cause" { (fit(&cycle.cause, 30)) @if summary.census { " " span.label { "census" } } }
            td.num role="cell" data-label="Written" { (number(summary.written)) }
            td.num role="cell" data-label="Skipped" { (number(summary.skipped)) }
            td.num role="cell" data-label="Failed" { (number(summary.failed)) }
            td.num role="cell" data-label="Waiting" { (number(summary.waiting)) }
            td.number role="cell" data-label="Requests" { (requests(summary)) }
            td class={ "deed" @if bad { " bad" } } role="cell" data-label="Did" { (layout::sentence(&fit(&cycle.deed(), 300))) }
        }
    }
}

fn requests(summary: &Summary) -> String {
    let said: Vec<String> = summary.requests.iter().map(|(tracker, count)| format!("{tracker} {count}")).collect();
    said.join(", ")
}

fn at(picture: &Picture, text: &str) -> Markup {
    match text.parse::<Timestamp>() {
        Ok(at) => moment(at, &picture.settings.daemon.timezone),
        Err(_) => html! { (text) },
    }
}

/// How long a cycle took.
fn took(cycle: &Cycle) -> String {
    let times = (cycle.started.parse::<Timestamp>(), cycle.ended.as_ref().map(|ended| ended.parse::<Timestamp>()));
    let (Ok(begun), Some(Ok(ended))) = times else { return "–".to_owned() };
    let took = ended.duration_since(begun);
    if took.as_secs() >= 60 {
        format!("{} min {} s", took.as_secs() / 60, took.as_secs() % 60)
    } else {
        format!("{:.1} s", took.as_secs_f64())
    }
}

/// The plan that waits, and how to say yes.
pub(super) fn waits(picture: &Picture, waiting: &Waiting) -> Markup {
    html! {
        section.panel.waits aria-labelledby="waits" {
            h2 #waits { "A plan waits for a person" }
            @if let Some(detail) = &waiting.detail { p.sentence { (layout::sentence(&fit(detail, 600))) } }
            p { (count(waiting.edits_total, "edit", "edits")) ", first planned by " a href={ "/cycles/" (waiting.cycle) } { "cycle " (waiting.cycle) } ", " (at(picture, &waiting.at)) ". Its fingerprint is " code { (waiting.fingerprint) } "." }
            @if picture.privacy.withholds() { p.muted { "This page shows only the part of it that is for every reader; " code { "roadmapd plan" } " shows all." } }
            p { "Review it, then say yes where roadmapd runs:" }
            pre tabindex="0" { code { "roadmapd approve " (waiting.fingerprint) } }
            details {
                summary { "What it would write" }
                ul.plain {
                    @for edit in waiting.edits.iter().take(WAITING_SHOWN) {
                        li {
                            a.key href=(item_path(&edit.issue)) { (fit(&edit.issue, 80)) } " " (edit.field) ": "
                            span.mono { (fit(edit.from.as_deref().unwrap_or("nothing"), 60)) } " → " strong.mono { (fit(edit.to.as_deref().unwrap_or("nothing"), 60)) }
                        }
                    }
                    @if waiting.edits_total > WAITING_SHOWN { li.muted { "and " (waiting.edits_total - WAITING_SHOWN) " more: " code { "roadmapd plan" } " lists them all" } }
                }
            }
        }
    }
}

fn one_view(picture: &Picture, cycle: &Cycle, journal: &Journal) -> Markup {
    let written =
        journal.changes.iter().any(|change| change.outcome.as_ref().is_some_and(|outcome| outcome.outcome == "done"));
    html! {
        p.crumb { a href="/cycles" { "Cycles" } " / " span.muted { (journal.cycle) } }
        div.head { h1 { "Cycle " (journal.cycle) } }
        section.panel aria-label="What it did" {
            dl {
                dt { "Started" } dd { (at(picture, &cycle.started)) " by " (fit(&cycle.cause, 30)) }
                dt { "Took" } dd { (took(cycle)) }
                dt { "Did" } dd { (layout::sentence(&fit(&cycle.deed(), 1000))) }
                @if let Some(summary) = &cycle.summary { dt { "Requests" } dd { (requests(summary)) } }
            }
        }
        @if written {
            p.note { "To take back what it wrote, where it still stands: " code { "roadmapd undo " (journal.cycle) } }
        }
        section.panel aria-labelledby="changes" {
            h2 #changes { "What it wrote" }
            @if journal.changes.is_empty() { p.muted { "Nothing" @if picture.privacy.withholds() { " that is shown here" } "." } }
            ol.history {
                @for entry in journal.changes.iter().take(CHANGES_SHOWN) {
                    li {
                        a.key href=(item_path(&entry.issue)) { (fit(&entry.issue, 80)) } " " (outcome(entry))
                        ul.plain { @for edit in &entry.edits { li { (change(edit)) " " span.muted { (fit(&edit.why, 300)) } } } }
                    }
                }
            }
            @if journal.changes.len() > CHANGES_SHOWN {
                p.muted { "The first " (CHANGES_SHOWN) " of " (journal.changes.len()) "; " code { "roadmapd history " (journal.cycle) } " lists all." }
            }
        }
        (errors(cycle))
    }
}

fn errors(cycle: &Cycle) -> Markup {
    let errors = cycle.summary.as_ref().map_or(&[][..], |summary| &summary.errors);
    html! {
        @if !errors.is_empty() {
            section.panel aria-labelledby="errors" {
                h2 #errors { "What went wrong" }
                ul.plain { @for error in errors.iter().take(CHANGES_SHOWN) { li { (layout::sentence(&fit(error, 600))) } } }
            }
        }
    }
}
