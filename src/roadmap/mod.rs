//! Snapshot -> Roadmap: which issues are one item, what is part of what, and what waits for what.
//!
//! `pub fn unify(snapshot: &Snapshot, links: &Links) -> Roadmap`

mod types;

pub use types::{Cycle, Item, LinkSource, Links, Roadmap};
