//! One item: why each level, whose it is, its issues side by side, what would be written, and what was.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};

use super::answer::{Because, Edit, Explained, Written, whose};
use super::layout::{self, moment};
use super::picture::Picture;
use super::reply::{html_page, problem};
use super::text::fit;
use super::{Site, trouble};
use crate::daemon::lacks;
use crate::model::{Issue, Level};
use crate::roadmap::Item;
use crate::store::{Move, Store, StoreTrouble};

/// Writes to an item that are shown.
const WRITES_SHOWN: u32 = 50;
/// Moves of an item's levels that are shown.
const MOVES_SHOWN: u32 = 20;
/// Parts and blockers of an item that are named.
const TIES_SHOWN: usize = 30;
/// Labels of an issue that are shown.
const LABELS_SHOWN: usize = 40;

/// `GET /items/KEY`.
pub(super) async fn show(State(site): State<Arc<Site>>, Path(key): Path<String>, headers: HeaderMap) -> Response {
    let picture = match site.picture().await {
        Ok(picture) => picture,
        Err(refusal) => return refusal,
    };
    let Some(index) = picture.find(&key) else { return problem(StatusCode::NOT_FOUND, false, &unknown(&key)) };
    let written = match written_to(&site.store, &picture, index).await {
        Ok(written) => written,
        Err(why) => return trouble(&why, false),
    };
    let moved = match moved(&site.store, &picture, index).await {
        Ok(moved) => moved,
        Err(why) => return trouble(&why, false),
    };
    let title = picture.item(index).0.founder().title.clone();
    html_page(&headers, site.page(&title, Some("/"), &picture, &view(&picture, index, &written, &moved)))
}

/// When an item's levels became others, the latest first, with reasons that this audience may read.
async fn moved(store: &Store, picture: &Picture, index: usize) -> Result<Vec<Move>, StoreTrouble> {
    let mut moves = store.moves_of(&picture.item(index).0.id, MOVES_SHOWN).await?;
    moves.iter_mut().for_each(|moved| moved.why = picture.privacy.told(&moved.why));
    Ok(moves)
}

/// What to do about a key that names nothing that is shown.
pub(super) fn unknown(key: &str) -> String {
    format!(
        "no item {:?} is known here; name an issue with its tracker, as github:acme/api#7 (# is %23 in an address) or jira:PAY-7",
        fit(key, 120)
    )
}

/// What was written to an item, newest first, each with its cycle.
pub(super) async fn written_to(
    store: &Store,
    picture: &Picture,
    index: usize,
) -> Result<Vec<(u64, Written)>, StoreTrouble> {
    let mut entries = Vec::new();
    for face in &picture.item(index).0.faces {
        entries.extend(store.journal_of(&face.id, WRITES_SHOWN).await?);
    }
    entries.sort_by(|(a, one), (b, other)| {
        b.cmp(a).then(other.at.cmp(&one.at)).then(one.change.key.cmp(&other.change.key))
    });
    entries.truncate(WRITES_SHOWN as usize);
    let told = |(cycle, entry)| {
        let mut written = Written::of(&entry);
        written.edits.iter_mut().for_each(|edit| edit.why = picture.privacy.told(&edit.why));
        (cycle, written)
    };
    Ok(entries.into_iter().map(told).collect())
}

/// The item as the API tells it, without what this audience may not read.
pub(super) fn explained(picture: &Picture, index: usize) -> Explained {
    let mut explained = Explained::of(&picture.view, index, &picture.settings, &picture.held);
    explained.levels.sentences().for_each(|why| *why = picture.privacy.told(why));
    explained.like.retain(|like| picture.find(&like.issue).is_some());
    explained
}

