//! Sizes are learned from what people estimated, at a census, and a fit that changes anything is shown as a formula of its own.

use roadmapd::daemon::{Order, View};
use roadmapd::sandbox::{Corpus, JiraIssueSeed, ProjectSeed};
use roadmapd::score::{EstimateSource, ItemScore};

use crate::world::{WRITES, World};

/// Issues whose size follows from one word: ninety estimated ones, and one of each kind that nobody estimated.
fn corpus() -> Corpus {
    let kinds = [("Fix a typo", 1.0), ("Restyle the button", 3.0), ("Plan the migration", 8.0)];
    let one = |n: usize, points: Option<f64>| JiraIssueSeed {
        summary: format!("{} {}", kinds[n % 3].0, ["red", "green", "blue", "grey"][n / 3 % 4]),
        description: Some("It was asked for by the people who use it every day.".to_owned()),
        kind: "Story".to_owned(),
        status: if points.is_some() { "Done" } else { "To Do" }.to_owned(),
        points,
        created_days_ago: 200.0 - n as f64,
        ..JiraIssueSeed::default()
    };
    let mut issues: Vec<JiraIssueSeed> = (0..90).map(|n| one(n, Some(kinds[n % 3].1))).collect();
    issues.extend((90..93).map(|n| one(n, None)));
    let learning = ProjectSeed { key: "LEARN".to_owned(), name: "Learn".to_owned(), issues, ..ProjectSeed::default() };
    let mut corpus = Corpus::shipped();
    corpus.projects.push(learning);
    corpus
}

/// The same, and who estimated gave a level's label in place of points to these.
fn labelled(which: impl Fn(usize) -> bool) -> Corpus {
    let mut corpus = corpus();
    let learning = corpus.projects.last_mut().expect("a project");
    for (n, issue) in learning.issues.iter_mut().enumerate().filter(|(n, _)| which(*n)) {
        if let Some(points) = issue.points.take() {
            let level = [(1.0, "xs"), (3.0, "s"), (8.0, "l")].into_iter().find(|(of, _)| *of == points).expect("one").1;
            (issue.labels, issue.status) = (vec![format!("complexity/{level}")], "To Do".to_owned());
            assert!(n < 90);
        }
    }
    corpus
}

fn census() -> Order {
    Order { cause: "test".to_owned(), census: true, ..Order::default() }
}

async fn score_of(world: &World, key: &str) -> ItemScore {
    let thought = world.preview().await.thought;
    let at = thought.roadmap.find(&format!("jira:{key}")).expect("an item");
    thought.scores.items[at].clone()
}

async fn world() -> World {
    World::new(corpus(), WRITES).await
}

#[tokio::test]
async fn a_census_learns_from_estimated_issues_and_a_quiet_cycle_follows() {
    let world = world().await;
    world.turn().await;
    let model = world.store.model().await.expect("a model");
    assert_eq!((model.version, model.histories[""].learned.is_some()), (1, true));
    for (key, points, label) in [("LEARN-91", 1.0, "xs"), ("LEARN-92", 3.0, "s"), ("LEARN-93", 8.0, "l")] {
        let size = score_of(&world, key).await.complexity;
        assert_eq!((size.source, size.story_points), (EstimateSource::Learned, points), "{key}: {size:?}");
        assert_eq!(world.labels(key, "complexity/"), [format!("complexity/{label}")]);
        assert!(size.because[0].why.contains("estimated issues"), "{size:?}");
    }
    let words = score_of(&world, "LEARN-93").await.complexity.because;
    assert!(words.iter().any(|reason| reason.rule == "word" && reason.why.contains("migration")), "{words:?}");
    for quiet in [false, true] {
        world.pass(60);
        assert_eq!(world.turn().await.quiet, quiet);
    }
    // Nothing new was said, so a census learns nothing new.
    world.pass(60);
    let turned = world.turn_as(&census()).await;
    assert_eq!((turned.written, world.store.model().await.expect("a model").version), (0, 1));
}

#[tokio::test]
async fn what_people_estimate_anew_is_learned_at_the_next_census_and_shown_as_another_formula() {
    let world = world().await;
    world.turn().await;
    // Migrations are smaller than they were.
    for n in (45..90).filter(|n| n % 3 == 2) {
        world.trackers.set_number(&format!("LEARN-{}", n + 1), "customfield_10028", Some(5.0)).expect("an issue");
    }
    world.pass(60);
    world.turn().await;
    assert_eq!(
        score_of(&world, "LEARN-93").await.complexity.story_points,
        8.0,
        "an estimate doesn't move between censuses"
    );
    world.pass(60);
    let turned = world.turn_as(&census()).await;
    let reformed = turned.plan.expect("a plan").reformed.expect("another formula");
    assert_eq!((reformed.from.0.as_str(), reformed.to.0.as_str()), ("wsjf/2+learned/1", "wsjf/2+learned/2"));
    assert_eq!(score_of(&world, "LEARN-93").await.complexity.story_points, 5.0);
    assert_eq!(world.labels("LEARN-93", "complexity/"), ["complexity/m"]);
}

