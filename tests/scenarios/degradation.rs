//! What the machine and the trackers may do to it: odd clocks, slow answers, great numbers; it says so and recovers by itself.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use roadmapd::daemon::Clock;
use roadmapd::model::Timestamp;
use roadmapd::plan::Need;
use roadmapd::sandbox::{Corpus, Fault, FaultPlan, GithubIssueSeed, JiraIssueSeed, Matcher, Tracker};
use roadmapd::tracker::{Policy, TrackerConfig};

use crate::people::{census, cursor, stored};
use crate::world::{MORNING, WRITES, World};

fn ahead(seconds: i64) -> FaultPlan {
    FaultPlan::from_toml(&format!("[[fault]]\nfault = 'clock_skew'\nseconds = {seconds}\n")).expect("a plan")
}

#[tokio::test]
async fn a_tracker_whose_clock_was_hours_ahead_and_is_put_right_hides_no_change() {
    let world = World::new(Corpus::generated(61, 24), WRITES).await;
    world.trackers.plan_faults(ahead(6 * 3600));
    world.turn().await;
    let keys = world.open_keys();
    let sides = [
        keys.iter().find(|key| key.contains('#')).expect("an issue"),
        keys.iter().find(|key| !key.contains('#')).expect("an issue"),
    ];
    // Stamped by the clock that is ahead, and seen.
    for key in sides {
        world.trackers.edit_title(key, "Said ahead of time").expect("an issue");
    }
    world.pass(60);
    world.turn().await;
    world.trackers.heal_all();
    for round in 0..6 {
        for key in sides {
            world.trackers.edit_title(key, &format!("Said in round {round}")).expect("an issue");
        }
        world.pass(1200);
        let turned = world.turn().await;
        assert_eq!(turned.errors, Vec::<String>::new());
        let known = stored(&world).await;
        for key in sides {
            assert_eq!(known[key].title, format!("Said in round {round}"), "{key}");
        }
    }
    // Everything is listed anew once, not in every cycle from then on.
    for _ in 0..2 {
        world.trackers.reset_counts();
        let turned = world.turn().await;
        assert_eq!((turned.errors.len(), turned.written), (0, 0));
        assert_eq!(world.requests(), (1, 2), "{:?}", world.trackers.requests());
    }
}

#[tokio::test]
async fn our_own_clock_that_jumps_back_by_hours_or_was_a_year_ahead_keeps_neither_cycles_nor_a_census_away() {
    let mut world = World::new(Corpus::generated(62, 24), WRITES).await;
    let now: Arc<Mutex<Timestamp>> = Arc::new(Mutex::new(MORNING.parse().expect("a time")));
    let shown = Arc::clone(&now);
    world.works.clock = Clock::from_fn(move || *shown.lock().expect("a clock"));
    let jump = |hours: i64| {
        let mut now = now.lock().expect("a clock");
        *now = now.checked_add(SignedDuration::from_hours(hours)).expect("a time");
    };
    world.turn().await;
    jump(365 * 24);
    assert!(world.turn_as(&census()).await.census);
    let seed = GithubIssueSeed { title: "Exports time out".to_owned(), ..GithubIssueSeed::default() };
    for hours in [-365 * 24, -5, 5] {
        jump(hours);
        let new = world.trackers.add_github_issue("acme/api", &seed).expect("an issue");
        let turned = world.turn().await;
        assert_eq!((turned.errors.len(), turned.failed), (0, 0), "{hours}: {:?}", turned.errors);
        assert!(hours != -365 * 24 || turned.census, "the census that was noted a year ahead doesn't count");
        assert_eq!(world.labels(&new, "priority/").len(), 1, "{hours}");
    }
    // A tracker that fails now isn't taken for fresh because it was read in what is the future again.
    world.trackers.fail(Tracker::Jira, Matcher::any(), Fault::status(503, "{}"), u32::MAX);
    let turned = world.turn().await;
    assert!(turned.errors.len() == 1 && turned.errors[0].starts_with("jira"), "{:?}", turned.errors);
    world.trackers.heal(Tracker::Jira);
    assert_eq!(world.turn().await.errors, Vec::<String>::new());
    // Nor is one whose last reading lies ahead: it can't be told how old that is, and something is to be written.
    jump(-5);
    world.trackers.fail(Tracker::Jira, Matcher::any(), Fault::status(503, "{}"), u32::MAX);
    world.trackers.add_github_issue("acme/api", &seed).expect("an issue");
    let approval = world.turn().await.approval.expect("a plan that waits");
    assert_eq!(approval.needed, Need::Stale);
    assert!(approval.detail.contains("ahead of this machine's clock"), "{}", approval.detail);
}

