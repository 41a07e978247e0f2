//! Whether all is well: trackers, schedule, budgets, what is set aside.

use http::{Method, StatusCode};
use roadmapd::daemon::Heard;
use roadmapd::model::TrackerName;
use roadmapd::sandbox::{Fault, Matcher, Tracker};
use roadmapd::store::Request;
use roadmapd::web::{Bound, Hooks};

use crate::site::{Site, WRITES, mixed, shipped};

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_of_trackers_budgets_schedule_and_what_people_asked() {
    let site = Site::new(shipped(), WRITES).await;
    let page = site.get("/status").await;
    page.names(&["✓ read", "API budget left", " requests", "Next census", "0 */5 * * * *"]);
    page.names(&["No issue keeps failing", "no expiry is known", "not heard"]);
    let now = site.works.clock.now();
    site.store.ask(&Request::Pause, now).await.expect("asked");
    site.get("/status").await.names(&["Asked by a person", "pause"]);
    site.turn().await;
    site.get("/status").await.names(&["Writing is paused", "roadmapd resume"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracker_that_cannot_be_read_is_said_with_its_sentence() {
    let site = Site::new(shipped(), WRITES).await;
    site.trackers.fail(
        Tracker::Jira,
        Matcher::new(Method::GET, "/rest/api/"),
        Fault::Status(404, "{}".to_owned(), Vec::new()),
        1000,
    );
    let turned = site.turn().await;
    assert!(!turned.errors.is_empty());
    let page = site.get("/status").await;
    page.names(&["can't be read", "Reading failed", "jira"]);
    let cycles = site.get("/cycles").await;
    cycles.names(&["class=\"deed bad\""]);
    site.get("/cycles/2").await.names(&["What went wrong"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_cycle_every_view_says_what_is_to_come() {
    let site = Site::before_any_cycle(mixed(), WRITES).await;
    site.get("/").await.names(&["No item is known yet"]);
    site.get("/matrix").await.names(&["No item is known yet"]);
    site.get("/cycles").await.names(&["No cycle has turned yet"]);
    site.get("/status").await.names(&["not read yet", "none yet"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_of_a_tracker_without_a_secret_is_refused_and_counted() {
    let site = Site::before_any_cycle(mixed(), WRITES).await;
    let bound = Bound::for_webhooks(([127, 0, 0, 1], 0).into()).await.expect("an address");
    let hooks = Hooks::at(bound, site.beacon.watch());
    let url = format!("http://{}/webhooks/github", hooks.address());
    tokio::spawn(hooks.serve(site.stop.clone()));
    let answer = reqwest::Client::new().post(url).body("{}").send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(answer.text().await.expect("text"), "", "the sender isn't told why");
    let counted = site.beacon.watch().now().hints.counted(&TrackerName::new("github"));
    assert_eq!(counted.into_iter().filter(|(_, count)| *count > 0).collect::<Vec<_>>(), [(Heard::Refused, 1)]);
}
