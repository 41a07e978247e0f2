//! Keys that are accepted and do nothing yet: named in one loud warning where a person set them.

use super::check::Check;
use super::finding::shown;
use super::raw::Raw;

/// One sentence that lists them; nothing where none is set.
pub(super) fn warnings(raw: &Raw, check: &Check<'_>) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    keys.extend(trackers(raw));
    if check.is_set("links.from") {
        keys.extend(
            raw.links
                .from
                .iter()
                .filter(|from| *from == "remote-link")
                .map(|from| format!("links.from {}", shown(from))),
        );
    }
    for (table, name) in [("mirror", "[[mirror]]"), ("people", "[people]")] {
        if check.is_set(table) {
            keys.push(name.to_owned());
        }
    }
    if keys.is_empty() {
        return Vec::new();
    }
    vec![format!("SET BUT WITHOUT EFFECT in this version: {}", keys.join(", "))]
}

fn trackers(raw: &Raw) -> Vec<String> {
    let mut keys = Vec::new();
    for (name, tracker) in &raw.trackers {
        let others = tracker.fields.iter().flatten().map(|(field, _)| field).filter(|field| *field != "story_points");
        keys.extend(others.map(|field| format!("trackers.{name}.fields.{field}")));
    }
    keys
}
