//! The sandbox's own pages beside each tracker: `/_sandbox/faults`, where the fault plan is shown, replaced, and taken back, and
//! `/_sandbox/webhooks`, where addresses are registered that are told what happens.

use axum::body::Bytes;
use http::{HeaderMap, Method, header};
use serde_json::{Value, json};

use super::message::Reply;
use super::{FaultPlan, Running, Strikes, Webhook};

/// Where they are: outside every path that a tracker has.
const FAULTS: &str = "/_sandbox/faults";
const WEBHOOKS: &str = "/_sandbox/webhooks";
const JSON: &str = "application/json; charset=utf-8";

/// The answer to a request that is the sandbox's own; None: it is the tracker's.
pub(super) fn answer(
    running: &Running,
    path: &str,
    method: &Method,
    headers: &HeaderMap,
    body: &Bytes,
) -> Option<Reply> {
    match path {
        FAULTS => Some(faults(running, method, headers, body)),
        WEBHOOKS => Some(webhooks(running, method, body)),
        _ => None,
    }
}

fn webhooks(running: &Running, method: &Method, body: &Bytes) -> Reply {
    match method.as_str() {
        "GET" => {}
        "POST" => {
            let read = serde_json::from_slice::<Webhook>(body).map_err(|error| error.to_string());
            let added = read.and_then(|webhook| running.add_webhook(webhook).map_err(|error| error.to_string()));
            if let Err(why) = added {
                return Reply::json(400, JSON, &json!({"message": why}));
            }
        }
        "DELETE" => running.clear_webhooks(),
        _ => {
            let message = "GET shows the webhooks and how they were taken, POST adds one (tracker, url, secret, copies), DELETE ends all";
            return Reply::json(405, JSON, &json!({"message": message})).with("allow", "GET, POST, DELETE");
        }
    }
    Reply::json(200, JSON, &json!({"webhooks": running.deliveries()}))
}

fn faults(running: &Running, method: &Method, headers: &HeaderMap, body: &Bytes) -> Reply {
    match method.as_str() {
        "GET" => told(running),
        "PUT" => match read(headers, body) {
            Ok(plan) => {
                running.plan_faults(plan);
                told(running)
            }
            Err(why) => Reply::json(400, JSON, &json!({"message": why})),
        },
        "DELETE" => {
            running.heal_all();
            told(running)
        }
        _ => {
            let message = "GET shows the fault plan, PUT replaces it (JSON or TOML), DELETE heals everything";
            Reply::json(405, JSON, &json!({"message": message})).with("allow", "GET, PUT, DELETE")
        }
    }
}

/// JSON where it says so or looks so, else TOML.
fn read(headers: &HeaderMap, body: &Bytes) -> Result<FaultPlan, String> {
    let text = std::str::from_utf8(body).map_err(|error| format!("the fault plan isn't UTF-8: {error}"))?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_json = kind.contains("json") || (!kind.contains("toml") && text.trim_start().starts_with('{'));
    let plan = if is_json { FaultPlan::from_json(text) } else { FaultPlan::from_toml(text) };
    plan.map_err(|error| error.to_string())
}

/// The plan, as it can be put again, and how often each rule met and struck.
fn told(running: &Running) -> Reply {
    let row = |(place, strikes): (usize, &Strikes)| json!({"rule": place + 1, "matched": strikes.matched, "struck": strikes.struck});
    let rules: Vec<Value> = running.strikes().iter().enumerate().map(row).collect();
    Reply::json(200, JSON, &json!({"plan": running.fault_plan(), "rules": rules}))
}
