//! Against counterparts that this project didn't write: real data, official descriptions, other people's emulators.

mod dumps;
#[path = "../cycle/world.rs"]
#[expect(dead_code, reason = "the cycles' tests need more of the world than these")]
mod world;

use std::io::Write;

/// Says aloud, past the test runner's capture, what a test leaves out and why. CI counts these lines.
fn skipped(checks: usize, why: &str) {
    drop(writeln!(std::io::stderr(), "NOTICE: {checks} checks skipped: {why}"));
}
