//! (Roadmap, Scores, Standing) -> inversions: what presses waits for what doesn't.

use crate::model::{Aspect, Level, Priority};
use crate::roadmap::{Item, Roadmap};
use crate::score::Scores;

use super::standing::Standing;

/// An open item that waits for one of a less pressing level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inversion {
    /// What waits, by its founder's key.
    pub waits: String,
    /// How pressing it is.
    pub level: Priority,
    /// What it waits for, by its founder's key.
    pub for_what: String,
    /// How pressing that is.
    pub held_back: Priority,
    /// Why it stays there.
    pub why: String,
}

impl Inversion {
    /// One sentence.
    pub fn sentence(&self) -> String {
        format!("{} {} waits for {}, {}", self.level, self.waits, self.for_what, self.why)
    }
}

/// All inversions, the most pressing first. Levels rise to what blocks, so only what a person holds, or what a scope keeps from
/// rising, stays behind.
pub fn inversions(roadmap: &Roadmap, scores: &Scores, standing: &Standing) -> Vec<Inversion> {
    let mut found = Vec::new();
    for (index, item) in roadmap.items.iter().enumerate().filter(|(_, item)| item.status.is_open()) {
        let Some(level) = scores.items.get(index).map(|score| score.priority.level) else { continue };
        for blocker in &item.blocked_by {
            let (Some(other), Some(score)) = (roadmap.items.get(*blocker), scores.items.get(*blocker)) else {
                continue;
            };
            let behind = score.priority.level;
            if other.status.is_open() && behind > level {
                let why = held(other, standing, behind)
                    .unwrap_or_else(|| format!("at {behind}: levels don't rise there (inherit is off)"));
                let [waits, for_what] = [item, other].map(|item| item.founder().key.to_string());
                found.push(Inversion { waits, level, for_what, held_back: behind, why });
            }
        }
    }
    found.sort_by(|a, b| (a.level, &a.waits, &a.for_what).cmp(&(b.level, &b.waits, &b.for_what)));
    found
}

/// Whose hand keeps an item there, and since when.
fn held(item: &Item, standing: &Standing, level: Priority) -> Option<String> {
    standing.previous.holds.get(&(item.id.clone(), Aspect::Priority))?;
    let rows = item.faces.iter().flat_map(|face| standing.noted.rows_of(&face.id));
    let hold = rows
        .filter(|(key, _)| key.aspect == Aspect::Priority)
        .filter_map(|(_, row)| row.hold.as_ref())
        .find(|hold| hold.level == Some(Level::Priority(level)))?;
    let who = hold.by.as_ref().map_or("a person", |person| person.name.as_str());
    let since = match hold.given {
        Some(given) => format!(" since {}", given.strftime("%Y-%m-%d")),
        None => format!(" since cycle {}", hold.since),
    };
    Some(format!("held at {level} by {who}{since}"))
}
