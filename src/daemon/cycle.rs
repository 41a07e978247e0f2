//! One turn: poll to settle. The preview and the real thing run the same code; only the real thing is handed writers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info, info_span, warn};

use super::apply::apply;
use super::gather::{Gathered, gather, snapshot};
use super::people::{self, Asked};
use super::permit::{close_approval, permitted};
use super::quiet::{SETTLED, quiet, settle_down};
use super::scheme::{Allowed, scheme_of};
use super::shelf::Shelf;
use super::surely::surely;
use super::tally::{self, Spent, Stage, Stopwatch};
use super::think::Thought;
use super::{CycleTrouble, Works};
use crate::model::{ContainerKey, IssueId, IssueKey, TrackerName, Turn};
use crate::plan::{Approval, ApprovedPlan, Ledger, Outcome, Plan, Unsafe, approve, rejoin as take_back, settle};
use crate::store::{CycleSummary, Lock, Pressing, Store};
use crate::tracker::{Fetch, Write};

/// What a person asked of one cycle.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// What started it: `cron`, `once`, `request` …
    pub cause: String,
    /// Apply the reviewed plan with this fingerprint and nothing else.
    pub only: Option<String>,
    /// The safety limits and first contact don't hold this one.
    pub past_limits: bool,
    /// Our spellings that are found without a record are ours.
    pub adopt: bool,
    /// Read everything again.
    pub census: bool,
}

/// What one cycle would write.
pub struct Preview {
    /// The plan.
    pub plan: Plan,
    /// What it would wait for.
    pub refusal: Option<Unsafe>,
    /// Roadmap, scores and standing behind it.
    pub thought: Thought,
    /// Trackers that couldn't be read.
    pub errors: Vec<String>,
    /// What a person should know though nothing failed.
    pub findings: Vec<String>,
    /// Containers in reach.
    pub(super) containers: Vec<ContainerKey>,
    /// Values that their fields allow.
    pub(super) allowed: Allowed,
}

/// What one cycle did.
#[derive(Clone, Debug, Default)]
pub struct Turned {
    /// Its number.
    pub cycle: u64,
    /// Nothing had changed: it left before unify.
    pub quiet: bool,
    /// Some tracker was listed in full.
    pub census: bool,
    /// The plan; None when quiet.
    pub plan: Option<Plan>,
    /// What the plan waits for.
    pub approval: Option<Unsafe>,
    /// Writing is paused since a person said so, though there is something to write.
    pub paused: bool,
    /// Edits that arrived.
    pub written: usize,
    /// Fields on which something stands against us.
    pub skipped: usize,
    /// Changes that failed or whose fate isn't known.
    pub failed: usize,
    /// Issues whose changes wait for a tracker that couldn't be read, or for a new review, each with why.
    pub waiting: Vec<(IssueKey, String)>,
    /// Requests by tracker.
    pub requests: BTreeMap<TrackerName, u64>,
    /// What went wrong, a sentence each.
    pub errors: Vec<String>,
    /// What a person should know though nothing failed.
    pub findings: Vec<String>,
    /// By scope, how much of what is open presses most. Empty when quiet.
    pub pressing: BTreeMap<String, Pressing>,
    /// How long it was at what.
    pub spent: Spent,
    /// Edits that were tried, by tracker and what became of them.
    pub edits: BTreeMap<(TrackerName, &'static str), usize>,
}

/// Shows what one cycle would write. Is handed no writer, takes no lock, and keeps nothing.
///
/// # Errors
/// A store that can't be read. Trackers that can't be read are in the answer.
pub async fn preview<T: Fetch + 'static>(works: &Works<T>, store: Option<Store>) -> Result<Preview, CycleTrouble> {
    preview_with(works, store, |_| false).await
}

