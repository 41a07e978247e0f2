//! Own echoes, people's hands, races and fights.

use http::Method;
use roadmapd::sandbox::{Corpus, Fault, FaultPlan, Matcher, Tracker};

use crate::people::{another, census, doubled, holds, pair, replace, stored, written};
use crate::world::{WRITES, World};

/// The level of priority that an issue has.
fn priority(world: &World, key: &str) -> String {
    let labels = world.labels(key, "priority/");
    assert_eq!(labels.len(), 1, "{key}: {labels:?}");
    labels[0].clone()
}

#[tokio::test]
async fn our_first_value_read_back_after_our_second_is_our_own_and_undoes_nothing() {
    let world = World::new(Corpus::generated(51, 40), WRITES).await;
    let keys: Vec<String> = world.open_keys().into_iter().filter(|key| !key.contains('#')).collect();
    world.turn().await;
    let first: Vec<String> = keys.iter().map(|key| priority(&world, key)).collect();
    for key in &keys {
        let (low, high) = ("Lowest", "Highest");
        let wanted = if ["priority/p0", "priority/p1"].contains(&priority(&world, key).as_str()) { low } else { high };
        world.trackers.set_priority(key, wanted).expect("an issue");
    }
    // From now on Jira's search shows issues as they were before a write, for an hour.
    world.pass(7200);
    let lag = "[[fault]]\nfault = 'search_lag'\nseconds = 3600\n";
    world.trackers.plan_faults(FaultPlan::from_toml(lag).expect("a plan"));
    world.turn().await;
    let second: Vec<String> = keys.iter().map(|key| priority(&world, key)).collect();
    let moved = first.iter().zip(&second).filter(|(before, after)| before != after).count();
    assert!(moved > 3, "{moved} levels were written a second time");
    let so_far = written(&world);
    for cycle in 0..5 {
        // The rows of the search carry the first value, and a stamp that differs from the stored one.
        for key in &keys {
            world.trackers.add_label(key, &format!("seen-{cycle}")).expect("an issue");
        }
        // A listing of everything hands them out as they are.
        let turned = if cycle % 2 == 0 { world.turn_as(&census()).await } else { world.turn().await };
        assert_eq!((turned.errors, turned.written), (Vec::new(), 0), "cycle {cycle}");
    }
    assert_eq!(keys.iter().map(|key| priority(&world, key)).collect::<Vec<_>>(), second);
    assert_eq!((written(&world), doubled(&world)), (so_far, vec![]));
    let skips = world.preview().await.plan.skips;
    assert!(skips.is_empty(), "our own value isn't a person's: {skips:?}");
}

#[tokio::test]
async fn a_maintainers_p0_stays_alone_over_a_lower_score_and_the_plan_says_that_a_person_holds_it() {
    for (in_jira, beside) in [(false, false), (false, true), (true, false), (true, true)] {
        let world = World::new(Corpus::shipped(), WRITES).await;
        let (github, jira) = pair(&world, "Tidy the settings page");
        world.turn().await;
        let (mine, other) = if in_jira { (&jira, &github) } else { (&github, &jira) };
        assert_ne!(priority(&world, mine), "priority/p0", "the score says less");
        if beside {
            world.trackers.by("dana").add_label(mine, "priority/p0").expect("an issue");
        } else {
            replace(&world, "dana", mine, "priority/p0");
        }
        world.pass(60);
        for _ in 0..4 {
            let turned = world.turn().await;
            assert_eq!(turned.errors, Vec::<String>::new());
            assert_eq!((priority(&world, mine), priority(&world, other)), ("priority/p0".into(), "priority/p0".into()));
        }
        let held = holds(&world, mine).await;
        assert!(held.len() == 1 && held[0].theirs.as_deref() == Some("priority/p0"), "{held:?}");
        assert!(held[0].why.contains("a person set priority/p0") && held[0].why.contains("release"), "{held:?}");
        assert_eq!(world.turn().await.written, 0);
    }
}

