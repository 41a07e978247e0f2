//! Who looks -> what is shown. Without authentication only what is known to be for every reader.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::IssueId;
use crate::roadmap::{Item, Roadmap};

/// Who looks at the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// People whom `[page] auth` let in: everything.
    Known,
    /// Whoever reaches the page: nothing private.
    Anyone,
}

/// What an audience may see of one roadmap.
#[derive(Debug)]
pub(super) struct Privacy {
    audience: Audience,
    /// Items that aren't shown, by place.
    hidden: BTreeSet<usize>,
    /// Issues that are shown.
    shown: BTreeSet<IssueId>,
    /// What sentences may name: keys, aliases and containers of shown issues, lower case, with and without tracker.
    named: BTreeSet<String>,
    /// What they may not, though it has no tracker before it.
    unnamed: BTreeSet<String>,
    /// What keys begin with: the trackers' names.
    trackers: BTreeSet<String>,
}

impl Privacy {
    pub(super) fn of(roadmap: &Roadmap, trackers: BTreeSet<String>, audience: Audience) -> Self {
        let is_hidden = |item: &Item| audience == Audience::Anyone && item.faces.iter().any(|face| face.private);
        let mut privacy = Self {
            audience,
            hidden: BTreeSet::new(),
            shown: BTreeSet::new(),
            named: BTreeSet::new(),
            unnamed: BTreeSet::new(),
            trackers,
        };
        if audience == Audience::Known {
            return privacy;
        }
        for (index, item) in roadmap.items.iter().enumerate() {
            let hidden = is_hidden(item);
            if hidden {
                privacy.hidden.insert(index);
            }
            for face in &item.faces {
                let words = if hidden { &mut privacy.unnamed } else { &mut privacy.named };
                for key in std::iter::once(&face.key).chain(&face.aliases) {
                    words.insert(key.to_string().to_lowercase());
                    words.insert(key.local.to_lowercase());
                }
                if !hidden {
                    privacy.shown.insert(face.id.clone());
                    privacy.named.insert(face.container.to_string().to_lowercase());
                }
            }
        }
        privacy
    }

    /// Whether an item is shown.
    pub(super) fn shows(&self, index: usize) -> bool {
        !self.hidden.contains(&index)
    }

    /// Whether an issue is shown. One that is no longer part of the roadmap isn't, to anyone: what it is now is not known.
    pub(super) fn shows_issue(&self, issue: &IssueId) -> bool {
        self.audience == Audience::Known || self.shown.contains(issue)
    }

    /// Something is left out: numbers that would count it, and words that may be about it, are too.
    pub(super) fn withholds(&self) -> bool {
        !self.hidden.is_empty()
    }

    /// Who looks.
    pub(super) fn audience(&self) -> Audience {
        self.audience
    }

    /// A sentence without the names of issues that aren't shown.
    pub(super) fn told(&self, sentence: &str) -> String {
        if self.audience == Audience::Known {
            return sentence.to_owned();
        }
        let mut told = String::with_capacity(sentence.len());
        for word in sentence.split_inclusive(char::is_whitespace) {
            let part_of_key = |c: char| c.is_alphanumeric() || matches!(c, '#' | '/' | '_' | '-' | '.' | ':');
            let bare = word.trim_matches(|c: char| !part_of_key(c)).trim_matches(['.', ':']);
            if !bare.is_empty() && self.hides(&bare.to_lowercase()) {
                told.push_str(&word.replacen(bare, "(an issue that isn't shown)", 1));
            } else {
                told.push_str(word);
            }
        }
        told
    }

    fn hides(&self, word: &str) -> bool {
        let tracker =
            word.split_once(':').is_some_and(|(tracker, rest)| self.trackers.contains(tracker) && !rest.is_empty());
        self.unnamed.contains(word) || tracker && !self.named.contains(word)
    }

    /// Entries of a map by issue key or the like, of those issues that are shown.
    pub(super) fn of_keys<'a, T>(
        &'a self,
        map: &'a BTreeMap<crate::model::IssueKey, T>,
    ) -> impl Iterator<Item = (&'a crate::model::IssueKey, &'a T)> {
        map.iter()
            .filter(|(key, _)| self.audience == Audience::Known || self.named.contains(&key.to_string().to_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_only_issues_that_are_shown() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let privacy = Privacy {
            audience: Audience::Anyone,
            hidden: [0].into(),
            shown: BTreeSet::new(),
            named: words(&["github:acme/api#7", "acme/api#7"]),
            unnamed: words(&["jira:sec-1", "sec-1"]),
            trackers: words(&["github", "jira"]),
        };
        for (sentence, told) in [
            ("github:acme/api#7 waits for it", "github:acme/api#7 waits for it"),
            (
                "lifted from p2: jira:SEC-1 (p0) waits for it",
                "lifted from p2: (an issue that isn't shown) (p0) waits for it",
            ),
            (
                "waits for SEC-1, github:acme/other#1.",
                "waits for (an issue that isn't shown), (an issue that isn't shown).",
            ),
            ("about 3 story points: small, so sooner", "about 3 story points: small, so sooner"),
            ("label a:b on github:acme/api#7", "label a:b on github:acme/api#7"),
        ] {
            assert_eq!(privacy.told(sentence), told);
        }
    }
}
