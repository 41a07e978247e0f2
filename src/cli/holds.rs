//! `roadmapd holds`: every hold, since when, and how far it is from the computed level.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Desk, Exit, Failure, output};
use crate::daemon::{View, Works};
use crate::model::{Aspect, Issue, Level, Timestamp};
use crate::plan::{Answer, Author, HoldReason, SinkId};
use crate::score::ItemScore;
use crate::store::Store;
use crate::tracker::{Fetch, Standing};

/// Holds of one tracker whose history is asked, at most: each may cost requests.
const ASKED_MAX: usize = 200;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// As JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// One hold, as people read it.
pub(super) struct Held {
    /// The issue as it was last read, and the sink: what its history is asked by.
    face: Arc<Issue>,
    sink: SinkId,
    /// Who holds it, where that is known.
    pub(super) who: Option<String>,
    pub(super) issue: String,
    pub(super) item: String,
    pub(super) aspect: Aspect,
    pub(super) at: Option<String>,
    pub(super) computed: Option<Level>,
    pub(super) since: Option<Timestamp>,
    pub(super) reason: &'static str,
    /// The item follows it; it doesn't where it names no level or where people disagree.
    pub(super) holds_item: bool,
    /// People hold the item at different levels: nothing of that aspect is written.
    pub(super) frozen: bool,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    let (works, store) = desk.history().await?;
    let view = View::open(&works, &store).await?;
    let mut held = held(&view, &store).await?;
    name_holders(&works, &mut held).await;
    if args.json {
        output::print_json(&Value::from(held.iter().map(Held::json).collect::<Vec<_>>()));
    } else if held.is_empty() {
        output::print("nobody holds anything");
    } else {
        output::print(&text(&held));
    }
    Ok(Exit::Done)
}

impl Held {
    /// The hold as scripts read it.
    pub(super) fn json(&self) -> Value {
        json!({
            "issue": self.issue,
            "item": self.item,
            "field": self.aspect.name(),
            "theirs": self.at,
            "computed": self.computed.map(Level::name),
            "who": self.who.as_deref().unwrap_or("a person"),
            "where": self.issue,
            "since": self.since.map(|since| since.to_string()),
            "reason": self.reason,
            "frozen": self.frozen,
        })
    }
}

/// Every hold on an open item, sorted by issue and aspect.
pub(super) async fn held(view: &View, store: &Store) -> Result<Vec<Held>, Failure> {
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
pub(super) async fn name_holders(works: &Works, held: &mut [Held]) {
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

fn text(held: &[Held]) -> String {
    let mut lines =
        vec![format!("{:<24} {:<12} {:<22} {:<10} {:<20} since", "issue", "field", "held at", "computed", "who")];
    for hold in held {
        lines.push(format!(
            "{:<24} {:<12} {:<22} {:<10} {:<20} {}",
            output::fit(&hold.issue, 24),
            hold.aspect.name(),
            output::fit(hold.at.as_deref().unwrap_or("(none)"), 22),
            hold.computed.map_or("", Level::name),
            output::fit(hold.who.as_deref().unwrap_or("a person"), 20),
            hold.since.map_or_else(|| "now".to_owned(), |since| since.strftime("%Y-%m-%d %H:%M UTC").to_string()),
        ));
    }
    lines.push("`roadmapd release KEY` hands one back".to_owned());
    lines.join("\n")
}
