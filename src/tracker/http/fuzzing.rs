//! What holds for every answer of a tracker. See `crate::fuzzing`.

use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

use super::limits::{self, WAIT_MAX};
use super::{Answer, Asked, Effect, Lane, Policy};
use crate::model::TrackerName;
use crate::tracker::Budget;

/// Headers of one answer.
const HEADERS_MAX: usize = 100;
/// Characters of the longest sentence about an answer.
const SENTENCE_CHARS_MAX: usize = 1000;

/// An answer as it goes over the wire: the status, a line for each header, an empty line, the body.
pub(in crate::tracker) fn read(bytes: &[u8]) -> Answer {
    let end = bytes.windows(2).position(|two| two == b"\n\n");
    let (head, body) = end.map_or((bytes, &[][..]), |end| (&bytes[..end], &bytes[end + 2..]));
    let mut lines = head.split(|byte| *byte == b'\n');
    let status = lines.next().and_then(|line| StatusCode::from_bytes(line.trim_ascii()).ok());
    let header = |line: &[u8]| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(line[..colon].trim_ascii()).ok()?;
        Some((name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?))
    };
    let headers: HeaderMap = lines.filter_map(header).take(HEADERS_MAX).collect();
    Answer { status: status.unwrap_or_default(), headers, body: body.to_vec() }
}

pub(crate) fn answer(bytes: &[u8]) {
    const BUDGET: Budget = Budget { writes_per_minute: 60, writes_per_hour: 500, concurrency: 4 };
    static LANE: LazyLock<Lane> =
        LazyLock::new(|| Lane::new(&TrackerName::new("github"), BUDGET, None, Policy::GITHUB));
    let answer = read(bytes);
    is_sentence(&answer.words());
    is_sentence(&answer.said());
    if let Some(limit) = limits::limit(&answer) {
        is_sentence(&limit.said);
        assert!(limit.wait.is_none_or(|wait| wait <= WAIT_MAX), "{limit:?}");
        limit.wait.map(limits::ends);
    }
    for wait in [limits::retry_after(&answer), limits::until_reset(&answer)].into_iter().flatten() {
        assert!(wait <= WAIT_MAX, "{wait:?}");
    }
    let asked = Asked { method: Method::GET, target: "/repos/acme/api/issues?page=2", effect: Effect::Read };
    is_sentence(&LANE.refusal(&asked, &answer).to_string());
    if let Err(trouble) = LANE.json::<Value>(&asked, &answer) {
        is_sentence(&trouble.to_string());
    }
}

/// Bounded, and on one line: it goes into logs and onto terminals.
fn is_sentence(text: &str) {
    assert!(text.chars().count() <= SENTENCE_CHARS_MAX && !text.contains(char::is_control), "{text:?}");
}
