//! Feeds `roadmapd::fuzzing::schedule`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roadmapd::fuzzing::schedule(bytes));
