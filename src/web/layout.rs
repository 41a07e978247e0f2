//! What every page has around it: the head, the ways to other views, where the daemon is, and the words at its foot.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, html};

use super::reply::tag_of;
use super::text::{fit, item_path, outside};
use crate::model::{Issue, Timestamp};
use crate::roadmap::Item;

/// The style sheet.
pub(super) const STYLE: &str = include_str!("assets/page.css");
/// The script that enriches; everything works without it.
pub(super) const SCRIPT: &str = include_str!("assets/page.js");
/// The mark of the page, in the browser's tab.
pub(super) const ICON: &str = include_str!("assets/icon.svg");

/// Titles are cut in lists; the item's own view has the whole of it.
const TITLE_MAX: usize = 160;

static STYLE_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/page.css?v={}", tag_of(STYLE.as_bytes())));
static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/page.js?v={}", tag_of(SCRIPT.as_bytes())));
static ICON_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/icon.svg?v={}", tag_of(ICON.as_bytes())));

/// The views that are to be found in the head.
pub(super) const TABS: [(&str, &str); 4] =
    [("/", "Roadmap"), ("/matrix", "Matrix"), ("/cycles", "Cycles"), ("/status", "Health")];

/// What stands around a view.
pub(super) struct Frame<'a> {
    /// What the browser's tab says.
    pub title: &'a str,
    /// The path of the view in the head that this is, or is below.
    pub tab: Option<&'a str>,
    /// Where the daemon is, in a few words.
    pub now: Option<Markup>,
    /// Something is left out since nobody is asked who they are.
    pub public: bool,
}

impl<'a> Frame<'a> {
    /// Around a page that shows nothing of the roadmap.
    pub(super) fn bare(title: &'a str) -> Self {
        Self { title, tab: None, now: None, public: false }
    }
}

/// A whole page.
pub(super) fn framed(frame: &Frame<'_>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (fit(frame.title, 120)) " · roadmapd" }
                link rel="icon" href=(*ICON_PATH) type="image/svg+xml";
                link rel="stylesheet" href=(*STYLE_PATH);
                script src=(*SCRIPT_PATH) defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header.top {
                    a.brand href="/" { span.mark aria-hidden="true" {} "roadmapd" }
                    nav aria-label="Views" {
                        ul {
                            @for (path, name) in TABS {
                                li { a href=(path) aria-current=[(frame.tab == Some(path)).then_some("page")] { (name) } }
                            }
                        }
                    }
                    @if let Some(now) = &frame.now {
                        p.now { (now) }
                    }
                }
                main #main tabindex="-1" { (body) }
                footer {
                    @if frame.public {
                        p {
                            "Shown without authentication: issues of private repositories and with a security level are left out everywhere. "
                            code { "[page] auth" } " shows them to people who sign in."
                        }
                    }
                    p { "This page only reads. " a href="/api/v1/openapi.json" { "API" } }
                }
            }
        }
    }
}

/// A moment, as the clock of the configured zone shows it; the script says how long ago it is.
pub(super) fn moment(at: Timestamp, zone: &TimeZone) -> Markup {
    let local = at.to_zoned(zone.clone());
    html! { time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) { (local.strftime("%Y-%m-%d %H:%M %Z")) } }
}

/// A sentence of ours; what is typed stands between backquotes in it.
pub(super) fn sentence(text: &str) -> Markup {
    html! { @for (nth, part) in text.split('`').enumerate() { @if nth % 2 == 1 { code { (part) } } @else { (part) } } }
}

/// The head of a table whose rows are cards on a phone; numbers stand at the right.
pub(super) fn columns(names: &[(&str, bool)]) -> Markup {
    html! {
        thead role="rowgroup" {
            tr role="row" { @for (name, number) in names { th class=[number.then_some("num")] role="columnheader" scope="col" { (name) } } }
        }
    }
}

/// The bars of a priority: place, top and height of each.
const BARS: [(&str, &str, &str); 4] = [("0", "9", "3"), ("3.6", "6", "6"), ("7.2", "3", "9"), ("10.8", "0", "12")];

/// A level of priority, told by word and by bars.
pub(super) fn priority(level: &str) -> Markup {
    let full = match level {
        "p0" => 4,
        "p1" => 3,
        "p2" => 2,
        _ => 1,
    };
    html! {
        span class={ "chip " (level) } {
            svg viewBox="0 0 14 12" width="14" height="12" aria-hidden="true" {
                @for (nth, (x, y, height)) in BARS.into_iter().enumerate() {
                    rect x=(x) y=(y) width="2.4" height=(height) class=[(nth >= full).then_some("off")] {}
                }
            }
            (level)
        }
    }
}

/// A size, in a box.
pub(super) fn complexity(level: &str) -> Markup {
    html! { span.chip.size { (level) } }
}

/// Whether work can start, by a sign and a word.
pub(super) fn readiness(level: &str) -> Markup {
    let sign = match level {
        "ready" => "✓",
        "blocked" => "⊘",
        "risky" => "△",
        _ => "?",
    };
    html! { span class={ "ready r-" (level) } { span aria-hidden="true" { (sign) } " " (level.replace('-', " ")) } }
}

/// How far something is.
pub(super) fn status(word: &str) -> Markup {
    html! { span class={ "status s-" (word) } { (word) } }
}

/// The title of an item, as a link to it.
pub(super) fn title(item: &Item) -> Markup {
    html! { a.title href=(item_path(&item.founder().key.to_string())) { (named(&fit(&item.founder().title, TITLE_MAX))) } }
}

/// A title, or what stands for an empty one: a link must have a name.
pub(super) fn named(title: &str) -> &str {
    if title.trim().is_empty() { "(no title)" } else { title }
}

/// An issue's key, as a link to its tracker.
pub(super) fn key(issue: &Issue) -> Markup {
    let key = fit(&issue.key.to_string(), 80);
    html! {
        @match outside(&issue.url) {
            Some(url) => a.key href=(url) rel="noreferrer noopener" { (key) },
            None => span.key { (key) },
        }
    }
}

/// An item's key, as a link to its view here.
pub(super) fn item_key(item: &Item) -> Markup {
    let key = item.founder().key.to_string();
    html! { a.key href=(item_path(&key)) title=(fit(&item.founder().title, 80)) { (fit(&key, 80)) } }
}

/// A way to the pages before and after this one.
pub(super) fn pager(page: usize, pages: usize, link: impl Fn(usize) -> String) -> Markup {
    html! {
        @if pages > 1 {
            nav.pager aria-label="Pages" {
                @if page > 1 {
                    a rel="prev" href=(link((page - 1).min(pages))) { "← Earlier" }
                } @else { span.off { "← Earlier" } }
                span { "Page " (page) " of " (pages) }
                @if page < pages {
                    a rel="next" href=(link(page + 1)) { "Later →" }
                } @else { span.off { "Later →" } }
            }
        }
    }
}
