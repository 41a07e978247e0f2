//! Evidence -> business value (0–10): the first source that answers, and which one it was.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::calendar::later;
use super::evidence::Evidence;
use crate::model::Day;

/// The most that a business value can be.
pub const VALUE_MAX: f64 = 10.0;
/// Parents are asked so far up.
const PARENTS_MAX: usize = 8;

/// Where business value is read.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueSource {
    /// A tracker's field, by its id.
    Field(String),
    /// People's labels: what stands before and behind the number, in lower case.
    Label(String, String),
    /// A file.
    File(Arc<ValueFile>),
    /// What the item that it is part of has.
    Parent,
}

/// A file of business values as it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueFile {
    /// What people call it: its path as configured.
    pub name: String,
    /// Rows by key in lower case, with the tracker's name or without.
    pub rows: BTreeMap<String, ValueRow>,
}

/// A line of such a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueRow {
    /// 0–10.
    pub value: f64,
    /// The last day on which it holds. None: for good.
    pub until: Option<Day>,
}

/// A business value that was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// 0–10.
    pub value: f64,
    /// Whose word it is.
    pub whence: String,
    /// The first later day on which time alone changes it.
    pub changes: Option<Day>,
}

/// The business value of an item. None: no source answers.
pub(super) fn find(evidence: &Evidence<'_>) -> Option<Found> {
    find_up(evidence, PARENTS_MAX)
}

fn find_up(evidence: &Evidence<'_>, parents: usize) -> Option<Found> {
    evidence.knobs.value.iter().find_map(|source| match source {
        ValueSource::Field(id) => of_field(evidence, id),
        ValueSource::Label(before, behind) => of_label(evidence, before, behind),
        ValueSource::File(file) => of_file(evidence, file),
        ValueSource::Parent => {
            let index = evidence.item.parent.filter(|_| parents > 0)?;
            // Read as this item's container reads values: a team's sources hold for what its items are part of, too.
            let above = Evidence::of(evidence.roadmap, index, evidence.previous, evidence.knobs, evidence.day);
            let found = find_up(&above, parents - 1)?;
            let whence = format!("from its parent {}: {}", above.item.founder().key, found.whence);
            Some(Found { whence, ..found })
        }
    })
}

/// Of several answers the largest, with the others said.
fn largest(mut answers: Vec<(f64, String)>) -> Option<Found> {
    answers.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    answers.dedup();
    let others: Vec<&str> = answers.iter().skip(1).take(3).map(|(_, whence)| whence.as_str()).collect();
    let (value, first) = answers.first()?;
    let whence = match &others[..] {
        [] => first.clone(),
        _ => format!("{first}, the largest beside {}", others.join(", ")),
    };
    Some(Found { value: *value, whence, changes: None })
}

fn of_field(evidence: &Evidence<'_>, id: &str) -> Option<Found> {
    let said = evidence
        .fields(id)
        .filter_map(|(face, text)| Some((number(text)?, format!("field {id} says {} on {}", text.trim(), face.key))));
    largest(said.collect())
}

fn of_label(evidence: &Evidence<'_>, before: &str, behind: &str) -> Option<Found> {
    let said = evidence.labels.iter().filter_map(|(place, label)| {
        let value = number(label.strip_prefix(before)?.strip_suffix(behind)?)?;
        Some((value, format!("label {label} on {}", evidence.item.faces[*place].key)))
    });
    largest(said.collect())
}

fn of_file(evidence: &Evidence<'_>, file: &ValueFile) -> Option<Found> {
    let holds = |row: &&ValueRow| row.until.is_none_or(|until| evidence.day <= until);
    let rows = evidence.item.faces.iter().filter_map(|face| {
        let whole = file.rows.get(&face.key.to_string().to_lowercase()).filter(holds);
        let row = whole.or_else(|| file.rows.get(&face.key.local.to_lowercase()).filter(holds))?;
        Some((face, row))
    });
    let rows: Vec<_> = rows.collect();
    let ends = rows.iter().filter_map(|(_, row)| row.until).min().map(|until| later(until, 1));
    let said = rows.iter().map(|(face, row)| {
        let until = row.until.map(|until| format!(" until {until}")).unwrap_or_default();
        (row.value, format!("{} says {} for {}{until}", file.name, row.value, face.key))
    });
    largest(said.collect()).map(|found| Found { changes: ends, ..found })
}

/// A number, put within 0–10.
fn number(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    number.is_finite().then(|| number.clamp(0.0, VALUE_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_put_within_the_scale_and_words_are_none() {
        for (text, expected) in [
            ("8", Some(8.0)),
            (" 2.5 ", Some(2.5)),
            ("50", Some(10.0)),
            ("-1", Some(0.0)),
            ("high", None),
            ("inf", None),
            ("", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }

    #[test]
    fn of_several_answers_the_largest_counts_and_the_others_are_said() {
        let answer = |value: f64, whence: &str| (value, whence.to_owned());
        assert_eq!(largest(Vec::new()), None);
        let found = largest(vec![answer(3.0, "a"), answer(8.0, "b"), answer(3.0, "a")]).expect("one");
        assert_eq!((found.value, found.whence.as_str()), (8.0, "b, the largest beside a"));
    }
}
