//! Every route's answer against the trackers' official descriptions, where these lie beside the repository.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::github_shapes::{as_bearer, with_app};
use super::{Bed, Got, read};
use roadmapd::sandbox::{Corpus, Options};

/// An official description.
pub struct Description {
    document: Value,
}

/// The folder of the descriptions: `$ROADMAPD_SHARED/specs`, or `../shared/specs` beside the repository.
fn folder() -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    std::env::var_os("ROADMAPD_SHARED").map_or_else(beside, PathBuf::from).join("specs")
}

/// The description of that name; without the file the test says aloud what it leaves out.
pub fn description(name: &str, checks: usize) -> Option<Description> {
    let path = folder().join(name);
    let Ok(file) = File::open(&path) else {
        eprintln!("NOTICE: {checks} answers were not checked: there is no {}; set ROADMAPD_SHARED", path.display());
        return None;
    };
    let document = serde_json::from_reader(GzDecoder::new(std::io::BufReader::new(file))).expect("a description");
    Some(Description { document })
}

impl Description {
    /// The schema of an answer, with every component that it reaches, as a JSON Schema of draft 7.
    fn schema(&self, path: &str, method: &str, status: &str) -> Value {
        let responses = &self.document["paths"][path][method]["responses"];
        let mut response = &responses[status];
        if let Some(name) = response["$ref"].as_str() {
            response = self.document.pointer(name.trim_start_matches('#')).expect("a response");
        }
        let schema = &response["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "the description has no schema for {method} {path} {status}");
        self.with_components(schema)
    }

    fn with_components(&self, schema: &Value) -> Value {
        let mut reached = BTreeMap::new();
        self.reach(schema, &mut reached);
        let mut root = converted(schema);
        root["components"] = json!({ "schemas": reached });
        root
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

    pub fn check(&self, path: &str, method: &str, got: &Got) {
        let status = got.status.as_u16().to_string();
        check_value(&self.schema(path, method, &status), &format!("{method} {path} {status}"), &got.body);
    }
}

fn check_value(schema: &Value, what: &str, value: &Value) {
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft7)
        // Jira's stamps have an offset without a colon, which the description calls a date-time all the same.
        .with_format("date-time", |text: &str| text.parse::<jiff::Timestamp>().is_ok())
        .build(schema)
        .expect("a schema");
    let errors: Vec<_> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).take(5).collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}\n{value}");
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

