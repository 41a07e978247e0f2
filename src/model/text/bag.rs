//! Turns the text of an issue into a small bag of words that can be stored in its place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The most distinct terms one text may yield, which keeps a stored bag at about 2 KB.
pub const TERMS_MAX: usize = 200;

/// The most bytes of a text that are read: what follows is attachments pasted into a body.
pub const BYTES_MAX: usize = 64 * 1024;

/// How often a word of a title counts. On the first 80 % of 11 public trackers 2 does a
/// little better than 1, and terms of their own for titles do worse.
const TITLE_WEIGHT: u16 = 2;

/// What a block of code becomes, whatever it holds.
pub const CODE: &str = "<code>";
/// What one frame of a stack trace becomes.
pub const TRACE: &str = "<trace>";
/// What a link becomes.
pub const URL: &str = "<url>";
/// What a number, a version, a hash or an id becomes.
pub const NUMBER: &str = "<num>";

/// Words shorter than this many characters carry no meaning of their own (`a`, `s`, `t`).
const CHARS_MIN: usize = 2;
/// Words longer than this many bytes are encoded data, not language.
const WORD_BYTES_MAX: usize = 40;
/// Words with a digit and at least this many bytes are hashes, ids or dates: the shortest
/// abbreviated Git hash has seven digits.
const ID_BYTES_MIN: usize = 7;
/// How far ahead the end of a tag, an entity, a macro or a stack frame is looked for. The
/// bound keeps reading linear in the text's length.
const LOOK_AHEAD_MAX: usize = 400;

/// HTML elements that are markup rather than text; other `<names>` are words somebody wrote.
const TAGS: &str = "a b blockquote body br code dd del details div dl dt em font h1 h2 h3 h4 h5 h6 hr i img kbd li ol p pre s span strong sub summary sup table tbody td th thead tr tt u ul";

/// Jira's block macros, apart from the two that hold code.
const MACROS: &str = "anchor color expand html info note panel quote section tip warning";

/// A text's terms with how often each occurs, sorted by term.
///
/// Terms are lower-case words, the parts of `CamelCase` and `snake_case` names, and the placeholders `<code>`, `<trace>`, `<url>`
/// and `<num>`. At most 200 of a text are kept, its first ones. Held as one string, `crash login:2 <num>`: a backlog's
/// bags are most of what is kept of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bag(String);

impl Bag {
    /// Reads a text: linear in its length, at most 64 KiB of it. Any text has a bag; an empty one has the empty bag.
    pub fn of(text: &str) -> Self {
        let mut end = text.len().min(BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut reader = Reader { text: text.get(..end).unwrap_or_default(), at: 0, counts: Counts::default() };
        reader.read();
        Self::packed(reader.counts.0.iter().map(|(term, count)| (term.as_str(), *count)))
    }

    /// The bag of a whole issue, from its body's bag and its title. A title's words count twice, since they are chosen to say
    /// what the issue is about.
    pub fn with_title(&self, title: &str) -> Self {
        let title = Self::of(title);
        let title = title.terms().map(|(term, count)| (term, count.saturating_mul(TITLE_WEIGHT)));
        let mut counts: BTreeMap<&str, u16> = BTreeMap::new();
        for (term, count) in self.terms().chain(title) {
            let sum = counts.entry(term).or_insert(0);
            *sum = sum.saturating_add(count);
        }
        Self::packed(counts.into_iter())
    }

    /// The terms, sorted, each with its count (at least 1). Lenient, since what is stored may have been written by another version:
    /// a term with an unreadable count counts once.
    pub fn terms(&self) -> impl Iterator<Item = (&str, u16)> {
        self.0.split_ascii_whitespace().take(2 * TERMS_MAX).map(|word| match word.rsplit_once(':') {
            Some((term, count)) => (term, count.parse::<u16>().unwrap_or(1).max(1)),
            None => (word, 1),
        })
    }

    /// Whether the text held no term at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn packed<'a>(terms: impl Iterator<Item = (&'a str, u16)>) -> Self {
        let mut text = String::new();
        for (term, count) in terms {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(term);
            if count > 1 {
                text.push(':');
                text.push_str(&count.to_string());
            }
        }
        Self(text)
    }
}

