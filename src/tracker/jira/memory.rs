//! What is remembered of a Jira site between readings.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::flavour::Flavour;

/// The form of the memory; another one is read as none.
const VERSION: u32 = 2;

/// What is remembered between readings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    version: u32,
    /// The projects, conditions and fields that were read; others are read from the start.
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

/// Values by field, by project key.
pub(super) type Allowed = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// What a site tells of itself, asked again by the census.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Site {
    /// Where people read it.
    pub(super) url: String,
    /// Cloud or Data Center.
    pub(super) flavour: Flavour,
    /// The id by which the gateway knows it, where the credential is accepted only there.
    pub(super) cloud: Option<String>,
    /// Our own account's id.
    pub(super) account: String,
    /// Projects and their immutable ids.
    pub(super) projects: BTreeMap<String, String>,
    /// The story-point fields' ids: of team-managed projects, of company-managed ones.
    pub(super) story_points: Vec<String>,
    /// The fields that name an issue's epic (Data Center).
    pub(super) epic_links: Vec<String>,
    /// The fields that hold an issue's sprints.
    #[serde(default)]
    pub(super) sprints: Vec<String>,
    /// Names of the configured fields by id: Data Center's changelogs tell only those.
    pub(super) field_names: BTreeMap<String, String>,
    /// Which values the edit screens of each project allow in the configured fields.
    pub(super) allowed: Allowed,
    /// Projects where writes can't be kept from notifying watchers.
    pub(super) loud: BTreeSet<String>,
    /// When the credential expires.
    pub(super) expires: Option<Timestamp>,
    /// What a person should know.
    pub(super) findings: Vec<String>,
}
