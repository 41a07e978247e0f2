//! Whole cycles while the trackers misbehave by plan: once healed, everything is as though nothing had happened.

use std::collections::{BTreeMap, BTreeSet};

use roadmapd::daemon::Turned;
use roadmapd::sandbox::{Corpus, FaultPlan};

use crate::world::{WRITES, World};

/// A fault by name, and what is said of it besides.
type Case = (&'static str, &'static str);

/// Some requests of a tracker: at first contact, among the writes, and afterwards.
const SOME: &str = "on = [2, 5, 12, 13, 25]";
/// Fewer, where roadmapd waits before it asks again.
const FEW: &str = "on = [2, 12]";
/// Faults that one tracker alone knows.
const ONES_OWN: [&str; 4] = ["secondary_limit", "burst_limit", "search_lag", "one_second_stamps"];

const REFUSALS: [Case; 15] = [
    ("status", "status = 500"),
    ("status", "status = 502"),
    ("status", "status = 503"),
    ("status", "status = 503\nretry_after_s = 1"),
    ("status", "status = 504"),
    ("primary_limit", "tracker = 'github'\nreset_s = 1"),
    ("primary_limit", "status = 429\nretry_after_s = 1"),
    ("secondary_limit", "retry_after_s = 1"),
    ("secondary_limit", "status = 429\nretry_after_s = 1\nretry_after = 'date'"),
    ("burst_limit", ""),
    ("burst_limit", "retry_after_s = 1\nretry_after = 'date'"),
    ("expired_token", ""),
    ("anonymous", ""),
    ("redirect", ""),
    ("redirect", "status = 307"),
];

const BROKEN: [Case; 14] = [
    ("html", "status = 200"),
    ("html", "status = 502"),
    ("truncated_json", ""),
    ("invalid_json", ""),
    ("reset_before", ""),
    ("reset_after", ""),
    ("slow", "delay_ms = 20"),
    ("drip", "tracker = 'github'\npath = '/labels'\ndelay_ms = 0"),
    ("drip", "tracker = 'jira'\npath = '/myself'\ndelay_ms = 0\non = [1, 2]"),
    ("stall", ""),
    ("search_lag", "seconds = 90"),
    ("clock_skew", "seconds = 300"),
    ("clock_skew", "seconds = -300"),
    ("one_second_stamps", ""),
];

const PAGES: [Case; 5] = [
    ("duplicated_rows", "probability = 1.0"),
    ("short_page", "probability = 1.0"),
    ("shifted_page", "probability = 1.0"),
    ("repeated_token", "probability = 1.0"),
    ("repeated_token", "on = [1]"),
];

fn is_state(name: &str) -> bool {
    ["search_lag", "clock_skew", "one_second_stamps"].contains(&name)
}

fn plan((name, more): Case) -> FaultPlan {
    let told = more.contains("probability") || more.contains("on = ");
    let waits = name == "status" || name.ends_with("limit");
    let often = match waits {
        _ if is_state(name) || told => "",
        true => FEW,
        false => SOME,
    };
    let whose: &[&str] = if ONES_OWN.contains(&name) || more.contains("tracker") {
        &[""]
    } else {
        &["tracker = 'github'", "tracker = 'jira'"]
    };
    let rule = |tracker: &&str| format!("[[fault]]\nfault = '{name}'\n{tracker}\n{often}\n{more}\n");
    let text = whose.iter().map(rule).collect::<String>();
    FaultPlan::from_toml(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// What people do between two cycles.
fn people_act(world: &World) {
    let dana = world.trackers.by("dana");
    for key in ["acme/api#3", "CORE-5"] {
        dana.add_label(key, "needs-words").expect("an issue");
        dana.edit_title(key, "Said anew").expect("an issue");
    }
    for key in ["acme/api#8", "CORE-9"] {
        let standing = world.labels(key, "priority/");
        dana.add_label(key, "priority/p0").expect("an issue");
        for label in standing.iter().filter(|label| *label != "priority/p0") {
            dana.remove_label(key, label).expect("an issue");
        }
    }
}

/// Two cycles with faults and with people between them, and two without.
async fn live(world: &World, case: Option<Case>) -> Turned {
    if let Some(case) = case {
        world.trackers.plan_faults(plan(case));
    }
    if case.is_some_and(|(name, _)| name == "stall") {
        tokio::join!(world.turn(), heal_once_struck(world));
    } else {
        world.turn().await;
    }
    people_act(world);
    world.turn().await;
    for (place, rule) in world.trackers.strikes().iter().enumerate() {
        let strikes = rule.struck > 0 || case.is_some_and(|(name, _)| is_state(name));
        assert!(strikes, "{case:?}: rule {} never struck", place + 1);
    }
    world.trackers.heal_all();
    world.turn().await;
    world.turn().await
}

async fn heal_once_struck(world: &World) {
    while world.trackers.strikes().iter().all(|rule| rule.struck == 0) {
        tokio::task::yield_now().await;
    }
    world.trackers.heal_all();
}

/// What the bot wrote twice.
fn doubled(world: &World) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let log = world.trackers.log().into_iter().filter(|entry| entry.actor.contains("bot"));
    let told = log.map(|entry| format!("{} {} {:?} -> {:?}", entry.key, entry.what, entry.from, entry.to));
    told.filter(|write| !seen.insert(write.clone())).collect()
}

/// Issues whose labels differ.
fn differing(got: &BTreeMap<String, Vec<String>>, wanted: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let differ = wanted.iter().filter(|(key, labels)| got.get(*key) != Some(labels));
    differ.map(|(key, labels)| format!("{key} has {:?}, not {labels:?}", got.get(key))).collect()
}

async fn pass_without_a_trace(cases: &[Case], corpus: impl Fn() -> Corpus) {
    let calm = World::new(corpus(), WRITES).await;
    live(&calm, None).await;
    let wanted = calm.trackers.all_labels();
    assert!(wanted["acme/api#3"].contains(&"needs-words".to_owned()));
    assert!(wanted["CORE-9"].contains(&"priority/p0".to_owned()));
    for case in cases {
        let world = World::new(corpus(), WRITES).await;
        let last = live(&world, Some(*case)).await;
        assert_eq!(last.errors, Vec::<String>::new(), "{case:?}");
        assert_eq!(differing(&world.trackers.all_labels(), &wanted), Vec::<String>::new(), "{case:?}");
        assert_eq!(doubled(&world), Vec::<String>::new(), "{case:?}");
    }
}

#[tokio::test]
async fn refusals_pass_without_a_trace() {
    pass_without_a_trace(&REFUSALS, || Corpus::generated(8, 30)).await;
}

#[tokio::test]
async fn broken_answers_and_odd_clocks_pass_without_a_trace() {
    pass_without_a_trace(&BROKEN, || Corpus::generated(8, 30)).await;
}

#[tokio::test]
async fn pages_that_go_wrong_pass_without_a_trace() {
    // More than one page in each tracker.
    pass_without_a_trace(&PAGES, || Corpus::generated(8, 120)).await;
}
