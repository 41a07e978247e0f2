//! Every route's answer against the trackers' official descriptions, where these lie beside the repository.

use reqwest::Method;
use serde_json::{Value, json};

use super::description::Description;
use super::{Bed, Got, read};

fn check(official: &Description, path: &str, method: &str, got: &Got) {
    official.check_answer(path, method, got.status.as_u16(), &got.body);
}

#[tokio::test]
async fn the_githubs_answers_fit_the_official_description() {
    let gets = [
        ("/user", "/user"),
        ("/rate_limit", "/rate_limit"),
        ("/orgs/{org}/repos", "/orgs/acme/repos"),
        ("/user/repos", "/user/repos"),
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
    let Some(official) = Description::github(gets.len() + 5) else { return };
    let bed = Bed::shipped().await;
    for (path, asked) in gets {
        check(&official, path, "get", &bed.get(asked).await);
    }
    let (issue, one) = ("/repos/{owner}/{repo}/issues/{issue_number}/labels", "/repos/{owner}/{repo}/labels/{name}");
    let send = |method, path: &str, body: Value| read(bed.github(method, path).json(&body));
    check(
        &official,
        "/repos/{owner}/{repo}/labels",
        "post",
        &send(Method::POST, "/repos/acme/api/labels", json!({"name": "new", "color": "ABCDEF"})).await,
    );
    check(
        &official,
        "/repos/{owner}/{repo}/labels",
        "post",
        &send(Method::POST, "/repos/acme/api/labels", json!({"name": "new", "color": "ABCDEF"})).await,
    );
    check(
        &official,
        one,
        "patch",
        &send(Method::PATCH, "/repos/acme/api/labels/new", json!({"new_name": "newer"})).await,
    );
    check(
        &official,
        issue,
        "post",
        &send(Method::POST, "/repos/acme/api/issues/6/labels", json!({"labels": ["newer", "x"]})).await,
    );
    check(
        &official,
        issue,
        "put",
        &send(Method::PUT, "/repos/acme/api/issues/6/labels", json!({"labels": ["x"]})).await,
    );
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
    let Some(official) = Description::jira(gets.len() + 3) else { return };
    let bed = Bed::shipped().await;
    let changed =
        bed.put("PAY-2", json!({"update": {"labels": [{"add": "x"}]}, "fields": {"customfield_10028": 3}})).await;
    assert_eq!(changed.status.as_u16(), 204);
    for (path, asked) in gets {
        check(&official, &format!("/rest/api/3{path}"), "get", &read(bed.jira(Method::GET, asked)).await);
    }
    let posts = [
        ("/search/jql", json!({"jql": "project in (PAY, CORE) ORDER BY updated", "fields": ["*all"], "maxResults": 3})),
        ("/issue/bulkfetch", json!({"issueIdsOrKeys": ["PAY-1", "CORE-3"], "fields": ["*all"]})),
        ("/changelog/bulkfetch", json!({"issueIdsOrKeys": ["PAY-2", "PAY-7"]})),
    ];
    for (path, body) in posts {
        check(&official, &format!("/rest/api/3{path}"), "post", &read(bed.jira(Method::POST, path).json(&body)).await);
    }
}
