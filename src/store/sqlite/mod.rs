//! The store in one SQLite file: one connection, write-ahead log, every commit on the disk before it is answered.

mod cycles;
mod issues;
mod ledger;
mod open;
mod people;
mod scores;
mod trackers;

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use super::StoreTrouble;

/// Rows in one statement, at most: bounds what is held in memory twice.
const BATCH: usize = 500;
/// Takes the write lock at once: a transaction that reads first could otherwise fail as busy without waiting.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// One open database file.
#[derive(Debug)]
pub(super) struct Sqlite {
    path: PathBuf,
    connection: Mutex<Option<SqliteConnection>>,
}

/// What went wrong, before it is known where and while doing what.
#[derive(Debug)]
pub(super) enum Failure {
    /// The database's own trouble.
    Sql(sqlx::Error),
    /// A value that isn't what this version writes, with its description.
    Value(String),
    /// The caller named something that isn't there.
    Unknown(String),
    /// Already a sentence.
    Said(StoreTrouble),
}

type Answer<T> = Result<T, Failure>;

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreTrouble> for Failure {
    fn from(trouble: StoreTrouble) -> Self {
        Self::Said(trouble)
    }
}

impl Sqlite {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    async fn hand(&self) -> Result<MappedMutexGuard<'_, SqliteConnection>, StoreTrouble> {
        MutexGuard::try_map(self.connection.lock().await, Option::as_mut)
            .map_err(|_| StoreTrouble::Closed(self.path.clone()))
    }

    pub(super) async fn close(&self) -> Result<(), StoreTrouble> {
        match self.connection.lock().await.take() {
            // Closing the last connection folds the write-ahead log into the file and removes it.
            Some(connection) => connection.close().await.map_err(|error| self.trouble("close", error.into())),
            None => Ok(()),
        }
    }

    /// Writes a whole copy into a new file.
    pub(super) async fn backup(&self, copy: &Path) -> Result<(), StoreTrouble> {
        let mut hand = self.hand().await?;
        // A reader's connection refuses every statement that writes, even one that writes another file.
        let read_only: bool = self.said(sqlx::query_scalar("PRAGMA query_only").fetch_one(&mut *hand).await)?;
        self.said(sqlx::query("PRAGMA query_only = OFF").execute(&mut *hand).await)?;
        let copied = open::copy_into(&mut hand, &self.path, copy).await;
        if read_only {
            self.said(sqlx::query("PRAGMA query_only = ON").execute(&mut *hand).await)?;
        }
        copied
    }

    fn said<T>(&self, answer: Result<T, sqlx::Error>) -> Result<T, StoreTrouble> {
        answer.map_err(|error| self.trouble("copy", error.into()))
    }

    /// The sentence for a failure; `doing` is the method's name.
    pub(super) fn trouble(&self, doing: &str, failure: Failure) -> StoreTrouble {
        trouble(&self.path, &doing.replace('_', " "), failure)
    }
}

const FULL: i32 = 13;
const IOERR_SHMSIZE: i32 = 10 | 19 << 8;

fn trouble(path: &Path, doing: &str, failure: Failure) -> StoreTrouble {
    let (path, doing) = (path.to_owned(), doing.to_owned());
    let error = match failure {
        Failure::Said(trouble) => return trouble,
        Failure::Value(why) => return StoreTrouble::Unreadable { path, doing, why },
        Failure::Unknown(why) => return StoreTrouble::Failed { path, doing, why },
        Failure::Sql(error) => error,
    };
    if let sqlx::Error::Io(error) = &error {
        return StoreTrouble::from_io(&path, &doing, error);
    }
    let code = error.as_database_error().and_then(|error| error.code()).and_then(|code| code.parse::<i32>().ok());
    // The low byte is SQLite's primary result code: https://www.sqlite.org/rescode.html. That the log's index can't grow
    // (SQLITE_IOERR_SHMSIZE) is how a full disk shows itself to whoever opens a database there.
    match code.map(|code| if code == IOERR_SHMSIZE { FULL } else { code & 0xff }) {
        Some(5 | 6) => StoreTrouble::Busy(path),
        Some(3 | 8) => StoreTrouble::ReadOnly(path),
        Some(FULL) => StoreTrouble::Full(path),
        Some(11) => StoreTrouble::Corrupt { path, why: error.to_string() },
        Some(26) => StoreTrouble::Foreign { path, why: error.to_string() },
        _ => StoreTrouble::Failed { path, doing, why: error.to_string() },
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Answer<String> {
    serde_json::to_string(value).map_err(|error| Failure::Value(error.to_string()))
}

fn value<T: DeserializeOwned>(text: &str) -> Answer<T> {
    serde_json::from_str(text).map_err(|error| Failure::Value(error.to_string()))
}

/// Reads a value that is stored as its own plain text: an instant, a day, a key.
fn plain<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Answer<T> {
    text.parse().map_err(|error| Failure::Value(format!("{text:?}: {error}")))
}

/// SQLite's integers are signed; numbers here never come near the limit.
fn number(n: u64) -> Answer<i64> {
    i64::try_from(n).map_err(|error| Failure::Value(format!("{n}: {error}")))
}

fn count(n: i64) -> Answer<u64> {
    u64::try_from(n).map_err(|error| Failure::Value(format!("{n}: {error}")))
}
