//! View -> holds: who put what where, since when, and how far that is from the computed level.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{View, Works};
use crate::model::{Aspect, Issue, Level, Timestamp};
use crate::plan::{Answer, Author, HoldReason, SinkId};
use crate::score::ItemScore;
use crate::store::{Store, StoreTrouble};
use crate::tracker::{Fetch, Standing};

/// Holds of one tracker whose history is asked, at most: each may cost requests.
const ASKED_MAX: usize = 200;

/// One hold, as people read it.
#[derive(Clone, Debug)]
pub struct Held {
    /// The issue as it was last read, and the sink: what its history is asked by.
    face: Arc<Issue>,
    sink: SinkId,
    /// Who holds it, where that is known.
    pub who: Option<String>,
    /// The issue's key.
    pub issue: String,
    /// The item's id.
    pub item: String,
    /// What is held.
    pub aspect: Aspect,
    /// Their value. None: they took ours off.
    pub at: Option<String>,
    /// The level that their value spells. None: none.
    pub level: Option<Level>,
    /// The level that would be found if nobody held anything.
    pub computed: Option<Level>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Why it counts as theirs, in a word.
    pub reason: &'static str,
    /// The item follows it; it doesn't where it names no level or where people disagree.
    pub holds_item: bool,
    /// People hold the item at different levels: nothing of that aspect is written.
    pub frozen: bool,
}

/// Every hold on an open item, sorted by issue and aspect.
///
/// # Errors
/// A store that can't be read.
pub async fn held(view: &View, store: &Store) -> Result<Vec<Held>, StoreTrouble> {
    let cycles: Vec<u64> =
        view.ledger.rows.values().filter_map(|row| row.hold.as_ref().map(|hold| hold.since)).collect();
    let times: BTreeMap<u64, Timestamp> = store.cycle_times(&cycles).await?;
    let unheld = view.unheld();
    let mut held = Vec::new();
    for (key, answer) in &view.thought.standing.answers {
        let Answer::Held { at, known, .. } = answer else { continue };
        let Some(index) = view.thought.roadmap.item_of.get(&key.issue) else { continue };
        let item = &view.thought.roadmap.items[*index];
        let Some(face) = item.faces.iter().find(|face| face.id == key.issue) else { continue };
        let by = known.as_ref().and_then(|hold| hold.by.as_ref().map(|person| person.name.clone()));
        let given = known.as_ref().and_then(|hold| hold.given);
        held.push(Held {
            face: Arc::clone(face),
            sink: key.sink.clone(),
            who: by,
            issue: face.key.to_string(),
            item: item.id.to_string(),
            aspect: key.aspect,
            at: at.clone(),
            level: known.as_ref().and_then(|hold| hold.level).or_else(|| {
                let holds = &view.thought.standing.previous.holds;
                holds.get(&(item.id.clone(), key.aspect)).copied().filter(|_| at.is_some())
            }),
            computed: unheld.items.get(*index).and_then(|score| computed(score, key.aspect)),
            since: given.or_else(|| known.as_ref().and_then(|hold| times.get(&hold.since).copied())),
            reason: match known.as_ref().map(|hold| hold.reason) {
                Some(HoldReason::Found) => "found",
                Some(HoldReason::Undone(_)) => "undone",
                Some(HoldReason::Fought(_)) => "fought over",
                Some(HoldReason::Changed) | None => "changed",
            },
            holds_item: at.is_some()
                && view.thought.standing.previous.holds.contains_key(&(item.id.clone(), key.aspect)),
            frozen: view.thought.standing.frozen.contains_key(&(item.id.clone(), key.aspect)),
        });
    }
    Ok(held)
}

/// Asks the trackers' histories who put there what is held, where no cycle asked. Somebody wants to know now; a tracker that
/// doesn't answer leaves it at "a person".
pub async fn name_holders(works: &Works, held: &mut [Held]) {
    for tracker in &works.trackers {
        let unnamed = |hold: &&mut Held| hold.who.is_none() && hold.face.id.tracker == *tracker.name();
        let mut unnamed: Vec<&mut Held> = held.iter_mut().filter(unnamed).take(ASKED_MAX).collect();
        let standing = |hold: &&mut Held| {
            let value = hold.at.clone()?;
            Some(Standing { issue: Arc::clone(&hold.face), sink: hold.sink.clone(), value, taken: false })
        };
        let asked: Vec<Standing> = unnamed.iter().filter_map(standing).collect();
        if asked.is_empty() {
            continue;
        }
        let Ok(said) = tracker.authors(asked).await else { continue };
        for hold in &mut unnamed {
            let about = said.iter().find(|said| {
                said.issue == hold.face.id && said.sink == hold.sink && Some(&said.value) == hold.at.as_ref()
            });
            if let Some((Author::Someone(person), at)) = about.map(|said| (&said.author, said.at)) {
                hold.who = Some(person.name.clone());
                hold.since = at.or(hold.since);
            }
        }
    }
}

/// The level that an item was found to have.
fn computed(score: &ItemScore, aspect: Aspect) -> Option<Level> {
    match aspect {
        Aspect::Priority => Some(Level::Priority(score.priority.level)),
        Aspect::Complexity => Some(Level::Complexity(score.complexity.level)),
        Aspect::Readiness => score.readiness.as_ref().map(|readiness| Level::Readiness(readiness.level)),
    }
}
