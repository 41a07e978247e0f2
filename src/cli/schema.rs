//! `roadmapd schema`: the configuration's JSON Schema.

use super::{Exit, Failure, output};

pub(super) fn run() -> Result<Exit, Failure> {
    output::print_json(&crate::settings::schema());
    Ok(Exit::Done)
}
