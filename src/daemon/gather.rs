//! Trackers -> Snapshot: reads every tracker to its end and says how far the answer can be trusted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Works;
use super::census::{Missed, find_missing, find_origins, settle};
use super::scheme::Allowed;
use super::shelf::{KnownTo, Shelf, trouble};
use crate::model::{ContainerKey, Coverage, Issue, IssueId, Presence, Reach, Snapshot, Timestamp, TrackerName, Turn};
use crate::store::{StoreTrouble, TrackerState};
use crate::tracker::{Ask, Fetch, Page, Probed, Read, Trouble, TroubleKind};

/// Pages under way between an adapter and the shelf.
const PAGES_IN_FLIGHT: usize = 4;

/// What a reading of all trackers found.
pub(super) struct Gathered {
    /// How far each tracker can be trusted.
    pub(super) coverage: Coverage,
    /// Containers in reach of the configuration, as the trackers spell them.
    pub(super) containers: Vec<ContainerKey>,
    /// Values that their fields allow.
    pub(super) allowed: Allowed,
    /// Issues that are new or changed.
    pub(super) changed: usize,
    /// A full listing of some tracker was made.
    pub(super) census: bool,
    /// Issues that live on under another id, as they are there now.
    pub(super) moved: Vec<(IssueId, Issue)>,
    /// Sentences about trackers that couldn't be read.
    pub(super) errors: Vec<String>,
    /// Sentences that a person should know though nothing failed.
    pub(super) findings: Vec<String>,
}

/// Reads every tracker, all at once, and keeps what they say on the shelf.
pub(super) async fn gather<T: Fetch + 'static>(
    works: &Works<T>,
    shelf: &Arc<Shelf>,
    turn: Turn,
    census: bool,
) -> Result<Gathered, StoreTrouble> {
    let mut readings = JoinSet::new();
    let mut states = BTreeMap::new();
    for tracker in &works.trackers {
        let state = match shelf.store() {
            Some(store) => store.tracker(tracker.name()).await?,
            None => TrackerState::default(),
        };
        let durable = matches!(**shelf, Shelf::Durable(_));
        // At first contact there is nothing to go on from, and a person who asks for a census wants all of it.
        let whole = census || state.memory.is_none();
        let due = !whole && durable && (census_due(works, &state) || !state.bookmarks.is_empty());
        let from = Ask { memory: state.memory.clone(), server: state.server.clone(), turn, ..Ask::default() };
        let bookmarks = if durable { state.bookmarks.clone() } else { BTreeMap::new() };
        let part = due.then(|| Ask {
            census: true,
            bookmarks: bookmarks.clone(),
            pages_max: Some(works.census_pages),
            ..from.clone()
        });
        let ask = if whole { Ask { census: true, bookmarks, ..from } } else { from };
        states.insert(tracker.name().clone(), (state, whole));
        let (tracker, shelf) = (Arc::clone(tracker), Arc::clone(shelf));
        readings.spawn(async move {
            let changes = read(&*tracker, &shelf, ask).await;
            // What changed comes first: a census must not starve it.
            let census = match (&changes, part) {
                (Ok(_), Some(part)) => Some(read(&*tracker, &shelf, part).await),
                _ => None,
            };
            (tracker, changes, census)
        });
    }
    let mut gathered = Gathered {
        coverage: Coverage::default(),
        containers: Vec::new(),
        allowed: Allowed::new(),
        changed: 0,
        census: false,
        moved: Vec::new(),
        errors: Vec::new(),
        findings: Vec::new(),
    };
    let mut answers = BTreeMap::new();
    while let Some(joined) = readings.join_next().await {
        match joined {
            Ok((tracker, changes, census)) => {
                let first = states.get(tracker.name()).is_none_or(|(state, _)| state.memory.is_none());
                let answer = complete(works, shelf, &tracker, changes, turn, first).await;
                let census = match census {
                    Some(read) => Some(complete(works, shelf, &tracker, read, turn, first).await),
                    None => None,
                };
                let expiry = tracker.expires().map(|at| Probed::expiry(tracker.name(), at, works.clock.now()));
                gathered.findings.extend(expiry.filter(|expiry| !expiry.ok).map(|expiry| expiry.text));
                answers.insert(tracker.name().clone(), (answer, census));
            }
            Err(error) => gathered.errors.push(format!("a reading broke off: {error}")),
        }
    }
    for (name, (state, census)) in states {
        let (answer, part) = answers.remove(&name).unzip();
        let mut settled = conclude(works, shelf, &name, &state, census, answer).await?;
        gathered.census |= census && settled.reach.failed.is_none();
        if let (Some(part), None) = (part.flatten(), &settled.reach.failed) {
            gathered.census |= part.is_ok();
            take_in(works, shelf, &name, &state, part, &mut settled, &mut gathered.errors).await?;
        }
        gathered.changed += settled.changed;
        gathered.errors.extend(settled.reach.failed.clone());
        gathered.findings.extend(settled.findings);
        gathered.moved.extend(settled.moved);
        gathered.allowed.extend(settled.allowed);
        gathered.containers.extend(settled.containers);
        gathered.coverage.trackers.insert(name, settled.reach);
    }
    Ok(gathered)
}

