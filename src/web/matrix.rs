//! The matrix: what an item is worth against how much work it is, one mark an item, its quadrants named.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::HeaderMap;
use maud::{Markup, html};
use schemars::JsonSchema;
use serde::Serialize;

use super::Site;
use super::answer::tenths;
use super::filter::{Filter, Found};
use super::form::filters;
use super::layout;
use super::picture::Picture;
use super::reply::html_page;
use super::roadmap::{count, nothing};
use super::text::{fit, item_path};
use crate::model::Priority;

/// Marks of one page; more can't be told apart.
const MARKS: usize = 300;
/// The drawing.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 600.0;
/// What is left for the axes, and below for what a mark says.
const LEFT: f64 = 52.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 78.0;
/// Where the axis of sizes ends, in story points; larger ones stand there.
const POINTS_MAX: f64 = 40.0;
/// The marks of that axis.
const TICKS: [u32; 7] = [1, 2, 3, 5, 8, 13, 21];
/// Marks at one place are laid around it: so far from each other, by this angle (the golden one).
const APART: f64 = 7.0;
const ANGLE: f64 = 2.399_963;
/// Items that are listed of one quadrant below the drawing.
const LISTED: usize = 8;
/// Where the middle is taken to be while nothing is open: a value and story points.
const NO_MIDDLE: (f64, f64) = (50.0, 3.0);

/// Open items by worth and work.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Matrix {
    /// Half of all open items are worth more.
    pub value_middle: f64,
    /// Half of all open items are more work.
    pub story_points_middle: f64,
    /// The items.
    pub items: Vec<Mark>,
    /// How many there are on all pages.
    pub total: usize,
    /// This page, from 1.
    pub page: usize,
    /// How many pages there are.
    pub pages: usize,
}

/// One item on the matrix.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Mark {
    /// The item's id.
    pub item: String,
    /// The key of its first issue.
    pub issue: String,
    /// Its title.
    pub title: String,
    /// What it is worth now, 0–100: its priority score before size counts.
    pub value: f64,
    /// How much work it is.
    pub story_points: f64,
    /// p0 to p3.
    pub priority: String,
    /// xs to xl.
    pub complexity: String,
    /// quick win, big bet, fill-in or think twice.
    pub quadrant: String,
}

/// The quadrants: worth more or less, and more or less work than half of what is open.
const QUADRANTS: [(bool, bool, &str, &str); 4] = [
    (true, false, "Quick wins", "quick win"),
    (true, true, "Big bets", "big bet"),
    (false, false, "Fill-ins", "fill-in"),
    (false, true, "Think twice", "think twice"),
];

/// `GET /matrix`.
pub(super) async fn show(State(site): State<Arc<Site>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let (filter, picture) = match site.narrowed(query.as_deref(), false).await {
        Ok(narrowed) => narrowed,
        Err(refusal) => return refusal,
    };
    let found = filter.find(&picture, MARKS);
    let body = view(&picture, &filter, &found);
    html_page(&headers, site.page("Matrix", Some("/matrix"), &picture, &body))
}

/// A page of marks.
pub(super) fn matrix(picture: &Picture, filter: &Filter) -> Matrix {
    of(picture, &filter.find(picture, MARKS))
}

fn of(picture: &Picture, found: &Found) -> Matrix {
    let (value_middle, story_points_middle) = middle(picture);
    let mark = |index: &usize| {
        let (item, score) = picture.item(*index);
        let (value, story_points) = (value(picture, *index), score.complexity.story_points);
        let here = (value > value_middle, story_points > story_points_middle);
        let quadrant = QUADRANTS.iter().find(|(worth, work, ..)| (*worth, *work) == here).map_or("", |(.., name)| name);
        Mark {
            item: item.id.to_string(),
            issue: item.founder().key.to_string(),
            title: item.founder().title.clone(),
            value: tenths(value),
            story_points: tenths(story_points),
            priority: score.priority.level.name().to_owned(),
            complexity: score.complexity.level.name().to_owned(),
            quadrant: quadrant.to_owned(),
        }
    };
    let (total, page, pages) = (found.total, found.page, found.pages);
    Matrix { value_middle, story_points_middle, items: found.items.iter().map(mark).collect(), total, page, pages }
}

/// What an item is worth before its size counts.
fn value(picture: &Picture, index: usize) -> f64 {
    let score = picture.item(index).1;
    let counted = score.priority.because.iter().filter(|because| because.rule != "size");
    counted.map(|because| because.points).sum::<f64>().clamp(0.0, 100.0)
}

/// Half of what is open is worth more, and half is more work.
fn middle(picture: &Picture) -> (f64, f64) {
    let open: Vec<usize> =
        picture.order.iter().copied().filter(|index| picture.item(*index).0.status.is_open()).collect();
    let median = |of: &dyn Fn(usize) -> f64| {
        let mut all: Vec<f64> = open.iter().map(|index| of(*index)).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    };
    let worth = median(&|index| value(picture, index));
    let work = median(&|index| picture.item(index).1.complexity.story_points);
    (tenths(worth.unwrap_or(NO_MIDDLE.0)), tenths(work.unwrap_or(NO_MIDDLE.1)))
}

