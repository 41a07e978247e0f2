//! Feeds `roadmapd::fuzzing::pattern`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roadmapd::fuzzing::pattern(bytes));
