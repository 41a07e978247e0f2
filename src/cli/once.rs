//! `roadmapd once`: one cycle.

use std::collections::BTreeMap;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::progress::Progress;
use super::{Desk, Exit, Failure, output};
use crate::daemon::{Order, Turned, tell as notify, turn};
use crate::model::IssueKey;
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Apply the reviewed plan with this fingerprint, and of it what is still identical
    #[arg(long, value_name = "FINGERPRINT")]
    only: Option<String>,
    /// Apply it even past the safety limits and at first contact
    #[arg(long)]
    past_limits: bool,
    /// Take over our spellings that are found without a record, instead of respecting them as people's
    #[arg(long)]
    adopt: bool,
    /// Read everything again
    #[arg(long)]
    census: bool,
    /// As JSON, for scripts
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    let works = desk.works()?;
    let store = Store::open(&works.settings.daemon.database).await?;
    let order = Order {
        cause: "once".to_owned(),
        only: args.only.clone(),
        past_limits: args.past_limits,
        adopt: args.adopt,
        census: args.census,
    };
    let stop = CancellationToken::new();
    let progress = Progress::start(&works, "turning");
    let turned = until_interrupted(turn(&works, &store, &order, &stop), &stop).await;
    drop(progress);
    if let Ok(turned) = &turned
        && let Err(untold) = notify(&works, &store, turned).await
    {
        output::warn(&untold.to_string());
    }
    store.close().await?;
    let turned = turned?;
    tell(&turned, args.json);
    Ok(exit_of(&turned))
}

/// Ctrl-C and SIGTERM let the change in hand be finished.
pub(super) async fn until_interrupted<F: Future>(work: F, stop: &CancellationToken) -> F::Output {
    tokio::pin!(work);
    let term = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut term) => {
                term.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        output = &mut work => return output,
        _ = tokio::signal::ctrl_c() => {}
        () = term => {}
    }
    stop.cancel();
    output::remark("stopping: finishing the change in hand");
    work.await
}

pub(super) fn exit_of(turned: &Turned) -> Exit {
    if !turned.errors.is_empty() || turned.failed > 0 {
        Exit::Failed
    } else if turned.approval.is_some() || turned.paused {
        Exit::Waits
    } else {
        Exit::Done
    }
}

/// One sentence for each reason to wait: a tracker that is down holds up many issues for the same one.
fn waiting(waiting: &[(IssueKey, String)]) -> Vec<String> {
    let mut keys: BTreeMap<&str, Vec<&IssueKey>> = BTreeMap::new();
    for (key, why) in waiting {
        keys.entry(why).or_default().push(key);
    }
    let named = |keys: &[&IssueKey]| match keys {
        [] => String::new(),
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    };
    keys.into_iter().map(|(why, keys)| format!("{}: {why}", named(&keys))).collect()
}

pub(super) fn tell(turned: &Turned, json: bool) {
    for finding in &turned.findings {
        output::warn(finding);
    }
    for waiting in waiting(&turned.waiting) {
        output::warn(&waiting);
    }
    for error in &turned.errors {
        output::complain(error);
    }
    if json {
        output::print_json(&json!({
            "cycle": turned.cycle,
            "written": turned.written,
            "skipped": turned.skipped,
            "failed": turned.failed,
            "waiting": turned.waiting.len(),
            "approval": turned.approval.as_ref().map(|refusal| json!({
                "needed": refusal.needed,
                "detail": refusal.detail,
                "fingerprint": turned.plan.as_ref().map(|plan| &plan.fingerprint),
            })),
            "paused": turned.paused,
            "errors": turned.errors,
            "requests": turned.requests.iter().map(|(name, count)| (name.to_string(), json!(count))).collect::<serde_json::Map<_, _>>(),
        }));
        return;
    }
    let requests: Vec<String> = turned.requests.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let outcome = match (&turned.approval, turned.quiet, turned.written) {
        (Some(refusal), ..) => format!("waits: {}", refusal.detail),
        (None, true, _) => "nothing has changed".to_owned(),
        (None, false, 0) => "nothing to write".to_owned(),
        (None, false, written) => format!("{written} edits written"),
    };
    output::print(&format!(
        "cycle {}: {outcome}; {} skipped, {} failed; requests: {}",
        turned.cycle,
        turned.skipped,
        turned.failed,
        requests.join(", ")
    ));
    if turned.written > 0 {
        let leaves = turned.plan.as_ref().is_some_and(|plan| !plan.retires.is_empty());
        let back = if leaves { "rejoin".to_owned() } else { format!("undo {}", turned.cycle) };
        output::remark(&format!("`roadmapd {back}` takes it back"));
    }
}
