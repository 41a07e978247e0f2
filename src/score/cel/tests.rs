//! Conditions: what they mean, what they read, what is refused, and that nothing makes them panic.

use proptest::prelude::*;

use super::fuzzing::with_item;
use super::*;

fn rules(when: &str) -> OwnRules {
    let when = Condition::compile(when).unwrap_or_else(|wrong| panic!("{when}: {wrong:?}"));
    OwnRules::new(vec![OwnRule { name: "mine".to_owned(), when, add: 12.34 }])
}

fn ask(when: &str) -> Said {
    with_item(&["gold", "7"], &["Bug", "Customer", "area/pay"], |evidence| rules(when).ask(evidence))
}

#[test]
fn conditions_mean_what_they_say() {
    for (when, expected) in [
        ("true", true),
        ("'customer' in item.labels && item.status != 'done'", true),
        ("'Customer' in item.labels", false),
        ("item.labels.exists(l, l.startsWith('area/'))", true),
        ("item.labels.all(l, l.contains('u'))", false),
        ("item.labels.exists_one(l, l == 'bug')", true),
        ("size(item.labels.filter(l, l != 'bug')) == 2", true),
        ("'BUG!' in item.labels.map(l, l + '!')", false),
        ("'bug!' in item.labels.map(l, l + '!')", true),
        ("item.labels.exists(a, item.labels.exists(b, a != b && a.size() == b.size()))", true),
        ("item.kind == 'story' && item.tier == 'standard'", true),
        ("item.kind in ['bug', 'task']", false),
        ("item.title.lowerAscii().contains('refund')", true),
        ("item.container == 'jira:PAY' && item.trackers == ['jira'] && item.key == 'jira:PAY-1'", true),
        ("item.author == 'Ann' && item.assignees == []", true),
        ("item.age_days == 18", true),
        ("item.due_days != null && item.due_days <= 12", true),
        ("item.due_days == null || item.due_days > 12", false),
        ("item.due_days == null ? false : item.due_days == 12", true),
        ("!(item.due_days == null) && item.due_days / 2 == 6", true),
        ("item.points != null && item.points < 1", true),
        ("item.points == 0.1", true),
        ("item.blocked_by == 1 && item.blocks == 0 && item.parts == 0", true),
        ("item.comments * 2 + 1 == 7 && item.votes + item.watchers + item.reactions == 0", true),
        ("item.declared_priority == 'high'", true),
        ("item.fields.customfield_1 == 'gold'", true),
        ("item.fields['customfield_1'] == 'gold'", true),
        ("item.fields.customfield_9 == 'gold'", false),
        ("item.fields.customfield_9 != 'gold'", true),
        ("has(item.fields.customfield_9)", false),
        ("has(item.due_days) && item.due_days > 3", true),
        ("has(item.fields.customfield_2) && int(item.fields.customfield_2) > 6", true),
        ("'customfield_2' in item.fields && double(item.fields.customfield_2) > 6.5", true),
        ("item.comments > 2.5", true),
        ("[1, 2, 3].exists(n, n == item.comments)", true),
        ("string(item.comments) == '3'", true),
        ("-item.comments < 0 && item.comments % 2 == 1", true),
        ("item.status == 'doing' // open, and begun", true),
    ] {
        let said = ask(when);
        assert_eq!((said.because.len() == 1, said.failed.len()), (expected, 0), "{when}: {said:?}");
    }
}

#[test]
fn what_holds_is_said_with_its_points_and_its_words() {
    let said = ask("'customer' in\n  item.labels");
    assert_eq!(said.because, [reason("mine", 12.3, "your rule: 'customer' in item.labels".to_owned())]);
    let long = format!("'customer' in item.labels && {}", ["'x' != 'y'"; 40].join(" && "));
    let why = &ask(&long).because[0].why;
    assert!(why.ends_with('…') && why.chars().count() == 212, "{why}");
}

#[test]
fn only_what_reads_days_is_asked_again_tomorrow() {
    for (when, changes) in [
        ("'bug' in item.labels", false),
        ("item.age_days > 30", true),
        ("item.due_days != null", true),
        ("item.labels.exists(l, item.age_days > l.size())", true),
    ] {
        assert_eq!(ask(when).changes, changes.then(|| Day::constant(2026, 11, 20)), "{when}");
    }
    let when = Condition::compile("item.due_days == null || item.due_days > 3").expect("a condition");
    let rules = OwnRules::new(vec![OwnRule { name: "due".to_owned(), when, add: 1.0 }]);
    let undated = with_item(&[], &[], |evidence| {
        let mut item = evidence.item.clone();
        item.due = None;
        rules.ask(&Evidence { item: &item, labels: Vec::new(), waiters: Default::default(), ..*evidence })
    });
    assert_eq!((undated.changes, undated.because.len()), (None, 1));
}

#[test]
fn what_cannot_be_worked_out_for_an_item_gives_it_nothing() {
    for (when, why) in [
        ("has(item.fields.customfield_1) && int(item.fields.customfield_1) > 3", "a text isn't a number"),
        ("item.comments * 9000000000000000000 > 3", "a number gets too large"),
    ] {
        let said = ask(when);
        assert_eq!((said.because.len(), said.failed), (0, vec![(0, why)]), "{when}");
    }
}