/// Counts terms up to the bound; terms seen before still count once it is reached.
#[derive(Default)]
struct Counts(BTreeMap<String, u16>);

impl Counts {
    fn add(&mut self, term: &str) {
        if let Some(count) = self.0.get_mut(term) {
            *count = count.saturating_add(1);
        } else if self.0.len() < TERMS_MAX {
            self.0.insert(term.to_owned(), 1);
        }
    }
}

/// Walks over a text once, from its start.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    counts: Counts,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        while let Some(next) = self.rest().chars().next() {
            let skipped = match next {
                '`' | '~' => self.fence(),
                '{' => self.jira_macro(),
                '<' => self.tag(),
                '&' => self.entity(),
                _ if next.is_alphanumeric() => self.url() || self.python_frame() || self.word(),
                _ => false,
            };
            if !skipped {
                self.at += next.len_utf8();
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next bytes, at most [`LOOK_AHEAD_MAX`] of them.
    fn ahead(&self) -> &'a str {
        let rest = self.rest();
        let mut end = rest.len().min(LOOK_AHEAD_MAX);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        rest.get(..end).unwrap_or_default()
    }

    /// Skips to behind the next `close`, or to the end where there is none: an unclosed
    /// block is code to its end, and no later opening has to search again.
    fn skip_code(&mut self, open: usize, close: &str) -> bool {
        self.at += open;
        self.counts.add(CODE);
        self.at += match self.rest().find(close) {
            Some(found) => found + close.len(),
            None => self.rest().len(),
        };
        true
    }

    /// A Markdown block between fences.
    fn fence(&mut self) -> bool {
        for fence in ["```", "~~~"] {
            if self.rest().starts_with(fence) {
                return self.skip_code(fence.len(), fence);
            }
        }
        false
    }

    /// Jira's `{code:java}…{code}`, `{noformat}…{noformat}`, and macros around text.
    fn jira_macro(&mut self) -> bool {
        let ahead = self.ahead();
        let Some(close) = ahead.find('}') else { return false };
        let inner = ahead.get(1..close).unwrap_or_default();
        let name = inner.split(':').next().unwrap_or_default();
        match name {
            "code" => self.skip_code(close + 1, "{code}"),
            "noformat" => self.skip_code(close + 1, "{noformat}"),
            _ if MACROS.split(' ').any(|known| known == name) => {
                self.at += close + 1;
                true
            }
            _ => false,
        }
    }

    /// An HTML tag; a link counts as one, and preformatted text is code.
    fn tag(&mut self) -> bool {
        let ahead = self.ahead();
        let inner = ahead.get(1..).unwrap_or_default();
        let name = inner.strip_prefix('/').unwrap_or(inner);
        let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        if !TAGS.split(' ').any(|tag| tag == name) {
            return false;
        }
        if inner.starts_with("pre") {
            return self.skip_code(0, "</pre>");
        }
        let Some(close) = ahead.find('>') else { return false };
        if inner.starts_with("a ") {
            self.counts.add(URL);
        }
        self.at += close + 1;
        true
    }

    /// An HTML entity such as `&quot;`.
    fn entity(&mut self) -> bool {
        let body = self.ahead().get(1..).unwrap_or_default();
        let length = body.bytes().take(8).take_while(|b| b.is_ascii_alphanumeric() || *b == b'#').count();
        if length == 0 || body.as_bytes().get(length) != Some(&b';') {
            return false;
        }
        self.at += length + 2;
        true
    }

    /// A link, up to a space or a character that closes Markdown's and Jira's link markup.
    fn url(&mut self) -> bool {
        const SCHEMES: [&str; 4] = ["http://", "https://", "ftp://", "www."];
        let rest = self.rest();
        if !SCHEMES.iter().any(|scheme| rest.starts_with(scheme)) {
            return false;
        }
        let end = |c: char| c.is_whitespace() || matches!(c, '|' | ')' | ']' | '>' | '<' | '"' | '}');
        self.at += rest.find(end).unwrap_or(rest.len());
        self.counts.add(URL);
        true
    }

    /// `File "x.py", line 12`, the frame of a Python traceback.
    fn python_frame(&mut self) -> bool {
        let Some(inner) = self.ahead().strip_prefix("File \"") else { return false };
        let Some((path, after)) = inner.split_once('"') else { return false };
        if !after.starts_with(", line ") {
            return false;
        }
        self.at += "File \"".len() + path.len() + "\", line ".len();
        self.counts.add(TRACE);
        true
    }

    /// A word, or a stack frame that starts with the word `at`.
    fn word(&mut self) -> bool {
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        self.at += length;
        if word == "at" && self.frame() {
            return true;
        }
        self.add_word(word);
        true
    }

    /// What follows the `at` of a frame: `pkg.Type.method(File.java:12)` (JVM, .NET),
    /// `name (file.js:10:5)` (JavaScript). A frame's place is in brackets and has a line.
    fn frame(&mut self) -> bool {
        let ahead = self.ahead();
        let Some(open) = ahead.find('(') else { return false };
        let Some(close) = ahead.get(open..).and_then(|tail| tail.find(')')) else { return false };
        let name = ahead.get(..open).unwrap_or_default().trim();
        let place = ahead.get(open..open + close).unwrap_or_default();
        let has_line = place.rsplit(':').next().is_some_and(|line| line.parse::<u32>().is_ok());
        let is_frame =
            !name.contains(char::is_whitespace) && (has_line || matches!(place, "(Native Method" | "(Unknown Source"));
        if is_frame {
            self.at += open + close + 1;
            self.counts.add(TRACE);
        }
        is_frame
    }

    /// Adds a run of letters and digits as a number, or as the parts of its camel case.
    fn add_word(&mut self, word: &str) {
        let has_digit = word.is_ascii() && word.bytes().any(|b| b.is_ascii_digit());
        let starts_with_digit = word.bytes().next().is_some_and(|b| b.is_ascii_digit());
        if starts_with_digit || (has_digit && word.len() >= ID_BYTES_MIN) {
            self.counts.add(NUMBER);
            return;
        }
        for part in camel_parts(word) {
            if part.len() <= WORD_BYTES_MAX && part.chars().nth(CHARS_MIN - 1).is_some() {
                self.counts.add(&part.to_lowercase());
            } else if part.chars().any(is_ideograph) {
                for sign in part.chars().take(WORD_BYTES_MAX) {
                    self.counts.add(sign.encode_utf8(&mut [0; 4]));
                }
            }
        }
    }
}

/// Whether a character is a word by itself in scripts that write no spaces.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

/// Splits `parseHTTPHeader` into `parse`, `HTTP` and `Header`.
fn camel_parts(word: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut before, mut here) = (0, None::<char>, None::<char>);
    let mut here_at = 0;
    for (at, next) in word.char_indices().map(|(at, c)| (at, Some(c))).chain([(word.len(), None)]) {
        // A part starts at an upper-case letter after a lower-case one, or at one that a
        // lower-case letter follows after more upper-case ones.
        let upper = here.is_some_and(char::is_uppercase);
        let after_lower = before.is_some_and(|c| !c.is_uppercase());
        let before_lower = next.is_some_and(char::is_lowercase) && before.is_some();
        if upper && (after_lower || before_lower) && here_at > start {
            parts.push(word.get(start..here_at).unwrap_or_default());
            start = here_at;
        }
        (before, here, here_at) = (here, next, at);
    }
    parts.push(word.get(start..).unwrap_or_default());
    parts
}

#[cfg(test)]
mod tests;
