//! The API: its description holds its answers, and commands print the same.

use http::StatusCode;
use serde_json::{Value, json};

use crate::site::{Site, WRITES, generated, mixed, shipped};

/// The schema of an answer, which may refer to the description's components.
fn schema(description: &Value, path: &str, status: &str) -> Value {
    let schema = &description["paths"][path]["get"]["responses"][status]["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{path} {status} isn't described");
    json!({ "allOf": [schema], "components": description["components"] })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_what_the_description_says() {
    let site = Site::new(shipped(), "").await;
    let description = site.get("/api/v1/openapi.json").await.json();
    assert_eq!(description["openapi"], "3.1.0");
    let mut described = description["paths"].as_object().expect("paths").keys().collect::<Vec<_>>();
    for (path, asked, status) in [
        ("/api/v1/roadmap", "/api/v1/roadmap?status=all", 200),
        ("/api/v1/roadmap", "/api/v1/roadmap?page=0", 400),
        ("/api/v1/matrix", "/api/v1/matrix", 200),
        ("/api/v1/items/{key}", "/api/v1/items/jira:PAY-1", 200),
        ("/api/v1/items/{key}", "/api/v1/items/jira:PAY-99999", 404),
        ("/api/v1/cycles", "/api/v1/cycles", 200),
        ("/api/v1/cycles/{n}", "/api/v1/cycles/1", 200),
        ("/api/v1/cycles/{n}", "/api/v1/cycles/99", 404),
        ("/api/v1/holds", "/api/v1/holds", 200),
    ] {
        let said = site.get(asked).await;
        assert_eq!((said.status.as_u16(), said.header("content-type")), (status, "application/json"), "{asked}");
        let schema = schema(&description, path, &status.to_string());
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let answer = said.json();
        let wrong: Vec<String> =
            validator.iter_errors(&answer).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{asked}: {wrong:?}");
        assert!(!validator.is_valid(&json!({})), "{path} {status} would take anything");
        described.retain(|known| *known != path);
    }
    assert!(described.is_empty(), "nothing was asked of {described:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_paged_and_narrowed_as_the_view_is() {
    let site = Site::new(generated(6, 120), WRITES).await;
    let first = site.get("/api/v1/roadmap?status=all&per_page=7").await.json();
    let second = site.get("/api/v1/roadmap?status=all&per_page=7&page=2").await.json();
    assert_eq!((first["items"].as_array().map(Vec::len), &first["page"]), (Some(7), &json!(1)));
    assert_eq!((&second["items"][0]["rank"], &second["total"]), (&json!(8), &first["total"]));
    let total = first["total"].as_u64().expect("a number");
    assert_eq!(first["pages"], total.div_ceil(7));
    let narrow = site.get("/api/v1/roadmap?priority=p1&priority=p0").await.json();
    let levels = narrow["items"].as_array().expect("items").iter().map(|item| item["priority"]["level"].clone());
    assert!(levels.clone().all(|level| level == "p0" || level == "p1") && levels.count() > 0, "{narrow}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_json_with_a_sentence() {
    let site = Site::new(mixed(), WRITES).await;
    for (path, status) in [
        ("/api/v1/roadmap?colour=red", StatusCode::BAD_REQUEST),
        ("/api/v1/items/none", StatusCode::NOT_FOUND),
        ("/api/v1/nowhere", StatusCode::NOT_FOUND),
    ] {
        let said = site.get(path).await;
        assert_eq!((said.status, said.header("content-type")), (status, "application/json"), "{path}");
        assert!(said.json()["error"].as_str().is_some_and(|error| error.len() > 20), "{}", said.body);
    }
    let posted = site.ask("POST", "/api/v1/holds", &[]).await;
    assert_eq!((posted.status, posted.header("content-type")), (StatusCode::METHOD_NOT_ALLOWED, "application/json"));
}
