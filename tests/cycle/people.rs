//! A person's value stands, on both sides, for as long as they want.

use http::Method;
use roadmapd::model::Aspect;
use roadmapd::plan::SkipReason;
use roadmapd::sandbox::{Corpus, Matcher, Tracker};
use roadmapd::store::Request;

use crate::world::{WRITES, World};

/// A linked pair of the shipped corpus that nobody holds yet, as local keys.
async fn pair(world: &World) -> (String, String) {
    let shown = world.preview().await;
    let item = shown
        .thought
        .roadmap
        .items
        .iter()
        .find(|item| {
            item.faces.len() == 2
                && item.status.is_open()
                && item.faces.iter().all(|face| face.status.is_open())
                && shown.thought.standing.previous.holds.keys().all(|(held, _)| *held != item.id)
        })
        .expect("a linked pair");
    let key = |tracker: &str| {
        let face = item.faces.iter().find(|face| face.id.tracker.as_str() == tracker).expect("a face");
        face.key.local.clone()
    };
    (key("github"), key("jira"))
}

fn another_priority(than: &[String]) -> &'static str {
    if than.contains(&"priority/p0".to_owned()) { "priority/p3" } else { "priority/p0" }
}

#[tokio::test]
async fn a_label_set_by_hand_stands_for_a_hundred_cycles_and_its_linked_face_follows() {
    for in_jira in [false, true] {
        let world = World::new(Corpus::shipped(), WRITES).await;
        world.turn().await;
        let (github, jira) = pair(&world).await;
        let (mine, other) = if in_jira { (&jira, &github) } else { (&github, &jira) };
        let ours = world.labels(mine, "priority/");
        let theirs = another_priority(&ours);
        world.trackers.remove_label(mine, &ours[0]).expect("a label");
        world.trackers.add_label(mine, theirs).expect("a label");
        world.pass(60);
        for cycle in 0..100 {
            world.pass(3600);
            let turned = world.turn().await;
            assert_eq!(turned.errors, Vec::<String>::new());
            assert_eq!(world.labels(mine, "priority/"), [theirs], "cycle {cycle}");
            assert_eq!(world.labels(other, "priority/"), [theirs], "cycle {cycle}");
        }
        let skips = world.preview().await.plan.skips;
        let held = skips.iter().find(|skip| skip.issue.local == *mine && skip.reason == SkipReason::Hold);
        assert_eq!(held.and_then(|skip| skip.theirs.as_deref()), Some(theirs));

        let key = held.expect("a hold").issue.clone();
        world.ask(Request::Release { key, aspect: Some(Aspect::Priority) }).await;
        world.turn().await;
        assert!(world.labels(mine, "priority/").len() == 1 && world.labels(other, "priority/").len() == 1);
        let skips = world.preview().await.plan.skips;
        assert!(skips.iter().all(|skip| skip.issue.local != *mine), "{skips:?}");
    }
}

#[tokio::test]
async fn a_label_added_beside_ours_is_the_persons_and_ours_goes() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    world.turn().await;
    let (github, _) = pair(&world).await;
    let theirs = another_priority(&world.labels(&github, "priority/"));
    world.trackers.add_label(&github, theirs).expect("a label");
    world.pass(60);
    world.turn().await;
    assert_eq!(world.labels(&github, "priority/"), [theirs]);
}

#[tokio::test]
async fn a_label_taken_off_by_hand_stays_off_until_it_is_released() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    world.turn().await;
    let (github, jira) = pair(&world).await;
    let ours = world.labels(&github, "complexity/");
    world.trackers.remove_label(&github, &ours[0]).expect("a label");
    world.pass(60);
    for _ in 0..3 {
        world.turn().await;
        assert_eq!(world.labels(&github, "complexity/"), Vec::<String>::new());
        assert_eq!(world.labels(&jira, "complexity/").len(), 1);
    }
    world.trackers.add_label(&github, "roadmapd:auto").expect("a label");
    world.pass(60);
    world.turn().await;
    assert_eq!(world.labels(&github, "complexity/"), ours);
    assert_eq!(world.labels(&github, "roadmapd:auto"), Vec::<String>::new());
    world.turn().await;
    assert_eq!(world.turn().await.written, 0);
}

