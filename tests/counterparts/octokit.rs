//! Recordings of the real GitHub that the Octokit clients are tested with, played back to the real adapter.

use std::path::Path;

use roadmapd::model::Timestamp;
use serde_json::{Value, json};
use wiremock::matchers::{method, path, path_regex, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::driver::Driver;
use crate::installed::installed;
use crate::world::WRITES;

/// Serves the recorded answers to GET, by path and page; gives how many there are.
async fn play(scenarios: &Path, name: &str) -> (MockServer, usize) {
    let server = MockServer::start().await;
    let file = scenarios.join(name).join("normalized-fixture.json");
    let records: Value = serde_json::from_slice(&std::fs::read(file).expect("a recording")).expect("JSON");
    let mut played = 0;
    for record in records.as_array().expect("a list").iter().filter(|record| record["method"] == "get") {
        let target = url::Url::parse(&format!("http://x{}", record["path"].as_str().expect("a path"))).expect("a path");
        let status = u16::try_from(record["status"].as_u64().expect("a status")).expect("a status");
        let mut answer = ResponseTemplate::new(status).set_body_json(&record["response"]);
        for (header, value) in record["headers"].as_object().into_iter().flatten() {
            if ["link", "location", "etag"].contains(&header.as_str()) {
                answer = answer.insert_header(header.as_str(), value.as_str().expect("a value"));
            }
        }
        let mock = Mock::given(method("GET")).and(path(target.path()));
        let page = target.query_pairs().find(|(name, _)| name == "page");
        let mock = match page {
            Some((_, page)) => mock.and(query_param("page", page)),
            None => mock.and(query_param_is_missing("page")),
        };
        mock.respond_with(answer).mount(&server).await;
        played += 1;
    }
    (server, played)
}

async fn driver(server: &MockServer, repository: &str, folder: &Path) -> Driver {
    let token = folder.join("token");
    std::fs::write(&token, "0000000000000000000000000000000000000001").expect("a file");
    let text = format!(
        "daemon.listen = \"\"\n{WRITES}[trackers.github]\nkind = \"github\"\nbase_url = {:?}\nauth = {{ token = {{ file = {token:?} }} }}\n\
         repositories = [{repository:?}]\n",
        server.uri(),
    );
    Driver::new(&text, Timestamp::now()).await
}

#[tokio::test]
async fn a_recorded_list_is_read_along_its_links_to_the_end() {
    let Some(scenarios) = installed("node_modules/@octokit/fixtures/scenarios/api.github.com", 3) else { return };
    let (server, played) = play(&scenarios, "paginate-issues").await;
    assert_eq!(played, 5);
    // The recording begins with the list; of the repository itself the adapter needs the id that the links name.
    let repository =
        json!({"id": 1000, "full_name": "octokit-fixture-org/paginate-issues", "permissions": {"push": true}});
    let home = Mock::given(path("/repos/octokit-fixture-org/paginate-issues"));
    home.respond_with(ResponseTemplate::new(200).set_body_json(repository)).mount(&server).await;
    // Nor were the comments recorded, of which one of the issues has some.
    let comments = Mock::given(path_regex("/issues(/[0-9]+)?/comments$"));
    comments.respond_with(ResponseTemplate::new(200).set_body_json(json!([]))).mount(&server).await;
    let folder = tempfile::tempdir().expect("a folder");
    let driver = driver(&server, "octokit-fixture-org/paginate-issues", folder.path()).await;
    let shown = driver.preview().await;
    assert_eq!(shown.errors, Vec::<String>::new());
    let numbers: Vec<_> = shown.plan.changes.iter().map(|change| change.key.local.clone()).collect();
    assert_eq!(numbers.len(), 13, "{numbers:?}");
    let asked = server.received_requests().await.expect("recorded");
    assert_eq!(asked.iter().filter(|request| request.url.path().ends_with("/issues")).count(), 5);
}

#[tokio::test]
async fn a_recorded_rename_is_an_error_that_names_the_repository_and_nothing_is_written() {
    let Some(scenarios) = installed("node_modules/@octokit/fixtures/scenarios/api.github.com", 2) else { return };
    let (server, played) = play(&scenarios, "rename-repository").await;
    assert_eq!(played, 2);
    let folder = tempfile::tempdir().expect("a folder");
    let driver = driver(&server, "octokit-fixture-org/rename-repository", folder.path()).await;
    let turned = driver.turn(false).await;
    assert!(
        turned.errors.iter().any(|error| error.contains("octokit-fixture-org/rename-repository")),
        "{:?}",
        turned.errors
    );
    assert_eq!(turned.written, 0);
    let asked = server.received_requests().await.expect("recorded");
    assert!(asked.iter().all(|request| request.method.as_str() == "GET"), "{asked:?}");
}
