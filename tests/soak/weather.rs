//! Dice -> what goes wrong in one round: a fault plan, and a death or none.

use roadmapd::sandbox::{Fault, FaultPlan, Matcher, Tracker};
use roadmapd::store::Death;
use tokio_util::sync::CancellationToken;

use crate::dice::Dice;
use crate::world::World;

/// Faults of requests, and what is said of each besides. A limit never ends while the test runs, however slow: it ends for who
/// starts anew.
const REQUESTS: [(&str, &str); 20] = [
    ("status", "status = 500"),
    ("status", "status = 503"),
    ("status", "status = 503\nretry_after_s = 3600"),
    ("primary_limit", "tracker = 'github'\nreset_s = 3600"),
    ("secondary_limit", "retry_after_s = 3600"),
    ("secondary_limit", ""),
    ("burst_limit", "retry_after_s = 3600"),
    ("expired_token", ""),
    ("anonymous", ""),
    ("redirect", ""),
    ("html", "status = 200"),
    ("html", "status = 502"),
    ("truncated_json", ""),
    ("invalid_json", ""),
    ("reset_before", ""),
    ("reset_after", ""),
    ("duplicated_rows", ""),
    ("short_page", ""),
    ("shifted_page", ""),
    ("repeated_token", ""),
];
/// States of the world. A search that lags by a minute or two shows what people did before a cycle and not what that cycle wrote.
const STATES: [&str; 6] = [
    "fault = 'search_lag'\nseconds = 90",
    "fault = 'search_lag'\nseconds = 150",
    "fault = 'search_lag'\nseconds = 5000",
    "fault = 'clock_skew'\nseconds = 300",
    "fault = 'clock_skew'\nseconds = -300",
    "fault = 'one_second_stamps'",
];

/// What goes wrong in a round.
#[derive(Debug)]
pub struct Weather {
    plan: String,
    death: Option<Moment>,
}

/// When a process dies.
#[derive(Debug)]
enum Moment {
    Write(u64, Death),
    Request { tracker: Tracker, nth: u32, arrives: bool },
}

impl Weather {
    pub fn drawn(dice: &mut Dice) -> Self {
        let mut plan = format!("seed = {}\n", dice.below(1 << 30));
        for _ in 0..dice.below(4) {
            let (fault, more) = dice.pick(&REQUESTS).expect("some");
            let how = match dice.below(4) {
                0 => "probability = 0.3".to_owned(),
                1 => "probability = 0.05".to_owned(),
                2 => format!("on = [{}]", 1 + dice.below(25)),
                _ => format!("after = {}\ntimes = {}", dice.below(20), 1 + dice.below(8)),
            };
            let whose = match (dice.below(3), *fault) {
                _ if more.contains("tracker") => "",
                (_, "secondary_limit") => "tracker = 'github'",
                (_, "burst_limit") => "tracker = 'jira'",
                (0, _) => "tracker = 'github'",
                (1, _) => "tracker = 'jira'",
                _ => "",
            };
            plan.push_str(&format!("[[fault]]\nfault = '{fault}'\n{whose}\n{how}\n{more}\n"));
        }
        if dice.percent(40) {
            plan.push_str(&format!("[[fault]]\n{}\n", dice.pick(&STATES).expect("some")));
        }
        let death = match dice.below(10) {
            0..=2 => {
                Some(Moment::Write(1 + dice.below(40), [Death::Before, Death::After][usize::from(dice.percent(50))]))
            }
            3 | 4 => Some(Moment::Request {
                tracker: if dice.percent(50) { Tracker::GitHub } else { Tracker::Jira },
                nth: u32::try_from(1 + dice.below(20)).expect("small"),
                arrives: dice.percent(50),
            }),
            _ => None,
        };
        Self { plan, death }
    }

    /// Lets it come over a world; the answer is cancelled when the process dies at a request.
    pub fn come(&self, world: &mut World) -> CancellationToken {
        world
            .trackers
            .plan_faults(FaultPlan::from_toml(&self.plan).unwrap_or_else(|error| panic!("{error}\n{}", self.plan)));
        let dead = CancellationToken::new();
        match self.death {
            None => {}
            Some(Moment::Write(nth, death)) => world.store = world.store.clone().dying_at(nth, death),
            Some(Moment::Request { tracker, nth, arrives }) => {
                let dead = dead.clone();
                world.trackers.hook(tracker, Matcher::any(), nth, move |trackers| {
                    let fault = if arrives { Fault::ResetAfterApply } else { Fault::ResetBeforeApply };
                    trackers.fail(tracker, Matcher::any(), fault, 1);
                    dead.cancel();
                });
            }
        }
        dead
    }

    /// Whether somebody dies unless the cycle ends first.
    pub fn kills(&self) -> bool {
        self.death.is_some()
    }
}
