//! The trackers: what is asked of each (Fetch, Write), and the one place where they are connected.

mod any;
mod config;
mod counts;
mod github;
mod http;
mod jira;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::model::{ContainerKey, Issue, IssueId, IssueKey, Timestamp, TrackerName, Turn};
use crate::plan::{Author, Change, Outcome, SinkId};

pub use any::Tracker;
pub use config::{Budget, GithubAuth, GithubConfig, JiraConfig, Secret, TrackerConfig};
pub use counts::{Answered, Requests};
pub use github::Github;
pub use http::Policy;
pub(crate) use http::is_loopback;
pub use jira::Jira;
pub use trouble::{Trouble, TroubleKind};
#[cfg(any(fuzzing, test))]
pub(crate) use {github::fuzzing as github_doors, http::fuzzing as http_doors, jira::fuzzing as jira_doors};

/// Makes ring the process's TLS provider; does nothing where one is installed already.
pub fn install_tls() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Losing a race against another thread leaves a provider installed, which is all that is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// Reads a tracker. Implementations own transport, pacing, retries and their own memory; they never touch the store.
pub trait Fetch: Send + Sync {
    /// The tracker's name.
    fn name(&self) -> &TrackerName;

    /// Reads what changed (or everything, at first contact and for a census), page by page, to the end.
    ///
    /// Pages go to `pages` as they are read; the answer says where the next reading starts. An issue may come twice
    /// (rows shift while paging): the later one wins. Nothing is sent for an issue that is known and unchanged.
    ///
    /// # Errors
    /// A [`Trouble`] that names tracker, status and next step. What was sent before it stands, but the memory does not move.
    fn poll<K: Known>(
        &self,
        ask: Ask,
        known: &K,
        pages: mpsc::Sender<Page>,
    ) -> impl Future<Output = Result<Read, Trouble>> + Send;

    /// Reads issues by id, strongly consistent; one answer for each, sorted by id.
    ///
    /// # Errors
    /// A [`Trouble`] when the tracker couldn't be read at all.
    fn by_id(&self, issues: Vec<Arc<Issue>>, turn: Turn) -> impl Future<Output = Result<Vec<Found>, Trouble>> + Send;

    /// Asks the tracker's own history (issue events, changelog) who last gave each of these values, or took it off. Values of which the
    /// history says nothing are left out.
    ///
    /// # Errors
    /// A [`Trouble`] when the history couldn't be read.
    fn authors(&self, asked: Vec<Standing>) -> impl Future<Output = Result<Vec<Authored>, Trouble>> + Send;

    /// What the label catalogues of these containers have now; a container of a tracker that keeps none isn't there.
    ///
    /// # Errors
    /// A [`Trouble`] when a catalogue couldn't be read.
    fn catalogues(
        &self,
        containers: Vec<ContainerKey>,
    ) -> impl Future<Output = Result<BTreeMap<ContainerKey, Catalogue>, Trouble>> + Send;

    /// When the credential expires, as far as the tracker has told.
    fn expires(&self) -> Option<Timestamp>;

    /// Requests sent since the start, by what they were.
    fn requests(&self) -> Requests;
}

/// Writes to a tracker. Makes no choices.
pub trait Write: Send + Sync {
    /// Makes sure that each container is the one that was read and takes writes: that its catalogue has the labels, with a
    /// colour and a description, before any is used. Answers which containers refuse and why; nothing is to be written there.
    ///
    /// # Errors
    /// A [`Trouble`] that stands against writing anywhere: a refused credential, a limit.
    fn prepare(
        &self,
        catalogue: BTreeMap<ContainerKey, Vec<LabelSpec>>,
    ) -> impl Future<Output = Result<BTreeMap<ContainerKey, Trouble>, Trouble>> + Send;

    /// Writes changes, each with all its edits together, in as few requests as the tracker allows.
    ///
    /// Before a change leaves, `log.intend` must have answered; after it, `log.outcome` is told. When `stop` is
    /// cancelled the change in hand is finished and the rest is not tried.
    ///
    /// # Errors
    /// A [`Trouble`] that stops the batch: refused credentials, a limit that outlasts the patience, a log that can't be written.
    fn write<L: Log>(
        &self,
        changes: Vec<Change>,
        log: &L,
        stop: &CancellationToken,
    ) -> impl Future<Output = Result<(), Trouble>> + Send;
}

/// What a reading starts from.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// What the adapter remembered at its last whole reading, as its own JSON. None: first contact.
    pub memory: Option<String>,
    /// Which server it was read from before. Another one under the same name is refused before anything of it is kept.
    pub server: Option<String>,
    /// Read everything again: listings, field lists, catalogues, relations.
    pub census: bool,
    /// Where a listing of everything broke off, by part, as its pages said. Empty: none did.
    pub bookmarks: BTreeMap<String, String>,
    /// After about this many pages of a listing of everything it rests ([`TroubleKind::Paced`]). None: never.
    pub pages_max: Option<usize>,
    /// The turn to stamp readings with.
    pub turn: Turn,
}

/// Some of what a reading finds, in the order of arrival.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Issues that are new or changed, or some of all there are.
    pub issues: Vec<Issue>,
    /// They belong to a listing of everything.
    pub listed: bool,
    /// Where that listing may be taken up once these are kept. None: nowhere else than before.
    pub bookmark: Option<Bookmark>,
}

/// How far a listing of everything got in one of its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookmark {
    /// The part: a repository's id; empty for the reading as a whole.
    pub part: String,
    /// How far, as the adapter's own JSON.
    pub at: String,
    /// The listing begins: what an earlier one left is void.
    pub begins: bool,
}

