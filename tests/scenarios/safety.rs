//! Two writers, somebody else's values, a mapping gone wrong, and graphs of blockers.

use std::collections::BTreeSet;

use roadmapd::daemon::{self, Order, Works};
use roadmapd::plan::Need;
use roadmapd::roadmap::Roadmap;
use roadmapd::sandbox::{Corpus, JiraIssueSeed};
use roadmapd::store::Store;
use tokio_util::sync::CancellationToken;

use crate::people::{doubled, pair};
use crate::world::{WRITES, World};

#[tokio::test]
async fn of_two_daemons_on_one_database_one_writes_at_a_time_and_nothing_is_written_twice() {
    let world = World::new(Corpus::generated(24, 30), WRITES).await;
    let settings = world.works.settings.clone();
    let store = Store::open(&settings.daemon.database).await.expect("a store");
    let works = Works::connect(settings, world.works.clock.clone()).expect("the trackers connect");
    for round in 0..3 {
        for key in world.open_keys().iter().filter(|key| !key.contains('#')) {
            world.trackers.set_priority(key, ["Highest", "Lowest"][round % 2]).expect("an issue");
        }
        world.pass(60);
        let stop = CancellationToken::new();
        let order = Order { cause: "test".to_owned(), ..Order::default() };
        let (one, other) = tokio::join!(
            daemon::turn(&world.works, &world.store, &order, &stop),
            daemon::turn(&works, &store, &order, &stop)
        );
        let (one, other) = (one.expect("a cycle"), other.expect("a cycle"));
        assert_eq!((one.errors, other.errors), (vec![], vec![]));
        assert!(one.written.min(other.written) == 0 && one.written.max(other.written) > 0, "round {round}");
        for key in world.open_keys() {
            assert_eq!(world.labels(&key, "complexity/").len(), 1, "{key}");
            assert_eq!(world.labels(&key, "priority/").len(), 1, "{key}");
        }
    }
    let twice = doubled(&world).into_iter().filter(|write| write.contains("complexity")).collect::<Vec<_>>();
    assert_eq!(twice.iter().filter(|write| write.contains('#')).collect::<Vec<_>>(), Vec::<&String>::new());
    let held = store.lock("a cycle of another daemon", std::time::Duration::ZERO).await.expect("the lock is free");
    let refused = world.store.lock("test", std::time::Duration::ZERO).await.expect_err("held");
    assert!(refused.to_string().contains("a cycle of another daemon"), "{refused}");
    drop(held);
}

#[tokio::test]
async fn levels_that_another_owner_wrote_are_never_touched_and_every_other_issue_is_written() {
    let world = World::new(Corpus::generated(25, 30), WRITES).await;
    let theirs: Vec<String> = world.open_keys().into_iter().step_by(3).collect();
    for key in &theirs {
        world.trackers.by("planner-machine").add_label(key, "priority/p1").expect("an issue");
    }
    for _ in 0..3 {
        assert_eq!(world.turn().await.errors, Vec::<String>::new());
    }
    for key in world.open_keys() {
        let labels = world.labels(&key, "priority/");
        assert!(labels.len() == 1 && (!theirs.contains(&key) || labels == ["priority/p1"]), "{key}: {labels:?}");
    }
    let log = world.trackers.log();
    let touched = log.iter().filter(|entry| entry.actor != "planner-machine" && theirs.contains(&entry.key));
    assert!(touched.clone().all(|entry| !format!("{:?}{:?}", entry.from, entry.what).contains("unlabeled")));
}

#[tokio::test]
async fn a_mapping_that_would_touch_most_issues_waits_until_it_is_forced() {
    let world = World::new(Corpus::generated(26, 40), "[write]\nfirst_contact = \"apply\"\n").await;
    let forced = Order { cause: "test".to_owned(), past_limits: true, ..Order::default() };
    world.turn_as(&forced).await;
    assert_eq!(world.turn().await.written, 0);
    let before = world.trackers.all_labels();
    let sinks = "[[sink]]\naspect = \"priority\"\ntracker = \"github\"\nlabel = \"urgency: {level}\"\n\
                 [[sink]]\naspect = \"priority\"\ntracker = \"jira\"\nlabel = \"urgency-{level}\"\n";
    let world = world.under(&format!("[write]\nfirst_contact = \"apply\"\n{sinks}"));
    world.trackers.reset_counts();
    for _ in 0..2 {
        let turned = world.turn().await;
        let refusal = turned.approval.expect("it waits");
        assert_eq!((refusal.needed, turned.written, world.writes()), (Need::Limits, 0, 0));
        assert!(refusal.detail.contains('%'), "{}", refusal.detail);
    }
    assert_eq!(world.trackers.all_labels(), before);
    let turned = world.turn_as(&forced).await;
    assert!(turned.approval.is_none() && turned.written > 0, "{:?}", turned.errors);
    for key in world.open_keys() {
        assert_eq!((world.labels(&key, "urgency").len(), world.labels(&key, "priority/").len()), (1, 0), "{key}");
    }
}

