//! The answers' types -> the API's description, in OpenAPI 3.1: it can't say anything else than what is served.

use std::sync::LazyLock;

use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::answer::Cycles;
use super::api::{Holds, Item, OneCycle, Problem, Roadmap};
use super::matrix::Matrix;

/// The description.
pub(super) static DESCRIPTION: LazyLock<Value> = LazyLock::new(description);

/// What a filter's parts mean, and whether they may be given several times.
const FILTERS: [(&str, &str, bool); 11] = [
    ("text", "Words that title, keys or labels have, all of them; case doesn't count.", false),
    ("scope", "The name of a scope.", false),
    ("tracker", "The name of a tracker.", false),
    ("project", "A repository or project with its tracker: github:acme/api, jira:PAY.", false),
    ("person", "The name of somebody who works on it.", false),
    ("priority", "p0, p1, p2, p3; several times for any of them.", true),
    ("complexity", "xs, s, m, l, xl; several times for any of them.", true),
    ("readiness", "A level of readiness; several times for any of them.", true),
    ("status", "todo, doing, done, dropped; open for the first two, which are meant where it is left out; all.", true),
    ("page", "From 1.", false),
    ("per_page", "Items of a page, from 1 to 200.", false),
];

fn description() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut schemas = settings.for_serialize().into_generator();
    let mut paths = Map::new();
    let filters: Vec<Value> = FILTERS.iter().map(|(name, meaning, many)| filter(name, meaning, *many)).collect();
    let key = json!({ "name": "key", "in": "path", "required": true, "schema": { "type": "string" },
        "description": "The key of an issue with its tracker (github:acme/api%237, jira:PAY-7), or the item's id." });
    let n = json!({ "name": "n", "in": "path", "required": true, "schema": { "type": "integer", "minimum": 1 },
        "description": "The cycle's number." });
    for (path, about, parameters, schema) in [
        ("/api/v1/roadmap", "The ranked list, narrowed and paged.", filters.clone(), of::<Roadmap>(&mut schemas)),
        ("/api/v1/matrix", "Worth against work, narrowed and paged.", filters, of::<Matrix>(&mut schemas)),
        (
            "/api/v1/items/{key}",
            "One item: why it has its levels, and what was written.",
            vec![key],
            of::<Item>(&mut schemas),
        ),
        (
            "/api/v1/cycles",
            "The last cycles, and the plan that waits for a person.",
            Vec::new(),
            of::<Cycles>(&mut schemas),
        ),
        ("/api/v1/cycles/{n}", "One cycle and its changes.", vec![n], of::<OneCycle>(&mut schemas)),
        (
            "/api/v1/holds",
            "Every hold, and how far it is from the computed level.",
            Vec::new(),
            of::<Holds>(&mut schemas),
        ),
    ] {
        paths.insert(path.to_owned(), operation(about, &parameters, &schema, &of::<Problem>(&mut schemas)));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "roadmapd",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the page shows, for scripts. It only reads. Without [page] auth, issues of private repositories and with a security level are left out.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{}, { "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "description": "The token of [page] auth." } },
        },
    })
}

fn of<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Value {
    schemas.subschema_for::<T>().to_value()
}

fn filter(name: &str, meaning: &str, many: bool) -> Value {
    let schema = if many {
        json!({ "type": "array", "items": { "type": "string" } })
    } else if name.ends_with("page") {
        json!({ "type": "integer", "minimum": 1 })
    } else {
        json!({ "type": "string", "maxLength": 200 })
    };
    json!({ "name": name, "in": "query", "description": meaning, "schema": schema })
}

fn operation(about: &str, parameters: &[Value], schema: &Value, problem: &Value) -> Value {
    let answer = |about: &str, schema: &Value| json!({ "description": about, "content": { "application/json": { "schema": schema } } });
    json!({
        "get": {
            "summary": about,
            "parameters": parameters,
            "responses": {
                "200": answer(about, schema),
                "304": { "description": "What If-None-Match names is still so." },
                "400": answer("A part of the query isn't understood.", problem),
                "401": answer("The token is missing or wrong.", problem),
                "404": answer("There is none of that name.", problem),
                "503": answer("The store can't be read now.", problem),
            },
        },
    })
}
