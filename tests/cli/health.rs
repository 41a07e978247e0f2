//! `health`: the running daemon is asked by a command, and by probes.

use http::Method;
use nix::sys::signal::Signal;
use roadmapd::sandbox::{Corpus, Fault, Matcher, Tracker};

use crate::desk::{Desk, Said, WRITES, until};

/// A daemon of this desk at a free port, and commands that know it.
fn asked(desk: &Desk, address: &str, args: &[&str]) -> Said {
    let mut command = desk.command(args);
    command.env("ROADMAPD__DAEMON__LISTEN", address).env("http_proxy", "http://127.0.0.1:1");
    command.output().expect("the binary runs").into()
}

/// A port that was free a moment ago.
fn free() -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("an address");
    listener.local_addr().expect("an address").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_is_not_ready_until_it_is_up_then_ready_and_says_what_is_wrong() {
    let desk =
        Desk::new(Corpus::shipped(), &format!("{WRITES}[page]\nauth = {{ token = {{ env = \"PAGE\" }} }}\n")).await;
    let address = free();
    let ask = |args: &[&str]| {
        let mut command = desk.command(args);
        command.env("ROADMAPD__DAEMON__LISTEN", &address).env("PAGE", "open-sesame-0123456789");
        command.env("http_proxy", "http://127.0.0.1:1");
        Said::from(command.output().expect("the binary runs"))
    };
    let early = ask(&["health", "--alive"]);
    assert_eq!(early.code, 1);
    assert!(early.err.contains("nobody answers") && early.err.contains(&address), "{}", early.err);

    let mut daemon = desk.start_with(&["run", "--once-at-start"], |command| {
        command.env("ROADMAPD__DAEMON__LISTEN", &address).env("PAGE", "open-sesame-0123456789");
    });
    until("it is ready", || ask(&["health", "--alive"]).code == 0);
    until("its first cycle has ended", || daemon.log().contains("cycle done"));
    until("it knows that", || ask(&["health"]).out == "ok\n");

    let settings = std::fs::read_to_string(desk.config()).expect("a file");
    let elsewhere = settings.replace("roadmapd.db", "elsewhere.db");
    assert_ne!(settings, elsewhere);
    std::fs::write(desk.config(), elsewhere).expect("written");
    daemon.signal(Signal::SIGHUP);
    until("it says that it runs other settings", || ask(&["health"]).out.starts_with("ok\nnote: the configuration "));
    std::fs::write(desk.config(), settings).expect("written");
    daemon.signal(Signal::SIGHUP);
    until("it runs these", || ask(&["health"]).out == "ok\n");

    desk.trackers.fail(
        Tracker::Jira,
        Matcher::new(Method::GET, "/rest/"),
        Fault::Status(404, "{}".to_owned(), vec![]),
        u32::MAX,
    );
    for failed in 1..=3 {
        assert_eq!(ask(&["resume"]).code, 0, "a request starts a cycle");
        until("a cycle has failed", || daemon.log().matches("cycle done").count() > failed);
    }
    until("it says so", || ask(&["health"]).code == 1);
    let said = ask(&["health"]);
    assert!(said.out.starts_with("failing\nwrong: the last 3 cycles failed; "), "{}", said.out);
    let json = ask(&["health", "--json"]);
    assert_eq!((json.code, json.json()["reasons"][0]["what"].as_str()), (1, Some("failing_cycles")));
    assert_eq!(ask(&["health", "--alive"]).code, 0, "a restart would not mend it");

    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.end(), Some(0));
    assert_eq!(ask(&["health", "--alive"]).code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_be_asked_the_command_says_why() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    let off = asked(&desk, "", &["health"]);
    assert_eq!(off.code, 1);
    assert!(off.err.contains("[daemon] listen"), "{}", off.err);
    let stranger = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("an address");
    let address = stranger.local_addr().expect("an address").to_string();
    let other = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = stranger.accept().expect("somebody asks");
        let _ = stream.read(&mut [0; 1024]).expect("a request");
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello").expect("answered");
    });
    let said = asked(&desk, &address, &["health"]);
    other.join().expect("it answered");
    assert_eq!(said.code, 1);
    assert!(said.err.contains("isn't roadmapd"), "{}", said.err);
}
