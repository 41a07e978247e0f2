//! People's own rules: what they add, what they may see, and when they are asked again.

use std::collections::BTreeMap;

use roadmapd::model::*;
use roadmapd::score::cel::{Condition, OwnRule, OwnRules};
use roadmapd::score::{Knobs, Model, Previous, PriorityModel, Scores, Weights, score};

use crate::score_corpus::{TODAY, day, issue, roadmap};

/// Rules by what they ask and add, named by their place.
pub fn own<const N: usize>(rules: [(&str, f64); N]) -> OwnRules {
    let rule = |(place, (when, add)): (usize, (&str, f64))| OwnRule {
        name: format!("own {place}"),
        when: Condition::compile(when).unwrap_or_else(|wrong| panic!("{when}: {wrong:?}")),
        add,
    };
    OwnRules::new(rules.into_iter().enumerate().map(rule).collect())
}

fn scored(issues: Vec<Issue>, previous: &Previous, knobs: Knobs) -> Scores {
    score(&roadmap(issues), previous, &Model::default(), &Weights::uniform(knobs), TODAY)
}

fn one(rules: OwnRules, model: PriorityModel) -> (f64, Vec<(String, f64)>) {
    let scores = scored(vec![issue("jira:PAY-7")], &Previous::default(), Knobs { rules, model, ..Knobs::default() });
    let priority = &scores.items[0].priority;
    (priority.score, priority.because.iter().map(|because| (because.rule.clone(), because.points)).collect())
}

fn points(because: &[(String, f64)], rule: &str) -> f64 {
    because.iter().find(|(name, _)| name == rule).map_or(0.0, |(_, points)| *points)
}

#[test]
fn points_are_added_before_size_counts_within_the_scale() {
    let weighted = |rules| one(rules, PriorityModel::Weighted);
    let (base, _) = weighted(OwnRules::default());
    let (more, because) = weighted(own([("true", 15.0), ("false", 50.0)]));
    assert_eq!((more, points(&because, "own 0"), points(&because, "own 1")), (base + 15.0, 15.0, 0.0));
    let (most, because) = weighted(own([("true", 90.0), ("true", 80.0)]));
    assert_eq!((most, points(&because, "cap")), (100.0, -70.0 - base));
    let (least, because) = weighted(own([("true", -100.0)]));
    assert_eq!((least, points(&because, "cap")), (0.0, 100.0 - base));
    assert_eq!(because.last().map(|(rule, _)| rule.as_str()), Some("cap"));
    // What the rules give counts once, whatever the weights are: it is no share of them.
    let (small, because) = one(own([("true", 20.0)]), PriorityModel::Wsjf);
    assert_eq!(points(&because, "own 0"), 20.0);
    assert!(because.iter().any(|(rule, _)| rule == "size") || small == base + 20.0);
}

#[test]
fn what_a_rule_says_of_what_waits_presses_on_what_blocks_it() {
    let points_of = |item: &roadmapd::score::ItemScore, rule: &str| {
        item.priority.because.iter().find(|because| because.rule == rule).map_or(0.0, |because| because.points)
    };
    let pressed = |add: f64| {
        let (mut blocker, waiting) = (issue("jira:PAY-1"), issue("jira:PAY-2"));
        blocker.relations.push(crate::score_corpus::relation(RelationKind::Blocks, "jira:PAY-2"));
        let rules = own([("item.key == 'jira:PAY-2'", add)]);
        let scores = scored(vec![blocker, waiting], &Previous::default(), Knobs { rules, ..Knobs::default() });
        scores.items.iter().map(|item| points_of(item, "blocking")).fold(0.0, f64::max)
    };
    assert!(pressed(60.0) > pressed(0.0));
}

#[test]
fn only_what_people_gave_is_seen() {
    let rules = || {
        own([
            ("'priority/p1' in item.labels || item.labels.exists(l, l.startsWith('complexity'))", 10.0),
            ("item.fields.customfield_5 == 'ours'", 20.0),
            ("item.fields.customfield_5 == 'theirs'", 1.0),
            ("item.declared_priority == 'highest'", 30.0),
            ("item.points == 8.0", 40.0),
        ])
    };
    let mut written = issue("jira:PAY-7");
    written.labels = vec!["Priority/P1".to_owned(), "complexity/xl".to_owned()];
    written.fields.insert("customfield_5".to_owned(), "ours".to_owned());
    written.priority = Some("Highest".to_owned());
    (written.story_points, written.story_points_field) = (Some(8.0), Some("customfield_6".to_owned()));
    let given = [("customfield_5", Some("theirs".to_owned())), ("priority", None), ("customfield_6", None)];
    let previous = Previous {
        ours: BTreeMap::from([(written.id.clone(), ["priority/p1", "complexity/xl"].map(str::to_owned).into())]),
        given: BTreeMap::from([(written.id.clone(), given.map(|(field, was)| (field.to_owned(), was)).into())]),
        ..Previous::default()
    };
    let scores = scored(vec![written], &previous, Knobs { rules: rules(), ..Knobs::default() });
    let because = &scores.items[0].priority.because;
    let own: Vec<f64> = because.iter().filter(|said| said.rule.starts_with("own")).map(|said| said.points).collect();
    assert_eq!(own, [1.0], "{because:?}");
}

