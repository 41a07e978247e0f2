//! The terms a fitted model knows, and the weighing of a bag by them (TF-IDF).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{rounded, solver::Row};
use crate::model::Bag;

/// Terms of fewer texts are left out: what occurred once says nothing about another issue.
const TEXTS_MIN: u32 = 2;
/// The most terms kept, the most frequent first: a bound on a model's size. The largest of 24
/// public trackers has about 4,000 that occur twice; its model is 340 KB of JSON.
const TERMS_MAX: usize = 5_000;

/// Known terms, sorted, each with its inverse document frequency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Vocabulary {
    terms: Vec<(String, f64)>,
}

impl Vocabulary {
    /// The vocabulary of past texts; their order doesn't matter.
    pub fn of<'a>(bags: impl Iterator<Item = &'a Bag>) -> Self {
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        let mut texts = 0_u32;
        for bag in bags {
            texts += 1;
            for (term, _) in bag.terms() {
                *counts.entry(term).or_insert(0) += 1;
            }
        }
        let mut kept: Vec<(&str, u32)> = counts.into_iter().filter(|(_, count)| *count >= TEXTS_MIN).collect();
        kept.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        kept.truncate(TERMS_MAX);
        kept.sort_unstable();
        // The smooth form of scikit-learn's TfidfTransformer: ln((1 + n) / (1 + df)) + 1.
        let idf = |count: u32| rounded((f64::from(1 + texts) / f64::from(1 + count)).ln() + 1.0);
        Vocabulary { terms: kept.into_iter().map(|(term, count)| (term.to_owned(), idf(count))).collect() }
    }

    /// How many terms it knows.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// The term of a column.
    pub fn term(&self, column: u32) -> Option<&str> {
        self.terms.get(column as usize).map(|(term, _)| term.as_str())
    }

    /// A bag as a row of length 1 (or 0, when no term is known): 1 + ln(count), times the
    /// inverse document frequency.
    pub fn row(&self, bag: &Bag) -> Row {
        let mut row = Row::new();
        for (term, count) in bag.terms() {
            let found = self.terms.binary_search_by(|(known, _)| known.as_str().cmp(term));
            let Ok(at) = found else { continue };
            if let (Ok(column), Some((_, idf))) = (u32::try_from(at), self.terms.get(at)) {
                row.push((column, (1.0 + f64::from(count).ln()) * idf));
            }
        }
        let length = row.iter().map(|(_, value)| value * value).sum::<f64>().sqrt();
        if length > 0.0 {
            for (_, value) in &mut row {
                *value /= length;
            }
        }
        row
    }
}

/// The cosine of two rows of length 1, from 0 (no term in common) to 1.
pub fn cosine(a: &Row, b: &Row) -> f64 {
    let mut others = b.iter().peekable();
    let mut sum = 0.0;
    for (column, value) in a {
        while others.next_if(|(other, _)| other < column).is_some() {}
        if let Some((_, other)) = others.next_if(|(other, _)| other == column) {
            sum += value * other;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_most_like_itself_and_unlike_one_without_common_words() {
        let bags = [Bag::of("login crash"), Bag::of("export table"), Bag::of("login crash export table")];
        let vocabulary = Vocabulary::of(bags.iter());
        let rows: Vec<Row> = bags.iter().map(|bag| vocabulary.row(bag)).collect();
        if let [a, b, _] = rows.as_slice() {
            assert!((cosine(a, a) - 1.0).abs() < 1e-12);
            assert_eq!(cosine(a, b), 0.0);
        }
    }

    #[test]
    fn an_unknown_text_is_an_empty_row() {
        assert!(Vocabulary::default().row(&Bag::of("anything")).is_empty());
    }
}