/// Known defects of the descriptions: changelogs of the live services have nulls, and fields an untranslated name.
fn amended(name: &str, mut schema: Value) -> Value {
    match name {
        "ChangeDetails" => {
            for side in ["from", "fromString", "to", "toString"] {
                schema["properties"][side] = json!({"type": ["string", "null"]});
            }
        }
        "ChangeItemBean" => {
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

#[tokio::test]
async fn the_githubs_answers_fit_the_official_description() {
    let gets = [
        ("/user", "/user"),
        ("/rate_limit", "/rate_limit"),
        ("/orgs/{org}/repos", "/orgs/acme/repos"),
        ("/user/repos", "/user/repos"),
        ("/users/{username}/repos", "/users/acme/repos"),
        ("/repos/{owner}/{repo}", "/repos/acme/api"),
        ("/repos/{owner}/{repo}/issues", "/repos/acme/api/issues?state=all"),
        ("/repos/{owner}/{repo}/issues", "/repos/acme/web/issues?state=all"),
        ("/repos/{owner}/{repo}/issues", "/repos/acme/api/issues?since=junk"),
        ("/repos/{owner}/{repo}/issues/events", "/repos/acme/api/issues/events"),
        ("/repos/{owner}/{repo}/issues/{issue_number}", "/repos/acme/api/issues/5"),
        ("/repos/{owner}/{repo}/issues/{issue_number}", "/repos/acme/api/issues/999"),
        ("/repos/{owner}/{repo}/issues/{issue_number}/events", "/repos/acme/api/issues/3/events"),
        ("/repos/{owner}/{repo}/issues/{issue_number}/parent", "/repos/acme/api/issues/5/parent"),
        ("/repos/{owner}/{repo}/issues/{issue_number}/sub_issues", "/repos/acme/api/issues/9/sub_issues"),
        (
            "/repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocked_by",
            "/repos/acme/api/issues/5/dependencies/blocked_by",
        ),
        (
            "/repos/{owner}/{repo}/issues/{issue_number}/dependencies/blocking",
            "/repos/acme/api/issues/6/dependencies/blocking",
        ),
        ("/repos/{owner}/{repo}/issues/{issue_number}/labels", "/repos/acme/api/issues/3/labels"),
        ("/repos/{owner}/{repo}/labels", "/repos/acme/api/labels"),
        ("/repos/{owner}/{repo}/labels/{name}", "/repos/acme/api/labels/good%20first%20issue"),
    ];
    let Some(official) = description("github-api.github.com.openapi.json.gz", gets.len() + 5) else { return };
    let bed = Bed::shipped().await;
    for (path, asked) in gets {
        official.check(path, "get", &bed.get(asked).await);
    }
    let (issue, one) = ("/repos/{owner}/{repo}/issues/{issue_number}/labels", "/repos/{owner}/{repo}/labels/{name}");
    let send = |method, path: &str, body: Value| read(bed.github(method, path).json(&body));
    official.check(
        "/repos/{owner}/{repo}/labels",
        "post",
        &send(Method::POST, "/repos/acme/api/labels", json!({"name": "new", "color": "ABCDEF"})).await,
    );
    official.check(
        "/repos/{owner}/{repo}/labels",
        "post",
        &send(Method::POST, "/repos/acme/api/labels", json!({"name": "new", "color": "ABCDEF"})).await,
    );
    official.check(
        one,
        "patch",
        &send(Method::PATCH, "/repos/acme/api/labels/new", json!({"new_name": "newer"})).await,
    );
    official.check(
        issue,
        "post",
        &send(Method::POST, "/repos/acme/api/issues/6/labels", json!({"labels": ["newer", "x"]})).await,
    );
    official.check(issue, "put", &send(Method::PUT, "/repos/acme/api/issues/6/labels", json!({"labels": ["x"]})).await);
}

#[tokio::test]
async fn the_apps_answers_fit_the_official_description() {
    let Some(official) = description("github-api.github.com.openapi.json.gz", 4) else { return };
    let (bed, signature) = with_app().await;
    let app = as_bearer(&bed, Method::GET, "/app", &signature).await;
    official.check("/app", "get", &app);
    let installations = as_bearer(&bed, Method::GET, "/app/installations", &signature).await;
    // The list's own schema wants an account to be a user and an enterprise at once; the component is right.
    let installation = official.with_components(&official.document["components"]["schemas"]["installation"]);
    check_value(&installation, "an installation", &installations.rows()[0]);
    let mint = format!("/app/installations/{}/access_tokens", installations.rows()[0]["id"]);
    let minted = as_bearer(&bed, Method::POST, &mint, &signature).await;
    official.check("/app/installations/{installation_id}/access_tokens", "post", &minted);
    let token = minted.body["token"].as_str().expect("a token");
    let repositories = as_bearer(&bed, Method::GET, "/installation/repositories", token).await;
    official.check("/installation/repositories", "get", &repositories);
}

#[tokio::test]
async fn an_enterprise_servers_answers_fit_the_description_of_its_release() {
    let gets = [
        ("/orgs/{org}/repos", "/orgs/acme/repos"),
        ("/repos/{owner}/{repo}", "/repos/acme/api"),
        ("/repos/{owner}/{repo}/issues", "/repos/acme/api/issues?state=all"),
        ("/repos/{owner}/{repo}/issues/{issue_number}", "/repos/acme/api/issues/5"),
        ("/repos/{owner}/{repo}/issues/{issue_number}/events", "/repos/acme/api/issues/3/events"),
        ("/repos/{owner}/{repo}/labels", "/repos/acme/api/labels"),
    ];
    let Some(official) = description("github-ghes-3.17.openapi.json.gz", gets.len()) else { return };
    let paths = official.document["paths"].as_object().expect("paths");
    assert!(!paths.keys().any(|path| path.contains("/dependencies/blocked_by") || path.contains("/sub_issues")));
    let bed = Bed::new(Corpus::shipped(), Options { github_enterprise: true, ..Options::default() }).await;
    for (path, asked) in gets {
        official.check(path, "get", &bed.get(asked).await);
    }
}

#[tokio::test]
async fn the_jiras_answers_fit_the_official_description() {
    let gets = [
        ("/serverInfo", "/serverInfo"),
        ("/myself", "/myself"),
        ("/field", "/field"),
        ("/priority/search", "/priority/search"),
        ("/issueLinkType", "/issueLinkType"),
        ("/issue/{issueIdOrKey}", "/issue/PAY-2"),
        ("/issue/{issueIdOrKey}/editmeta", "/issue/PAY-2/editmeta"),
        ("/issue/{issueIdOrKey}/changelog", "/issue/PAY-7/changelog"),
        ("/project/search", "/project/search"),
        ("/project/{projectIdOrKey}", "/project/CORE"),
        ("/mypermissions", "/mypermissions?permissions=EDIT_ISSUES,BROWSE_PROJECTS&projectKey=PAY"),
        ("/search/jql", "/search/jql?jql=project%20%3D%20PAY&fields=summary,status"),
    ];
    let Some(official) = description("jira-cloud-platform-v3.openapi.2025-12.json.gz", gets.len() + 3) else { return };
    let bed = Bed::shipped().await;
    let changed =
        bed.put("PAY-2", json!({"update": {"labels": [{"add": "x"}]}, "fields": {"customfield_10028": 3}})).await;
    assert_eq!(changed.status.as_u16(), 204);
    for (path, asked) in gets {
        official.check(&format!("/rest/api/3{path}"), "get", &read(bed.jira(Method::GET, asked)).await);
    }
    let posts = [
        ("/search/jql", json!({"jql": "project in (PAY, CORE) ORDER BY updated", "fields": ["*all"], "maxResults": 3})),
        ("/issue/bulkfetch", json!({"issueIdsOrKeys": ["PAY-1", "CORE-3"], "fields": ["*all"]})),
        ("/changelog/bulkfetch", json!({"issueIdsOrKeys": ["PAY-2", "PAY-7"]})),
    ];
    for (path, body) in posts {
        official.check(&format!("/rest/api/3{path}"), "post", &read(bed.jira(Method::POST, path).json(&body)).await);
    }
}
