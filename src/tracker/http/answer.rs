//! What was asked, what came back, and the sentence that says so without ever quoting a body.

use std::fmt;

use http::{HeaderMap, Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Lane;
use crate::tracker::{Trouble, TroubleKind};

/// Characters of a tracker's own words that are repeated.
const SAID_CHARS_MAX: usize = 300;

/// Whether a request may be repeated when its fate is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tracker) enum Effect {
    /// Changes nothing.
    Read,
    /// Changes something.
    Write,
    /// Changes something, and its place in the budget was taken before ([`Lane::reserve`]).
    Reserved,
}

/// A request, as it is named in sentences: method and path.
#[derive(Clone, Debug)]
pub(in crate::tracker) struct Asked<'a> {
    /// The method.
    pub(in crate::tracker) method: Method,
    /// Path and query.
    pub(in crate::tracker) target: &'a str,
    /// What it does.
    pub(in crate::tracker) effect: Effect,
}

impl Asked<'_> {
    /// The path, without the query.
    pub(in crate::tracker) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path())
    }
}

/// Why an attempt gave no answer.
#[derive(Clone, Debug)]
pub(in crate::tracker) enum Fault {
    /// No byte of it left.
    Unsent(String),
    /// It left, or may have.
    Lost(String),
    /// The body is past the limit.
    TooLarge,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsent(why) => write!(f, "not sent: {why}"),
            Self::Lost(why) => write!(f, "lost: {why}"),
            Self::TooLarge => f.write_str("the body is too large"),
        }
    }
}

/// An answer as it came.
pub(in crate::tracker) struct Answer {
    /// The status.
    pub(in crate::tracker) status: StatusCode,
    /// The headers.
    pub(in crate::tracker) headers: HeaderMap,
    /// The body.
    pub(in crate::tracker) body: Vec<u8>,
}

impl Answer {
    /// A header's text, if it is there and is text.
    pub(in crate::tracker) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }

    /// The tracker's own words: `message` (GitHub, gateways), `errorMessages` and `errors` (Jira, GitHub's validation).
    /// Short, of one line, and empty where the body isn't such JSON.
    pub(in crate::tracker) fn words(&self) -> String {
        let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(&self.body) else { return String::new() };
        let mut words: Vec<String> = Vec::new();
        words.extend(body.get("message").and_then(Value::as_str).map(str::to_owned));
        if let Some(Value::Array(messages)) = body.get("errorMessages") {
            words.extend(messages.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        match body.get("errors") {
            Some(Value::Object(fields)) => {
                words.extend(fields.iter().filter_map(|(field, text)| Some(format!("{field}: {}", text.as_str()?))));
            }
            Some(Value::Array(errors)) => words.extend(errors.iter().filter_map(validation)),
            _ => {}
        }
        let line: String = words.join(", ").chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        line.trim().chars().take(SAID_CHARS_MAX).collect()
    }

    /// Status and words: `404 Not Found`, `422 Validation Failed, name: already_exists`.
    pub(in crate::tracker) fn said(&self) -> String {
        let words = self.words();
        let words =
            if words.is_empty() { self.status.canonical_reason().unwrap_or_default().to_owned() } else { words };
        format!("{} {words}", self.status.as_u16()).trim_end().to_owned()
    }
}

/// An error's innermost words: the outer ones of HTTP libraries only repeat them, with the URL. Bounded; holds no header and no body.
pub(in crate::tracker) fn said(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    innermost.to_string().chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect()
}

fn validation(error: &Value) -> Option<String> {
    if let Some(text) = error.as_str() {
        return Some(text.to_owned());
    }
    let part = |name: &str| error.get(name).and_then(Value::as_str);
    match (part("field"), part("message").or_else(|| part("code"))) {
        (Some(field), Some(what)) => Some(format!("{field}: {what}")),
        (None, Some(what)) => Some(what.to_owned()),
        _ => None,
    }
}

impl Lane {
    /// Decodes a JSON answer.
    pub(in crate::tracker) fn json<T: DeserializeOwned>(
        &self,
        asked: &Asked<'_>,
        answer: &Answer,
    ) -> Result<T, Trouble> {
        let kind = answer.header("content-type").unwrap_or("no content type");
        let kind: String = kind.chars().filter(|c| !c.is_control()).take(80).collect();
        let bytes = answer.body.len();
        let garbled = |what: String| {
            let what = format!("{asked} answered {} with {what}", answer.status.as_u16());
            self.trouble(
                TroubleKind::Garbled,
                what,
                "check what stands between roadmapd and base_url; the next cycle tries again",
            )
        };
        let opens = answer.body.iter().find(|byte| !byte.is_ascii_whitespace());
        if kind.contains("html") || opens == Some(&b'<') {
            return Err(garbled(format!("HTML instead of JSON ({kind}, {bytes} bytes): a proxy or a login page?")));
        }
        serde_json::from_slice(&answer.body).map_err(|error| {
            let how = match error.classify() {
                serde_json::error::Category::Eof => "JSON that breaks off",
                serde_json::error::Category::Data => "JSON of another shape than described",
                serde_json::error::Category::Syntax | serde_json::error::Category::Io => "something that isn't JSON",
            };
            garbled(format!("{how} (line {}, column {}; {kind}, {bytes} bytes)", error.line(), error.column()))
        })
    }

    /// The trouble that a status outside 2xx is.
    pub(in crate::tracker) fn refusal(&self, asked: &Asked<'_>, answer: &Answer) -> Trouble {
        let mut what = format!("{asked} answered {}", answer.said());
        let (kind, next) = match answer.status.as_u16() {
            300..=399 => {
                let place = answer.header("location").unwrap_or("an unnamed place");
                let place = place.split('?').next().unwrap_or_default();
                let place: String = place.chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect();
                what = format!("{what}: it lives at {place} now");
                (TroubleKind::Moved, "redirects aren't followed; put its new name or address into the configuration")
            }
            401 => (TroubleKind::Unauthorized, "check that the credential is right and hasn't expired"),
            403 => {
                let mut trouble =
                    self.trouble(TroubleKind::Forbidden, what, "give the credential's account the permission");
                if let Some(wanted) = answer.header("x-accepted-github-permissions") {
                    let wanted: String = wanted.chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect();
                    trouble.next = format!("give the credential the permission {}", wanted.replace("; ", " or "));
                }
                return trouble;
            }
            404 => (TroubleKind::Missing, "check the spelling and that the credential's account can see it"),
            410 => {
                (TroubleKind::Missing, "it was removed for good; take it out of the configuration or update roadmapd")
            }
            400..=499 => (TroubleKind::Invalid, "the tracker can't take the request; check names and settings"),
            500..=599 => (TroubleKind::Unavailable, "the next cycle tries again"),
            _ => (TroubleKind::Garbled, "check what answers under base_url"),
        };
        self.trouble(kind, what, next)
    }
}
