//! `roadmapd pause`, `resume`, `release`: requests that the running daemon, or the next `once`, carries out.

use super::{Desk, Exit, Failure, output};
use crate::model::{Aspect, IssueKey, Timestamp};
use crate::store::Request;

#[derive(Debug, clap::Args)]
pub(super) struct ReleaseArgs {
    /// The issue, for example github:acme/api#7 or jira:PAY-7; holds end on all its linked issues
    key: IssueKey,
    /// Only this aspect: priority, complexity or readiness
    #[arg(value_parser = parse_aspect)]
    aspect: Option<Aspect>,
}

fn parse_aspect(name: &str) -> Result<Aspect, String> {
    Aspect::parse(name).ok_or_else(|| format!("{name:?} is no aspect: name priority, complexity or readiness"))
}

pub(super) async fn pause(desk: &Desk) -> Result<Exit, Failure> {
    ask(desk, Request::Pause, "noted: no further change leaves, from the next write on; `roadmapd resume` ends that")
        .await
}

pub(super) async fn resume(desk: &Desk) -> Result<Exit, Failure> {
    ask(desk, Request::Resume, "noted: the next cycle writes again").await
}

pub(super) async fn release(desk: &Desk, args: &ReleaseArgs) -> Result<Exit, Failure> {
    let store = desk.store().await?;
    if store.find_issue(&args.key).await?.is_none() {
        return Err(Failure::Said(format!(
            "no issue {} is known; `roadmapd holds` lists the issues that are held",
            args.key
        )));
    }
    let request = Request::Release { key: args.key.clone(), aspect: args.aspect };
    ask(desk, request, "noted: the next cycle works its levels out again").await
}

async fn ask(desk: &Desk, request: Request, said: &str) -> Result<Exit, Failure> {
    let store = desk.store().await?;
    store.ask(&request, Timestamp::now()).await?;
    store.close().await?;
    output::print(said);
    Ok(Exit::Done)
}
