//! The roadmap: the ranked list, narrowed and paged on the server; everything that narrows it is in the address.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::HeaderMap;
use maud::{Markup, html};

use super::Site;
use super::answer::{HeldBy, Levels};
use super::filter::{Filter, Found};
use super::form::filters;
use super::layout;
use super::picture::Picture;
use super::reply::html_page;
use super::text::fit;
use crate::model::Priority;
use crate::roadmap::Item;
use crate::score::{Because, ItemScore};

/// Rows of one page.
const ROWS: usize = 50;
/// Blockers that a row names; of more it says how many.
const BLOCKERS_NAMED: usize = 2;

/// `GET /`.
pub(super) async fn show(State(site): State<Arc<Site>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let (filter, picture) = match site.narrowed(query.as_deref(), false).await {
        Ok(narrowed) => narrowed,
        Err(refusal) => return refusal,
    };
    let found = filter.find(&picture, ROWS);
    html_page(&headers, site.page("Roadmap", Some("/"), &picture, &view(&picture, &filter, &found)))
}

fn view(picture: &Picture, filter: &Filter, found: &Found) -> Markup {
    html! {
        div.head {
            h1 { "Roadmap" }
            p.count { (count(found.total, "item", "items")) @if filter.narrows() { " match" } }
        }
        (pressing(picture, filter))
        (filters(picture, filter, "/"))
        @if found.items.is_empty() {
            (nothing(picture, filter, found))
        } @else {
            (table(picture, &found.items))
            (layout::pager(found.page, found.pages, |page| Filter { page, ..filter.clone() }.link("/")))
        }
    }
}

/// "1 item", "3 items".
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// How much of what is open has which priority, each a way to it.
fn pressing(picture: &Picture, filter: &Filter) -> Markup {
    let open = picture.order.iter().map(|index| picture.item(*index)).filter(|(item, _)| item.status.is_open());
    let mut counts = [0_usize; Priority::ALL.len()];
    open.for_each(|(_, score)| counts[score.priority.level as usize] += 1);
    html! {
        ul.pressing aria-label="Open items by priority" {
            @for (level, count) in Priority::ALL.into_iter().zip(counts) {
                @let on = filter.priority == [level];
                @let to = Filter { priority: if on { Vec::new() } else { vec![level] }, page: 1, ..filter.clone() };
                li {
                    a href=(to.link("/")) aria-current=[on.then_some("true")] {
                        (layout::priority(level.name())) " " strong { (count) } span.hidden { " open items" }
                    }
                }
            }
        }
    }
}

/// What to do where no item is to be shown.
pub(super) fn nothing(picture: &Picture, filter: &Filter, found: &Found) -> Markup {
    html! {
        div.empty {
            @if found.total > 0 {
                p { "This page is past the end: there are " (found.pages) "." }
                p { a.button href=(Filter { page: 1, ..filter.clone() }.link("/")) { "To the first page" } }
            } @else if filter.narrows() {
                p { "No item matches these filters." }
                p { a.button href="/" { "Take them off" } }
            } @else if picture.order.is_empty() {
                p { "No item is known yet." }
                p.muted { "Items are here once a cycle has turned. " a href="/status" { "Health" } " says whether the trackers could be read." }
            } @else {
                p { "Nothing is open." }
                p { a.button href="/?status=all" { "Show what is closed" } }
            }
        }
    }
}

fn table(picture: &Picture, places: &[usize]) -> Markup {
    html! {
        // On a phone rows are cards, which would take the table's meaning from it without the roles.
        table.items role="table" {
            caption.hidden { "Items, the most pressing first" }
            thead role="rowgroup" {
                tr role="row" {
                    th.rank role="columnheader" scope="col" { span.hidden { "Rank" } "#" }
                    th role="columnheader" scope="col" { "Item" }
                    th role="columnheader" scope="col" { "Priority" }
                    th role="columnheader" scope="col" { "Complexity" }
                    th role="columnheader" scope="col" { "Readiness" }
                    th role="columnheader" scope="col" { "Status" }
                    th role="columnheader" scope="col" { "Waits for" }
                    th role="columnheader" scope="col" { "Due" }
                    th role="columnheader" scope="col" { "Who" }
                }
            }
            tbody role="rowgroup" { @for index in places { (row(picture, *index)) } }
        }
    }
}

fn row(picture: &Picture, index: usize) -> Markup {
    let (item, score) = picture.item(index);
    let levels = Levels::of(score, &picture.held);
    let open = item.status.is_open();
    html! {
        tr role="row" class=[(!open).then_some("closed")] {
            td.rank role="cell" { (picture.ranks[index]) }
            td.what role="cell" {
                (layout::title(item))
                div.keys { @for face in &item.faces { (layout::key(face)) } }
            }
            td role="cell" data-label="Priority" {
                (layout::priority(&levels.priority.level)) " "
                span.number title="score, of 100" { (format!("{:.0}", levels.priority.score)) }
                (held(levels.priority.held_by.as_ref()))
                @if levels.priority.held_by.is_none() { (lifted(picture, score)) }
            }
            td role="cell" data-label="Complexity" {
                (layout::complexity(&levels.complexity.level)) " "
                span.number { (levels.complexity.story_points) span.hidden { " story points" } }
                (held(levels.complexity.held_by.as_ref()))
            }
            td role="cell" data-label="Readiness" {
                @if let Some(readiness) = levels.readiness.as_ref().filter(|_| open) { (layout::readiness(&readiness.level)) }
            }
            td role="cell" data-label="Status" { (layout::status(item.status.name())) }
            td role="cell" data-label="Waits for" { (blockers(picture, item)) }
            td.due role="cell" data-label="Due" {
                @if let Some((day, _)) = item.due {
                    span class=[(open && day < picture.view.day()).then_some("late")] {
                        (day) @if open && day < picture.view.day() { " late" }
                    }
                }
            }
            td.who role="cell" data-label="Who" { (who(item)) }
        }
    }
}

/// A sign that what waits for an item lifts its level above what its score gives.
fn lifted(picture: &Picture, score: &ItemScore) -> Markup {
    let lifts = score.priority.because.iter().find(|because| because.rule == Because::BLOCKS);
    html! {
        @if let Some(lifts) = lifts { " " span.held title=(fit(&picture.privacy.told(&lifts.why), 200)) { "lifted" } }
    }
}

/// A sign that a person holds a level.
fn held(by: Option<&HeldBy>) -> Markup {
    html! {
        @if let Some(by) = by { " " span.held title={ "held by " (fit(&by.who, 60)) " on " (by.r#where) } { "held" } }
    }
}

/// The open items that an item waits for.
fn blockers(picture: &Picture, item: &Item) -> Markup {
    let open: Vec<&Item> =
        picture.shown(&item.blocked_by).map(|at| picture.item(at).0).filter(|item| item.status.is_open()).collect();
    html! {
        @for blocker in open.iter().take(BLOCKERS_NAMED) { (layout::item_key(blocker)) " " }
        @if open.len() > BLOCKERS_NAMED { span.muted { "+" (open.len() - BLOCKERS_NAMED) } }
    }
}

/// Who works on an item.
pub(super) fn who(item: &Item) -> String {
    let mut names: Vec<&str> =
        item.faces.iter().flat_map(|face| &face.assignees).map(|person| person.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(2);
    let named: Vec<String> = names.into_iter().take(2).map(|name| fit(name, 24)).collect();
    if more > 0 { format!("{} +{more}", named.join(", ")) } else { named.join(", ") }
}
