//! A backlog as large as one likes.

use roadmapd::model::{DueSource, Issue, RelationKind, Talk};

use crate::score_corpus::{at, day, issue, relation};

/// An issue of its own: every property varies, every twentieth is blocked.
pub fn nth(n: u32) -> Issue {
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
