//! The database is lost after a year: our own values are recognised by the trackers' histories, people's are held.

use roadmapd::sandbox::Corpus;

use crate::world::{WRITES, World};

/// A year in which people and roadmapd work; the same in every world.
async fn a_year(world: &World) {
    let keys = world.open_keys();
    let jira: Vec<&String> = keys.iter().filter(|key| !key.contains('#')).collect();
    let github: Vec<&String> = keys.iter().filter(|key| key.contains('#')).collect();
    world.turn().await;
    for week in 0..52_usize {
        world.pass(7 * 24 * 3600);
        let key = jira[week % jira.len()];
        world.trackers.set_priority(key, ["Highest", "Low", "High", "Lowest"][week % 4]).expect("an issue");
        if week % 10 == 0 {
            let mine = github[week / 10];
            for label in world.labels(mine, "priority/p") {
                world.trackers.remove_label(mine, &label).expect("a label");
            }
            world
                .trackers
                .add_label(mine, if week % 20 == 0 { "priority/p0" } else { "priority/p3" })
                .expect("a label");
        }
        if week == 30 {
            world.trackers.close(github[7]).expect("an issue");
        }
        world.turn().await;
    }
    world.turn().await;
}

#[tokio::test]
async fn after_a_lost_database_ours_are_known_peoples_are_held_and_nothing_is_written_that_would_not_have_been() {
    let kept = World::new(Corpus::generated(31, 40), WRITES).await;
    a_year(&kept).await;
    let world = World::new(Corpus::generated(31, 40), WRITES).await;
    a_year(&world).await;
    assert_eq!(world.trackers.all_labels(), kept.trackers.all_labels(), "both worlds had the same year");
    let labels = world.trackers.all_labels();
    let holds = |plan: &roadmapd::plan::Plan| {
        let mut holds: Vec<_> =
            plan.skips.iter().map(|skip| (skip.issue.to_string(), skip.field, skip.theirs.clone())).collect();
        holds.sort();
        holds
    };
    let before = holds(&kept.preview().await.plan);
    assert!(before.len() >= 4, "people hold something: {before:?}");

    let world = world.with_a_fresh_database().await;
    world.trackers.reset_counts();
    let turned = world.turn().await;
    assert_eq!((turned.errors, turned.written), (Vec::new(), 0));
    assert_eq!((world.writes(), world.trackers.all_labels()), (0, labels));
    let after = holds(&world.preview().await.plan);
    assert!(before.iter().all(|hold| after.contains(hold)), "no hold is lost: {after:?}");
    // A hold that roadmapd once agreed with is over for who remembers it; by the history alone it is a person's value.
    let anew: Vec<_> = after.into_iter().filter(|hold| !before.contains(hold)).map(|(key, ..)| key).collect();
    assert!(anew.len() <= 2, "{anew:?}");

    // And it goes on as if nothing had happened.
    let key = world.open_keys().into_iter().find(|key| !key.contains('#')).expect("an issue");
    for world in [&kept, &world] {
        world.trackers.set_priority(&key, "Highest").expect("an issue");
        world.pass(60);
        world.turn().await;
        world.turn().await;
    }
    let (mut here, mut there) = (world.trackers.all_labels(), kept.trackers.all_labels());
    for labels in [&mut here, &mut there] {
        labels.retain(|key, _| !anew.contains(&format!("github:{key}")));
    }
    assert_eq!(here, there);
}
