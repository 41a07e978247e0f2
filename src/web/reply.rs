//! What a view says -> an answer: its kind, how long it may be kept, and nothing sent twice that is known already.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use maud::{Markup, html};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::layout::{Frame, framed};

/// How long what stands under `/assets/` may be kept: its address changes with it.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// A whole HTML page.
pub(super) fn html_page(asked: &HeaderMap, markup: Markup) -> Response {
    answer(asked, "text/html; charset=utf-8", "private, no-cache", markup.into_string().into_bytes())
}

/// A JSON document.
pub(super) fn json<T: Serialize>(asked: &HeaderMap, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => answer(asked, "application/json", "private, no-cache", bytes),
        Err(error) => {
            problem(StatusCode::INTERNAL_SERVER_ERROR, true, &format!("the answer can't be written as JSON: {error}"))
        }
    }
}

/// A file that is compiled in.
pub(super) fn asset(asked: &HeaderMap, kind: &'static str, text: &'static str) -> Response {
    answer(asked, kind, FOREVER, text.as_bytes().to_vec())
}

fn answer(asked: &HeaderMap, kind: &'static str, keep: &'static str, bytes: Vec<u8>) -> Response {
    let tag = format!("\"{}\"", tag_of(&bytes));
    let known = asked.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    let known = known.flat_map(|value| value.split(',')).any(|value| value.trim().trim_start_matches("W/") == tag);
    let mut answer = Response::new(if known { Body::empty() } else { Body::from(bytes) });
    if known {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(header::VARY, HeaderValue::from_static("authorization, cookie"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    answer
}

/// A short name of some bytes.
pub(super) fn tag_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(12).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// Whether whoever asks for this path wants JSON.
pub(super) fn wants_json(path: &str) -> bool {
    path.starts_with("/api/") || super::probes::is_probe(path)
}

/// Says what is wrong, as a sentence with the next step.
pub(super) fn problem(status: StatusCode, json: bool, why: &str) -> Response {
    if json {
        return refused(status, "application/json", serde_json::json!({ "error": why }).to_string());
    }
    let title = match status {
        StatusCode::NOT_FOUND => "Nothing is here",
        StatusCode::BAD_REQUEST | StatusCode::URI_TOO_LONG => "That can't be asked",
        StatusCode::INTERNAL_SERVER_ERROR | StatusCode::SERVICE_UNAVAILABLE => "It can't be shown now",
        _ => "Not here",
    };
    let body = html! {
        h1 { (title) }
        p.lead { (why) }
        p { a.button href="/" { "The roadmap" } }
    };
    refused_page(status, framed(&Frame::bare(title), &body))
}

/// An HTML page that isn't what was asked for.
pub(super) fn refused_page(status: StatusCode, page: Markup) -> Response {
    refused(status, "text/html; charset=utf-8", page.into_string())
}

fn refused(status: StatusCode, kind: &'static str, text: String) -> Response {
    let mut answer = Response::new(Body::from(text));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
