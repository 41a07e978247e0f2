//! The command line: one file a command; data to stdout, everything else to stderr.

mod approve;
mod ask;
mod backtest;
mod backup;
mod by_parent;
mod check;
mod demo;
mod digest;
mod explain;
mod health;
mod history;
mod holds;
mod init;
mod once;
mod output;
mod plan;
mod progress;
mod report;
mod retire;
mod roadmap;
mod run;
mod sandbox;
mod schema;
mod undo;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

use crate::daemon::{Clock, CycleTrouble, RunTrouble, Works};
use crate::settings::{Findings, Settings};
use crate::store::{Store, StoreTrouble};
use crate::tracker::Trouble;
use crate::web::PageTrouble;

/// A technical product manager that never sleeps: one roadmap from GitHub and Jira, its levels written back as labels.
///
/// New here? `roadmapd demo` needs nothing. On your own trackers `roadmapd check`, then `roadmapd plan`: it only reads.
#[derive(Debug, Parser)]
#[command(name = "roadmapd", version, max_term_width = 100, disable_help_subcommand = true)]
struct Cli {
    /// A configuration file; may be given several times, later ones win [default: roadmapd.toml]
    #[arg(short, long = "config", value_name = "FILE", global = true)]
    config: Vec<PathBuf>,
    /// How log lines on stderr look; RUST_LOG says how many there are
    #[arg(long, value_enum, default_value = "text", global = true)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the main job on two trackers in memory, and the page; needs nothing and touches nothing
    Demo(demo::Args),
    /// Serve only the trackers of the demo, to try roadmapd against
    Sandbox(sandbox::Args),
    /// Write a first configuration: lists what the tokens reach, learns the labels and sizes in use, and only observes
    Init(init::Args),
    /// Check the settings, and with --online credentials, permissions and fields; all findings at once
    Check(check::Args),
    /// Show what one cycle would write; reads only, keeps nothing (exit 2: there are changes)
    Plan(plan::Args),
    /// Turn one cycle: read, score, write what is approved (exit 3: a plan waits for approval)
    Once(once::Args),
    /// Run the daemon: a cycle at every tick of the schedule, and the page at [daemon] listen
    Run(run::Args),
    /// Ask the running daemon how it is (exit 1: something is wrong)
    Health(health::Args),
    /// Say yes to a reviewed plan; the running daemon or the next `once` applies it
    Approve(approve::Args),
    /// Stop writing until `resume`; reading goes on
    Pause,
    /// Go on writing
    Resume,
    /// End people's holds on an item, so that its levels are worked out again
    Release(ask::ReleaseArgs),
    /// Try an issue again that was set aside because the tracker kept refusing its changes
    Retry(ask::RetryArgs),
    /// Say that two issues are one piece of work
    Link(ask::PairArgs),
    /// Say that two issues are not one piece of work, whatever links them
    Unlink(ask::PairArgs),
    /// Why an item has its levels, and whose they are
    Explain(explain::Args),
    /// The ranked backlog
    Roadmap(roadmap::Args),
    /// Every hold: who put what there, since when, and how far it is from the computed level
    Holds(holds::Args),
    /// What the cycles wrote
    History(history::Args),
    /// Take back what a cycle wrote, where it still stands
    Undo(undo::Args),
    /// What happened in a week: new p0, what moved and why, what waits longest, holds to revisit
    Digest(digest::Args),
    /// How often the computed levels equal what people set, and where they differ most
    Report(report::Args),
    /// How good the complexity estimate is on given history, beside the plain median; needs no settings
    Backtest(backtest::Args),
    /// Leave: take all our values off and put back what people had; shows the plan unless told --yes
    Retire(retire::Args),
    /// Take back what was left by `retire`
    Rejoin(retire::RejoinArgs),
    /// Copy the database into a new file while everything goes on
    Backup(backup::Args),
    /// Print the configuration's JSON Schema
    Schema,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// Done, or nothing to do.
    Done,
    /// Something went wrong and was said.
    Failed,
    /// `plan`: there are changes.
    Changes,
    /// `once`: a plan waits for a person.
    Waits,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Changes => 2,
            Exit::Waits => 3,
        })
    }
}

/// Exit code of a command line that can't be understood (sysexits' EX_USAGE).
const WRONG_USAGE: u8 = 64;

