//! What a command says: data to stdout, the rest to stderr. A pipe that closed early is no error.

use std::io::{IsTerminal, Write};

pub(super) use crate::web::fit;

/// Prints data.
pub(super) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    // Whoever reads may have seen enough (`| head`); there is nobody left to tell.
    let _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
    let _ = out.flush();
}

/// Prints one JSON document.
pub(super) fn print_json(value: &serde_json::Value) {
    print(&format!("{value:#}"));
}

/// Says what went wrong.
pub(super) fn complain(text: &str) {
    tell("error", "31", text);
}

/// Says what a person should know though nothing failed.
pub(super) fn warn(text: &str) {
    tell("warning", "33", text);
}

/// Says something by the way, to a person at a terminal only.
pub(super) fn remark(text: &str) {
    if std::io::stderr().is_terminal() {
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}

fn tell(word: &str, color: &str, text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = if err.is_terminal() {
        writeln!(err, "\x1b[{color}m{word}\x1b[0m: {text}")
    } else {
        writeln!(err, "{word}: {text}")
    };
}
