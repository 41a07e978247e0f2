//! Undo takes back what a cycle wrote where it still stands.

use roadmapd::daemon;
use roadmapd::sandbox::Corpus;
use tokio_util::sync::CancellationToken;

use crate::world::{WRITES, World};

#[tokio::test]
async fn undo_restores_the_labels_except_what_a_person_changed_since() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    let before = world.trackers.all_labels();
    let turned = world.turn().await;
    let mine = turned.plan.expect("a plan").changes[0].key.local.clone();
    let theirs = if world.labels(&mine, "priority/").contains(&"priority/p0".to_owned()) {
        "priority/p3"
    } else {
        "priority/p0"
    };
    let ours = world.labels(&mine, "priority/");
    world.trackers.remove_label(&mine, &ours[0]).expect("a label");
    world.trackers.add_label(&mine, theirs).expect("a label");
    world.pass(60);

    let undone =
        daemon::undo(&world.works, &world.store, turned.cycle, &CancellationToken::new()).await.expect("an undo");
    assert_eq!(undone.errors, Vec::<String>::new());
    let after = world.trackers.all_labels();
    for (key, labels) in &after {
        if *key == mine {
            assert_eq!(world.labels(key, "priority/"), [theirs]);
        } else {
            assert_eq!(labels, &before[key], "{key}");
        }
    }
    world.pass(60);
    for _ in 0..3 {
        let next = world.turn().await;
        let untouched: Vec<_> = world.trackers.all_labels().into_iter().filter(|(key, _)| *key != mine).collect();
        let expected: Vec<_> = after.clone().into_iter().filter(|(key, _)| *key != mine).collect();
        // The linked face of the person's issue may follow their value; nothing else moves.
        let moved: Vec<_> = untouched.iter().zip(&expected).filter(|(now, then)| now != then).collect();
        assert!(moved.len() <= 1, "{moved:?} {:?}", next.plan.map(|plan| plan.changes));
    }
    assert_eq!(world.turn().await.written, 0);
}

#[tokio::test]
async fn a_cycle_that_wrote_nothing_cannot_be_undone() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    let refused = daemon::undo(&world.works, &world.store, 7, &CancellationToken::new()).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("cycle 7")));
}

#[tokio::test]
async fn undo_leaves_a_persons_value_that_equals_what_the_cycle_wrote() {
    let world = World::new(Corpus::generated(12, 40), WRITES).await;
    let first = world.turn().await.cycle;
    let written = world.trackers.all_labels();
    let keys: Vec<String> = world.open_keys().into_iter().filter(|key| !key.contains('#')).collect();
    for key in &keys {
        world.trackers.set_priority(key, "Highest").expect("an issue");
    }
    world.pass(60);
    world.turn().await;
    let level = |labels: &[String]| labels.iter().find(|label| label.starts_with("priority/p")).cloned();
    let before = |key: &String| level(&written[key]).expect("a level");
    let moved = |key: &&String| level(&world.labels(key, "priority/")) != Some(before(key));
    let mine = keys.iter().find(moved).expect("an issue whose level moved");
    let now = level(&world.labels(mine, "priority/")).expect("a level");
    world.trackers.remove_label(mine, &now).expect("a label");
    world.trackers.add_label(mine, &before(mine)).expect("a label");
    world.pass(60);
    world.turn().await;
    daemon::undo(&world.works, &world.store, first, &CancellationToken::new()).await.expect("an undo");
    assert_eq!(world.labels(mine, "priority/"), [before(mine)]);
}

#[tokio::test]
async fn what_was_paused_can_be_undone() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    let before = world.trackers.all_labels();
    let turned = world.turn().await;
    world.ask(roadmapd::store::Request::Pause).await;
    let undone =
        daemon::undo(&world.works, &world.store, turned.cycle, &CancellationToken::new()).await.expect("an undo");
    assert_eq!(undone.written, turned.written);
    assert_eq!(world.trackers.all_labels(), before);
}

#[tokio::test]
async fn what_was_paused_can_be_retired() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    let before = world.trackers.all_labels();
    world.turn().await;
    world.ask(roadmapd::store::Request::Pause).await;
    let retired =
        daemon::retire(&world.works, &world.store, |_| true, &CancellationToken::new()).await.expect("a retirement");
    assert_eq!((retired.failed, retired.errors), (0, Vec::new()));
    let mut after = world.trackers.all_labels();
    after.retain(|key, _| before.contains_key(key));
    assert_eq!(after, before);
}