/// The items that wait for an item, or for which it waits, near or far.
fn neighbours(roadmap: &Roadmap, of: usize) -> BTreeSet<usize> {
    let (mut near, mut look) = (BTreeSet::from([of]), vec![of]);
    while let Some(item) = look.pop() {
        let item = &roadmap.items[item];
        for next in item.blocks.iter().chain(&item.blocked_by).chain(&item.children).chain(&item.parent) {
            if near.insert(*next) {
                look.push(*next);
            }
        }
    }
    near
}

/// Two pairs that wait for each other through both trackers, and a low issue that blocks a high one: the keys of those two.
async fn tangled(world: &World) -> (String, String) {
    let one = pair(world, "The first");
    let other = pair(world, "The second");
    world.trackers.block(&one.1, &other.1).expect("a link");
    world.trackers.block(&other.0, &one.0).expect("a dependency");
    let seed = |summary: &str, priority: &str| JiraIssueSeed {
        summary: summary.to_owned(),
        priority: Some(priority.to_owned()),
        priority_set_by: Some("dana".to_owned()),
        ..JiraIssueSeed::default()
    };
    let urgent = JiraIssueSeed { due_in_days: Some(1), votes: 40, ..seed("Payouts stop on Friday", "Highest") };
    let high = world.trackers.add_jira_issue("CORE", &urgent).expect("an issue");
    let idle = JiraIssueSeed { created_days_ago: 300.0, ..seed("Tidy the settings page", "Lowest") };
    let low = world.trackers.add_jira_issue("CORE", &idle).expect("an issue");
    world.trackers.block(&low, &high).expect("a link");
    (low, high)
}

#[tokio::test]
async fn a_tangle_of_blockers_is_scored_the_same_every_time_lifts_what_blocks_and_names_its_circle_once() {
    let mut corpus = Corpus::generated(27, 50);
    corpus.projects.push(roadmapd::sandbox::ProjectSeed {
        key: "PAY".to_owned(),
        name: "Pay".to_owned(),
        ..Default::default()
    });
    let mut ends = Vec::new();
    for _ in 0..2 {
        let world = World::new(corpus.clone(), WRITES).await;
        let (low, high) = tangled(&world).await;
        let turned = world.turn().await;
        assert_eq!(turned.errors, Vec::<String>::new());
        assert_eq!(world.turn().await.written, 0);
        let shown = world.preview().await;
        let roadmap = &shown.thought.roadmap;
        assert_eq!(roadmap.cycles.len(), 1, "{:?}", roadmap.cycles);
        let level = |item: usize| shown.thought.scores.items[item].priority.level.to_string();
        let mut lifted = 0;
        for (index, item) in roadmap.items.iter().enumerate().filter(|(_, item)| item.status.is_open()) {
            for blocker in item.blocked_by.iter().filter(|blocker| roadmap.items[**blocker].status.is_open()) {
                assert!(level(*blocker) <= level(index), "{:?} blocks {:?}", roadmap.items[*blocker].id, item.id);
                lifted += usize::from(shown.thought.scores.items[*blocker].priority.own.to_string() > level(*blocker));
            }
        }
        assert!(lifted > 0, "something was lifted");
        assert_eq!(world.labels(&low, "priority/p"), world.labels(&high, "priority/p"));

        // What is closed moves its own neighbourhood, once.
        let before = world.trackers.all_labels();
        world.trackers.close(&high).expect("an issue");
        world.pass(60);
        world.turn().await;
        let near = neighbours(roadmap, roadmap.find(&format!("jira:{high}")).expect("an item"));
        let near: BTreeSet<&str> = near
            .iter()
            .flat_map(|item| roadmap.items[*item].faces.iter().map(|face| face.key.local.as_str()))
            .collect();
        let after = world.trackers.all_labels();
        let moved: Vec<_> = after.iter().filter(|(key, labels)| before[*key] != **labels).map(|(key, _)| key).collect();
        assert!(moved.iter().all(|key| near.contains(key.as_str())), "{moved:?} of {near:?}");
        assert!(moved.contains(&&low), "what no longer blocks anything falls back");
        for _ in 0..3 {
            assert_eq!(world.turn().await.written, 0, "no label flaps");
        }
        ends.push((turned.plan.expect("a plan").fingerprint, after));
    }
    assert!(ends[0] == ends[1], "the same picture gives the same plan");
}
