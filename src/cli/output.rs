//! What a command says: data to stdout, the rest to stderr. A pipe that closed early is no error.

use std::io::{IsTerminal, Write};

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

/// A text without control characters, cut to a width in characters.
pub(super) fn fit(text: &str, width: usize) -> String {
    let clean = text.chars().map(|c| if c.is_control() || is_bidi(c) { ' ' } else { c });
    let mut kept: Vec<char> = clean.take(width + 1).collect();
    if kept.len() > width {
        kept.truncate(width.saturating_sub(1));
        kept.push('…');
    }
    kept.into_iter().collect()
}

/// Characters that turn the direction of the text around them: a title could hide a level behind them.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn a_long_text_is_cut_on_a_character() {
        assert_eq!(fit("žluťoučký", 5), "žluť…");
        assert_eq!(fit("ab", 5), "ab");
    }

    #[test]
    fn control_and_direction_marks_are_blanked() {
        assert_eq!(fit("a\u{1b}[31m\u{202e}b", 20), "a [31m b");
    }
}
