//! Many items at once: how long scoring takes, and that the order in which they are told doesn't matter.

use std::collections::BTreeMap;
use std::time::Instant;

use roadmapd::model::{DueSource, Issue, RelationKind, Talk};
use roadmapd::score::{ItemScore, Model, Previous, Weights, score};

use crate::score_corpus::{TODAY, at, day, issue, relation, roadmap};
use crate::whole;

/// An issue of its own: every property varies, every twentieth is blocked.
fn nth(n: u32) -> Issue {
    let mut one = issue(&format!("jira:P{}-{}", n % 20, n + 1));
    let (a, b, c) = (n * 37 % 100, n * 61 % 100, n * 83 % 100);
    one.priority = Some(["Highest", "High", "Medium", "Low"][(a / 25) as usize].to_owned());
    one.labels = if b < 20 { vec!["bug".to_owned(), "security".to_owned()] } else { Vec::new() };
    one.created = at(-i64::from(b * 9));
    (one.votes, one.watchers, one.comments) = (c / 9, c / 20, c / 7);
    one.talk = Some(Talk { days: (0..c / 7).map(|k| day(-i64::from(k * 11))).collect(), people: c / 12, unread: 0 });
    one.due = (c % 5 == 0).then(|| (day(i64::from(a) - 10), DueSource::Issue));
    one.text.words = 5 + b * 3;
    if n.is_multiple_of(20) && n > 20 {
        one.relations = vec![relation(RelationKind::BlockedBy, &format!("jira:P{}-{}", (n - 7) % 20, n - 6))];
    }
    one
}

fn scored(order: impl Iterator<Item = u32>) -> (BTreeMap<String, ItemScore>, f64) {
    let roadmap = roadmap(order.map(nth));
    let start = Instant::now();
    let scores = score(&roadmap, &Previous::default(), &Model::default(), &Weights::default(), TODAY);
    let took_s = start.elapsed().as_secs_f64();
    let keyed = roadmap.items.iter().zip(scores.items).map(|(item, score)| (item.founder().key.to_string(), score));
    (keyed.collect(), took_s)
}

#[test]
fn many_items_are_scored_the_same_in_whatever_order_they_are_told() {
    let n = if whole() { 100_000 } else { 5_000 };
    let (there, took_s) = scored(0..n);
    let (back, _) = scored((0..n).rev());
    // Told, not judged: the machine may be busy.
    eprintln!("{n} items scored in {took_s:.3} s");
    assert_eq!(there.len(), n as usize);
    assert!(there == back);
}