fn view(picture: &Picture, index: usize, written: &[(u64, Written)], moved: &[Move]) -> Markup {
    let (item, _) = picture.item(index);
    let explained = explained(picture, index);
    let levels = &explained.levels;
    html! {
        p.crumb { a href="/" { "Roadmap" } " / " span.muted { "rank " (picture.ranks[index]) } }
        div.head { h1 { (layout::named(&fit(&item.founder().title, 1000))) } }
        p.summary {
            (layout::priority(&levels.priority.level)) (layout::complexity(&levels.complexity.level))
            @if let Some(readiness) = &levels.readiness { (layout::readiness(&readiness.level)) }
            (layout::status(item.status.name()))
            @if let Some((day, _)) = item.due { span { "due " (day) } }
            span.muted { "scope " (explained.scope.as_deref().unwrap_or("none (the defaults)")) }
            span.muted.mono { (item.id) }
        }
        @for aside in &explained.quarantined {
            p.note { strong { (aside.issue) " is set aside: " } (fit(&aside.error, 600)) }
        }
        (faces(picture, item))
        div.columns {
            section.panel aria-labelledby="why-priority" {
                h2 #why-priority { "Priority " (layout::priority(&levels.priority.level)) " " span.number { (levels.priority.score) " of 100" } }
                (bars(&levels.priority.because, 100.0, "points"))
                @if let Some(lacks) = lacks(&picture.view, index) { p.muted { (lacks) } }
            }
            section.panel aria-labelledby="why-complexity" {
                h2 #why-complexity {
                    "Complexity " (layout::complexity(&levels.complexity.level)) " "
                    span.number { (levels.complexity.story_points) " story points (" (levels.complexity.low) " to " (levels.complexity.high) "), " (levels.complexity.source) }
                }
                (bars(&levels.complexity.because, 20.0, "story points"))
                @if !explained.like.is_empty() {
                    p.muted { "Most like it: " @for like in &explained.like { span.mono { (like.issue) } " (" (like.story_points) ") " } }
                }
            }
            @if let Some(readiness) = &levels.readiness {
                section.panel aria-labelledby="why-readiness" {
                    h2 #why-readiness { "Readiness " (layout::readiness(&readiness.level)) }
                    @if readiness.because.is_empty() { p.muted { "Nothing is missing or in the way." } }
                    ul.plain { @for because in &readiness.because { li { (because.why) } } }
                }
            }
            (ties(picture, item))
        }
        (hands(picture, item))
        (planned(picture, item))
        (moves(picture, moved))
        (history(picture, written))
    }
}

/// A bar a rule, as long as its share of the whole.
fn bars(because: &[Because], whole: f64, unit: &str) -> Markup {
    html! {
        table.bars role="table" {
            caption.hidden { "Reasons and their " (unit) }
            thead.hidden { tr { th scope="col" { "Rule" } th scope="col" { (unit) } th scope="col" { "Bar" } th scope="col" { "Why" } } }
            tbody role="rowgroup" {
                @for reason in because {
                    tr role="row" {
                        th role="rowheader" scope="row" { (reason.rule) }
                        td.num role="cell" { @if reason.points != 0.0 { (format!("{:+.1}", reason.points)) } }
                        td.bar role="cell" {
                            svg viewBox="0 0 100 8" width="100" height="8" preserveAspectRatio="none" aria-hidden="true" {
                                rect.track width="100" height="8" rx="2" {}
                                rect class=[(reason.points < 0.0).then_some("down")] height="8" rx="2"
                                    width=(format!("{:.1}", (reason.points.abs() / whole).min(1.0) * 100.0)) {}
                            }
                        }
                        td.why role="cell" { (reason.why) }
                    }
                }
            }
        }
    }
}

/// The issues of the item, side by side.
fn faces(picture: &Picture, item: &Item) -> Markup {
    let several = item.faces.len() > 1;
    html! {
        section aria-label=(if several { "Linked issues" } else { "The issue" }) {
            @if several { h2 { "Linked issues: one piece of work in " (item.faces.len()) " places" } } @else { h2.hidden { "The issue" } }
            div.faces { @for face in &item.faces { (self::face(picture, face, several)) } }
        }
    }
}

