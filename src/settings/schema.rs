//! Raw -> JSON Schema: every key, its meaning, its limits and its default.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::layers::DEFAULT;
use super::raw::Raw;

static SCHEMA: LazyLock<Value> = LazyLock::new(build);

/// The configuration's JSON Schema: every key with its description, its limits and its default.
pub fn schema() -> Value {
    let mut whole = SCHEMA.clone();
    publish(&mut whole);
    whole
}

/// The same with our own marks (`x-given`, `x-word`), as the layers are checked against it.
pub(super) fn marked() -> &'static Value {
    &SCHEMA
}

fn build() -> Value {
    let mut settings = schemars::generate::SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let mut whole = settings.into_generator().into_root_schema_for::<Raw>().to_value();
    simplify(&mut whole);
    let defaults: toml::Table = DEFAULT.parse().unwrap_or_default();
    note_defaults(&mut whole, &toml::Value::Table(defaults));
    name_rules(&mut whole);
    if let Some(root) = whole.as_object_mut() {
        root.insert("title".to_owned(), json!("roadmapd"));
    }
    whole
}

/// Takes out what Rust's types say and a configuration doesn't: null for Option, integer formats, required keys that have defaults.
fn simplify(node: &mut Value) {
    match node {
        Value::Object(map) => {
            if let Some(Value::Array(kinds)) = map.get_mut("type") {
                kinds.retain(|kind| kind != "null");
                if let [one] = &kinds[..] {
                    let one = one.clone();
                    map.insert("type".to_owned(), one);
                }
            }
            if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
                choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
                if let [Value::Object(one)] = &choices[..] {
                    let one = one.clone();
                    map.remove("anyOf");
                    for (key, value) in one {
                        map.entry(key).or_insert(value);
                    }
                }
            }
            for key in ["format", "required", "default"] {
                if map.get(key).is_some_and(|value| !value.is_object()) {
                    map.remove(key);
                }
            }
            if let Some(Value::Object(each)) = map.remove("x-each") {
                let inner = if map.contains_key("items") { "items" } else { "additionalProperties" };
                map.get_mut(inner)
                    .and_then(Value::as_object_mut)
                    .into_iter()
                    .for_each(|inner| inner.extend(each.clone()));
            }
            if let Some(required) = map.remove("x-required") {
                map.insert("required".to_owned(), required);
            }
            map.values_mut().for_each(simplify);
        }
        Value::Array(values) => values.iter_mut().for_each(simplify),
        _ => {}
    }
}

fn note_defaults(node: &mut Value, default: &toml::Value) {
    let Some(map) = node.as_object_mut() else { return };
    match default {
        toml::Value::Table(table) => {
            for (key, value) in table {
                if let Some(property) = map.get_mut("properties").and_then(|known| known.get_mut(key)) {
                    note_defaults(property, value);
                }
            }
            if map.get("properties").is_none() {
                map.insert("default".to_owned(), json!(default));
            }
        }
        _ => {
            map.insert("default".to_owned(), json!(default));
        }
    }
}

/// The rules that have a weight are those that have a default weight: a wrong name is an unknown key.
fn name_rules(whole: &mut Value) {
    let default = whole.pointer("/properties/priority/properties/weights/default").cloned();
    let Some(Value::Object(default)) = default else { return };
    for path in ["/properties/priority", "/properties/scope/items/properties/priority"] {
        let Some(Value::Object(weights)) = whole.pointer_mut(&format!("{path}/properties/weights")) else { continue };
        let Some(one) = weights.remove("additionalProperties") else { continue };
        let named: Map<String, Value> = default
            .iter()
            .map(|(rule, weight)| {
                let mut weighed = one.clone();
                if let Some(map) = weighed.as_object_mut() {
                    map.insert(
                        "description".to_owned(),
                        json!(format!("Weight of the rule {rule}; 0 switches it off.")),
                    );
                    map.insert("default".to_owned(), weight.clone());
                }
                (rule.clone(), weighed)
            })
            .collect();
        weights.insert("properties".to_owned(), Value::Object(named));
        weights.insert("additionalProperties".to_owned(), json!(false));
    }
}

/// Turns our marks into what other readers of the schema understand.
fn publish(node: &mut Value) {
    match node {
        Value::Object(map) => {
            if map.remove("x-given").is_some_and(|kind| kind == "text") {
                let source: Map<String, Value> =
                    ["properties", "minProperties", "maxProperties", "additionalProperties"]
                        .into_iter()
                        .filter_map(|key| Some((key.to_owned(), map.remove(key)?)))
                        .chain([("type".to_owned(), json!("object"))])
                        .collect();
                map.remove("type");
                map.insert("anyOf".to_owned(), json!([{ "type": "string" }, source]));
            }
            if map.remove("x-word").is_some() {
                map.insert("type".to_owned(), json!(["string", "number"]));
            }
            map.values_mut().for_each(publish);
        }
        Value::Array(values) => values.iter_mut().for_each(publish),
        _ => {}
    }
}
