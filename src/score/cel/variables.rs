//! Evidence -> what an expression may read: one table of variables, from which the documentation comes.

use std::borrow::Cow;
use std::collections::BTreeSet;

use ::cel::common::types::{CelDouble, CelInt, CelList, CelNull, CelString};
use ::cel::common::value::Val;

use super::shape::{Kind, LIST_MAX, LISTED_MAX_BYTES, Scalar, TEXT_MAX_BYTES};
use crate::model::{Issue, Tier, utc_day};
use crate::score::calendar::days;
use crate::score::evidence::Evidence;

/// A value that the interpreter reads.
pub(super) type Given<'e> = Box<dyn Val + 'e>;

/// Something that an expression may read of an item.
pub struct Variable {
    /// As it is written: `item.labels`.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// What it means, in one line.
    pub meaning: &'static str,
    /// Its value moves with the day.
    pub moves_daily: bool,
    pub(super) read: for<'e> fn(&'e Evidence<'_>) -> Given<'e>,
}

const TEXT: Kind = Kind::One(Scalar::Text);
const TEXTS: Kind = Kind::List(Some(Scalar::Text));
const INT: Kind = Kind::One(Scalar::Int);

const fn variable(
    name: &'static str,
    kind: Kind,
    meaning: &'static str,
    read: for<'e> fn(&'e Evidence<'_>) -> Given<'e>,
) -> Variable {
    Variable { name, kind, meaning, moves_daily: false, read }
}

/// Every variable, sorted by name. Nothing that we wrote is among them, nor when anything was last edited.
pub const VARIABLES: &[Variable] = &[
    Variable {
        moves_daily: true,
        ..variable("item.age_days", INT, "whole days since it was opened", |evidence| {
            int(days(utc_day(evidence.item.founder().created), evidence.day).max(0))
        })
    },
    variable("item.assignees", TEXTS, "names of who works on it, as their trackers have them", |evidence| {
        texts(faces(evidence).flat_map(|face| &face.assignees).map(|person| &person.name))
    }),
    variable("item.author", TEXT, "name of who opened it; empty where the account is gone", |evidence| {
        text(evidence.item.founder().author.as_ref().map_or("", |author| &author.name))
    }),
    variable(
        "item.blocked_by",
        INT,
        "how many open items it waits for, ones that aren't read here included",
        |evidence| count(open(evidence, &evidence.item.blocked_by) + evidence.item.blocked_outside.len()),
    ),
    variable("item.blocks", INT, "how many open items wait for it directly", |evidence| {
        count(open(evidence, &evidence.item.blocks))
    }),
    variable("item.commenters", INT, "how many people other than its author comment on it", |evidence| {
        sum(evidence, |face| face.talk.as_ref().map_or(0, |talk| talk.people))
    }),
    variable("item.comments", INT, "how many comments it has", |evidence| sum(evidence, |face| face.comments)),
    variable("item.components", TEXTS, "its components (Jira)", |evidence| {
        texts(faces(evidence).flat_map(|face| &face.components))
    }),
    variable("item.container", TEXT, "where its oldest issue lives: 'github:acme/api', 'jira:PAY'", |evidence| {
        owned(evidence.item.founder().container.to_string())
    }),
    variable("item.containers", TEXTS, "where its issues live", |evidence| {
        owned_texts(faces(evidence).map(|face| face.container.to_string()))
    }),
    variable(
        "item.declared_priority",
        TEXT,
        "the priority field as a person set it, in lower case; empty where there is none",
        |evidence| owned(evidence.declared().next().map(|(.., lower)| lower).unwrap_or_default()),
    ),
    Variable {
        moves_daily: true,
        ..variable(
            "item.due_days",
            Kind::Maybe(Scalar::Int),
            "whole days until it is due, negative once it is overdue",
            |evidence| evidence.item.due.map_or_else(null, |(due, _)| int(days(evidence.day, due))),
        )
    },
    variable("item.key", TEXT, "its oldest issue's key: 'github:acme/api#7', 'jira:PAY-7'", |evidence| {
        owned(evidence.item.founder().key.to_string())
    }),
    variable("item.kind", TEXT, "its type in lower case: 'bug', 'story'; empty where it has none", |evidence| {
        owned(faces(evidence).find_map(|face| face.kind.as_ref()).map(|kind| kind.to_lowercase()).unwrap_or_default())
    }),
    variable("item.labels", TEXTS, "people's labels in lower case; never ours", |evidence| {
        texts(evidence.labels.iter().map(|(_, label)| label))
    }),
    variable("item.parts", INT, "how many parts (sub-issues, stories of an epic) it has", |evidence| {
        count(evidence.item.children.len())
    }),
    variable(
        "item.points",
        Kind::Maybe(Scalar::Double),
        "story points that a person gave, the largest number where issues differ",
        |evidence| evidence.largest_story_points().map_or_else(null, |(_, points)| Box::new(CelDouble::from(points))),
    ),
    variable("item.reactions", INT, "thumbs up, hearts, hoorays and rockets", |evidence| {
        sum(evidence, |face| face.reactions)
    }),
    variable("item.status", TEXT, "'todo' or 'doing'; 'done' and 'dropped' ones are not asked about", |evidence| {
        text(evidence.item.status.name())
    }),
    variable("item.tier", TEXT, "'epic', 'standard' or 'subtask'", |evidence| {
        text(match evidence.item.founder().tier {
            Tier::Epic => "epic",
            Tier::Standard => "standard",
            Tier::Subtask => "subtask",
        })
    }),
    variable("item.title", TEXT, "its oldest issue's title", |evidence| text(&evidence.item.founder().title)),
    variable("item.trackers", TEXTS, "the trackers that have it, by name", |evidence| {
        texts(faces(evidence).map(|face| face.id.tracker.as_str()))
    }),
    variable("item.votes", INT, "votes (Jira)", |evidence| sum(evidence, |face| face.votes)),
    variable("item.watchers", INT, "watchers (Jira)", |evidence| sum(evidence, |face| face.watchers)),
];