/// What a whole reading left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// What the adapter wants to remember, as its own JSON; kept only after all pages are stored.
    pub memory: String,
    /// Which server this is, for good: GitHub's API host, Jira's site. A different one under the same name is refused.
    pub server: String,
    /// Containers that were read, sorted.
    pub containers: Vec<ContainerKey>,
    /// Everything was listed: what is stored and was on none of the listing's pages isn't there. False: only changes were read.
    pub listed: bool,
    /// What a person should know though nothing failed: an ambiguous story-point field, a feature that is absent. Sentences.
    pub findings: Vec<String>,
    /// Which values each container allows in the fields that are written: by container, by field. A field in which any
    /// value goes has no entry, one that can't be written there an empty one; a container of which nothing is known (and
    /// GitHub's) isn't there.
    pub allowed: BTreeMap<ContainerKey, BTreeMap<String, BTreeSet<String>>>,
}

/// What a reading by id found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// It is there.
    Here(Box<Issue>),
    /// It lives elsewhere now under another id (a transferred GitHub issue): its new key, and what stands there where
    /// that container is configured.
    Moved {
        /// What was asked for.
        from: IssueId,
        /// Its key now.
        to: IssueKey,
        /// It, where it may be read.
        there: Option<Box<Issue>>,
    },
    /// The tracker says that it was deleted.
    Deleted(IssueId),
    /// The tracker doesn't show it and doesn't say why: deleted, or not for this credential.
    Hidden(IssueId),
}

impl Found {
    /// The issue that was found where it was looked for.
    pub fn here(self) -> Option<Issue> {
        match self {
            Self::Here(issue) => Some(*issue),
            _ => None,
        }
    }

    /// Which issue was asked for.
    pub fn asked(&self) -> &IssueId {
        match self {
            Self::Here(issue) => &issue.id,
            Self::Moved { from, .. } | Self::Deleted(from) | Self::Hidden(from) => from,
        }
    }
}

/// A value that stands on an issue, or was taken off it, of which the history is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The issue.
    pub issue: Arc<Issue>,
    /// Where it stands.
    pub sink: SinkId,
    /// The value, as the tracker spells it.
    pub value: String,
    /// It was taken off: who did that?
    pub taken: bool,
}

/// Who last gave a value, or took it off, by the tracker's own history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authored {
    /// The issue.
    pub issue: IssueId,
    /// Where it stands.
    pub sink: SinkId,
    /// The value, as it was asked for.
    pub value: String,
    /// Who gave it.
    pub author: Author,
    /// When.
    pub at: Option<Timestamp>,
}

/// What the store already knows, asked while polling.
pub trait Known: Send + Sync {
    /// When each of these issues last changed as far as stored; unknown ones are left out.
    fn stamps(&self, ids: &[String]) -> impl Future<Output = Result<BTreeMap<String, Timestamp>, Trouble>> + Send;

    /// These issues as stored; unknown ones are left out.
    fn issues(&self, ids: &[String]) -> impl Future<Output = Result<BTreeMap<String, Issue>, Trouble>> + Send;
}

/// Where intents and outcomes go before and after a write.
pub trait Log: Send + Sync {
    /// Makes the intent durable. The write may leave only after Ok.
    fn intend(&self, change: &Change) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Makes the outcome durable.
    fn outcome(&self, change: &Change, outcome: Outcome) -> impl Future<Output = Result<(), Trouble>> + Send;
}

/// A container's labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Their names, lower case.
    pub labels: BTreeSet<String>,
    /// Names of labels that are called otherwise since the catalogue was last read, and what they are called now, lower case.
    pub renamed: BTreeMap<String, String>,
}

/// A label that must exist.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelSpec {
    /// Its name.
    pub name: String,
    /// Six hex digits.
    pub color: String,
    /// At most 100 characters.
    pub description: String,
}

/// What a tracker said is left of its own limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Requests that it still answers.
    pub remaining: u64,
    /// Of how many. None: it didn't say.
    pub limit: Option<u64>,
    /// When all of them are there again. None: it didn't say.
    pub resets: Option<Timestamp>,
}

/// A container that a credential reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reachable {
    /// The container.
    pub container: ContainerKey,
    /// What people call it, where that isn't its key.
    pub title: String,
    /// Open issues, on GitHub with pull requests, where the tracker tells.
    pub open: Option<u64>,
    /// Not everybody may read it.
    pub private: bool,
}

/// Whether levels are written in a container; None: anywhere on the tracker.
pub type Writes<'a> = dyn Fn(Option<&ContainerKey>) -> bool + Send + Sync + 'a;

/// One answer of `roadmapd check --online`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// Nothing needs to be done.
    pub ok: bool,
    /// What was found, and the next step where it isn't fine. One sentence.
    pub text: String,
}

impl Probed {
    pub(crate) fn fine(text: String) -> Self {
        Self { ok: true, text }
    }

    pub(crate) fn wrong(text: String) -> Self {
        Self { ok: false, text }
    }

    /// When a tracker's credential expires; not fine from 14 days before.
    pub(crate) fn expiry(tracker: &TrackerName, at: Timestamp, now: Timestamp) -> Self {
        let day = at.strftime("%Y-%m-%d");
        if at.duration_since(now) > EXPIRES_SOON {
            return Self::fine(format!("{tracker}: the token expires on {day}"));
        }
        Self::wrong(format!("{tracker}: the token expires on {day}; make a new one in time"))
    }
}

/// How long before a credential expires a person is warned.
pub const EXPIRES_SOON: jiff::SignedDuration = jiff::SignedDuration::from_hours(14 * 24);
