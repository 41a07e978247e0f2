//! What holds for every expression. See `crate::fuzzing`.

use super::{Condition, EXPRESSION_MAX_BYTES, OwnRule, OwnRules, STEPS_MAX};
use crate::model::{Day, Issue};
use crate::roadmap::{Item, Roadmap};
use crate::score::evidence::Evidence;
use crate::score::{Knobs, Previous};

/// Whatever is read is short and clear when it is wrong, and answers true or false for an item when it is right: but for
/// texts that aren't numbers and numbers that get too large, no checked expression fails.
pub(crate) fn cel(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Condition::compile(&text) {
        Ok(condition) => {
            assert!(text.len() <= EXPRESSION_MAX_BYTES && condition.steps() <= STEPS_MAX);
            assert_eq!(condition.text(), text);
            let rules = OwnRules::new(vec![OwnRule { name: "r".to_owned(), when: condition, add: 1.0 }]);
            for (fields, labels) in [(&["gold"][..], &["bug", "customer", "Ünïcode"][..]), (&[], &[])] {
                with_item(fields, labels, |evidence| {
                    let said = rules.ask(evidence);
                    let known = ["a text isn't a number", "a number gets too large"];
                    assert!(said.failed.iter().all(|(_, why)| known.contains(why)), "{:?}", said.failed);
                    assert_eq!(format!("{said:?}"), format!("{:?}", rules.ask(evidence)));
                });
            }
        }
        Err(wrong) => {
            for said in [&wrong.problem, &wrong.next] {
                assert!(!said.is_empty() && said.chars().count() <= 500, "{said:?}");
                assert!(!said.contains(char::is_control), "{said:?}");
            }
        }
    }
}

/// An item due in 12 days with these values of `customfield_1`, `customfield_2` … and these labels.
pub(super) fn with_item<T>(fields: &[&str], labels: &[&str], then: impl FnOnce(&Evidence<'_>) -> T) -> T {
    let stored = include_str!("../../../fuzz/seeds/stored_issue/issue");
    let mut issue: Issue = serde_json::from_str(stored).unwrap_or_else(|error| panic!("the seed of an issue: {error}"));
    issue.labels = labels.iter().map(|label| (*label).to_owned()).collect();
    issue.fields = (1..).zip(fields).map(|(n, value)| (format!("customfield_{n}"), (*value).to_owned())).collect();
    let item = Item {
        id: issue.item.clone().unwrap_or_else(|| panic!("the seed names its item")),
        parent: None,
        children: Vec::new(),
        blocked_by: Vec::new(),
        blocks: Vec::new(),
        blocked_outside: vec!["jira:PAY-3".to_owned()],
        status: issue.status,
        due: issue.due,
        faces: vec![issue.into()],
    };
    let roadmap = Roadmap { items: vec![item], ..Roadmap::default() };
    let (previous, knobs) = (Previous::default(), Knobs::default());
    let day = Day::constant(2026, 11, 19);
    then(&Evidence::of(&roadmap, 0, &previous, &knobs, day))
}
