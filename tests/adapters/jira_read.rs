//! Jira, read: identity, first contact, windows, tokens, refusals.

use std::sync::Arc;

use roadmapd::model::{DueSource, Issue, RelationKind, Status, Tier, Turn};
use roadmapd::tracker::{Fetch, Found, TroubleKind};
use serde_json::{Value, json};
use wiremock::matchers::{basic_auth, body_partial_json, method, path};
use wiremock::{Mock, ResponseTemplate};

use super::support::{Rig, Shelf, TOKEN, jira, jira_with, json, policy, recorded};

const FIRST: [&str; 5] = [
    "GET /rest/api/2/serverInfo",
    "GET /rest/api/3/myself",
    "GET /rest/api/3/project/PAY",
    "GET /rest/api/3/field",
    "POST /rest/api/3/search/jql",
];

async fn on(rig: &Rig, verb: &str, place: &str, template: ResponseTemplate) {
    Mock::given(method(verb)).and(path(format!("/rest/api/3/{place}"))).respond_with(template).mount(&rig.server).await;
}

fn points(id: &str, custom: &str, name: &str) -> Value {
    json!({"id": id, "name": name, "custom": true, "schema": {"type": "number", "custom": custom, "customId": 1}})
}

/// The site without its issues.
async fn site(rig: &Rig) {
    let me = json(200, &json!({"accountId": "5b10", "displayName": "bot", "active": true, "emailAddress": null}));
    Mock::given(path("/rest/api/3/myself"))
        .and(basic_auth("bot@acme.example", TOKEN))
        .respond_with(me)
        .mount(&rig.server)
        .await;
    let server =
        json!({"baseUrl": "https://s.atlassian.net", "version": "1001.0.0-SNAPSHOT", "deploymentType": "Cloud"});
    Mock::given(path("/rest/api/2/serverInfo")).respond_with(json(200, &server)).mount(&rig.server).await;
    on(rig, "GET", "project/PAY", json(200, &json!({"id": "10000", "key": "PAY"}))).await;
    let field = points("customfield_10016", "com.pyxis.greenhopper.jira:jsw-story-points", "Story point estimate");
    on(rig, "GET", "field", json(200, &json!([{"id": "summary", "name": "Summary"}, field]))).await;
}

async fn search(rig: &Rig, template: ResponseTemplate) {
    on(rig, "POST", "search/jql", template).await;
}

async fn first(rig: &Rig) -> (String, Vec<Issue>) {
    site(rig).await;
    search(rig, json(200, &recorded("jira_search.json"))).await;
    let (read, issues) = rig.poll(None, &Shelf::default()).await.expect("read");
    assert_eq!(read.server, "https://s.atlassian.net");
    (read.memory, issues)
}

async fn bodies(rig: &Rig, place: &str) -> Vec<Value> {
    let requests = rig.server.received_requests().await.unwrap_or_default();
    requests
        .iter()
        .filter(|request| request.url.path().ends_with(place))
        .map(|request| request.body_json().expect("JSON"))
        .collect()
}

#[tokio::test]
async fn a_first_reading_maps_every_signal() {
    let rig = jira().await;
    let (_, issues) = first(&rig).await;
    assert_eq!(rig.asked().await, FIRST);
    let story = &issues[0];
    assert_eq!(
        (story.key.local.as_str(), story.id.id.as_str(), story.container.local.as_str()),
        ("PAY-1", "10002", "PAY")
    );
    assert_eq!(story.url, "https://s.atlassian.net/browse/PAY-1");
    assert_eq!((story.status, story.status_name.as_str(), story.tier), (Status::Doing, "In Progress", Tier::Standard));
    assert_eq!(
        (story.priority.as_deref(), story.story_points, story.votes, story.watchers, story.comments),
        (Some("High"), Some(5.0), 2, 4, 3)
    );
    assert_eq!(story.labels, ["customer", "p-high"]);
    assert_eq!(story.components, ["billing"]);
    assert_eq!(story.due, Some(("2026-12-01".parse().expect("a day"), DueSource::Issue)));
    assert_eq!(story.text.explicit, ["acme/api#7"]);
    assert!(story.private && !story.reading.by_id);
    assert_eq!(story.updated.to_string(), "2026-11-20T10:15:30.123Z");
    assert_eq!(story.status_changed.map(|at| at.to_string()).as_deref(), Some("2026-11-10T08:00:00Z"));
    let relations: Vec<(RelationKind, &str, Option<bool>)> = story
        .relations
        .iter()
        .map(|relation| (relation.kind, relation.to.local.as_str(), relation.to.closed))
        .collect();
    let expected = [
        (RelationKind::Parent, "PAY-9", Some(false)),
        (RelationKind::BlockedBy, "PAY-3", Some(true)),
        (RelationKind::BlockedBy, "PAY-7", None),
        (RelationKind::Blocks, "CORE-4", None),
        (RelationKind::Duplicates, "PAY-5", None),
    ];
    assert_eq!(relations, expected);
    let dropped = &issues[1];
    assert_eq!((dropped.status, dropped.tier, dropped.private), (Status::Dropped, Tier::Subtask, false));
    assert_eq!(dropped.due, Some(("2026-12-24".parse().expect("a day"), DueSource::Milestone)));
    assert!(dropped.labels.is_empty() && dropped.components.is_empty() && dropped.author.is_none());
}

