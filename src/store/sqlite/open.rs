//! Path -> Sqlite: looks before it touches, creates or migrates, and refuses what isn't ours without changing a byte.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::Mutex;

use super::{BEGIN, Sqlite, trouble};
use crate::store::StoreTrouble;

/// "rdmp": marks a file as ours in SQLite's header.
const APPLICATION: u32 = 0x7264_6d70;
/// What turns a database of version n into one of n + 1, from the empty one on.
const MIGRATIONS: [&str; 7] = [
    include_str!("../migrations/0001_spine.sql"),
    include_str!("../migrations/0002_breadth.sql"),
    include_str!("../migrations/0003_census.sql"),
    include_str!("../migrations/0004_refusals.sql"),
    include_str!("../migrations/0005_newcomers.sql"),
    include_str!("../migrations/0006_moves.sql"),
    include_str!("../migrations/0007_journal_by_issue.sql"),
];
const KNOWN: u32 = MIGRATIONS.len() as u32;
/// How long a transaction waits for another process's.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Statements kept prepared: more than are written in this room.
const STATEMENTS_MAX: usize = 64;
/// Rows on their way from the connection's thread: a larger buffer wakes it less often.
const ROWS_UNDER_WAY: usize = 512;
/// Files up to this size are checked through and through when opened; larger ones would make a quiet cycle slow.
const CHECKED_BYTES_MAX: u64 = 4 << 20;
/// SQLite's header, and where in it things stand: https://www.sqlite.org/fileformat2.html#the_database_header
const HEADER_BYTES: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";

/// What a file is before anything opens it.
enum Found {
    /// Not there, or empty.
    Nothing,
    /// Ours, as far as the header tells, and this long.
    Ours { bytes: u64 },
}

impl Sqlite {
    pub(in crate::store) async fn open(path: &Path) -> Result<Self, StoreTrouble> {
        match look(path)? {
            Found::Nothing => create_file(path)?,
            Found::Ours { bytes } => {
                check(path, bytes).await?;
                narrow_mode(path)?;
            }
        }
        let mut connection = connect(path, options(path)).await?;
        if let Err(trouble) = bring_up_to_date(path, &mut connection).await {
            connection.close().await.ok();
            return Err(trouble);
        }
        Ok(Self { path: path.to_owned(), connection: Mutex::new(Some(connection)) })
    }

    pub(in crate::store) async fn open_existing_read_only(path: &Path) -> Result<Option<Self>, StoreTrouble> {
        let Found::Ours { bytes } = look(path)? else { return Ok(None) };
        let found = check(path, bytes).await?;
        if found < KNOWN {
            return Err(StoreTrouble::Older { path: path.to_owned(), found, known: KNOWN });
        }
        let connection = connect_to_read(path).await?;
        Ok(Some(Self { path: path.to_owned(), connection: Mutex::new(Some(connection)) }))
    }
}

/// Reads the header as plain bytes: SQLite itself would already make files beside it.
fn look(path: &Path) -> Result<Found, StoreTrouble> {
    let directory = directory(path);
    if !directory.is_dir() {
        return Err(StoreTrouble::NoDirectory(directory.to_owned()));
    }
    let foreign = |why: &str| StoreTrouble::Foreign { path: path.to_owned(), why: why.to_owned() };
    let fault = |error| StoreTrouble::from_io(path, "open", &error);
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        other => other.map_err(fault)?,
    };
    let about = file.metadata().map_err(fault)?;
    if !about.is_file() {
        return Err(foreign("it is not a plain file"));
    }
    let mut header = Vec::with_capacity(HEADER_BYTES);
    file.take(HEADER_BYTES as u64).read_to_end(&mut header).map_err(fault)?;
    if header.is_empty() {
        return Ok(Found::Nothing);
    }
    if header.len() < HEADER_BYTES || !header.starts_with(MAGIC) {
        return Err(foreign("it doesn't begin as an SQLite file does"));
    }
    let word = |at: usize| header[at..at + 4].iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    if word(68) != APPLICATION {
        return Err(foreign("it is another application's SQLite file"));
    }
    if word(60) > KNOWN {
        return Err(StoreTrouble::Newer { path: path.to_owned(), found: word(60), known: KNOWN });
    }
    let page = u64::from(header[16]) << 8 | u64::from(header[17]);
    let page = if page == 1 { 65_536 } else { page };
    let bytes = about.len();
    // While a log stands beside it, the file may rightly be shorter than its header says.
    if bytes < page * u64::from(word(28)) && !log(path).exists() {
        let why = format!("it is cut off: {bytes} bytes of {}", page * u64::from(word(28)));
        return Err(StoreTrouble::Corrupt { path: path.to_owned(), why });
    }
    Ok(Found::Ours { bytes })
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn log(path: &Path) -> PathBuf {
    with_suffix(path, "-wal")
}

fn create_file(path: &Path) -> Result<(), StoreTrouble> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    // SQLite gives the files beside it the same mode.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| StoreTrouble::from_io(path, "create", &error))?;
    narrow_mode(path)
}

/// Takes everyone else's permissions away: titles and people's names are in there.
fn narrow_mode(path: &Path) -> Result<(), StoreTrouble> {
    #[cfg(unix)]
    for file in [path.to_owned(), log(path), with_suffix(path, "-shm")] {
        use std::os::unix::fs::PermissionsExt;
        let Ok(about) = fs::metadata(&file) else { continue };
        if about.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600))
                .map_err(|error| StoreTrouble::from_io(&file, "set the mode 0600", &error))?;
        }
    }
    Ok(())
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // In write-ahead mode NORMAL may lose the last commits on a power cut: an intent must not get lost.
        .synchronous(SqliteSynchronous::Full)
        .statement_cache_capacity(STATEMENTS_MAX)
        .row_buffer_size(ROWS_UNDER_WAY)
        .disable_statement_logging()
}

