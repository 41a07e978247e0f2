//! Feeds `roadmapd::fuzzing::fault_plan`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roadmapd::fuzzing::fault_plan(bytes));
