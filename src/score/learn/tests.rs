//! Laws of the estimator, on invented histories.

use super::*;

/// Issues whose size follows from one word, with a second word that says nothing.
fn history(n: usize) -> Vec<(Bag, f64)> {
    let kinds = [("typo", 1.0), ("button", 3.0), ("migration", 8.0)];
    let item = |i: usize| {
        let (word, points) = kinds.get(i % kinds.len()).copied().unwrap_or(("", 1.0));
        let noise = ["red", "green", "blue", "grey"].get(i / 3 % 4).copied().unwrap_or_default();
        (Bag::of(noise).with_title(word), points)
    };
    (0..n).map(item).collect()
}

fn past(items: &[(Bag, f64)]) -> Vec<Past<'_>> {
    items.iter().map(|(bag, points)| Past::given(bag, *points)).collect()
}

fn fitted(items: &[(Bag, f64)]) -> Option<Learned> {
    fit(&past(items)).ok()
}

#[test]
fn a_word_that_decides_is_learned_and_named() {
    let model = fitted(&history(120));
    let answer = model.map(|model| model.predict(&Bag::of("a").with_title("migration")));
    assert_eq!(answer.as_ref().map(|a| a.median), Some(8.0));
    let first = answer.and_then(|a| a.words.first().cloned());
    assert!(first.is_some_and(|(word, effect)| word == "migration" && effect > 0.0));
}

#[test]
fn a_history_with_one_value_answers_it() {
    let items: Vec<(Bag, f64)> = history(60).into_iter().map(|(bag, _)| (bag, 5.0)).collect();
    let answer = fitted(&items).map(|model| model.predict(&Bag::of("migration")));
    assert_eq!(answer, Some(Prediction { median: 5.0, expected: 5.0, low: 5.0, high: 5.0, words: Vec::new() }));
}

#[test]
fn few_labels_are_refused() {
    assert_eq!(fit(&past(&history(39))).err(), Some(TooFew { labels: 39 }));
    assert!(fit(&past(&history(40))).is_ok());
}

#[test]
fn labels_that_are_no_numbers_do_not_count() {
    let mut items = history(39);
    items.push((Bag::of("x"), f64::NAN));
    assert_eq!(fit(&past(&items)).err(), Some(TooFew { labels: 39 }));
}

#[test]
fn what_is_only_concluded_helps_to_learn_words_and_counts_as_no_label() {
    fn weak(items: &[(Bag, f64)]) -> Vec<Past<'_>> {
        items.iter().map(|(bag, _)| Past { bag, points: 8.0, weight: 0.3 }).collect()
    }
    // "typo" is small where people estimated it; everything whose size is concluded is large.
    let (given, concluded) = (history(60), history(30));
    let all: Vec<Past<'_>> = weak(&concluded).into_iter().chain(past(&given)).collect();
    let model = fit(&all).ok();
    assert_eq!(model.as_ref().map(|model| (model.labels(), model.concluded(), model.middle())), Some((60, 30, 3.0)));
    let answer = model.map(|model| model.predict(&Bag::of("red").with_title("typo")).median);
    assert_eq!(answer, Some(1.0), "what people said is worth more");
    assert_eq!(fit(&weak(&history(100))).err(), Some(TooFew { labels: 0 }));
}

#[test]
fn words_that_say_nothing_leave_the_answer_to_the_median() {
    // Sizes alternate in a pattern no word follows.
    let mut items = history(120);
    for (i, item) in items.iter_mut().enumerate() {
        item.1 = if (i * i / 7) % 3 == 0 { 1.0 } else { 2.0 };
    }
    let model = fitted(&items);
    assert!(model.as_ref().is_some_and(|model| matches!(model.choice(), Choice::Median { .. })));
    let answer = model.map(|model| model.predict(&Bag::of("typo")));
    assert!(answer.is_some_and(|a| a.median == 2.0 && a.words.is_empty()));
}

#[test]
fn the_same_history_gives_the_same_model() {
    assert_eq!(fitted(&history(90)), fitted(&history(90)));
}

#[test]
fn the_range_holds_the_median_for_any_text() {
    let model = fitted(&history(100));
    for text in ["", "typo", "migration button typo", "unknown words only", "<num> 12 {code}x{code}"] {
        let answer = model.as_ref().map(|model| model.predict(&Bag::of(text)));
        assert!(answer.is_some_and(|a| a.low <= a.median && a.median <= a.high), "{text}");
    }
}

#[test]
fn a_stored_model_predicts_the_same() {
    let items = history(100);
    let others = past(&items);
    let model = fit(&others).ok();
    let text = serde_json::to_string(&model).unwrap_or_default();
    let read: Option<Learned> = serde_json::from_str(&text).unwrap_or_default();
    assert!(model.is_some());
    assert_eq!(read, model);
}

#[test]
fn empty_and_doubled_texts_fit() {
    let items: Vec<(Bag, f64)> = (0..80_u32).map(|i| (Bag::default(), f64::from(i % 4))).collect();
    let answer = fitted(&items).map(|model| model.predict(&Bag::of("anything")).median);
    assert!(answer.is_some_and(f64::is_finite));
}

#[test]
fn the_most_similar_text_comes_first_and_the_newer_of_equals() {
    let items = history(60);
    let bags: Vec<&Bag> = items.iter().map(|item| &item.0).collect();
    let near = fitted(&items).map(|model| model.nearest(&Bag::of("red").with_title("typo"), &bags, 3));
    assert_eq!(near.map(|n| n.into_iter().map(|(at, _)| at).collect::<Vec<_>>()), Some(vec![48, 36, 24]));
}
