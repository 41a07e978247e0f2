//! `roadmapd sandbox`: only the trackers of the demo, to try roadmapd against.

use super::{Exit, Failure, output};
use crate::sandbox::{Corpus, Options, Sandbox};

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
    /// Seed of the generated issues: the same one gives the same issues
    #[arg(long, value_name = "SEED", default_value_t = 1, requires = "generate")]
    seed: u64,
}

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let corpus = match args.generate {
        None => Corpus::shipped(),
        Some(issues) => Corpus::generated(args.seed, issues),
    };
    let options = Options { github_port: args.github_port, jira_port: args.jira_port, ..Options::default() };
    let running = Sandbox::start(corpus, options).await.map_err(|error| Failure::Said(error.to_string()))?;
    output::print(&format!("github {}\njira   {}", running.github_url(), running.jira_url()));
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
