//! Scores with their because.

use roadmapd::model::{Complexity, Day, ItemId, Level, Priority, Readiness};
use roadmapd::score::{Because, ComplexityScore, EstimateSource, Formula, ItemScore, PriorityScore, ReadinessScore};

use super::{Place, at, item};

fn because(rule: &str) -> Vec<Because> {
    vec![Because { rule: rule.into(), points: 0.1 + 0.2, why: "Größe <b>\"zählt\"</b>".into() }]
}

fn score(item: ItemId, points: f64, due_again: Option<Day>) -> ItemScore {
    ItemScore {
        item,
        priority: PriorityScore { level: Priority::P1, own: Priority::P2, score: points, because: because("severity") },
        complexity: ComplexityScore {
            level: Complexity::M,
            story_points: 5.0,
            low: 3.0,
            high: 8.0,
            source: EstimateSource::Estimated,
            because: because("length"),
        },
        readiness: Some(ReadinessScore { level: Readiness::Ready, because: because("blocked") }),
        due_again,
    }
}

fn day(day: i8) -> Day {
    Day::constant(2026, 3, day)
}

#[tokio::test]
async fn scores_come_back_as_they_were_saved_and_vanish_with_their_items() {
    let place = Place::new();
    let store = place.open().await;
    let formula = Formula("wsjf/1".into());
    let first = [score(item(1), 72.123_456_789, Some(day(9))), score(item(2), 1.0 / 3.0, Some(day(5)))];
    store.save_scores(&first, &formula, day(1), 1).await.unwrap();
    assert_eq!(store.scores().await.unwrap(), first);
    assert_eq!(store.next_due().await.unwrap(), Some(day(5)));
    let second = [first[0].clone(), score(item(3), 40.0, None)];
    store.save_scores(&second, &formula, day(2), 1).await.unwrap();
    assert_eq!(store.scores().await.unwrap(), second);
    assert_eq!(store.score_of(&item(3)).await.unwrap().as_ref(), Some(&second[1]));
    assert_eq!(store.score_of(&item(2)).await.unwrap(), None);
    assert_eq!(store.next_due().await.unwrap(), Some(day(9)));
    store.save_scores(&[], &formula, day(2), 1).await.unwrap();
    assert_eq!((store.scores().await.unwrap().len(), store.next_due().await.unwrap()), (0, None));
}

#[tokio::test]
async fn only_scores_that_changed_are_written() {
    use sqlx::ConnectOptions;
    let place = Place::new();
    let store = place.open().await;
    let mut scores: Vec<_> = (0..1200).map(|n| score(item(n), f64::from(n) / 100.0, None)).collect();
    store.save_scores(&scores, &Formula("wsjf/1".into()), day(1), 1).await.unwrap();
    scores[700].priority.score = 99.0;
    store.save_scores(&scores, &Formula("wsjf/1".into()), day(2), 1).await.unwrap();
    assert_eq!(store.scores().await.unwrap(), scores);
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(place.file());
    let mut look = options.connect().await.unwrap();
    let of_today: Vec<String> =
        sqlx::query_scalar("SELECT item FROM scores WHERE day = '2026-03-02'").fetch_all(&mut look).await.unwrap();
    assert_eq!(of_today, [item(700).as_str()]);
}

#[tokio::test]
async fn what_moved_is_told_by_cycle_and_by_item_and_the_first_scores_are_no_moves() {
    let place = Place::new();
    let store = place.open().await;
    let formula = Formula("wsjf/1".into());
    let mut scores = vec![score(item(1), 72.0, None), score(item(2), 30.0, None)];
    let mut cycles = Vec::new();
    for (nth, hour) in [(0, 1), (1, 2), (2, 3)] {
        let cycle = store.begin_cycle(at(hour), "test").await.unwrap();
        if nth == 1 {
            scores[0].priority.level = Priority::P0;
            scores[0].priority.because.push(Because { rule: "blocks".into(), points: 0.0, why: "lifted".into() });
            scores.push(score(item(3), 1.0, None));
        }
        if nth == 2 {
            // Another score at the same levels is no move.
            scores[1].priority.score = 31.0;
            scores[2].readiness = None;
        }
        store.save_scores(&scores, &formula, day(1), cycle).await.unwrap();
        cycles.push(cycle);
    }
    let moves = store.moves(at(1)).await.unwrap();
    let told: Vec<_> = moves
        .iter()
        .map(|moved| {
            (moved.cycle, moved.at, moved.item.clone(), moved.was.map(Level::name), moved.now.name(), &*moved.why)
        })
        .collect();
    let second = cycles[1];
    let why = "Größe <b>\"zählt\"</b>";
    let mut expected = vec![
        (second, at(2), item(1), Some("p1"), "p0", "lifted"),
        (second, at(2), item(3), None, "m", why),
        (second, at(2), item(3), None, "p1", why),
        (second, at(2), item(3), None, "ready", why),
    ];
    expected.sort_by_key(|(_, _, item, ..)| item.as_str().to_owned());
    assert_eq!(told, expected);
    assert_eq!(store.moves_after(cycles[0]).await.unwrap(), moves);
    assert_eq!((store.moves(at(3)).await.unwrap(), store.moves_after(second).await.unwrap()), (vec![], vec![]));
    assert_eq!(
        store.moves_of(&item(1), 10).await.unwrap(),
        moves.iter().filter(|m| m.item == item(1)).cloned().collect::<Vec<_>>()
    );
}