/// Fields of a tracker stand behind this: `item.fields.customfield_10050`, a text or null.
pub(super) const FIELDS: &str = "item.fields";
/// What the documentation says of them.
pub const FIELDS_MEANING: &str =
    "a Jira field by its id, as text: item.fields.customfield_10050; where we write it, what a person last gave";

/// The variable of this name, as its place in the table.
pub(super) fn find(name: &str) -> Option<usize> {
    VARIABLES.binary_search_by(|variable| variable.name.cmp(name)).ok()
}

/// What the first of an item's issues that has it says in a field.
pub(super) fn field<'e>(evidence: &'e Evidence<'_>, id: &str) -> Given<'e> {
    evidence.fields(id).next().map_or_else(null, |(_, said)| text(said))
}

fn faces<'e>(evidence: &'e Evidence<'_>) -> impl Iterator<Item = &'e Issue> {
    evidence.item.faces.iter().map(|face| &**face)
}

fn open(evidence: &Evidence<'_>, indices: &[usize]) -> usize {
    indices.iter().filter(|index| evidence.roadmap.items[**index].status.is_open()).count()
}

fn null<'e>() -> Given<'e> {
    Box::new(CelNull)
}

fn int<'e>(number: i64) -> Given<'e> {
    Box::new(CelInt::from(number))
}

fn count<'e>(number: usize) -> Given<'e> {
    int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn sum<'e>(evidence: &Evidence<'_>, of: fn(&Issue) -> u32) -> Given<'e> {
    int(faces(evidence).map(|face| i64::from(of(face))).sum())
}

fn text(text: &str) -> Given<'_> {
    Box::new(CelString::from(cut(text, TEXT_MAX_BYTES)))
}

fn owned<'e>(text: String) -> Given<'e> {
    let cut = cut(&text, TEXT_MAX_BYTES).len();
    let mut text = text;
    text.truncate(cut);
    Box::new(CelString::from(text))
}

/// Each text once, sorted.
fn texts<'e>(all: impl Iterator<Item = &'e (impl AsRef<str> + ?Sized + 'e)>) -> Given<'e> {
    list(all.map(|text| Cow::Borrowed(text.as_ref())))
}

fn owned_texts<'e>(all: impl Iterator<Item = String>) -> Given<'e> {
    list(all.map(Cow::Owned))
}

fn list<'e>(all: impl Iterator<Item = Cow<'e, str>>) -> Given<'e> {
    let sorted: BTreeSet<Cow<'e, str>> = all.collect();
    let boxed = |text: Cow<'e, str>| -> Given<'e> {
        Box::new(match text {
            Cow::Borrowed(text) => CelString::from(cut(text, LISTED_MAX_BYTES)),
            Cow::Owned(text) => CelString::from(cut(&text, LISTED_MAX_BYTES).to_owned()),
        })
    };
    Box::new(CelList::from(sorted.into_iter().take(LIST_MAX).map(boxed).collect::<Vec<Given<'e>>>()))
}

/// The text as far as it has so many bytes, by whole characters.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_says_what_each_variable_means() {
        assert!(VARIABLES.windows(2).all(|two| two[0].name < two[1].name));
        for variable in VARIABLES {
            assert!(variable.name.starts_with("item.") && !variable.meaning.is_empty());
            assert_eq!(find(variable.name).map(|at| VARIABLES[at].name), Some(variable.name));
        }
        assert!(find("item.updated").is_none() && find("labels").is_none());
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(cut("aüb", 2), "a");
        assert_eq!(cut("aüb", 3), "aü");
        assert_eq!(cut("ab", 9), "ab");
    }
}
