//! Feeds `roadmapd::fuzzing::cel`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roadmapd::fuzzing::cel(bytes));