#[test]
fn the_day_is_asked_again_only_for_rules_that_read_it() {
    let due = |when: &str, change: fn(&mut Issue)| {
        let mut old = issue("jira:PAY-7");
        old.created = crate::score_corpus::at(-3000);
        change(&mut old);
        let knobs = Knobs { rules: own([(when, 5.0)]), ..Knobs::default() };
        scored(vec![old], &Previous::default(), knobs).items[0].due_again
    };
    assert_eq!(due("'a' in item.labels", |_| ()), None);
    assert_eq!(due("item.age_days > 4000", |_| ()), Some(day(1)));
    assert_eq!(due("item.age_days > 4000", |issue| issue.status = Status::Done), None);
    assert_eq!(due("item.due_days == null", |_| ()), None);
}

#[test]
fn a_rule_that_cannot_be_asked_is_one_finding_with_its_count() {
    let issues: Vec<Issue> = ["jira:PAY-1", "jira:PAY-2", "jira:PAY-3"]
        .into_iter()
        .zip(["gold", "7", "silver"])
        .map(|(key, value)| {
            let mut issue = issue(key);
            issue.fields.insert("customfield_5".to_owned(), value.to_owned());
            issue
        })
        .collect();
    let rules = own([("has(item.fields.customfield_5) && int(item.fields.customfield_5) > 5", 10.0)]);
    let scores = scored(issues, &Previous::default(), Knobs { rules, ..Knobs::default() });
    let [finding] = &scores.findings[..] else { panic!("{:?}", scores.findings) };
    assert!(finding.starts_with("your rule own 0 gives 2 items nothing, jira:PAY-"), "{finding}");
    assert!(finding.contains("a text isn't a number"), "{finding}");
    let helped = scores.items.iter().filter(|item| item.priority.because.iter().any(|said| said.rule == "own 0"));
    assert_eq!(helped.count(), 1);
}

#[test]
fn another_rule_is_another_formula() {
    let formula = |rules| scored(Vec::new(), &Previous::default(), Knobs { rules, ..Knobs::default() }).formula.0;
    assert_eq!(formula(OwnRules::default()), PriorityModel::Wsjf.formula());
    let (one, other) = (formula(own([("true", 1.0)])), formula(own([("true", 2.0)])));
    assert!(one.starts_with("wsjf/2 with 1 own rule (") && one != other, "{one} {other}");
}

/// Prints what a rule costs; run with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn what_two_hundred_rules_cost() {
    let whens: Vec<String> = (0..200)
        .map(|n| match n % 4 {
            0 => format!("'label-{n}' in item.labels && item.status != 'done'"),
            1 => format!("item.labels.exists(l, l.startsWith('area-{n}/'))"),
            2 => format!("item.points == null || item.points > {n}.5"),
            _ => format!("item.due_days != null && item.due_days < {n}"),
        })
        .collect();
    let start = std::time::Instant::now();
    let rule =
        |when: &String| OwnRule { name: when.clone(), when: Condition::compile(when).expect("a condition"), add: 1.0 };
    let rules = OwnRules::new(whens.iter().map(rule).collect());
    eprintln!("compiled: {} ns a rule", start.elapsed().as_nanos() / 200);
    let labelled = |n: usize| {
        let mut issue = issue(&format!("jira:PAY-{n}"));
        issue.labels = (0..5).map(|label| format!("area-{label}/x{n}")).collect();
        issue.due = Some((day(n as i64 % 100), DueSource::Issue));
        issue
    };
    let roadmap = roadmap((0..2000).map(labelled).collect::<Vec<_>>());
    let time = |rules: OwnRules| {
        let weights = Weights::uniform(Knobs { rules, ..Knobs::default() });
        let start = std::time::Instant::now();
        score(&roadmap, &Previous::default(), &Model::default(), &weights, TODAY);
        start.elapsed().as_nanos()
    };
    let without = time(OwnRules::default());
    eprintln!("asked: {} ns a rule and item", (time(rules) - without) / 400_000);
}
