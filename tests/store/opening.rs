//! Opening: what is created, what is refused, and that a refusal changes nothing.

use std::os::unix::fs::{FileExt, PermissionsExt};

use roadmapd::store::{Store, StoreTrouble};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::{Place, issue, url};

fn mode(path: impl AsRef<std::path::Path>) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

async fn closed_store(place: &Place) {
    let store = place.open().await;
    let issues: Vec<_> = (1..300).map(|n| issue(&n.to_string(), &format!("jira:PAY-{n}"))).collect();
    store.save_issues(&issues).await.unwrap();
    store.close().await.unwrap();
}

async fn assert_refused(place: &Place, kind: fn(&StoreTrouble) -> bool) {
    let before = place.content();
    let refusals = [Store::open(&place.url()).await.err(), Store::open_existing_read_only(&place.url()).await.err()];
    for refusal in refusals {
        let refusal = refusal.expect("a refusal");
        assert!(kind(&refusal), "{refusal:?}");
        assert!(refusal.to_string().contains("roadmapd.db"), "{refusal}");
    }
    let sizes =
        |files: Vec<(String, Vec<u8>)>| files.into_iter().map(|(name, bytes)| (name, bytes.len())).collect::<Vec<_>>();
    let after = place.content();
    let same = before == after;
    assert!(same, "a refused file was changed, or another was made beside it: {:?} {:?}", sizes(before), sizes(after));
}

