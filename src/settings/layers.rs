//! Files and environment -> one merged table: the compiled-in defaults, then each file, then `ROADMAPD__…`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config::{Config, Map, Source, Value, ValueKind};
use serde_json::Value as Schema;

use super::finding::Findings;
use super::schema::marked;
use super::walk::Walk;

/// The lowest layer: every key with its default.
pub(super) const DEFAULT: &str = include_str!("../../config/default.toml");
/// The name that findings and origins have for it.
pub(super) const DEFAULT_ORIGIN: &str = "the built-in defaults";
/// What a variable's name opens with.
const PREFIX: &str = "ROADMAPD__";
/// A configuration file is at most this long, in bytes.
const FILE_MAX: usize = 1 << 20;

/// One checked layer.
#[derive(Clone, Debug)]
struct Layer(Map<String, Value>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        Ok(self.0.clone())
    }
}

/// Merges tables, the later over the earlier; lists are replaced.
pub(super) fn merge(layers: Vec<Map<String, Value>>) -> Value {
    let builder = layers.into_iter().fold(Config::builder(), |builder, layer| builder.add_source(Layer(layer)));
    // Layers are values in memory: collecting them can't fail.
    builder.build().map(|merged| merged.cache).unwrap_or_else(|_| Value::new(None, ValueKind::Table(Map::new())))
}

/// The defaults, then these texts in order, then the environment.
pub(super) fn read(texts: &[(String, String)], env: &[(String, String)], findings: &mut Findings) -> Value {
    let mut layers = vec![read_text(DEFAULT_ORIGIN, DEFAULT, findings)];
    layers.extend(texts.iter().map(|(origin, text)| read_text(origin, text, findings)));
    let mut variables: Vec<&(String, String)> = env.iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
    variables.sort();
    let merged = merge(layers);
    let mut layers = vec![table_of(&merged)];
    layers.extend(variables.into_iter().filter_map(|(name, value)| read_variable(name, value, &merged, findings)));
    merge(layers)
}

/// The files as texts; without any, `roadmapd.toml` in the directory.
pub(super) fn open(directory: &Path, files: &[PathBuf], findings: &mut Findings) -> Vec<(String, String)> {
    let own = [directory.join("roadmapd.toml")];
    let named = !files.is_empty();
    let mut texts = Vec::new();
    for file in if named { files } else { &own } {
        let origin = file.strip_prefix(".").unwrap_or(file).display().to_string();
        let next = if named {
            "name a file that is there with -c FILE"
        } else {
            "write one (config/example.toml is a start) or name another with -c FILE; `roadmapd demo` needs none"
        };
        match std::fs::read(file).map(String::from_utf8) {
            Ok(Ok(text)) if text.len() <= FILE_MAX => texts.push((origin, text)),
            Ok(Ok(text)) => {
                let problem = format!("the file has {} bytes and may have {FILE_MAX}", text.len());
                findings.add(&origin, "", problem, "split it: -c may be given several times");
            }
            Ok(Err(_)) => findings.add(&origin, "", "the file is not UTF-8 text", "save it as UTF-8"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                findings.add(&origin, "", "there is no such configuration file", next);
            }
            Err(error) => {
                let problem = format!("the file can't be read: {}", error.kind());
                findings.add(&origin, "", problem, "make it readable for this user");
            }
        }
    }
    texts
}

fn read_text(origin: &str, text: &str, findings: &mut Findings) -> Map<String, Value> {
    match text.parse::<toml::Table>() {
        Ok(table) => read_table(origin, table, findings),
        Err(error) => {
            // Only the place: the error's text quotes the line, and the line may hold a secret.
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
            let (line, column) =
                (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or("").chars().count() + 1);
            let problem = format!("it is not TOML from line {line}, column {column} on");
            findings.add(origin, "", problem, "correct that line (a quote, a bracket, a key given twice?)");
            Map::new()
        }
    }
}

fn read_table(origin: &str, table: toml::Table, findings: &mut Findings) -> Map<String, Value> {
    let read = Walk { origin, findings }.read(marked(), &toml::Value::Table(table), "");
    read.as_ref().map(table_of).unwrap_or_default()
}

fn read_variable(name: &str, text: &str, merged: &Value, findings: &mut Findings) -> Option<Map<String, Value>> {
    let mut schema = marked();
    let mut place = Some(merged);
    let mut path = Vec::new();
    for step in name.strip_prefix(PREFIX)?.split("__") {
        // A name of people's own choosing (a tracker's) is taken in the spelling that the files gave it.
        let spelled = place.and_then(|place| match &place.kind {
            ValueKind::Table(table) => table.keys().filter(|known| known.eq_ignore_ascii_case(step)).min().cloned(),
            _ => None,
        });
        let step = spelled.unwrap_or_else(|| step.to_lowercase());
        place = place.and_then(|place| match &place.kind {
            ValueKind::Table(table) => table.get(&step),
            _ => None,
        });
        let inner = schema.get("properties").and_then(|known| known.get(&step));
        schema = inner.or(schema.get("additionalProperties")).unwrap_or(&Schema::Null);
        path.push(step);
    }
    let value = typed(schema, text);
    let table =
        path.into_iter().rev().fold(value, |value, step| toml::Value::Table(toml::Table::from_iter([(step, value)])));
    match table {
        toml::Value::Table(table) => Some(read_table(name, table, findings)),
        _ => None,
    }
}

/// A variable's text as the type that its key has; left a text where it can't be, for the walk to refuse.
fn typed(schema: &Schema, text: &str) -> toml::Value {
    let plain = || toml::Value::String(text.to_owned());
    let literal = || format!("x = {text}").parse::<toml::Table>().ok().and_then(|mut table| table.remove("x"));
    let wanted = schema.get("type").and_then(Schema::as_str);
    match wanted {
        Some("array") if !text.trim_start().starts_with('[') => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            toml::Value::Array(parts.map(|part| toml::Value::String(part.to_owned())).collect())
        }
        Some("boolean" | "integer" | "number" | "array") => literal().unwrap_or_else(plain),
        Some("object") if text.trim_start().starts_with('{') => literal().unwrap_or_else(plain),
        _ => plain(),
    }
}

/// A value's table; empty where it is none.
pub(super) fn table_of(value: &Value) -> Map<String, Value> {
    match &value.kind {
        ValueKind::Table(table) => table.clone(),
        _ => Map::new(),
    }
}

/// What stands at a key's path, or the nearest thing above it.
pub(super) fn place<'a>(merged: &'a Value, key: &str) -> (&'a Value, bool) {
    let mut at = merged;
    for step in key.split(['.', '[']).map(|step| step.trim_end_matches(']')) {
        let next = match &at.kind {
            ValueKind::Table(table) => table.get(step.trim_matches('"')),
            ValueKind::Array(values) => step.parse().ok().and_then(|index: usize| values.get(index)),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => return (at, false),
        }
    }
    (at, true)
}

/// Who said what stands there: the layer of the value or, in sorted order, of the first thing in it.
pub(super) fn origin(value: &Value) -> Option<&str> {
    match (&value.kind, value.origin()) {
        (_, Some(origin)) => Some(origin),
        (ValueKind::Table(table), None) => {
            let sorted: BTreeMap<&String, &Value> = table.iter().collect();
            sorted.into_values().find_map(origin)
        }
        _ => None,
    }
}
