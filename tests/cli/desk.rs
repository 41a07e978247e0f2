//! A person's desk: two trackers, a configuration in a folder, and the binary.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use roadmapd::sandbox::{Corpus, Options, Running, Sandbox, Tracker};
use serde_json::Value;
use tempfile::TempDir;

/// Settings under which a cycle writes without asking.
pub const WRITES: &str = "[write]\nfirst_contact = \"apply\"\n[limits]\nshare_max = 1.0\n";
/// How long a condition is waited for before the test fails: far longer than it ever takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Desk {
    pub trackers: Running,
    pub folder: TempDir,
}

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("stdout is text"),
            err: String::from_utf8(output.stderr).expect("stderr is text"),
        }
    }
}

impl Desk {
    /// Trackers with these issues, and a configuration that is them and `more`.
    pub async fn new(corpus: Corpus, more: &str) -> Self {
        Self::with(corpus, Options::default(), more).await
    }

    /// The same with trackers of other shapes.
    pub async fn with(corpus: Corpus, options: Options, more: &str) -> Self {
        let trackers = Sandbox::start(corpus, options).await.expect("the sandbox starts");
        let desk = Self { trackers, folder: tempfile::tempdir().expect("a folder") };
        desk.configure(more);
        desk
    }

    /// Writes the configuration anew.
    pub fn configure(&self, more: &str) {
        let text = self.trackers.configuration(self.folder.path()).expect("a folder");
        std::fs::write(self.config(), format!("{more}\n{text}")).expect("a file");
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("roadmapd.toml")
    }

    /// Makes the first cycle one that ended days ago.
    pub async fn age_first_cycle(&self, days: u32) {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.database());
        let mut database = sqlx::ConnectOptions::connect(&options).await.expect("a database");
        sqlx::query("UPDATE cycles SET ended = strftime('%Y-%m-%dT%H:%M:%SZ', ended, ?) WHERE n = 1")
            .bind(format!("-{days} days"))
            .execute(&mut database)
            .await
            .expect("a cycle");
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("roadmapd.db")
    }

    /// The binary with this desk's configuration, no census, no cron tick and no page while a test runs: tests run side by side.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = bare(args);
        command.arg("-c").arg(self.config()).current_dir(self.folder.path());
        command.env("ROADMAPD__DAEMON__CENSUS", "0 0 0 29 2 *").env("ROADMAPD__DAEMON__SCHEDULE", "0 0 0 29 2 *");
        command.env("ROADMAPD__DAEMON__LISTEN", "");
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, args: &[&str]) -> Said {
        self.command(args).output().expect("the binary runs").into()
    }

    /// Starts a command that goes on; stopped when dropped.
    pub fn start(&self, args: &[&str]) -> Going {
        self.start_with(args, |_| ())
    }

    /// The same with an environment of one's own.
    pub fn start_with(&self, args: &[&str], prepare: impl FnOnce(&mut Command)) -> Going {
        let log = self.folder.path().join("log");
        let file = std::fs::File::create(&log).expect("a file");
        let mut command = self.command(args);
        prepare(&mut command);
        let child = command.stdout(Stdio::null()).stderr(file).spawn().expect("the binary runs");
        Going { child, log }
    }

    /// Writing requests to both trackers since the counts were reset.
    pub fn writes(&self) -> u64 {
        self.trackers.write_count(Tracker::GitHub) + self.trackers.write_count(Tracker::Jira)
    }

    /// Labels of every open issue, pull requests left out.
    pub fn open_labels(&self) -> BTreeMap<String, Vec<String>> {
        let facts = self.trackers.all_facts();
        facts
            .into_iter()
            .filter(|(_, facts)| facts.open && !facts.pull_request)
            .map(|(key, facts)| (key, facts.labels))
            .collect()
    }
}

/// The binary without a configuration and without this process's environment.
pub fn bare(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roadmapd"));
    command.args(args).env_clear().stdin(Stdio::null());
    command
}

/// A command that goes on.
pub struct Going {
    pub child: Child,
    log: PathBuf,
}

impl Going {
    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        signal_to(self.child.id(), signal);
    }

    /// Waits until it has ended; its exit code.
    pub fn end(&mut self) -> Option<i32> {
        let mut status = None;
        until("the process ends", || {
            status = self.child.try_wait().expect("a status");
            status.is_some()
        });
        status.and_then(|status| status.code())
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn signal_to(process: u32, signal: Signal) {
    // A process that has just ended is no reason for a test to fail here.
    let _ = kill(Pid::from_raw(process.cast_signed()), signal);
}

/// Waits for a condition.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The edits of `plan --json` as (issue, from, to).
pub fn edits(plan: &Value) -> Vec<(String, Option<String>, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let changes = plan["changes"].as_array().expect("changes");
    changes
        .iter()
        .flat_map(|change| {
            let issue = text(&change["issue"]).expect("an issue");
            let local = issue.split_once(':').expect("a tracker").1.to_owned();
            let edits = change["edits"].as_array().expect("edits").clone();
            edits.into_iter().map(move |edit| (local.clone(), text(&edit["from"]), text(&edit["to"])))
        })
        .collect()
}
