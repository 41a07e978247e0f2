//! A request that a fault strikes -> the wrong answer.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use http::{HeaderValue, header};
use http_body_util::{Channel, Full, Limited};
use tokio_util::sync::CancellationToken;

use super::Fault;
use crate::sandbox::message::{Call, Reply};
use crate::sandbox::server::{handle, put, respond};
use crate::sandbox::{Shared, Tracker};

/// What stands instead of a credential that isn't accepted: `nobody:nothing`.
const NOBODY: HeaderValue = HeaderValue::from_static("Basic bm9ib2R5Om5vdGhpbmc=");

/// Answers a request as the fault has it; `healed` ends what would never end.
pub(in crate::sandbox) async fn misbehave(
    shared: &Arc<Shared>,
    tracker: Tracker,
    mut call: Call,
    fault: Fault,
    healed: &CancellationToken,
) -> Response {
    match fault {
        Fault::Status(status, body, headers) => {
            let kind = Some("application/json; charset=utf-8");
            let mut response = respond(Reply { kind, body: body.into_bytes(), ..Reply::empty(status) });
            for (name, value) in headers {
                put(&mut response, &name, &value);
            }
            response
        }
        Fault::Refusal(refusal) => respond(refusal.reply(tracker, call.now)),
        Fault::TruncatedJson => {
            let mut reply = handle(shared, tracker, &call);
            reply.body.truncate(reply.body.len() / 2);
            respond(reply)
        }
        Fault::InvalidJson => {
            let mut reply = handle(shared, tracker, &call);
            spoil(&mut reply.body);
            respond(reply)
        }
        Fault::Html(status) => respond(Reply::html(status)),
        Fault::AnonymousEmpty => {
            match tracker {
                Tracker::GitHub => drop(call.headers.remove(header::AUTHORIZATION)),
                Tracker::Jira => drop(call.headers.insert(header::AUTHORIZATION, NOBODY)),
            }
            respond(handle(shared, tracker, &call))
        }
        Fault::ResetBeforeApply => broken(),
        Fault::ResetAfterApply => {
            drop(handle(shared, tracker, &call));
            broken()
        }
        Fault::Slow(delay) => {
            let response = respond(handle(shared, tracker, &call));
            tokio::select! {
                () = tokio::time::sleep(delay) => response,
                () = shared.stop.cancelled() => broken(),
            }
        }
        Fault::Drip(pause) => drip(respond(handle(shared, tracker, &call)), pause).await,
        Fault::Stall => {
            tokio::select! {
                () = healed.cancelled() => {}
                () = shared.stop.cancelled() => {}
            }
            broken()
        }
        Fault::Redirect(location) => respond(Reply::empty(301).with("location", location)),
        Fault::Page(page) => {
            call.page_fault = Some(page);
            respond(handle(shared, tracker, &call))
        }
    }
}

/// Puts one sign into a JSON text that can't stand there; what is empty stays empty.
fn spoil(body: &mut [u8]) {
    let colon = body.iter().position(|byte| *byte == b':');
    if let Some(byte) = colon.or(body.len().checked_sub(1)).and_then(|place| body.get_mut(place)) {
        *byte = b';';
    }
}

/// The same answer, whose body comes byte by byte.
async fn drip(response: Response, pause: Duration) -> Response {
    let (head, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let (mut sender, body) = Channel::<Bytes>::new(1);
    tokio::spawn(async move {
        for at in 0..whole.len() {
            if sender.send_data(whole.slice(at..=at)).await.is_err() {
                return;
            }
            if pause.is_zero() {
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(pause).await;
            }
        }
    });
    Response::from_parts(head, Body::new(body))
}

/// An answer that ends the connection before its head is sent: the body fails at its first byte, and the server, which
/// sends head and body together, closes the socket instead.
fn broken() -> Response {
    Response::new(Body::new(Limited::new(Full::new(Bytes::from_static(b"gone")), 1)))
}
