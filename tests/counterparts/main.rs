//! Against counterparts that this project didn't write: real data, official descriptions, other people's emulators.

mod backlot;
mod description;
mod driver;
mod dumps;
mod emulate;
mod installed;
mod octokit;
mod relay;
mod requests;
#[path = "../cycle/world.rs"]
#[expect(dead_code, reason = "the cycles' tests need more of the world than these")]
mod world;
