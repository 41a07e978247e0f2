//! Whole cycles over HTTP, against the sandbox trackers and a real database file.

mod faults;
mod first;
mod odd;
mod people;
mod undo;
mod world;
