//! The JSON API: what the views show, in the words of the commands' JSON.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Cycle, Explained, Hold, Ranked, Written};
use super::filter::Found;
use super::picture::Picture;
use super::reply::{json, problem};
use super::{Site, cycles, item, matrix, openapi, trouble};

/// Items of one page, unless told.
const ROWS: usize = 100;

/// The API's addresses; `openapi` describes the same ones.
pub(super) fn router() -> Router<Arc<Site>> {
    Router::new()
        .route("/api/v1/roadmap", get(roadmap))
        .route("/api/v1/matrix", get(marks))
        .route("/api/v1/items/{*key}", get(one_item))
        .route("/api/v1/cycles", get(all_cycles))
        .route("/api/v1/cycles/{n}", get(one_cycle))
        .route("/api/v1/holds", get(holds))
        .route("/api/v1/openapi.json", get(description))
}

/// A page of the ranked list.
#[derive(Serialize, JsonSchema)]
pub(super) struct Roadmap {
    /// When the last cycle ended that worked it out, or found nothing new.
    pub generated_at: String,
    /// The items of this page.
    pub items: Vec<Ranked>,
    /// How many there are on all pages.
    pub total: usize,
    /// This page, from 1.
    pub page: usize,
    /// How many pages there are.
    pub pages: usize,
}

/// An item, and why.
#[derive(Serialize, JsonSchema)]
pub(super) struct Item {
    /// Its place on the list, from 1.
    pub rank: usize,
    /// The title of its first issue.
    pub title: String,
    /// todo, doing, done or dropped.
    pub status: String,
    /// The day it is due.
    pub due: Option<String>,
    /// Why it has its levels.
    #[serde(flatten)]
    pub explained: Explained,
    /// The item that it is part of.
    pub parent: Option<String>,
    /// Items that it waits for.
    pub blocked_by: Vec<String>,
    /// What was written to it, newest first, at most 50.
    pub history: Vec<Dated>,
}

/// A change and the cycle that wrote it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Dated {
    /// The cycle.
    pub cycle: u64,
    /// The change.
    #[serde(flatten)]
    pub change: Written,
}

/// One cycle and its changes.
#[derive(Serialize, JsonSchema)]
pub(super) struct OneCycle {
    /// Its number.
    pub cycle: u64,
    /// How it went.
    pub record: Cycle,
    /// Its changes, in the order of writing.
    pub changes: Vec<Written>,
}

/// Every hold.
#[derive(Serialize, JsonSchema)]
pub(super) struct Holds {
    /// The holds, by issue and level.
    pub holds: Vec<Hold>,
}

/// What is wrong, as a sentence with the next step.
#[derive(Serialize, JsonSchema)]
pub(super) struct Problem {
    /// The sentence.
    pub error: String,
}

async fn roadmap(State(site): State<Arc<Site>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let (filter, picture) = match site.narrowed(query.as_deref(), true).await {
        Ok(narrowed) => narrowed,
        Err(refusal) => return refusal,
    };
    let Found { items, total, page, pages } = filter.find(&picture, ROWS);
    let items = items.into_iter().map(|index| ranked(&picture, index)).collect();
    json(&headers, &Roadmap { generated_at: picture.as_of.to_string(), items, total, page, pages })
}

/// An item of the list without what this audience may not read.
fn ranked(picture: &Picture, index: usize) -> Ranked {
    let mut ranked = Ranked::of(&picture.view.thought, index, picture.ranks[index], &picture.held);
    ranked.levels.sentences().for_each(|why| *why = picture.privacy.told(why));
    (ranked.parent, ranked.blocked_by) = ties(picture, index);
    ranked
}

/// The ids of what an item is part of and waits for, of those that are shown.
fn ties(picture: &Picture, index: usize) -> (Option<String>, Vec<String>) {
    let item = picture.item(index).0;
    let id = |at: usize| picture.item(at).0.id.to_string();
    (item.parent.filter(|at| picture.privacy.shows(*at)).map(id), picture.shown(&item.blocked_by).map(id).collect())
}

async fn marks(State(site): State<Arc<Site>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    match site.narrowed(query.as_deref(), true).await {
        Ok((filter, picture)) => json(&headers, &matrix::matrix(&picture, &filter)),
        Err(refusal) => refusal,
    }
}

async fn one_item(State(site): State<Arc<Site>>, Path(key): Path<String>, headers: HeaderMap) -> Response {
    let picture = match site.picture_for(true).await {
        Ok(picture) => picture,
        Err(refusal) => return refusal,
    };
    let Some(index) = picture.find(&key) else { return problem(StatusCode::NOT_FOUND, true, &item::unknown(&key)) };
    let history = match item::written_to(&site.store, &picture, index).await {
        Ok(history) => history.into_iter().map(|(cycle, change)| Dated { cycle, change }).collect(),
        Err(why) => return trouble(&why, true),
    };
    let item = picture.item(index).0;
    let (parent, blocked_by) = ties(&picture, index);
    let told = Item {
        rank: picture.ranks[index],
        title: item.founder().title.clone(),
        status: item.status.name().to_owned(),
        due: item.due.map(|(day, _)| day.to_string()),
        explained: item::explained(&picture, index),
        parent,
        blocked_by,
        history,
    };
    json(&headers, &told)
}

async fn all_cycles(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let picture = match site.picture_for(true).await {
        Ok(picture) => picture,
        Err(refusal) => return refusal,
    };
    match cycles::list(&site.store, &picture).await {
        Ok(cycles) => json(&headers, &cycles),
        Err(why) => trouble(&why, true),
    }
}

async fn one_cycle(State(site): State<Arc<Site>>, Path(n): Path<String>, headers: HeaderMap) -> Response {
    let picture = match site.picture_for(true).await {
        Ok(picture) => picture,
        Err(refusal) => return refusal,
    };
    match cycles::told(&site.store, &picture, &n).await {
        Ok(Some((record, journal))) => {
            json(&headers, &OneCycle { cycle: journal.cycle, record, changes: journal.changes })
        }
        Ok(None) => problem(StatusCode::NOT_FOUND, true, &cycles::unknown(&n)),
        Err(why) => trouble(&why, true),
    }
}

async fn holds(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    match site.picture_for(true).await {
        Ok(picture) => json(&headers, &Holds { holds: picture.held.iter().map(Hold::of).collect() }),
        Err(refusal) => refusal,
    }
}

async fn description(headers: HeaderMap) -> Response {
    json(&headers, &*openapi::DESCRIPTION)
}
