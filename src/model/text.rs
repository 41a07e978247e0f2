//! Body -> Text: what a body tells, so that the body itself needn't be kept.

use serde::{Deserialize, Serialize};

/// What a body told. Counts saturate at `u32::MAX`; word lists are sorted and hold at most 20 entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// First 16 bytes of the body's SHA-256, in hex; empty for an absent or empty body.
    pub hash: String,
    /// Characters.
    pub chars: u32,
    /// Words outside code.
    pub words: u32,
    /// Fenced or indented code blocks.
    pub code_blocks: u32,
    /// Stack traces (of the usual languages' shapes).
    pub stack_traces: u32,
    /// Links.
    pub links: u32,
    /// Task-list entries that aren't ticked.
    pub open_tasks: u32,
    /// Task-list entries that are ticked.
    pub done_tasks: u32,
    /// It says when the work is done: an acceptance or expected-behaviour section, given/when/then, or a task list.
    pub acceptance: bool,
    /// Words of uncertainty found: `investigate`, `unclear`, `spike` …
    pub uncertainty: Vec<String>,
    /// Keys on a line of their own, `Jira: PAY-7` or `GitHub: acme/api#7`, as local keys.
    pub explicit: Vec<String>,
    /// All keys mentioned anywhere in the body (explicit ones too), as local keys; `#7` is written out with `here`.
    pub mentions: Vec<String>,
}
