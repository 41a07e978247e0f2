//! `roadmapd init`: tokens -> what they reach -> how people work there -> a first configuration that only observes.

mod questions;
mod scheme;
mod text;

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::progress::Progress;
use super::{Exit, Failure, output};
use crate::daemon::{Clock, Works, preview};
use crate::settings::Settings;
use crate::tracker::{Fetch, Reachable};
use questions::Questions;
use text::{Connection, Secret, Side};

/// Containers that are read when none was named.
const CHOSEN_MAX: usize = 20;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where GitHub answers: https://api.github.com, or https://HOST/api/v3
    #[arg(long, value_name = "URL")]
    github_url: Option<String>,
    /// The environment variable that holds GitHub's token
    #[arg(long, value_name = "NAME", conflicts_with = "github_token_file")]
    github_token_env: Option<String>,
    /// The file that holds GitHub's token
    #[arg(long, value_name = "FILE")]
    github_token_file: Option<PathBuf>,
    /// A repository or a pattern (acme/api, acme/pay-*); may be given several times [default: what the token reaches]
    #[arg(long = "repository", value_name = "NAME")]
    repositories: Vec<String>,
    /// Where Jira answers: https://SITE.atlassian.net, or a Data Center's address
    #[arg(long, value_name = "URL")]
    jira_url: Option<String>,
    /// The account of Jira's token; without it the token is a Data Center personal access token
    #[arg(long, value_name = "EMAIL")]
    jira_user: Option<String>,
    /// The environment variable that holds Jira's token
    #[arg(long, value_name = "NAME", conflicts_with = "jira_token_file")]
    jira_token_env: Option<String>,
    /// The file that holds Jira's token
    #[arg(long, value_name = "FILE")]
    jira_token_file: Option<PathBuf>,
    /// A project's key; may be given several times [default: what the token reaches]
    #[arg(long = "project", value_name = "KEY")]
    projects: Vec<String>,
    /// Where to write the configuration
    #[arg(long, value_name = "FILE", default_value = "roadmapd.toml")]
    out: PathBuf,
    /// Replace a configuration that is there
    #[arg(long)]
    force: bool,
}

impl Args {
    fn github(&self) -> Option<Connection> {
        let meant = self.github_url.is_some()
            || self.github_token_env.is_some()
            || self.github_token_file.is_some()
            || !self.repositories.is_empty();
        meant.then(|| Connection {
            side: Side::Github,
            url: self.github_url.clone().unwrap_or_else(|| text::GITHUB.to_owned()),
            user: None,
            secret: Secret::of(self.github_token_env.as_deref(), self.github_token_file.as_deref(), "GITHUB_TOKEN"),
            containers: self.repositories.clone(),
        })
    }

    fn jira(&self) -> Result<Option<Connection>, Failure> {
        let others = self.jira_user.is_some()
            || self.jira_token_env.is_some()
            || self.jira_token_file.is_some()
            || !self.projects.is_empty();
        let Some(url) = self.jira_url.clone() else {
            let next = "--jira-url is missing: name the site, for example --jira-url https://acme.atlassian.net";
            return if others { Err(Failure::Said(next.to_owned())) } else { Ok(None) };
        };
        Ok(Some(Connection {
            side: Side::Jira,
            url,
            user: self.jira_user.clone(),
            secret: Secret::of(self.jira_token_env.as_deref(), self.jira_token_file.as_deref(), "JIRA_TOKEN"),
            containers: self.projects.clone(),
        }))
    }
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    refuse_to_overwrite(&args.out, args.force)?;
    let given: Vec<Connection> = args.github().into_iter().chain(args.jira()?).collect();
    let (stdin, stderr) = (std::io::stdin(), std::io::stderr());
    let mut questions = given.is_empty().then(|| Questions::new(stdin.lock(), stderr.lock()));
    let mut connections = match &mut questions {
        Some(questions) => questions.connections()?,
        None => given,
    };
    for connection in &mut connections {
        choose(connection, questions.as_mut()).await?;
    }
    drop(questions);
    let base = text::connections(&connections);
    let works = Works::connect(Arc::new(Settings::from_toml(&base, &secrets())?), Clock::system())?;
    for tracker in &works.trackers {
        for finding in tracker.probe(&|_| false).await {
            output::print(&format!("{} {}", if finding.ok { "ok  " } else { "FAIL" }, finding.text));
        }
    }
    let progress = Progress::start(&works, "reading");
    let seen = preview(&works, None).await?;
    drop(progress);
    if let Some(error) = seen.errors.first() {
        return Err(Failure::Said(format!("{error}; nothing was written: mend that and run init again")));
    }
    let learned = scheme::learn(&seen.thought.roadmap, &seen.thought.scores);
    let whole = text::whole(&base, &learned);
    // What is proposed must check by itself: a person may trust it unread.
    Settings::from_toml(&whole, &secrets())?;
    save(&args.out, &whole, args.force)?;
    output::print(&text::story(&learned, &args.out));
    Ok(Exit::Done)
}

