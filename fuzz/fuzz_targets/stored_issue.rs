//! Feeds `roadmapd::fuzzing::stored_issue`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roadmapd::fuzzing::stored_issue(bytes));
