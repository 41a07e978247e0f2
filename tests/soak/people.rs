//! Dice and what stands in both worlds -> what people and a bot do there, the same in both.

use std::collections::{BTreeMap, BTreeSet};

use roadmapd::model::{Issue, Timestamp};
use roadmapd::plan::{Ledger, Row, RowKey};
use roadmapd::sandbox::{Facts, GithubIssueSeed, JiraIssueSeed, Running, SandboxError};

use crate::dice::Dice;

pub const ASPECTS: [(&str, &[&str]); 2] =
    [("priority", &["p0", "p1", "p2", "p3"]), ("complexity", &["xs", "s", "m", "l", "xl"])];
pub const AUTO: &str = "roadmapd:auto";
const LABELS: [&str; 5] = ["needs-words", "customer", "sev-1", "sev-3", "priority/customer"];

/// A person's act.
#[derive(Clone, Debug)]
pub enum Act {
    Label(String, String),
    Unlabel(String, String),
    /// Puts a level of one's own and takes these off.
    TakeOver(String, String, Vec<String>),
    /// Takes every level of an aspect off.
    TakeOff(String, &'static str, Vec<String>),
    HandBack(String),
    Title(String, String),
    Close(String),
    Reopen(String),
    Status(String, &'static str),
    Priority(String, &'static str),
    Points(String, f64),
    Block(String, String),
    React(String),
    Open(&'static str),
    Delete(String),
    Move(String, &'static str),
}

/// Whether a label spells a level of this aspect.
pub fn spells(aspect: &str, label: &str) -> bool {
    let levels = ASPECTS.iter().find(|(name, _)| *name == aspect).map_or(&[][..], |(_, levels)| levels);
    label.split_once('/').is_some_and(|(name, level)| name == aspect && levels.contains(&level))
}

/// A label that isn't ours to judge.
pub fn is_foreign(label: &str) -> bool {
    label != AUTO && !ASPECTS.iter().any(|(aspect, _)| spells(aspect, label))
}

/// One world as people and the ledger see it.
pub struct View {
    pub facts: BTreeMap<String, Facts>,
    ledger: Ledger,
    /// When each issue that roadmapd knows had last changed as it read it, by tracker and id.
    read: BTreeMap<(bool, String), Timestamp>,
}

impl View {
    pub fn of(trackers: &Running, ledger: Ledger, issues: &[Issue]) -> Self {
        let mut facts = trackers.all_facts();
        facts.retain(|_, facts| !facts.pull_request);
        let read = |issue: &Issue| ((issue.key.local.contains('#'), issue.id.id.clone()), issue.updated);
        Self { facts, ledger, read: issues.iter().map(read).collect() }
    }

    /// Whether roadmapd has read an issue as it is now.
    fn is_read(&self, key: &str) -> bool {
        let Some(facts) = self.facts.get(key) else { return false };
        self.read.get(&(key.contains('#'), facts.id.clone())) == Some(&facts.updated)
    }

    pub fn row(&self, key: &str, aspect: &str) -> Option<&Row> {
        let id = &self.facts.get(key)?.id;
        let mut rows = self.ledger.rows.iter();
        let of = |row: &RowKey| {
            row.issue.id == *id
                && row.aspect.name() == aspect
                && (row.issue.tracker.as_str() == "github") == key.contains('#')
        };
        rows.find(|(row, _)| of(row)).map(|(_, row)| row)
    }

    pub fn levels(&self, key: &str, aspect: &str) -> Vec<String> {
        let labels = self.facts.get(key).map(|facts| facts.labels.clone()).unwrap_or_default();
        labels.into_iter().filter(|label| spells(aspect, label)).collect()
    }
}

/// Whether a level of an issue stands alike in both worlds, ledgers included: only there may people lay hands on it, or
/// the two would rightly end apart.
fn alike(calm: &View, rough: &View, key: &str, aspect: &str) -> bool {
    let auto = |view: &View| view.facts[key].labels.iter().any(|label| label == AUTO);
    let known = |view: &View| {
        let row = view.row(key, aspect);
        let told = row.map(|row| (row.ours.clone(), row.hold.as_ref().map(|hold| hold.at.clone()), row.beside.clone()));
        (view.levels(key, aspect), told, row.is_some_and(|row| row.intent.is_some()))
    };
    known(calm) == known(rough) && !known(calm).2 && !auto(calm) && !auto(rough)
}

/// Whether one may lay hands on a level though the two worlds differ, without the tracker's state being able to mean
/// something else: no hand-back is under way, and no write is whose undoing looks like its never having been done.
fn clear(rough: &View, key: &str, aspect: &str) -> bool {
    let open = rough.row(key, aspect).and_then(|row| row.intent.as_ref());
    let auto = rough.facts[key].labels.iter().any(|label| label == AUTO);
    !auto && open.is_none_or(|intent| intent.from.is_some() && intent.to.is_some())
}

/// What a row names.
fn named(view: &View, key: &str, aspect: &str) -> BTreeSet<String> {
    let Some(row) = view.row(key, aspect) else { return BTreeSet::new() };
    let intent = row.intent.iter().flat_map(|intent| [intent.from.clone(), intent.to.clone()]).flatten();
    let hold = row.hold.iter().filter_map(|hold| hold.at.clone());
    row.ours.iter().chain(&row.beside).cloned().chain(intent).chain(hold).collect()
}

/// Draws an act. `wild`: people lay hands on levels also where the two worlds differ.
pub fn drawn(dice: &mut Dice, calm: &View, rough: &View, wild: bool, n: u64) -> Option<Act> {
    let keys: Vec<String> = calm.facts.keys().cloned().collect();
    let key = dice.pick(&keys)?.clone();
    let facts = &calm.facts[&key];
    let (aspect, levels) = *dice.pick(&ASPECTS)?;
    let is_github = key.contains('#');
    let hands = facts.open && if wild { clear(rough, &key, aspect) } else { alike(calm, rough, &key, aspect) };
    let standing = rough.levels(&key, aspect);
    Some(match dice.below(24) {
        0 | 1 => Act::Label(key, (*dice.pick(&LABELS)?).to_owned()),
        2 => Act::Unlabel(key, dice.pick(&facts.labels)?.clone()).none_of_ours()?,
        3..=6 if hands => {
            let taken: BTreeSet<String> = [calm, rough].iter().flat_map(|view| named(view, &key, aspect)).collect();
            let seen = calm.levels(&key, aspect);
            let free = |label: &String| !taken.contains(label) && !standing.contains(label) && !seen.contains(label);
            let free: Vec<String> = levels.iter().map(|level| format!("{aspect}/{level}")).filter(free).collect();
            let also = if dice.percent(50) { standing } else { Vec::new() };
            Act::TakeOver(key, dice.pick(&free)?.clone(), also)
        }
        7..=9 if hands && !standing.is_empty() => {
            // What roadmapd never had a hand in and never read is free again, for anyone.
            let ours = |view: &View| {
                let row = view.row(&key, aspect).filter(|row| row.hold.is_none());
                row.is_some_and(|row| row.ours.is_some() || row.intent.is_some())
            };
            if !ours(calm) || !ours(rough) {
                return None;
            }
            Act::TakeOff(key, aspect, standing)
        }
        10 if facts.open && ASPECTS.iter().all(|(aspect, _)| alike(calm, rough, &key, aspect)) => Act::HandBack(key),
        11 | 12 => Act::Title(key, format!("Said anew, for the {n}th time")),
        13 => Act::Close(key),
        14 | 15 if !facts.open => Act::Reopen(key),
        16 if !is_github => Act::Status(key, dice.pick(&["To Do", "In Progress", "In Review"])?),
        17 | 18 if !is_github => Act::Priority(key, dice.pick(&["Highest", "High", "Medium", "Low", "Lowest"])?),
        19 if !is_github => Act::Points(key, *dice.pick(&[1.0, 3.0, 5.5, 10.0, 20.0])?),
        20 => Act::React(key),
        21 => {
            let other = dice.pick(&keys)?.clone();
            if other == key || other.contains('#') != is_github {
                return None;
            }
            Act::Block(key, other)
        }
        22 => Act::Open(dice.pick(&["acme/api", "acme/web", "CORE", "PAY"])?),
        // What people said on it goes on holding its linked issue, if it was read before.
        23 if !ASPECTS.iter().all(|(aspect, _)| alike(calm, rough, &key, aspect)) => return None,
        // Jira doesn't say that an issue was deleted: it is remembered as it was last seen, which must be the same in both worlds.
        23 if !is_github && ![calm, rough].iter().all(|view| view.is_read(&key)) => return None,
        23 if dice.percent(40) => Act::Delete(key),
        // Before both worlds know it, only one of them could know where it came from.
        23 if [calm, rough].iter().any(|view| view.row(&key, aspect).is_none()) => return None,
        23 if is_github => Act::Move(key.clone(), if key.starts_with("acme/api") { "acme/web" } else { "acme/api" }),
        23 => Act::Move(key.clone(), if key.starts_with("CORE") { "PAY" } else { "CORE" }),
        _ => return None,
    })
}

impl Act {
    fn none_of_ours(self) -> Option<Self> {
        matches!(&self, Self::Unlabel(_, label) if is_foreign(label)).then_some(self)
    }

    /// Does it. The key that the issue has afterwards.
    pub fn act(&self, by: &Running) -> Result<Option<String>, SandboxError> {
        match self {
            Self::Label(key, label) => by.add_label(key, label)?,
            Self::Unlabel(key, label) => by.remove_label(key, label)?,
            Self::TakeOver(key, label, also) => {
                by.add_label(key, label)?;
                also.iter().try_for_each(|label| by.remove_label(key, label))?;
            }
            Self::TakeOff(key, _, levels) => levels.iter().try_for_each(|label| by.remove_label(key, label))?,
            Self::HandBack(key) => by.add_label(key, AUTO)?,
            Self::Title(key, title) => by.edit_title(key, title)?,
            Self::Close(key) => by.close(key)?,
            Self::Reopen(key) => by.reopen(key)?,
            Self::Status(key, status) => by.set_status(key, status)?,
            Self::Priority(key, priority) => by.set_priority(key, priority)?,
            Self::Points(key, points) => by.set_number(key, "customfield_10016", Some(*points))?,
            Self::Block(blocker, blocked) => by.block(blocker, blocked)?,
            Self::React(key) => by.react(key, "+1")?,
            Self::Delete(key) => by.delete(key)?,
            Self::Move(key, to) => return by.move_issue(key, to).map(Some),
            Self::Open(place) if place.contains('/') => {
                let (title, author) = ("Checkout fails".to_owned(), Some("dana".to_owned()));
                let seed = GithubIssueSeed { title, author, ..Default::default() };
                return by.add_github_issue(place, &seed).map(Some);
            }
            Self::Open(place) => {
                let (kind, status) = ("Task".to_owned(), "To Do".to_owned());
                let seed = JiraIssueSeed { summary: "Checkout fails".to_owned(), kind, status, ..Default::default() };
                return by.add_jira_issue(place, &seed).map(Some);
            }
        }
        Ok(None)
    }
}
