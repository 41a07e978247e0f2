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
fn words_that_mislead_are_hardly_trusted_and_leave_the_answer_at_the_median() {
    // On the newest fifth each word means the opposite of what it meant before.
    let mut items = history(120);
    for item in items.iter_mut().skip(96) {
        item.1 = 9.0 - item.1;
    }
    let model = fitted(&items);
    let trust = model.as_ref().map(|model| model.choice().clone());
    let hardly = |choice: &Choice| match choice {
        Choice::Words { trust, .. } => *trust <= 0.3,
        Choice::Median { .. } | Choice::OneValue => true,
    };
    assert!(trust.as_ref().is_some_and(hardly), "{trust:?}");
    let answer = model.map(|model| model.predict(&Bag::of("typo")));
    assert!(answer.as_ref().is_some_and(|a| a.median == 3.0), "{answer:?}");
}

#[test]
fn on_the_newest_fifth_of_its_own_history_no_answer_is_worse_than_the_median() {
    let sizes = [1.0, 2.0, 3.0, 5.0, 8.0];
    let mut trusts: Vec<f64> = Vec::new();
    for seed in 0..60_usize {
        // Sizes follow the words more or less, by a step that differs from history to history.
        let mut items = history(50 + seed * 3);
        for (i, item) in items.iter_mut().enumerate() {
            let at = (i * (seed + 3) * 7 + i * i * seed / 5) % (sizes.len() * 2);
            item.1 = sizes.get(at).copied().unwrap_or(item.1);
        }
        let older = items.len() - (0.2 * items.len() as f64).round() as usize;
        let Some(Choice::Words { trust, .. }) = fitted(&items).map(|model| model.choice().clone()) else { continue };
        let (older, newest) = items.split_at(older);
        let middle = plain_median(&older.iter().map(|(_, points)| *points).collect::<Vec<f64>>());
        let trial = fit_chosen(&past(older), Choice::Words { words: 0.0, median: 0.0, trust });
        let error =
            |answer: &dyn Fn(&Bag) -> f64| newest.iter().map(|(bag, points)| (answer(bag) - points).abs()).sum::<f64>();
        let (words, median) = (error(&|bag| trial.predict(bag).median), error(&|_| middle));
        assert!(words <= median + 1e-9, "{seed}: {words} past {median} at {trust}");
        trusts.push(trust);
    }
    assert!(
        trusts.contains(&Choice::TRUST_MOST) && trusts.iter().any(|trust| *trust < Choice::TRUST_MOST),
        "{trusts:?}"
    );
}

#[test]
fn words_that_the_history_never_had_count_by_what_they_usually_say() {
    // Sizes that no word of the history follows, but its graded words set texts apart.
    let items: Vec<(Bag, f64)> = history(120)
        .into_iter()
        .zip([1.0, 2.0, 3.0, 5.0].into_iter().cycle())
        .map(|((bag, _), points)| (bag, points))
        .collect();
    let model = fitted(&items);
    let expected =
        |text: &str| model.as_ref().map_or(0.0, |model| model.predict(&Bag::of("red").with_title(text)).expected);
    assert!(expected("spelling") < expected("architecture"), "{} {}", expected("spelling"), expected("architecture"));
    let words = model.as_ref().map(|model| model.predict(&Bag::of("red").with_title("architecture")).words);
    assert!(words.is_some_and(|words| words.iter().any(|(word, effect)| word == "architecture" && *effect > 0.0)));
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
