//! What texts become.

use super::*;

fn stored(text: &str) -> String {
    Bag::of(text).0
}

#[test]
fn names_are_split_and_lower_case() {
    assert_eq!(stored("parseHTTPHeader snake_case X"), "case header http parse snake");
    assert_eq!(stored("iOS utf8 NullPointerException"), "exception null os pointer utf8");
}

#[test]
fn code_links_and_numbers_become_placeholders() {
    assert_eq!(stored("see https://x.org/a?b=1 since 1.2"), "<num>:2 <url> see since");
    assert_eq!(stored("a ```let x = 1;``` b {code:java}int y;{code} {noformat}z"), "<code>:3");
    assert_eq!(stored("<p>one</p><pre>two</pre> <all> &quot;three&quot;"), "<code> all one three");
    assert_eq!(stored("commit 3f2a91bc0d"), "<num> commit");
}

#[test]
fn stack_frames_become_traces() {
    assert_eq!(stored("Boom at a.b.C.run(C.java:12) at x.Y.z(Native Method)"), "<trace>:2 boom");
    assert_eq!(stored("at fn (app.js:1:2)"), "<trace>");
    assert_eq!(stored("File \"a.py\", line 3, in main"), "<num> <trace> in main");
    assert_eq!(stored("look at this (or that)"), "at look or that this");
}

#[test]
fn a_stored_bag_reads_back_the_same() {
    let bag = Bag::of("crash crash https://a.b 12 naïve 設計 </pre> {code}");
    let stored = serde_json::to_string(&bag).expect("a string");
    assert_eq!(serde_json::from_str::<Bag>(&stored).expect("a bag"), bag);
    assert_eq!(Bag("crash:x login:0".to_owned()).terms().collect::<Vec<_>>(), [("crash", 1), ("login", 1)]);
}

#[test]
fn huge_and_odd_texts_have_small_bags() {
    let many: String =
        (0..100_000_u32).map(|i| format!("w{} ", char::from_u32(0x4e00 + i % 9000).unwrap_or('x'))).collect();
    for text in [
        many,
        "{".repeat(200_000),
        "```".repeat(50_000),
        "é".repeat(90_000),
        "<a ".repeat(70_000),
        "at ".repeat(70_000),
    ] {
        assert!(Bag::of(&text).terms().count() <= TERMS_MAX);
    }
}

#[test]
fn an_empty_text_has_an_empty_bag() {
    assert!(Bag::of("").is_empty());
    assert!(Bag::default().with_title("").is_empty());
}

#[test]
fn a_title_counts_twice() {
    let bag = Bag::of("login fails").with_title("Login");
    assert_eq!(bag.0, "fails login:3");
}
