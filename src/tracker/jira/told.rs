//! What Jira tells besides issues: of itself, its fields and screens, permissions and changelogs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::wire::{Kind, Project, User, lenient};

/// The server's account of itself.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Server {
    #[serde(default, rename = "baseUrl", deserialize_with = "lenient")]
    pub(super) url: String,
    #[serde(default, rename = "deploymentType", deserialize_with = "lenient")]
    pub(super) deployment: String,
}

/// A field of the site.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Field {
    pub(super) id: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) name: String,
    #[serde(default, rename = "untranslatedName", deserialize_with = "lenient")]
    pub(super) untranslated: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) schema: Schema,
}

/// What kind of field it is.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Schema {
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) custom: String,
}

/// What may be edited on an issue, by field id.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Screen {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) fields: BTreeMap<String, OnScreen>,
}

/// A field that may be edited.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct OnScreen {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) schema: Schema,
    #[serde(default, rename = "allowedValues", deserialize_with = "lenient")]
    pub(super) allowed: Vec<Choice>,
}

/// A value that may be chosen: a priority has a name, an option a value.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Choice {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) id: String,
    #[serde(default, deserialize_with = "lenient")]
    name: String,
    #[serde(default, deserialize_with = "lenient")]
    value: String,
}

impl Choice {
    /// What people read.
    pub(super) fn text(&self) -> &str {
        if self.name.is_empty() { &self.value } else { &self.name }
    }
}

/// An issue as it stands just before a write: its place and the fields that were asked for.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Bare {
    pub(super) fields: BareFields,
}

/// Fields of a [`Bare`].
#[derive(Clone, Debug, Deserialize)]
pub(super) struct BareFields {
    #[serde(default, rename = "issuetype", deserialize_with = "lenient")]
    pub(super) kind: Kind,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) project: Project,
    #[serde(flatten)]
    pub(super) rest: BTreeMap<String, Value>,
}

/// An issue's id and place.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Placed {
    pub(super) id: String,
    pub(super) fields: BareFields,
}

/// A page of several issues' changelogs (Cloud). Not lenient: an entry that can't be read must not pass for one that isn't there.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Logs {
    #[serde(default, rename = "issueChangeLogs")]
    pub(super) issues: Vec<IssueLog>,
    #[serde(default, rename = "nextPageToken", deserialize_with = "lenient")]
    pub(super) next: Option<String>,
}

/// One issue's changelog, or a part of it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct IssueLog {
    #[serde(rename = "issueId")]
    pub(super) issue: String,
    #[serde(default, rename = "changeHistories")]
    pub(super) histories: Vec<History>,
}

/// An issue with its whole changelog (Data Center).
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Logged {
    pub(super) id: String,
    pub(super) changelog: Histories,
}

/// The entries of a changelog.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Histories {
    pub(super) histories: Vec<History>,
}

/// An entry: who changed what at once.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct History {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) author: Option<User>,
    #[serde(default, rename = "created", deserialize_with = "moment")]
    pub(super) at: Option<Timestamp>,
    #[serde(default)]
    pub(super) items: Vec<Item>,
}

/// One field's change. Only Cloud tells the field's id; its name may be translated.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Item {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) field: String,
    #[serde(default, rename = "fieldId", deserialize_with = "lenient")]
    pub(super) id: String,
    #[serde(default, rename = "fromString", deserialize_with = "lenient")]
    pub(super) from: Option<String>,
    #[serde(default, rename = "toString", deserialize_with = "lenient")]
    pub(super) to: Option<String>,
}

/// A stamp, as text or as seconds or milliseconds since 1970.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => {
            number.as_i64().and_then(|n| {
                // Seconds reach this size in the year 5138, milliseconds passed it in 1973.
                if n < 100_000_000_000 { Timestamp::from_second(n).ok() } else { Timestamp::from_millisecond(n).ok() }
            })
        }
        _ => None,
    })
}

/// Where a site's API is found behind the gateway.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Tenant {
    #[serde(default, rename = "cloudId", deserialize_with = "lenient")]
    pub(super) cloud: String,
}

/// A personal access token of Data Center.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct AccessToken {
    #[serde(default, rename = "expiringAt", deserialize_with = "moment")]
    pub(super) expires: Option<Timestamp>,
}

/// What the account may do.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Permissions {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) permissions: BTreeMap<String, Permission>,
}

/// One permission.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Permission {
    #[serde(default, rename = "havePermission", deserialize_with = "lenient")]
    pub(super) granted: bool,
}
