//! Feeds `roadmapd::fuzzing::wiki`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roadmapd::fuzzing::wiki(bytes));
