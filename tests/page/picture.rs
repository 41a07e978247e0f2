//! How long a picture lasts. What is put into the store past all cycles shows whether it was read again.

use std::sync::Arc;

use roadmapd::daemon::Works;
use roadmapd::model::Timestamp;
use roadmapd::store::Request;

use crate::site::{Site, WRITES, shipped};

/// A site whose last cycle was quiet.
async fn at_rest() -> Site {
    let site = Site::new(shipped(), WRITES).await;
    site.turn().await;
    assert!(site.turn().await.quiet);
    site
}

/// Puts another title on the first item of the list, where no cycle sees it.
async fn retitle(site: &Site, title: &str) {
    let first = site.get("/api/v1/roadmap").await.json()["items"][0]["faces"][0].as_str().expect("a key").to_owned();
    let mut issues = site.store.issues().await.expect("a store");
    issues.retain(|issue| issue.key.to_string() == first);
    issues[0].title = title.to_owned();
    site.store.save_issues(&issues).await.expect("kept");
}

/// The title of the first item, and when it was found.
async fn first(site: &Site) -> (String, Timestamp) {
    let list = site.get("/api/v1/roadmap").await.json();
    let text = |told: &serde_json::Value| told.as_str().expect("text").to_owned();
    (text(&list["items"][0]["title"]), text(&list["generated_at"]).parse().expect("a time"))
}

/// A time as the page has it.
fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_cycle_draws_nothing_and_moves_the_time_on() {
    let site = at_rest().await;
    let (title, before) = first(&site).await;
    retitle(&site, "Read again").await;
    let ended = site.works.clock.now();
    assert!(site.turn().await.quiet);
    assert!(before < ended);
    assert_eq!(first(&site).await, (title.clone(), ended));
    site.get("/").await.names(&["as of", &shown(ended)]);
    for _ in 0..3 {
        assert!(site.turn_elsewhere().await.quiet);
    }
    let (kept, confirmed) = first(&site).await;
    assert_eq!(kept, title, "cycles between which nobody asked were quiet, too");
    assert_eq!(confirmed.duration_since(ended).as_secs(), 180);
    // What isn't drawn is as it is now.
    let n = site.store.last_cycle().await.expect("a store");
    let last = format!("href=\"/cycles/{n}\"");
    site.get("/status").await.names(&[&last, &shown(confirmed)]);
    site.get("/cycles").await.names(&[&last]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_that_finds_something_draws_anew_even_if_quiet_ones_follow() {
    let site = at_rest().await;
    retitle(&site, "Read again").await;
    let found = site.trackers.all_facts().into_keys().find(|key| key.starts_with("acme/web#")).expect("an issue");
    site.trackers.edit_title(&found, "Found by a cycle").expect("an issue");
    assert!(!site.turn().await.quiet);
    let list = site.get("/api/v1/roadmap?text=found+by").await.json();
    assert_eq!((list["total"].as_u64(), first(&site).await.0.as_str()), (Some(1), "Read again"));
    site.trackers.edit_title(&found, "Found by another").expect("an issue");
    assert!(!site.turn_elsewhere().await.quiet);
    while !site.turn_elsewhere().await.quiet {}
    assert_eq!(site.get("/api/v1/roadmap?text=found+by+another").await.json()["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_asks_draws_anew_once_a_cycle_takes_it() {
    let site = at_rest().await;
    let (title, _) = first(&site).await;
    retitle(&site, "Read again").await;
    site.store.ask(&Request::Pause, site.works.clock.now()).await.expect("asked");
    assert_eq!(first(&site).await.0, title, "nobody took it yet");
    assert!(!site.turn().await.quiet);
    assert_eq!(first(&site).await.0, "Read again");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_day_or_other_settings_draw_anew_though_no_cycle_turned() {
    let site = at_rest().await;
    let (_, before) = first(&site).await;
    retitle(&site, "Of another day").await;
    site.pass(24 * 60 * 60);
    assert_eq!(first(&site).await, ("Of another day".to_owned(), before), "and as of the same cycle");
    retitle(&site, "Of other settings").await;
    let works = site.works.clone();
    let settings = Arc::new((*works.settings).clone());
    site.beacon.renew(Works { settings, ..works });
    assert_eq!(first(&site).await, ("Of other settings".to_owned(), before));
}
