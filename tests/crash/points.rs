//! (a cycle's writes and requests) -> the moments at which it may die, and what dying there is.

use std::collections::BTreeMap;

use http::Method;
use roadmapd::sandbox::{Fault, Matcher, Tracker};
use roadmapd::store::Death;
use tokio_util::sync::CancellationToken;

use crate::scenes::Scene;
use crate::world::World;

/// A moment at which a process dies.
#[derive(Clone, Debug)]
pub enum Point {
    /// At the nth write to the store.
    Write(u64, Death),
    /// As the nth request to a tracker comes in, which doesn't take it.
    Request(Tracker, u32),
    /// As the nth request of this method comes in, which the tracker takes; the answer goes nowhere.
    Taken(Tracker, Method, u32),
}

/// Methods by which trackers are written to. Jira is searched by POST, too.
const WRITING: [(Tracker, Method); 3] =
    [(Tracker::GitHub, Method::POST), (Tracker::GitHub, Method::DELETE), (Tracker::Jira, Method::PUT)];

/// Both sides of every write to the store, every request to GitHub and to Jira, and the other side of those that write.
pub fn points_of(writes: u64, requests: &BTreeMap<(Tracker, String), u64>) -> Vec<Point> {
    let mut points: Vec<Point> =
        (1..=writes).flat_map(|nth| [Death::Before, Death::After].map(|death| Point::Write(nth, death))).collect();
    let count = |tracker: Tracker, start: &str| {
        let of = requests.iter().filter(|((asked, route), _)| *asked == tracker && route.starts_with(start));
        1..=u32::try_from(of.map(|(_, count)| count).sum::<u64>()).expect("few requests")
    };
    for tracker in [Tracker::GitHub, Tracker::Jira] {
        points.extend(count(tracker, "").map(|nth| Point::Request(tracker, nth)));
    }
    for (tracker, method) in WRITING {
        points.extend(count(tracker, method.as_str()).map(|nth| Point::Taken(tracker, method.clone(), nth)));
    }
    points
}

impl Point {
    /// Requests that left and weren't taken.
    pub fn lost(&self) -> u64 {
        u64::from(matches!(self, Self::Request(..)))
    }

    /// Runs the scene's cycle until it dies here, and starts anew.
    pub async fn die_in(&self, mut world: World, scene: Scene) -> World {
        let struck = CancellationToken::new();
        let strike = |world: &World, tracker: Tracker, matcher: Matcher, nth: u32, fault: Fault| {
            let struck = struck.clone();
            world.trackers.hook(tracker, matcher, nth, move |trackers| {
                trackers.fail(tracker, Matcher::any(), fault, 1);
                struck.cancel();
            });
        };
        match self {
            Self::Write(nth, death) => world.store = world.store.dying_at(*nth, *death),
            Self::Request(tracker, nth) => strike(&world, *tracker, Matcher::any(), *nth, Fault::ResetBeforeApply),
            Self::Taken(tracker, method, nth) => {
                strike(&world, *tracker, Matcher::new(method.clone(), ""), *nth, Fault::ResetAfterApply);
            }
        }
        world.trackers.reset_counts();
        tokio::select! {
            biased;
            () = world.store.died() => {}
            () = struck.cancelled() => {}
            ended = scene.cycle(&world) => assert!(ended.is_err(), "{scene:?} {self:?}: it didn't die"),
        }
        world.trackers.heal_all();
        world.start_anew().await;
        world
    }
}
