//! Odd text and odd issues: no panic, and what can't be written is named while the rest is done.

use roadmapd::sandbox::{Corpus, GithubIssueSeed};

use crate::world::{WRITES, World};

#[tokio::test]
async fn odd_titles_and_bodies_are_read_and_labelled_and_left_as_they_are() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    let long = "𝔘ñïçødé ".repeat(8_000);
    let odd = [
        ("<script>alert(1)</script>", Some("<img src=x onerror=alert(1)> ```unclosed")),
        ("🔥🔥🔥", Some("\u{202e}right to left\u{202c} \u{0}zero")),
        ("[PAY-999999] refers to nothing", Some("Jira: PAY-999999\n")),
        ("no body", None),
        ("long", Some(long.as_str())),
        ("| table | * _ ` [x](y)", Some("- [ ] one\n- [x] two\n")),
    ];
    let keys: Vec<String> = odd
        .iter()
        .map(|(title, body)| {
            let seed = GithubIssueSeed {
                title: (*title).to_owned(),
                body: body.map(str::to_owned),
                ..GithubIssueSeed::default()
            };
            world.trackers.add_github_issue("acme/api", &seed).expect("an issue")
        })
        .collect();
    let turned = world.turn().await;
    assert_eq!(turned.errors, Vec::<String>::new());
    for (key, (title, _)) in keys.iter().zip(odd) {
        assert_eq!(world.labels(key, "priority/").len(), 1, "{title}");
        assert_eq!(world.trackers.facts(key).expect("an issue").title, title);
    }
}

#[tokio::test]
async fn an_issue_that_already_has_a_hundred_labels_is_named_and_the_others_are_done() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    let seed = GithubIssueSeed {
        title: "labelled by everyone".to_owned(),
        labels: (0..100).map(|n| format!("label-{n}")).collect(),
        ..GithubIssueSeed::default()
    };
    let full = world.trackers.add_github_issue("acme/api", &seed).expect("an issue");
    let turned = world.turn().await;
    assert!(turned.written > 0);
    let skips = turned.plan.expect("a plan").skips;
    assert!(skips.iter().any(|skip| skip.issue.local == full && skip.why.contains("100")), "{skips:?}");
    assert_eq!(world.trackers.labels_of(&full).expect("an issue").len(), 100);
    for key in world.open_keys().iter().filter(|key| **key != full) {
        assert_eq!(world.labels(key, "complexity/").len(), 1, "{key}");
    }
}
