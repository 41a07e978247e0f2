//! Cloud's scoped tokens and service accounts: refused at the site, accepted behind the gateway, remembered.

use roadmapd::sandbox::{Corpus, JiraShape, Options, Running, Sandbox, Tracker as Side};
use roadmapd::tracker::{Ask, Fetch, TroubleKind, Write};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer};

use super::sandbox::jira_side_with;
use super::support::{Notes, change, jira, json};

async fn start() -> Running {
    let shape = JiraShape { scoped: true, ..JiraShape::default() };
    Sandbox::start(Corpus::shipped(), Options { jira_shape: shape, ..Options::default() }).await.expect("started")
}

#[tokio::test]
async fn a_scoped_token_is_used_behind_the_gateway_and_that_is_remembered() {
    for user in [Some("bot@acme.example".to_owned()), None] {
        let sandbox = start().await;
        let mut side = jira_side_with(&sandbox, |config| config.user = user.clone());
        assert!(side.read(false).await.len() > 5);
        let issue = side.open()[0].clone();
        assert_eq!(
            issue.url,
            format!("{}/browse/{}", sandbox.jira_url(), issue.key.local),
            "people read it at the site"
        );
        // Another process, the same memory.
        let mut later = jira_side_with(&sandbox, |config| config.user = user.clone());
        (later.memory, later.shelf) = (side.memory.take(), side.shelf);
        sandbox.reset_counts();
        assert!(later.read(false).await.is_empty());
        assert_eq!(sandbox.request_count(Side::Jira), 2, "{:?}", sandbox.requests());
        let changes = vec![change("jira", &issue.key.local, &issue.id.id, &[], &[("", "priority/p1")])];
        let notes = Notes::default();
        later.tracker.write(changes, &notes, &CancellationToken::new()).await.expect("written");
        assert!(sandbox.labels_of(&issue.key.local).expect("an issue").contains(&"priority/p1".to_owned()));
    }
}

#[tokio::test]
async fn a_token_that_is_refused_at_both_is_explained() {
    let sandbox = start().await;
    let side = jira_side_with(&sandbox, |_| {});
    std::fs::write(side.token.path(), "wrong").expect("written");
    let side =
        jira_side_with(&sandbox, |config| config.token = roadmapd::tracker::Secret::File(side.token.path().into()));
    let (pages, _keep) = tokio::sync::mpsc::channel(10);
    let trouble = side.tracker.poll(Ask::default(), &side.shelf, pages).await.expect_err("refused");
    assert_eq!(trouble.kind, TroubleKind::Unauthorized);
    let said = trouble.to_string();
    for words in ["401", "asked through 127.0.0.1 as well", "read:jira-work", "write:jira-work", "expired"] {
        assert!(said.contains(words), "{said}");
    }
    assert!(!said.contains("wrong"), "{said}");
}

#[tokio::test]
async fn a_token_without_scopes_that_replaces_a_scoped_one_is_used_at_the_site_again() {
    let sandbox = start().await;
    let mut side = jira_side_with(&sandbox, |_| {});
    side.read(false).await;
    let memory = side.memory.clone().expect("a memory");
    // The same corpus at a site that takes the token itself.
    let plain = Sandbox::start(Corpus::shipped(), Options::default()).await.expect("started");
    let mut later = jira_side_with(&plain, |_| {});
    later.memory = Some(memory);
    later.read(false).await;
    assert!(!later.memory.expect("a memory").contains("\"cloud\":\"0b07"), "the way is forgotten");
}

#[tokio::test]
async fn the_credential_goes_to_no_address_that_a_site_makes_up() {
    for cloud in ["../../elsewhere", "a.example/x", "", "a%2Fb"] {
        let rig = jira().await;
        for (place, status, body) in [
            ("/rest/api/2/serverInfo", 200, json!({"baseUrl": "https://s.atlassian.net", "deploymentType": "Cloud"})),
            ("/rest/api/3/myself", 401, json!({})),
            ("/_edge/tenant_info", 200, json!({"cloudId": cloud})),
        ] {
            Mock::given(path(place)).respond_with(json(status, &body)).mount(&rig.server).await;
        }
        let trouble = rig.poll(None, &Default::default()).await.expect_err("refused");
        assert_eq!(trouble.kind, TroubleKind::Unauthorized);
        let requests = rig.server.received_requests().await.unwrap_or_default();
        let open = requests.iter().find(|request| request.url.path() == "/_edge/tenant_info").expect("asked");
        assert!(!open.headers.contains_key("authorization"), "what everybody may read is asked without a credential");
        assert!(!requests.iter().any(|request| request.url.path().contains("/ex/jira")), "{cloud}");
    }
}

#[tokio::test]
async fn a_data_center_that_refuses_a_credential_is_not_looked_for_elsewhere() {
    let gateway = MockServer::start().await;
    let rig = jira().await;
    for (place, status, body) in [
        ("/rest/api/2/serverInfo", 200, json!({"baseUrl": "https://jira.acme.example", "deploymentType": "Server"})),
        ("/rest/api/2/myself", 401, json!({})),
    ] {
        Mock::given(path(place)).respond_with(json(status, &body)).mount(&rig.server).await;
    }
    let trouble = rig.poll(None, &Default::default()).await.expect_err("refused");
    assert_eq!(trouble.kind, TroubleKind::Unauthorized);
    assert!(gateway.received_requests().await.unwrap_or_default().is_empty());
    assert_eq!(rig.asked().await, ["GET /rest/api/2/serverInfo", "GET /rest/api/2/myself"]);
}
