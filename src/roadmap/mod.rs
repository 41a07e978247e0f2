//! Snapshot -> Roadmap: which issues are one item, what is part of what, and what waits for what.

mod around;
mod dependencies;
mod hierarchy;
mod identity;
mod lookup;
mod types;
mod unify;

pub use types::{Cycle, Item, LinkSource, Links, Roadmap};
pub use unify::unify;
