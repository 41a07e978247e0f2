//! What is wrong with a configuration, as something a person can act on; never a secret.

use std::fmt;

/// Everything that is wrong with a configuration, sorted by file and key; never empty when it is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    found: Vec<Finding>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, or the environment variable, that said it.
    pub file: String,
    /// The key's path, `trackers.github.auth.token`; empty where the whole file is meant.
    pub key: String,
    /// What is wrong, with the value (never a secret's) and the limit.
    pub problem: String,
    /// What a person can do.
    pub next: String,
}

impl Findings {
    /// Adds one; the same one twice counts once.
    pub(super) fn add(&mut self, file: &str, key: &str, problem: impl Into<String>, next: impl Into<String>) {
        let finding =
            Finding { file: file.to_owned(), key: key.to_owned(), problem: problem.into(), next: next.into() };
        if let Err(place) = self.found.binary_search(&finding) {
            self.found.insert(place, finding);
        }
    }

    /// Whether this key, one above it or one below it was already found wrong: what is missing then follows from that.
    pub(super) fn touches(&self, key: &str) -> bool {
        let within = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.found
            .iter()
            .any(|finding| !finding.key.is_empty() && (within(&finding.key, key) || within(key, &finding.key)))
    }

    /// Whether a whole file couldn't be read: what it would have said can't be called missing.
    pub(super) fn lost_a_file(&self) -> bool {
        self.found.iter().any(|finding| finding.key.is_empty())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All of them, by file and key.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.found.iter()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}; {}", self.problem, self.next)
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.found.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{finding}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Findings {}

const SHOWN_MAX_CHARS: usize = 80;

/// A text of the configuration as a finding may show it: quoted, on one line, cut, and not at all where it may be a secret.
pub(super) fn shown(text: &str) -> String {
    if text.split(|c: char| !(c.is_ascii_alphanumeric() || "_-=+/.".contains(c))).any(looks_secret) {
        return "(a value that looks like a secret and isn't shown)".to_owned();
    }
    let mut cut: String = text.chars().take(SHOWN_MAX_CHARS).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("{cut:?}")
}

/// A sentence that may quote the configuration, without words that may be secrets.
pub(super) fn quoted(sentence: &str) -> String {
    let part_of_word = |c: char| c.is_ascii_alphanumeric() || "_-=+/.".contains(c);
    let mut told = String::new();
    for word in sentence.split_inclusive(|c: char| !part_of_word(c)) {
        let bare = word.trim_end_matches(|c: char| !part_of_word(c));
        told.push_str(if looks_secret(bare) { "(not shown)" } else { bare });
        told.push_str(&word[bare.len()..]);
    }
    told
}

/// Whether a known prefix of credentials stands in a text.
pub(super) fn names_credential(text: &str) -> bool {
    const PREFIXES: [&str; 8] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "ATATT", "ATCTT"];
    PREFIXES.iter().any(|prefix| text.contains(prefix))
}

/// Whether a word has the shape of a credential: a known prefix, or long with digits and letters mixed.
pub(super) fn looks_secret(word: &str) -> bool {
    let mixed = |part: &str| {
        part.len() >= 24
            && part.bytes().any(|b| b.is_ascii_digit())
            && part.bytes().any(|b| b.is_ascii_lowercase())
            && part.bytes().filter(u8::is_ascii_digit).count() * 10 >= part.len()
    };
    names_credential(word) || word.split(['/', '.', '-']).any(mixed)
}

/// The nearest of the known words, where one is near enough to be what was meant.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), candidate), candidate))
        .filter(|(likeness, candidate)| *likeness >= 0.7 || strsim::osa_distance(word, candidate) == 1)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}
