//! What is remembered of a GitHub host between readings.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::tracker::Bookmark;

/// The form of the memory; another one is read as none.
const VERSION: u32 = 3;

/// A catalogue: each label's name, case folded, and its id.
pub(super) type Labels = BTreeMap<String, u64>;

/// What is remembered between readings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    version: u32,
    /// The configuration's entries that the repositories were found by.
    #[serde(default)]
    pub(super) selection: Vec<String>,
    /// By container: the configuration's spelling of `owner/repository`, or the server's where a pattern or a rename found it.
    pub(super) repositories: BTreeMap<String, Repository>,
    /// Repositories that went out of reach, by the name they were read under, and what is to be said of each until the next census.
    #[serde(default)]
    pub(super) left: BTreeMap<String, String>,
    /// What a person should know of the configuration's entries.
    #[serde(default)]
    pub(super) findings: Vec<String>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            version: VERSION,
            selection: Vec::new(),
            repositories: BTreeMap::new(),
            left: BTreeMap::new(),
            findings: Vec::new(),
        }
    }
}

impl Memory {
    /// Reads a memory; one of another form is as good as none.
    pub(super) fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok())
            .filter(|memory: &Self| memory.version == VERSION)
            .unwrap_or_default()
    }

    /// Nothing read yet, for these entries of the configuration.
    pub(super) fn of(selection: &[String]) -> Self {
        Self { selection: selection.to_vec(), ..Self::default() }
    }

    /// As JSON.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What is remembered of one repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Repository {
    /// Its immutable id.
    pub(super) id: u64,
    /// Names it had before.
    pub(super) was: Vec<String>,
    /// Not for every reader.
    pub(super) private: bool,
    /// It has issues at all.
    pub(super) has_issues: bool,
    /// The newest `updated_at` seen.
    pub(super) newest: Option<Timestamp>,
    /// The server's time at the last reading that brought something.
    pub(super) read_at: Option<Timestamp>,
    /// The listing that `etag` belongs to. Empty: never read to its end.
    pub(super) url: String,
    /// The page of a full listing that was read last, while it is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) under_way: Option<String>,
    /// What the server answered it with.
    pub(super) etag: Option<String>,
    /// Labels known to be in the catalogue. None: never listed.
    pub(super) labels: Option<Labels>,
    /// The server doesn't know dependencies.
    pub(super) no_dependencies: bool,
    /// Numbers of issues whose blockers the server doesn't list.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) unlisted: BTreeSet<u64>,
    /// What a person should know of it.
    pub(super) findings: Vec<String>,
}

impl Repository {
    /// How far a census got here.
    pub(super) fn bookmark(&self) -> Option<Bookmark> {
        let at = serde_json::to_string(self).ok()?;
        Some(Bookmark { part: self.id.to_string(), at, begins: false })
    }
}
