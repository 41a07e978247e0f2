//! The sandbox's Data Center: its shape, its refusals, and its answers against the official description.

use reqwest::{Method, RequestBuilder, StatusCode};
use roadmapd::sandbox::{Corpus, JiraShape, Options};
use serde_json::{Value, json};

use super::description::Description;
use super::schemas::check;
use super::{Bed, Got, fixed, read};

async fn bed(shape: JiraShape) -> Bed {
    let options =
        Options { clock: fixed(), jira_shape: JiraShape { data_center: true, ..shape }, ..Options::default() };
    Bed::new(Corpus::shipped(), options).await
}

fn ask(bed: &Bed, method: Method, path: &str) -> RequestBuilder {
    bed.client.request(method, format!("{}{path}", bed.running.jira_url())).bearer_auth(bed.running.jira_token())
}

async fn get(bed: &Bed, path: &str) -> Got {
    read(ask(bed, Method::GET, &format!("/rest/api/2{path}"))).await
}

async fn search(bed: &Bed, body: Value) -> Got {
    read(ask(bed, Method::POST, "/rest/api/2/search").json(&body)).await
}

#[tokio::test]
async fn a_search_is_paged_by_offset_within_what_the_server_gives() {
    let bed = bed(JiraShape { search_max: 4, ..JiraShape::default() }).await;
    let (mut keys, mut start) = (Vec::new(), 0);
    loop {
        let body =
            json!({"jql": "project = PAY ORDER BY key", "startAt": start, "maxResults": 100, "fields": ["summary"]});
        let page = search(&bed, body).await.body;
        assert_eq!((&page["startAt"], &page["maxResults"]), (&json!(start), &json!(4)));
        let rows = page["issues"].as_array().expect("rows").clone();
        keys.extend(rows.iter().filter_map(|row| row["key"].as_str().map(str::to_owned)));
        start += rows.len();
        if start >= usize::try_from(page["total"].as_u64().expect("a total")).expect("small") {
            break;
        }
    }
    let all = bed.running.all_facts();
    assert_eq!(keys.len(), all.keys().filter(|key| key.starts_with("PAY-")).count());
    assert!(start > 4, "more than one page");
    for known in ["id in (10001, 999999)", "key in (PAY-1, PAY-999)"] {
        assert_eq!(search(&bed, json!({"jql": known})).await.status, StatusCode::BAD_REQUEST);
        let lenient = search(&bed, json!({"jql": known, "validateQuery": false})).await;
        assert_eq!((lenient.status, &lenient.body["total"]), (StatusCode::OK, &json!(1)));
    }
}

#[tokio::test]
async fn it_speaks_version_2_in_wiki_markup_with_names_and_keys() {
    let bed = bed(JiraShape { context: "/jira".to_owned(), ..JiraShape::default() }).await;
    assert!(bed.running.jira_url().ends_with("/jira"));
    assert_eq!(get(&bed, "/serverInfo").await.body["deploymentType"], "Server");
    let me = get(&bed, "/myself").await;
    assert_eq!(
        (&me.body["key"], me.body.get("accountId"), me.header("x-seraph-loginreason")),
        (&json!("JIRAUSER10100"), None, "OK")
    );
    for gone in ["/rest/api/3/myself", "/rest/api/2/search/jql", "/rest/api/2/project/search", "/_edge/tenant_info"] {
        assert_eq!(read(ask(&bed, Method::GET, gone)).await.status, StatusCode::NOT_IMPLEMENTED, "{gone}");
    }
    let outside = bed.running.jira_url().trim_end_matches("/jira").to_owned();
    let got = read(bed.client.get(format!("{outside}/rest/api/2/serverInfo"))).await;
    assert_eq!(got.status, StatusCode::NOT_FOUND, "nothing is served outside the context");
    let wrong = bed.client.get(format!("{}/rest/api/2/field", bed.running.jira_url())).bearer_auth("wrong");
    let got = read(wrong).await;
    assert_eq!((got.status, got.header("x-seraph-loginreason")), (StatusCode::UNAUTHORIZED, "AUTHENTICATED_FAILED"));
}

#[tokio::test]
async fn an_epic_is_named_by_a_field_and_a_parent_only_of_sub_tasks() {
    let bed = bed(JiraShape::default()).await;
    let rows = search(&bed, json!({"jql": "project in (PAY, CORE)", "maxResults": 100, "fields": ["*all"]})).await.body;
    let (mut epics, mut descriptions) = (0, 0);
    for row in rows["issues"].as_array().expect("rows") {
        let fields = &row["fields"];
        let subtask = fields["issuetype"]["subtask"] == true;
        assert!(subtask || fields.get("parent").is_none(), "{row}");
        assert!(fields["issuetype"].get("hierarchyLevel").is_none() && fields.get("customfield_10016").is_none());
        epics += usize::from(fields["customfield_10008"].is_string());
        descriptions += usize::from(fields["description"].is_string());
    }
    assert!(epics > 0 && descriptions > 0);
}

#[tokio::test]
async fn an_edit_without_notifying_takes_an_administrator() {
    let bed = bed(JiraShape { may_discard_notifications: false, ..JiraShape::default() }).await;
    let put = |path: &str| {
        ask(&bed, Method::PUT, &format!("/rest/api/2/issue/{path}"))
            .json(&json!({"update": {"labels": [{"add": "x"}]}}))
    };
    let refused = read(put("PAY-2?notifyUsers=false")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body["errorMessages"][0].as_str().is_some_and(|text| text.contains("project admin")));
    assert!(bed.running.log().is_empty());
    assert_eq!(read(put("PAY-2")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(bed.running.log().len(), 1);
}

/// The description calls lists single objects, and field values objects.
fn check_rows(official: &Description, path: &str, got: &Got) {
    for row in got.rows() {
        let row = Got { status: got.status, headers: got.headers.clone(), body: row.clone() };
        check(official, path, "get", &row);
    }
}

#[tokio::test]
async fn the_data_centers_answers_fit_the_official_description() {
    let gets = [
        ("/serverInfo", "/serverInfo"),
        ("/myself", "/myself"),
        ("/issueLinkType", "/issueLinkType"),
        ("/issue/{issueIdOrKey}", "/issue/PAY-2"),
        ("/issue/{issueIdOrKey}", "/issue/PAY-2?expand=changelog"),
        ("/issue/{issueIdOrKey}/editmeta", "/issue/PAY-2/editmeta"),
        ("/project/{projectIdOrKey}", "/project/CORE"),
        ("/mypermissions", "/mypermissions?projectKey=PAY"),
    ];
    let Some(official) = Description::named("jira-software-dc-10.3.24.openapi.json.gz", gets.len() + 3) else { return };
    let bed = bed(JiraShape::default()).await;
    let body = json!({"update": {"labels": [{"add": "x"}], "customfield_10060": [{"set": {"value": "Minor"}}]}});
    let changed = read(ask(&bed, Method::PUT, "/rest/api/2/issue/PAY-2").json(&body)).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT);
    for (path, asked) in gets {
        check(&official, &format!("/api/2{path}"), "get", &get(&bed, asked).await);
    }
    check_rows(&official, "/api/2/field", &get(&bed, "/field").await);
    for expand in [json!([]), json!(["changelog"])] {
        let body = json!({"jql": "project in (PAY, CORE)", "maxResults": 20, "fields": ["*all"], "expand": expand});
        check(&official, "/api/2/search", "post", &search(&bed, body).await);
    }
}
