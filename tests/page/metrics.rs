//! What a scrape tells, held against the journal, the trackers and the page.

use http::Method;
use roadmapd::plan::Outcome;
use roadmapd::sandbox::{Fault, Matcher, Tracker};

use crate::openmetrics::Scrape;
use crate::site::{LOCKED, Site, WRITES, mixed, shipped};

/// Labels that there are; what they hold is a tracker, a scope or a fixed word.
const LABELS: [&str; 10] =
    ["aspect", "effect", "le", "level", "outcome", "scope", "stage", "status", "tracker", "version"];

async fn scrape(site: &Site) -> Scrape {
    Scrape::of(&site.get_known("/metrics").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scrape_is_openmetrics_by_the_letter_and_names_no_issue() {
    let fresh = Site::before_any_cycle(mixed(), WRITES).await;
    let scope = "[[scope]]\nname = 'the \"first\" \\ team'\nmatch = [\"github:acme/*\"]\n";
    for site in [fresh, Site::new(mixed(), &format!("{WRITES}{LOCKED}{scope}")).await, Site::new(shipped(), "").await] {
        let scrape = scrape(&site).await;
        assert!(scrape.samples.len() > 80, "{}", scrape.samples.len());
        for sample in &scrape.samples {
            for (label, value) in &sample.labels {
                assert!(LABELS.contains(&label.as_str()), "{sample:?}");
                assert!(!value.contains(['#', '/']), "{sample:?}");
            }
        }
        assert!(scrape.samples.len() < 400, "{}", scrape.samples.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_two_cycles_the_numbers_are_those_of_the_journal_and_of_the_trackers() {
    let site = Site::before_any_cycle(shipped(), WRITES).await;
    let before = scrape(&site).await;
    assert_eq!(before.sum("roadmapd_cycles_total", &[]), 0.0);
    assert_eq!(before.sum("roadmapd_edits_total", &[]), 0.0);
    site.turn().await;
    site.turn().await;
    let scrape = scrape(&site).await;
    let mut journalled = 0;
    for cycle in [1, 2] {
        for entry in site.store.journal(cycle).await.expect("the journal") {
            assert_eq!(entry.outcome, Some(Outcome::Done));
            journalled += entry.change.edits.len();
        }
    }
    assert!(journalled > 20);
    assert_eq!(scrape.sum("roadmapd_edits_total", &[("outcome", "done")]), journalled as f64);
    assert_eq!(scrape.sum("roadmapd_edits_total", &[]), journalled as f64, "nothing else became of any");
    for (name, tracker) in [("github", Tracker::GitHub), ("jira", Tracker::Jira)] {
        let counted = site.trackers.request_count(tracker) as f64;
        assert_eq!(scrape.sum("roadmapd_requests_total", &[("tracker", name)]), counted, "{name}");
        assert_eq!(scrape.sum("roadmapd_requests_sent_total", &[("tracker", name)]), counted, "{name}");
        assert_eq!(scrape.one("roadmapd_requests_total", &[("tracker", name), ("status", "5xx")]), 0.0);
    }
    assert_eq!(scrape.one("roadmapd_cycles_total", &[("outcome", "done")]), 2.0);
    assert_eq!(scrape.one("roadmapd_cycle_duration_seconds_count", &[]), 2.0);
    for (stage, cycles) in [("poll", 2.0), ("think", 2.0), ("apply", 1.0), ("echo", 1.0)] {
        let of = |part: &str| scrape.one(&format!("roadmapd_stage_duration_seconds_{part}"), &[("stage", stage)]);
        assert_eq!(of("count"), cycles, "{stage}");
        assert!(of("sum") > 0.0, "{stage}");
    }
    let stages = scrape.sum("roadmapd_stage_duration_seconds_sum", &[]);
    assert!(stages <= scrape.one("roadmapd_cycle_duration_seconds_sum", &[]), "stages are parts of cycles");
    assert_eq!(scrape.one("roadmapd_cycle_running", &[]), 0.0);
    assert!(site.turn().await.quiet);
    site.beacon.turns();
    let later = self::scrape(&site).await;
    assert_eq!(later.one("roadmapd_cycles_total", &[("outcome", "quiet")]), 1.0);
    let of = |stage: &str| later.one("roadmapd_stage_duration_seconds_count", &[("stage", stage)]);
    assert_eq!((of("poll"), of("think")), (3.0, 2.0), "a quiet cycle only reads");
    assert_eq!(later.sum("roadmapd_edits_total", &[]), journalled as f64);
    assert_eq!(later.one("roadmapd_cycle_running", &[]), 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn items_and_holds_are_counted_as_the_page_shows_them() {
    let scope = "[[scope]]\nname = \"payments\"\nmatch = [\"jira:PAY\"]\n";
    let site = Site::new(shipped(), &format!("{WRITES}{scope}")).await;
    let scrape = scrape(&site).await;
    let shown = async |query: &str| site.get(&format!("/api/v1/roadmap?{query}")).await.json()["total"].as_f64();
    for (aspect, levels) in
        [("priority", ["p0", "p1", "p2", "p3"].as_slice()), ("complexity", &["xs", "s", "m", "l", "xl"])]
    {
        for level in levels {
            let total = shown(&format!("{aspect}={level}")).await.expect("a number");
            let labels = [("aspect", aspect), ("level", level)];
            assert_eq!(scrape.sum("roadmapd_items", &labels), total, "{level}");
        }
    }
    let of_scope = scrape.sum("roadmapd_items", &[("aspect", "priority"), ("scope", "payments")]);
    assert!(of_scope > 0.0);
    assert_eq!(Some(of_scope), shown("scope=payments").await);
    let holds = site.get("/api/v1/holds").await.json();
    let holds = holds["holds"].as_array().expect("holds").len();
    assert!(holds > 0);
    assert_eq!(scrape.sum("roadmapd_holds", &[]), holds as f64);
    assert_eq!(scrape.sum("roadmapd_fights", &[]), 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_private_is_counted_only_for_whoever_may_see_it() {
    for (more, items) in [("", 5.0), (LOCKED, 7.0)] {
        let site = Site::new(mixed(), &format!("{WRITES}{more}")).await;
        assert_eq!(scrape(&site).await.sum("roadmapd_items", &[("aspect", "priority")]), items);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_is_refused_again_and_again_is_counted_as_set_aside() {
    let site = Site::before_any_cycle(shipped(), WRITES).await;
    let refusal = Fault::status(400, r#"{"message":"Validation Failed"}"#);
    let matcher = Matcher::new(Method::POST, "/acme/api/issues/3/labels");
    site.trackers.fail(Tracker::GitHub, matcher, refusal, u32::MAX);
    for _ in 0..3 {
        assert_eq!(scrape(&site).await.sum("roadmapd_quarantined_issues", &[]), 0.0);
        site.turn().await;
    }
    let scrape = scrape(&site).await;
    assert_eq!(scrape.one("roadmapd_quarantined_issues", &[("tracker", "github")]), 1.0);
    assert_eq!(scrape.one("roadmapd_quarantined_issues", &[("tracker", "jira")]), 0.0);
    assert_eq!(scrape.one("roadmapd_cycles_total", &[("outcome", "partly")]), 3.0);
    assert_eq!(scrape.one("roadmapd_cycles_failed_in_a_row", &[]), 0.0, "one issue is no failing daemon");
    let refused = scrape.one("roadmapd_edits_total", &[("tracker", "github"), ("outcome", "refused")]);
    assert!(refused >= 3.0, "{refused}");
    assert!(scrape.one("roadmapd_requests_total", &[("tracker", "github"), ("status", "4xx")]) >= 3.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_failures_of_a_tracker_are_counted_by_what_they_are() {
    let site = Site::new(shipped(), WRITES).await;
    let count = async |status: &str| {
        scrape(&site).await.one("roadmapd_requests_total", &[("tracker", "jira"), ("status", status)])
    };
    let before = (count("limited").await, count("none").await, count("4xx").await);
    let any = || Matcher::new(Method::GET, "/rest/api/");
    let wait = vec![("retry-after".to_owned(), "1".to_owned())];
    site.trackers.fail(Tracker::Jira, any(), Fault::Status(429, "{}".to_owned(), wait), 1);
    site.turn().await;
    assert_eq!(count("limited").await, before.0 + 1.0);
    site.trackers.fail(Tracker::Jira, any(), Fault::Status(404, "{}".to_owned(), Vec::new()), 1);
    site.turn().await;
    assert_eq!((count("none").await, count("4xx").await), (before.1, before.2 + 1.0));
    let budget = scrape(&site).await;
    let of = |name: &str| budget.one(name, &[("tracker", "github")]);
    assert!(of("roadmapd_api_budget_remaining") < of("roadmapd_api_budget_limit"));
    assert!(of("roadmapd_api_budget_remaining") > 0.0);
}
