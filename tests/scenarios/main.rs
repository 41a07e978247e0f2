//! The failures that the daemon must survive, each by whole cycles over HTTP; `docs/scenarios.md` lists them all.

mod conflict;
mod degradation;
mod identity;
mod people;
mod reading;
mod register;
mod safety;
#[path = "../cycle/world.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod world;