#[tokio::test]
async fn a_team_that_does_not_want_it_keeps_what_text_and_structure_tell() {
    let world = World::new(corpus(), &format!("{WRITES}[complexity]\nlearn = false\n")).await;
    world.turn().await;
    assert_eq!(score_of(&world, "LEARN-93").await.complexity.source, EstimateSource::Estimated);
    assert_eq!(world.store.model().await.expect("a model").version, 0);
}

#[tokio::test]
async fn what_we_wrote_into_the_field_of_story_points_teaches_nothing() {
    let sink = "[[sink]]\naspect = 'complexity'\ntracker = 'jira'\nfield = 'customfield_10028'\n\
                values = { xs = [1], s = [2], m = [5], l = [8], xl = [13] }\n";
    let world = World::new(corpus(), &format!("{WRITES}{sink}")).await;
    for _ in 0..2 {
        world.turn_as(&census()).await;
        world.pass(60);
    }
    let model = world.store.model().await.expect("a model");
    let given = world.store.issues().await.expect("issues");
    let with_points = given.iter().filter(|issue| issue.story_points.is_some()).count();
    assert!(model.histories[""].labels < with_points, "{} of {with_points}", model.histories[""].labels);
    assert_eq!(model.version, 1);
}

#[tokio::test]
async fn the_past_items_most_like_one_are_estimated_ones_that_share_its_words() {
    let world = world().await;
    world.turn().await;
    let view = View::open(&world.works, &world.store).await.expect("a view");
    let items = &view.thought.roadmap.items;
    for (key, points) in [("jira:LEARN-91", 1.0), ("jira:LEARN-93", 8.0)] {
        let index = view.thought.roadmap.find(key).expect("an item");
        let like = view.nearest(index);
        let title = &items[index].founder().title;
        assert_eq!(like.len(), 3, "{key}");
        for (at, theirs, cosine) in like {
            assert_eq!((&items[at].founder().title, theirs), (title, points), "{key}");
            assert!(at != index && (0.99..=1.0).contains(&cosine), "{key}: {cosine}");
        }
    }
}

#[tokio::test]
async fn a_level_that_a_person_gave_teaches_as_points_do() {
    // Nobody estimates in points: a level is worth the least of it.
    let alone = "[[scope]]\nname = \"learn\"\nmatch = [\"jira:LEARN\"]\n";
    let world = World::new(labelled(|_| true), &format!("{WRITES}{alone}")).await;
    world.turn_as(&census()).await;
    world.pass(60);
    world.turn_as(&census()).await;
    let model = world.store.model().await.expect("a model");
    assert_eq!((model.version, model.histories["learn"].labels), (1, 90));
    for (key, points, label) in [("LEARN-91", 1.0, "xs"), ("LEARN-92", 2.0, "s"), ("LEARN-93", 8.0, "l")] {
        let size = score_of(&world, key).await.complexity;
        assert_eq!((size.source, size.story_points), (EstimateSource::Learned, points), "{key}: {size:?}");
        assert_eq!(world.labels(key, "complexity/"), [format!("complexity/{label}")]);
    }
    // Where others estimate in points, it is worth what they mean by it.
    let world = World::new(labelled(|n| n > 45), WRITES).await;
    world.turn_as(&census()).await;
    world.pass(60);
    world.turn_as(&census()).await;
    assert_eq!(score_of(&world, "LEARN-92").await.complexity.story_points, 3.0);
}

#[tokio::test]
async fn what_a_person_corrects_is_learned_at_the_next_census() {
    let world = World::new(labelled(|n| n > 45), WRITES).await;
    world.turn().await;
    assert_eq!(world.labels("LEARN-93", "complexity/"), ["complexity/l"]);
    // Whoever plans migrations takes them for small.
    for n in (46..90).filter(|n| n % 3 == 2) {
        let key = format!("LEARN-{}", n + 1);
        world.trackers.remove_label(&key, "complexity/l").expect("an issue");
        world.trackers.add_label(&key, "complexity/s").expect("an issue");
    }
    world.pass(60);
    world.turn().await;
    world.pass(60);
    world.turn_as(&census()).await;
    assert_eq!(world.labels("LEARN-93", "complexity/"), ["complexity/s"]);
}

#[tokio::test]
async fn what_another_version_learned_is_learned_anew_by_the_first_cycle_that_thinks() {
    let world = world().await;
    world.turn_as(&census()).await;
    let model = world.store.model().await.expect("a model");
    let mut older = serde_json::to_value(&model).expect("it can be stored");
    older["histories"][""]["learned"]["form"] = 1.into();
    older["histories"][""]["learned"]["choice"] = serde_json::json!({ "Words": { "words": 0.1, "median": 2.0 } });
    world.store.save_model(&serde_json::from_value(older).expect("an older one is read")).await.expect("the store");
    world.trackers.edit_title("LEARN-1", "Fix a typo somewhere").expect("an issue");
    world.pass(60);
    let turned = world.turn().await;
    assert_eq!(turned.written, 0, "{turned:?}");
    let size = score_of(&world, "LEARN-93").await.complexity;
    assert_eq!((size.source, size.story_points), (EstimateSource::Learned, 8.0), "{size:?}");
    assert_eq!(world.store.model().await.expect("a model").version, 2);
}
