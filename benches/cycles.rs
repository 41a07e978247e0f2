//! What a cycle costs as the work grows: requests, CPU, peak memory and database size of the released binary, against the sandbox.
//!
//! `make bench` prints the table. Requests and writes are exact; times are noisy. Each cycle is a process of its own, start included.

#![expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use roadmapd::sandbox::{Clock, Corpus, Options, Running, Sandbox, Tracker};

/// Issues per tracker. The last one is the measure, the first shows how it grows.
const SIZES: [usize; 2] = [1_000, 10_000];
const SEED: u64 = 1;
/// Asks this program to run the rest of its arguments as one child and to print what that cost.
const MEASURE: &str = "--measure-one-child";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|first| first == MEASURE) {
        return measure(&args[1..]);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let sizes: Vec<usize> = match std::env::var("BENCH_ISSUES").ok().and_then(|n| n.parse().ok()) {
        Some(size) => vec![size],
        None => SIZES.to_vec(),
    };
    println!("| issues | phase | requests | of them writes | CPU s | wall s | peak memory MB | database MB |");
    println!("|---|---|---|---|---|---|---|---|");
    for size in sizes {
        runtime.block_on(run(size));
    }
    ExitCode::SUCCESS
}

/// Runs one child and prints its CPU seconds and peak resident set (kB).
fn measure(command: &[String]) -> ExitCode {
    let status =
        Command::new(&command[0]).args(&command[1..]).stdout(Stdio::null()).status().expect("the child starts");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("rusage");
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    println!(
        "{} {} {}",
        seconds(usage.user_time()) + seconds(usage.system_time()),
        usage.max_rss(),
        status.code().unwrap_or(-1)
    );
    ExitCode::SUCCESS
}

async fn run(size: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::system();
    let options = Options { clock, ..Options::default() };
    let running = Sandbox::start(Corpus::generated(SEED, size), options).await.expect("a sandbox");
    let config = configure(&running, folder.path());
    let bench = Bench { running, config, database: folder.path().join("roadmapd.db"), size };
    bench.phase("first run").await;
    bench.phase("after its own writes").await;
    // The overlap windows of both trackers' readings pass.
    bench.running.clock().advance(std::time::Duration::from_secs(3600));
    bench.phase("quiet").await;
    for key in bench.running.all_facts().keys().step_by(100).take(2 * size / 100) {
        bench.running.edit_title(key, &format!("{key}: said anew")).expect("an issue");
    }
    bench.phase("1 % changed").await;
}

struct Bench {
    running: Running,
    config: PathBuf,
    database: PathBuf,
    size: usize,
}

impl Bench {
    async fn phase(&self, name: &str) {
        self.running.reset_counts();
        let started = Instant::now();
        let exe = std::env::current_exe().expect("this program");
        let args = [
            MEASURE.to_owned(),
            env!("CARGO_BIN_EXE_roadmapd").to_owned(),
            "-c".to_owned(),
            self.config.display().to_string(),
            "once".to_owned(),
        ];
        // No census may fall into a phase, whatever time of day it is.
        let mut command = Command::new(exe);
        command.args(args).env("ROADMAPD__DAEMON__CENSUS", "0 0 3 1 1 *");
        let output =
            tokio::task::spawn_blocking(move || command.output().expect("a measure")).await.expect("a measure");
        let wall = started.elapsed().as_secs_f64();
        let told = String::from_utf8_lossy(&output.stdout).to_string();
        let numbers: Vec<f64> = told.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [cpu, peak_kb, code] = numbers[..] else { panic!("{told} {}", String::from_utf8_lossy(&output.stderr)) };
        assert!(code == 0.0, "exit code {code}: {}", String::from_utf8_lossy(&output.stderr));
        let trackers = [Tracker::GitHub, Tracker::Jira];
        let requests: u64 = trackers.iter().map(|tracker| self.running.request_count(*tracker)).sum();
        let writes: u64 = trackers.iter().map(|tracker| self.running.write_count(*tracker)).sum();
        println!(
            "| {0} + {0} | {name} | {requests} | {writes} | {cpu:.2} | {wall:.2} | {1:.0} | {2:.1} |",
            self.size,
            peak_kb / 1024.0,
            size_of(&self.database)
        );
    }
}

/// A database's size in MB, its write-ahead log included.
fn size_of(database: &Path) -> f64 {
    ["", "-wal"]
        .iter()
        .filter_map(|end| std::fs::metadata(format!("{}{end}", database.display())).ok())
        .map(|file| file.len() as f64 / 1e6)
        .sum()
}

fn configure(running: &Running, folder: &Path) -> PathBuf {
    let more = "[write]\nfirst_contact = \"apply\"\n[limits]\nchanges_max = 1000000\nshare_max = 1.0\n";
    let path = folder.join("roadmapd.toml");
    let text = running.configuration(folder).expect("a folder");
    std::fs::write(&path, format!("{more}{text}")).expect("a file");
    path
}
