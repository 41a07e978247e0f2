//! Blockers through both trackers, in a circle and across levels; and two people who disagree.

use roadmapd::plan::SkipReason;
use roadmapd::sandbox::{Corpus, GithubIssueSeed, JiraIssueSeed, LinkSeed};

use crate::world::{WRITES, World};

/// Two linked pairs that block each other, one end of the circle in each tracker.
async fn circle(world: &World) -> [(String, String); 2] {
    let jira = |summary: &str| JiraIssueSeed { summary: summary.to_owned(), ..JiraIssueSeed::default() };
    let first = world.trackers.add_jira_issue("PAY", &jira("The first")).expect("an issue");
    let second = world.trackers.add_jira_issue("PAY", &jira("The second")).expect("an issue");
    let github = |jira: &str| GithubIssueSeed {
        title: format!("[{jira}] the same"),
        body: Some(format!("Jira: {jira}\n")),
        ..GithubIssueSeed::default()
    };
    let one = world.trackers.add_github_issue("acme/api", &github(&first)).expect("an issue");
    let other = world.trackers.add_github_issue("acme/api", &github(&second)).expect("an issue");
    world.trackers.block(&first, &second).expect("a link");
    world.trackers.block(&other, &one).expect("a dependency");
    [(one, first), (other, second)]
}

#[tokio::test]
async fn a_circle_of_blockers_through_both_trackers_is_named_once_and_scored_all_the_same() {
    let mut plans = Vec::new();
    for _ in 0..2 {
        let world = World::new(Corpus::shipped(), WRITES).await;
        let pairs = circle(&world).await;
        let turned = world.turn().await;
        assert_eq!(turned.errors, Vec::<String>::new());
        let shown = world.preview().await;
        let cycles = &shown.thought.roadmap.cycles;
        assert_eq!(cycles.len(), 1, "{cycles:?}");
        for (github, jira) in &pairs {
            assert!(
                cycles[0].why.contains(jira.as_str()) || cycles[0].why.contains(github.as_str()),
                "{}",
                cycles[0].why
            );
            for key in [github, jira] {
                assert_eq!(world.labels(key, "priority/p").len(), 1, "{key}");
            }
            assert_eq!(world.labels(github, "priority/p"), world.labels(jira, "priority/p"));
        }
        assert_eq!(world.turn().await.written, 0);
        plans.push(turned.plan.expect("a plan").fingerprint);
    }
    assert_eq!(plans[0], plans[1], "the same picture gives the same plan");
}

#[tokio::test]
async fn a_low_item_that_blocks_a_high_one_in_the_other_tracker_is_lifted_and_says_why() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    let high = JiraIssueSeed {
        summary: "Payouts stop on Friday".to_owned(),
        priority: Some("Highest".to_owned()),
        priority_set_by: Some("dana".to_owned()),
        due_in_days: Some(1),
        votes: 40,
        ..JiraIssueSeed::default()
    };
    let high = world.trackers.add_jira_issue("PAY", &high).expect("an issue");
    let low = JiraIssueSeed {
        summary: "Tidy the settings page".to_owned(),
        priority: Some("Lowest".to_owned()),
        links: vec![LinkSeed { kind: "Blocks".to_owned(), to: high.clone() }],
        created_days_ago: 300.0,
        ..JiraIssueSeed::default()
    };
    let low = world.trackers.add_jira_issue("CORE", &low).expect("an issue");
    // The low one's other face is on GitHub, where its label has to follow.
    let face =
        GithubIssueSeed { title: format!("[{low}] tidy"), created_days_ago: 300.0, ..GithubIssueSeed::default() };
    let face = world.trackers.add_github_issue("acme/web", &face).expect("an issue");
    let turned = world.turn().await;
    assert_eq!(world.labels(&high, "priority/p"), ["priority/p0"]);
    assert_eq!(world.labels(&low, "priority/p"), ["priority/p0"]);
    assert_eq!(world.labels(&face, "priority/p"), ["priority/p0"]);
    let plan = turned.plan.expect("a plan");
    let item = world.preview().await.thought;
    let index = item.roadmap.find(&format!("jira:{low}")).expect("an item");
    let because = &item.scores.items[index].priority.because;
    assert!(because.iter().any(|because| because.rule == "blocks" && because.why.contains(&high)), "{because:?}");
    assert!(!plan.changes.is_empty());
}

#[tokio::test]
async fn two_peoples_different_values_freeze_an_item_until_they_agree() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    let [(github, jira), _] = circle(&world).await;
    world.turn().await;
    for (key, theirs, person) in [(&github, "priority/p0", "dana"), (&jira, "priority/p3", "erik")] {
        for label in world.labels(key, "priority/p") {
            world.trackers.by(person).remove_label(key, &label).expect("a label");
        }
        world.trackers.by(person).add_label(key, theirs).expect("a label");
    }
    world.pass(60);
    for _ in 0..3 {
        let turned = world.turn().await;
        assert_eq!((turned.errors.len(), turned.written), (0, 0));
    }
    let skips = world.preview().await.plan.skips;
    let frozen: Vec<_> = skips.iter().filter(|skip| skip.reason == SkipReason::Frozen).collect();
    assert_eq!(frozen.len(), 2, "{skips:?}");
    assert!(frozen.iter().all(|skip| skip.why.contains("says p0") && skip.why.contains("says p3")), "{frozen:?}");
    world.trackers.by("erik").remove_label(&jira, "priority/p3").expect("a label");
    world.trackers.by("erik").add_label(&jira, "priority/p0").expect("a label");
    world.pass(60);
    world.turn().await;
    let skips = world.preview().await.plan.skips;
    assert!(skips.iter().all(|skip| skip.reason != SkipReason::Frozen), "{skips:?}");
}
