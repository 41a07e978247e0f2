//! roadmapd: one roadmap from GitHub and Jira, its levels written back where people look.
//!
//! ```text
//! poll -> Snapshot -> unify -> Roadmap -> score -> Scores -> plan -> Plan -> approve -> ApprovedPlan -> apply -> Receipt -> settle -> Ledger
//! ```
//!
//! Everything from `Snapshot` to `ApprovedPlan` is a pure, synchronous function of values: no clock, network, file or
//! log. It explains itself in what it returns. I/O stands before (poll) and after (apply, settle).
//!
//! The rooms, each importing only what stands before it: `model`, `roadmap`, `score`, `plan`, `tracker`, `store`,
//! `settings`, `daemon`, `web`, `cli`; `sandbox` stands apart. `tests/architecture` reads the source and holds this.
//!
//! # What stays true
//!
//! 1. `plan` and `once` run the same code; a preview is handed no writer. `plan` takes no lock and persists nothing.
//! 2. Only `approve` can build an `ApprovedPlan`. `apply` makes no choices.
//! 3. A plan, once applied, plans nothing.
//! 4. Nothing outside our own spelled values and declared sinks is ever written. Labels go by add and remove.
//! 5. A person's value stands.
//! 6. Intent is in the store before a write leaves; the outcome after.
//! 7. One change per issue per cycle: all its edits together, in as few requests as the tracker allows.
//! 8. Never act on half a picture. Absence is never deletion.
//! 9. A cycle takes no input: a cron tick and a person's command start the same cycle.
//! 10. Writing a level never changes a score: what the ledger says is ours is never an input.
//! 11. A score depends on its item, its graph neighbourhood and the day, never on the minute or on unrelated items.
//! 12. Own band with hysteresis first, then levels (holds included) rise up the blocker graph, then holds win.

// The sandbox's JSON answers are large literals.
#![recursion_limit = "256"]
// The rooms to the right of the parsers take most of the time to build and are left out for the fuzzer.
#![cfg_attr(fuzzing, allow(dead_code))]

#[cfg(not(fuzzing))]
pub mod cli;
#[cfg(not(fuzzing))]
pub mod daemon;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
pub mod model;
pub mod plan;
pub mod roadmap;
pub mod sandbox;
pub mod score;
pub mod settings;
#[cfg(not(fuzzing))]
pub mod store;
pub mod tracker;
#[cfg(not(fuzzing))]
pub mod web;