#[tokio::test]
async fn a_search_names_its_fields_and_its_projects() {
    let rig = jira().await;
    first(&rig).await;
    let body = &bodies(&rig, "/search/jql").await[0];
    assert_eq!(body["jql"], "project in (\"PAY\") ORDER BY updated ASC, key ASC");
    let fields: Vec<&str> = body["fields"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    for field in ["summary", "issuelinks", "statuscategorychangedate", "customfield_10016"] {
        assert!(fields.contains(&field), "{field}");
    }
}

#[tokio::test]
async fn a_quiet_site_costs_two_requests_and_its_window_has_no_time_zone_and_no_end() {
    let rig = jira().await;
    let (memory, known) = first(&rig).await;
    rig.forget().await;
    site(&rig).await;
    search(&rig, json(200, &recorded("jira_search.json"))).await;
    let (read, sent) = rig.poll(Some(&memory), &Shelf::of(&known)).await.expect("read");
    assert!(sent.is_empty());
    assert_eq!(read.memory, memory);
    assert_eq!(rig.asked().await, ["GET /rest/api/3/myself", "POST /rest/api/3/search/jql"]);
    let body = &bodies(&rig, "/search/jql").await[0];
    // 2026-11-20T10:15:30.123Z less ten minutes.
    assert_eq!(body["jql"], "project in (\"PAY\") AND updated >= 1795169130123 ORDER BY updated ASC, key ASC");
    assert_eq!(body["fields"], json!(["updated"]));
}

#[tokio::test]
async fn only_what_changed_is_fetched_and_it_is_fetched_by_id() {
    let rig = jira().await;
    let (memory, known) = first(&rig).await;
    rig.forget().await;
    site(&rig).await;
    let mut page = recorded("jira_search.json");
    page["issues"][1]["fields"]["updated"] = json!("2026-11-20T11:00:00.000+0000");
    page["issues"][1]["fields"]["summary"] = json!("Changed");
    search(&rig, json(200, &page)).await;
    on(&rig, "POST", "issue/bulkfetch", json(200, &json!({"issues": [page["issues"][1]], "issueErrors": []}))).await;
    let (read, sent) = rig.poll(Some(&memory), &Shelf::of(&known)).await.expect("read");
    assert_eq!(sent.len(), 1);
    assert!(sent[0].title == "Changed" && sent[0].reading.by_id);
    assert_eq!(bodies(&rig, "/bulkfetch").await[0]["issueIdsOrKeys"], json!(["10009"]));
    assert_ne!(read.memory, memory, "the cursor moved");
}

#[tokio::test]
async fn what_jira_couldnt_fetch_stays_within_the_window() {
    let rig = jira().await;
    let (memory, known) = first(&rig).await;
    rig.forget().await;
    site(&rig).await;
    let mut page = recorded("jira_search.json");
    page["issues"][1]["fields"]["updated"] = json!("2026-11-20T11:00:00.000+0000");
    page["issues"][0]["fields"]["updated"] = json!("2026-11-21T11:00:00.000+0000");
    search(&rig, json(200, &page)).await;
    let answer = json!({"issues": [page["issues"][0]], "issueErrors": [{"id": "10009", "errorMessage": "try later"}]});
    on(&rig, "POST", "issue/bulkfetch", json(200, &answer)).await;
    let (read, sent) = rig.poll(Some(&memory), &Shelf::of(&known)).await.expect("read");
    assert_eq!(sent.len(), 1);
    assert!(read.memory.contains("2026-11-20T11:00:00Z"), "{}", read.memory);
}

#[tokio::test]
async fn pages_are_read_until_the_token_is_absent_even_past_a_short_one() {
    let rig = jira().await;
    site(&rig).await;
    let sample = recorded("jira_search.json");
    let page = |issue: &[usize], token: Option<&str>| {
        let issues: Vec<&Value> = issue.iter().map(|index| &sample["issues"][*index]).collect();
        json(200, &json!({"issues": issues, "nextPageToken": token, "isLast": token.is_none()}))
    };
    let after = |token: &str| Mock::given(body_partial_json(json!({"nextPageToken": token})));
    after("b").respond_with(page(&[1], None)).with_priority(1).mount(&rig.server).await;
    after("a").respond_with(page(&[], Some("b"))).with_priority(1).mount(&rig.server).await;
    search(&rig, page(&[0], Some("a"))).await;
    let (_, issues) = rig.poll(None, &Shelf::default()).await.expect("read");
    assert_eq!(issues.len(), 2);
}

#[tokio::test]
async fn a_repeated_token_is_given_up() {
    let rig = jira().await;
    site(&rig).await;
    search(&rig, json(200, &json!({"issues": [], "nextPageToken": "same", "isLast": false}))).await;
    let trouble = rig.poll(None, &Shelf::default()).await.expect_err("endless");
    assert_eq!(trouble.kind, TroubleKind::Garbled);
    assert_eq!(rig.asked().await.len(), 6);
}

#[tokio::test]
async fn an_anonymous_empty_answer_is_a_refused_credential() {
    let empty = json(200, &json!({"issues": [], "isLast": true}));
    let blind = json(400, &json!({"errorMessages": ["The value 'PAY' does not exist for the field 'project'."]}));
    for template in [empty, blind] {
        let rig = jira().await;
        site(&rig).await;
        search(&rig, template.insert_header("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")).await;
        let trouble = rig.poll(None, &Shelf::default()).await.expect_err("anonymous");
        assert_eq!(trouble.kind, TroubleKind::Unauthorized);
        assert!(trouble.to_string().contains("answers as anonymous"), "{trouble}");
    }
}

#[tokio::test]
async fn a_site_without_issues_is_read_whole() {
    let rig = jira().await;
    site(&rig).await;
    search(&rig, json(200, &json!({"issues": []}))).await;
    let (read, issues) = rig.poll(None, &Shelf::default()).await.expect("read");
    assert!(issues.is_empty());
    assert_eq!(read.containers.len(), 1);
    rig.forget().await;
    site(&rig).await;
    search(&rig, json(200, &recorded("jira_search.json"))).await;
    let (_, issues) = rig.poll(Some(&read.memory), &Shelf::default()).await.expect("read");
    assert_eq!(issues.len(), 2);
}

#[tokio::test]
async fn a_refused_search_is_a_trouble_that_names_status_and_next_step() {
    let gone = json!({"errorMessages": ["The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."], "errors": {}});
    let html = ResponseTemplate::new(200).set_body_raw("<!doctype html>secret words", "text/html;charset=UTF-8");
    let cut = ResponseTemplate::new(200).set_body_raw("{\"issues\": [{\"id\": \"secret words", "application/json");
    let cases = [
        (
            json(400, &json!({"errorMessages": ["Unbounded JQL"], "errors": {}})),
            TroubleKind::Invalid,
            "400 Unbounded JQL",
        ),
        (
            json(401, &json!({"code": 401, "message": "Unauthorized; scope does not match"})),
            TroubleKind::Unauthorized,
            "401 Unauthorized; scope",
        ),
        (json(403, &json!({})), TroubleKind::Forbidden, "403"),
        (json(410, &gone), TroubleKind::Missing, "410 The requested API has been removed"),
        (html, TroubleKind::Garbled, "HTML instead of JSON"),
        (cut, TroubleKind::Garbled, "JSON that breaks off"),
    ];
    for (template, kind, words) in cases {
        let rig = jira().await;
        site(&rig).await;
        search(&rig, template).await;
        let trouble = rig.poll(None, &Shelf::default()).await.expect_err(words);
        let said = trouble.to_string();
        assert_eq!(trouble.kind, kind, "{said}");
        assert!(said.starts_with("jira: POST /rest/api/3/search/jql answered ") && said.contains(words), "{said}");
        assert!(!said.contains("secret words") && !trouble.next.is_empty(), "{said}");
    }
}

#[tokio::test]
async fn a_server_that_tells_neither_its_kind_nor_its_address_is_a_data_center_where_it_was_asked() {
    let rig = jira().await;
    for (place, body) in [
        ("serverInfo", json!({"version": "7.6.1"})),
        ("myself", json!({"name": "bot", "key": "bot", "displayName": "Bot"})),
        ("project/PAY", json!({"id": "10000", "key": "PAY"})),
        ("field", json!([])),
        ("search", json!({"issues": [recorded("jira_search.json")["issues"][0]], "maxResults": 50, "total": 1})),
    ] {
        Mock::given(path(format!("/rest/api/2/{place}"))).respond_with(json(200, &body)).mount(&rig.server).await;
    }
    let (read, issues) = rig.poll(None, &Shelf::default()).await.expect("read");
    assert_eq!(
        (read.server.as_str(), issues[0].url.as_str()),
        (&*rig.server.uri(), &*format!("{}/browse/PAY-1", rig.server.uri()))
    );
}

#[tokio::test]
async fn several_story_point_fields_are_a_finding_unless_one_is_pinned() {
    for (pinned, expected, findings) in
        [(None, None, 1), (Some("customfield_2"), Some(8.0), 0), (Some("customfield_9"), None, 1)]
    {
        let rig = jira_with(policy(), pinned).await;
        let float = "com.atlassian.jira.plugin.system.customfieldtypes:float";
        let fields = json!([
            points("customfield_1", float, "Story Points"),
            points("customfield_2", float, "Story point estimate"),
            points("customfield_3", float, "Budget")
        ]);
        Mock::given(path("/rest/api/3/field"))
            .respond_with(json(200, &fields))
            .with_priority(1)
            .mount(&rig.server)
            .await;
        site(&rig).await;
        let mut page = recorded("jira_search.json");
        page["issues"][0]["fields"]["customfield_2"] = json!(8);
        search(&rig, json(200, &page)).await;
        let (read, issues) = rig.poll(None, &Shelf::default()).await.expect("read");
        assert_eq!(issues[0].story_points, expected, "{pinned:?}");
        assert_eq!(read.findings.len(), findings, "{:?}", read.findings);
    }
}

#[tokio::test]
async fn the_points_of_team_managed_and_of_company_managed_projects_are_both_read() {
    let rig = jira_with(policy(), None).await;
    let fields = json!([
        points("customfield_1", "com.atlassian.jira.plugin.system.customfieldtypes:float", "Story Points"),
        points("customfield_2", "com.pyxis.greenhopper.jira:jsw-story-points", "Story point estimate")
    ]);
    Mock::given(path("/rest/api/3/field")).respond_with(json(200, &fields)).with_priority(1).mount(&rig.server).await;
    site(&rig).await;
    let mut page = recorded("jira_search.json");
    page["issues"][0]["fields"]["customfield_1"] = json!(5);
    page["issues"][0]["fields"]["customfield_2"] = json!(null);
    search(&rig, json(200, &page)).await;
    let (read, issues) = rig.poll(None, &Shelf::default()).await.expect("read");
    assert_eq!((issues[0].story_points, read.findings), (Some(5.0), Vec::new()));
}

#[tokio::test]
async fn issues_are_read_by_id_a_hundred_at_a_time_and_missing_ones_are_left_out() {
    let rig = jira().await;
    let (_, known) = first(&rig).await;
    rig.forget().await;
    site(&rig).await;
    let found = json!({"issues": [recorded("jira_search.json")["issues"][0]]});
    on(&rig, "POST", "issue/bulkfetch", json(200, &found)).await;
    let many: Vec<Arc<Issue>> = (0..150)
        .map(|n| {
            let mut issue = known[0].clone();
            issue.id.id = (10_002 + n).to_string();
            Arc::new(issue)
        })
        .collect();
    let found = rig.tracker.by_id(many, Turn(9)).await.expect("read");
    let read: Vec<Issue> = found.into_iter().filter_map(Found::here).collect();
    assert!(read.iter().all(|issue| issue.id.id == "10002" && issue.reading.by_id && issue.reading.turn == Turn(9)));
    let sizes: Vec<usize> = bodies(&rig, "/bulkfetch")
        .await
        .iter()
        .map(|body| body["issueIdsOrKeys"].as_array().map_or(0, Vec::len))
        .collect();
    assert_eq!(sizes, [100, 50]);
}

#[tokio::test]
async fn other_projects_in_the_configuration_are_read_from_the_start() {
    let rig = jira().await;
    let (memory, known) = first(&rig).await;
    let renamed = memory.replace("\\\"PAY\\\"", "\\\"OLD\\\"");
    assert_ne!(renamed, memory);
    let (_, sent) = rig.poll(Some(&renamed), &Shelf::of(&known)).await.expect("read");
    assert_eq!(sent.len(), 2);
}
