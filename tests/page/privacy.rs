//! What isn't for every reader is left out of everything, unless the page knows who reads.

use http::StatusCode;
use serde_json::Value;

use crate::site::{LOCKED, Site, TOKEN, WRITES, mixed};

/// What only people who signed in may read.
pub const SECRETS: [&str; 6] = ["merger with Initech", "layoffs in spring", "acme/secret", "PAY-2", "mole", "Board"];

/// Every address that shows something of the roadmap.
const PATHS: [&str; 20] = [
    "/",
    "/?status=all",
    "/matrix",
    "/items/github:acme/open%231",
    "/items/github:acme/open%232",
    "/items/github:acme/open%233",
    "/cycles",
    "/cycles/1",
    "/status",
    "/api/v1/roadmap?status=all",
    "/api/v1/matrix",
    "/api/v1/items/github:acme/open%232",
    "/api/v1/items/github:acme/open%233",
    "/api/v1/cycles",
    "/api/v1/cycles/1",
    "/api/v1/holds",
    "/livez",
    "/readyz",
    "/health",
    "/metrics",
];

#[tokio::test(flavor = "multi_thread")]
async fn without_authentication_nothing_private_is_in_any_answer() {
    let writes = Site::new(mixed(), WRITES).await;
    let waits = Site::new(mixed(), "").await;
    for (site, path) in [&writes, &waits].into_iter().flat_map(|site| PATHS.map(|path| (site, path))) {
        site.get(path).await.hides(&SECRETS);
    }
    for asked in ["text=merger", "text=layoffs", "project=github:acme/secret", "project=jira:SEC", "person=mole"] {
        let list = writes.get(&format!("/api/v1/roadmap?{asked}")).await.json();
        assert_eq!(list["total"], 0, "{asked}: {list}");
        writes.get(&format!("/?{asked}")).await.names(&["0 items match"]);
    }
    for hidden in ["github:acme/secret%231", "jira:PAY-2"] {
        for path in [format!("/items/{hidden}"), format!("/api/v1/items/{hidden}")] {
            assert_eq!(writes.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    let cycle = writes.get("/api/v1/cycles").await.json()["cycles"][0].clone();
    let shown = writes.get("/api/v1/cycles/1").await.json()["changes"].as_array().expect("changes").clone();
    let edits: usize = shown.iter().map(|change| change["edits"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(cycle["summary"]["written"], edits, "only what is shown is counted");
    assert!(edits > 0 && cycle["summary"]["skipped"].is_null(), "{cycle}");
    let page = writes.get("/").await;
    page.names(&["Everyone may read this", "5 items", "are left out everywhere"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signed_in_sees_what_is_private() {
    let site = Site::new(mixed(), &format!("{WRITES}{LOCKED}")).await;
    let bearer = format!("Bearer {TOKEN}");
    let page = site.ask("GET", "/", &[("authorization", &bearer)]).await;
    page.names(&["merger with Initech", "layoffs in spring", "acme/secret", "PAY-2", "mole", "7 items"]);
    page.hides(&["are left out everywhere"]);
    site.ask("GET", "/items/github:acme/secret%231", &[("authorization", &bearer)]).await.names(&["Initech"]);
    let cycles: Value = site.ask("GET", "/api/v1/cycles", &[("authorization", &bearer)]).await.json();
    assert!(cycles["cycles"][0]["summary"]["skipped"].is_number(), "{cycles}");
    site.ask("GET", "/items/github:acme/open%232", &[("authorization", &bearer)]).await.names(&["acme/secret#1"]);
}