/// The same, where containers in `again` are looked at even if they were left.
pub(super) async fn preview_with<T: Fetch + 'static>(
    works: &Works<T>,
    store: Option<Store>,
    again: impl Fn(&ContainerKey) -> bool,
) -> Result<Preview, CycleTrouble> {
    let (cycle, ledger, links, asked) = match &store {
        Some(store) => {
            let asked = people::look(store).await?;
            let links = people::tied(people::links(store, works).await?, &asked);
            (store.last_cycle().await? + 1, store.ledger().await?, links, asked)
        }
        None => (1, Ledger::default(), works.settings.links.clone(), Asked::default()),
    };
    let shelf = Arc::new(Shelf::fleeting(store));
    let turn = Turn(2 * cycle);
    let mut gathered = gather(works, &shelf, turn, false).await?;
    let scheme = scheme_of(works, &gathered.containers, &gathered.allowed, false);
    let (mut ledger, _) = people::released(ledger, &snapshot(&shelf, &gathered).await?, &links, &asked);
    for (from, there) in &gathered.moved {
        ledger.hand_on(from, there);
    }
    let ledger = take_back(ledger, again);
    let (thought, mut errors) = surely(works, &shelf, &mut gathered, &scheme, &ledger, &links, cycle).await?;
    errors.splice(0..0, gathered.errors.iter().cloned());
    let limits = works.settings.limits(&gathered.containers);
    let refusal = approve(thought.plan.clone(), &gathered.coverage, &limits, Approval::default()).err();
    let Gathered { findings, containers, allowed, .. } = gathered;
    Ok(Preview { plan: thought.plan.clone(), refusal, thought, errors, findings, containers, allowed })
}

/// Turns once: polls, scores, plans, asks for approval where it is needed, writes, remembers.
///
/// # Errors
/// A store that can't be read or written, or a lock that another process holds. Everything else is in the answer.
pub async fn turn<T: Fetch + Write + 'static>(
    works: &Works<T>,
    store: &Store,
    order: &Order,
    stop: &CancellationToken,
) -> Result<Turned, CycleTrouble> {
    let lock = store.lock(&order.cause, super::LOCK_WAIT).await?;
    let cycle = store.begin_cycle(works.clock.now(), &order.cause).await?;
    let span = info_span!("cycle", cycle, cause = %order.cause);
    let before = requests(works);
    let turned = locked(works, store, order, stop, cycle, &lock).instrument(span.clone()).await;
    conclude(works, store, cycle, &before, turned).instrument(span).await
}

/// Counts the requests, writes the cycle's summary, and logs it.
pub(super) async fn conclude<T: Fetch>(
    works: &Works<T>,
    store: &Store,
    cycle: u64,
    before: &BTreeMap<TrackerName, u64>,
    turned: Result<Turned, CycleTrouble>,
) -> Result<Turned, CycleTrouble> {
    let mut turned = match turned {
        Ok(turned) => turned,
        Err(error) => {
            let summary = CycleSummary { errors: vec![error.to_string()], ..CycleSummary::default() };
            // The first error is the one to tell; a store that can't take this either has said so already.
            let _ = store.end_cycle(cycle, &summary, works.clock.now()).await;
            return Err(error);
        }
    };
    turned.cycle = cycle;
    turned.requests = requests(works)
        .into_iter()
        .map(|(name, count)| {
            let earlier = before.get(&name).copied().unwrap_or(0);
            (name, count - earlier)
        })
        .collect();
    store.end_cycle(cycle, &summary_of(&turned), works.clock.now()).await?;
    for error in &turned.errors {
        warn!("{error}");
    }
    info!(
        quiet = turned.quiet,
        written = turned.written,
        skipped = turned.skipped,
        failed = turned.failed,
        waits = turned.approval.as_ref().map(|refusal| refusal.detail.as_str()),
        "cycle done"
    );
    Ok(turned)
}

fn summary_of(turned: &Turned) -> CycleSummary {
    CycleSummary {
        quiet: turned.quiet,
        census: turned.census,
        written: turned.written,
        skipped: turned.skipped,
        failed: turned.failed,
        waiting: turned.waiting.len(),
        requests: turned.requests.clone(),
        approval: turned.approval.as_ref().map(|refusal| (refusal.needed, refusal.detail.clone())),
        errors: turned.errors.clone(),
        pressing: turned.pressing.clone(),
    }
}

pub(super) fn requests<T: Fetch>(works: &Works<T>) -> BTreeMap<TrackerName, u64> {
    works
        .trackers
        .iter()
        .map(|tracker| {
            let requests = tracker.requests();
            (tracker.name().clone(), requests.reads + requests.writes)
        })
        .collect()
}

