//! A line -> what it looks like: code, a task, a stack trace, a word of doubt, a section on acceptance.

use std::collections::BTreeSet;

/// Single words that say that something isn't known yet.
const DOUBTS: [&str; 19] = [
    "evaluate",
    "experiment",
    "explore",
    "feasibility",
    "investigate",
    "investigation",
    "maybe",
    "perhaps",
    "poc",
    "possibly",
    "prototype",
    "research",
    "somehow",
    "spike",
    "tbc",
    "tbd",
    "unclear",
    "unknown",
    "unsure",
];
/// The same in several words.
const DOUBTS_IN_WORDS: [&str; 5] = ["figure out", "not clear", "not sure", "proof of concept", "to be defined"];
/// How a section begins that says when the work is done.
const ACCEPTANCE: [&str; 8] = [
    "acceptance",
    "definition of done",
    "done when",
    "expected behavior",
    "expected behaviour",
    "expected result",
    "expected outcome",
    "expected:",
];
/// Longest line that can be a heading, in bytes.
const HEADING_BYTES_MAX: usize = 80;

/// Code blocks: fenced ones, and indented ones outside lists.
#[derive(Default)]
pub(super) struct Blocks {
    /// Blocks found so far.
    pub(super) found: u32,
    /// The open fence's character and length.
    fence: Option<(char, usize)>,
    in_indented: bool,
    after_blank: bool,
    in_list: bool,
    begun: bool,
}

impl Blocks {
    pub(super) fn in_fence(&self) -> bool {
        self.fence.is_some()
    }

    /// Whether the line belongs to a code block (its fences included).
    pub(super) fn read(&mut self, line: &str) -> bool {
        let trimmed = line.trim_start();
        if let Some((mark, length)) = self.fence {
            let closing = run(trimmed, mark);
            if closing >= length && trimmed[closing..].trim().is_empty() {
                self.fence = None;
                self.after_blank = true;
            }
            return true;
        }
        let blank = trimmed.is_empty();
        let indented = line.starts_with("    ") || line.starts_with('\t');
        let code = !blank && indented && !self.in_list && (self.in_indented || self.after_blank || !self.begun);
        if code && !self.in_indented {
            self.found = self.found.saturating_add(1);
        }
        self.in_indented = code || (blank && self.in_indented);
        self.begun |= !blank;
        self.after_blank = blank;
        if code {
            return true;
        }
        if !blank && !indented {
            self.in_list = without_bullet(trimmed).len() != trimmed.len();
        }
        for mark in ['`', '~'] {
            let length = run(trimmed, mark);
            // "```x```" on one line is inline code, not a fence.
            if length >= 3 && !(mark == '`' && trimmed[length..].contains('`')) {
                self.fence = Some((mark, length));
                self.found = self.found.saturating_add(1);
                return true;
            }
        }
        false
    }
}

/// How often the (one-byte) mark opens the text.
fn run(text: &str, mark: char) -> usize {
    text.chars().take_while(|c| *c == mark).count()
}

/// Stack traces: frames near each other count as one.
#[derive(Default)]
pub(super) struct Trace {
    found: u32,
    frames: u32,
    others: u32,
}

impl Trace {
    /// Lines between two frames of one trace: Python prints source between them.
    const GAP_MAX: u32 = 3;

    pub(super) fn read(&mut self, line: &str) {
        let line = line.trim();
        if is_frame(line) {
            self.frames += 1;
            self.others = 0;
            // One frame may be prose that mentions a place; the second makes it a trace.
            if self.frames == 2 {
                self.found = self.found.saturating_add(1);
            }
        } else {
            self.others += 1;
            if self.others > Self::GAP_MAX {
                self.frames = 0;
            }
        }
    }

    pub(super) fn finish(&self) -> u32 {
        self.found
    }
}

/// A frame as Java, JavaScript, .NET, Python, Ruby, Go, Rust, PHP and debuggers print it, or a line that opens a trace.
fn is_frame(line: &str) -> bool {
    let numbered = || line.bytes().any(|b| b.is_ascii_digit());
    if line.starts_with("at ") {
        return line.contains('(') || (line.contains(':') && numbered());
    }
    if line.starts_with("File \"") {
        return line.contains("line ") && numbered();
    }
    if let Some(rest) = line.strip_prefix('#') {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let rest = rest[digits..].trim_start();
        return digits > 0 && (rest.starts_with("0x") || (rest.starts_with('/') && rest.contains('(')));
    }
    (line.starts_with("from ") && line.contains(":in "))
        || line.starts_with("Traceback (most recent call last)")
        || (line.starts_with("goroutine ") && line.ends_with("]:"))
        || line.starts_with("Exception in thread ")
        || line.starts_with("Caused by: ")
        || (line.starts_with("thread '") && line.contains("panicked at"))
        || (line.contains(".go:") && line.contains(" +0x"))
}

/// Words of a line; in scripts without spaces two characters count as a word.
pub(super) fn words(line: &str) -> u32 {
    let mut found = 0_u32;
    for token in line.split_whitespace() {
        let (mut spaced, mut spaceless) = (false, 0_u32);
        for c in token.chars().filter(|c| c.is_alphanumeric()) {
            if is_spaceless(c) {
                spaceless = spaceless.saturating_add(1);
            } else {
                spaced = true;
            }
        }
        found = found.saturating_add(u32::from(spaced)).saturating_add(spaceless.div_ceil(2));
    }
    found
}

/// Chinese, Japanese and Korean writing.
pub(super) fn is_spaceless(c: char) -> bool {
    matches!(u32::from(c), 0x2E80..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0xFF00..=0xFFEF | 0x20000..=0x3FFFF)
}

/// Adds the words of doubt of a lower-case line.
pub(super) fn uncertain(lower: &str, found: &mut BTreeSet<&'static str>) {
    for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if let Ok(at) = DOUBTS.binary_search(&word) {
            found.insert(DOUBTS[at]);
        }
    }
    found.extend(DOUBTS_IN_WORDS.iter().filter(|words| lower.contains(**words)));
}

/// The line without the bullet or number of a list entry.
pub(super) fn without_bullet(line: &str) -> &str {
    let line = line.trim_start();
    let digits = line.bytes().take(9).take_while(u8::is_ascii_digit).count();
    let rest = match line[digits..].strip_prefix(['.', ')']) {
        Some(rest) if digits > 0 => rest,
        _ => match line.strip_prefix(['-', '*', '+']) {
            Some(rest) => rest,
            None => return line,
        },
    };
    if rest.starts_with([' ', '\t']) { rest.trim() } else { line }
}

/// The line without what makes it a heading, bold or a quotation.
pub(super) fn without_marks(line: &str) -> &str {
    let line = line.trim_matches([' ', '\t', '#', '*', '_', '>']);
    // Jira's wiki text: "h3. Acceptance".
    match line.as_bytes() {
        [b'h', b'1'..=b'6', b'.', ..] => line[3..].trim_start(),
        _ => line,
    }
}

/// Whether a lower-case line opens a section that says when the work is done.
pub(super) fn is_acceptance(lower: &str) -> bool {
    let line = without_marks(lower);
    line.len() <= HEADING_BYTES_MAX && ACCEPTANCE.iter().any(|opening| line.starts_with(opening))
}
