//! One item: its levels with their reasons, its issues side by side, whose it is, what was written.

use http::StatusCode;

use crate::site::{Site, WRITES, mixed, shipped};

/// The first item of several issues, by the key of its first.
async fn linked(site: &Site) -> (String, Vec<String>) {
    let items = site.get("/api/v1/roadmap").await.json()["items"].as_array().expect("items").clone();
    let several = items.iter().find(|item| item["faces"].as_array().is_some_and(|faces| faces.len() > 1));
    let faces = several.expect("linked issues")["faces"].as_array().expect("faces").clone();
    let faces: Vec<String> = faces.iter().map(|face| face.as_str().expect("a key").to_owned()).collect();
    (faces[0].replace('#', "%23"), faces)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_tells_its_reasons_its_issues_whose_it_is_and_what_was_written() {
    let site = Site::new(shipped(), WRITES).await;
    let (path, faces) = linked(&site).await;
    let page = site.get(&format!("/items/{path}")).await;
    let parts = ["Linked issues: one piece of work in 2 places", "<rect class=\"track\"", "Whose it is", "(ours)"];
    page.names(&parts);
    page.names(&["What would be written", "History", "Cycle 1", "written", "Ties", "priority: "]);
    page.names(&faces.iter().map(String::as_str).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_found_by_any_key_in_any_case_by_a_former_key_and_by_its_id() {
    let site = Site::new(mixed(), WRITES).await;
    let item = site.get("/api/v1/items/github:acme/open%231").await.json();
    let id = item["item"].as_str().expect("an id");
    for name in ["github:acme/open%231", "GitHub:ACME/Open%231", "github%3Aacme%2Fopen%231", id] {
        site.get(&format!("/items/{name}")).await.names(&["Everyone may read this"]);
    }
    site.trackers.rename_repository("acme/open", "acme/wide").expect("a repository");
    site.turn().await;
    site.get("/items/github:acme/open%231").await.names(&["Everyone may read this"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_item_is_a_404_that_says_how_items_are_named() {
    let site = Site::new(mixed(), WRITES).await;
    for name in ["github:acme/open%2399", "%3Cscript%3E", "..%2f..", "i-000000000000", "%F0%9F%A6%80"] {
        let said = site.get(&format!("/items/{name}")).await;
        assert_eq!(said.status, StatusCode::NOT_FOUND, "{name}");
        assert!(said.body.contains("%23 in an address") && !said.body.contains("<script>"), "{}", said.body);
    }
    assert_eq!(site.get("/items/%FF").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_shown_with_who_it_is_and_how_far_apart() {
    let site = Site::new(mixed(), WRITES).await;
    site.trackers
        .remove_label("acme/open#2", "priority/p3")
        .or_else(|_| site.trackers.remove_label("acme/open#2", "priority/p2"))
        .expect("a label");
    site.trackers.add_label("acme/open#2", "priority/p0").expect("an issue");
    let turned = site.turn().await;
    assert_eq!((turned.errors, turned.quiet), (Vec::new(), false));
    let holds = site.get("/api/v1/holds").await.json();
    let hold = holds["holds"].as_array().expect("holds").iter().find(|hold| hold["issue"] == "github:acme/open#2");
    assert_eq!(hold.expect("a hold")["theirs"], "priority/p0");
    site.get("/items/github:acme/open%232").await.names(&["held by", "roadmapd release", "a person holds it at p0"]);
    site.get("/").await.names(&["class=\"held\""]);
    site.get("/status").await.names(&["github:acme/open#2", "levels", "roadmapd release KEY"]);
}
