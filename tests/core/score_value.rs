//! Business value: which source answers, in which words, and that more of it lowers nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use roadmapd::model::*;
use roadmapd::score::{
    ItemScore, Knobs, Model, Previous, PriorityModel, ValueFile, ValueRow, ValueSource, Weights, score,
};

use crate::score_corpus::{TODAY, backlog, day, issue, relation, roadmap};

fn file(rows: &[(&str, f64, Option<i64>)]) -> ValueSource {
    let row = |(key, value, until): &(&str, f64, Option<i64>)| {
        ((*key).to_owned(), ValueRow { value: *value, until: until.map(day) })
    };
    ValueSource::File(Arc::new(ValueFile { name: "value.csv".to_owned(), rows: rows.iter().map(row).collect() }))
}

fn label() -> ValueSource {
    ValueSource::Label("value/".to_owned(), String::new())
}

fn scored(issues: Vec<Issue>, previous: &Previous, value: Vec<ValueSource>, on: Day) -> BTreeMap<String, ItemScore> {
    let roadmap = roadmap(issues);
    let weights = Weights::uniform(Knobs { value, ..Knobs::default() });
    let scores = score(&roadmap, previous, &Model::default(), &weights, on);
    roadmap.items.iter().map(|item| item.founder().key.to_string()).zip(scores.items).collect()
}

fn said(score: &ItemScore) -> Option<&str> {
    score.priority.because.iter().find(|because| because.rule == "value").map(|because| because.why.as_str())
}

fn one(issue: Issue, value: Vec<ValueSource>) -> Option<String> {
    let key = issue.key.to_string();
    said(&scored(vec![issue], &Previous::default(), value, TODAY)[&key]).map(str::to_owned)
}

#[test]
fn the_first_source_that_answers_counts_and_is_named() {
    let all = || vec![ValueSource::Field("customfield_5".to_owned()), label(), file(&[("pay-7", 3.0, None)])];
    let mut valued = issue("jira:PAY-7");
    assert_eq!(one(valued.clone(), all()).as_deref(), Some("business value 3: value.csv says 3 for jira:PAY-7"));
    valued.labels = vec!["Value/4".to_owned(), "value/high".to_owned(), "value/6.5".to_owned()];
    let why = "business value 6.5: label value/6.5 on jira:PAY-7, the largest beside label value/4 on jira:PAY-7";
    assert_eq!(one(valued.clone(), all()).as_deref(), Some(why));
    valued.fields.insert("customfield_5".to_owned(), "30".to_owned());
    let why = "business value 10: field customfield_5 says 30 on jira:PAY-7";
    assert_eq!(one(valued.clone(), all()).as_deref(), Some(why));
    valued.fields.insert("customfield_5".to_owned(), "gold".to_owned());
    assert!(one(valued.clone(), all()).is_some_and(|why| why.contains("label")));
    valued.status = Status::Done;
    assert_eq!(one(valued, all()), None);
    assert_eq!(one(issue("jira:PAY-8"), all()), None);
}

#[test]
fn what_we_wrote_is_no_value() {
    let mut ours = issue("jira:PAY-7");
    ours.labels = vec!["value/9".to_owned()];
    ours.fields.insert("customfield_5".to_owned(), "9".to_owned());
    let previous = Previous {
        ours: BTreeMap::from([(ours.id.clone(), ["value/9".to_owned()].into())]),
        given: BTreeMap::from([(ours.id.clone(), BTreeMap::from([("customfield_5".to_owned(), None)]))]),
        ..Previous::default()
    };
    let sources = vec![ValueSource::Field("customfield_5".to_owned()), label()];
    assert_eq!(said(&scored(vec![ours], &previous, sources, TODAY)["jira:PAY-7"]), None);
}

#[test]
fn a_part_has_the_value_of_what_it_is_part_of() {
    let (mut epic, mut story, mut task) = (issue("jira:PAY-1"), issue("jira:PAY-2"), issue("jira:PAY-3"));
    epic.labels = vec!["value/8".to_owned()];
    story.relations.push(relation(RelationKind::Parent, "jira:PAY-1"));
    task.relations.push(relation(RelationKind::Parent, "jira:PAY-2"));
    let issues = || vec![epic.clone(), story.clone(), task.clone()];
    let scores = scored(issues(), &Previous::default(), vec![label(), ValueSource::Parent], TODAY);
    let why = "business value 8: from its parent jira:PAY-1: label value/8 on jira:PAY-1";
    assert_eq!(said(&scores["jira:PAY-2"]), Some(why));
    let why = "business value 8: from its parent jira:PAY-2: from its parent jira:PAY-1: label value/8 on jira:PAY-1";
    assert_eq!(said(&scores["jira:PAY-3"]), Some(why));
    let alone = scored(issues(), &Previous::default(), vec![label()], TODAY);
    assert_eq!((said(&alone["jira:PAY-2"]), said(&alone["jira:PAY-1"]).is_some()), (None, true));
}

#[test]
fn a_line_of_a_file_holds_through_its_last_day() {
    let value = || vec![file(&[("jira:pay-7", 9.0, Some(3)), ("pay-7", 2.0, None)])];
    let on = |offset: i64| {
        let mut old = issue("jira:PAY-7");
        old.created = crate::score_corpus::at(-3000);
        let score = scored(vec![old], &Previous::default(), value(), day(offset)).remove("jira:PAY-7").expect("it");
        (said(&score).map(str::to_owned), score.due_again)
    };
    let until = day(3);
    let why = format!("business value 9: value.csv says 9 for jira:PAY-7 until {until}");
    assert_eq!(on(3), (Some(why), Some(day(4))));
    assert_eq!(on(4), (Some("business value 2: value.csv says 2 for jira:PAY-7".to_owned()), None));
}

#[test]
fn without_a_source_the_rule_has_no_weight_and_nothing_moves() {
    let mut knobs = Knobs::default();
    let scores = |knobs: &Knobs| {
        let mut valued = issue("jira:PAY-7");
        valued.priority = Some("High".to_owned());
        valued.labels = vec!["value/9".to_owned()];
        let weights = Weights::uniform(knobs.clone());
        score(&roadmap([valued]), &Previous::default(), &Model::default(), &weights, TODAY).items
    };
    let before = scores(&knobs);
    knobs.weights.remove("value");
    assert_eq!(scores(&knobs), before);
    knobs.weights.insert("value".to_owned(), 500.0);
    assert_eq!(scores(&knobs), before);
    knobs.value = vec![label()];
    assert_ne!(scores(&knobs), before);
}

proptest! {
    #[test]
    fn more_value_lowers_nothing(
        issues in backlog(), at in any::<proptest::sample::Index>(), values in (0.0..10.0_f64, 0.0..10.0_f64),
        model in proptest::sample::select(vec![PriorityModel::Wsjf, PriorityModel::Weighted]),
    ) {
        let key = issues[at.index(issues.len())].key.to_string().to_lowercase();
        let roadmap = roadmap(issues);
        let with = |value: f64| {
            let value = vec![file(&[(key.as_str(), value, None)]), ValueSource::Parent];
            let weights = Weights::uniform(Knobs { value, model, ..Knobs::default() });
            score(&roadmap, &Previous::default(), &Model::default(), &weights, TODAY).items
        };
        for (less, more) in with(values.0.min(values.1)).iter().zip(with(values.0.max(values.1))) {
            prop_assert!(more.priority.score >= less.priority.score, "{:?} {:?}", less.priority, more.priority);
            prop_assert!(more.priority.level <= less.priority.level, "{:?} {:?}", less.priority, more.priority);
        }
    }
}
