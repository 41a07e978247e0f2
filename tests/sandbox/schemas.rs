//! Every route's answer against the trackers' official descriptions, where these lie beside the repository.

use reqwest::Method;
use serde_json::{Value, json};

use super::description::{Description, skipped};
use super::github_shapes::{as_bearer, with_app};
use super::{Bed, Got, read};
use roadmapd::sandbox::{Corpus, Options};

pub fn check(official: &Description, path: &str, method: &str, got: &Got) {
    official.check_answer(path, method, got.status.as_u16(), &got.body);
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
        ("/repos/{owner}/{repo}/issues/comments", "/repos/acme/api/issues/comments"),
        (
            "/repos/{owner}/{repo}/issues/comments",
            "/repos/acme/api/issues/comments?sort=updated&since=2026-01-01T00:00:00Z",
        ),
        ("/repos/{owner}/{repo}/issues/comments", "/repos/acme/api/issues/comments?since=junk"),
        ("/repos/{owner}/{repo}/issues/{issue_number}/comments", "/repos/acme/api/issues/3/comments"),
        ("/repos/{owner}/{repo}/issues/{issue_number}/comments", "/repos/acme/api/issues/999/comments"),
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
        ("/repos/{owner}/{repo}/pulls/{pull_number}", "/repos/acme/api/pulls/10"),
        ("/repos/{owner}/{repo}/pulls/{pull_number}", "/repos/acme/api/pulls/999"),
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
async fn the_apps_answers_fit_the_official_description() {
    let Some(official) = Description::github(4) else { return };
    let (bed, signature) = with_app().await;
    let app = as_bearer(&bed, Method::GET, "/app", &signature).await;
    check(&official, "/app", "get", &app);
    let installations = as_bearer(&bed, Method::GET, "/app/installations", &signature).await;
    // The list's own schema wants an account to be a user and an enterprise at once; the component is right.
    official.check_component("installation", &installations.rows()[0]);
    let mint = format!("/app/installations/{}/access_tokens", installations.rows()[0]["id"]);
    let minted = as_bearer(&bed, Method::POST, &mint, &signature).await;
    check(&official, "/app/installations/{installation_id}/access_tokens", "post", &minted);
    let token = minted.body["token"].as_str().expect("a token");
    let repositories = as_bearer(&bed, Method::GET, "/installation/repositories", token).await;
    check(&official, "/installation/repositories", "get", &repositories);
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
    let Some(official) = Description::named("github-ghes-3.17.openapi.json.gz", gets.len()) else { return };
    for absent in ["dependencies/blocked_by", "sub_issues"] {
        assert_eq!(official.path_of("get", &format!("/repos/acme/api/issues/1/{absent}")), None);
    }
    let bed = Bed::new(Corpus::shipped(), Options { github_enterprise: true, ..Options::default() }).await;
    for (path, asked) in gets {
        check(&official, path, "get", &bed.get(asked).await);
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
    let Some(official) = Description::jira(gets.len() + 3) else { return };
    let bed = Bed::shipped().await;
    let changed =
        bed.put("PAY-2", json!({"update": {"labels": [{"add": "x"}]}, "fields": {"customfield_10028": 3}})).await;
    assert_eq!(changed.status.as_u16(), 204);
    let lacks = |method: &str, path: &str| official.path_of(method, &format!("/rest/api/3{path}")).is_none();
    let mut lacking = 0;
    for (path, asked) in gets {
        if lacks("get", path) {
            lacking += 1;
            continue;
        }
        check(&official, &format!("/rest/api/3{path}"), "get", &read(bed.jira(Method::GET, asked)).await);
    }
    let posts = [
        ("/search/jql", json!({"jql": "project in (PAY, CORE) ORDER BY updated", "fields": ["*all"], "maxResults": 3})),
        ("/issue/bulkfetch", json!({"issueIdsOrKeys": ["PAY-1", "CORE-3"], "fields": ["*all"]})),
        ("/changelog/bulkfetch", json!({"issueIdsOrKeys": ["PAY-2", "PAY-7"]})),
    ];
    for (path, body) in posts {
        if lacks("post", path) {
            lacking += 1;
            continue;
        }
        check(&official, &format!("/rest/api/3{path}"), "post", &read(bed.jira(Method::POST, path).json(&body)).await);
    }
    if lacking > 0 {
        assert!(!official.whole(), "the present description has all of them");
        skipped(lacking, "answers that the older description of Jira lacks");
    }
}
