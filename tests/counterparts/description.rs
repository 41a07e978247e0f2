//! The official descriptions of both trackers' APIs, and requests and answers held against them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::{Map, Value, json};

/// An official description.
pub struct Description {
    document: Value,
    /// Query parameters that the live service has and the description lacks, by path.
    undescribed: &'static [(&'static str, &'static str)],
}

/// GitHub pages the issue list by cursor, but describes no cursor.
const CURSORS: [(&str, &str); 2] =
    [("/repos/{owner}/{repo}/issues", "after"), ("/repos/{owner}/{repo}/issues", "before")];
/// Jira's newest description first; the older one, which a package registry carries, lacks `search/jql` and others.
const JIRA: [&str; 2] =
    ["jira-cloud-platform-v3.openapi.2025-12.json.gz", "jira-cloud-platform-v3.openapi.apisguru-npm.json.gz"];

/// Says aloud, past the test runner's capture, what a test leaves out and why. CI counts these lines.
pub fn skipped(checks: usize, why: &str) {
    drop(writeln!(std::io::stderr(), "NOTICE: {checks} checks skipped: {why}"));
}

/// Folders with descriptions: `$ROADMAPD_SHARED/specs` or `../shared/specs` beside the repository, and what
/// `tests/counterparts/install.sh` fetched.
fn folders() -> [PathBuf; 2] {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from);
    [
        set("ROADMAPD_SHARED").unwrap_or_else(|| here.join("../shared")).join("specs"),
        set("ROADMAPD_COUNTERPARTS").unwrap_or_else(|| here.join("target/counterparts")).join("specs"),
    ]
}

impl Description {
    /// GitHub's; without the file it is said aloud how many checks are left out.
    pub fn github(checks: usize) -> Option<Self> {
        Self::open(&["github-api.github.com.openapi.json.gz"], checks, &CURSORS)
    }

    /// Jira Cloud's.
    pub fn jira(checks: usize) -> Option<Self> {
        Self::open(&JIRA, checks, &[])
    }

    /// The one in a file of that name, where only one file describes a tracker.
    #[allow(dead_code, reason = "not every test binary that shares this file asks for one")]
    pub fn named(name: &str, checks: usize) -> Option<Self> {
        Self::open(&[name], checks, &CURSORS)
    }

    fn open(names: &[&str], checks: usize, undescribed: &'static [(&str, &str)]) -> Option<Self> {
        let folders = folders();
        let mut paths = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        let Some(file) = paths.find_map(|path| File::open(path).ok()) else {
            let why = format!("no {} in {}; run tests/counterparts/install.sh", names[0], folders[1].display());
            skipped(checks, &why);
            return None;
        };
        let document = serde_json::from_reader(GzDecoder::new(std::io::BufReader::new(file))).expect("a description");
        Some(Self { document, undescribed })
    }

    /// Describes everything that roadmapd asks; the older description of Jira doesn't.
    pub fn whole(&self) -> bool {
        self.path_of("post", "/rest/api/3/search/jql").is_some() || self.path_of("get", "/rest/api/3/myself").is_none()
    }

    /// The described path that an asked one is, the most literal where several with that method fit.
    pub fn path_of(&self, method: &str, asked: &str) -> Option<&str> {
        let fits = |path: &&String| {
            let (path, asked): (Vec<_>, Vec<_>) = (path.split('/').collect(), asked.split('/').collect());
            path.len() == asked.len()
                && path
                    .iter()
                    .zip(asked)
                    .all(|(part, asked)| *part == asked || (part.starts_with('{') && !asked.is_empty()))
        };
        let paths = self.document["paths"].as_object().expect("paths");
        let paths = paths.iter().filter(|(_, operations)| operations.get(method).is_some()).map(|(path, _)| path);
        paths.filter(fits).min_by_key(|path| path.matches('{').count()).map(String::as_str)
    }