fn face(picture: &Picture, face: &Issue, titled: bool) -> Markup {
    let zone = &picture.settings.daemon.timezone;
    let people: Vec<String> = face.assignees.iter().map(|person| fit(&person.name, 40)).collect();
    html! {
        article.panel.face {
            h3 { (layout::key(face)) }
            @if titled { p.title { (layout::named(&fit(&face.title, 300))) } }
            dl {
                dt { "Status" } dd { (layout::status(face.status.name())) " " span.muted { (fit(&face.status_name, 40)) } }
                @if let Some(kind) = &face.kind { dt { "Type" } dd { (fit(kind, 40)) } }
                @if let Some(priority) = &face.priority { dt { "Its priority" } dd { (fit(priority, 40)) } }
                @if let Some(points) = face.story_points { dt { "Its points" } dd { (points) } }
                @if let Some((day, _)) = face.due { dt { "Due" } dd { (day) } }
                dt { "Who" } dd { @if people.is_empty() { span.muted { "nobody" } } @else { (people.join(", ")) } }
                dt { "Opened" } dd { (moment(face.created, zone)) @if let Some(by) = &face.author { " by " (fit(&by.name, 40)) } }
                dt { "Changed" } dd { (moment(face.updated, zone)) }
                dt { "Asked for" } dd { (asked(face)) }
                dt { "Labels" }
                dd {
                    @if face.labels.is_empty() { span.muted { "none" } }
                    @for label in face.labels.iter().take(LABELS_SHOWN) { span.label { (fit(label, 60)) } " " }
                }
            }
        }
    }
}

fn asked(face: &Issue) -> String {
    let counts = [
        (face.reactions, "reactions"),
        (face.votes, "votes"),
        (face.watchers, "watchers"),
        (face.comments, "comments"),
    ];
    let said: Vec<String> =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if said.is_empty() { "by nobody yet".to_owned() } else { said.join(", ") }
}

/// What it is part of, what is part of it, what it waits for and what waits for it.
fn ties(picture: &Picture, item: &Item) -> Markup {
    let parent: Vec<usize> = item.parent.into_iter().collect();
    let kinds =
        [("Part of", &parent), ("Parts", &item.children), ("Waits for", &item.blocked_by), ("Blocks", &item.blocks)];
    let outside: Vec<String> = item.blocked_outside.iter().map(|key| picture.privacy.told(key)).collect();
    html! {
        section.panel aria-labelledby="ties" {
            h2 #ties { "Ties" }
            @for (name, places) in kinds {
                @let shown: Vec<usize> = picture.shown(places).collect();
                @if !shown.is_empty() {
                    h3 { (name) }
                    ul.plain {
                        @for tied in shown.iter().take(TIES_SHOWN).map(|at| picture.item(*at).0) {
                            li { (layout::status(tied.status.name())) " " (layout::item_key(tied)) " " (fit(&tied.founder().title, 90)) }
                        }
                        @if shown.len() > TIES_SHOWN { li.muted { "and " (shown.len() - TIES_SHOWN) " more" } }
                    }
                }
            }
            @if !outside.is_empty() { h3 { "Waits for, outside the roadmap" } ul.plain { @for key in &outside { li.mono { (fit(key, 80)) } } } }
            @if kinds.iter().all(|(_, places)| picture.shown(places).next().is_none()) && outside.is_empty() {
                p.muted { "It is part of nothing, waits for nothing and blocks nothing that is shown here." }
            }
        }
    }
}

