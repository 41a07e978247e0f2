//! CSV -> a history of estimated issues, in time order, with what was skipped and why.

use csv::{Position, ReaderBuilder, StringRecord};

use super::fit_rows;
use crate::model::{Bag, Timestamp};

/// Rows that are read of one file.
pub const ROWS_MAX: usize = 1_000_000;
/// Bad rows that are named; the others are counted.
const NAMED_MAX: usize = 20;
const NO_UTF8: &str = "it isn't UTF-8";
/// Characters of a bad value that are shown.
const SHOWN_MAX: usize = 40;
/// The most story points that an issue can have: past it, a number is a mistake or another unit.
pub const POINTS_MAX: f64 = 1000.0;

/// Estimated issues, oldest first: those to learn from, then those to predict.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Words and story points.
    pub rows: Vec<(Bag, f64)>,
    /// How many of them, the oldest, are learned from.
    pub fit: usize,
    /// Rows that were skipped.
    pub skipped: usize,
    /// Why, a sentence each, of the first ones.
    pub why: Vec<String>,
}

/// Why a file is no history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableTrouble {
    /// A column that is needed isn't there.
    #[error(
        "there is no column {0:?}; the first line must name the columns: id,created,title,description,story_points,split"
    )]
    NoColumn(&'static str),
    /// The file can't be read on.
    #[error("line {line}: {why}; save it as UTF-8 CSV with quotes around text that holds commas or line breaks")]
    Unreadable {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// More rows than are read.
    #[error("it has more than {ROWS_MAX} rows; take a part of it")]
    TooMany,
}

/// Where a row belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Split {
    Fit,
    Test,
}

/// The places of the columns.
struct Columns {
    title: usize,
    points: usize,
    description: Option<usize>,
    created: Option<usize>,
    split: Option<usize>,
}

impl Columns {
    fn of(head: &StringRecord) -> Result<Self, TableTrouble> {
        let named = |name: &str| {
            let bare = |text: &str| text.trim().trim_start_matches('\u{feff}').to_lowercase();
            head.iter().position(|text| bare(text) == name)
        };
        let needed = |name: &'static str| named(name).ok_or(TableTrouble::NoColumn(name));
        Ok(Self {
            title: needed("title")?,
            points: needed("story_points")?,
            description: named("description"),
            created: named("created"),
            split: named("split"),
        })
    }
}

impl Table {
    /// Reads a history. With a `split` column (train, val, test) rows stay in the order given, and what isn't test is learned from;
    /// without one they are ordered by `created` where every row has one, and the newest 20 % are predicted.
    ///
    /// # Errors
    /// A column that is missing, a file that is no CSV, or one of more than [`ROWS_MAX`] rows. A row that can't be used is
    /// skipped and counted.
    pub fn read(file: &[u8]) -> Result<Self, TableTrouble> {
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(file);
        let head = reader.headers().map_err(|error| unreadable(&error))?.clone();
        let columns = Columns::of(&head)?;
        let mut table = Self::default();
        let mut rows: Vec<(Option<Timestamp>, Split, Bag, f64)> = Vec::new();
        let mut record = StringRecord::new();
        loop {
            if rows.len() + table.skipped > ROWS_MAX {
                return Err(TableTrouble::TooMany);
            }
            match reader.read_record(&mut record) {
                Ok(false) => break,
                Ok(true) => match row(&record, &columns) {
                    Ok(found) => rows.push(found),
                    Err(why) => table.skip(record.position(), &why),
                },
                Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => {
                    table.skip(error.position(), NO_UTF8);
                }
                Err(error) => return Err(unreadable(&error)),
            }
        }
        if columns.split.is_none() && rows.iter().all(|row| row.0.is_some()) {
            rows.sort_by_key(|row| row.0);
        }
        let (fit, test): (Vec<_>, Vec<_>) = match columns.split {
            Some(_) => rows.into_iter().partition(|row| row.1 == Split::Fit),
            None => {
                let test = rows.split_off(fit_rows(rows.len()));
                (rows, test)
            }
        };
        table.fit = fit.len();
        table.rows = fit.into_iter().chain(test).map(|(_, _, bag, points)| (bag, points)).collect();
        Ok(table)
    }