#[tokio::test]
async fn levels_that_were_found_for_a_day_to_come_are_found_again_once_the_clock_is_right() {
    let mut world = World::new(Corpus::generated(62, 24), &format!("{WRITES}[priority]\nhysteresis = 0\n")).await;
    let now: Arc<Mutex<Timestamp>> = Arc::new(Mutex::new(MORNING.parse().expect("a time")));
    let shown = Arc::clone(&now);
    world.works.clock = Clock::from_fn(move || *shown.lock().expect("a clock"));
    let scores = async |world: &World| world.store.scores().await.expect("scores");
    for _ in 0..2 {
        world.turn().await;
    }
    assert!(world.turn().await.quiet);
    let right = scores(&world).await;
    let year = SignedDuration::from_hours(365 * 24);
    let ahead = now.lock().expect("a clock").checked_add(year).expect("a time");
    let morning = std::mem::replace(&mut *now.lock().expect("a clock"), ahead);
    for _ in 0..2 {
        world.turn().await;
    }
    assert!(scores(&world).await != right);
    *now.lock().expect("a clock") = morning;
    for _ in 0..2 {
        world.turn().await;
    }
    assert!(scores(&world).await == right);
    assert!(world.turn().await.quiet);
}

#[tokio::test]
async fn a_tracker_that_answers_byte_by_byte_for_hours_is_given_up_by_name_while_the_other_goes_on() {
    for (tracker, name) in [(Tracker::GitHub, "github"), (Tracker::Jira, "jira")] {
        let mut world = World::new(Corpus::generated(63, 24), WRITES).await;
        world.turn().await;
        let policy = Policy {
            tries_max: 2,
            backoff: Duration::from_millis(1),
            request_timeout: Duration::from_millis(400),
            ..Policy::GITHUB
        };
        let connect = |config: &TrackerConfig| roadmapd::tracker::Tracker::connect_with(config, policy);
        let trackers = world.works.settings.trackers.iter().map(|config| connect(config).map(Arc::new));
        world.works.trackers = trackers.collect::<Result<_, _>>().expect("the trackers connect");
        let at = cursor(&world, name).await;
        let github = GithubIssueSeed { title: "Exports time out".to_owned(), ..GithubIssueSeed::default() };
        let jira = JiraIssueSeed { summary: "Exports time out".to_owned(), ..JiraIssueSeed::default() };
        let new = [
            world.trackers.add_github_issue("acme/api", &github).expect("an issue"),
            world.trackers.add_jira_issue("CORE", &jira).expect("an issue"),
        ];
        let (slow, quick) = if tracker == Tracker::GitHub { (&new[0], &new[1]) } else { (&new[1], &new[0]) };
        world.trackers.fail(tracker, Matcher::any(), Fault::Drip(Duration::from_secs(1)), u32::MAX);
        let begun = Instant::now();
        let turned = world.turn().await;
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        assert_eq!(turned.errors.len(), 1, "{:?}", turned.errors);
        let told = &turned.errors[0];
        for word in [name, "timed out", "400ms", "2 tries", "next cycle"] {
            assert!(told.contains(word), "{word}: {told}");
        }
        assert_eq!(cursor(&world, name).await, at);
        assert_eq!((world.labels(quick, "priority/").len(), world.labels(slow, "priority/").len()), (1, 0));
        world.trackers.heal_all();
        let turned = world.turn().await;
        assert_eq!((turned.errors, world.labels(slow, "priority/").len()), (vec![], 1));
    }
}

#[tokio::test]
async fn some_thousand_issues_at_first_contact_are_read_once_and_wait_for_a_person() {
    let count = 3000;
    let world = World::new(Corpus::generated(64, count), "").await;
    let turned = world.turn().await;
    assert_eq!((turned.errors, turned.written), (Vec::new(), 0));
    assert_eq!(stored(&world).await.len(), 2 * count);
    let (github, jira) = world.requests();
    // A page a hundred, and what blocks each issue that something blocks.
    assert!(github < 400 && jira < 50, "{github} {jira}");
    let refusal = turned.approval.expect("it waits");
    let plan = turned.plan.expect("a plan");
    assert!(plan.changes.len() > 2 * count / 2 && refusal.needed == Need::FirstContact);
    for word in ["github:acme/api", "jira:CORE", "roadmapd plan", "roadmapd approve", &plan.fingerprint] {
        assert!(refusal.detail.contains(word), "{word}: {}", refusal.detail);
    }
    world.trackers.reset_counts();
    let turned = world.turn().await;
    assert_eq!((turned.errors.len(), world.requests()), (0, (1, 2)), "what was read isn't read again");
}
