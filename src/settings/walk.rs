//! One layer's table -> config values of known keys and right types; everything else becomes a finding.

use config::{Map, Value, ValueKind};
use serde_json::Value as Schema;

use super::finding::{Findings, nearest, shown};
use super::secret::Given;

/// Walks one layer beside the schema. What is wrong is left out of the answer, so that the rest can still be checked.
pub(super) struct Walk<'a> {
    /// The layer: a file, or an environment variable.
    pub origin: &'a str,
    pub findings: &'a mut Findings,
}

impl Walk<'_> {
    /// The value as far as it is right. None: nothing of it.
    pub(super) fn read(&mut self, schema: &Schema, value: &toml::Value, key: &str) -> Option<Value> {
        if let Some(kind) = schema.get("x-given") {
            return self.read_given(kind == "text", value, key);
        }
        let kind = match (schema.get("type").and_then(Schema::as_str), value) {
            (Some("object"), toml::Value::Table(table)) => ValueKind::Table(self.read_table(schema, table, key)),
            (Some("array"), toml::Value::Array(values)) => ValueKind::Array(self.read_list(schema, values, key)),
            (Some("string"), toml::Value::Integer(number)) if schema.get("x-word").is_some() => {
                ValueKind::String(number.to_string())
            }
            (Some("string"), toml::Value::Float(number)) if schema.get("x-word").is_some() => {
                self.check_range(schema, *number, key)?;
                ValueKind::String(number.to_string())
            }
            (Some("string"), toml::Value::String(text)) => {
                self.check_choice(schema, text, key)?;
                ValueKind::String(text.clone())
            }
            (Some("boolean"), toml::Value::Boolean(yes)) => ValueKind::Boolean(*yes),
            (Some("integer"), toml::Value::Integer(number)) => {
                #[expect(clippy::cast_precision_loss, reason = "limits are far below where it matters")]
                self.check_range(schema, *number as f64, key)?;
                ValueKind::I64(*number)
            }
            (Some("number"), toml::Value::Integer(number)) => {
                #[expect(clippy::cast_precision_loss, reason = "limits are far below where it matters")]
                self.check_range(schema, *number as f64, key)?;
                ValueKind::I64(*number)
            }
            (Some("number"), toml::Value::Float(number)) => {
                self.check_range(schema, *number, key)?;
                ValueKind::Float(*number)
            }
            (wanted, _) => {
                let wanted = match wanted {
                    Some("object") => "a table",
                    Some("array") => "a list",
                    Some("string") if schema.get("x-word").is_some() => "a text or a number",
                    Some("string") => "a text",
                    Some("boolean") => "true or false",
                    Some("integer") => "a whole number",
                    _ => "a number",
                };
                // Never the value: what stands in a wrong place may be a secret.
                let problem = format!("it is {} and must be {wanted}", kind_of(value));
                self.findings.add(self.origin, key, problem, format!("write {wanted} here"));
                return None;
            }
        };
        Some(Value::new(Some(&self.origin.to_owned()), kind))
    }

    fn read_given(&mut self, literal: bool, value: &toml::Value, key: &str) -> Option<Value> {
        if let toml::Value::Table(table) = value {
            let unknown: Vec<&String> = table.keys().filter(|key| !["env", "file"].contains(&key.as_str())).collect();
            for name in &unknown {
                self.report_unknown(&join(key, name), name, ["env", "file"].into_iter());
            }
            if !unknown.is_empty() {
                return None;
            }
        }
        match Given::from_toml(value, literal) {
            Ok(given) => Some(Value::new(Some(&self.origin.to_owned()), given.leaf())),
            Err((problem, next)) => {
                self.findings.add(self.origin, key, problem, next);
                None
            }
        }
    }

    fn read_table(&mut self, schema: &Schema, table: &toml::Table, key: &str) -> Map<String, Value> {
        let mut read = Map::new();
        let properties = schema.get("properties").and_then(Schema::as_object);
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        for (name, value) in table {
            let path = join(key, name);
            let known = properties.and_then(|properties| properties.get(name)).or(others);
            match known {
                Some(known) => {
                    if let Some(value) = self.read(known, value, &path) {
                        read.insert(name.clone(), value);
                    }
                }
                None => {
                    let known = properties.into_iter().flatten().map(|(name, _)| name.as_str());
                    self.report_unknown(&path, name, known);
                }
            }
        }
        // A map of trackers is merged from layers: what one lacks another may have.
        if key.ends_with(']') {
            self.check_required(schema, table, key);
        }
        read
    }

    fn read_list(&mut self, schema: &Schema, values: &[toml::Value], key: &str) -> Vec<Value> {
        let Some(items) = schema.get("items") else { return Vec::new() };
        values
            .iter()
            .enumerate()
            .filter_map(|(index, value)| self.read(items, value, &format!("{key}[{index}]")))
            .collect()
    }

    fn check_required(&mut self, schema: &Schema, table: &toml::Table, key: &str) {
        for name in schema.get("required").and_then(Schema::as_array).into_iter().flatten().filter_map(Schema::as_str) {
            if !table.contains_key(name) {
                self.findings.add(self.origin, &join(key, name), "it is missing", format!("add {name} there"));
            }
        }
    }

    fn check_choice(&mut self, schema: &Schema, text: &str, key: &str) -> Option<()> {
        let Some(choices) = schema.get("enum").and_then(Schema::as_array) else { return Some(()) };
        let choices: Vec<&str> = choices.iter().filter_map(Schema::as_str).collect();
        if choices.contains(&text) {
            return Some(());
        }
        let next = match nearest(text, choices.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => "write one of them".to_owned(),
        };
        self.findings.add(self.origin, key, format!("{} is none of {}", shown(text), choices.join(", ")), next);
        None
    }

    fn check_range(&mut self, schema: &Schema, number: f64, key: &str) -> Option<()> {
        let least = schema.get("minimum").and_then(Schema::as_f64).unwrap_or(f64::MIN);
        let most = schema.get("maximum").and_then(Schema::as_f64).unwrap_or(f64::MAX);
        if number >= least && number <= most {
            return Some(());
        }
        let limit = match (least > f64::MIN, most < f64::MAX) {
            (true, true) => format!("a number from {least} to {most}"),
            (true, false) => format!("a number of at least {least}"),
            _ => "a finite number".to_owned(),
        };
        self.findings.add(self.origin, key, format!("{number} must be {limit}"), "change it to fit");
        None
    }

    fn report_unknown<'k>(&mut self, path: &str, name: &str, known: impl Iterator<Item = &'k str> + Clone) {
        let next = match nearest(name, known.clone()) {
            Some(near) => format!("did you mean {near}?"),
            None => {
                let mut known: Vec<&str> = known.collect();
                known.sort_unstable();
                format!("known there: {}", known.join(", "))
            }
        };
        self.findings.add(self.origin, path, "this key is not known", next);
    }
}

/// A key's path with one more step; a name that can't be a bare key is quoted, one that may be a secret isn't shown.
pub(super) fn join(path: &str, name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let quoted = shown(name);
    let name = if bare && quoted.starts_with('"') && quoted.len() == name.len() + 2 { name } else { &quoted };
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn kind_of(value: &toml::Value) -> &'static str {
    match value {
        toml::Value::String(_) => "a text",
        toml::Value::Integer(_) => "a whole number",
        toml::Value::Float(_) => "a number",
        toml::Value::Boolean(_) => "true or false",
        toml::Value::Datetime(_) => "a date",
        toml::Value::Array(_) => "a list",
        toml::Value::Table(_) => "a table",
    }
}