    /// Follows a reference inside the document.
    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(name) => self.document.pointer(name.trim_start_matches('#')).expect("what is referred to"),
            None => value,
        }
    }

    /// What is wrong with a request, if anything.
    pub fn wrong_with(&self, path: &str, method: &str, query: &[(String, String)], body: &Value) -> Vec<String> {
        let operation = &self.document["paths"][path][method];
        if operation.is_null() {
            return vec![format!("{path} has no {method}")];
        }
        let shared = self.document["paths"][path]["parameters"].as_array().into_iter().flatten();
        let parameters = operation["parameters"].as_array().into_iter().flatten().chain(shared);
        let known: BTreeMap<&str, &Value> = parameters
            .map(|parameter| self.resolved(parameter))
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| (parameter["name"].as_str().expect("a name"), parameter))
            .collect();
        let mut wrong = Vec::new();
        for (name, value) in query {
            match known.get(name.as_str()) {
                Some(parameter) => wrong.extend(self.wrong_value(name, value, &parameter["schema"])),
                None if self.undescribed.contains(&(path, name)) => {}
                None => wrong.push(format!("the query has {name}={value}, which isn't described")),
            }
        }
        let missing = known.iter().filter(|(_, parameter)| parameter["required"] == true);
        wrong.extend(
            missing
                .filter(|(name, _)| query.iter().all(|(asked, _)| asked != *name))
                .map(|(name, _)| format!("the query lacks {name}")),
        );
        wrong.extend(self.wrong_body(&operation["requestBody"], body));
        wrong
    }

    fn wrong_value(&self, name: &str, text: &str, schema: &Value) -> Vec<String> {
        let schema = self.resolved(schema);
        let value = match schema["type"].as_str() {
            Some("integer") => text.parse::<i64>().map(Value::from).unwrap_or_else(|_| Value::from(text)),
            Some("boolean") => text.parse::<bool>().map(Value::from).unwrap_or_else(|_| Value::from(text)),
            // Both trackers say of their lists that commas part them.
            Some("array") => text.split(',').collect(),
            _ => Value::from(text),
        };
        self.errors(schema, &value, false)
            .into_iter()
            .map(|error| format!("the query's {name}={text}: {error}"))
            .collect()
    }

    fn wrong_body(&self, described: &Value, body: &Value) -> Vec<String> {
        let described = self.resolved(described);
        let schema = &described["content"]["application/json"]["schema"];
        match (body, schema) {
            (Value::Null, _) if described["required"] == true => vec!["the body is missing".to_owned()],
            (Value::Null, _) => Vec::new(),
            (_, Value::Null) => vec![format!("a body isn't described: {body}")],
            _ => {
                let known = self.properties(schema);
                let sent = body.as_object().into_iter().flat_map(Map::keys);
                let unknown = sent.filter(|key| !known.contains(key.as_str()));
                let unknown = unknown.map(|key| format!("the body's {key} isn't described")).collect::<Vec<_>>();
                unknown.into_iter().chain(self.errors(schema, body, false)).collect()
            }
        }
    }

    /// Names that an object of that schema may have.
    fn properties<'a>(&'a self, schema: &'a Value) -> BTreeSet<&'a str> {
        let schema = self.resolved(schema);
        let own = schema["properties"].as_object().into_iter().flat_map(Map::keys).map(String::as_str);
        let mixed = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|of| schema[of].as_array()).flatten();
        own.chain(mixed.flat_map(|part| self.properties(part))).collect()
    }

    /// Asserts that an answer is as described; one that is described without content has none.
    pub fn check_answer(&self, path: &str, method: &str, status: u16, body: &Value) {
        // GitHub describes what a conditional request answers for some paths only.
        if (method, status) == ("get", 304) {
            return assert!(body.is_null(), "{method} {path} {status}: {body}");
        }
        let response = self.resolved(&self.document["paths"][path][method]["responses"][status.to_string()]);
        assert!(response.is_object(), "the description has no {status} for {method} {path}: {body}");
        let schema = &response["content"]["application/json"]["schema"];
        if schema.is_null() {
            // Jira answers its errors in one way, which it doesn't describe.
            assert!(body.is_null() || status >= 400, "{method} {path} {status} has content: {body}");
            return;
        }
        // Answers have grown properties since the older description was written.
        let errors = self.errors(schema, body, !self.whole());
        assert!(errors.is_empty(), "{method} {path} {status}: {errors:#?}\n{body}");
    }

    /// Asserts that a value is as a component is described.
    #[allow(dead_code, reason = "not every test binary that shares this file asks for one")]
    pub fn check_component(&self, name: &str, value: &Value) {
        let errors = self.errors(&self.document["components"]["schemas"][name], value, false);
        assert!(errors.is_empty(), "{name}: {errors:#?}\n{value}");
    }

    /// What of a value isn't as a schema says, at most five things; a grown value may have properties that the schema lacks.
    fn errors(&self, schema: &Value, value: &Value, grown: bool) -> Vec<String> {
        // The schema with every component that it reaches, as a JSON Schema of draft 7.
        let mut reached = BTreeMap::new();
        self.reach(schema, &mut reached);
        let mut root = converted(schema);
        root["components"] = json!({ "schemas": reached });
        if grown {
            open(&mut root);
        }
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft7)
            // Jira's stamps have an offset without a colon, which the description calls a date-time all the same.
            .with_format("date-time", |text: &str| text.parse::<jiff::Timestamp>().is_ok())
            .should_validate_formats(true)
            .build(&root)
            .expect("a schema");
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).take(5).collect()
    }

    fn reach(&self, schema: &Value, reached: &mut BTreeMap<String, Value>) {
        match schema {
            Value::Object(map) => {
                let name =
                    map.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix("#/components/schemas/"));
                if let Some(name) = name.filter(|name| !reached.contains_key(*name)) {
                    let component = &self.document["components"]["schemas"][name];
                    reached.insert(name.to_owned(), amended(name, converted(component)));
                    self.reach(component, reached);
                }
                map.values().for_each(|value| self.reach(value, reached));
            }
            Value::Array(list) => list.iter().for_each(|value| self.reach(value, reached)),
            _ => {}
        }
    }
}

