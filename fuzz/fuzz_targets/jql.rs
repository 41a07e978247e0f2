//! Feeds `roadmapd::fuzzing::jql`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roadmapd::fuzzing::jql(bytes));
