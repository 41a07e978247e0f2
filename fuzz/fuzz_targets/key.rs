//! Feeds `roadmapd::fuzzing::key`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roadmapd::fuzzing::key(bytes));
