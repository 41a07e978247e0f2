//! The writer lock. Two handles of one process meet as those of two processes do: the lock belongs to the open file.

use std::time::Duration;

use roadmapd::store::StoreTrouble;

use super::Place;

#[tokio::test]
async fn whoever_comes_second_is_told_the_holder() {
    let place = Place::new();
    let (first, second) = (place.open().await, place.open().await);
    let lock = first.lock("roadmapd run", Duration::ZERO).await.unwrap();
    let refusal = second.lock("roadmapd once", Duration::from_millis(30)).await.expect_err("it is held");
    assert!(matches!(refusal, StoreTrouble::Locked { .. }), "{refusal:?}");
    let sentence = refusal.to_string();
    assert!(sentence.contains(&format!("pid {}", std::process::id())), "{sentence}");
    assert!(sentence.contains("roadmapd run") && sentence.contains("since 20"), "{sentence}");
    drop(lock);
    second.lock("roadmapd once", Duration::ZERO).await.expect("it is free");
}

#[tokio::test]
async fn a_waiter_gets_the_lock_when_it_is_freed() {
    let place = Place::new();
    let (first, second) = (place.open().await, place.open().await);
    let lock = first.lock("roadmapd run", Duration::ZERO).await.unwrap();
    let waiting = tokio::spawn(async move { second.lock("roadmapd once", Duration::from_secs(60)).await.map(drop) });
    tokio::task::yield_now().await;
    drop(lock);
    waiting.await.unwrap().expect("its turn came");
}

#[tokio::test]
async fn a_request_can_be_made_while_another_holds_the_lock() {
    let place = Place::new();
    let (daemon, person) = (place.open().await, place.open().await);
    let _lock = daemon.lock("roadmapd run", Duration::ZERO).await.unwrap();
    person.ask(&roadmapd::store::Request::Pause, super::at(0)).await.unwrap();
    assert_eq!(daemon.asked().await.unwrap().len(), 1);
}
