//! Files that a tracker's API once answered -> the corpus as things stood at a moment.

mod github;
mod jira;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use serde::de::{DeserializeOwned, Deserializer, Error as _, SeqAccess, Visitor};

use super::Corpus;

/// How a file of GitHub's issues ends; its comments and events lie beside it.
const ISSUES: &str = "_issues";
/// How a file of a Jira search ends.
const SEARCH: &str = "_search";
/// Endings of the files that are read.
const ENDINGS: [&str; 2] = [".json.gz", ".json"];

/// Why dumps could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The folder or a file of it can't be read.
    #[error("{path} can't be read: {cause}; name a folder with dumps after --data")]
    Unreadable {
        /// What was opened.
        path: PathBuf,
        /// The system's answer.
        cause: std::io::Error,
    },
    /// The folder holds nothing that is known.
    #[error(
        "{0} has no dump: none of its files is called …_issues.json (GitHub's issues as a list, with …_comments.json and \
         …_events.json beside it) or …_search.json (the answer of a Jira search), each also as .json.gz"
    )]
    Nothing(PathBuf),
    /// A file is cut off, or holds something else.
    #[error("{path} is not a whole dump: {cause}; fetch it again, or take it out of the folder")]
    Broken {
        /// Which file.
        path: PathBuf,
        /// Which entry, and at which line and column.
        cause: serde_json::Error,
    },
    /// An entry refers to something that isn't there, or a number is out of reach.
    #[error("{path}, entry {entry}: {what}; fetch it again, or take it out of the folder")]
    Odd {
        /// Which file.
        path: PathBuf,
        /// Which entry, counted from 1.
        entry: usize,
        /// What is wrong with it.
        what: String,
    },
}

impl Corpus {
    /// Reads every dump in `folder` and lays it out as it stood at `as_of` (the newest stamp of all files where left
    /// out), which it also gives: what was created by then, open or closed as of then, with the labels, titles,
    /// milestones, assignees and comments of then where the dump dates them. What nothing dates (priorities, points,
    /// Jira's labels and links) stays as the dump has it.
    ///
    /// # Errors
    /// The folder holds no dump, or one that is cut off or isn't one.
    pub fn read(folder: &Path, as_of: Option<Timestamp>) -> Result<(Self, Timestamp), DumpError> {
        let names = names_in(folder)?;
        let (mut repositories, mut sites) = (Vec::new(), Vec::new());
        for name in &names {
            let Some(stem) = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)) else { continue };
            let path = folder.join(name);
            if let Some(stem) = stem.strip_suffix(ISSUES) {
                let beside = |what: &str| {
                    let found = ENDINGS.iter().map(|ending| format!("{stem}_{what}{ending}"));
                    found.map(|name| folder.join(name)).find(|path| path.exists())
                };
                repositories.push(github::Dump::read(path, beside("comments"), beside("events"))?);
            } else if stem.ends_with(SEARCH) {
                sites.push(jira::Dump::read(path)?);
            }
        }
        let newest =
            repositories.iter().filter_map(github::Dump::newest).chain(sites.iter().filter_map(jira::Dump::newest));
        let Some(newest) = newest.max() else { return Err(DumpError::Nothing(folder.to_owned())) };
        let moment = as_of.unwrap_or(newest);
        let repositories = repositories.into_iter().map(|dump| dump.seeds(moment)).collect::<Result<Vec<_>, _>>()?;
        let projects = jira::projects(sites, moment);
        let corpus = Self { people: Vec::new(), repositories: repositories.into_iter().flatten().collect(), projects };
        Ok((corpus, moment))
    }
}

/// File names in the folder, sorted.
fn names_in(folder: &Path) -> Result<Vec<String>, DumpError> {
    let unreadable = |cause| DumpError::Unreadable { path: folder.to_owned(), cause };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        names.extend(entry.map_err(unreadable)?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// A file's JSON, unpacked where its name says so.
fn parse<T: DeserializeOwned>(path: &Path) -> Result<T, DumpError> {
    let file = File::open(path).map_err(|cause| DumpError::Unreadable { path: path.to_owned(), cause })?;
    let reader: Box<dyn Read> = if path.extension().is_some_and(|end| end == "gz") {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    serde_json::from_reader(BufReader::new(reader)).map_err(|cause| DumpError::Broken { path: path.to_owned(), cause })
}

/// A list whose reading error says at which entry it happened.
struct Rows<T>(Vec<T>);

impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for Rows<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Counted(std::marker::PhantomData))
    }
}

struct Counted<T>(std::marker::PhantomData<T>);

impl<'de, T: serde::Deserialize<'de>> Visitor<'de> for Counted<T> {
    type Value = Rows<T>;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rows<T>, A::Error> {
        let mut rows = Vec::new();
        loop {
            let row = list.next_element();
            match row.map_err(|error| A::Error::custom(format!("entry {}: {error}", rows.len() + 1)))? {
                Some(row) => rows.push(row),
                None => return Ok(Rows(rows)),
            }
        }
    }
}

/// Days from `then` to `moment`.
fn days_between(then: Timestamp, moment: Timestamp) -> f64 {
    moment.duration_since(then).as_secs_f64() / 86_400.0
}