/// What ends a command with exit code 1, as a sentence.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Settings(#[from] Findings),
    #[error(transparent)]
    Store(#[from] StoreTrouble),
    #[error(transparent)]
    Cycle(#[from] CycleTrouble),
    #[error(transparent)]
    Tracker(#[from] Trouble),
    #[error(transparent)]
    Run(#[from] RunTrouble),
    #[error(transparent)]
    Page(#[from] PageTrouble),
    /// Everything that keeps the daemon from starting.
    #[error("{}", .0.join("\n"))]
    Start(Vec<String>),
    #[error("{0}")]
    Said(String),
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too, on stdout and with success. A closed pipe is nobody's error.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(WRONG_USAGE) } else { ExitCode::SUCCESS };
        }
    };
    start_tracing(cli.log_format, matches!(cli.command, Command::Run(_)));
    crate::tracker::install_tls();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&format!("the runtime can't be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(dispatch(&cli)) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::complain(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(cli: &Cli) -> Result<Exit, Failure> {
    let desk = Desk { config: cli.config.clone() };
    match &cli.command {
        Command::Demo(args) => demo::run(args).await,
        Command::Sandbox(args) => sandbox::run(args).await,
        Command::Init(args) => init::run(args).await,
        Command::Check(args) => check::run(&desk, args).await,
        Command::Plan(args) => plan::run(&desk, args).await,
        Command::Once(args) => once::run(&desk, args).await,
        Command::Run(args) => run::run(desk, args).await,
        Command::Health(args) => health::run(&desk, args).await,
        Command::Approve(args) => approve::run(&desk, args).await,
        Command::Pause => ask::pause(&desk).await,
        Command::Resume => ask::resume(&desk).await,
        Command::Release(args) => ask::release(&desk, args).await,
        Command::Retry(args) => ask::retry(&desk, args).await,
        Command::Link(args) => ask::link(&desk, args).await,
        Command::Unlink(args) => ask::unlink(&desk, args).await,
        Command::Explain(args) => explain::run(&desk, args).await,
        Command::Roadmap(args) => roadmap::run(&desk, args).await,
        Command::Holds(args) => holds::run(&desk, args).await,
        Command::History(args) => history::run(&desk, args).await,
        Command::Undo(args) => undo::run(&desk, args).await,
        Command::Digest(args) => digest::run(&desk, args).await,
        Command::Report(args) => report::run(&desk, args).await,
        Command::Backtest(args) => backtest::run(&desk, args).await,
        Command::Retire(args) => retire::run(&desk, args).await,
        Command::Rejoin(args) => retire::rejoin(&desk, args).await,
        Command::Backup(args) => backup::run(&desk, args).await,
        Command::Schema => schema::run(),
    }
}

/// Logs go to stderr. The daemon tells what it does; other commands only what is wrong.
fn start_tracing(format: LogFormat, daemon: bool) {
    let quietly = if daemon { "info" } else { "error" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(quietly));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}

fn environment() -> Vec<(String, String)> {
    let texts =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    texts.collect()
}

/// What a command finds on its desk: the configuration files it was given.
#[derive(Clone, Debug)]
struct Desk {
    config: Vec<PathBuf>,
}

impl Desk {
    fn load(&self) -> Result<Settings, Findings> {
        Settings::load(&self.config, &environment())
    }

    /// The settings, or what can be made of them, and everything that is wrong with them.
    fn load_in_part(&self) -> (Option<Settings>, Findings) {
        Settings::load_in_part(&self.config, &environment())
    }

    /// Checked settings; their warnings are told once.
    fn settings(&self) -> Result<Arc<Settings>, Failure> {
        let settings = self.load()?;
        for warning in &settings.warnings {
            output::warn(warning);
        }
        Ok(Arc::new(settings))
    }

    /// Settings and connected trackers.
    fn works(&self) -> Result<Works, Failure> {
        Ok(Works::connect(self.settings()?, Clock::system())?)
    }

    /// Settings, trackers, and the store that an earlier cycle left.
    async fn history(&self) -> Result<(Works, Store), Failure> {
        let works = self.works()?;
        let database = works.settings.daemon.database.clone();
        match Store::open_existing_read_only(&database).await? {
            Some(store) => Ok((works, store)),
            None => Err(Failure::Said(format!(
                "there is no database {database} yet: no cycle has turned; `roadmapd plan` shows what the first would do, `roadmapd once` turns it"
            ))),
        }
    }

    /// The store, made if need be.
    async fn store(&self) -> Result<Store, Failure> {
        Ok(Store::open(&self.settings()?.daemon.database).await?)
    }
}
