//! Reading, time and quota: what is skipped, lost, throttled or out of sight.

use http::Method;
use roadmapd::daemon::{self, Order};
use roadmapd::model::Presence;
use roadmapd::sandbox::{Corpus, Fault, GithubIssueSeed, JiraIssueSeed, Matcher, Options, Tracker, Zone};
use roadmapd::store::Request;
use roadmapd::tracker::TrackerConfig;
use tokio_util::sync::CancellationToken;

use crate::people::{census, cursor, doubled, pair, stored};
use crate::world::{WRITES, World};

const OBSERVES: &str = "[write]\nmode = \"observe\"\n";

/// Issues whose stored title isn't the tracker's.
async fn skipped(world: &World) -> Vec<String> {
    let stored = stored(world).await;
    let all = world.trackers.all_facts().into_iter().filter(|(_, facts)| !facts.pull_request);
    all.filter(|(key, facts)| stored.get(key).is_none_or(|it| it.title != facts.title)).map(|(key, _)| key).collect()
}

#[tokio::test]
async fn an_issue_that_changes_every_few_minutes_hides_no_other_change_whatever_the_zone_of_the_profile() {
    for (name, offset_min) in [("Europe/Istanbul", 180), ("America/St_Johns", -210)] {
        let jira_zone = Zone { name: name.to_owned(), offset_min };
        let world = World::with(Corpus::generated(18, 12), Options { jira_zone, ..Options::default() }, OBSERVES).await;
        world.turn().await;
        assert_eq!(skipped(&world).await, Vec::<String>::new());
        let keys = world.open_keys();
        let (github, jira): (Vec<_>, Vec<_>) = keys.iter().partition(|key| key.contains('#'));
        for round in 0..40 {
            for keys in [&github, &jira] {
                let cold = keys[1 + round % (keys.len() - 1)];
                world.trackers.edit_title(cold, &format!("cold, round {round}")).expect("an issue");
            }
            world.pass(170);
            for (tracker, path, keys) in [(Tracker::GitHub, "issues?", &github), (Tracker::Jira, "/search/jql", &jira)]
            {
                let hot = keys[0].clone();
                world.trackers.edit_title(&hot, &format!("hot, round {round}")).expect("an issue");
                if round % 3 == 0 {
                    // It changes while it is listed, too.
                    world.trackers.hook(tracker, Matcher::path(path), 1, move |trackers| {
                        trackers
                            .edit_title(&hot, &format!("hot while it was listed, round {round}"))
                            .expect("an issue");
                    });
                }
            }
            // No time passes until the next round's changes: they come right behind the newest that was seen.
            let order = Order { cause: "test".to_owned(), ..Order::default() };
            let turned = daemon::turn(&world.works, &world.store, &order, &CancellationToken::new()).await;
            assert_eq!(turned.expect("a cycle").errors, Vec::<String>::new());
            assert_eq!(skipped(&world).await, Vec::<String>::new(), "{name}, round {round}");
        }
    }
}

