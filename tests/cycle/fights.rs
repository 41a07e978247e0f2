//! Somebody who reverses our value again and again gets it: that field of that issue is left to them, by name, until `release`.

use roadmapd::model::{IssueKey, TrackerName};
use roadmapd::plan::SkipReason;
use roadmapd::sandbox::Corpus;
use roadmapd::store::Request;

use crate::world::{WRITES, World};

/// The priority label of ours on an issue.
fn stands(world: &World, key: &str) -> Option<String> {
    world.labels(key, "priority/p").into_iter().next()
}

/// Another bot's habit: ours is replaced by its own, which it takes off a cycle later, so that ours comes back.
async fn reverse(world: &World, key: &str) {
    let ours = stands(world, key).expect("a level of ours");
    let other = if ours == "priority/p0" { "priority/p3" } else { "priority/p0" };
    let bot = world.trackers.by("stale-bot");
    bot.remove_label(key, &ours).expect("a label");
    bot.add_label(key, other).expect("an issue");
    world.pass(60);
    world.turn().await;
    assert_eq!(stands(world, key).as_deref(), Some(other), "a hold, as ever");
    bot.remove_label(key, other).expect("a label");
    world.pass(60);
    world.turn().await;
}

#[tokio::test]
async fn a_fight_over_a_label_is_given_up_after_three_rounds_with_the_other_one_s_name() {
    for key in ["acme/api#3", "CORE-4"] {
        let world = World::new(Corpus::shipped(), WRITES).await;
        world.turn().await;
        let ours = stands(&world, key);
        assert!(ours.is_some(), "{key}");
        for round in 1..=2 {
            reverse(&world, key).await;
            assert_eq!(stands(&world, key), ours, "{key}: round {round}: the hold ended, so ours is back");
        }
        reverse(&world, key).await;
        assert_eq!(stands(&world, key), None, "{key}: left to the bot");
        for _ in 0..3 {
            world.trackers.reset_counts();
            world.turn().await;
            assert_eq!(world.writes(), 0, "{key}");
        }
        let plan = world.preview().await.plan;
        let skip = plan.skips.iter().find(|skip| skip.issue.local == key).expect("a skip");
        assert_eq!(skip.reason, SkipReason::Frozen);
        assert!(skip.why.contains("stale-bot reversed ours 3 times"), "{key}: {}", skip.why);
        assert!(skip.why.contains("roadmapd release"), "{key}: {}", skip.why);
        // What the bot puts there now moves nobody: neither this field nor the item's other faces.
        let others = world.trackers.all_labels();
        world.trackers.by("stale-bot").add_label(key, "priority/p0").expect("an issue");
        world.pass(60);
        world.turn().await;
        let mut after = world.trackers.all_labels();
        after.get_mut(key).expect("it").retain(|label| label != "priority/p0");
        assert_eq!(after, others, "{key}");
        // The label by which a person hands an issue back doesn't end it, since a bot may set it as well: `release` does.
        world.trackers.by("stale-bot").remove_label(key, "priority/p0").expect("a label");
        world.trackers.by("hana").add_label(key, "roadmapd:auto").expect("an issue");
        world.pass(60);
        world.turn().await;
        assert_eq!(stands(&world, key), None, "{key}");
        let name = if key.contains('#') { "github" } else { "jira" };
        let asked = IssueKey::new(&TrackerName::new(name), key);
        world.ask(Request::Release { key: asked, aspect: None }).await;
        world.turn().await;
        assert_eq!(stands(&world, key), ours, "{key}: released");
        reverse(&world, key).await;
        assert_eq!(stands(&world, key), ours, "{key}: and counted anew");
    }
}

#[tokio::test]
async fn a_person_who_hands_a_field_back_each_time_is_no_fight() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    world.turn().await;
    let key = "acme/api#3";
    let ours = stands(&world, key).expect("a level");
    for _ in 0..5 {
        let hana = world.trackers.by("hana");
        hana.remove_label(key, &ours).expect("a label");
        world.pass(60);
        world.turn().await;
        assert_eq!(stands(&world, key), None);
        hana.add_label(key, "roadmapd:auto").expect("an issue");
        world.pass(60);
        world.turn().await;
        assert_eq!(stands(&world, key).as_ref(), Some(&ours), "handed back");
    }
}