async fn connect(path: &Path, options: SqliteConnectOptions) -> Result<SqliteConnection, StoreTrouble> {
    options.connect().await.map_err(|error| unopened(path, trouble(path, "open", error.into())))
}

/// SQLite doesn't say why it can't make the files that it needs beside the database; the directory does.
fn unopened(path: &Path, trouble: StoreTrouble) -> StoreTrouble {
    let StoreTrouble::Failed { .. } = trouble else { return trouble };
    match tempfile::tempfile_in(directory(path)).map_err(|error| StoreTrouble::from_io(path, "open", &error)) {
        Err(clear @ (StoreTrouble::ReadOnly(_) | StoreTrouble::Full(_))) => clear,
        _ => trouble,
    }
}

/// A connection that can't change anything, in the way that also leaves no file behind.
async fn connect_to_read(path: &Path) -> Result<SqliteConnection, StoreTrouble> {
    if log(path).exists() {
        // Someone is writing, or died: the log must be read but neither folded in nor removed.
        return connect(path, options(path).read_only(true)).await;
    }
    // Without a log a reader makes an empty one; only a connection that may write removes it again when it closes.
    match connect(path, options(path).pragma("query_only", "ON")).await {
        Err(StoreTrouble::ReadOnly(_)) => connect(path, options(path).read_only(true).immutable(true)).await,
        other => other,
    }
}

/// The schema's version, after making sure that the database is sound, through a connection that leaves no trace.
async fn check(path: &Path, bytes: u64) -> Result<u32, StoreTrouble> {
    let quiet = !log(path).exists();
    let verdict = match connect(path, options(path).read_only(true).immutable(quiet)).await {
        Ok(mut connection) => {
            let verdict = examine(path, &mut connection, bytes).await;
            connection.close().await.ok();
            verdict
        }
        Err(refused) => Err(refused),
    };
    match verdict {
        // A writer came meanwhile: what was seen of the file may have been half of its work.
        Err(_) if quiet && log(path).exists() => Box::pin(check(path, bytes)).await,
        verdict => verdict,
    }
}

async fn examine(path: &Path, connection: &mut SqliteConnection, bytes: u64) -> Result<u32, StoreTrouble> {
    let fault = |error: sqlx::Error| match trouble(path, "be checked", error.into()) {
        // The header was ours: what SQLite can't read behind it is damage.
        StoreTrouble::Foreign { path, why } => StoreTrouble::Corrupt { path, why },
        other => other,
    };
    // The log may hold a newer header than the file that `look` saw.
    let version = version(connection).await.map_err(fault)?;
    if version > KNOWN {
        return Err(StoreTrouble::Newer { path: path.to_owned(), found: version, known: KNOWN });
    }
    if bytes <= CHECKED_BYTES_MAX {
        let said: String =
            sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut *connection).await.map_err(fault)?;
        if said != "ok" {
            return Err(StoreTrouble::Corrupt { path: path.to_owned(), why: said });
        }
    }
    Ok(version)
}

/// Copies the database beside itself if its schema is older, then brings that up to date.
async fn bring_up_to_date(path: &Path, connection: &mut SqliteConnection) -> Result<(), StoreTrouble> {
    let failed = |error: sqlx::Error| trouble(path, "bring its schema up to date", error.into());
    let found = version(connection).await.map_err(failed)?;
    if (1..KNOWN).contains(&found) {
        let copy = with_suffix(path, &format!(".schema-{found}"));
        // One that is there already was made before a migration that didn't come to its end: it is the older, better copy.
        if !copy.exists() {
            copy_into(connection, path, &copy).await?;
        }
    }
    migrate(connection).await.map_err(failed)
}

/// Writes a whole copy of the database into a new file for its owner only.
pub(super) async fn copy_into(connection: &mut SqliteConnection, path: &Path, copy: &Path) -> Result<(), StoreTrouble> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // SQLite writes into an empty file, so that the copy never is readable for others, and never overwrites anything.
    options.open(copy).map_err(|error| StoreTrouble::from_io(copy, "create", &error))?;
    let copied = sqlx::query("VACUUM INTO ?").bind(copy.display().to_string()).execute(connection).await;
    if let Err(error) = copied {
        fs::remove_file(copy).ok();
        return Err(trouble(path, "be copied", error.into()));
    }
    let on_disk = File::open(copy).and_then(|file| file.sync_all());
    on_disk.map_err(|error| StoreTrouble::from_io(copy, "put on the disk", &error))
}

/// Brings the schema up to date; each step is one transaction that another process may have made meanwhile.
async fn migrate(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    if version(connection).await? < KNOWN {
        for (from, step) in (0..).zip(MIGRATIONS) {
            let mut work = connection.begin_with(BEGIN).await?;
            if version(&mut work).await? == from {
                sqlx::raw_sql(step).execute(&mut *work).await?;
                // Pragmas take no bound values; both are numbers of ours.
                let mark = format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {}", from + 1);
                sqlx::raw_sql(sqlx::AssertSqlSafe(mark)).execute(&mut *work).await?;
            }
            work.commit().await?;
        }
    }
    // Only now, so that a header of ours is in the file itself before there is a log. It does nothing from then on.
    sqlx::query("PRAGMA journal_mode = WAL").execute(connection).await?;
    Ok(())
}

async fn version(connection: &mut SqliteConnection) -> Result<u32, sqlx::Error> {
    sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await
}
