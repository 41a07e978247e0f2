//! What is remembered of a Jira site between readings.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The form of the memory; another one is read as none.
const VERSION: u32 = 1;

/// What is remembered between readings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    version: u32,
    /// The projects and conditions that were read; others are read from the start.
    pub(super) asked: String,
    /// What the site told of itself.
    pub(super) site: Site,
    /// The newest `updated` seen.
    pub(super) newest: Option<Timestamp>,
}

impl Memory {
    /// Nothing read yet.
    pub(super) fn new(asked: String, site: Site) -> Self {
        Self { version: VERSION, asked, site, newest: None }
    }

    /// Reads a memory; one of another form or of other questions is none.
    pub(super) fn read(text: Option<&str>, asked: &str) -> Option<Self> {
        let memory: Self = serde_json::from_str(text?).ok()?;
        (memory.version == VERSION && memory.asked == asked).then_some(memory)
    }

    /// As JSON.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What a site tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Site {
    /// Where people read it.
    pub(super) url: String,
    /// Projects and their immutable ids.
    pub(super) projects: BTreeMap<String, String>,
    /// The story-point fields' ids: of team-managed projects, of company-managed ones.
    #[serde(default)]
    pub(super) story_points: Vec<String>,
    /// What a person should know.
    pub(super) findings: Vec<String>,
}