#[tokio::test]
async fn a_label_that_was_there_before_us_is_a_persons() {
    let world = World::new(Corpus::generated(5, 40), WRITES).await;
    let key = world.open_keys().into_iter().find(|key| key.contains('#')).expect("an issue");
    world.trackers.add_label(&key, "Priority/P1").expect("a label");
    world.turn().await;
    assert_eq!(world.labels(&key, "priority/"), Vec::<String>::new());
    assert_eq!(world.labels(&key, "Priority/"), ["Priority/P1"]);
}

#[tokio::test]
async fn an_unrelated_label_added_at_any_moment_of_a_cycle_survives() {
    let moments = [
        (Tracker::GitHub, Method::GET, "issues?"),
        (Tracker::GitHub, Method::POST, "/labels"),
        (Tracker::GitHub, Method::DELETE, "/labels/"),
        (Tracker::Jira, Method::POST, "/search/jql"),
        (Tracker::Jira, Method::PUT, "/issue/"),
    ];
    for (tracker, method, path) in moments {
        let world = World::new(Corpus::shipped(), WRITES).await;
        world.turn().await;
        let (github, jira) = pair(&world).await;
        // Something to write on both faces: the item becomes as urgent as can be, or stops being it.
        world.trackers.set_priority(&jira, "Highest").expect("an issue");
        world.trackers.edit_body(&github, Some("Short.")).expect("an issue");
        world.pass(60);
        let keys = (github.clone(), jira.clone());
        world.trackers.hook(tracker, Matcher::new(method.clone(), path), 1, move |trackers| {
            trackers.add_label(&keys.0, "needs-design").expect("an issue");
            trackers.add_label(&keys.1, "needs-design").expect("an issue");
        });
        for _ in 0..3 {
            world.turn().await;
        }
        for key in [&github, &jira] {
            // A moment that never came (nothing had to be removed) adds nothing that could be lost.
            let came = world.trackers.log().iter().any(|entry| entry.to.as_deref() == Some("needs-design"));
            assert_eq!(world.labels(key, "needs-design").len(), usize::from(came), "{method} {path} {key}");
            assert_eq!(world.labels(key, "priority/").len(), 1, "{method} {path} {key}");
        }
    }
}

#[tokio::test]
async fn closing_an_issue_leaves_its_labels_and_reopening_goes_on() {
    let world = World::new(Corpus::generated(6, 40), WRITES).await;
    world.turn().await;
    let key = world.open_keys().into_iter().find(|key| key.contains('-') && !key.contains('#')).expect("an issue");
    let before = world.trackers.labels_of(&key).expect("an issue");
    world.trackers.close(&key).expect("an issue");
    world.pass(60);
    world.turn().await;
    assert_eq!(world.trackers.labels_of(&key).expect("an issue"), before);
    world.trackers.reopen(&key).expect("an issue");
    world.pass(60);
    world.turn().await;
    assert_eq!(world.labels(&key, "priority/").len(), 1);
    assert_eq!(world.labels(&key, "complexity/").len(), 1);
}

#[tokio::test]
async fn releasing_a_label_that_was_taken_off_puts_it_back() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    world.turn().await;
    let (github, _) = pair(&world).await;
    let ours = world.labels(&github, "complexity/");
    world.trackers.remove_label(&github, &ours[0]).expect("a label");
    world.pass(60);
    world.turn().await;
    assert_eq!(world.labels(&github, "complexity/"), Vec::<String>::new());
    world.ask(Request::Release { key: format!("github:{github}").parse().expect("a key"), aspect: None }).await;
    let shown = world.preview().await.plan;
    assert!(shown.skips.iter().all(|skip| skip.issue.local != github), "the preview heeds what was asked");
    assert!(shown.changes.iter().any(|change| change.key.local == github));
    world.turn().await;
    assert_eq!(world.labels(&github, "complexity/"), ours);
}

#[tokio::test]
async fn releasing_an_issue_with_two_found_labels_leaves_one_of_ours() {
    let world = World::new(Corpus::generated(9, 20), WRITES).await;
    let key = world.open_keys().into_iter().find(|key| key.contains('#')).expect("an issue");
    for label in ["priority/p0", "priority/p3"] {
        world.trackers.add_label(&key, label).expect("an issue");
    }
    world.turn().await;
    assert_eq!(world.labels(&key, "priority/").len(), 2, "both are left to people");
    world.ask(Request::Release { key: format!("github:{key}").parse().expect("a key"), aspect: None }).await;
    world.turn().await;
    assert_eq!(world.labels(&key, "priority/").len(), 1);
    assert!(world.preview().await.plan.skips.is_empty());
}
