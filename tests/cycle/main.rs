//! Whole cycles over HTTP, against the sandbox trackers and a real database file.

mod catalogue;
mod census;
mod fault_plans;
mod faults;
mod first;
mod graph;
mod lost;
mod odd;
mod people;
mod undo;
mod world;
