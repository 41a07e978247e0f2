//! `roadmapd sandbox`: only the trackers of the demo, to try roadmapd against.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::{Timestamp, civil, tz::TimeZone};

use super::{Exit, Failure, output};
use crate::sandbox::{Corpus, DumpError, FaultPlan, FaultPlanError, Options, Running, Sandbox};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Port of the GitHub on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    github_port: u16,
    /// Port of the Jira on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    jira_port: u16,
    /// Instead of the demo's issues, N generated ones in each tracker
    #[arg(long, value_name = "N")]
    generate: Option<usize>,
    /// Instead of the demo's issues, those of real dumps: …_issues.json, …_comments.json and …_events.json as GitHub's REST
    /// API lists them, …_search.json as Jira's version 2 answers a search; each may be packed as .json.gz
    #[arg(long, value_name = "DIR", conflicts_with = "generate")]
    data: Option<PathBuf>,
    /// The dumps as they stood at this moment: 2024-05-31 (its beginning in UTC) or 2024-05-31T12:00:00Z; ages stay what they
    /// were then [default: the newest stamp in the dumps]
    #[arg(long, value_name = "DATE", requires = "data", value_parser = moment)]
    as_of: Option<Timestamp>,
    /// Seed of the generated issues: the same one gives the same issues
    #[arg(long, value_name = "SEED", default_value_t = 1, requires = "generate")]
    seed: u64,
    /// Let the trackers misbehave as this fault plan (TOML) says; --help shows one
    #[arg(long, value_name = "FILE", long_help = FAULTS_HELP)]
    faults: Option<PathBuf>,
    /// Write roadmapd.toml and the tokens into DIR, to try every command against these trackers
    #[arg(long, value_name = "DIR")]
    setup: Option<PathBuf>,
    /// Send webhooks of what happens to a roadmapd that hears them at this address; --setup then says so in roadmapd.toml.
    /// Others are added at either address: POST /_sandbox/webhooks {"tracker", "url", "secret"}
    #[arg(long, value_name = "ADDRESS")]
    webhooks: Option<SocketAddr>,
}

/// What `--help` says of a fault plan.
const FAULTS_HELP: &str = r#"Let the trackers misbehave as this file (TOML) says:

  seed = 7              # the same seed and requests, the same faults
  [[fault]]
  fault = "status"      # what happens; with status: which one
  status = 503
  retry_after_s = 2
  tracker = "jira"      # to whom: github or jira; left out: both
  method = "POST"       # to which requests; left out: all
  path = "/search"      # what their path and query contain
  probability = 0.2     # how often; or on = [1, 3]; or after = 5, times = 2

The faults, and what they take:
  status           status, retry_after_s, retry_after = "seconds" or "date"
  primary_limit    the same, and reset_s; without any, no header says how long
  secondary_limit  GitHub's: status 403 or 429, retry_after_s, retry_after
  burst_limit      Jira's: as primary_limit
  expired_token    401; anonymous: answered as to nobody
  html             status; truncated_json, invalid_json
  reset_before, reset_after the write; stall: no answer at all
  slow, drip       delay_ms before the answer, or after each byte
  redirect         status, location
  duplicated_rows, short_page, shifted_page, repeated_token
                   what pages of listings can do without losing a row

These hold until they are healed:
  search_lag       seconds by which Jira's search is late
  clock_skew       seconds, also below 0
  one_second_stamps

While it runs, at either address without its path:
  curl -X PUT --data-binary @FILE ADDRESS/_sandbox/faults   another plan
  curl ADDRESS/_sandbox/faults               how often each rule struck
  curl -X DELETE ADDRESS/_sandbox/faults     all is well again"#;

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let corpus = match (&args.data, args.generate) {
        (Some(folder), _) => {
            let said = |error: DumpError| Failure::Said(error.to_string());
            let (corpus, moment) = Corpus::read(folder, args.as_of).map_err(said)?;
            output::remark(&format!("as things stood at {moment}"));
            corpus
        }
        (None, Some(issues)) => Corpus::generated(args.seed, issues),
        (None, None) => Corpus::shipped(),
    };
    let said = |error: FaultPlanError| Failure::Said(error.to_string());
    let faults = args.faults.as_deref().map(FaultPlan::read).transpose().map_err(said)?;
    let options = Options { github_port: args.github_port, jira_port: args.jira_port, ..Options::default() };
    let running = Sandbox::start(corpus, options).await.map_err(|error| Failure::Said(error.to_string()))?;
    if let Some(plan) = faults {
        running.plan_faults(plan);
    }
    if let Some(address) = args.webhooks {
        running.tell_daemon_at(address).map_err(|error| Failure::Said(error.to_string()))?;
    }
    output::print(&format!("github {}\njira   {}", running.github_url(), running.jira_url()));
    if let Some(folder) = &args.setup {
        let file = set_up(&running, folder)
            .map_err(|error| Failure::Said(format!("{} can't be written: {error}", folder.display())))?;
        output::print(&format!("try    roadmapd -c {} plan", file.display()));
    }
    output::remark(&format!(
        "tokens: GitHub {}, Jira {} with user {}\nCtrl-C ends it; nothing is kept",
        running.github_token(),
        running.jira_token(),
        running.jira_user()
    ));
    tokio::select! {
        () = running.wait() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(Exit::Done)
}

/// Writes a configuration for these trackers into a folder, which is made if need be.
fn set_up(running: &Running, folder: &Path) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let file = folder.join("roadmapd.toml");
    std::fs::write(&file, running.configuration(&folder.canonicalize()?)?)?;
    Ok(file)
}

/// A day's beginning in UTC, or a stamp.
fn moment(text: &str) -> Result<Timestamp, String> {
    let day = || text.parse::<civil::Date>().ok()?.to_zoned(TimeZone::UTC).ok();
    let stamp = text.parse().ok().or_else(|| day().map(|day| day.timestamp()));
    stamp.ok_or_else(|| "write a day such as 2024-05-31 or a stamp such as 2024-05-31T12:00:00Z".to_owned())
}