/// The cycle itself, under the lock.
async fn locked<T: Fetch + Write + 'static>(
    works: &Works<T>,
    store: &Store,
    order: &Order,
    stop: &CancellationToken,
    cycle: u64,
    _lock: &Lock,
) -> Result<Turned, CycleTrouble> {
    let asked = people::take(works, store).await?;
    let shelf = Arc::new(Shelf::Durable(store.clone()));
    let turn = Turn(2 * cycle);
    let (mut watch, mut spent) = (Stopwatch::start(), Spent::default());
    let mut gathered = tokio::select! {
        gathered = gather(works, &shelf, turn, order.census) => gathered?,
        () = stop.cancelled() => return Ok(stopped()),
    };
    watch.lap(Stage::Poll, &mut spent);
    if let Some(skipped) = quiet(works, store, order, &gathered, &asked).await? {
        return Ok(Turned { quiet: true, skipped, findings: gathered.findings, spent, ..Turned::default() });
    }
    store.set_note(SETTLED, "").await?;
    let ledger = store.ledger().await?;
    let links = people::links(store, works).await?;
    let scheme = scheme_of(works, &gathered.containers, &gathered.allowed, order.adopt);
    let ledger = people::release(store, works, &snapshot(&shelf, &gathered).await?, &links, ledger, &asked).await?;
    let (thought, mut errors) = surely(works, &shelf, &mut gathered, &scheme, &ledger, &links, cycle).await?;
    errors.splice(0..0, gathered.errors.iter().cloned());
    remember(works, store, &ledger, &thought, cycle).await?;
    watch.lap(Stage::Think, &mut spent);

    let mut turned = Turned {
        pressing: thought.pressing(&works.settings),
        skipped: thought.plan.skips.len(),
        census: gathered.census,
        plan: Some(thought.plan.clone()),
        findings: gathered.findings.clone(),
        errors,
        spent,
        ..Turned::default()
    };
    let Some(approved) = permitted(works, store, order, cycle, &gathered, &thought.plan, &mut turned).await? else {
        return Ok(turned);
    };
    turned.waiting = approved.waiting().to_vec();
    // A formula under which nothing moves is noted all the same.
    let reformed = approved.formula().is_some() && approved.formula() != thought.standing.noted.formula.as_ref();
    if !approved.changes().is_empty() || reformed {
        let done = carry_out(works, store, &shelf, &approved, cycle, stop, &mut turned).await?;
        close_approval(store, &thought.plan, &done).await?;
    } else if turned.errors.is_empty()
        && turned.waiting.is_empty()
        && thought.standing.doubts.is_empty()
        // Only a catalogue tells that a label is back.
        && thought.plan.gone_labels().is_empty()
    {
        settle_down(works, store, turned.skipped).await?;
    }
    Ok(turned)
}

fn stopped() -> Turned {
    Turned { errors: vec!["stopped while reading; nothing was written".to_owned()], ..Turned::default() }
}

/// Keeps what was found out, whether or not anything is written.
pub(super) async fn remember<T>(
    works: &Works<T>,
    store: &Store,
    before: &Ledger,
    thought: &Thought,
    cycle: u64,
) -> Result<(), CycleTrouble> {
    let members: Vec<_> = thought
        .roadmap
        .items
        .iter()
        .flat_map(|item| item.faces.iter().map(|face| (face.id.clone(), item.id.clone())))
        .collect();
    store.assign_items(&members).await?;
    store.save_ledger(before, &thought.standing.noted).await?;
    let day = works.clock.today(&works.settings.daemon.timezone);
    store.save_scores(&thought.scores.items, &thought.scores.formula, day, cycle).await?;
    Ok(())
}

/// Writes, settles, and reads its own echo.
pub(super) async fn carry_out<T: Fetch + Write + 'static>(
    works: &Works<T>,
    store: &Store,
    shelf: &Arc<Shelf>,
    approved: &ApprovedPlan,
    cycle: u64,
    stop: &CancellationToken,
    turned: &mut Turned,
) -> Result<BTreeSet<IssueId>, CycleTrouble> {
    let mut watch = Stopwatch::start();
    let applied = apply(works, store, approved, cycle, stop).await;
    let standing = store.ledger().await?;
    let after = settle(standing.clone(), approved, &applied.receipt);
    store.save_ledger(&standing, &after).await?;
    watch.lap(Stage::Apply, &mut turned.spent);
    turned.written = applied.written(approved);
    turned.edits = tally::edits(approved, &applied.receipt);
    let failures = applied.failures(approved);
    turned.failed = failures.len();
    turned.errors.extend(failures);
    turned.errors.extend(applied.errors.iter().cloned());
    turned.waiting.extend(applied.left.iter().cloned());
    turned.paused |= applied.paused;
    if !stop.is_cancelled() {
        let written: BTreeSet<IssueId> = applied.receipt.outcomes.keys().cloned().collect();
        super::echo::echo(works, store, shelf, &written, Turn(2 * cycle + 1)).await?;
        watch.lap(Stage::Echo, &mut turned.spent);
    }
    let done = |(issue, outcome): (&IssueId, &Outcome)| (*outcome == Outcome::Done).then(|| issue.clone());
    Ok(applied.receipt.outcomes.iter().filter_map(done).collect())
}
