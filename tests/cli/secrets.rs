//! No secret in any output, log, JSON or database, at log level trace.

use roadmapd::sandbox::{Corpus, Fault, Matcher, Tracker};

use crate::desk::{Desk, Said, WRITES, until};

/// Standard base64, enough to know what Basic authentication sends.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = three.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            text.push(char::from(DIGITS[(number >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}

#[test]
fn base64_is_base64() {
    assert_eq!(base64(b"user:pass"), "dXNlcjpwYXNz");
    assert_eq!(base64(b"user:pas"), "dXNlcjpwYXM");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_is_in_any_output_log_json_or_in_the_database_at_log_level_trace() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    let basic = format!("{}:{}", desk.trackers.jira_user(), desk.trackers.jira_token());
    let secrets =
        [desk.trackers.github_token().to_owned(), desk.trackers.jira_token().to_owned(), base64(basic.as_bytes())];
    let traced = |args: &[&str]| -> Said {
        desk.command(args).env("RUST_LOG", "trace").output().expect("the binary runs").into()
    };
    let key = desk.open_labels().into_keys().next().expect("an issue");
    let key = if key.contains('#') { format!("github:{key}") } else { format!("jira:{key}") };
    let mut said: Vec<(String, Said)> = Vec::new();
    let commands: [&[&str]; 14] = [
        &["check", "--online"],
        &["plan"],
        &["plan", "--json"],
        &["once", "--json"],
        &["explain", &key],
        &["explain", &key, "--json"],
        &["roadmap", "--json"],
        &["roadmap", "--csv"],
        &["holds", "--json"],
        &["history", "1", "--json"],
        &["release", &key],
        &["undo", "1", "--json"],
        &["schema"],
        &["--log-format", "json", "once"],
    ];
    for args in commands {
        said.push((args.join(" "), traced(args)));
    }
    // What goes wrong says more than what goes right.
    for fault in [Fault::status(401, r#"{"message":"Bad credentials"}"#), Fault::ResetBeforeApply, Fault::Html(200)] {
        for tracker in [Tracker::GitHub, Tracker::Jira] {
            desk.trackers.fail(tracker, Matcher::any(), fault.clone(), u32::MAX);
        }
        said.push((format!("once, {fault:?}"), traced(&["once", "--census"])));
        for tracker in [Tracker::GitHub, Tracker::Jira] {
            desk.trackers.heal(tracker);
        }
    }
    let mut daemon = desk.start(&["run", "--once-at-start"]);
    until("a cycle is done", || daemon.log().contains("cycle done"));
    daemon.signal(nix::sys::signal::Signal::SIGTERM);
    daemon.end();
    said.push(("run".to_owned(), Said { code: 0, out: String::new(), err: daemon.log() }));
    assert!(said.iter().any(|(_, said)| said.err.contains("TRACE")), "nothing was traced");

    for (what, said) in &said {
        for secret in &secrets {
            assert!(!said.out.contains(secret) && !said.err.contains(secret), "{what} tells a secret");
        }
    }
    for file in std::fs::read_dir(desk.folder.path()).expect("a folder") {
        let path = file.expect("a file").path();
        if path.to_string_lossy().contains("roadmapd.db") {
            let bytes = std::fs::read(&path).expect("a file");
            for secret in &secrets {
                let there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!there, "{} holds a secret", path.display());
            }
        }
    }
}
