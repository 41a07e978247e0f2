//! What can go wrong with the store, as something a person can act on.

use std::io;
use std::path::{Path, PathBuf};

use crate::model::TrackerName;

/// Why the store can't do what was asked: each names the file and the next step.
#[derive(Debug, thiserror::Error)]
pub enum StoreTrouble {
    /// A database address that this version can't use. The address itself may hold a password and isn't shown.
    #[error("the database address can't be used: {0}; write [daemon] database = \"sqlite:PATH\"")]
    Address(String),
    /// The directory that should hold the file isn't there.
    #[error("the directory {} for the database doesn't exist; create it or change [daemon] database", .0.display())]
    NoDirectory(PathBuf),
    /// The file is something else.
    #[error(
        "{} is not a roadmapd database ({why}); it was left as it is: point [daemon] database at another file", path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// How that is known.
        why: String,
    },
    /// The file is damaged.
    #[error(
        "the database {} is damaged ({why}); it was left as it is: restore a backup, or move it away and start anew with \
         existing = \"adopt\"", path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// SQLite's words.
        why: String,
    },
    /// A newer roadmapd wrote it.
    #[error(
        "the database {} has schema {found} and this roadmapd knows up to {known}; it was left as it is: run the newer \
         roadmapd or restore the backup from before the upgrade", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The latest that this binary knows.
        known: u32,
    },
    /// An older roadmapd wrote it and reading alone may not migrate it.
    #[error(
        "the database {} has schema {found} and this roadmapd needs {known}; `roadmapd once` or `roadmapd run` brings it up \
         to date", path.display()
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The one needed.
        known: u32,
    },
    /// Someone else is the writer.
    #[error(
        "{holder} holds the lock {} and did not let go within {waited_s} s; wait for it or stop it", path.display()
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Process, command and since when.
        holder: String,
        /// Seconds waited.
        waited_s: u64,
    },
    /// Another process kept a transaction open past the busy timeout.
    #[error("the database {} is busy: another process kept it locked too long; try again", .0.display())]
    Busy(PathBuf),
    /// No room.
    #[error("the disk that holds the database {} is full; make room, nothing is lost and the next cycle goes on", .0.display())]
    Full(PathBuf),
    /// No permission to write.
    #[error("the database {} can't be written: the file or its directory is read-only; change its permissions", .0.display())]
    ReadOnly(PathBuf),
    /// A tracker's name now leads to another server.
    #[error(
        "{tracker}: the issues stored under this name came from {stored} and its base_url now leads to {now}; give the new \
         server a name of its own, or another database"
    )]
    OtherServer {
        /// The tracker.
        tracker: TrackerName,
        /// The server of what is stored.
        stored: String,
        /// The server that answered.
        now: String,
    },
    /// A value in the database isn't what this version writes.
    #[error("the database {} holds a value that can't be read while trying to {doing}: {why}; restore a backup", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: String,
        /// What is wrong with it.
        why: String,
    },
    /// The store was closed.
    #[error("the database {} was closed already; this is a fault of roadmapd: please report it", .0.display())]
    Closed(PathBuf),
    /// A test let the process die here.
    #[error("this process died here, as a test wanted")]
    Died,
    /// Anything else.
    #[error("the database {} failed to {doing}: {why}; check the file, its permissions and the disk", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: String,
        /// The system's words.
        why: String,
    },
}

impl StoreTrouble {
    /// The trouble that an input or output error means.
    pub(super) fn from_io(path: &Path, doing: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(path.to_owned()),
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::ReadOnly(path.to_owned()),
            _ => Self::Failed { path: path.to_owned(), doing: doing.to_owned(), why: error.to_string() },
        }
    }
}
