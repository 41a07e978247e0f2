//! HTTP -> hooks, faults, one tracker -> HTTP.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode, header};
use tokio::net::TcpListener;

use super::faults::misbehave;
use super::message::{Call, Reply};
use super::{Running, Shared, Tracker, hold};

/// What a request may weigh.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Serves one tracker until the sandbox stops.
pub(super) fn serve(tracker: Tracker, socket: TcpListener, shared: &Arc<Shared>) {
    let handler = {
        let shared = Arc::clone(shared);
        move |request: Request| answer(Arc::clone(&shared), tracker, request)
    };
    let app = Router::new().fallback(handler);
    let stop = shared.stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            ended = serving(socket, app) => {
                if let Err(error) = ended {
                    tracing::error!(?tracker, %error, "the sandbox's server ended");
                }
            }
        }
    });
}

fn serving(socket: TcpListener, app: Router) -> impl Future<Output = std::io::Result<()>> {
    axum::serve(socket, app).into_future()
}

async fn answer(shared: Arc<Shared>, tracker: Tracker, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = match to_bytes(body, BODY_BYTES_MAX).await {
        Ok(body) => body,
        Err(_) => return respond(Reply::html(413)),
    };
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let own = super::admin::answer(&Running::lent(&shared), head.uri.path(), &head.method, &head.headers, &body);
    if let Some(reply) = own {
        return respond(reply);
    }
    let (target, by_gateway) = match tracker {
        Tracker::GitHub => (target, false),
        Tracker::Jira => match super::jira::entrance(&shared.options.jira_shape, &target) {
            Some((inside, by_gateway)) => (inside.to_owned(), by_gateway),
            None => return respond(Reply::html(404)),
        },
    };
    shared.options.clock.tick();
    let hooks = hold(&shared.script).due_hooks(tracker, &head.method, &target);
    for hook in hooks {
        hook(&Running::lent(&shared));
    }
    let mut call = Call::new(head.method, &target, head.headers, body, shared.time_of(tracker));
    call.by_gateway = by_gateway;
    let call = match tracker {
        Tracker::GitHub if shared.options.github_enterprise => call.behind(super::ENTERPRISE_PATH),
        _ => Some(call),
    };
    // What isn't under the API's path is the server's pages.
    let Some(call) = call else { return respond(Reply::html(404)) };
    let (route, writes) = match tracker {
        Tracker::GitHub => super::github::route_name(&call),
        Tracker::Jira => super::jira::route_name(&call),
    };
    // Taken before the fault, so that no healing in between is missed.
    let healed = hold(&shared.healed).clone();
    let fault = hold(&shared.script).take(tracker, &call.method, &call.target, &route);
    hold(&shared.counts).add(tracker, route, writes);
    match fault {
        None => respond(handle(&shared, tracker, &call)),
        Some(fault) => misbehave(&shared, tracker, call, fault, &healed).await,
    }
}

/// The right answer.
pub(super) fn handle(shared: &Shared, tracker: Tracker, call: &Call) -> Reply {
    match tracker {
        Tracker::GitHub => hold(&shared.github).handle(call),
        Tracker::Jira => hold(&shared.jira).handle(call),
    }
}

pub(super) fn respond(reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(kind) = reply.kind {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    for (name, value) in reply.headers {
        put(&mut response, name, &value);
    }
    response
}

pub(super) fn put(response: &mut Response, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        response.headers_mut().insert(name, value);
    }
}
