//! Two trackers in memory: seeds (corpus, generate, dump) -> state (github, jira) -> HTTP on loopback (server), with a handle (running, people) to act as a person.
//!
//! It stands apart from every other room: it is written from the trackers' official descriptions alone, so that the
//! daemon's adapters and their counterpart cannot share a misreading. What it does not know it refuses with 501.

mod admin;
mod clock;
mod corpus;
mod dump;
mod faults;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod generate;
mod github;
mod jira;
mod message;
mod paging;
mod people;
mod running;
mod server;
mod shipped;
mod webhooks;
mod words;

pub use clock::Clock;
pub use corpus::{
    Corpus, GithubIssueSeed, JiraIssueSeed, LabelSeed, LinkSeed, MilestoneSeed, PersonSeed, ProjectSeed, RepositorySeed,
};
pub use dump::DumpError;
pub use faults::{
    Ends, Fault, FaultPlan, FaultPlanError, Matcher, PageFault, Refusal, RefusalKind, RetryAfter, Strikes,
};
pub use github::{GithubApp, GithubInstallation};
pub use running::{Entry, Facts, Running};
pub use webhooks::{Deliveries, Webhook};

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// One of the two trackers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tracker {
    /// The GitHub.
    GitHub,
    /// The Jira Cloud.
    Jira,
}

/// A time zone as a Jira profile shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// IANA name, served as it is.
    pub name: String,
    /// Offset from UTC in minutes, the same all year.
    pub offset_min: i16,
}

impl Default for Zone {
    fn default() -> Self {
        Self { name: "UTC".to_owned(), offset_min: 0 }
    }
}

/// What kind of Jira the sandbox's is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JiraShape {
    /// Data Center instead of Cloud.
    pub data_center: bool,
    /// The path below which it is served, such as `/jira`; empty for none.
    pub context: String,
    /// Cloud's tokens are scoped: they are refused at the site and accepted below `/ex/jira/{cloudId}`.
    pub scoped: bool,
    /// The bot may edit issues without notifying their watchers, which takes an administrator.
    pub may_discard_notifications: bool,
    /// Rows that one page of Data Center's search holds at most.
    pub search_max: usize,
}

impl Default for JiraShape {
    fn default() -> Self {
        Self {
            data_center: false,
            context: String::new(),
            scoped: false,
            may_discard_notifications: true,
            search_max: 1000,
        }
    }
}

/// How the sandbox is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub github_port: u16,
    /// Port on 127.0.0.1; 0 takes a free one.
    pub jira_port: u16,
    /// Whose time it is; the corpus is laid out around the time it shows at the start.
    pub clock: Clock,
    /// The bot's GitHub token, with write access.
    pub github_token: String,
    /// The bot's GitHub login.
    pub github_login: String,
    /// A second GitHub token of the bot that may only read.
    pub github_read_only_token: String,
    /// GitHub's primary limit, requests per hour. It is only counted down: nothing is refused when it is used up.
    /// More than GitHub's 5,000 where left out, so that ten thousand issues can be written in one go.
    pub github_limit_per_hour: u64,
    /// When the bot's GitHub token expires, as answers to it say. None: never.
    pub github_token_expires: Option<Timestamp>,
    /// The GitHub is an Enterprise server of an older release: under `/api/v3`, without limits, dependencies, sub-issues and types.
    pub github_enterprise: bool,
    /// An app that may sign in. None: no app may.
    pub github_app: Option<GithubApp>,
    /// The bot's email in Jira.
    pub jira_user: String,
    /// The bot's Jira API token, with write access.
    pub jira_token: String,
    /// A second Jira token of the bot that may only read.
    pub jira_read_only_token: String,
    /// Cloud or Data Center, and how it is reached.
    pub jira_shape: JiraShape,
    /// The time zone in the bot's Jira profile: stamps are served in it, quoted JQL dates are read in it.
    pub jira_zone: Zone,
    /// How long Jira's search shows an issue as it was before a write, in milliseconds of the sandbox's clock.
    pub search_lag_ms: u64,
    /// Who acts where [`Running`]'s methods act as a person.
    pub person: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            github_port: 0,
            jira_port: 0,
            clock: Clock::system(),
            github_token: "ghs_sandbox_0123456789abcdef".to_owned(),
            github_login: "roadmapd-bot".to_owned(),
            github_read_only_token: "ghs_sandbox_read_only".to_owned(),
            github_limit_per_hour: 100_000,
            github_token_expires: None,
            github_enterprise: false,
            github_app: None,
            jira_user: "bot@acme.example".to_owned(),
            jira_token: "ATATT-sandbox-0123456789abcdef".to_owned(),
            jira_read_only_token: "ATATT-sandbox-read-only".to_owned(),
            jira_shape: JiraShape::default(),
            jira_zone: Zone::default(),
            search_lag_ms: 0,
            person: "dana".to_owned(),
        }
    }
}

