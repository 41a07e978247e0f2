//! `roadmapd approve`: a person's yes to a reviewed plan.

use super::{Desk, Exit, Failure, output};
use crate::model::Timestamp;
use crate::store::Request;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The fingerprint that `plan` or `once` printed
    fingerprint: String,
}

pub(super) async fn run(desk: &Desk, args: &Args) -> Result<Exit, Failure> {
    let store = desk.store().await?;
    match store.waiting().await? {
        Some(waiting) if waiting.reviewed.fingerprint != args.fingerprint => output::warn(&format!(
            "the plan that waits has the fingerprint {}; {} is applied only if the next cycle plans exactly it",
            waiting.reviewed.fingerprint, args.fingerprint
        )),
        _ => {}
    }
    store.ask(&Request::Approve { fingerprint: args.fingerprint.clone() }, Timestamp::now()).await?;
    store.close().await?;
    output::print("noted: the running daemon, or the next `roadmapd once`, applies what is still as reviewed");
    Ok(Exit::Done)
}
