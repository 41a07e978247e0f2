//! Feeds `roadmapd::fuzzing::jira_wire`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| roadmapd::fuzzing::jira_wire(bytes));
