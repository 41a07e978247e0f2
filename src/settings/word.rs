//! A value of a field: a text, or a number that is kept as the text it is written as.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// A text, or a number that is kept as the text it is written as.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Word(pub String);

impl JsonSchema for Word {
    fn schema_name() -> Cow<'static, str> {
        "Word".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "x-word": true })
    }
}
