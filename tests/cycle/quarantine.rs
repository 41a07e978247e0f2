//! An issue whose writes the tracker keeps refusing is set aside: it stops nobody, costs no request, and is tried again when
//! it changes or when somebody asks.

use http::Method;
use roadmapd::daemon::Turned;
use roadmapd::model::{IssueKey, TrackerName};
use roadmapd::sandbox::{Corpus, Fault, Matcher, Tracker};
use roadmapd::store::Request;

use crate::world::{WRITES, World};

const REFUSAL: &str = r#"{"message":"Validation Failed","errors":["Field 'labels' cannot be set. It is not on the appropriate screen."]}"#;

/// One issue of each tracker whose writes are refused, by what only its requests have in their paths.
struct Case {
    tracker: Tracker,
    key: IssueKey,
    matcher: Matcher,
}

impl Case {
    fn of(world: &World, tracker: Tracker) -> Self {
        let (name, local) = match tracker {
            Tracker::GitHub => ("github", "acme/api#3"),
            Tracker::Jira => ("jira", "CORE-4"),
        };
        let matcher = match tracker {
            Tracker::GitHub => Matcher::new(Method::POST, "/acme/api/issues/3/labels"),
            Tracker::Jira => {
                let id = world.trackers.facts(local).expect("an issue").id;
                Matcher::new(Method::PUT, &format!("/issue/{id}"))
            }
        };
        Self { tracker, key: IssueKey::new(&TrackerName::new(name), local), matcher }
    }

    fn refuse(&self, world: &World) {
        world.trackers.fail(self.tracker, self.matcher.clone(), Fault::status(400, REFUSAL), u32::MAX);
    }

    /// How often the issue was tried in one cycle.
    async fn tries(&self, world: &World) -> (u64, Turned) {
        world.trackers.reset_counts();
        let turned = world.turn().await;
        (world.writes(), turned)
    }
}

#[tokio::test]
async fn an_issue_that_is_refused_three_times_rests_with_the_trackers_words_and_stops_nobody() {
    for tracker in [Tracker::GitHub, Tracker::Jira] {
        let world = World::new(Corpus::shipped(), WRITES).await;
        let case = Case::of(&world, tracker);
        case.refuse(&world);
        let turned = world.turn().await;
        assert!(turned.written > 20 && turned.failed == 1, "{tracker:?}: the others are written: {:?}", turned.errors);
        for again in 2..=3 {
            let (tries, turned) = case.tries(&world).await;
            assert_eq!((turned.failed, tries > 0), (1, true), "{tracker:?}: try {again}: {:?}", turned.errors);
        }
        let (_, turned) = case.tries(&world).await;
        assert_eq!((turned.failed, turned.errors.len()), (0, 0), "{tracker:?}: {:?}", turned.errors);
        let plan = turned.plan.expect("a plan");
        let words = plan.quarantined.get(&case.key).unwrap_or_else(|| panic!("{tracker:?}: {:?}", plan.quarantined));
        assert!(words.contains("appropriate screen") && words.contains("roadmapd retry"), "{tracker:?}: {words}");
        assert!(plan.changes.is_empty());
        let (tries, _) = case.tries(&world).await;
        assert_eq!(tries, 0, "{tracker:?}: {:?}", world.trackers.requests());
        // It rests: the cycle is quiet and costs what a quiet cycle costs: a request a repository, two for Jira.
        let (tries, turned) = case.tries(&world).await;
        assert_eq!((tries, turned.quiet, world.requests()), (0, true, (2, 2)), "{tracker:?}");
        assert_eq!(world.preview().await.plan.quarantined.len(), 1);
    }
}

#[tokio::test]
async fn it_is_tried_once_more_when_it_changes_and_anew_when_somebody_asks() {
    for tracker in [Tracker::GitHub, Tracker::Jira] {
        let world = World::new(Corpus::shipped(), WRITES).await;
        let case = Case::of(&world, tracker);
        case.refuse(&world);
        for _ in 0..4 {
            world.turn().await;
        }
        world.trackers.by("hana").comment(&case.key.local).expect("an issue");
        world.pass(60);
        assert_eq!(world.turn().await.failed, 1, "{tracker:?}: it changed");
        assert_eq!(case.tries(&world).await.0, 0, "{tracker:?}: and rests again");
        world.ask(Request::Retry { key: case.key.clone() }).await;
        for _ in 0..3 {
            assert_eq!(world.turn().await.failed, 1, "{tracker:?}: it was asked for");
        }
        assert_eq!(case.tries(&world).await.0, 0, "{tracker:?}");
        world.trackers.heal(tracker);
        assert_eq!(case.tries(&world).await.0, 0, "{tracker:?}: nobody said that it was healed");
        world.ask(Request::Retry { key: case.key.clone() }).await;
        let turned = world.turn().await;
        assert_eq!((turned.failed, turned.errors.len()), (0, 0), "{tracker:?}: {:?}", turned.errors);
        assert_eq!(world.labels(&case.key.local, "priority/p").len(), 1, "{tracker:?}");
        assert!(world.store.ledger().await.expect("a store").refusals.is_empty(), "{tracker:?}");
    }
}

#[tokio::test]
async fn what_would_fail_for_every_issue_sets_none_aside() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    world.trackers.fail(Tracker::GitHub, Matcher::new(Method::POST, "/issues/"), Fault::status(401, "{}"), u32::MAX);
    world.trackers.fail(Tracker::Jira, Matcher::new(Method::PUT, "/issue/"), Fault::status(503, "{}"), u32::MAX);
    for _ in 0..4 {
        world.turn().await;
    }
    assert!(world.store.ledger().await.expect("a store").refusals.is_empty());
    world.trackers.heal(Tracker::GitHub);
    world.trackers.heal(Tracker::Jira);
    let turned = world.turn().await;
    assert_eq!((turned.failed, turned.errors.len()), (0, 0), "{:?}", turned.errors);
    assert!(turned.written > 20);
}
