//! A full disk and a read-only one: a sentence each, nothing written to trackers, and it goes on by itself once there is room.
//!
//! The disk is a small one of its own, which takes a mount namespace; where the machine allows none, these tests say so and
//! check nothing.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use roadmapd::sandbox::{Corpus, GithubIssueSeed};

use crate::desk::{Desk, Said, WRITES, until};

/// A desk whose database is on a disk of 16 MB, and a shell that sees that disk.
struct Cramped {
    desk: Desk,
    shell: Child,
    answers: BufReader<ChildStdout>,
}

impl Cramped {
    /// None, and a line that says so, where no disk can be mounted.
    async fn new() -> Option<Self> {
        let desk = Desk::new(Corpus::generated(71, 30), WRITES).await;
        let disk = desk.folder.path().join("disk");
        std::fs::create_dir(&disk).expect("a folder");
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh"]).env_clear().current_dir(desk.folder.path());
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("ROADMAPD", env!("CARGO_BIN_EXE_roadmapd")).env("ROADMAPD__DAEMON__CENSUS", "0 0 0 29 2 *");
        command.env("ROADMAPD__DAEMON__DATABASE", format!("sqlite:{}", disk.join("roadmapd.db").display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mounted = command.spawn().ok().and_then(|mut shell| {
            let answers = BufReader::new(shell.stdout.take().expect("a pipe"));
            let mut cramped = Self { desk, shell, answers };
            (cramped.sh("mount -t tmpfs -o size=16m tmpfs disk") == Some(0)).then_some(cramped)
        });
        if mounted.is_none() {
            eprintln!("SKIPPED: this machine lets nobody mount a disk of their own (unshare --map-root-user --mount)");
        }
        mounted
    }

    /// Runs a line in the shell; its exit code. None: there is no shell.
    fn sh(&mut self, line: &str) -> Option<i32> {
        writeln!(self.shell.stdin.as_mut()?, "{line}\necho \"=$?\"").ok()?;
        let mut answer = String::new();
        while self.answers.read_line(&mut answer).ok()? > 0 {
            if let Some(code) = answer.trim().strip_prefix('=') {
                return code.parse().ok();
            }
            answer.clear();
        }
        None
    }

    fn run(&mut self, args: &str) -> Said {
        let code = self.sh(&format!("\"$ROADMAPD\" {args} -c roadmapd.toml >out 2>err")).expect("a shell");
        let said = |name: &str| std::fs::read_to_string(self.desk.folder.path().join(name)).expect("a file");
        Said { code, out: said("out"), err: said("err") }
    }

    fn new_issue(&self) -> String {
        let seed = GithubIssueSeed { title: "Exports time out".to_owned(), ..GithubIssueSeed::default() };
        self.desk.trackers.add_github_issue("acme/api", &seed).expect("an issue")
    }

    fn is_labelled(&self, key: &str) -> bool {
        self.desk.trackers.labels_of(key).expect("an issue").iter().any(|label| label.starts_with("priority/"))
    }
}

impl Drop for Cramped {
    fn drop(&mut self) {
        self.sh("kill $! 2>/dev/null; wait");
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_stops_writing_and_once_there_is_room_it_goes_on() {
    let Some(mut here) = Cramped::new().await else { return };
    assert_eq!(here.run("once").code, 0);
    let new = here.new_issue();
    here.sh("cat /dev/zero >disk/filler 2>/dev/null");
    here.desk.trackers.reset_counts();
    for args in ["once", "pause"] {
        let said = here.run(args);
        assert_eq!((said.code, here.desk.writes()), (1, 0), "{args}: {said:?}");
        for word in ["disk", "roadmapd.db", "full", "make room", "next cycle"] {
            assert!(said.err.contains(word), "{args}, {word}: {said:?}");
        }
    }
    here.sh("rm disk/filler");
    let said = here.run("once");
    assert!(said.code == 0 && here.is_labelled(&new), "{said:?}");
    assert_eq!(here.run("plan").code, 0, "nothing is left to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_outlives_a_full_disk_and_writes_by_itself_once_there_is_room() {
    let Some(mut here) = Cramped::new().await else { return };
    assert_eq!(here.run("once").code, 0);
    let log = here.desk.folder.path().join("log");
    let logged = |word: &str| std::fs::read_to_string(&log).is_ok_and(|log| log.contains(word));
    here.sh("ROADMAPD__DAEMON__SCHEDULE='* * * * * *' \"$ROADMAPD\" run -c roadmapd.toml 2>log >out &");
    until("a cycle is done", || logged("cycle done"));
    here.sh("cat /dev/zero >disk/filler 2>/dev/null");
    until("it says so", || logged("is full; make room"));
    let new = here.new_issue();
    assert!(!here.is_labelled(&new));
    here.sh("rm disk/filler");
    until("it writes again", || here.is_labelled(&new));
    here.sh("kill -TERM $!; wait $!");
    assert!(logged("roadmapd is down"), "{:?}", std::fs::read_to_string(&log));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_on_a_read_only_disk_is_said_can_be_shown_and_is_written_again_once_it_can_be() {
    let Some(mut here) = Cramped::new().await else { return };
    assert_eq!(here.run("once").code, 0);
    let new = here.new_issue();
    assert_eq!(here.sh("mount -o remount,ro disk"), Some(0));
    here.desk.trackers.reset_counts();
    for args in ["once", "pause"] {
        let said = here.run(args);
        assert_eq!((said.code, here.desk.writes()), (1, 0), "{args}: {said:?}");
        for word in ["roadmapd.db", "can't be written", "read-only", "change its permissions"] {
            assert!(said.err.contains(word), "{args}, {word}: {said:?}");
        }
    }
    for args in ["roadmap", "holds", "history"] {
        let said = here.run(args);
        assert!(said.code == 0 && !said.out.is_empty(), "what needs no writing works: {args} {said:?}");
    }
    let said = here.run("plan");
    assert!(said.code == 2 && said.out.contains(&new), "{said:?}");
    assert_eq!(here.sh("mount -o remount,rw disk"), Some(0));
    let said = here.run("once");
    assert!(said.code == 0 && here.is_labelled(&new), "{said:?}");
}
