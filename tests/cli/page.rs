//! The page beside the daemon: its address, its end, and the demo.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use roadmapd::sandbox::Corpus;

use crate::desk::{Desk, Said, WRITES, bare, signal_to, until};

/// A command that is stopped when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut said = String::new();
    stream.read_to_string(&mut said).ok()?;
    Some(said)
}

/// An address of loopback that was free a moment ago.
fn free() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
    listener.local_addr().expect("an address").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_said_before_any_cycle() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    let taken = TcpListener::bind("127.0.0.1:0").expect("an address");
    let address = taken.local_addr().expect("an address").to_string();
    let mut command = desk.command(&["run", "--once-at-start"]);
    let said: Said = command.env("ROADMAPD__DAEMON__LISTEN", &address).output().expect("the binary runs").into();
    assert_eq!(said.code, 1, "{said:?}");
    for word in [address.as_str(), "[daemon] listen", "something else listens there"] {
        assert!(said.err.contains(word), "{word}: {said:?}");
    }
    assert_eq!(desk.writes(), 0);
    assert!(!desk.database().exists(), "a start that fails makes no database");
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_loopback_it_does_not_start_without_authentication_unless_told_so() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    let mut command = desk.command(&["run"]);
    let said: Said = command.env("ROADMAPD__DAEMON__LISTEN", "0.0.0.0:0").output().expect("the binary runs").into();
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("[page] auth") && said.err.contains("[page] open = true"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_serves_the_page_and_stops_within_ten_seconds_whoever_still_asks() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    let address = free();
    let mut command = desk.command(&["run", "--once-at-start"]);
    command.env("ROADMAPD__DAEMON__LISTEN", &address).stdout(Stdio::null()).stderr(Stdio::null());
    let mut daemon = Running(command.spawn().expect("the binary runs"));
    until("the page shows the first cycle", || {
        get(&address, "/cycles").is_some_and(|page| page.contains("/cycles/1") && page.contains("edits written"))
    });
    let mut slow = TcpStream::connect(&address).expect("a connection");
    slow.write_all(b"GET / HTTP/1.1\r\nHost: loc").expect("half a request");
    let started = Instant::now();
    signal_to(daemon.0.id(), Signal::SIGTERM);
    let status = daemon.0.wait().expect("a status");
    assert_eq!(status.code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn the_demo_serves_its_page_with_everything_on_it_until_it_is_stopped() {
    let mut command = bare(&["demo", "--listen", "127.0.0.1:0"]);
    let mut demo = Running(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary runs"));
    let out = BufReader::new(demo.0.stdout.take().expect("its output"));
    let line = out.lines().map_while(Result::ok).find(|line| line.contains("http://")).expect("an address");
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address").to_owned();
    let page = get(&address, "/").expect("an answer");
    assert!(page.contains("HTTP/1.1 200") && page.contains("github:acme/") && page.contains("chip p0"), "{page}");
    signal_to(demo.0.id(), Signal::SIGINT);
    assert_eq!(demo.0.wait().expect("a status").code(), Some(0));
}
