//! What monitors ask: whether it lives, whether it is ready, and what is wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use roadmapd::daemon::{Beacon, Clock, Works};
use roadmapd::sandbox::{Fault, Matcher, Options, Tracker};
use serde_json::Value;
use sqlx::{Connection, SqliteConnection};

use crate::openmetrics::Scrape;
use crate::privacy::SECRETS;
use crate::site::{LOCKED, Said, Site, WRITES, mixed, shipped};

/// A clock that a test puts forward.
#[derive(Clone, Default)]
struct Ahead(Arc<AtomicI64>);

impl Ahead {
    fn clock(&self) -> Clock {
        let ahead = Arc::clone(&self.0);
        Clock::from_fn(move || {
            Timestamp::now().saturating_add(SignedDuration::from_secs(ahead.load(Ordering::Relaxed))).expect("in time")
        })
    }

    fn minutes(&self, minutes: i64) {
        self.0.fetch_add(60 * minutes, Ordering::Relaxed);
    }
}

async fn site(more: &str) -> (Site, Ahead) {
    site_with(more, &[]).await
}

async fn site_with(more: &str, env: &[(&str, &str)]) -> (Site, Ahead) {
    let ahead = Ahead::default();
    let site = Site::of(mixed(), &format!("{WRITES}{more}"), env, Options::default(), ahead.clock()).await;
    (site, ahead)
}

/// The words for what is wrong, or for what is worth knowing.
fn whats(health: &Value, list: &str) -> Vec<String> {
    let all = health[list].as_array().unwrap_or_else(|| panic!("{health}"));
    for one in all {
        for part in ["why", "next"] {
            assert!(one[part].as_str().is_some_and(|text| text.len() > 8), "{one}");
        }
    }
    let word = |one: &Value, key: &str| one[key].as_str().map(str::to_owned);
    all.iter()
        .map(|one| [word(one, "what"), word(one, "tracker")].into_iter().flatten().collect::<Vec<_>>().join(" "))
        .collect()
}

/// Asserts that the answer's status is what the list of reasons says, and gives that.
fn wrong(said: &Said) -> Vec<String> {
    let health = said.json();
    let reasons = whats(&health, "reasons");
    let (status, word) =
        if reasons.is_empty() { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "failing") };
    assert_eq!((said.status, health["status"].as_str()), (status, Some(word)), "{health}");
    assert_eq!((said.header("content-type"), said.header("cache-control")), ("application/json", "no-store"));
    reasons
}

