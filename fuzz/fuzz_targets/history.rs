//! Feeds `roadmapd::fuzzing::history`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roadmapd::fuzzing::history(bytes));