/// Where an Enterprise server's API is.
const ENTERPRISE_PATH: &str = "/api/v3";

/// Why the sandbox would not do something.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The port could not be had.
    #[error(
        "the sandbox's {tracker:?} can't listen on 127.0.0.1:{port}: {cause}; name another port, or 0 for a free one"
    )]
    Listen {
        /// Whose port.
        tracker: Tracker,
        /// Which port.
        port: u16,
        /// The system's answer.
        cause: std::io::Error,
    },
    /// The corpus names something that it doesn't hold, or holds something twice.
    #[error("the corpus is not whole: {0}")]
    Corpus(String),
    /// A method named something that isn't there.
    #[error("the sandbox has no {what} {name:?}")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// By which name.
        name: String,
    },
    /// The tracker would refuse this from a person, too.
    #[error("the sandbox refuses: {0}")]
    Refused(String),
}

impl SandboxError {
    fn unknown(what: &'static str, name: &str) -> Self {
        Self::Unknown { what, name: name.to_owned() }
    }
}

/// Starts the two trackers.
#[derive(Debug)]
pub struct Sandbox;

impl Sandbox {
    /// Fills both trackers from `corpus` and serves them on 127.0.0.1 until every clone of the handle is dropped.
    ///
    /// # Errors
    /// The corpus is not whole, or a port can't be had.
    pub async fn start(corpus: Corpus, options: Options) -> Result<Running, SandboxError> {
        let github_socket = listen(Tracker::GitHub, options.github_port).await?;
        let jira_socket = listen(Tracker::Jira, options.jira_port).await?;
        let path = if options.github_enterprise { ENTERPRISE_PATH } else { "" };
        let github_url = format!("http://{}{path}", github_socket.1);
        let jira_url = format!("http://{}{}", jira_socket.1, options.jira_shape.context);
        let start = options.clock.now();
        let github = github::GitHub::planted(&corpus, &options, &github_url, start)?;
        let jira = jira::Site::planted(&corpus, &options, &jira_url, start)?;
        drop(corpus);
        let shared = Arc::new(Shared {
            github: Mutex::new(github),
            jira: Mutex::new(jira),
            script: Mutex::default(),
            counts: Mutex::default(),
            webhooks: Mutex::default(),
            stop: CancellationToken::new(),
            healed: Mutex::default(),
            github_url,
            jira_url,
            options,
        });
        server::serve(Tracker::GitHub, github_socket.0, &shared);
        server::serve(Tracker::Jira, jira_socket.0, &shared);
        Ok(Running::holding(shared))
    }
}

async fn listen(tracker: Tracker, port: u16) -> Result<(TcpListener, SocketAddr), SandboxError> {
    let failed = |cause| SandboxError::Listen { tracker, port, cause };
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    let address = socket.local_addr().map_err(failed)?;
    Ok((socket, address))
}

/// What requests and the handle share.
struct Shared {
    github: Mutex<github::GitHub>,
    jira: Mutex<jira::Site>,
    script: Mutex<faults::Script>,
    counts: Mutex<Counts>,
    webhooks: Mutex<webhooks::Registered>,
    stop: CancellationToken,
    /// Ends the answers that never come, when all is healed.
    healed: Mutex<CancellationToken>,
    github_url: String,
    jira_url: String,
    options: Options,
}

impl Shared {
    /// What a tracker's own clock shows.
    fn time_of(&self, tracker: Tracker) -> Timestamp {
        let now = self.options.clock.now();
        now.saturating_add(hold(&self.script).skew(tracker)).unwrap_or(now)
    }
}

/// Requests so far.
#[derive(Default)]
struct Counts {
    by_route: BTreeMap<(Tracker, String), u64>,
    writes: BTreeMap<Tracker, u64>,
}

impl Counts {
    fn add(&mut self, tracker: Tracker, route: String, writes: bool) {
        *self.by_route.entry((tracker, route)).or_default() += 1;
        if writes {
            *self.writes.entry(tracker).or_default() += 1;
        }
    }
}

/// The lock's content, also after a holder panicked: a test that fails should fail for its own reason.
fn hold<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    Nobody,
    Reader,
    Writer,
}
