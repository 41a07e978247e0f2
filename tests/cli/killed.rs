//! Killed at any moment, it resumes: nothing lost, doubled or mistaken for a person's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::signal::Signal;
use roadmapd::sandbox::{Corpus, Fault, Matcher, Running, Tracker};

use crate::desk::{Desk, WRITES, signal_to};

/// Numbers that look random and are the same in every run (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((mixed ^ (mixed >> 31)) % u64::from(sides)).expect("below sides")
    }
}

/// Runs `once` and kills it as the nth request to a tracker is on its way; the request may still arrive.
fn killed(desk: &Desk, tracker: Tracker, nth: u32, arrives: bool) {
    let process = Arc::new(AtomicU32::new(0));
    let victim = Arc::clone(&process);
    desk.trackers.hook(tracker, Matcher::any(), nth, move |trackers| {
        while victim.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        signal_to(victim.load(Ordering::SeqCst), Signal::SIGKILL);
        if !arrives {
            trackers.fail(tracker, Matcher::any(), Fault::ResetBeforeApply, 1);
        }
    });
    let mut child = desk.command(&["once"]).stderr(std::process::Stdio::null()).spawn().expect("the binary runs");
    process.store(child.id(), Ordering::SeqCst);
    child.wait().expect("it ends");
}

/// People change what the levels hang on, so that the next cycle replaces labels.
fn people_act(trackers: &Running) {
    for n in 1..=40 {
        let key = format!("CORE-{n}");
        if n % 2 == 0 {
            trackers.set_priority(&key, if n % 4 == 0 { "Highest" } else { "Lowest" }).expect("an issue");
        }
        if n % 3 == 0 {
            trackers.add_label(&format!("acme/api#{n}"), "sev-1").expect("an issue");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_it_ends_with_the_labels_of_an_undisturbed_run_and_no_skips() {
    let calm = Desk::new(Corpus::generated(11, 40), WRITES).await;
    let mut requests = Vec::new();
    for act in [|_: &Running| {}, people_act] {
        act(&calm.trackers);
        calm.trackers.reset_counts();
        for _ in 0..2 {
            assert_eq!(calm.run(&["once"]).code, 0);
        }
        requests.push([Tracker::GitHub, Tracker::Jira].map(|tracker| calm.trackers.request_count(tracker)));
    }
    let expected = calm.trackers.all_labels();

    for seed in 0..3 {
        let mut dice = Dice(seed);
        let desk = Desk::new(Corpus::generated(11, 40), WRITES).await;
        for (act, counts) in [|_: &Running| {}, people_act].into_iter().zip(&requests) {
            act(&desk.trackers);
            for _ in 0..6 {
                let (tracker, count) =
                    if dice.below(2) == 0 { (Tracker::GitHub, counts[0]) } else { (Tracker::Jira, counts[1]) };
                let nth = 1 + dice.below(u32::try_from(count).expect("few"));
                killed(&desk, tracker, nth, dice.below(2) == 0);
            }
            for tracker in [Tracker::GitHub, Tracker::Jira] {
                desk.trackers.heal(tracker);
                desk.trackers.unhook(tracker);
            }
            for _ in 0..2 {
                let said = desk.run(&["once"]);
                assert_eq!(said.code, 0, "seed {seed}: {said:?}");
            }
        }
        assert_eq!(desk.trackers.all_labels(), expected, "seed {seed}");
        let plan = desk.run(&["plan", "--json"]);
        assert_eq!((plan.code, &plan.json()["skips"]), (0, &serde_json::json!([])), "seed {seed}: {plan:?}");
    }
}
