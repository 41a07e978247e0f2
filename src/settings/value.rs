//! `[priority] value` -> where business value is read; files of it are read here, each wrong line named.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check::Check;
use super::finding::{nearest, shown};
use super::layers::{origin, place};
use crate::model::Day;
use crate::score::{VALUE_MAX, ValueFile, ValueRow, ValueSource};

/// The most sources.
const SOURCES_MAX: usize = 20;
/// The most bytes of a file.
const FILE_MAX_BYTES: u64 = 4 << 20;
/// The most wrong lines of a file that are named.
const LINES_TOLD_MAX: usize = 20;

/// Files that were read already: scopes take over the defaults'. None: it is wrong, and that is told.
pub(super) type Files = BTreeMap<PathBuf, Option<Arc<ValueFile>>>;

/// The sources of one list; `key` is where it stands (`priority.value`).
pub(super) fn sources(raw: &[String], key: &str, check: &mut Check<'_>) -> Vec<ValueSource> {
    if raw.len() > SOURCES_MAX {
        check.wrong(key, format!("there are {} sources and may be {SOURCES_MAX}", raw.len()), "take some out");
        return Vec::new();
    }
    let read = |(index, text): (usize, &String)| source(text, &format!("{key}[{index}]"), check);
    raw.iter().enumerate().filter_map(read).collect()
}

fn source(text: &str, key: &str, check: &mut Check<'_>) -> Option<ValueSource> {
    match text.split_once(':') {
        None if text == "parent" => Some(ValueSource::Parent),
        Some(("field", id)) => {
            let number = id.strip_prefix("customfield_").unwrap_or_default();
            if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
                return Some(ValueSource::Field(id.to_owned()));
            }
            let problem = format!("{} is not the id of a custom field", shown(id));
            check.wrong(key, problem, "write it as Jira has it: field:customfield_10050");
            None
        }
        Some(("label", pattern)) => match pattern.to_lowercase().split_once("{n}") {
            Some((before, behind)) if !(before.trim().is_empty() && behind.trim().is_empty()) => {
                Some(ValueSource::Label(before.to_owned(), behind.to_owned()))
            }
            _ => {
                let problem = format!("{} doesn't say where a label has its number", shown(pattern));
                check.wrong(key, problem, "write {n} there, and something beside it: label:value/{n}");
                None
            }
        },
        Some(("file", path)) if !path.trim().is_empty() => file(path.trim(), key, check).map(ValueSource::File),
        _ => {
            let near =
                nearest(text.split(':').next().unwrap_or(text), ["field", "label", "file", "parent"].into_iter());
            let near = near.map_or_else(String::new, |near| format!("did you mean {near}? "));
            let next = format!("{near}write field:ID, label:value/{{n}}, file:PATH or parent");
            check.wrong(key, format!("{} is no source of business value", shown(text)), next);
            None
        }
    }
}

/// A file beside the configuration file that names it.
fn file(path: &str, key: &str, check: &mut Check<'_>) -> Option<Arc<ValueFile>> {
    let configured = origin(place(check.merged, key).0).map(Path::new).and_then(Path::parent);
    let full = configured.unwrap_or(Path::new("")).join(path);
    if let Some(known) = check.values.get(&full) {
        return known.clone();
    }
    let read = match read_text(&full) {
        Ok(text) => Some(rows(&text, path, key, check)),
        Err(problem) => {
            let next = "write the file (key,value,until on its first line), or take the source out";
            check.wrong(key, format!("the file {} {problem}", shown(&full.display().to_string())), next);
            None
        }
    };
    let read = read.map(|rows| Arc::new(ValueFile { name: path.to_owned(), rows }));
    check.values.insert(full, read.clone());
    read
}

fn read_text(path: &Path) -> Result<String, String> {
    let about = fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "isn't there".to_owned(),
        kind => format!("can't be read: {kind}"),
    })?;
    if !about.is_file() {
        return Err("is no ordinary file".to_owned());
    }
    if about.len() > FILE_MAX_BYTES {
        return Err(format!("has {} bytes and may have {FILE_MAX_BYTES}", about.len()));
    }
    match fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(_)) => Err("is not UTF-8 text".to_owned()),
        Err(error) => Err(format!("can't be read: {}", error.kind())),
    }
}

fn rows(text: &str, name: &str, key: &str, check: &mut Check<'_>) -> BTreeMap<String, ValueRow> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).has_headers(false).trim(csv::Trim::All).from_reader(text.as_bytes());
    let (mut rows, mut wrong) = (BTreeMap::new(), 0_usize);
    for (nth, record) in reader.records().enumerate() {
        let read = record.map_err(|_| ("it is not CSV".to_owned(), 0)).and_then(|record| {
            let line = record.position().map_or(0, csv::Position::line);
            let told = |problem: String| (problem, line);
            if nth == 0 {
                return heading(&record).map_err(told);
            }
            let (of, row) = row(&record).map_err(told)?;
            match rows.insert(of.to_lowercase(), row) {
                Some(_) => Err(told(format!("{} is there twice", shown(&of)))),
                None => Ok(()),
            }
        });
        if let Err((problem, line)) = read {
            wrong += 1;
            if wrong <= LINES_TOLD_MAX {
                let next = "write key,value,until, for example jira:PAY-7,8,2026-12-31";
                check.wrong(key, format!("{}, line {line}: {problem}", shown(name)), next);
            }
        }
    }
    if wrong > LINES_TOLD_MAX {
        let problem = format!("{}: {wrong} lines are wrong, of which {LINES_TOLD_MAX} are told", shown(name));
        check.wrong(key, problem, "correct those first");
    }
    rows
}

fn heading(record: &csv::StringRecord) -> Result<(), String> {
    let names: Vec<String> = record.iter().map(str::to_lowercase).collect();
    match names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["key", "value"] | ["key", "value", "until"] => Ok(()),
        _ => Err("the first line is not key,value,until".to_owned()),
    }
}

fn row(record: &csv::StringRecord) -> Result<(String, ValueRow), String> {
    let (Some(key), Some(value), true) = (record.get(0), record.get(1), record.len() <= 3) else {
        return Err(format!("it has {} columns", record.len()));
    };
    if key.is_empty() {
        return Err("it has no key".to_owned());
    }
    let number = value.parse::<f64>().ok().filter(|number| (0.0..=VALUE_MAX).contains(number));
    let Some(value) = number else {
        return Err(format!("{} must be a number from 0 to {VALUE_MAX}", shown(value)));
    };
    let until = match record.get(2).unwrap_or_default() {
        "" => None,
        day => Some(day.parse::<Day>().map_err(|_| format!("{} is not a day such as 2026-12-31", shown(day)))?),
    };
    Ok((key.to_owned(), ValueRow { value, until }))
}
