//! What people ask between cycles: to try an issue again, to join and part issues.

use http::Method;
use roadmapd::sandbox::{Corpus, Fault, Matcher, Tracker};

use crate::desk::{Desk, WRITES};

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_is_set_aside_is_shown_everywhere_and_tried_again_when_asked() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    let refusal = Fault::status(422, r#"{"message":"Validation Failed","errors":["label is locked"]}"#);
    let path = Matcher::new(Method::POST, "/acme/api/issues/3/labels");
    desk.trackers.fail(Tracker::GitHub, path, refusal, u32::MAX);
    for _ in 0..3 {
        assert_eq!(desk.run(&["once"]).code, 1, "a refusal is an error");
    }
    let rests = desk.run(&["once"]);
    assert_eq!(rests.code, 0, "an issue that rests is nothing to do: {rests:?}");
    let plan = desk.run(&["plan"]);
    assert_eq!(plan.code, 0, "{plan:?}");
    // Lines are wrapped for the terminal.
    let said = plan.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in ["set aside", "github:acme/api#3", "label is locked", "roadmapd retry github:acme/api#3"] {
        assert!(said.contains(word), "{word}: {}", plan.out);
    }
    let plan = desk.run(&["plan", "--json"]).json();
    assert_eq!(plan["quarantined"].as_array().map(Vec::len), Some(1), "{plan}");
    let explained = desk.run(&["explain", "github:acme/api#3"]);
    assert!(explained.out.contains("set aside") && explained.out.contains("label is locked"), "{}", explained.out);
    let explained = desk.run(&["explain", "github:acme/api#3", "--json"]).json();
    assert_eq!(explained["quarantined"][0]["issue"], "github:acme/api#3", "{explained}");
    let history = desk.run(&["history", "3"]);
    assert!(history.out.contains("refused") && history.out.contains("label is locked"), "{}", history.out);

    desk.trackers.heal(Tracker::GitHub);
    assert_eq!(desk.run(&["once"]).code, 0);
    assert!(desk.open_labels()["acme/api#3"].iter().all(|label| !label.starts_with("priority/p")));
    assert_eq!(desk.run(&["retry", "github:acme/api#3"]).code, 0);
    assert_eq!(desk.run(&["once"]).code, 0);
    assert!(desk.open_labels()["acme/api#3"].iter().any(|label| label.starts_with("priority/p")));
    let unknown = desk.run(&["retry", "github:acme/api#3000"]);
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("github:acme/api#3000") && unknown.err.contains("roadmapd plan"), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_issues_are_joined_and_parted_by_hand() {
    let desk = Desk::new(Corpus::shipped(), WRITES).await;
    assert_eq!(desk.run(&["once"]).code, 0);
    let (a, b) = ("github:acme/api#3", "jira:CORE-6");
    let faces = || desk.run(&["explain", a, "--json"]).json()["faces"].clone();
    let before = faces();
    assert!(!before.to_string().contains(b), "{before}");
    assert_eq!(desk.run(&["link", a, b]).code, 0);
    assert_eq!(desk.run(&["once"]).code, 0);
    assert!(faces().to_string().contains(b), "{}", faces());
    let level = |key: &str| desk.open_labels()[key].iter().find(|label| label.starts_with("priority/p")).cloned();
    assert_eq!(level("acme/api#3"), level("CORE-6"), "one piece of work has one level");
    assert_eq!(desk.run(&["unlink", b, a]).code, 0, "in whatever order");
    assert_eq!(desk.run(&["once"]).code, 0);
    assert_eq!(faces(), before);
    for (args, word) in [(["link", a, a], "name two"), (["link", a, "jira:CORE-600"], "jira:CORE-600")] {
        let refused = desk.run(&args);
        assert!(refused.code == 1 && refused.err.contains(word), "{refused:?}");
    }
    assert_eq!(desk.run(&["link", a, "nonsense"]).code, 64);
}
