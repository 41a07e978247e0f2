//! The store: what was read, written, held and asked, durable, behind one interface that other databases can stand behind.
//!
//! Callers see values of the other rooms and [`StoreTrouble`], never a database's types. No token and no issue body ever
//! goes in: nothing here takes one.

mod life;
mod lock;
mod sqlite;
mod trouble;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::model::{Day, Issue, IssueId, IssueKey, ItemId, Timestamp, TrackerName};
use crate::plan::{Change, Ledger, Outcome, Writing};
use crate::score::{Formula, ItemScore, Model};
use crate::tracker::{Page, Read};

use life::Life;

pub use life::Death;
pub use lock::Lock;
pub use trouble::StoreTrouble;
pub use types::{CycleRecord, CycleSummary, JournalEntry, Move, Pressing, Request, TrackerState, WaitingPlan};

/// Pairs of issues that a person joined, and pairs that a person parted; each pair and both lists sorted.
pub type HandLinks = (Vec<(IssueKey, IssueKey)>, Vec<(IssueKey, IssueKey)>);

/// An open store. Cheap to clone; all clones share one connection.
#[derive(Clone, Debug)]
pub struct Store {
    backend: Backend,
    life: Arc<Life>,
}

#[derive(Clone, Debug)]
enum Backend {
    Sqlite(Arc<sqlite::Sqlite>),
}

impl Store {
    /// Opens the store at `url` (`sqlite:PATH`), creates it if it is absent and brings its schema up to date.
    ///
    /// # Errors
    /// A file that is newer, damaged or something else's is refused and left byte for byte alone; so is an address that
    /// this version can't use, or one whose directory is missing.
    pub async fn open(url: &str) -> Result<Self, StoreTrouble> {
        let sqlite = sqlite::Sqlite::open(&address(url)?).await?;
        Ok(Self::on(sqlite))
    }

    /// Opens the store for reading only; None where there is none. Creates, migrates and changes nothing.
    ///
    /// # Errors
    /// As [`Store::open`]; besides, an older schema is refused, since reading alone may not migrate it.
    pub async fn open_existing_read_only(url: &str) -> Result<Option<Self>, StoreTrouble> {
        let sqlite = sqlite::Sqlite::open_existing_read_only(&address(url)?).await?;
        Ok(sqlite.map(Self::on))
    }

    fn on(sqlite: sqlite::Sqlite) -> Self {
        Self { backend: Backend::Sqlite(Arc::new(sqlite)), life: Arc::default() }
    }

    /// For tests of deaths: at the `nth` write from now (the next is 1) this store and its clones fail as though the process
    /// had died there, and so does everything after it, reading included. A new one is opened as a new process would.
    #[must_use]
    pub fn dying_at(self, nth: u64, death: Death) -> Self {
        self.life.end_at(nth, death);
        self
    }

    /// Waits for the death that [`Store::dying_at`] planned. Without one it never ends.
    pub async fn died(&self) {
        self.life.ended().await;
    }

    /// How often this store and its clones were asked to write, for tests that want to die at each of these times.
    pub fn writes_so_far(&self) -> u64 {
        self.life.writes_so_far()
    }

    /// Takes the writer lock, waiting at most `wait`. `who` is the command, for whoever waits behind it.
    ///
    /// # Errors
    /// [`StoreTrouble::Locked`] names the holder: process, command and since when.
    pub async fn lock(&self, who: &str, wait: Duration) -> Result<Lock, StoreTrouble> {
        match &self.backend {
            Backend::Sqlite(sqlite) => lock::take(sqlite.path(), who, wait).await,
        }
    }

    /// Writes a whole copy of the store into a new file (mode 0600), while others go on reading and writing.
    ///
    /// # Errors
    /// A file that is there already, a directory that isn't, a full disk; nothing is left of a copy that failed.
    pub async fn backup(&self, copy: &std::path::Path) -> Result<(), StoreTrouble> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.backup(copy).await,
        }
    }

    /// Puts everything in the main file and closes it. Every clone is closed by it. Twice does nothing.
    ///
    /// # Errors
    /// The database's own. What was answered with Ok is durable all the same.
    pub async fn close(&self) -> Result<(), StoreTrouble> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}

fn address(url: &str) -> Result<std::path::PathBuf, StoreTrouble> {
    let refuse = |why: &str| Err(StoreTrouble::Address(why.to_owned()));
    match url.split_once(':') {
        Some(("sqlite", path)) => {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path == ":memory:" || path.contains(['?', '\0']) {
                return refuse("it names no plain file after \"sqlite:\"");
            }
            Ok(path.into())
        }
        Some(("postgres" | "postgresql", _)) => refuse("PostgreSQL is for a later version"),
        _ => refuse("it doesn't begin with \"sqlite:\""),
    }
}