#[tokio::test]
async fn what_jira_could_not_hand_out_stays_within_the_window_however_far_the_others_went_on() {
    let world = World::new(Corpus::generated(19, 12), WRITES).await;
    world.turn().await;
    world.turn().await;
    let keys: Vec<String> = world.open_keys().into_iter().filter(|key| !key.contains('#')).collect();
    world.trackers.edit_title(&keys[0], "Said anew").expect("an issue");
    world.pass(3600);
    world.trackers.edit_title(&keys[1], "Said anew an hour later").expect("an issue");
    let unable =
        Fault::status(200, r#"{"issues": [], "issueErrors": [{"issueIdOrKey": "1", "errorMessage": "later"}]}"#);
    world.trackers.fail(Tracker::Jira, Matcher::path("/issue/bulkfetch"), unable, u32::MAX);
    let seed = GithubIssueSeed { title: "Exports time out".to_owned(), ..GithubIssueSeed::default() };
    let new = world.trackers.add_github_issue("acme/api", &seed).expect("an issue");
    world.turn().await;
    assert_eq!(skipped(&world).await.len(), 2, "two issues weren't handed out");
    assert_eq!(world.labels(&new, "priority/").len(), 1, "the other tracker isn't held up");
    world.trackers.heal(Tracker::Jira);
    let turned = world.turn().await;
    assert_eq!(turned.errors, Vec::<String>::new());
    assert_eq!(skipped(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn an_issue_whose_write_fails_for_good_is_told_blocks_no_other_and_is_written_once_it_can_be() {
    let world = World::new(Corpus::generated(20, 30), WRITES).await;
    let (github, jira): (Vec<_>, Vec<_>) = world.open_keys().into_iter().partition(|key| key.contains('#'));
    let (stuck, stuck_too) = (&github[3], &jira[3]);
    let ids = stored_ids(&world, stuck_too);
    let refusal = Fault::status(422, r#"{"message": "Validation Failed"}"#);
    let path = format!("/repos/{}/labels", stuck.replace('#', "/issues/"));
    world.trackers.fail(Tracker::GitHub, Matcher::new(Method::POST, &path), refusal, u32::MAX);
    let refusal = Fault::status(400, r#"{"errorMessages": ["no such thing"]}"#);
    world.trackers.fail(Tracker::Jira, Matcher::new(Method::PUT, &format!("/issue/{ids}")), refusal, u32::MAX);
    let seed = GithubIssueSeed { title: "Exports time out".to_owned(), ..GithubIssueSeed::default() };
    for cycle in 0..4 {
        let new = world.trackers.add_github_issue("acme/api", &seed).expect("an issue");
        let turned = world.turn().await;
        if cycle == 0 {
            assert_eq!(turned.failed, 2, "{:?}", turned.errors);
            for (key, status) in [(stuck, "422"), (stuck_too, "400")] {
                let told = turned.errors.iter().any(|error| error.contains(key.as_str()) && error.contains(status));
                assert!(told, "{key}: {:?}", turned.errors);
            }
        }
        assert_eq!(world.labels(&new, "priority/").len(), 1, "cycle {cycle}");
    }
    for key in world.open_keys().iter().filter(|key| ![stuck, stuck_too].contains(key)) {
        assert_eq!(world.labels(key, "complexity/").len(), 1, "{key}");
    }
    world.trackers.heal_all();
    for key in [format!("github:{stuck}"), format!("jira:{stuck_too}")] {
        world.ask(Request::Retry { key: key.parse().expect("a key") }).await;
    }
    world.turn().await;
    for key in [stuck, stuck_too] {
        assert_eq!(world.labels(key, "complexity/").len(), 1, "{key} was not lost");
    }
}

/// An issue's immutable id.
fn stored_ids(world: &World, key: &str) -> String {
    world.trackers.facts(key).expect("an issue").id
}

#[tokio::test]
async fn refused_or_anonymous_answers_fail_the_reading_by_name_and_move_neither_the_cursor_nor_an_issue() {
    let refusals = [
        ("401", Fault::status(401, r#"{"message":"Bad credentials"}"#)),
        ("403", Fault::status(403, r#"{"message":"Resource not accessible"}"#)),
        ("404", Fault::status(404, r#"{"message":"Not Found"}"#)),
        ("410", Fault::status(410, r#"{"message":"Gone"}"#)),
        ("", Fault::AnonymousEmpty),
    ];
    for (tracker, name, listing) in [(Tracker::GitHub, "github", "issues?"), (Tracker::Jira, "jira", "/search/jql")] {
        let world = World::new(Corpus::generated(20, 24), WRITES).await;
        world.turn().await;
        world.turn().await;
        let key = world.open_keys().into_iter().find(|key| key.contains('#') == (name == "github")).expect("an issue");
        for (word, fault) in &refusals {
            // Only the listing, or everything; a delta, or a listing of all, whose absences would be looked for.
            for (whole, matcher) in [(false, Matcher::any()), (true, Matcher::path(listing))] {
                let what = format!("{name} {word} {whole}");
                world.trackers.edit_title(&key, &what).expect("an issue");
                let (before, at) = (stored(&world).await, cursor(&world, name).await);
                let open = world.open_keys();
                world.trackers.fail(tracker, matcher, fault.clone(), u32::MAX);
                let turned = if whole { world.turn_as(&census()).await } else { world.turn().await };
                assert_eq!((turned.errors.len(), turned.written), (1, 0), "{what}: {:?}", turned.errors);
                let told = &turned.errors[0];
                assert!(told.starts_with(name) && told.contains(word) && told.contains(';'), "{what}: {told}");
                assert_eq!(cursor(&world, name).await, at, "{what}");
                let after = stored(&world).await;
                assert_eq!((after.len(), &after[&key]), (before.len(), &before[&key]), "{what}");
                assert!(after.values().all(|issue| issue.presence == Presence::Here), "{what}");
                assert_eq!(world.open_keys(), open, "{what}");
                world.trackers.heal(tracker);
                let turned = world.turn().await;
                assert_eq!((turned.errors, skipped(&world).await), (vec![], vec![]), "{what}: it recovers by itself");
            }
        }
    }
}

#[tokio::test]
async fn a_limit_in_the_middle_of_a_backfill_holds_up_that_tracker_alone_and_nothing_is_lost_or_doubled() {
    let world = World::new(Corpus::generated(21, 230), WRITES).await;
    world.trackers.hook(Tracker::GitHub, Matcher::path("sort=created"), 3, |trackers| {
        trackers.fail(Tracker::GitHub, Matcher::any(), Fault::secondary_limit(Some(3600)), u32::MAX);
    });
    let turned = world.turn().await;
    assert!(turned.errors.len() == 1 && turned.errors[0].starts_with("github"), "{:?}", turned.errors);
    assert!(turned.errors[0].contains("limit"), "{:?}", turned.errors);
    assert_eq!((turned.written, world.writes()), (0, 0), "a tracker that was never whole: nothing is written");
    let read = stored(&world).await;
    assert_eq!(read.keys().filter(|key| !key.contains('#')).count(), 230, "the other lane went to its end");
    assert!(read.keys().filter(|key| key.contains('#')).count() < 230);
    // Another process, that hasn't been told to wait.
    world.trackers.heal_all();
    let world = world.reconfigured(|_| {});
    let turned = world.turn().await;
    assert_eq!((turned.errors, skipped(&world).await), (vec![], vec![]), "{:?}", doubled(&world));
    for key in world.open_keys() {
        assert_eq!(world.labels(&key, "complexity/").len(), 1, "{key}");
    }
    assert_eq!(doubled(&world), Vec::<String>::new());

    // The same among the writes of one tracker, while people's edits in the other go on.
    let (github, jira): (Vec<_>, Vec<_>) = world.open_keys().into_iter().partition(|key| key.contains('#'));
    for key in &jira {
        world.trackers.set_priority(key, "Highest").expect("an issue");
    }
    for key in github.iter().take(40) {
        world.trackers.add_label(key, "sev-1").expect("an issue");
    }
    world.pass(60);
    world.trackers.hook(Tracker::Jira, Matcher::new(Method::PUT, "/issue/"), 5, |trackers| {
        trackers.fail(Tracker::Jira, Matcher::new(Method::PUT, "/issue/"), Fault::burst_limit(Some(3600)), u32::MAX);
    });
    let planned = world.preview().await.plan.changes;
    let turned = world.turn().await;
    assert!(turned.errors.iter().all(|error| error.starts_with("jira")), "{:?}", turned.errors);
    let of = |tracker: &str| planned.iter().filter(|change| change.key.tracker.as_str() == tracker).count();
    assert!(of("github") > 3 && of("jira") > 8, "{} {}", of("github"), of("jira"));
    assert!(turned.failed + turned.waiting.len() > 0, "the rest is told");
    world.trackers.heal_all();
    let world = world.reconfigured(|_| {});
    let left = world.preview().await.plan.changes;
    assert!(left.iter().all(|change| change.key.tracker.as_str() == "jira"), "GitHub's writes went on");
    assert!(left.len() >= of("jira") - 5, "none counts as done that wasn't: {} of {}", left.len(), of("jira"));
    world.turn().await;
    world.turn().await;
    assert_eq!(world.turn().await.written, 0);
    assert_eq!(doubled(&world), Vec::<String>::new());
    for change in &planned {
        let labels = world.trackers.labels_of(&change.key.local).expect("an issue");
        assert!(
            change.edits.iter().filter_map(|edit| edit.to.as_ref()).all(|to| labels.contains(to)),
            "{}",
            change.key
        );
    }
}

/// A pair whose urgency only its GitHub face tells, and the Jira issue that it waits for: (GitHub's key, Jira's, the blocker's).
async fn blocked_pair(world: &World) -> (String, String, String) {
    let (github, jira) = pair(world, "Payouts stop");
    world.trackers.add_label(&github, "sev-1").expect("an issue");
    let seed = JiraIssueSeed {
        summary: "Tidy the settings page".to_owned(),
        priority: Some("Lowest".to_owned()),
        priority_set_by: Some("dana".to_owned()),
        created_days_ago: 300.0,
        ..JiraIssueSeed::default()
    };
    let blocker = world.trackers.add_jira_issue("CORE", &seed).expect("an issue");
    world.trackers.block(&blocker, &jira).expect("a link");
    world.turn().await;
    world.turn().await;
    (github, jira, blocker)
}

/// Whether an item waits for something.
async fn waits(world: &World, key: &str) -> bool {
    let roadmap = world.preview().await.thought.roadmap;
    let item = &roadmap.items[roadmap.find(key).expect("an item")];
    !item.blocked_by.is_empty() || !item.blocked_outside.is_empty()
}

#[tokio::test]
async fn while_one_tracker_is_down_its_faces_are_neither_closed_nor_rescored_as_if_they_were_gone() {
    for down in [Tracker::GitHub, Tracker::Jira] {
        let world = World::new(Corpus::shipped(), WRITES).await;
        let (github, jira, blocker) = blocked_pair(&world).await;
        let (labels, open) = (world.trackers.all_labels(), world.open_keys());
        world.trackers.fail(down, Matcher::any(), Fault::status(503, "{}"), u32::MAX);
        for _ in 0..3 {
            // Something to think about on the side that is up.
            let key = if down == Tracker::GitHub { &blocker } else { &github };
            world.trackers.edit_body(key, Some("Said otherwise.")).expect("an issue");
            world.trackers.comment(key).expect("an issue");
            world.pass(60);
            let turned = world.turn().await;
            assert_eq!(turned.errors.len(), 1, "{:?}", turned.errors);
        }
        assert_eq!((world.trackers.all_labels(), world.open_keys()), (labels, open), "{down:?}");
        assert!(waits(&world, &format!("jira:{jira}")).await, "{down:?}");
        world.trackers.heal(down);
        assert_eq!(world.turn().await.errors, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_a_narrower_configuration_no_longer_shows_is_neither_written_nor_taken_for_done() {
    // With fewer projects there would be fewer estimates to learn from, which is another matter.
    let world = World::new(Corpus::shipped(), &format!("{WRITES}[complexity]\nlearn = false\n")).await;
    let (github, jira, blocker) = blocked_pair(&world).await;
    let (labels, open) = (world.trackers.all_labels(), world.open_keys());
    let world = world.reconfigured(|settings| {
        for config in &mut settings.trackers {
            match config {
                TrackerConfig::Github(github) => github.repositories = vec!["acme/api".to_owned()],
                TrackerConfig::Jira(jira) => jira.projects = vec!["PAY".to_owned()],
            }
        }
    });
    for order in [false, true] {
        let turned = if order { world.turn_as(&census()).await } else { world.turn().await };
        assert_eq!(turned.errors, Vec::<String>::new());
        assert!(waits(&world, &format!("jira:{jira}")).await, "the blocker in CORE still is one");
    }
    let unseen = |key: &String| key.starts_with("CORE-") || (key.contains('#') && !key.starts_with("acme/api#"));
    for (key, labels) in labels.iter().filter(|(key, _)| unseen(key) || **key == github || **key == jira) {
        assert_eq!(&world.trackers.labels_of(key).expect("an issue"), labels, "{key}");
    }
    assert_eq!(world.open_keys(), open);
    assert_eq!(world.labels(&blocker, "priority/p").len(), 1);
}
