//! Cycles as remembered.

use std::collections::BTreeMap;
use std::time::Duration;

use roadmapd::plan::Need;
use roadmapd::store::{CycleRecord, CycleSummary, Pressing};

use super::{Place, at, github};

#[tokio::test]
async fn a_cycle_is_remembered_with_what_it_did() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(store.last_cycle().await.unwrap(), 0);
    let summary = CycleSummary {
        written: 7,
        skipped: 1,
        failed: 2,
        waiting: 3,
        requests: BTreeMap::from([(github(), 12)]),
        approval: Some((Need::Limits, "too many".into())),
        errors: vec!["jira: down".into()],
        census: true,
        quiet: false,
        pressing: BTreeMap::from([("payments".into(), Pressing { p0: 2, open: 9 })]),
    };
    assert_eq!(store.begin_cycle(at(0), "the schedule").await.unwrap(), 1);
    store.end_cycle(1, &summary, at(5)).await.unwrap();
    assert_eq!(store.begin_cycle(at(10), "once").await.unwrap(), 2);
    store.end_cycle(2, &CycleSummary { quiet: true, ..CycleSummary::default() }, at(11)).await.unwrap();
    let pressing = summary.pressing.clone();
    assert_eq!(store.pressing_at(at(20)).await.unwrap(), pressing, "a quiet cycle tells nothing of it");
    assert_eq!((store.pressing_at(at(5)).await.unwrap(), store.pressing_at(at(4)).await.unwrap().len()), (pressing, 0));
    assert_eq!(store.last_cycle().await.unwrap(), 2);
    let first = CycleRecord {
        n: 1,
        begun: at(0),
        cause: "the schedule".into(),
        ended: Some(at(5)),
        summary: Some(summary),
        interrupted: false,
    };
    assert_eq!(store.cycle(1).await.unwrap().as_ref(), Some(&first));
    assert_eq!(store.cycles(10).await.unwrap()[1..], [first]);
    assert_eq!((store.cycle(3).await.unwrap(), store.cycle(u64::MAX).await.unwrap()), (None, None));
    assert_eq!(store.cycles(1).await.unwrap().len(), 1);
    assert_eq!(store.cycle_times(&[2, 1, 9]).await.unwrap(), BTreeMap::from([(1, at(0)), (2, at(10))]));
    assert!(store.end_cycle(9, &CycleSummary::default(), at(11)).await.is_err());
}

#[tokio::test]
async fn cycles_are_all_quiet_if_each_of_them_ended_and_found_nothing() {
    let place = Place::new();
    let store = place.open().await;
    for quiet in [false, true, true, false, true] {
        let n = store.begin_cycle(at(0), "test").await.unwrap();
        store.end_cycle(n, &CycleSummary { quiet, ..CycleSummary::default() }, at(1)).await.unwrap();
    }
    store.begin_cycle(at(2), "test").await.unwrap();
    let cases = [(1, 3, true), (1, 2, true), (2, 2, true), (0, 1, false), (1, 4, false), (3, 5, false), (4, 5, true)];
    for (n, last, quiet) in cases {
        assert_eq!(store.all_quiet(n, last).await.unwrap(), quiet, "after {n} up to {last}");
    }
    assert!(!store.all_quiet(4, 6).await.unwrap(), "one that runs may find something yet");
    assert!(!store.all_quiet(4, 7).await.unwrap(), "one that never was tells nothing");
}

#[tokio::test]
async fn a_cycle_without_an_end_was_interrupted_unless_its_writer_still_runs() {
    let place = Place::new();
    let store = place.open().await;
    let lock = store.lock("roadmapd run", Duration::ZERO).await.unwrap();
    for n in 1..=2 {
        assert_eq!(store.begin_cycle(at(n), "test").await.unwrap(), n.unsigned_abs());
    }
    let interrupted = async || store.cycles(9).await.unwrap().iter().map(|cycle| cycle.interrupted).collect::<Vec<_>>();
    assert_eq!(interrupted().await, [false, true]);
    drop(lock);
    assert_eq!(interrupted().await, [true, true]);
}
