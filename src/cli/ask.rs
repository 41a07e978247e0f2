//! `roadmapd pause`, `resume`, `release`, `retry`, `link`, `unlink`: requests that the running daemon, or the next `once`, carries out.

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

#[derive(Debug, clap::Args)]
pub(super) struct RetryArgs {
    /// The issue, for example github:acme/api#7 or jira:PAY-7; its linked issues are tried again, too
    key: IssueKey,
}

#[derive(Debug, clap::Args)]
pub(super) struct PairArgs {
    /// One issue, for example github:acme/api#7
    a: IssueKey,
    /// The other, for example jira:PAY-7
    b: IssueKey,
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
    known(desk, &args.key, "`roadmapd holds` lists the issues that are held").await?;
    let request = Request::Release { key: args.key.clone(), aspect: args.aspect };
    ask(desk, request, "noted: the next cycle works its levels out again").await
}

pub(super) async fn retry(desk: &Desk, args: &RetryArgs) -> Result<Exit, Failure> {
    known(desk, &args.key, "`roadmapd plan` lists the issues that are set aside").await?;
    let request = Request::Retry { key: args.key.clone() };
    ask(desk, request, "noted: the next cycle tries it again").await
}

pub(super) async fn link(desk: &Desk, args: &PairArgs) -> Result<Exit, Failure> {
    let (a, b) = pair(desk, args).await?;
    ask(desk, Request::Link { a, b }, "noted: from the next cycle on they are one piece of work").await
}

pub(super) async fn unlink(desk: &Desk, args: &PairArgs) -> Result<Exit, Failure> {
    let (a, b) = pair(desk, args).await?;
    ask(desk, Request::Unlink { a, b }, "noted: from the next cycle on they are not one piece of work").await
}

async fn pair(desk: &Desk, args: &PairArgs) -> Result<(IssueKey, IssueKey), Failure> {
    if args.a == args.b {
        return Err(Failure::Said(format!("{} is one issue; name two", args.a)));
    }
    for key in [&args.a, &args.b] {
        known(desk, key, "`roadmapd roadmap` lists the issues that are").await?;
    }
    Ok((args.a.clone(), args.b.clone()))
}

async fn known(desk: &Desk, key: &IssueKey, next: &str) -> Result<(), Failure> {
    match desk.store().await?.find_issue(key).await? {
        Some(_) => Ok(()),
        None => Err(Failure::Said(format!("no issue {key} is known; {next}"))),
    }
}

async fn ask(desk: &Desk, request: Request, said: &str) -> Result<Exit, Failure> {
    let store = desk.store().await?;
    store.ask(&request, Timestamp::now()).await?;
    store.close().await?;
    output::print(said);
    Ok(Exit::Done)
}
