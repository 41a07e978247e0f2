//! Body -> Text: what a body tells, so that the body itself needn't be kept.

mod bag;
mod keys;
mod shapes;
/// Whether a character turns the direction of the text around it: a title could hide a level behind one.
pub fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use bag::Bag;

/// What a body told. Counts saturate at `u32::MAX`; word lists are sorted and hold at most 20 entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// First 16 bytes of the body's SHA-256, in hex; empty for an absent or empty body.
    pub hash: String,
    /// Characters.
    pub chars: u32,
    /// Words outside code.
    pub words: u32,
    /// Fenced or indented code blocks.
    pub code_blocks: u32,
    /// Stack traces (of the usual languages' shapes).
    pub stack_traces: u32,
    /// Links.
    pub links: u32,
    /// Task-list entries that aren't ticked.
    pub open_tasks: u32,
    /// Task-list entries that are ticked.
    pub done_tasks: u32,
    /// It says when the work is done: an acceptance or expected-behaviour section, given/when/then, or a task list.
    pub acceptance: bool,
    /// Words of uncertainty found: `investigate`, `unclear`, `spike` …
    pub uncertainty: Vec<String>,
    /// Keys on a line of their own, `Jira: PAY-7` or `GitHub: acme/api#7`, as local keys.
    pub explicit: Vec<String>,
    /// All keys mentioned anywhere in the body (explicit ones too), as local keys; `#7` is written out with `here`.
    pub mentions: Vec<String>,
    /// Its words.
    #[serde(default, skip_serializing_if = "Bag::is_empty")]
    pub bag: Bag,
}

/// Longest list kept of anything found in a body.
const FOUND_MAX: usize = 20;

impl Text {
    /// Reads a body: Markdown, or a document flattened to it with code fenced by ```` ``` ````. `here` is the
    /// `owner/repository` that a bare `#7` belongs to. Takes time in proportion to the body, whatever it holds.
    pub fn of(body: &str, here: Option<&str>) -> Self {
        if body.is_empty() {
            return Self::default();
        }
        let mut reader = Reader { here, comment_end: body.rfind("-->"), ..Reader::default() };
        for line in body.lines() {
            let start = line.as_ptr() as usize - body.as_ptr() as usize;
            reader.read(line, start);
        }
        reader.finish(body)
    }

    /// The key in brackets that opens a title, as a local key: `PAY-7` of `[PAY-7] Refunds fail`.
    pub fn title_key(title: &str) -> Option<String> {
        let (inside, _) = title.trim_start().strip_prefix('[')?.split_once(']')?;
        keys::whole(inside.trim(), None).map(keys::Key::into_local)
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reader<'a> {
    here: Option<&'a str>,
    /// Where the body's last `-->` stands: a comment that opens past it never closes and is plain text.
    comment_end: Option<usize>,
    in_comment: bool,
    blocks: shapes::Blocks,
    trace: shapes::Trace,
    scenario: [bool; 3],
    uncertainty: BTreeSet<&'static str>,
    explicit: BTreeSet<String>,
    mentions: BTreeSet<String>,
    text: Text,
}

impl Reader<'_> {
    fn read(&mut self, line: &str, start: usize) {
        self.trace.read(line);
        let prose = if self.blocks.in_fence() { Cow::Borrowed(line) } else { self.visible(line, start) };
        if self.blocks.read(&prose) {
            return;
        }
        let lower = prose.to_lowercase();
        self.text.words = self.text.words.saturating_add(shapes::words(&prose));
        shapes::uncertain(&lower, &mut self.uncertainty);
        let plain = shapes::without_bullet(&lower);
        self.read_tasks(plain);
        self.text.acceptance |= shapes::is_acceptance(plain);
        for (seen, word) in self.scenario.iter_mut().zip(["given ", "when ", "then "]) {
            *seen |= shapes::without_marks(plain).starts_with(word);
        }
        self.read_keys(&prose);
    }

    fn read_tasks(&mut self, plain: &str) {
        if plain.starts_with("[ ] ") || plain == "[ ]" {
            self.text.open_tasks = self.text.open_tasks.saturating_add(1);
        } else if plain.starts_with("[x] ") || plain == "[x]" {
            self.text.done_tasks = self.text.done_tasks.saturating_add(1);
        }
    }

    fn read_keys(&mut self, prose: &str) {
        if let Some(key) = keys::explicit(prose, self.here)
            && self.explicit.len() < FOUND_MAX
        {
            self.explicit.insert(key.into_local());
        }
        let (here, mentions) = (self.here, &mut self.mentions);
        let links = keys::each(prose, here, |key| {
            if mentions.len() < FOUND_MAX {
                mentions.insert(key.into_local());
            }
        });
        self.text.links = self.text.links.saturating_add(links);
    }

    /// The line without HTML comments: issue templates hide their instructions, with example keys, in them.
    fn visible<'l>(&mut self, line: &'l str, start: usize) -> Cow<'l, str> {
        if !self.in_comment && !line.contains("<!--") {
            return Cow::Borrowed(line);
        }
        let (mut kept, mut at) = (String::new(), 0);
        while at < line.len() {
            let rest = &line[at..];
            if self.in_comment {
                let Some(end) = rest.find("-->") else { break };
                self.in_comment = false;
                at += end + 3;
            } else {
                let opens =
                    rest.find("<!--").filter(|open| self.comment_end.is_some_and(|end| end > start + at + open));
                let Some(open) = opens else {
                    kept.push_str(rest);
                    break;
                };
                kept.push_str(&rest[..open]);
                self.in_comment = true;
                at += open + 4;
            }
        }
        Cow::Owned(kept)
    }

    fn finish(mut self, body: &str) -> Text {
        let digest = Sha256::digest(body.as_bytes());
        self.text.bag = Bag::of(body);
        self.text.hash = digest.iter().take(16).fold(String::with_capacity(32), |mut hex, byte| {
            let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
            hex.extend([digit(byte >> 4), digit(byte & 15)]);
            hex
        });
        self.text.chars = body.chars().count().try_into().unwrap_or(u32::MAX);
        self.text.code_blocks = self.blocks.found;
        self.text.stack_traces = self.trace.finish();
        self.text.acceptance |= self.scenario == [true; 3] || self.text.open_tasks > 0 || self.text.done_tasks > 0;
        self.text.uncertainty = self.uncertainty.into_iter().take(FOUND_MAX).map(str::to_owned).collect();
        let room = FOUND_MAX.saturating_sub(self.explicit.len());
        let mut mentions: BTreeSet<String> = self.mentions.difference(&self.explicit).take(room).cloned().collect();
        mentions.extend(self.explicit.iter().cloned());
        self.text.mentions = mentions.into_iter().collect();
        self.text.explicit = self.explicit.into_iter().collect();
        self.text
    }
}