    fn skip(&mut self, position: Option<&Position>, why: &str) {
        self.skipped += 1;
        if self.why.len() < NAMED_MAX {
            self.why.push(format!("line {}: {why}", position.map_or(0, Position::line)));
        }
    }
}

fn unreadable(error: &csv::Error) -> TableTrouble {
    let line = error.position().map_or(1, Position::line);
    let why = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => NO_UTF8.to_owned(),
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => "it isn't CSV".to_owned(),
    };
    TableTrouble::Unreadable { line, why }
}

fn row(record: &StringRecord, columns: &Columns) -> Result<(Option<Timestamp>, Split, Bag, f64), String> {
    let field = |at: usize| record.get(at).unwrap_or_default();
    let text = field(columns.points).trim();
    let points = text.parse::<f64>().ok().filter(|points| (0.0..=POINTS_MAX).contains(points));
    let points = points.ok_or_else(|| match text {
        "" => "no story_points".to_owned(),
        text => format!("story_points {} is no number from 0 to {POINTS_MAX}", shown(text)),
    })?;
    let split = match columns.split.map(|at| field(at).trim().to_lowercase()).as_deref() {
        None | Some("train" | "val" | "validation") => Split::Fit,
        Some("test") => Split::Test,
        Some(other) => return Err(format!("split {} is none of train, val, test", shown(other))),
    };
    let created = columns.created.and_then(|at| moment(field(at).trim()));
    let description = columns.description.map(field).unwrap_or_default();
    Ok((created, split, Bag::of(description).with_title(field(columns.title)), points))
}

/// A moment as trackers export it: RFC 3339, or date and time with or without a zone, UTC where none is said.
fn moment(text: &str) -> Option<Timestamp> {
    let utc = |at: jiff::civil::DateTime| at.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|at| at.timestamp());
    text.parse().ok().or_else(|| text.parse().ok().and_then(utc))
}

fn shown(text: &str) -> String {
    let cut: String = text.chars().take(SHOWN_MAX).collect();
    if cut.len() < text.len() { format!("{cut:?}…") } else { format!("{cut:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> (Vec<f64>, usize) {
        let table = Table::read(text.as_bytes()).expect("a table");
        (table.rows.iter().map(|row| row.1).collect(), table.fit)
    }

    #[test]
    fn a_split_is_followed_in_the_order_given() {
        let text = "id,created,title,description,story_points,split\n1,2020-01-03,a,,1,train\n2,2020-01-01,b,,2,test\n3,,c,,3,val\n";
        assert_eq!(points(text), (vec![1.0, 3.0, 2.0], 2));
    }

    #[test]
    fn without_a_split_the_newest_fifth_is_predicted() {
        let text = "\u{feff}Title,Story_Points,created\na,1,2020-01-05T00:00:00Z\nb,2,2020-01-01 10:00:00\nc,3,2020-01-02\nd,4,2020-01-03\ne,5,2020-01-04\n";
        assert_eq!(points(text), (vec![2.0, 3.0, 4.0, 5.0, 1.0], 4));
        let undated = "title,story_points,created\na,1,2020-01-05\nb,2,\n";
        assert_eq!(points(undated), (vec![1.0, 2.0], 1));
    }

    #[test]
    fn bad_rows_are_named_by_line_and_skipped() {
        let text = b"title,story_points,split\na,,train\nb,x,train\nc,-1,test\nd,NaN,val\ne,2,later\n\xff,2,val\n\"f\ng\",3,test\n";
        let table = Table::read(text).expect("a table");
        assert_eq!((table.rows.len(), table.skipped), (1, 6));
        assert_eq!(
            table.why,
            [
                "line 2: no story_points",
                "line 3: story_points \"x\" is no number from 0 to 1000",
                "line 4: story_points \"-1\" is no number from 0 to 1000",
                "line 5: story_points \"NaN\" is no number from 0 to 1000",
                "line 6: split \"later\" is none of train, val, test",
                "line 7: it isn't UTF-8",
            ]
        );
    }

    #[test]
    fn what_is_no_history_is_refused_with_a_reason() {
        assert_eq!(Table::read(b"title,points\na,1\n"), Err(TableTrouble::NoColumn("story_points")));
        let trouble = Table::read(b"title,story_points,\xff\na,1\n").expect_err("no UTF-8");
        assert!(trouble.to_string().starts_with("line 1: it isn't UTF-8"), "{trouble}");
    }
}
