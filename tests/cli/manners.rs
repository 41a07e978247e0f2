//! Exit codes, help, pipes, and sentences for what goes wrong.

use std::process::Stdio;

use roadmapd::sandbox::{Corpus, Fault, Matcher, Tracker};

use crate::desk::{Desk, Said, WRITES, bare};

fn run(args: &[&str]) -> Said {
    bare(args).output().expect("the binary runs").into()
}

#[test]
fn wrong_usage_exits_64_and_help_and_version_exit_0() {
    for args in [&["frobnicate"][..], &["plan", "--frobnicate"], &["undo", "x"], &["explain"], &[]] {
        let said = run(args);
        assert_eq!((said.code, said.out.as_str()), (64, ""), "{args:?}: {said:?}");
        assert!(!said.err.is_empty());
    }
    for args in [&["--help"][..], &["plan", "--help"], &["--version"]] {
        let said = run(args);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{args:?}: {said:?}");
    }
}

#[test]
fn without_a_configuration_it_says_how_to_come_by_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let said: Said = bare(&["plan"]).current_dir(folder.path()).output().expect("the binary runs").into();
    assert_eq!(said.code, 1);
    for word in ["roadmapd.toml", "config/example.toml", "roadmapd demo"] {
        assert!(said.err.contains(word), "{said:?}");
    }
}

#[test]
fn the_demo_needs_nothing_fits_one_screen_and_is_done_by_itself() {
    let said = run(&["demo", "--once"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    assert!(said.out.lines().count() <= 60, "{} lines", said.out.lines().count());
    for word in ["+priority/p0", "(a person's)", "(the same piece of work)", "roadmapd plan"] {
        assert!(said.out.contains(word), "{word}: {}", said.out);
    }
    assert!(said.out.contains("The next cycle wrote nothing"), "{}", said.out);
}

#[test]
fn the_schema_is_json_that_knows_every_section() {
    let schema = run(&["schema"]).json();
    for section in ["daemon", "trackers", "links", "write", "sink", "priority", "complexity", "readiness", "limits"] {
        assert!(schema["properties"][section].is_object(), "{section}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_gets_data_on_stdout_and_nothing_else_and_may_be_closed_early() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    for args in [&["plan"][..], &["once"], &["roadmap"], &["holds"], &["history"]] {
        let said = desk.run(args);
        assert_eq!(said.err, "", "{args:?}");
        assert!(!said.out.contains('\u{1b}') && !said.out.is_empty(), "{args:?}: {said:?}");
    }
    let mut child = desk.command(&["roadmap"]).stdout(Stdio::piped()).spawn().expect("the binary runs");
    drop(child.stdout.take());
    assert!(child.wait().expect("it ends").success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_tracker_exits_1_with_tracker_status_and_next_step_and_writes_nothing() {
    let faults = [
        ("401", Fault::status(401, r#"{"message":"Bad credentials"}"#)),
        ("410", Fault::status(410, r#"{"message":"gone"}"#)),
        ("HTML", Fault::Html(200)),
    ];
    for (word, fault) in faults {
        for (tracker, name) in [(Tracker::GitHub, "github: "), (Tracker::Jira, "jira: ")] {
            let desk = Desk::new(Corpus::shipped(), WRITES).await;
            desk.trackers.fail(tracker, Matcher::any(), fault.clone(), u32::MAX);
            for args in [&["plan"][..], &["once"]] {
                let said = desk.run(args);
                assert_eq!((said.code, desk.writes()), (1, 0), "{args:?}: {said:?}");
                assert!(said.err.contains(name) && said.err.contains(word) && said.err.contains(';'), "{said:?}");
            }
            desk.trackers.heal(tracker);
            assert_eq!(desk.run(&["once"]).code, 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_everything_that_is_wrong_and_online_what_the_credentials_may() {
    let desk = Desk::new(Corpus::shipped(), "[limits]\nshare_max = 7\n[write]\nmoed = \"write\"\n").await;
    let said = desk.run(&["check"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("limits.share_max") && said.err.contains("did you mean mode?"), "{said:?}");
    desk.configure("");
    let said = desk.run(&["check", "--online"]);
    assert_eq!(said.code, 0, "{said:?}");
    std::fs::write(desk.folder.path().join("jira-token"), desk.trackers.jira_read_only_token()).expect("a file");
    let said = desk.run(&["check", "--online"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("FAIL") && said.out.contains("observe"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_or_damaged_database_is_refused_in_a_sentence_and_left_alone() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    std::fs::write(desk.database(), b"this is no database, but somebody's notes").expect("a file");
    for args in [&["once"][..], &["plan"], &["roadmap"], &["pause"]] {
        let said = desk.run(args);
        assert_eq!(said.code, 1, "{args:?}: {said:?}");
        assert!(said.err.contains("roadmapd.db"), "{args:?}: {said:?}");
    }
    assert_eq!(std::fs::read(desk.database()).expect("a file"), b"this is no database, but somebody's notes");
    assert_eq!(desk.writes(), 0);
}
