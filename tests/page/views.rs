//! What the views name, how they are narrowed, and what they answer to nonsense.

use http::StatusCode;

use crate::site::{Site, WRITES, generated, mixed, shipped};

#[tokio::test(flavor = "multi_thread")]
async fn the_roadmap_lists_items_with_levels_keys_blockers_and_dues() {
    let site = Site::new(shipped(), WRITES).await;
    let page = site.get("/").await;
    page.names(&["<h1>Roadmap</h1>", "chip p0", "chip size", "aria-current=\"page\"", "Skip to the content"]);
    page.names(&["github:acme/", "jira:", "rel=\"noreferrer noopener\"", "s-doing", "r-blocked", "data-label=\"Due\""]);
    page.names(&["waits for it\">lifted<"]);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_on_the_server_and_stand_in_the_address() {
    let site = Site::new(mixed(), WRITES).await;
    let one = site.get("/?text=EVERYONE+read").await;
    one.names(&["Everyone may read this", "1 item match", "value=\"EVERYONE read\""]);
    one.hides(&["Waits for a secret"]);
    site.get("/?priority=p0&project=github:acme/open").await.names(&["Everyone may read this", "1 item match"]);
    site.get("/?person=ada&tracker=github&status=open").await.names(&["Everyone may read this", "1 item match"]);
    site.get("/?tracker=jira").await.names(&["jira:PAY-1", "1 item match"]);
    site.get("/?tracker=none").await.names(&["No item matches these filters"]);
    site.get("/?status=done").await.names(&["No item matches these filters"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_in_the_address_is_answered_with_a_sentence() {
    let site = Site::new(shipped(), WRITES).await;
    for (path, said) in [
        ("/?priority=p9", "is none of p0, p1, p2, p3"),
        ("/?page=0", "isn&#39;t a whole number from 1"),
        ("/?page=two", "isn&#39;t a whole number from 1"),
        ("/?colour=%3Cscript%3E", "isn&#39;t known here"),
        ("/?status=gone", "is none of open, all"),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        let text = answer.body.replace('\'', "&#39;");
        assert!(text.contains(said) && !text.contains("<script>"), "{path}: {}", answer.body);
    }
    let past = site.get("/?page=99999").await;
    past.names(&["past the end"]);
    let nowhere = site.get("/nowhere").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    assert!(nowhere.body.contains("/items/KEY"), "{}", nowhere.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_items_come_in_pages_that_keep_the_filters() {
    let site = Site::new(generated(5, 180), WRITES).await;
    let first = site.get("/?status=all").await;
    first.names(&["Page 1 of ", "href=\"/?status=all&amp;page=2\"", "rel=\"next\""]);
    let second = site.get("/?status=all&page=2").await;
    second.names(&["Page 2 of ", "rel=\"prev\" href=\"/?status=all\"", "<td class=\"rank\" role=\"cell\">51</td>"]);
    assert!(!first.body.contains("<td class=\"rank\" role=\"cell\">51</td>"), "{}", first.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_in_a_title_is_text_in_every_view() {
    let site = Site::new(mixed(), WRITES).await;
    site.trackers.add_label("PAY-1", "priority/p0").expect("an issue");
    site.trackers
        .remove_label("PAY-1", "priority/p3")
        .or_else(|_| site.trackers.remove_label("PAY-1", "priority/p2"))
        .expect("ours");
    site.turn().await;
    for path in
        ["/", "/?text=%3Cscript%3Ealert(1)%3C/script%3E", "/matrix", "/items/jira:PAY-1", "/items/github:acme/open%234"]
    {
        let page = site.get(path).await;
        page.names(&["&lt;script&gt;alert(1)&lt;/script&gt;"]);
        page.hides(&["<script>alert"]);
    }
    for path in ["/cycles", "/cycles/1", "/status"] {
        let page = site.get(path).await;
        page.names(&["</html>"]);
        page.hides(&["<script>alert"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_matrix_has_a_mark_for_each_item_in_named_quadrants() {
    let site = Site::new(shipped(), WRITES).await;
    let page = site.get("/matrix").await;
    page.names(&["Quick wins", "Big bets", "Fill-ins", "Think twice", "work, in story points", "The same as a list"]);
    let told = site.get("/api/v1/matrix").await.json();
    let marks = told["items"].as_array().expect("marks").len();
    assert_eq!(page.body.matches("<circle").count(), marks);
    assert_eq!(page.body.matches("class=\"tip\"").count(), marks);
    assert!(marks > 5 && told["items"].as_array().expect("marks").iter().any(|mark| mark["quadrant"] == "quick win"));
    site.get("/matrix?priority=p0").await.names(&["d-p0"]);
    assert_eq!(site.get("/matrix?priority=p9").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_that_ended_shows_at_once() {
    let site = Site::before_any_cycle(mixed(), WRITES).await;
    site.get("/").await.names(&["No item is known yet"]);
    site.turn().await;
    site.get("/").await.names(&["Everyone may read this"]);
    site.trackers.edit_title("acme/open#1", "A title of today").expect("an issue");
    site.turn().await;
    site.get("/").await.names(&["A title of today"]);
    let told = site.get("/api/v1/roadmap?priority=p2&text=acme/open").await.json();
    let key = told["items"][0]["faces"][0].as_str().expect("an item at p2").to_owned();
    let path = format!("/items/{}", key.replace('#', "%23"));
    let page = site.get(&path).await;
    page.hides(&["When its levels moved"]);
    page.names(&[" to p1: for example due by "]);
    for label in ["sev1", "security"] {
        site.trackers.add_label(key.trim_start_matches("github:"), label).expect("an issue");
    }
    site.turn().await;
    site.get(&path).await.names(&["When its levels moved", "p2 → <strong>", "label sev1"]);
}