/// Whose each value is.
fn hands(picture: &Picture, item: &Item) -> Markup {
    let answers: Vec<_> = picture
        .view
        .thought
        .standing
        .answers
        .iter()
        .filter_map(|(key, answer)| {
            let face = item.faces.iter().find(|face| face.id == key.issue)?;
            let name = face.key.to_string();
            let held = picture.held.iter().find(|hold| hold.issue == name && hold.aspect == key.aspect);
            Some((name, key, whose(answer, held)))
        })
        .collect();
    html! {
        section.panel aria-labelledby="whose" {
            h2 #whose { "Whose it is" }
            @if answers.is_empty() {
                p.muted { "Nothing of it is written: closed issues are left as they are." }
            } @else {
                div.scroll tabindex="0" role="group" aria-labelledby="whose" {
                    table.stack role="table" {
                        (layout::columns(&[("Issue", false), ("Level", false), ("Written to", false), ("What stands there", false)]))
                        tbody role="rowgroup" {
                            @for (name, key, whose) in &answers {
                                tr role="row" {
                                    td.mono role="cell" data-label="Issue" { (name) }
                                    td role="cell" data-label="Level" { (key.aspect.name()) }
                                    td.mono role="cell" data-label="Written to" { (fit(&key.sink.0, 60)) }
                                    td role="cell" data-label="Stands there" { (layout::sentence(&fit(whose, 400))) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What the next cycle would write, and what stands against it.
fn planned(picture: &Picture, item: &Item) -> Markup {
    let plan = &picture.view.thought.plan;
    let changes: Vec<_> = plan.changes.iter().filter(|change| change.item == item.id).collect();
    let skips: Vec<_> = plan.skips.iter().filter(|skip| item.faces.iter().any(|face| face.key == skip.issue)).collect();
    html! {
        section.panel aria-labelledby="planned" {
            h2 #planned { "What would be written" }
            @if changes.is_empty() && skips.is_empty() { p.muted { "Nothing: what stands there is what is wanted." } }
            @for change in &changes {
                @for edit in &change.edits { (self::edit(&change.key.to_string(), &Edit::of(edit), picture)) }
            }
            @for skip in &skips {
                p { span.mono { (skip.issue) } " " (skip.field.name()) " stays " (skip.theirs.as_deref().unwrap_or("as it is")) ": "
                    span.muted { (layout::sentence(&fit(&picture.privacy.told(&skip.why), 400))) } }
            }
        }
    }
}

fn edit(issue: &str, edit: &Edit, picture: &Picture) -> Markup {
    html! { p { span.mono { (issue) } " " (change(edit)) " " span.muted { (fit(&picture.privacy.told(&edit.why), 400)) } } }
}

/// "priority: nothing → priority/p1".
pub(super) fn change(edit: &Edit) -> Markup {
    let said = |value: &Option<String>| value.as_deref().map_or("nothing".to_owned(), |value| fit(value, 60));
    html! { (edit.field) ": " span.mono { (said(&edit.from)) } " → " strong.mono { (said(&edit.to)) } }
}

fn moves(picture: &Picture, moved: &[Move]) -> Markup {
    let zone = &picture.settings.daemon.timezone;
    html! {
        @if !moved.is_empty() {
            section.panel aria-labelledby="moved" {
                h2 #moved { "When its levels moved" }
                ol.history {
                    @for moved in moved {
                        li {
                            (moment(moved.at, zone)) " " (moved.now.aspect()) ": " (moved.was.map_or("new", Level::name)) " → " strong { (moved.now) } " "
                            span.muted { (fit(&moved.why, 400)) }
                        }
                    }
                }
            }
        }
    }
}

fn history(picture: &Picture, written: &[(u64, Written)]) -> Markup {
    let zone = &picture.settings.daemon.timezone;
    html! {
        section.panel aria-labelledby="history" {
            h2 #history { "History" }
            @if written.is_empty() { p.muted { "Nothing was written to it yet." } }
            ol.history {
                @for (cycle, entry) in written {
                    li {
                        a href={ "/cycles/" (cycle) } { "Cycle " (cycle) } " "
                        @if let Ok(at) = entry.at.parse() { (moment(at, zone)) } " "
                        span.mono { (entry.issue) } " " (outcome(entry))
                        ul.plain { @for edit in &entry.edits { li { (change(edit)) " " span.muted { (fit(&edit.why, 400)) } } } }
                    }
                }
            }
        }
    }
}

/// What became of a change.
pub(super) fn outcome(entry: &Written) -> Markup {
    let Some(outcome) = &entry.outcome else { return html! { span.muted { "not known yet" } } };
    let said = outcome.error.as_deref().or(outcome.found.as_deref());
    html! {
        @if outcome.outcome == "done" { span.good { "written" } } @else { span.bad { (outcome.outcome) } }
        @if let Some(said) = said { ": " (fit(said, 300)) }
    }
}
