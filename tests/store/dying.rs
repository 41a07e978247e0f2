//! A store that dies where a test wants it to keeps what was written before, and lets nothing in or out afterwards.

use roadmapd::store::{Death, Store, StoreTrouble};

async fn notes_after(death: Death) -> Vec<Option<String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("roadmapd.db").display());
    let store = Store::open(&url).await.expect("a store").dying_at(2, death);
    let clone = store.clone();
    store.set_note("first", "kept").await.expect("it lives");
    assert_eq!(store.note("first").await.expect("reading is no write").as_deref(), Some("kept"));
    for name in ["second", "third"] {
        assert!(matches!(clone.set_note(name, "kept").await, Err(StoreTrouble::Died)), "{death:?} {name}");
    }
    assert!(matches!(store.note("first").await, Err(StoreTrouble::Died)), "{death:?}");
    store.died().await;
    assert_eq!(store.writes_so_far(), 3);
    let anew = Store::open(&url).await.expect("a store");
    let mut notes = Vec::new();
    for name in ["first", "second", "third"] {
        notes.push(anew.note(name).await.expect("a note"));
    }
    notes
}

#[tokio::test]
async fn what_was_written_before_a_death_is_kept_and_nothing_after_it() {
    let kept = || Some("kept".to_owned());
    assert_eq!(notes_after(Death::Before).await, [kept(), None, None]);
    assert_eq!(notes_after(Death::After).await, [kept(), kept(), None]);
}
