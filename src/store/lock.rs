//! The writer lock: an operating-system lock on a file beside the database, freed by the death of its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use super::StoreTrouble;
use crate::model::Timestamp;

/// How often a waiter looks, at most and at least.
const LOOK_FIRST: Duration = Duration::from_millis(10);
const LOOK_LAST: Duration = Duration::from_millis(250);
/// More than any holder's text.
const HOLDER_BYTES_MAX: u64 = 1024;

/// The right to write. Dropping it, or dying, frees it.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The lock goes with the file's handle; the text only so that nobody reads a name that no longer holds.
        self.file.set_len(0).ok();
        self.file.unlock().ok();
    }
}

pub(super) fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

pub(super) async fn take(database: &Path, who: &str, wait: Duration) -> Result<Lock, StoreTrouble> {
    let path = beside(database);
    let fault = |error: &std::io::Error| StoreTrouble::from_io(database, "take the writer lock", error);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(|error| fault(&error))?;
    let deadline = Instant::now() + wait;
    let mut pause = LOOK_FIRST;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(error)) => return Err(fault(&error)),
            Err(TryLockError::WouldBlock) => {}
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(StoreTrouble::Locked { holder: holder(&mut file), path, waited_s: wait.as_secs() });
        }
        tokio::time::sleep(pause.min(left)).await;
        pause = (pause * 2).min(LOOK_LAST);
    }
    let text = format!("pid {} ({who}, since {:.0})", std::process::id(), Timestamp::now());
    let mut lock = Lock { file };
    sign(&mut lock.file, &text).map_err(|error| fault(&error))?;
    Ok(lock)
}

fn sign(file: &mut File, text: &str) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(text.as_bytes())
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok();
    file.take(HOLDER_BYTES_MAX).read_to_string(&mut text).ok();
    if text.is_empty() { "another process".to_owned() } else { text }
}

/// Whether anyone holds the lock now. Creates nothing.
pub(super) fn is_held(database: &Path) -> bool {
    File::open(beside(database)).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
