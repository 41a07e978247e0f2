//! The form that narrows a view: plain choices of a GET request, so that the address says all of it.

use maud::{Markup, html};

use super::filter::{Filter, STATUSES};
use super::picture::Picture;
use super::text::fit;
use crate::model::{Complexity, Priority, Readiness, Status};

/// The filters of the view under a path.
pub(super) fn filters(picture: &Picture, filter: &Filter, path: &str) -> Markup {
    let facets = &picture.facets;
    let more =
        filter.narrows() && *filter != Filter { text: filter.text.clone(), ..Filter::read(None).unwrap_or_default() };
    html! {
        form.filters method="get" action=(path) role="search" aria-label="Filters" {
            div.line {
                label.search {
                    span.hidden { "Text in title, key or label" }
                    input type="search" name="text" value=(filter.text) maxlength="100" placeholder="Search titles, keys, labels";
                }
                (status(filter))
                button type="submit" { "Apply" }
                @if filter.narrows() { a.clear href=(path) { "Clear" } }
            }
            details open[more] {
                summary { "More filters" }
                div.line {
                    (choice("Tracker", "tracker", &facets.trackers, &filter.tracker))
                    (choice("Project", "project", &facets.projects, &filter.project))
                    (choice("Scope", "scope", &facets.scopes, &filter.scope))
                    (choice("Person", "person", &facets.people, &filter.person))
                }
                div.line {
                    (boxes("Priority", "priority", &Priority::ALL.map(|level| (level.name(), filter.priority.contains(&level)))))
                    (boxes("Complexity", "complexity", &Complexity::ALL.map(|level| (level.name(), filter.complexity.contains(&level)))))
                    (boxes("Readiness", "readiness", &Readiness::ALL.map(|level| (level.name(), filter.readiness.contains(&level)))))
                }
            }
        }
    }
}

fn status(filter: &Filter) -> Markup {
    let one = |status: Status| filter.status == [status];
    html! {
        label {
            span.hidden { "Status" }
            select name="status" {
                option value="" { "Open" }
                @for status in STATUSES { option value=(status.name()) selected[one(status)] { (capital(status.name())) } }
                option value="all" selected[filter.is_all()] { "Open and closed" }
            }
        }
    }
}

fn choice(label: &str, name: &str, known: &[String], chosen: &str) -> Markup {
    let unknown = !chosen.is_empty() && !known.iter().any(|known| known == chosen);
    html! {
        @if !known.is_empty() || unknown {
            label.choice {
                (label)
                select name=(name) {
                    option value="" { "Any" }
                    @if unknown { option value=(chosen) selected { (fit(chosen, 60)) } }
                    @for known in known { option value=(known) selected[known == chosen] { (fit(known, 60)) } }
                }
            }
        }
    }
}

fn boxes(legend: &str, name: &str, levels: &[(&str, bool)]) -> Markup {
    html! {
        fieldset {
            legend { (legend) }
            @for (level, on) in levels {
                label.box { input type="checkbox" name=(name) value=(level) checked[*on]; (level.replace('-', " ")) }
            }
        }
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