/// Names what is to be read where nothing was named: what the credential reaches, chosen by a person where one is asked.
async fn choose<I: BufRead, O: Write>(
    connection: &mut Connection,
    questions: Option<&mut Questions<I, O>>,
) -> Result<(), Failure> {
    if !connection.containers.is_empty() {
        return Ok(());
    }
    let asking = text::connections(&[connection.somewhere()]);
    let works = Works::connect(Arc::new(Settings::from_toml(&asking, &secrets())?), Clock::system())?;
    let Some(tracker) = works.trackers.first() else { return Ok(()) };
    let found = tracker.reachable().await?;
    if found.is_empty() {
        return Err(Failure::Said(format!(
            "{}: the token reaches no {}; check what it was granted, or name one by {}",
            tracker.name(),
            connection.side.one(),
            connection.side.flag()
        )));
    }
    output::print(&listed(connection, &found));
    connection.containers = match questions {
        Some(questions) => questions.choice(connection.side, &found)?,
        None => {
            let busiest = busiest(&found);
            if busiest.len() < found.len() {
                output::remark(&format!("the first {CHOSEN_MAX} are taken; name others by {}", connection.side.flag()));
            }
            busiest
        }
    };
    Ok(())
}

/// The environment, where tokens may be; without keys of a configuration, which mean another one.
fn secrets() -> Vec<(String, String)> {
    super::environment().into_iter().filter(|(name, _)| !name.starts_with("ROADMAPD__")).collect()
}

fn listed(connection: &Connection, found: &[Reachable]) -> String {
    let mut text = format!("{} reaches {}:", connection.url, connection.side.count(found.len()));
    for (place, one) in found.iter().enumerate() {
        let open = one.open.map_or(String::new(), |open| format!("{open} open"));
        let more: Vec<&str> = [one.title.as_str(), open.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
        text.push_str(&format!(
            "\n  {:>3} {:<40} {}",
            place + 1,
            one.container.local,
            output::fit(&more.join(", "), 60)
        ));
    }
    text
}

/// Those with the most open issues, in the order of their names.
fn busiest(found: &[Reachable]) -> Vec<String> {
    let mut places: Vec<usize> = (0..found.len()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(found[*place].open));
    places.truncate(CHOSEN_MAX);
    places.sort_unstable();
    places.into_iter().map(|place| found[place].container.local.clone()).collect()
}

fn refuse_to_overwrite(out: &Path, force: bool) -> Result<(), Failure> {
    if out.exists() && !force {
        let next = "name another by --out, or replace it by --force";
        return Err(Failure::Said(format!("{} is there already; {next}", out.display())));
    }
    Ok(())
}

fn save(out: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let wrong = |error: std::io::Error| Failure::Said(format!("{} can't be written: {error}", out.display()));
    if force {
        return std::fs::write(out, text).map_err(wrong);
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(out).map_err(wrong)?;
    file.write_all(text.as_bytes()).map_err(wrong)
}