#[test]
fn what_is_wrong_is_refused_with_the_next_step() {
    for (when, problem, next) in [
        ("", "it is empty", "write when"),
        ("item.labels ==", "it is not CEL at character", "write it in CEL"),
        ("item.label == 'a'", "item.label is not a variable", "did you mean item.labels?"),
        ("labels == []", "labels is not a variable", "did you mean item.labels?"),
        ("item.updated > 3", "item.updated is not a variable", "did you mean"),
        ("issue.title == ''", "nothing is known behind .title", "for example item.labels"),
        ("item.title", "it is string and must be true or false", "compare it"),
        ("item", "item is not a variable", "did you mean"),
        ("item.fields == 3", "item.fields is no value by itself", "name a field"),
        ("item.fields.team == 'a'", "team is not the id of a custom field", "customfield_10050"),
        ("item.comments == 'three'", "int and string don't go together", "one type"),
        ("item.comments && true", "int stands where true or false must", "compare it"),
        ("item.due_days < 7", "int or null and int don't go together", "item.due_days != null && "),
        ("item.due_days != null || item.due_days < 7", "int or null and int don't go together", "ask first"),
        ("item.fields.customfield_1.contains('a')", "contains doesn't take string or null, string", "ask first"),
        ("item.title == null", "compares with null what is never null", "take that"),
        ("'a' in item.title", "in asks string, which is no list", ".contains("),
        ("item.labels[0] == 'a'", "takes one value of a list by its place", "in, exists"),
        ("item.comments / item.votes > 1", "divides by what may be 0", "divide by a number"),
        ("item.comments % 0 == 1", "divides by what may be 0", "divide by a number"),
        ("item.comments + 1.5 > 2.0", "int and double at once", "double(a)"),
        ("item.title.matches('a+')", "matches() is not a function here", "contains"),
        ("now() > 3", "now() is not a function here", "these are"),
        ("item.labels.exists(item, item == 'a')", "item is taken", "another name"),
        ("item.title.exists(c, c == 'a')", "it goes through string, which is no list", "item.labels"),
        ("item.labels.exists(l, l)", "string stands where true or false must", "compare it"),
        ("{'a': 1} == {}", "braces make a map", "write a list"),
        ("b'a' == b'b'", "a text is written as bytes", "without the b"),
        ("item.comments > 3u", "a number ends with u", "3"),
        ("[1, 'a'] == []", "values of different types", "one type"),
        ("true ? 1 : 'a'", "one side of ?: is int and the other string", "one type"),
        ("has(item.title)", "has() asks for what is always there", "has(item.fields"),
        ("has(item.fields.team)", "team is not the id of a custom field", "customfield_10050"),
    ] {
        let Err(wrong) = Condition::compile(when) else { panic!("{when} is taken") };
        assert!(wrong.problem.contains(problem) && wrong.next.contains(next), "{when}: {wrong:?}");
    }
}

#[test]
fn what_could_take_long_or_deep_is_refused_before_it_is_asked() {
    let nested = |depth: usize| {
        let opened: String = (0..depth).map(|n| format!("item.labels.all(a{n}, ")).collect();
        format!("{opened}a0 != 'x'{}", ")".repeat(depth))
    };
    assert!(Condition::compile(&nested(2)).is_ok());
    for (when, problem) in [
        (nested(3), "steps for one item"),
        (nested(12), "steps for one item"),
        (nested(13), "brackets stand 13 deep"),
        ("(".repeat(900), "brackets stand 900 deep"),
        (format!("{}true", "!".repeat(900)), "900 operators"),
        (format!("item.title == '{}'", "a".repeat(1000)), "1016 bytes"),
        (format!("item.labels{}.exists(l, l == '')", ".map(l, l + l)".repeat(20)), "puts together a text of up to"),
        (format!("size({}item.labels) > 3", "item.labels + ".repeat(10)), "too long a list"),
        (format!("size([{}1]) > 3", "1,".repeat(100)), "a list has 101 values"),
    ] {
        let Err(wrong) = Condition::compile(&when) else { panic!("{when} is taken") };
        assert!(wrong.problem.contains(problem), "{when}: {wrong:?}");
    }
}

#[test]
fn of_many_long_values_as_many_are_read_as_were_counted() {
    let labels: Vec<String> = (0..100).map(|n| format!("{n:0>300}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let when = "item.labels.all(a, item.labels.all(b, a != 'x' && size(b) == 256)) && size(item.labels) == 64";
    let said = with_item(&[], &labels, |evidence| rules(when).ask(evidence));
    assert_eq!((said.because.len(), said.failed.len()), (1, 0));
}

#[test]
fn the_formula_names_own_rules_and_moves_with_each() {
    let formula = |when: &str| rules(when).formula();
    assert_eq!(OwnRules::default().formula(), "");
    assert!(formula("true").starts_with(" with 1 own rule ("), "{}", formula("true"));
    assert_eq!(formula("true"), formula("true"));
    assert_ne!(formula("true"), formula("false"));
}

/// Pieces that expressions are made of.
fn pieces() -> impl Strategy<Value = String> {
    let words = [
        "item.labels",
        "item.due_days",
        "item.fields",
        "item.fields.customfield_1",
        "item",
        ".",
        "title",
        "'a'",
        "\"",
        "'",
        "null",
        "true",
        "1",
        "2.5",
        "0u",
        "b'a'",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "?",
        "!",
        "-",
        "+",
        "*",
        "/",
        "%",
        " && ",
        " || ",
        " == ",
        " != ",
        " < ",
        " in ",
        ".exists(x, ",
        ".all(x, ",
        ".map(x, ",
        ".filter(x, ",
        ".size()",
        "size(",
        "has(",
        "int(",
        "string(",
        ".contains(",
        "x",
        "\\",
        "\n",
        "`",
        "ü",
        "//",
        "r'",
        "'''",
        "@result",
    ];
    proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..30).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        fuzzing::cel(text.as_bytes());
    }

    #[test]
    fn nothing_made_of_its_words_makes_it_panic(text in pieces()) {
        fuzzing::cel(text.as_bytes());
    }
}
