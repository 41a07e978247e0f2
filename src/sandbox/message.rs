//! A request as the trackers read it, and the answer they give.

use axum::body::Bytes;
use http::{HeaderMap, Method, header};
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::faults::PageFault;

/// One request.
pub(super) struct Call {
    pub method: Method,
    /// Path and query, as sent.
    pub target: String,
    /// Path segments, percent-decoded one by one, so that a label may hold a slash.
    pub segments: Vec<String>,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub now: Timestamp,
    /// It came through the gateway of Jira Cloud.
    pub by_gateway: bool,
    /// How the page that it asks for goes wrong.
    pub page_fault: Option<PageFault>,
}

impl Call {
    pub(super) fn new(method: Method, target: &str, headers: HeaderMap, body: Bytes, now: Timestamp) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let segments = path.trim_start_matches('/').split('/').map(percent_decode).collect();
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let target = target.to_owned();
        Self { method, target, segments, query, headers, body, now, by_gateway: false, page_fault: None }
    }

    /// The call as it is behind a path prefix such as `/api/v3`; `None` where it isn't.
    pub(super) fn behind(mut self, prefix: &str) -> Option<Self> {
        let rest = self.target.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))?;
        self.target = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
        self.segments.drain(..prefix.split('/').count() - 1);
        Some(self)
    }

    /// The query parameter's first value.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The path segment at this place; "" beyond the end.
    pub(super) fn segment(&self, place: usize) -> &str {
        self.segments.get(place).map_or("", String::as_str)
    }

    /// The body as JSON; `None` where it is none.
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// What stands behind `Bearer`, `token` or `Basic` in the Authorization header.
    pub(super) fn credential(&self) -> Option<&str> {
        let value = self.header(header::AUTHORIZATION.as_str())?;
        Some(value.split_once(' ').map_or(value, |(_, rest)| rest.trim()))
    }
}

/// One answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// The content type, where there is a body.
    pub kind: Option<&'static str>,
    pub body: Vec<u8>,
}

impl Reply {
    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), kind: None, body: Vec::new() }
    }

    pub(super) fn json(status: u16, kind: &'static str, body: &Value) -> Self {
        Self { kind: Some(kind), body: body.to_string().into_bytes(), ..Self::empty(status) }
    }

    pub(super) fn html(status: u16) -> Self {
        let page = format!(
            "<!DOCTYPE html><html><head><title>{status}</title></head><body><h1>{status}</h1><p>The proxy could not reach the upstream.</p></body></html>"
        );
        Self { kind: Some("text/html; charset=utf-8"), body: page.into_bytes(), ..Self::empty(status) }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A date as HTTP writes it.
pub(super) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The text behind percent escapes; a broken escape stands for itself.
pub(super) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A path segment or query value with everything but unreserved characters escaped.
pub(super) fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// The first 32 hexadecimal digits of the parts' SHA-256.
pub(super) fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding.
pub(super) fn base64_encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = (word >> (18 - 6 * place)) & 63;
            out.push(if place <= chunk.len() { char::from(ALPHABET[index as usize]) } else { '=' });
        }
    }
    out
}

/// The bytes behind base64 text, padded or not; `None` where it is none.
pub(super) fn base64_decode(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut word, mut bits) = (Vec::new(), 0u32, 0u32);
    for byte in text.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == byte)?;
        word = (word << 6 | u32::try_from(value).ok()?) & 0x00ff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(word >> bits & 0xff).ok()?);
        }
    }
    Some(out)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn base64_and_percent_escapes_come_back_as_they_went() {
        for text in ["", "a", "ab", "abc", "bot@acme.example:geheim ü"] {
            assert_eq!(base64_decode(&base64_encode(text.as_bytes())).as_deref(), Some(text.as_bytes()));
            assert_eq!(percent_decode(&percent_encode(text)), text);
        }
        assert_eq!(base64_encode(b"user:token"), "dXNlcjp0b2tlbg==");
        assert_eq!(percent_decode("priority%2Fp0%zz%"), "priority/p0%zz%");
    }

    #[test]
    fn a_call_behind_a_prefix_is_the_call_without_it() {
        let call = |target| {
            Call::new(Method::GET, target, HeaderMap::new(), Bytes::new(), Timestamp::UNIX_EPOCH).behind("/api/v3")
        };
        let behind = call("/api/v3/repos/acme/api?x=1").unwrap();
        assert_eq!((behind.target.as_str(), behind.segments.len()), ("/repos/acme/api?x=1", 3));
        assert!(call("/api/v33/repos").is_none() && call("/repos").is_none());
    }
}