/// Takes every "no other properties" out of a schema.
fn open(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.retain(|name, value| name != "additionalProperties" || *value != Value::Bool(false));
            map.values_mut().for_each(open);
        }
        Value::Array(list) => list.iter_mut().for_each(open),
        _ => {}
    }
}

/// OpenAPI 3.0's `nullable` in JSON Schema's words.
fn converted(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => {
            let mut out: Map<String, Value> = map
                .iter()
                .filter(|(name, _)| {
                    !["example", "examples", "discriminator", "xml"].contains(&name.as_str())
                        || !map.contains_key("type")
                })
                .map(|(name, value)| (name.clone(), converted(value)))
                .collect();
            if map.get("nullable") == Some(&Value::Bool(true)) {
                if let Some(list) = out.get_mut("enum").and_then(Value::as_array_mut) {
                    list.push(Value::Null);
                }
                return json!({"anyOf": [{"type": "null"}, out]});
            }
            Value::Object(out)
        }
        Value::Array(list) => list.iter().map(converted).collect(),
        other => other.clone(),
    }
}

/// Known defects of the descriptions: changelogs of the live service have nulls, and fields an untranslated name.
fn amended(name: &str, mut schema: Value) -> Value {
    match name {
        "ChangeDetails" | "ChangeItemBean" => {
            for side in ["from", "fromString", "to", "toString"] {
                schema["properties"][side] = json!({"type": ["string", "null"]});
            }
        }
        // Data Center's description calls every value of a field an object.
        "IssueBean" if schema["properties"].get("changelog").is_some_and(|log| log["$ref"].is_string()) => {
            schema["properties"]["fields"]["additionalProperties"] = json!(true);
        }
        "FieldDetails" => schema["properties"]["untranslatedName"] = json!({"type": "string"}),
        _ => {}
    }
    schema
}
