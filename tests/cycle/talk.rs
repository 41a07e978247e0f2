//! What others say on GitHub moves a priority, what the author says doesn't, and silence costs nothing.

use roadmapd::sandbox::{Corpus, GithubIssueSeed, RepositorySeed};

use crate::world::{WRITES, World};

const KEY: &str = "acme/api#1";

/// Two issues that dana opened; on the second, three people have spoken since.
async fn world() -> World {
    let one = |number: u32, comments: u32| GithubIssueSeed {
        number,
        title: format!("The export stops at {number} rows"),
        author: Some("dana".to_owned()),
        comments,
        created_days_ago: 20.0,
        updated_days_ago: Some(2.0),
        ..GithubIssueSeed::default()
    };
    let issues = vec![one(1, 0), one(2, 3)];
    let repository = RepositorySeed { name: "acme/api".to_owned(), issues, ..RepositorySeed::default() };
    let mut corpus = Corpus::shipped();
    corpus.repositories = vec![repository];
    let world = World::new(corpus, WRITES).await;
    world.turn().await;
    world
}

/// An issue's points for activity, and its score.
async fn priority(world: &World, key: &str) -> (f64, f64) {
    let thought = world.preview().await.thought;
    let at = thought.roadmap.find(&format!("github:{key}")).expect("an item");
    let priority = &thought.scores.items[at].priority;
    let activity = priority.because.iter().filter(|because| because.rule == "activity").map(|because| because.points);
    (activity.sum(), priority.score)
}

#[tokio::test]
async fn a_comment_of_another_person_moves_the_priority_on_github_and_one_of_the_author_does_not() {
    let world = world().await;
    let silent = priority(&world, KEY).await;
    assert_eq!(silent.0, 0.0);
    for (who, moves) in [("dana", false), ("hana", true)] {
        let before = priority(&world, KEY).await;
        world.trackers.by(who).comment(KEY).expect("an issue");
        world.pass(60);
        world.turn().await;
        let after = priority(&world, KEY).await;
        assert_eq!((after.0 > before.0, after.1 > before.1), (moves, moves), "{who}: {before:?} {after:?}");
    }
    assert!(priority(&world, "acme/api#2").await.0 > 0.0, "what was said before the first reading counts, too");
}

#[tokio::test]
async fn what_was_said_outlives_other_changes_and_a_quiet_cycle_costs_one_request_a_repository() {
    let world = world().await;
    world.turn().await;
    let before = priority(&world, "acme/api#2").await;
    world.trackers.by("hana").add_label("acme/api#2", "later").expect("an issue");
    world.pass(60);
    world.trackers.reset_counts();
    world.turn().await;
    assert_eq!(world.requests().0, 1, "a label isn't a comment: {:?}", world.trackers.requests());
    assert_eq!(priority(&world, "acme/api#2").await, before);
    world.turn().await;
    world.trackers.reset_counts();
    let turned = world.turn().await;
    assert_eq!((turned.quiet, world.requests()), (true, (1, 2)), "{:?}", world.trackers.requests());
    world.trackers.by("hana").comment("acme/api#2").expect("an issue");
    world.trackers.reset_counts();
    world.pass(60);
    let shown = world.preview().await;
    assert!(shown.plan.changes.len() <= 1);
    assert_eq!(world.requests().0, 2, "the delta and a page of comments: {:?}", world.trackers.requests());
}
