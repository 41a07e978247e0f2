//! The demo's corpus, compiled in from its JSON.

use super::Corpus;

/// Reads the compiled-in corpus, whose tests keep it readable.
pub(super) fn corpus() -> Corpus {
    serde_json::from_str(include_str!("shipped.json")).unwrap_or_default()
}
