//! Starts tracing, runs the command, maps its result to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    roadmapd::cli::main()
}
