//! The roadmapd binary.
fn main() {}
