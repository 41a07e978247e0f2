//! (answer of the table, hold) -> whose a value is, in words.

use crate::daemon::Held;
use crate::plan::{Answer, Hold, HoldReason};

/// Whose the value in one sink is.
pub fn whose(answer: &Answer, held: Option<&Held>) -> String {
    match answer {
        Answer::Free => "nothing yet".to_owned(),
        Answer::Default(value) => format!("{value} (the tracker's default)"),
        Answer::Ours(values) | Answer::Released(values) if values.is_empty() => "nothing yet".to_owned(),
        Answer::Ours(values) => format!("{} (ours)", values.join(", ")),
        Answer::Released(values) => format!("{} (handed back to us)", values.join(", ")),
        Answer::Held { at, known: Some(Hold { reason: HoldReason::Fought(times), by, .. }), .. } => {
            let who = by.as_ref().map_or("somebody", |person| person.name.as_str());
            let there = at.as_deref().unwrap_or("nothing");
            format!("{there}: {who} reversed ours {times} times, so it is left; `roadmapd release` ends that")
        }
        Answer::Held { at, .. } => {
            let who = held.and_then(|hold| hold.who.as_deref()).unwrap_or("a person");
            let since = held
                .and_then(|hold| hold.since)
                .map_or_else(String::new, |since| format!(" since {}", since.strftime("%Y-%m-%d")));
            match at {
                Some(value) => format!("{value} (held by {who}{since}; `roadmapd release` ends that)"),
                None => format!("nothing: a person took ours off{since}; `roadmapd release` ends that"),
            }
        }
        Answer::Unknown => "not sure: the next cycle reads it again".to_owned(),
    }
}
