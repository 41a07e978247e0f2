//! Whole cycles over HTTP, against the sandbox trackers and a real database file.

mod catalogue;
mod census;
mod fault_plans;
mod faults;
mod fights;
mod first;
mod graph;
mod hindsight;
mod learned;
mod lost;
mod notify;
mod odd;
mod people;
mod quarantine;
mod readiness;
mod talk;
mod undo;
mod world;
