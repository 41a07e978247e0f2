//! `run`: signals, and commands while it runs.

use std::time::{Duration, Instant};

use http::Method;
use nix::sys::signal::Signal;
use roadmapd::sandbox::{Corpus, Matcher, Tracker};

use crate::desk::{Desk, WRITES, signal_to, until};

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_finishes_the_change_in_hand_and_exits_0_and_the_next_run_goes_on() {
    let desk = Desk::new(Corpus::generated(21, 40), WRITES).await;
    let (tell, told) = std::sync::mpsc::channel::<u32>();
    desk.trackers.hook(Tracker::Jira, Matcher::new(Method::PUT, "/issue/"), 5, move |_| {
        let process = told.recv().expect("a process");
        signal_to(process, Signal::SIGTERM);
    });
    let mut daemon = desk.start(&["run", "--once-at-start"]);
    let started = Instant::now();
    tell.send(daemon.child.id()).expect("somebody waits");
    assert_eq!(daemon.end(), Some(0), "{}", daemon.log());
    assert!(started.elapsed() < Duration::from_secs(20), "{}", daemon.log());
    assert!(daemon.log().contains("roadmapd is down"), "{}", daemon.log());

    let journal = desk.run(&["history", "1", "--json"]).json();
    let changes = journal["changes"].as_array().expect("changes");
    // What was in hand is done; what was waiting its turn is known not to have left.
    let known = |change: &serde_json::Value| match change["outcome"]["outcome"].as_str() {
        Some("done") => true,
        Some("failed") => change["outcome"]["error"].as_str().is_some_and(|error| error.contains("wasn't sent")),
        _ => false,
    };
    assert!(changes.iter().any(|change| change["outcome"]["outcome"] == "done"), "{journal}");
    assert!(changes.iter().all(known), "{journal}");
    assert!(changes.len() < desk.open_labels().len(), "it stopped before the end");
    assert_eq!(desk.run(&["once"]).code, 0);
    for (key, labels) in desk.open_labels() {
        assert_eq!(labels.iter().filter(|label| label.starts_with("complexity/")).count(), 1, "{key}: {labels:?}");
    }
    assert_eq!(desk.run(&["plan", "--json"]).json()["skips"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn sighup_takes_a_configuration_only_if_it_checks() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    let mut daemon = desk.start(&["run"]);
    until("it is up", || daemon.log().contains("roadmapd is up"));
    desk.configure("[priority]\nhysteresis = 1000\n[write]\nfrist_contact = \"apply\"\n");
    daemon.signal(Signal::SIGHUP);
    until("it refuses", || daemon.log().contains("running one stays"));
    assert!(daemon.log().contains("first_contact") && daemon.log().contains("hysteresis"), "{}", daemon.log());
    desk.configure("[[priority.rules]]\nname = \"gold\"\nwhen = \"item.gold\"\nadd = 5\n");
    daemon.signal(Signal::SIGHUP);
    until("it keeps what has all its rules", || {
        daemon.log().contains("has an own rule that is refused, and the running")
    });
    desk.configure("[priority]\nhysteresis = 1\n");
    daemon.signal(Signal::SIGHUP);
    until("it takes it", || daemon.log().contains("loaded anew"));
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.end(), Some(0), "{}", daemon.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn people_ask_a_running_daemon_and_it_does_it_without_a_tick() {
    let desk = Desk::new(Corpus::generated(22, 40), WRITES).await;
    let key = desk.open_labels().into_keys().find(|key| key.contains('#')).expect("an issue");
    desk.trackers.add_label(&key, "priority/p0").expect("an issue");
    assert_eq!(desk.run(&["once"]).code, 0);
    let daemon = desk.start(&["run"]);
    until("it is up", || daemon.log().contains("roadmapd is up"));
    assert_eq!(desk.run(&["holds", "--json"]).json().as_array().map(Vec::len), Some(1));
    // `once` works beside it: the lock is held per cycle.
    assert_eq!(desk.run(&["once"]).code, 0);
    assert_eq!(desk.run(&["release", &format!("github:{key}"), "priority"]).code, 0);
    until("the hold ends", || desk.run(&["holds", "--json"]).json().as_array().is_some_and(Vec::is_empty));
    // The daemon takes the request up; what there is to write then waits.
    assert_eq!(desk.run(&["pause"]).code, 0);
    desk.trackers.add_github_issue(&desk.trackers.repositories()[0], &Default::default()).expect("an issue");
    until("it is paused", || desk.run(&["once"]).code == 3);
    let writes = desk.writes();
    assert_eq!((desk.run(&["once"]).code, desk.writes()), (3, writes));
    assert_eq!(desk.run(&["resume"]).code, 0);
    until("it writes again", || desk.writes() > writes && desk.run(&["once"]).code == 0);
    drop(daemon);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_never_answers_holds_no_stop_up() {
    let desk = Desk::new(Corpus::shipped(), "").await;
    let chat = std::net::TcpListener::bind("127.0.0.1:0").expect("an address");
    let address = desk.folder.path().join("chat");
    std::fs::write(&address, format!("http://{}/hook", chat.local_addr().expect("an address"))).expect("a file");
    desk.configure(&format!("[notify]\nurl = {{ file = {:?} }}\n", address.display().to_string()));
    let mut daemon = desk.start(&["run", "--once-at-start"]);
    // Whoever listens hears that a plan waits, and says nothing.
    let (_silent, _) = chat.accept().expect("a message");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.end(), Some(0), "{}", daemon.log());
    assert!(daemon.log().contains("roadmapd is down"), "{}", daemon.log());
    assert!(!daemon.log().contains("people can't be told"), "it waited for the chat: {}", daemon.log());
}
