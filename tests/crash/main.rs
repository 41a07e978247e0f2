//! A cycle dies at every store write and at every request, one after the other; started anew, it ends as though it hadn't.

mod points;
mod scenes;
#[expect(dead_code, reason = "shared with the tests of whole cycles, which use all of it")]
#[path = "../cycle/world.rs"]
mod world;

use points::points_of;
use scenes::{End, Scene};

/// Dies at every point of the scene's cycle, each time in a world of its own, and compares with a world without deaths.
async fn die_everywhere(scene: Scene) {
    let (calm, writes, requests) = scene.undisturbed().await;
    let points = points_of(writes, &requests);
    let mut wrong = Vec::new();
    for point in &points {
        let world = scene.set().await;
        let world = point.die_in(world, scene).await;
        scene.go_on(&world).await;
        let end = End::of(&world).await;
        wrong.extend(end.unlike(&calm, point.lost()).into_iter().map(|what| format!("{point:?}: {what}")));
    }
    assert_eq!(wrong, Vec::<String>::new(), "{} of {} points", wrong.len(), points.len());
}

#[tokio::test]
async fn a_first_cycle_may_die_anywhere() {
    die_everywhere(Scene::First).await;
}

#[tokio::test]
async fn a_cycle_after_peoples_edits_may_die_anywhere() {
    die_everywhere(Scene::AfterPeople).await;
}

#[tokio::test]
async fn a_census_may_die_anywhere() {
    die_everywhere(Scene::Census).await;
}

#[tokio::test]
async fn an_undo_may_die_anywhere_and_goes_on_when_asked_again() {
    die_everywhere(Scene::Undo).await;
}

#[tokio::test]
async fn retiring_may_die_anywhere_and_goes_on_when_asked_again() {
    die_everywhere(Scene::Retire).await;
}
