//! Where a value comes from that shouldn't stand in the configuration itself.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::finding::{looks_secret, names_credential};
use crate::tracker::Secret;

/// A value, or where it comes from. In merged layers one leaf (`env:NAME`, `file:PATH`, `text:VALUE`), so that a later
/// layer's `{ file = … }` replaces an earlier one's `{ env = … }` and doesn't mix with it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(super) enum Given {
    /// Not in the configuration.
    Elsewhere(Secret),
    /// As written; never for a secret.
    Text(String),
}

impl Given {
    /// Reads `{ env = … }`, `{ file = … }` or, where `literal` allows it, a text.
    ///
    /// # Errors
    /// A problem and a next step; neither shows a literal.
    pub(super) fn from_toml(value: &toml::Value, literal: bool) -> Result<Self, (String, String)> {
        let next = "write { env = \"NAME\" } or { file = \"PATH\" }".to_owned();
        let table = match value {
            toml::Value::String(text) if literal => return Ok(Self::Text(text.clone())),
            toml::Value::Table(table) => table,
            _ => return Err(("a literal secret is refused (its value is not shown)".to_owned(), next)),
        };
        match (table.get("env"), table.get("file"), table.len()) {
            (Some(toml::Value::String(name)), None, 1) => Self::variable(name),
            (None, Some(toml::Value::String(path)), 1) if !path.is_empty() => Self::file(path),
            _ => Err(("it needs exactly one of env and file, each a text".to_owned(), next)),
        }
    }

    fn variable(name: &str) -> Result<Self, (String, String)> {
        let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !looks_secret(name);
        if named {
            return Ok(Self::Elsewhere(Secret::Env(name.to_owned())));
        }
        let problem = "what stands behind env is not a variable's name (letters, digits, _); it is not shown, as it may be the secret itself";
        Err((
            problem.to_owned(),
            "put the secret into an environment variable and write that variable's name".to_owned(),
        ))
    }

    /// A long path may look like a secret and be none: a hash is often part of one.
    fn file(path: &str) -> Result<Self, (String, String)> {
        let secret = names_credential(path) || (!path.contains('/') && looks_secret(path));
        if !secret && !path.contains(char::is_control) {
            return Ok(Self::Elsewhere(Secret::File(PathBuf::from(path))));
        }
        let problem = "what stands behind file is not a file's path; it is not shown, as it may be the secret itself";
        Err((problem.to_owned(), "put the secret into a file and write that file's path".to_owned()))
    }

    /// The leaf that stands for this in merged layers.
    pub(super) fn leaf(&self) -> String {
        match self {
            Self::Elsewhere(Secret::Env(name)) => format!("env:{name}"),
            Self::Elsewhere(Secret::File(path)) => format!("file:{}", path.display()),
            Self::Text(text) => format!("text:{text}"),
        }
    }

    /// The value, looked up in the environment given.
    ///
    /// # Errors
    /// A problem and a next step that name the variable or file, never the value.
    pub(super) fn look_up(&self, env: &BTreeMap<String, String>) -> Result<String, (String, String)> {
        let value = match self {
            Self::Text(text) => text.clone(),
            Self::Elsewhere(Secret::Env(name)) => match env.get(name) {
                Some(value) => value.trim().to_owned(),
                None => {
                    return Err((
                        format!("the environment variable {name} is not set"),
                        "set it, or name another one".to_owned(),
                    ));
                }
            },
            Self::Elsewhere(Secret::File(path)) => {
                std::fs::read_to_string(path).map(|text| text.trim().to_owned()).map_err(|error| {
                    (
                        format!("the file {} can't be read: {}", path.display(), error.kind()),
                        "make it readable for this user, or name another one".to_owned(),
                    )
                })?
            }
        };
        match self {
            Self::Elsewhere(whence) if value.is_empty() => {
                Err((format!("{whence} is empty"), "put the value there".to_owned()))
            }
            _ => Ok(value),
        }
    }
}

impl From<String> for Given {
    fn from(leaf: String) -> Self {
        match leaf.split_once(':') {
            Some(("env", name)) => Self::Elsewhere(Secret::Env(name.to_owned())),
            Some(("file", path)) => Self::Elsewhere(Secret::File(PathBuf::from(path))),
            Some(("text", text)) => Self::Text(text.to_owned()),
            _ => Self::Text(leaf),
        }
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere(whence) => write!(f, "{whence}"),
            Self::Text(_) => f.write_str("(a text)"),
        }
    }
}

impl JsonSchema for Given {
    fn schema_name() -> Cow<'static, str> {
        "Given".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "properties": {
                "env": { "type": "string", "description": "The environment variable that holds it." },
                "file": { "type": "string", "description": "The file that holds it; read again when a credential is refused." }
            },
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": false
        })
    }
}
