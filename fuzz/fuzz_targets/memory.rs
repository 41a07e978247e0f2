//! Feeds `roadmapd::fuzzing::memory`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roadmapd::fuzzing::memory(bytes));
