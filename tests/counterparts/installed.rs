//! What `install.sh` installed: where it lies, and its servers as processes that never outlive their test.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::description::skipped;

/// How long a server may take until it listens, and how long it lives even if the test is killed, in seconds.
const START_S: u64 = 60;
const LIFE_S: &str = "300";

/// A path of what was installed; where it isn't there, it is said aloud how many checks are left out.
pub fn installed(path: &str, checks: usize) -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/counterparts");
    let place = std::env::var_os("ROADMAPD_COUNTERPARTS").map_or(here, PathBuf::from).join(path);
    if place.exists() {
        return Some(place);
    }
    skipped(checks, &format!("there is no {}; run tests/counterparts/install.sh", place.display()));
    None
}

/// A server on a free port of 127.0.0.1, killed with all its children when dropped.
pub struct Server {
    pub url: String,
    child: Child,
}

impl Server {
    /// Starts what `command` makes for a port, and waits until it listens. Its output goes into `log`.
    pub fn start(log: &Path, command: impl FnOnce(u16) -> Command) -> Self {
        let port = free_port();
        let inner = command(port);
        let mut guarded = Command::new("timeout");
        guarded.args(["--kill-after=5", LIFE_S]).arg(inner.get_program()).args(inner.get_args());
        guarded.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(folder) = inner.get_current_dir() {
            guarded.current_dir(folder);
        }
        let output = File::create(log).expect("a log");
        guarded.stdin(Stdio::null()).stdout(output.try_clone().expect("a log")).stderr(output).process_group(0);
        let mut server = Self {
            url: format!("http://127.0.0.1:{port}"),
            child: guarded.spawn().expect("coreutils' timeout runs the server"),
        };
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let said = || std::fs::read_to_string(log).unwrap_or_default();
            let ended = server.child.try_wait().expect("a child");
            assert!(ended.is_none(), "the server ended ({ended:?}): {}", said());
            assert!(started.elapsed().as_secs() < START_S, "nothing listens on {port} after {START_S} s: {}", said());
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let group = Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"));
        let _gone = killpg(group, Signal::SIGKILL);
        drop(self.child.wait());
    }
}

fn free_port() -> u16 {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    socket.local_addr().expect("an address").port()
}
