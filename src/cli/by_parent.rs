//! `roadmapd roadmap --by parent`: how much of the open work is under which epic, and how much under none.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::output;
use crate::daemon::Thought;
use crate::web::answer::tenths;

/// How far up a parent is looked for.
const DEPTH_MAX: usize = 8;

/// Open work under one parent.
#[derive(Clone, Copy, Default)]
struct Work {
    items: usize,
    story_points: f64,
}

/// Open work by its topmost parent (None: it has none), largest first, none last. Parents themselves aren't work.
fn groups(thought: &Thought) -> Vec<(Option<usize>, Work)> {
    let mut found: BTreeMap<Option<usize>, Work> = BTreeMap::new();
    let roadmap = &thought.roadmap;
    for (index, (item, score)) in roadmap.items.iter().zip(&thought.scores.items).enumerate() {
        if !item.status.is_open() || item.is_epic() || !item.children.is_empty() {
            continue;
        }
        let mut top = index;
        for _ in 0..DEPTH_MAX {
            top = roadmap.items.get(top).and_then(|item| item.parent).unwrap_or(top);
        }
        let work = found.entry((top != index).then_some(top)).or_default();
        work.items += 1;
        work.story_points += score.complexity.story_points;
    }
    let mut groups: Vec<(Option<usize>, Work)> = found.into_iter().collect();
    groups.sort_by(|a, b| {
        (a.0.is_none().cmp(&b.0.is_none())).then(b.1.story_points.total_cmp(&a.1.story_points)).then(a.0.cmp(&b.0))
    });
    groups
}

fn whole(groups: &[(Option<usize>, Work)]) -> f64 {
    groups.iter().map(|(_, work)| work.story_points).sum::<f64>().max(f64::MIN_POSITIVE)
}

pub(super) fn as_json(thought: &Thought) -> Value {
    let groups = groups(thought);
    let whole = whole(&groups);
    let of = |(parent, work): &(Option<usize>, Work)| {
        let parent = parent.and_then(|index| thought.roadmap.items.get(index));
        json!({
            "parent": parent.map(|item| item.id.to_string()),
            "issue": parent.map(|item| item.founder().key.to_string()),
            "title": parent.map(|item| item.founder().title.clone()),
            "items": work.items,
            "story_points": tenths(work.story_points),
            "share": work.story_points / whole,
        })
    };
    json!({ "by": "parent", "groups": groups.iter().map(of).collect::<Vec<_>>() })
}

pub(super) fn as_text(thought: &Thought) -> String {
    let groups = groups(thought);
    let whole = whole(&groups);
    let mut text = "share  items  points  parent\n".to_owned();
    for (parent, work) in &groups {
        let name = match parent.and_then(|index| thought.roadmap.items.get(index)) {
            Some(item) => format!("{:<24} {}", item.founder().key.to_string(), output::fit(&item.founder().title, 60)),
            None => "under no epic or objective".to_owned(),
        };
        let share = work.story_points * 100.0 / whole;
        let _ = writeln!(text, "{share:>3.0} %  {:>5}  {:>6.1}  {name}", work.items, work.story_points);
    }
    text
}
