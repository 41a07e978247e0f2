//! The daemon and its service manager: ready, reloading, stopping, alive; and what a restart finds.

use std::collections::BTreeMap;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Method;
use nix::sys::signal::Signal;
use roadmapd::sandbox::{Corpus, Fault, Matcher, Tracker};

use crate::desk::{Desk, Going, WRITES, signal_to, until};

/// The service manager's end of the socket.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
    /// What it was told so far, in order.
    told: Vec<String>,
}

impl Manager {
    fn new(desk: &Desk) -> Self {
        let path = desk.folder.path().join("notify");
        let _ = std::fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).expect("a socket");
        socket.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
        Self { socket, path, told: Vec::new() }
    }

    fn start(&self, desk: &Desk, args: &[&str], watchdog: Option<Duration>) -> Going {
        let path = self.path.to_str().expect("a path").to_owned();
        let within = watchdog.map(|within| within.as_micros().to_string());
        let mut env = vec![("NOTIFY_SOCKET", &*path)];
        env.extend(within.as_deref().map(|within| ("WATCHDOG_USEC", within)));
        desk.start_with(args, |command| {
            command.envs(env);
        })
    }

    /// How often this line was told so far.
    fn count(&mut self, line: &str) -> usize {
        let mut letter = [0; 4096];
        while let Ok(length) = self.socket.recv(&mut letter) {
            let text = std::str::from_utf8(&letter[..length]).expect("text");
            self.told.extend(text.lines().map(str::to_owned));
        }
        self.told.iter().filter(|told| *told == line).count()
    }

    fn until(&mut self, line: &str, times: usize) {
        until(line, || self.count(line) >= times);
    }

    fn place(&self, line: &str) -> usize {
        self.told.iter().position(|told| told == line).unwrap_or_else(|| panic!("{line}: {:?}", self.told))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_manager_is_told_of_start_cycle_reload_and_end() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    let mut manager = Manager::new(&desk);
    let mut daemon = manager.start(&desk, &["run", "--once-at-start"], None);
    manager.until("READY=1", 1);
    until("it waits", || {
        manager.count("");
        manager.told.iter().any(|told| told.starts_with("STATUS=waits; the next cycle is due at 20"))
    });
    assert!(manager.place("READY=1") < manager.place("STATUS=a cycle runs (start)"));
    daemon.signal(Signal::SIGHUP);
    manager.until("RELOADING=1", 1);
    manager.until("READY=1", 2);
    assert!(manager.told.iter().any(|told| told.starts_with("MONOTONIC_USEC=")), "{:?}", manager.told);
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.end(), Some(0), "{}", daemon.log());
    manager.until("STOPPING=1", 1);
    assert_eq!(manager.count("WATCHDOG=1"), 0, "nobody asked for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_watchdog_hears_of_it_while_it_waits_and_through_a_long_cycle() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    // Every answer takes far longer than the watchdog would wait.
    desk.trackers.fail(Tracker::Jira, Matcher::any(), Fault::Stall, 1);
    let mut manager = Manager::new(&desk);
    let within = Duration::from_millis(150);
    let mut daemon = manager.start(&desk, &["run", "--once-at-start"], Some(within));
    manager.until("STATUS=a cycle runs (start)", 1);
    let before = manager.count("WATCHDOG=1");
    manager.until("WATCHDOG=1", before + 10);
    assert!(!manager.told.iter().any(|told| told.starts_with("STATUS=waits")), "the cycle still runs");
    desk.trackers.heal_all();
    until("the cycle ends", || {
        manager.count("");
        manager.told.iter().any(|told| told.starts_with("STATUS=waits"))
    });
    let before = manager.count("WATCHDOG=1");
    manager.until("WATCHDOG=1", before + 3);
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.end(), Some(0), "{}", daemon.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_in_the_middle_of_a_cycle_it_leaves_a_clean_journal_and_the_next_start_is_ready_and_soon_silent() {
    let desk = Desk::new(Corpus::generated(23, 40), WRITES).await;
    let (tell, told) = std::sync::mpsc::channel::<u32>();
    desk.trackers.hook(Tracker::Jira, Matcher::new(Method::PUT, "/issue/"), 7, move |_| {
        signal_to(told.recv().expect("a process"), Signal::SIGTERM);
    });
    let mut manager = Manager::new(&desk);
    let mut daemon = manager.start(&desk, &["run", "--once-at-start"], None);
    tell.send(daemon.child.id()).expect("somebody waits");
    assert_eq!(daemon.end(), Some(0), "{}", daemon.log());
    manager.until("STOPPING=1", 1);
    let journal = desk.run(&["history", "1", "--json"]).json();
    let changes = journal["changes"].as_array().expect("changes");
    assert!(changes.iter().all(|change| !change["outcome"].is_null()), "every intent has its outcome: {journal}");
    assert!(changes.len() < desk.open_labels().len(), "it was in the middle");

    for (start, writes) in [(1, true), (2, false)] {
        let mut manager = Manager::new(&desk);
        let before = desk.writes();
        let mut daemon = manager.start(&desk, &["run", "--once-at-start"], None);
        manager.until("READY=1", 1);
        until("its cycle is done", || daemon.log().contains("cycle done"));
        daemon.signal(Signal::SIGTERM);
        assert_eq!(daemon.end(), Some(0), "{}", daemon.log());
        assert_eq!(desk.writes() > before, writes, "start {start}: {}", daemon.log());
        assert!(!daemon.log().contains("WARN") && !daemon.log().contains("ERROR"), "{}", daemon.log());
    }
    // Nothing was written twice: each of our labels was put on once.
    let mut put: BTreeMap<(String, String), usize> = BTreeMap::new();
    for entry in
        desk.trackers.log().into_iter().filter(|entry| entry.tracker == Tracker::GitHub && entry.what == "labeled")
    {
        *put.entry((entry.key, entry.to.unwrap_or_default())).or_default() += 1;
    }
    assert!(!put.is_empty() && put.values().all(|times| *times == 1), "{put:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_takes_effect_between_two_changes_of_the_cycle_that_runs() {
    let desk = Desk::new(Corpus::generated(24, 40), WRITES).await;
    let (mut pause, paused) = (desk.command(&["pause"]), Arc::new(AtomicBool::new(false)));
    let write = || Matcher::new(Method::PUT, "/issue/");
    for nth in 4..8 {
        // What else is under way waits, too, so that it isn't a race.
        let paused = Arc::clone(&paused);
        desk.trackers.hook(Tracker::Jira, write(), nth, move |_| {
            while !paused.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
        });
    }
    desk.trackers.hook(Tracker::Jira, write(), 3, move |_| {
        assert!(pause.status().expect("the binary runs").success());
        paused.store(true, Ordering::SeqCst);
    });
    let mut daemon = desk.start(&["run", "--once-at-start"]);
    until("the cycle ends", || daemon.log().contains("cycle done"));
    let written = desk.trackers.write_count(Tracker::Jira);
    assert!((3..=7).contains(&written), "{written} of 40 were written: those in hand, and no more");
    assert_eq!(desk.run(&["once"]).code, 3, "the rest waits");
    assert_eq!(desk.trackers.write_count(Tracker::Jira), written);
    assert_eq!(desk.run(&["resume"]).code, 0);
    until("it goes on", || desk.trackers.write_count(Tracker::Jira) > written);
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.end(), Some(0), "{}", daemon.log());
}