async fn fail_jira(site: &Site) {
    let gone = Fault::Status(404, "{}".to_owned(), Vec::new());
    site.trackers.fail(Tracker::Jira, Matcher::new(Method::GET, "/rest/api/"), gone, u32::MAX);
    let turned = site.turn().await;
    assert!(!turned.errors.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_lives_and_is_ready_before_the_first_cycle_and_says_so_to_everybody() {
    let site = Site::before_any_cycle(mixed(), &format!("{WRITES}{LOCKED}")).await;
    for path in ["/livez", "/readyz"] {
        let said = site.get(path).await;
        assert_eq!((said.status, said.body.as_str()), (StatusCode::OK, "ok\n"), "{path}");
        assert_eq!(said.header("content-type"), "text/plain; charset=utf-8");
    }
    for path in ["/health", "/metrics"] {
        let refused = site.get(path).await;
        assert_eq!((refused.status, refused.header("content-type")), (StatusCode::UNAUTHORIZED, "application/json"));
        assert!(refused.json()["error"].as_str().is_some_and(|why| why.contains("Bearer")), "{}", refused.body);
        assert_eq!(site.get_known(path).await.status, StatusCode::OK);
    }
    let health = site.get_known("/health").await.json();
    assert_eq!(whats(&health, "notes"), ["unread github", "unread jira"]);
    site.turn().await;
    let health = site.get_known("/health").await;
    assert_eq!((wrong(&health), whats(&health.json(), "notes")), (Vec::new(), Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_that_ask_by_address_are_answered_and_those_that_use_a_strange_name_are_not() {
    let site = Site::new(mixed(), &format!("{WRITES}[page]\nhosts = [\"roadmap.acme.example\"]\n")).await;
    for path in ["/livez", "/readyz", "/health", "/metrics"] {
        for host in ["10.1.2.3:8780", "[fd00::7]:8780", "roadmap.acme.example"] {
            assert_eq!(site.ask("GET", path, &[("host", host)]).await.status, StatusCode::OK, "{path} {host}");
        }
        let strange = site.ask("GET", path, &[("host", "evil.example")]).await;
        assert_eq!(strange.status, StatusCode::MISDIRECTED_REQUEST, "{path}");
        assert!(strange.json()["error"].as_str().is_some_and(|why| why.contains("[page] hosts")), "{}", strange.body);
        let head = site.ask("HEAD", path, &[]).await;
        assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_ready_only_while_the_store_can_be_read() {
    let site = Site::new(mixed(), WRITES).await;
    let mut database = SqliteConnection::connect(&site.works.settings.daemon.database).await.expect("the store");
    sqlx::query("ALTER TABLE cycles RENAME TO elsewhere").execute(&mut database).await.expect("renamed");
    let ready = site.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.body.starts_with("the store can't be read"), "{}", ready.body);
    ready.hides(&["roadmapd.db", "no such table"]);
    assert_eq!(site.get("/livez").await.status, StatusCode::OK, "a new process would not help");
    sqlx::query("ALTER TABLE elsewhere RENAME TO cycles").execute(&mut database).await.expect("renamed");
    assert_eq!(site.get("/readyz").await.status, StatusCode::OK);

    sqlx::query("ALTER TABLE trackers RENAME TO elsewhere").execute(&mut database).await.expect("renamed");
    let health = site.get("/health").await;
    assert_eq!(wrong(&health), ["store"]);
    health.hides(&["roadmapd.db", "no such table"]);
    let scrape = Scrape::of(&site.get("/metrics").await);
    assert_eq!(scrape.one("roadmapd_ready", &[]), 0.0);
    assert_eq!(scrape.one("roadmapd_cycles_total", &[("outcome", "done")]), 1.0, "the process knows it all the same");
    sqlx::query("ALTER TABLE elsewhere RENAME TO trackers").execute(&mut database).await.expect("renamed");
    assert_eq!(wrong(&site.get("/health").await), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracker_older_than_its_stale_max_is_named_until_it_is_read_again() {
    let (site, ahead) = site("").await;
    site.turn().await;
    assert_eq!(wrong(&site.get("/health").await), Vec::<String>::new());
    ahead.minutes(59);
    fail_jira(&site).await;
    let young = site.get("/health").await;
    assert_eq!(wrong(&young), Vec::<String>::new(), "it failed, and is not stale yet");
    assert_eq!(young.json()["trackers"][1]["failed"], true, "{}", young.body);
    ahead.minutes(2);
    site.turn().await;
    let stale = site.get("/health").await;
    assert_eq!(wrong(&stale), ["stale_tracker jira"]);
    stale.hides(&["/rest/api"]);
    let tracker = &stale.json()["trackers"][1];
    assert_eq!((&tracker["tracker"], &tracker["stale_max_s"]), (&"jira".into(), &3600.into()));
    assert!(tracker["age_s"].as_i64().is_some_and(|age| (3660..3700).contains(&age)), "{tracker}");
    let scrape = Scrape::of(&site.get("/metrics").await);
    let of = |metric: &str, tracker: &str| scrape.one(metric, &[("tracker", tracker)]);
    assert_eq!((of("roadmapd_tracker_stale", "jira"), of("roadmapd_tracker_stale", "github")), (1.0, 0.0));
    assert_eq!((of("roadmapd_tracker_failed", "jira"), of("roadmapd_tracker_failed", "github")), (1.0, 0.0));
    assert!((3660.0..3700.0).contains(&of("roadmapd_tracker_staleness_seconds", "jira")));
    assert!(of("roadmapd_tracker_staleness_seconds", "github") < 60.0);
    site.trackers.heal_all();
    site.turn().await;
    assert_eq!(wrong(&site.get("/health").await), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_cycles_are_rarer_than_stale_max_nothing_is_wrong_between_two_of_them() {
    // Every six hours, and three to four after the last of them whenever this runs.
    let first = (Timestamp::now().as_second() / 3600 - 3).rem_euclid(6);
    let hours = [first, first + 6, first + 12, first + 18].map(|hour| hour.to_string()).join(",");
    let (site, ahead) = site_with("", &[("DAEMON__SCHEDULE", &format!("0 0 {hours} * * *"))]).await;
    site.turn().await;
    ahead.minutes(5 * 60);
    assert_eq!(wrong(&site.get("/health").await), Vec::<String>::new());
    ahead.minutes(8 * 60);
    assert_eq!(wrong(&site.get("/health").await), ["stale_tracker github", "stale_tracker jira"]);
    ahead.minutes(12 * 60);
    let all = ["stale_tracker github", "stale_tracker jira", "overdue"];
    assert_eq!(wrong(&site.get("/health").await), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_token_hears_why_a_tracker_is_stale_and_nobody_else_does() {
    for (more, told) in [(LOCKED, true), ("", false)] {
        let (site, ahead) = site(more).await;
        site.turn().await;
        let gone = Fault::Status(404, "{}".to_owned(), Vec::new());
        site.trackers.fail(Tracker::GitHub, Matcher::new(Method::GET, "/repos/acme/secret"), gone, u32::MAX);
        ahead.minutes(70);
        site.turn().await;
        let health = site.get_known("/health").await;
        assert_eq!(wrong(&health), ["stale_tracker github"], "{told}");
        assert_eq!(health.body.contains("/repos/acme/secret"), told, "{}", health.body);
        if !told {
            health.hides(&SECRETS);
            site.get("/metrics").await.hides(&SECRETS);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cycles_that_fail_one_after_the_other_are_told_from_the_third_on() {
    let (site, _) = site("").await;
    site.turn().await;
    for failed in 1..=4 {
        fail_jira(&site).await;
        let reasons = wrong(&site.get("/health").await);
        assert_eq!(reasons, if failed < 3 { vec![] } else { vec!["failing_cycles"] }, "after {failed}");
    }
    let scrape = Scrape::of(&site.get("/metrics").await);
    assert_eq!(scrape.one("roadmapd_cycles_failed_in_a_row", &[]), 4.0);
    assert_eq!(scrape.one("roadmapd_cycles_total", &[("outcome", "failed")]), 4.0);
    site.beacon.turns();
    site.beacon.turned(None);
    assert_eq!(wrong(&site.get("/health").await), ["failing_cycles"], "one that broke off has failed, too");
    site.trackers.heal_all();
    site.turn().await;
    assert_eq!(wrong(&site.get("/health").await), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_that_turns_no_more_is_told_after_three_ticks_and_a_quarter_of_an_hour() {
    let (site, ahead) = site_with("", &[("LIMITS__STALE_MAX", "7d")]).await;
    let overdue = async || Scrape::of(&site.get("/metrics").await).one("roadmapd_cycle_overdue", &[]);
    ahead.minutes(9);
    assert_eq!((wrong(&site.get("/health").await), overdue().await), (Vec::new(), 0.0), "it has just started");
    ahead.minutes(11);
    assert_eq!((wrong(&site.get("/health").await), overdue().await), (vec!["overdue".to_owned()], 1.0));
    site.turn().await;
    assert_eq!(wrong(&site.get("/health").await), Vec::<String>::new());
    ahead.minutes(20);
    assert_eq!(wrong(&site.get("/health").await), ["overdue"]);
    assert_eq!(site.get("/livez").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_in_which_nothing_moves_is_told_and_then_given_up_and_a_long_one_is_not() {
    let (site, ahead) = site("").await;
    site.turn().await;
    site.beacon.turns();
    assert_eq!((wrong(&site.get("/health").await), site.get("/livez").await.status), (Vec::new(), StatusCode::OK));
    ahead.minutes(11);
    assert_eq!(wrong(&site.get("/health").await), ["stuck"]);
    assert_eq!(site.get("/livez").await.status, StatusCode::OK);
    let scrape = Scrape::of(&site.get("/metrics").await);
    assert!((660.0..700.0).contains(&scrape.one("roadmapd_cycle_still_seconds", &[])));
    ahead.minutes(20);
    let given_up = site.get("/livez").await;
    assert_eq!(given_up.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(given_up.body.contains("hangs"), "{}", given_up.body);
    // A request leaves: it was only slow.
    site.works.trackers[0].probe(&|_| true).await;
    assert_eq!((wrong(&site.get("/health").await), site.get("/livez").await.status), (Vec::new(), StatusCode::OK));
    ahead.minutes(31);
    assert_eq!(site.get("/livez").await.status, StatusCode::SERVICE_UNAVAILABLE);
    site.turn().await;
    assert_eq!((wrong(&site.get("/health").await), site.get("/livez").await.status), (Vec::new(), StatusCode::OK));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_loop_is_told() {
    let mut site = Site::new(mixed(), WRITES).await;
    assert_eq!(site.get("/livez").await.status, StatusCode::OK);
    drop(std::mem::replace(&mut site.beacon, Beacon::new(site.works.clone())));
    let dead = site.get("/livez").await;
    assert_eq!(dead.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(dead.body.contains("loop has ended"), "{}", dead.body);
    assert_eq!(wrong(&site.get("/health").await), ["loop"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_person_is_told_and_is_no_failure() {
    for (more, known) in [("", false), (LOCKED, true)] {
        let site = Site::new(mixed(), more).await;
        let health = site.get_known("/health").await;
        assert_eq!((wrong(&health), whats(&health.json(), "notes")), (Vec::new(), vec!["plan_waits".to_owned()]));
        let plan = site.store.waiting().await.expect("the store").expect("a plan");
        assert_eq!(health.body.contains(&plan.reviewed.fingerprint), known, "{}", health.body);
        if !known {
            health.hides(&SECRETS);
        }
        let scrape = Scrape::of(&site.get_known("/metrics").await);
        assert_eq!(scrape.one("roadmapd_plan_waiting", &[]), 1.0);
        assert_eq!(scrape.one("roadmapd_cycles_total", &[("outcome", "waits")]), 1.0);
        site.store.set_paused(Some(site.works.clock.now())).await.expect("the store");
        let health = site.get_known("/health").await;
        assert_eq!((wrong(&health), whats(&health.json(), "notes")[1].as_str()), (Vec::new(), "paused"));
        assert_eq!(Scrape::of(&site.get_known("/metrics").await).one("roadmapd_paused", &[]), 1.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_told_two_weeks_before_it_expires() {
    let now = Timestamp::from_second(Timestamp::now().as_second()).expect("in time");
    for (days, notes) in [(13, vec!["token_expires github"]), (15, vec![])] {
        let expires = now.saturating_add(SignedDuration::from_hours(24 * days)).expect("in time");
        let options = Options { github_token_expires: Some(expires), ..Options::default() };
        let site = Site::of(mixed(), WRITES, &[], options, Clock::system()).await;
        site.turn().await;
        let health = site.get("/health").await;
        assert_eq!(
            (wrong(&health), whats(&health.json(), "notes")),
            (vec![], notes.iter().map(|n| (*n).to_owned()).collect())
        );
        let scrape = Scrape::of(&site.get("/metrics").await);
        let told = scrape.one("roadmapd_token_expiry_time_seconds", &[("tracker", "github")]);
        assert!((told - expires.as_duration().as_secs_f64()).abs() < 1.0, "{told} is not {expires}");
        assert_eq!(scrape.all("roadmapd_token_expiry_time_seconds").count(), 1, "Jira doesn't tell");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_rule_that_is_refused_is_told_and_is_no_failure() {
    let wrong_rule = "[[priority.rules]]\nname = \"gold <customer>\"\nwhen = \"item.gold\"\nadd = 5\n";
    let site = Site::new(shipped(), &format!("{WRITES}{wrong_rule}")).await;
    let health = site.get("/health").await;
    assert_eq!((wrong(&health), whats(&health.json(), "notes")), (Vec::new(), vec!["rules_refused".to_owned()]));
    assert_eq!(Scrape::of(&site.get("/metrics").await).one("roadmapd_rules_refused", &[]), 1.0);
    let status = site.get("/status").await.body;
    assert!(status.contains("AN OWN RULE IS REFUSED") && status.contains("gold &lt;customer&gt;"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_were_refused_are_told_until_others_run_and_counters_go_on() {
    let site = Site::new(shipped(), WRITES).await;
    site.beacon.stays();
    let health = site.get("/health").await;
    assert_eq!((wrong(&health), whats(&health.json(), "notes")), (Vec::new(), vec!["settings".to_owned()]));
    let before = Scrape::of(&site.get("/metrics").await);
    assert_eq!(before.one("roadmapd_settings_outdated", &[]), 1.0);
    let works = Works::connect(Arc::clone(&site.works.settings), Clock::system()).expect("the trackers connect");
    site.beacon.renew(works.clone());
    let after = Scrape::of(&site.get("/metrics").await);
    assert_eq!(after.one("roadmapd_settings_outdated", &[]), 0.0);
    let sent = |scrape: &Scrape| scrape.sum("roadmapd_requests_total", &[]);
    assert!(sent(&before) > 5.0);
    assert_eq!(sent(&after), sent(&before), "connections that are gone still count");
    works.trackers[0].probe(&|_| true).await;
    assert!(sent(&Scrape::of(&site.get("/metrics").await)) > sent(&before));
}
