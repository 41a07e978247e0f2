//! View -> what would be if: an item as it isn't, thought through without keeping anything.

use std::str::FromStr;
use std::sync::Arc;

use super::View;
use crate::model::{Day, DueSource, Issue, Priority};
use crate::roadmap::Item;
use crate::score::backtest::POINTS_MAX;
use crate::score::{ItemScore, Knobs, Previous, VALUE_MAX, ValueFile, ValueRow, ValueSource};

/// Days until it is due that are tried, the latest first.
const DUE_DAYS: [i64; 4] = [90, 30, 14, 7];
/// Priorities that are tried, the mildest first.
const DECLARED: [&str; 3] = ["Medium", "High", "Highest"];
/// Votes that are tried, the fewest first.
const VOTES: [u32; 4] = [3, 10, 30, 100];

/// One thing that is otherwise: `due=2027-01-15`.
#[derive(Clone, Debug, PartialEq)]
pub enum Set {
    /// The day it is due.
    Due(Day),
    /// Given story points.
    Points(f64),
    /// The tracker's priority, by name.
    Priority(String),
    /// Votes (Jira).
    Votes(u32),
    /// Reactions (GitHub).
    Reactions(u32),
    /// One label more.
    Label(String),
    /// Its business value.
    Value(f64),
}

impl FromStr for Set {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const KNOWN: &str = "due=DATE, points=N, priority=NAME, votes=N, reactions=N, value=N or label=NAME";
        let (key, value) = text.split_once('=').ok_or_else(|| format!("{text:?} isn't KEY=VALUE: {KNOWN}"))?;
        let value = value.trim();
        let count =
            || value.parse::<u32>().map_err(|_| format!("{key}={value:?}: a whole number is wanted, such as {key}=10"));
        let number = |most: f64| {
            let read = value.parse::<f64>().ok().filter(|read| (0.0..=most).contains(read));
            read.ok_or_else(|| format!("{key}={value:?}: a number from 0 to {most} is wanted"))
        };
        match key.trim() {
            "due" => value
                .parse()
                .map(Self::Due)
                .map_err(|_| format!("due={value:?}: a date is wanted, such as due=2027-01-15")),
            "points" => number(POINTS_MAX).map(Self::Points),
            "value" => number(VALUE_MAX).map(Self::Value),
            "priority" => Ok(Self::Priority(value.to_owned())),
            "votes" => count().map(Self::Votes),
            "reactions" => count().map(Self::Reactions),
            "label" => Ok(Self::Label(value.to_owned())),
            other => Err(format!("{other:?} can't be set: {KNOWN}")),
        }
    }
}

impl std::fmt::Display for Set {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Due(day) => write!(f, "due={day}"),
            Self::Points(points) => write!(f, "points={points}"),
            Self::Priority(name) => write!(f, "priority={name}"),
            Self::Votes(n) => write!(f, "votes={n}"),
            Self::Reactions(n) => write!(f, "reactions={n}"),
            Self::Label(name) => write!(f, "label={name}"),
            Self::Value(value) => write!(f, "value={value}"),
        }
    }
}

impl Set {
    /// Makes it so, whatever stands there, ours included.
    fn apply(&self, item: &mut Item, previous: &mut Previous, knobs: &mut Knobs) {
        let Some(face) = item.faces.first_mut() else { return };
        let mut issue: Issue = (**face).clone();
        match self {
            Self::Due(day) => item.due = Some((*day, DueSource::Issue)),
            Self::Points(points) => {
                (issue.story_points, issue.story_points_field) = (Some(*points), None);
                issue.labels.retain(|label| !label.to_lowercase().starts_with("points/"));
            }
            Self::Priority(name) => {
                issue.priority = Some(name.clone());
                if let Some(given) = previous.given.get_mut(&issue.id) {
                    given.remove("priority");
                }
            }
            Self::Votes(votes) => issue.votes = *votes,
            Self::Reactions(reactions) => issue.reactions = *reactions,
            Self::Label(label) => issue.labels.push(label.clone()),
            Self::Value(value) => {
                let row = ValueRow { value: *value, until: None };
                let rows = [(issue.key.to_string().to_lowercase(), row)].into();
                knobs.value.insert(0, ValueSource::File(Arc::new(ValueFile { name: "--set".to_owned(), rows })));
            }
        }
        *face = Arc::new(issue);
    }
}

/// The item's levels if all of this were so; people's holds aside, since they would hide it. None: there is no such item.
pub fn scored(view: &View, index: usize, sets: &[Set]) -> Option<ItemScore> {
    view.what_if(index, |item, previous, knobs| {
        previous.holds.clear();
        for set in sets {
            set.apply(item, previous, knobs);
        }
    })
}

/// What an item lacks to the next level, and what would give it: "+6.0 to p1: for example due by 2027-01-15". None: it is closed, or
/// nothing is above its own level.
pub fn lacks(view: &View, index: usize) -> Option<String> {
    let score = view.thought.scores.items.get(index)?;
    let own = score.priority.own;
    let next = *Priority::ALL.get((own as usize).checked_sub(1)?)?;
    let item = view.thought.roadmap.items.get(index).filter(|item| item.status.is_open())?;
    let knobs = view.weights.of(&item.founder().container);
    let points = knobs.priority_bands[next as usize] + knobs.hysteresis - score.priority.score;
    let does = |set: Set| scored(view, index, &[set]).is_some_and(|score| score.priority.own <= next);
    let due = DUE_DAYS.into_iter().map(|days| view.day().saturating_add(jiff::SignedDuration::from_hours(24 * days)));
    let due = due.into_iter().find(|day| does(Set::Due(*day))).map(|day| format!("due by {day}"));
    let declared = DECLARED.into_iter().find(|name| does(Set::Priority((*name).to_owned())));
    let declared = declared.map(|name| format!("declared {name}"));
    let asked = VOTES.into_iter().find(|more| does(Set::Votes(item.founder().votes.saturating_add(*more))));
    let asked = asked.map(|more| format!("{more} more votes"));
    let ways: Vec<String> = due.into_iter().chain(declared).chain(asked).collect();
    let ways = if ways.is_empty() {
        "no single thing would do".to_owned()
    } else {
        format!("for example {}", ways.join(", or "))
    };
    Some(format!("{:+.1} to {next}: {ways}", points.max(0.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_read_or_refused_with_what_is_wanted() {
        assert_eq!("due=2027-01-15".parse(), Ok(Set::Due(jiff::civil::date(2027, 1, 15))));
        assert_eq!("points=3.5".parse(), Ok(Set::Points(3.5)));
        assert_eq!("label=security".parse(), Ok(Set::Label("security".to_owned())));
        for (text, part) in [
            ("due=soon", "such as due=2027-01-15"),
            ("points=-1", "from 0 to 1000"),
            ("colour=red", "can't be set"),
            ("due", "KEY=VALUE"),
        ] {
            let refused = text.parse::<Set>().expect_err(text);
            assert!(refused.contains(part), "{refused}");
        }
    }
}