/// Declares what every backend answers: one method here for each of the backend's own name, and whether it writes.
macro_rules! interface {
    ($($(#[$doc:meta])* $effect:ident fn $name:ident(&self $(, $arg:ident: $type:ty)* $(,)?) -> $answer:ty;)*) => {
        impl Store {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// The database's own troubles: full, read-only, busy, damaged.
            pub async fn $name(&self $(, $arg: $type)*) -> Result<$answer, StoreTrouble> {
                let call = async {
                    match &self.backend {
                        Backend::Sqlite(sqlite) => {
                            sqlite.$name($($arg),*).await.map_err(|failure| sqlite.trouble(stringify!($name), failure))
                        }
                    }
                };
                self.life.$effect(call).await
            }
        )*}
    };
}

interface! {
    // ---- trackers

    /// What is remembered about a tracker; the default for one that was never read.
    reads fn tracker(&self, tracker: &TrackerName) -> TrackerState;
    /// Ends a whole reading whose pages are all saved, and the listing if it was one. The memory moves only here. The first
    /// reading counts as a census.
    /// A server other than the stored one is refused ([`StoreTrouble::OtherServer`]) and nothing moves.
    writes fn finish_reading(&self, tracker: &TrackerName, read: &Read, at: Timestamp, census: bool) -> ();
    /// Notes that a reading failed, with its sentence. Nothing else moves.
    writes fn read_failed(&self, tracker: &TrackerName, at: Timestamp, sentence: &str) -> ();

    // ---- issues

    /// Saves a page of a reading, all or nothing: its issues, that they were listed, and where the listing stands.
    writes fn save_page(&self, tracker: &TrackerName, page: &Page) -> ();
    /// How many issues the listing that is under way has shown so far, and how many of the tracker's are known.
    reads fn listing(&self, tracker: &TrackerName) -> (u64, u64);
    /// What the listing that is under way has shown so far.
    reads fn listed(&self, tracker: &TrackerName) -> BTreeSet<String>;
    /// Saves issues by id, all or none. A key that changed becomes an alias; the item that was assigned stays.
    writes fn save_issues(&self, issues: &[Issue]) -> ();
    /// Every issue, sorted by id, with its item and aliases.
    reads fn issues(&self) -> Vec<Issue>;
    /// These issues of a tracker, sorted by id; unknown ones are left out.
    reads fn issues_by_id(&self, tracker: &TrackerName, ids: &[String]) -> Vec<Issue>;
    /// When each of these issues of a tracker last changed; unknown ones are left out.
    reads fn stamps(&self, tracker: &TrackerName, ids: &[String]) -> BTreeMap<String, Timestamp>;
    /// Says which item issues are part of; writes only where that differs. Unknown issues are left out.
    writes fn assign_items(&self, items: &[(IssueId, ItemId)]) -> ();
    /// An issue became another one elsewhere: its ledger rows, item and keys are handed on to that one, which is saved.
    writes fn move_issue(&self, from: &IssueId, there: &Issue) -> ();
    /// Issues of a tracker that a full listing didn't show though they are stored as being there, sorted by id.
    reads fn unlisted(&self, tracker: &TrackerName, listed: &BTreeSet<String>) -> Vec<Issue>;
    /// Whether it keeps issues of a tracker that belong to no item yet: no cycle has thought about them.
    reads fn has_newcomers(&self, tracker: &TrackerName) -> bool;
    /// Takes issues out that are gone for good, with their aliases. Their ledger rows and journal stay.
    writes fn remove_issues(&self, ids: &[IssueId]) -> ();
    /// The issue that has this key (ignoring case), else the one that once had it.
    reads fn find_issue(&self, key: &IssueKey) -> Option<Issue>;

    // ---- the ledger

    /// The ledger as stored, open intents included.
    reads fn ledger(&self) -> Ledger;
    /// Makes the stored ledger `after`, all or nothing, writing only rows that differ from `before` or on which an intent
    /// was opened meanwhile. An open intent on a row that `after` doesn't know stays.
    writes fn save_ledger(&self, before: &Ledger, after: &Ledger) -> ();
    /// Makes a change's intents durable before it leaves: its journal entry, and on its ledger rows the intent and the turn.
    writes fn intend(&self, writing: Writing, change: &Change) -> ();
    /// Journals what became of an intended change. Moves nothing in the ledger.
    writes fn outcome(&self, cycle: u64, change: &Change, outcome: &Outcome, at: Timestamp) -> ();

    // ---- cycles

    /// Begins a cycle and gives its number, one more than the last, from 1. `cause` is who or what started it.
    writes fn begin_cycle(&self, at: Timestamp, cause: &str) -> u64;
    /// Ends a cycle with what it did.
    writes fn end_cycle(&self, n: u64, summary: &CycleSummary, at: Timestamp) -> ();
    /// When the first cycle began. None: none has.
    reads fn first_cycle_at(&self) -> Option<Timestamp>;
    /// The last cycle's number; 0 before the first.
    reads fn last_cycle(&self) -> u64;
    /// The last cycles, newest first, at most `limit`.
    reads fn cycles(&self, limit: u32) -> Vec<CycleRecord>;
    /// One cycle by its number. None: there is none.
    reads fn cycle(&self, n: u64) -> Option<CycleRecord>;
    /// Whether every cycle after `n` up to `last` ended and was quiet.
    reads fn all_quiet(&self, n: u64, last: u64) -> bool;
    /// What a cycle wrote or tried to, in the order of writing.
    reads fn journal(&self, cycle: u64) -> Vec<JournalEntry>;
    /// What was written or tried on an issue, newest first, at most `limit`, each with its cycle.
    reads fn journal_of(&self, issue: &IssueId, limit: u32) -> Vec<(u64, JournalEntry)>;
    /// When these cycles began; unknown ones are left out.
    reads fn cycle_times(&self, cycles: &[u64]) -> BTreeMap<u64, Timestamp>;

    // ---- people

    /// Puts a person's request down for the next cycle. Needs no writer lock.
    writes fn ask(&self, request: &Request, at: Timestamp) -> ();
    /// Requests that nobody has answered yet, oldest first, each with its number.
    reads fn asked(&self) -> Vec<(i64, Request)>;
    /// Marks a request as answered, with a sentence on what came of it.
    writes fn answered(&self, id: i64, at: Timestamp, note: &str) -> ();
    /// Since when nothing is written on a person's word. None: not paused.
    reads fn paused(&self) -> Option<Timestamp>;
    /// Pauses or resumes.
    writes fn set_paused(&self, since: Option<Timestamp>) -> ();
    /// Pairs that a person joined, and pairs that a person parted.
    reads fn links(&self) -> HandLinks;
    /// Two issues are one piece of work, whatever was said before.
    writes fn join(&self, a: &IssueKey, b: &IssueKey) -> ();
    /// Two issues are not one piece of work, whatever was said before.
    writes fn part(&self, a: &IssueKey, b: &IssueKey) -> ();

    // ---- plan and scores

    /// Keeps the plan that waits for a person, beside the last ones that did; None: none waits.
    writes fn save_waiting(&self, plan: Option<&WaitingPlan>) -> ();
    /// The plan that waits for a person.
    reads fn waiting(&self) -> Option<WaitingPlan>;
    /// A plan that waits or once waited, by its fingerprint; the last 50 are kept.
    reads fn reviewed(&self, fingerprint: &str) -> Option<WaitingPlan>;
    /// Keeps the scores of all items: writes those that changed, removes those of items that are gone. `day` is the day
    /// that they were found for. What moved since the last ones is noted under `cycle`; the very first ones are no moves.
    writes fn save_scores(&self, scores: &[ItemScore], formula: &Formula, day: Day, cycle: u64) -> ();
    /// What moved in cycles that began at `since` or later, in their order.
    reads fn moves(&self, since: Timestamp) -> Vec<Move>;
    /// What moved in cycles after this one, in their order.
    reads fn moves_after(&self, cycle: u64) -> Vec<Move>;
    /// The last moves of one item, newest first, at most `limit`.
    reads fn moves_of(&self, item: &ItemId, limit: u32) -> Vec<Move>;
    /// How much pressed most when the last cycle that told ended at `at` or before, by scope; empty: none told.
    reads fn pressing_at(&self, at: Timestamp) -> BTreeMap<String, Pressing>;
    /// All scores, sorted by item.
    reads fn scores(&self) -> Vec<ItemScore>;
    /// One item's score.
    reads fn score_of(&self, item: &ItemId) -> Option<ItemScore>;
    /// The first day on which time alone could change any level.
    reads fn next_due(&self) -> Option<Day>;

    /// What was learned of sizes; nothing, where that can't be read any more: the next census learns anew.
    reads fn model(&self) -> Model;
    /// Keeps what was learned of sizes.
    writes fn save_model(&self, model: &Model) -> ();

    // ---- notes

    /// A small value by its name.
    reads fn note(&self, key: &str) -> Option<String>;
    /// Keeps a small value by its name.
    writes fn set_note(&self, key: &str, value: &str) -> ();
}