/// What a reading brought, and what came of issues that it didn't show.
struct Reading {
    read: Read,
    missed: Missed,
    changed: usize,
}

/// Takes in a scheduled census, or the part of it that was read beside what changed.
async fn take_in<T: Fetch>(
    works: &Works<T>,
    shelf: &Shelf,
    name: &TrackerName,
    state: &TrackerState,
    part: Result<Reading, Trouble>,
    settled: &mut Concluded,
    errors: &mut Vec<String>,
) -> Result<(), StoreTrouble> {
    match part {
        Err(rest) if rest.kind == TroubleKind::Paced => {
            let Some(store) = shelf.store() else { return Ok(()) };
            let (listed, known) = store.listing(name).await?;
            let cycles = known.saturating_sub(listed).div_ceil(100 * works.census_pages.max(1) as u64).max(1);
            settled.findings.push(format!(
                "{name}: a census is under way: {listed} of about {known} issues were listed; about {cycles} more cycles"
            ));
            // It isn't over, so the next cycle has to turn.
            settled.changed += 1;
        }
        Err(trouble) => errors.push(trouble.to_string()),
        part => {
            let whole = conclude(works, shelf, name, state, true, Some(part)).await?;
            settled.changed += whole.changed;
            let new =
                whole.findings.into_iter().filter(|finding| !settled.findings.contains(finding)).collect::<Vec<_>>();
            settled.findings.extend(new);
            settled.moved.extend(whole.moved);
            settled.allowed.extend(whole.allowed);
            (settled.containers, settled.reach) = (whole.containers, whole.reach);
        }
    }
    Ok(())
}

/// A reading with what became of issues that it didn't show, and where those came from that it showed for the first time.
async fn complete<T: Fetch>(
    works: &Works<T>,
    shelf: &Shelf,
    tracker: &T,
    read: Result<(Read, usize), Trouble>,
    turn: Turn,
    first: bool,
) -> Result<Reading, Trouble> {
    let (read, changed) = read?;
    let missed = if read.listed {
        find_missing(works, shelf, tracker, &read.containers, turn).await?
    } else if !first {
        find_origins(shelf, tracker, &read.containers, turn).await?
    } else {
        Missed::default()
    };
    Ok(Reading { read, changed: changed + missed.changed, missed })
}

struct Concluded {
    reach: Reach,
    moved: Vec<(IssueId, Issue)>,
    allowed: Allowed,
    containers: Vec<ContainerKey>,
    findings: Vec<String>,
    changed: usize,
}

/// Makes one tracker's reading durable, or says why it doesn't count.
async fn conclude<T: Fetch>(
    works: &Works<T>,
    shelf: &Shelf,
    name: &TrackerName,
    state: &TrackerState,
    census: bool,
    answer: Option<Result<Reading, Trouble>>,
) -> Result<Concluded, StoreTrouble> {
    let now = works.clock.now();
    let failure = match answer {
        Some(Ok(Reading { read, mut missed, changed })) => {
            if read.containers != state.containers || read.allowed != state.allowed {
                // A repository left without a word about its issues, which are out of reach now: that isn't quiet.
                shelf.disturb().await?;
            }
            let kept = match shelf {
                Shelf::Durable(store) => store.finish_reading(name, &read, now, census).await,
                Shelf::Fleeting { .. } => Ok(()),
            };
            match kept {
                Ok(()) => {
                    return Ok(Concluded {
                        reach: Reach { whole: true, failed: None, age_s: Some(0) },
                        containers: read.containers,
                        allowed: read.allowed,
                        findings: {
                            missed.findings.splice(0..0, read.findings);
                            missed.findings
                        },
                        moved: missed.moved,
                        changed,
                    });
                }
                Err(error) => trouble(name, &error).to_string(),
            }
        }
        Some(Err(error)) => error.to_string(),
        None => format!("{name}: the reading broke off; the next cycle tries again"),
    };
    if let Shelf::Durable(store) = shelf {
        store.read_failed(name, now, &failure).await?;
    }
    Ok(Concluded {
        reach: Reach {
            whole: state.whole,
            failed: Some(failure),
            age_s: state.last_whole.map(|last| age_s(last, now)),
        },
        containers: state.containers.clone(),
        allowed: state.allowed.clone(),
        moved: Vec::new(),
        findings: Vec::new(),
        changed: 0,
    })
}

