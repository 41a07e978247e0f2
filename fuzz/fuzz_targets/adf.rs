//! Feeds `roadmapd::fuzzing::adf`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roadmapd::fuzzing::adf(bytes));
