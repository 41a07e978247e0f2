//! Feeds `roadmapd::fuzzing::github_wire`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roadmapd::fuzzing::github_wire(bytes));
