//! What bodies tell, by example and by law.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::Text;

fn of(body: &str) -> Text {
    Text::of(body, Some("acme/api"))
}

fn mentions(body: &str) -> Vec<String> {
    of(body).mentions
}

#[test]
fn keys_are_found_where_people_write_them() {
    for (body, key) in [
        ("See PAY-7.", "PAY-7"),
        ("(A_B2-12)", "A_B2-12"),
        ("**PAY-7**: done", "PAY-7"),
        ("支払いPAY-7の件", "PAY-7"),
        ("https://acme.atlassian.net/browse/PAY-7?focusedId=1", "PAY-7"),
        ("<https://jira.acme.example/jira/browse/PAY-7>", "PAY-7"),
        ("fixes #7", "acme/api#7"),
        ("fixes acme/web#7, then", "acme/web#7"),
        ("github:acme/.github#7", "acme/.github#7"),
        ("[it](https://github.com/acme/web/issues/7#issuecomment-1)", "acme/web#7"),
        ("https://ghe.acme.example/acme/web/issues/7.", "acme/web#7"),
    ] {
        assert_eq!(mentions(body), [key], "{body}");
    }
}

#[test]
fn what_only_looks_like_a_key_is_none() {
    for body in [
        "XPAY-7x",
        "PAY-7x",
        "PAY-07",
        "P-7",
        "pay-7",
        "éPAY-7",
        "CVE-2024-1234",
        "feature/PAY-7",
        "ABC-1.2",
        "PAY-12345678901",
        "https://example.org/PAY-7/x",
        "https://example.org/?q=PAY-7",
        "https://example.org/page#7",
        "https://github.com/acme/web/pull/7",
        "it&#39;s",
        "web#7",
        "a/b/c#7",
        "./acme/web#7",
        "#7th",
        "##7",
        "#0",
        "```\nPAY-7 #7\n```",
        "~~~\nPAY-7\n```\nPAY-8",
        "Log:\n\n    PAY-7 failed\n",
        "<!-- for example #12\nor PAY-7 -->",
    ] {
        assert_eq!(mentions(body), Vec::<String>::new(), "{body}");
    }
    assert_eq!(Text::of("#7", None).mentions, Vec::<String>::new());
    assert_eq!(mentions("open <!-- PAY-7"), ["PAY-7"], "a comment that never closes is text");
}

#[test]
fn an_explicit_line_says_nothing_else() {
    for (body, key) in [
        ("Jira: PAY-7", "PAY-7"),
        ("text\r\n- **JIRA:** PAY-7  \r\nmore", "PAY-7"),
        ("1. jira : pay-7.", "PAY-7"),
        ("* __Jira__: https://acme.atlassian.net/browse/PAY-7", "PAY-7"),
        ("Jira: [PAY-7](https://acme.atlassian.net/browse/PAY-7)", "PAY-7"),
        ("GitHub: acme/web#7", "acme/web#7"),
        ("github: <https://github.com/acme/web/issues/7>", "acme/web#7"),
        ("GitHub: #7", "acme/api#7"),
    ] {
        assert_eq!(of(body).explicit, [key], "{body}");
        assert_eq!(of(body).mentions, [key], "{body}");
    }
    for body in [
        "Jira: PAY-7 and PAY-8",
        "See Jira: PAY-7",
        "> Jira: PAY-7",
        "Jira: acme/web#7",
        "GitHub: PAY-7",
        "Jira PAY-7",
        "Jira: [PAY-7](https://acme.atlassian.net/browse/PAY-8)",
        "```\nJira: PAY-7\n```",
        "Jira:",
    ] {
        assert_eq!(of(body).explicit, Vec::<String>::new(), "{body}");
    }
}

#[test]
fn the_bracket_that_opens_a_title_is_a_key_or_nothing() {
    assert_eq!(Text::title_key("[PAY-7] Refunds"), Some("PAY-7".to_owned()));
    assert_eq!(Text::title_key(" [acme/api#7] Refunds"), Some("acme/api#7".to_owned()));
    for title in ["[Bug] PAY-7", "PAY-7 Refunds", "Refunds [PAY-7]", "[PAY-7", "[]", ""] {
        assert_eq!(Text::title_key(title), None, "{title}");
    }
}

#[test]
fn features_are_counted() {
    let body = "\
## Expected behaviour
Not sure, maybe investigate https://example.org first.

- [ ] one
- [x] two
* [X] three

```java
java.lang.IllegalStateException: no
    at com.acme.Pay.refund(Pay.java:12)
    at com.acme.Pay.main(Pay.java:3)
```
";
    let text = of(body);
    assert_eq!((text.open_tasks, text.done_tasks, text.links), (1, 2, 1));
    assert_eq!((text.code_blocks, text.stack_traces, text.acceptance), (1, 1, true));
    assert_eq!(text.uncertainty, ["investigate", "maybe", "not sure"]);
    assert_eq!(text.chars as usize, body.chars().count());
    assert!((10..=16).contains(&text.words), "{}", text.words);
}

#[test]
fn a_python_trace_counts_once_and_one_place_in_prose_is_none() {
    let trace = "Traceback (most recent call last):\n  File \"a.py\", line 3, in f\n    g()\n  File \"b.py\", line 9, in g\n    1/0\n";
    assert_eq!(of(trace).stack_traces, 1);
    assert_eq!(of("It fails\nat startup (always)\nand later").stack_traces, 0);
}

#[test]
fn given_when_then_is_acceptance_and_prose_is_not() {
    assert!(of("Given a card\nWhen it is refunded\nThen money comes back").acceptance);
    assert!(!of("When it is refunded nothing happens.").acceptance);
}

#[test]
fn an_empty_body_tells_nothing() {
    assert_eq!(of(""), Text::default());
}

#[test]
fn hostile_bodies_take_no_longer_than_others() {
    // A million characters each: what took more than linear time would take minutes.
    let started = Instant::now();
    for piece in
        ["#7", "<!--", "<!-- -->", "A", "AA-1-", "a/b#", "http://", "[", "```\n", "1", "*", " ", "`x`", "- [ ] "]
    {
        let text = of(&piece.repeat(1_000_000 / piece.len()));
        assert!(text.mentions.len() <= super::FOUND_MAX);
    }
    assert!(started.elapsed() < Duration::from_secs(60));
}

proptest! {
    #[test]
    fn no_body_panics_and_equal_bodies_tell_the_same(body in "\\PC{0,200}", here in proptest::option::of("[a-z]{1,5}/[a-z]{1,5}")) {
        let text = Text::of(&body, here.as_deref());
        prop_assert_eq!(&text, &Text::of(&body, here.as_deref()));
        prop_assert!(text.explicit.iter().all(|key| text.mentions.contains(key)));
    }

    #[test]
    fn no_mixture_of_marks_panics(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "```", "~~~", "\n", "\r\n", "<!--", "-->", "#", "7", "PAY-", "acme/api", "https://", "/browse/", "/issues/", "[", "](", ")",
        "**", "Jira:", " ", "\t", "    ", "é", "支", "\u{200f}", "🙂", "\0", "- ", "1. ", ">", "at x(", "\u{2028}",
    ]), 0..60)) {
        let body: String = pieces.concat();
        let text = of(&body);
        prop_assert_eq!(text.chars as usize, body.chars().count());
        Text::title_key(&body);
    }

    #[test]
    fn another_body_has_another_hash(one in ".{0,40}", other in ".{0,40}") {
        prop_assert_eq!(of(&one).hash == of(&other).hash, one == other);
    }
}
