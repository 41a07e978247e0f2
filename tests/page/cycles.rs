//! What cycles did, and the plan that waits for a person.

use http::StatusCode;

use crate::site::{Site, WRITES, mixed, shipped};

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_tells_what_it_wrote_and_how_to_take_it_back() {
    let site = Site::new(shipped(), WRITES).await;
    let list = site.get("/cycles").await;
    list.names(&["href=\"/cycles/1\"", "edits written", "github ", "jira "]);
    let one = site.get("/cycles/1").await;
    one.names(&["roadmapd undo 1", "→", "priority: ", "written", "github:acme/"]);
    site.turn().await;
    site.get("/cycles").await.names(&["href=\"/cycles/2\"", "0 edits written"]);
    let quiet = site.get("/cycles/2").await;
    quiet.names(&["Nothing."]);
    quiet.hides(&["roadmapd undo"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_that_never_was_is_a_404() {
    let site = Site::new(shipped(), WRITES).await;
    for n in ["0", "2", "99999999999999999999", "-1", "one", "1%2F2"] {
        let said = site.get(&format!("/cycles/{n}")).await;
        assert_eq!(said.status, StatusCode::NOT_FOUND, "{n}");
        assert!(said.body.contains("/cycles lists"), "{}", said.body);
        assert_eq!(site.get(&format!("/api/v1/cycles/{n}")).await.status, StatusCode::NOT_FOUND, "{n}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_waits_is_shown_with_its_fingerprint_and_the_command_that_says_yes() {
    let site = Site::new(mixed(), "").await;
    let waiting = site.store.waiting().await.expect("read").expect("a plan waits");
    let command = format!("roadmapd approve {}", waiting.reviewed.fingerprint);
    for path in ["/cycles", "/status"] {
        site.get(path).await.names(&["A plan waits for a person", &command, "github:acme/open#2", "nothing"]);
    }
    let told = site.get("/api/v1/cycles").await.json();
    assert_eq!(told["waiting"]["fingerprint"], waiting.reviewed.fingerprint);
    assert_eq!(told["waiting"]["needed"], "first_contact");
}
