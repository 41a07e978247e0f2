//! The configuration's `repositories` -> whether a repository is meant. Pure.

use std::collections::BTreeSet;

/// Names, patterns and exclusions, in the configuration's order; the last one that fits a repository decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    entries: Vec<Entry>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// `acme/api`.
    Named(String),
    /// `acme/pay-*`.
    Pattern(String),
    /// `!acme/*-archive`, without the mark.
    Without(String),
}

impl Selection {
    pub(super) fn read(configured: &[String]) -> Self {
        let entry = |text: &String| match text.trim().strip_prefix('!') {
            Some(without) => Entry::Without(without.trim().to_owned()),
            None if text.contains('*') => Entry::Pattern(text.trim().to_owned()),
            None => Entry::Named(text.trim().to_owned()),
        };
        Self { entries: configured.iter().map(entry).collect() }
    }

    /// Repositories that are named and not taken out again, in the configuration's spelling.
    pub(super) fn named(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Named(name) if !matches!(self.decides(name), Some(Entry::Without(_))) => Some(name.as_str()),
            _ => None,
        })
    }

    /// All patterns.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Pattern(pattern) => Some(pattern.as_str()),
            _ => None,
        })
    }

    /// Owners whose repositories must be listed, each once, in the spelling that comes first.
    pub(super) fn owners(&self) -> Vec<&str> {
        let mut folded = BTreeSet::new();
        let owners = self.patterns().filter_map(|pattern| pattern.split('/').next());
        owners.filter(|owner| folded.insert(owner.to_ascii_lowercase())).collect()
    }

    /// The entry that says whether a repository is meant. None: none speaks of it.
    pub(super) fn decides(&self, full_name: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| match entry {
            Entry::Named(name) => name.eq_ignore_ascii_case(full_name),
            Entry::Pattern(pattern) | Entry::Without(pattern) => fits(pattern, full_name),
        })
    }
}

/// Whether a pattern fits a repository; `*` stands for any characters but the slash, letters for both their cases.
pub(super) fn fits(pattern: &str, full_name: &str) -> bool {
    let (pattern, full_name) = (pattern.to_ascii_lowercase(), full_name.to_ascii_lowercase());
    match (pattern.split_once('/'), full_name.split_once('/')) {
        (Some((owner, name)), Some((its_owner, its_name))) => part_fits(owner, its_owner) && part_fits(name, its_name),
        _ => false,
    }
}

fn part_fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(entries: &[&str]) -> Selection {
        Selection::read(&entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_star_stands_for_anything_within_a_name_and_case_says_nothing() {
        for (pattern, name) in [
            ("acme/pay-*", "acme/pay-api"),
            ("acme/pay-*", "ACME/Pay-"),
            ("acme/*", "acme/x"),
            ("acme/*-*-c", "acme/a-b-c"),
            ("*/api", "acme/api"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("acme/pay-*", "acme/repay-api"),
            ("acme/pay-*", "other/pay-api"),
            ("acme/*-archive", "acme/archive"),
            ("acme/ab*ba", "acme/aba"),
            ("acme/api", "acme/api2"),
            ("acme*", "acme/api"),
        ] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn the_last_entry_that_fits_decides() {
        let some = selection(&["acme/web", "acme/pay-*", "!acme/*-archive", "acme/pay-old-archive"]);
        assert_eq!(some.decides("acme/pay-new-archive"), Some(&Entry::Without("acme/*-archive".to_owned())));
        assert_eq!(some.decides("Acme/Pay-Old-Archive"), Some(&Entry::Named("acme/pay-old-archive".to_owned())));
        assert_eq!(some.decides("acme/pay-api"), Some(&Entry::Pattern("acme/pay-*".to_owned())));
        assert_eq!(some.decides("acme/api"), None);
        assert_eq!(some.named().collect::<Vec<_>>(), ["acme/web", "acme/pay-old-archive"]);
        assert_eq!(selection(&["acme/web", "!acme/w*"]).named().count(), 0);
    }

    #[test]
    fn an_owner_is_listed_once_for_all_its_patterns() {
        assert_eq!(selection(&["acme/a-*", "Acme/b-*", "beta/*", "gamma/x", "!delta/*"]).owners(), ["acme", "beta"]);
    }
}
