//! People and bots edit both trackers while roadmapd runs under faults and dies; when all rest, nothing shows of it.
//!
//! `SOAK_SEEDS` is the last seed that is played, `SOAK_FROM` the first, `SOAK_SEED` the only one, told as it goes.

mod check;
mod dice;
mod people;
mod story;
mod weather;
#[expect(dead_code, reason = "shared with the tests of whole cycles, which use all of it")]
#[path = "../cycle/world.rs"]
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Seeds that are played where nobody says how many.
const SEEDS: u64 = 100;
/// Seeds that fail until no more are played.
const FAILED_MAX: usize = 1;
/// Seeds played at once.
const AT_ONCE: usize = 4;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text:?}")))
}

/// What went wrong with a seed, one sentence each.
fn play(seed: u64, aloud: bool) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let told = catch_unwind(AssertUnwindSafe(|| runtime.block_on(story::play(seed, aloud))));
    told.unwrap_or_else(|_| vec!["it panicked".to_owned()])
}

#[test]
fn whatever_fails_and_dies_while_people_edit_nothing_shows_of_it_once_all_rest() {
    if let Some(seed) = number("SOAK_SEED") {
        assert_eq!(play(seed, true), Vec::<String>::new());
        return;
    }
    let (seeds, next) = (number("SOAK_SEEDS").unwrap_or(SEEDS), AtomicU64::new(number("SOAK_FROM").unwrap_or(1)));
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while wrong.lock().expect("findings").len() < FAILED_MAX {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed > seeds {
                        return;
                    }
                    let found = play(seed, false);
                    if !found.is_empty() {
                        let again = format!("SOAK_SEED={seed} cargo test --test soak -- --nocapture");
                        wrong.lock().expect("findings").push(format!("{again}\n  {}", found.join("\n  ")));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("findings");
    assert!(wrong.is_empty(), "to see it again:\n{}", wrong.join("\n"));
}