fn view(picture: &Picture, filter: &Filter, found: &Found) -> Markup {
    let matrix = of(picture, found);
    html! {
        div.head {
            h1 { "Matrix" }
            p.count { (count(found.total, "item", "items")) @if found.pages > 1 { ", the most pressing first, " (MARKS) " a page" } }
            p.count { a href=(filter.link("/")) { "The same as a list" } }
        }
        (filters(picture, filter, "/matrix"))
        @if found.items.is_empty() {
            (nothing(picture, filter, found))
        } @else {
            div.panel.scroll.matrix tabindex="0" role="group" aria-label="Worth against work; each mark is an item" { (drawing(&matrix)) }
            p.legend { @for level in Priority::ALL { span { span class={ "swatch d-" (level.name()) } {} (level.name()) } } }
            p.muted {
                "Worth is the priority score before size counts. The lines are the middle of all open items: half are worth more than "
                (matrix.value_middle) ", half are more work than " (matrix.story_points_middle) " story points. Below, each item has its story points at the right."
            }
            (quadrants(&matrix))
            (layout::pager(found.page, found.pages, |page| Filter { page, ..filter.clone() }.link("/matrix")))
        }
    }
}

/// The same in words, for a phone and for whoever can't see the drawing.
fn quadrants(matrix: &Matrix) -> Markup {
    html! {
        div.columns.quadrants {
            @for (.., name, short) in QUADRANTS {
                @let within: Vec<&Mark> = matrix.items.iter().filter(|mark| mark.quadrant == short).collect();
                section.panel aria-label=(name) {
                    h2 { (name) " " span.number { (within.len()) } }
                    @if within.is_empty() { p.muted { "None." } }
                    ul.plain {
                        @for mark in within.iter().take(LISTED) {
                            li {
                                (layout::priority(&mark.priority))
                                a.title href=(item_path(&mark.issue)) { (layout::named(&fit(&mark.title, 100))) }
                                span.number { (mark.story_points) span.hidden { " story points" } }
                            }
                        }
                    }
                    @if within.len() > LISTED { p.muted { "and " (within.len() - LISTED) " more" } }
                }
            }
        }
    }
}

fn across(points: f64) -> f64 {
    LEFT + (WIDTH - LEFT - 16.0) * (1.0 + points.clamp(0.0, POINTS_MAX)).ln() / (1.0 + POINTS_MAX).ln()
}

fn down(value: f64) -> f64 {
    TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - value.clamp(0.0, 100.0) / 100.0)
}

fn place(number: f64) -> String {
    format!("{number:.1}")
}

fn drawing(matrix: &Matrix) -> Markup {
    let (middle_x, middle_y) = (across(matrix.story_points_middle), down(matrix.value_middle));
    let (right, floor) = (across(POINTS_MAX), down(0.0));
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } width=(WIDTH) height=(HEIGHT) role="group" aria-label="Matrix" {
            @for (worth, work, name, _) in QUADRANTS {
                @let (x, wide) = if work { (middle_x, right - middle_x) } else { (LEFT, middle_x - LEFT) };
                @let (y, high) = if worth { (TOP, middle_y - TOP) } else { (middle_y, floor - middle_y) };
                rect class={ "quadrant" @if worth && !work { " best" } } x=(place(x)) y=(place(y)) width=(place(wide.max(0.0))) height=(place(high.max(0.0))) {}
                text class={ "quadrant-name" @if worth { " upper" } } text-anchor=(if work { "end" } else { "start" })
                    x=(place(if work { right - 10.0 } else { LEFT + 10.0 })) y=(place(if worth { TOP + 20.0 } else { floor - 10.0 })) { (name) }
            }
            @for tick in TICKS {
                text.tick x=(place(across(f64::from(tick)))) y=(place(floor + 18.0)) text-anchor="middle" { (tick) }
            }
            @for tick in [0_u32, 25, 50, 75, 100] {
                text.tick.worth x=(place(LEFT - 8.0)) y=(place(down(f64::from(tick)) + 4.0)) text-anchor="end" { (tick) }
            }
            text.axis x=(place(right)) y=(place(floor + 36.0)) text-anchor="end" { "work, in story points →" }
            text.axis x=(place(LEFT)) y=(place(floor + 36.0)) { "↑ worth" }
            text.hint x=(LEFT) y=(HEIGHT - 12.0) aria-hidden="true" { "Point at a mark, or go from one to the next by Tab: what it is stands here." }
            @for (mark, (x, y)) in matrix.items.iter().zip(spread(matrix)) { (self::mark(mark, x, y)) }
        }
    }
}

fn mark(mark: &Mark, x: f64, y: f64) -> Markup {
    let radius = match mark.priority.as_str() {
        "p0" => "9",
        "p1" => "7.5",
        "p2" => "6",
        _ => "5",
    };
    html! {
        a class={ "dot d-" (mark.priority) } href=(item_path(&mark.issue)) {
            circle cx=(place(x)) cy=(place(y)) r=(radius) {}
            text.tip x=(LEFT) y=(HEIGHT - 12.0) {
                (fit(&mark.issue, 50)) " " (fit(&mark.title, 60)) " · " (mark.priority) ", worth " (mark.value) " · " (mark.complexity) ", " (mark.story_points) " points"
            }
        }
    }
}

/// Where each mark stands: those at one place are laid around it, so that each can be hit.
fn spread(matrix: &Matrix) -> Vec<(f64, f64)> {
    let mut taken: BTreeMap<(i64, i64), u32> = BTreeMap::new();
    let one = |mark: &Mark| {
        let (x, y) = (across(mark.story_points), down(mark.value));
        #[expect(clippy::cast_possible_truncation, reason = "within the drawing")]
        let nth = taken.entry(((x / 8.0) as i64, (y / 8.0) as i64)).or_default();
        let (away, turn) = (APART * f64::from(*nth).sqrt(), ANGLE * f64::from(*nth));
        *nth += 1;
        let (x, y) = (x + away * turn.cos(), y + away * turn.sin());
        (x.clamp(LEFT, WIDTH - 10.0), y.clamp(TOP, down(0.0)))
    };
    matrix.items.iter().map(one).collect()
}
