//! Names and identities of trackers, containers, issues and items.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A tracker's name: its section in the configuration; prefixes every key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrackerName(Arc<str>);

impl TrackerName {
    /// Names a tracker.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name as written in the configuration.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TrackerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An issue's identity: its tracker and the immutable id that the tracker gave it. Keys are only aliases of this.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IssueId {
    /// The tracker that holds the issue.
    pub tracker: TrackerName,
    /// The tracker's immutable id: GitHub's database id or Jira's issue id, as text.
    pub id: String,
}

impl IssueId {
    /// Names an issue by its immutable id.
    pub fn new(tracker: &TrackerName, id: impl Into<String>) -> Self {
        Self { tracker: tracker.clone(), id: id.into() }
    }
}

impl fmt::Display for IssueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:id:{}", self.tracker, self.id)
    }
}

/// A GitHub repository or a Jira project: `github:acme/api`, `jira:PAY`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerKey {
    /// The tracker that holds the container.
    pub tracker: TrackerName,
    /// `owner/repository` or the project key.
    pub local: String,
}

impl ContainerKey {
    /// Names a container of a tracker.
    pub fn new(tracker: &TrackerName, local: impl Into<String>) -> Self {
        Self { tracker: tracker.clone(), local: local.into() }
    }
}

impl fmt::Display for ContainerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.tracker, self.local)
    }
}

/// What people call an issue: `github:acme/api#7`, `jira:PAY-7`. Changes when the issue moves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssueKey {
    /// The tracker that holds the issue.
    pub tracker: TrackerName,
    /// `owner/repository#number` or `PROJECT-number`.
    pub local: String,
}

impl IssueKey {
    /// Names an issue as people do.
    pub fn new(tracker: &TrackerName, local: impl Into<String>) -> Self {
        Self { tracker: tracker.clone(), local: local.into() }
    }

    /// The repository or project that the key names.
    pub fn container(&self) -> ContainerKey {
        let local = match self.local.split_once('#') {
            Some((repository, _)) => repository,
            None => self.local.rsplit_once('-').map_or(self.local.as_str(), |(project, _)| project),
        };
        ContainerKey::new(&self.tracker, local)
    }

    /// The number behind `#` or the last `-`; 0 where the key has none. Orders issues as people count them.
    pub fn number(&self) -> u64 {
        self.local.rsplit(['#', '-']).next().and_then(|n| n.parse().ok()).unwrap_or(0)
    }
}

impl fmt::Display for IssueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.tracker, self.local)
    }
}

/// A text that should have been `tracker:local` and isn't.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a key: write it with its tracker, for example github:acme/api#7, jira:PAY-7 or jira:PAY")]
pub struct MalformedKey(pub String);

fn split(text: &str) -> Result<(TrackerName, String), MalformedKey> {
    match text.split_once(':') {
        Some((tracker, local)) if !tracker.is_empty() && !local.is_empty() => {
            Ok((TrackerName::new(tracker), local.to_owned()))
        }
        _ => Err(MalformedKey(text.to_owned())),
    }
}

impl FromStr for IssueKey {
    type Err = MalformedKey;
    fn from_str(text: &str) -> Result<Self, MalformedKey> {
        let (tracker, local) = split(text)?;
        let numbered = local.rsplit_once(['#', '-']).is_some_and(|(before, number)| {
            !before.is_empty() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
        });
        let key = Self { tracker, local };
        // `#-7` names no container.
        if numbered && !key.container().local.is_empty() { Ok(key) } else { Err(MalformedKey(text.to_owned())) }
    }
}

impl FromStr for ContainerKey {
    type Err = MalformedKey;
    fn from_str(text: &str) -> Result<Self, MalformedKey> {
        let (tracker, local) = split(text)?;
        Ok(Self { tracker, local })
    }
}

macro_rules! serde_as_text {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
serde_as_text!(IssueKey, ContainerKey);

/// An item's id: minted once from the issue that came first, and kept when items join.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemId(String);

impl ItemId {
    /// Mints the id that an item founded by this issue has: `i-` and 12 hex digits of SHA-256, the same on every machine.
    pub fn mint(founder: &IssueId) -> Self {
        let digest = Sha256::digest(founder.to_string().as_bytes());
        Self(digest.iter().take(6).fold(String::from("i-"), |text, byte| format!("{text}{byte:02x}")))
    }

    /// Takes back an id that was stored.
    pub fn stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_as_they_were_written() {
        for text in ["github:acme/api#7", "jira:PAY-7", "jira:A_B-12"] {
            assert_eq!(text.parse::<IssueKey>().map(|key| key.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn a_key_names_its_container() {
        let key: IssueKey = "github:acme/pay-api#7".parse().expect("a key");
        assert_eq!(key.container().to_string(), "github:acme/pay-api");
        assert_eq!(key.number(), 7);
        assert_eq!("jira:PAY-7".parse::<IssueKey>().expect("a key").container().to_string(), "jira:PAY");
    }

    #[test]
    fn a_text_without_a_tracker_or_number_is_no_key() {
        for text in ["PAY-7", "jira:", ":PAY-7", "jira:PAY", "jira:PAY-x", "github:acme/api#", "github:#-7"] {
            assert!(text.parse::<IssueKey>().is_err(), "{text}");
        }
    }
}