fn age_s(then: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(then).as_secs()).unwrap_or(Reach::UNKNOWN_AGE_S)
}

fn census_due<T>(works: &Works<T>, state: &TrackerState) -> bool {
    let (daemon, now) = (&works.settings.daemon, works.clock.now());
    state.last_census.is_some_and(|last| daemon.census.has_passed(last, now, &daemon.timezone))
}

/// Reads one tracker to its end; every page is kept before the next is awaited for long.
pub(super) async fn read<T: Fetch>(tracker: &T, shelf: &Shelf, ask: Ask) -> Result<(Read, usize), Trouble> {
    let name = tracker.name();
    let (pages, mut arriving) = mpsc::channel(PAGES_IN_FLIGHT);
    let known = KnownTo { shelf, tracker: name };
    let keep = async {
        let mut changed = 0;
        while let Some(page) = arriving.recv().await {
            let page: Page = page;
            changed += page.issues.len();
            if let Err(error) = shelf.keep_page(name, page).await {
                // Dropping the receiver ends the reading: what can't be kept needn't be asked for.
                drop(arriving);
                return Err(trouble(name, &error));
            }
        }
        Ok(changed)
    };
    let (read, changed) = tokio::join!(tracker.poll(ask, &known, pages), keep);
    let changed = changed?;
    Ok((read?, changed))
}

/// Reads issues by id where their answer hangs on a surer reading. Returns what went wrong, a sentence each.
pub(super) async fn read_by_id<T: Fetch>(
    works: &Works<T>,
    shelf: &Shelf,
    issues: &BTreeSet<IssueId>,
    gathered: &mut Gathered,
    turn: Turn,
) -> Result<Vec<String>, StoreTrouble> {
    let mut errors = Vec::new();
    let seen = snapshot(shelf, gathered).await?;
    let containers = gathered.containers.clone();
    for tracker in &works.trackers {
        let reachable = seen.coverage.trackers.get(tracker.name()).is_some_and(|reach| reach.failed.is_none());
        let wanted: Vec<Arc<Issue>> = seen
            .issues
            .iter()
            .filter(|issue| &issue.id.tracker == tracker.name() && issues.contains(&issue.id))
            .cloned()
            .collect();
        if wanted.is_empty() || !reachable {
            continue;
        }
        match tracker.by_id(wanted.clone(), turn).await {
            Ok(found) => {
                let missed = settle(shelf, tracker.name(), &wanted, found, &containers, false).await?;
                gathered.findings.extend(missed.findings);
                gathered.moved.extend(missed.moved);
            }
            Err(error) => errors.push(error.to_string()),
        }
    }
    Ok(errors)
}

/// Whether an issue belongs to the picture: it is in reach, or it was and is remembered as it was last seen.
pub(super) fn is_known(issue: &Issue, in_reach: &BTreeSet<&ContainerKey>) -> bool {
    in_reach.contains(&issue.container) || issue.presence == Presence::Outside
}

/// Everything on the shelf that is in reach of the configuration. An issue that a reading showed for the first time before it
/// broke off isn't there yet: only a reading that ends tells whether it was another one before.
pub(super) async fn snapshot(shelf: &Shelf, gathered: &Gathered) -> Result<Snapshot, StoreTrouble> {
    let in_reach: BTreeSet<&ContainerKey> = gathered.containers.iter().collect();
    let broke_off = |tracker: &TrackerName| {
        gathered.coverage.trackers.get(tracker).is_some_and(|reach| reach.whole && reach.failed.is_some())
    };
    let is_there =
        |issue: &Issue| is_known(issue, &in_reach) && (issue.item.is_some() || !broke_off(&issue.id.tracker));
    let issues = shelf.issues().await?;
    Ok(Snapshot {
        issues: issues.into_iter().filter(is_there).map(Arc::new).collect(),
        coverage: gathered.coverage.clone(),
    })
}