#[tokio::test]
async fn a_store_and_all_files_beside_it_are_only_for_their_owner() {
    let place = Place::new();
    let store = place.open().await;
    store.set_note("a", "b").await.unwrap();
    let _lock = store.lock("test", std::time::Duration::ZERO).await.unwrap();
    let names: Vec<String> = place.content().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["roadmapd.db", "roadmapd.db-shm", "roadmapd.db-wal", "roadmapd.db.lock"]);
    for name in names {
        assert_eq!(mode(place.directory.path().join(&name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_store_that_others_could_read_is_narrowed_when_opened() {
    let place = Place::new();
    closed_store(&place).await;
    std::fs::set_permissions(place.file(), std::fs::Permissions::from_mode(0o644)).unwrap();
    place.open().await.close().await.unwrap();
    assert_eq!(mode(place.file()), 0o600);
}

#[tokio::test]
async fn a_closed_store_is_one_file_and_opens_again() {
    let place = Place::new();
    closed_store(&place).await;
    assert_eq!(place.content().len(), 1);
    assert_eq!(place.open().await.issues().await.unwrap().len(), 299);
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    let place = Place::new();
    closed_store(&place).await;
    let file = std::fs::OpenOptions::new().write(true).open(place.file()).unwrap();
    file.write_all_at(&99_u32.to_be_bytes(), 60).unwrap();
    assert_refused(&place, |trouble| matches!(trouble, StoreTrouble::Newer { found: 99, .. })).await;
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_left_alone() {
    let place = Place::new();
    closed_store(&place).await;
    let file = std::fs::OpenOptions::new().write(true).open(place.file()).unwrap();
    let length = file.metadata().unwrap().len();
    file.write_all_at(&[0xa5; 8192], length / 8192 / 2 * 4096).unwrap();
    assert_refused(&place, |trouble| matches!(trouble, StoreTrouble::Corrupt { .. })).await;
}

#[tokio::test]
async fn a_file_with_a_damaged_schema_is_refused_and_left_alone() {
    let place = Place::new();
    closed_store(&place).await;
    let file = std::fs::OpenOptions::new().write(true).open(place.file()).unwrap();
    file.write_all_at(&[0xa5; 2000], 100).unwrap();
    assert_refused(&place, |trouble| matches!(trouble, StoreTrouble::Corrupt { .. })).await;
}

#[tokio::test]
async fn a_file_that_is_cut_off_is_refused_and_left_alone() {
    let place = Place::new();
    closed_store(&place).await;
    let file = std::fs::OpenOptions::new().write(true).open(place.file()).unwrap();
    file.set_len(file.metadata().unwrap().len() - 4096).unwrap();
    assert_refused(&place, |trouble| matches!(trouble, StoreTrouble::Corrupt { .. })).await;
}

#[tokio::test]
async fn another_applications_database_is_refused_and_left_alone() {
    let place = Place::new();
    let options = SqliteConnectOptions::new().filename(place.file()).create_if_missing(true);
    let mut theirs = options.connect().await.unwrap();
    sqlx::query("CREATE TABLE cookies (a TEXT)").execute(&mut theirs).await.unwrap();
    theirs.close().await.unwrap();
    assert_refused(&place, |trouble| matches!(trouble, StoreTrouble::Foreign { .. })).await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    for text in ["short", &"dear diary ".repeat(100)] {
        let place = Place::new();
        std::fs::write(place.file(), text).unwrap();
        assert_refused(&place, |trouble| matches!(trouble, StoreTrouble::Foreign { .. })).await;
    }
    let place = Place::new();
    std::fs::create_dir(place.file()).unwrap();
    let refusal = Store::open(&place.url()).await.expect_err("a directory is no database");
    assert!(matches!(refusal, StoreTrouble::Foreign { .. }), "{refusal}");
}

#[tokio::test]
async fn a_missing_directory_is_named() {
    let place = Place::new();
    let missing = place.directory.path().join("no/such/roadmapd.db");
    let refusal = Store::open(&url(&missing)).await.expect_err("nowhere to put it");
    assert!(refusal.to_string().contains("no/such"), "{refusal}");
    assert!(place.content().is_empty());
}

#[tokio::test]
async fn an_address_of_another_kind_is_refused_without_showing_it() {
    for address in
        ["postgres://me:hunter2@db/roadmapd", "hunter2", "sqlite:", "sqlite::memory:", "sqlite:a.db?mode=hunter2"]
    {
        let refusal = Store::open(address).await.expect_err(address).to_string();
        assert!(refusal.contains("sqlite:PATH") && !refusal.contains("hunter2"), "{refusal}");
    }
}

#[tokio::test]
async fn reading_alone_makes_no_store_and_changes_none() {
    let place = Place::new();
    assert!(Store::open_existing_read_only(&place.url()).await.unwrap().is_none());
    assert!(place.content().is_empty());
    closed_store(&place).await;
    let before = place.content();
    let reader = Store::open_existing_read_only(&place.url()).await.unwrap().expect("it is there");
    assert_eq!(reader.issues().await.unwrap().len(), 299);
    assert!(reader.set_note("a", "b").await.is_err());
    reader.close().await.unwrap();
    assert!(before == place.content());
}

#[tokio::test]
async fn reading_alone_sees_what_a_running_writer_has_committed() {
    let place = Place::new();
    let writer = place.open().await;
    writer.set_note("a", "before").await.unwrap();
    let reader = Store::open_existing_read_only(&place.url()).await.unwrap().expect("it is there");
    writer.set_note("a", "after").await.unwrap();
    assert_eq!(reader.note("a").await.unwrap().as_deref(), Some("after"));
    reader.close().await.unwrap();
    assert_eq!(writer.note("a").await.unwrap().as_deref(), Some("after"));
}

#[tokio::test]
async fn an_older_schema_is_not_migrated_by_reading_alone() {
    let place = Place::new();
    closed_store(&place).await;
    let file = std::fs::OpenOptions::new().write(true).open(place.file()).unwrap();
    file.write_all_at(&0_u32.to_be_bytes(), 60).unwrap();
    let before = place.content();
    let refusal = Store::open_existing_read_only(&place.url()).await.expect_err("too old");
    assert!(matches!(refusal, StoreTrouble::Older { found: 0, .. }), "{refusal}");
    assert!(before == place.content());
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let place = Place::new();
    let store = place.open().await;
    store.close().await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(store.note("a").await, Err(StoreTrouble::Closed(_))));
}

#[test]
fn every_answer_can_be_awaited_on_any_thread() {
    fn send<T: Send>(_: T) {}
    let place = Place::new();
    send(Store::open("sqlite:x"));
    send(async move {
        let store = place.open().await;
        store.save_issues(&[]).await?;
        store.save_ledger(&Default::default(), &Default::default()).await?;
        store.save_scores(&[], &Default::default(), roadmapd::model::Day::constant(2026, 1, 1), 1).await?;
        store.lock("x", std::time::Duration::ZERO).await.map(drop)
    });
}

/// A database as the first schema left it, with a plan that waits.
async fn of_the_first_schema(place: &Place) {
    let options = SqliteConnectOptions::new().filename(place.file()).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(include_str!("../../src/store/migrations/0001_spine.sql")).execute(&mut connection).await.unwrap();
    let plan = r#"{"reviewed":{"fingerprint":"abc","edits":[]},"need":"limits","detail":"many","cycle":7,"at":"2026-01-01T00:00:00Z"}"#;
    sqlx::query("INSERT INTO waiting (one, plan) VALUES (1, ?)").bind(plan).execute(&mut connection).await.unwrap();
    sqlx::query("INSERT INTO notes (key, value) VALUES ('kept', 'yes')").execute(&mut connection).await.unwrap();
    let marks = "PRAGMA application_id = 0x72646d70; PRAGMA user_version = 1";
    sqlx::raw_sql(marks).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn an_older_schema_is_copied_before_it_is_brought_up_to_date_and_loses_nothing() {
    let place = Place::new();
    of_the_first_schema(&place).await;
    let before = std::fs::read(place.file()).unwrap();
    assert!(matches!(Store::open_existing_read_only(&place.url()).await, Err(StoreTrouble::Older { .. })));
    let store = place.open().await;
    assert_eq!(store.note("kept").await.unwrap().as_deref(), Some("yes"));
    let waiting = store.waiting().await.unwrap().expect("the plan still waits");
    assert_eq!((waiting.cycle, store.reviewed("abc").await.unwrap()), (7, Some(waiting.clone())));
    store.close().await.unwrap();
    let copy = place.directory.path().join("roadmapd.db.schema-1");
    assert_eq!(mode(&copy), 0o600);
    // The copy is the database of before: brought up to date itself, it holds the same.
    std::fs::rename(&copy, place.file()).unwrap();
    assert!(!before.is_empty());
    let restored = place.open().await;
    assert_eq!(restored.waiting().await.unwrap().map(|plan| plan.cycle), Some(7));
}

#[tokio::test]
async fn a_backup_is_a_whole_store_of_its_own_and_overwrites_nothing() {
    let place = Place::new();
    let store = place.open().await;
    store.save_issues(&[issue("1", "jira:PAY-1")]).await.unwrap();
    let copy = place.directory.path().join("copy.db");
    store.backup(&copy).await.unwrap();
    store.save_issues(&[issue("2", "jira:PAY-2")]).await.unwrap();
    assert_eq!(mode(&copy), 0o600);
    let restored = Store::open(&url(&copy)).await.unwrap();
    assert_eq!(restored.issues().await.unwrap().len(), 1);
    restored.close().await.unwrap();
    let refused = store.backup(&copy).await.expect_err("it is there already");
    assert!(refused.to_string().contains("copy.db"), "{refused}");
    let nowhere = store.backup(&place.directory.path().join("none/copy.db")).await;
    assert!(nowhere.is_err());
}
