//! `roadmapd retire` and `rejoin`: leave containers as they were before us; take them back.

use tokio_util::sync::CancellationToken;

use super::once::{exit_of, tell, until_interrupted};
use super::progress::Progress;
use super::{Desk, Exit, Failure, output, plan};
use crate::daemon::{Works, preview_retire, rejoin as take_back, retire as leave};
use crate::model::ContainerKey;
use crate::plan::plan_text;
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only the containers of this scope; without it all of them
    scope: Option<String>,
    /// Do it; without this the plan is shown and nothing is written
    #[arg(long)]
    yes: bool,
    /// As JSON, for scripts
    #[arg(long, requires = "yes")]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct RejoinArgs {
    /// Only the containers of this scope; without it all that were left
    scope: Option<String>,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    let works = desk.works()?;
    let in_scope = of_scope(&works, args.scope.as_deref())?;
    if !args.yes {
        let (_, store) = desk.history().await?;
        let progress = Progress::start(&works, "reading");
        let shown = preview_retire(&works, store, in_scope).await?;
        drop(progress);
        for finding in &shown.findings {
            output::warn(finding);
        }
        for error in &shown.errors {
            output::complain(error);
        }
        output::print(&plan_text(&shown.plan, None, &plan::paces(&works)));
        output::print("nothing was written; `roadmapd retire --yes` does it, `roadmapd rejoin` takes it back");
        return Ok(plan::exit_of(&shown.errors, &shown.plan));
    }
    let store = Store::open(&works.settings.daemon.database).await?;
    let stop = CancellationToken::new();
    let progress = Progress::start(&works, "retiring");
    let turned = until_interrupted(leave(&works, &store, in_scope, &stop), &stop).await;
    drop(progress);
    store.close().await?;
    let turned = turned?;
    tell(&turned, args.json);
    let closed = turned.plan.as_ref().map_or(0, |plan| plan.closed);
    if closed > 0 && !args.json {
        output::print(&format!("what stands on closed issues ({closed}) stays: closed issues are never written"));
    }
    Ok(exit_of(&turned))
}

pub(super) async fn rejoin(desk: &Desk, args: &RejoinArgs) -> Result<Exit, Failure> {
    let works = desk.works()?;
    let in_scope = of_scope(&works, args.scope.as_deref())?;
    let store = Store::open(&works.settings.daemon.database).await?;
    let count = take_back(&store, in_scope).await?;
    store.close().await?;
    output::print(&match count {
        0 => "no container had been left".to_owned(),
        1 => "1 container is written again from the next plan on, which waits as at first contact".to_owned(),
        more => format!("{more} containers are written again from the next plan on, which waits as at first contact"),
    });
    Ok(Exit::Done)
}

/// Whether a container belongs to the scope of that name, or to any.
fn of_scope<'a>(works: &'a Works, name: Option<&'a str>) -> Result<impl Fn(&ContainerKey) -> bool + 'a, Failure> {
    if let Some(name) = name {
        let known: Vec<&str> = works.settings.scopes().iter().map(|scope| scope.name.as_str()).collect();
        if !known.contains(&name) {
            let known = if known.is_empty() { "none is configured".to_owned() } else { known.join(", ") };
            return Err(Failure::Said(format!("there is no scope {name:?}; scopes: {known}")));
        }
    }
    Ok(move |container: &ContainerKey| name.is_none_or(|name| works.settings.scope_of(container) == Some(name)))
}