#[tokio::test]
async fn a_label_added_between_our_reading_and_our_half_applied_write_survives_and_one_level_is_left() {
    for (tracker, method) in [(Tracker::GitHub, Method::POST), (Tracker::Jira, Method::PUT)] {
        let world = World::new(Corpus::shipped(), WRITES).await;
        let (github, jira) = pair(&world, "Payouts stop");
        world.turn().await;
        let before = priority(&world, &github);
        world.trackers.set_priority(&jira, "Highest").expect("an issue");
        world.trackers.by("erik").add_label(&github, "sev-1").expect("an issue");
        world.pass(60);
        let mine = if tracker == Tracker::GitHub { github.clone() } else { jira.clone() };
        let id = stored(&world).await[&mine].id.id.clone();
        let path = match tracker {
            Tracker::GitHub => format!("/repos/{}/labels", github.replace('#', "/issues/")),
            Tracker::Jira => format!("/issue/{id}"),
        };
        let key = mine.clone();
        // The label comes as the write is on its way; of the write, only the first half arrives.
        world.trackers.hook(tracker, Matcher::new(method.clone(), &path), 1, move |trackers| {
            trackers.add_label(&key, "needs-design").expect("an issue");
            trackers.fail(tracker, Matcher::new(method.clone(), &path), Fault::ResetAfterApply, 1);
            trackers.fail(
                Tracker::GitHub,
                Matcher::new(Method::DELETE, "/labels/"),
                Fault::status(500, "{}"),
                u32::MAX,
            );
        });
        let turned = world.turn().await;
        assert!(turned.failed > 0, "{tracker:?}: the write was struck");
        assert_eq!(world.labels(&mine, "needs-design").len(), 1, "{tracker:?}");
        world.trackers.heal(tracker);
        world.trackers.heal(Tracker::GitHub);
        for _ in 0..3 {
            world.turn().await;
        }
        assert_eq!(world.labels(&mine, "needs-design").len(), 1, "{tracker:?}");
        assert_ne!(priority(&world, &mine), before, "{tracker:?}");
        assert_eq!(priority(&world, &github), priority(&world, &jira), "{tracker:?}");
        assert!(
            holds(&world, &mine).await.is_empty() && doubled(&world).is_empty(),
            "{tracker:?}: {:?}",
            doubled(&world)
        );
    }
}

#[tokio::test]
async fn a_bot_that_puts_its_value_in_place_of_ours_is_left_in_peace_from_the_first_time_on() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    let (github, _) = pair(&world, "Payouts stop");
    world.turn().await;
    let theirs = another(&world, &github, ["priority/p3", "priority/p0"]);
    let so_far = written(&world).iter().filter(|write| write.starts_with(&github)).count();
    for _ in 0..10 {
        replace(&world, "triage-machine", &github, &theirs);
        world.pass(60);
        world.turn().await;
    }
    let now = written(&world).iter().filter(|write| write.starts_with(&github)).count();
    assert_eq!((priority(&world, &github), now), (theirs, so_far));
}

#[tokio::test]
async fn a_bot_that_reverts_ours_and_gives_way_again_is_given_up_by_name_on_that_field_alone() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    let (github, jira) = pair(&world, "Payouts stop");
    world.turn().await;
    let complexity = world.labels(&github, "complexity/");
    let theirs = another(&world, &github, ["priority/p3", "priority/p0"]);
    let mut counts = Vec::new();
    for _ in 0..12 {
        replace(&world, "triage-machine", &github, &theirs);
        world.pass(60);
        world.turn().await;
        // Gone again, so that no value of its own stands there and the hold is over.
        world.trackers.by("triage-machine").remove_label(&github, &theirs).expect("a label");
        world.pass(60);
        world.turn().await;
        counts.push(written(&world).iter().filter(|write| write.starts_with(&github)).count());
    }
    assert_eq!(counts[8], counts[11], "it stopped writing that field: {counts:?}");
    let skips = world.preview().await.plan.skips;
    let told: Vec<_> = skips.iter().filter(|skip| skip.issue.local == github).collect();
    assert!(told.iter().any(|skip| skip.why.contains("triage-machine")), "the actor is named: {told:?}");
    assert_eq!(world.labels(&github, "complexity/"), complexity, "the other field is as it was");
    assert_eq!(world.labels(&jira, "complexity/").len(), 1);
    // Nothing is spent on it any more.
    world.turn().await;
    world.trackers.reset_counts();
    assert_eq!((world.turn().await.written, world.writes()), (0, 0));
    world
        .ask(roadmapd::store::Request::Release {
            key: format!("github:{github}").parse().expect("a key"),
            aspect: None,
        })
        .await;
    world.turn().await;
    assert_eq!(world.labels(&github, "priority/").len(), 1, "released, it is written again");
}
