//! A start that fails says everything that is wrong at once, and touches nothing.

use std::net::TcpListener;

use roadmapd::sandbox::{Corpus, Tracker};

use crate::desk::{Desk, Said, WRITES};

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_says_everything_at_once_and_asks_nobody() {
    let desk = Desk::new(Corpus::shipped(), "").await;
    desk.configure("[priority]\nhysteresis = 1000\n[write]\nfrist_contact = \"apply\"\n[trackers.jira.webhook_secret]\nfile = \"nowhere\"\n");
    std::fs::remove_file(desk.folder.path().join("github-token")).expect("a token");
    let (page, hooks) = (TcpListener::bind("127.0.0.1:0"), TcpListener::bind("127.0.0.1:0"));
    let (page, hooks) = (page.expect("an address"), hooks.expect("an address"));
    let address = |listener: &TcpListener| listener.local_addr().expect("bound").to_string();
    let said: Said = desk
        .command(&["run", "--once-at-start"])
        .env("ROADMAPD__DAEMON__LISTEN", address(&page))
        .env("ROADMAPD__DAEMON__LISTEN_WEBHOOKS", address(&hooks))
        .env("ROADMAPD__DAEMON__DATABASE", "sqlite:no/such/folder/roadmapd.db")
        .output()
        .expect("the binary runs")
        .into();
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
    for part in [
        "priority.hysteresis: 1000 must be",
        "did you mean first_contact?",
        "trackers.github.auth.token: the file ",
        "trackers.jira.webhook_secret: the file nowhere can't be read",
        &format!("the page can't be served at {} ([daemon] listen): something else listens there", address(&page)),
        &format!("webhooks can't be heard at {} ([daemon] listen_webhooks): something else", address(&hooks)),
        "the directory no/such/folder for the database doesn't exist",
    ] {
        assert!(said.err.contains(part), "{part:?} is missing:\n{}", said.err);
    }
    assert_eq!(desk.trackers.request_count(Tracker::GitHub) + desk.trackers.request_count(Tracker::Jira), 0);
    assert!(!desk.database().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_makes_and_migrates_no_database() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    let taken = TcpListener::bind("127.0.0.1:0").expect("an address");
    let address = taken.local_addr().expect("bound").to_string();
    let said: Said = desk.command(&["run"]).env("ROADMAPD__DAEMON__LISTEN", &address).output().expect("it runs").into();
    assert_eq!(said.code, 1);
    assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    assert!(said.err.contains("something else listens there; name another address or port there"), "{}", said.err);
    assert!(!desk.database().exists());
    std::fs::write(desk.database(), "not a database").expect("a file");
    let said: Said = desk.command(&["run"]).env("ROADMAPD__DAEMON__LISTEN", &address).output().expect("it runs").into();
    assert_eq!(said.err.lines().count(), 2, "{}", said.err);
    assert_eq!(std::fs::read(desk.database()).expect("a file"), b"not a database");
}
