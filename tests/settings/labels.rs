//! Label spellings are checked against each tracker's alphabet and against each other.

use super::{SMALL, finding, load};

fn with_sinks(sinks: &[&str]) -> String {
    sinks.iter().fold(SMALL.to_owned(), |text, sink| format!("{text}\n[[sink]]\n{sink}\n"))
}

fn label(aspect: &str, tracker: &str, label: &str) -> String {
    format!("aspect = \"{aspect}\"\ntracker = \"{tracker}\"\nlabel = \"{label}\"")
}

#[test]
fn labels_that_a_tracker_can_take_are_taken() {
    let long = format!("{}{{level}}", "x".repeat(48));
    let longer = format!("{}{{level}}", "x".repeat(253));
    for (tracker, template) in [
        ("github", "priority: {level}"),
        ("github", "🔥 {level}"),
        ("github", long.as_str()),
        ("jira", "priority-{level}"),
        ("jira", longer.as_str()),
        ("*", "{level}"),
    ] {
        load(&with_sinks(&[&label("priority", tracker, template)]));
    }
}

#[test]
fn labels_that_a_tracker_cannot_take_are_refused_with_the_limit() {
    let long = format!("{}{{level}}", "x".repeat(49));
    let longer = format!("{}{{level}}", "x".repeat(254));
    for (tracker, template, said) in [
        ("github", long.as_str(), "51 characters, and a GitHub label has 1 to 50"),
        ("github", " {level}", "begins or ends with a space"),
        ("github", "a\\n{level}", "control character"),
        ("jira", longer.as_str(), "256 characters, and a Jira label at most 255"),
        ("jira", "priority {level}", "a Jira label has no spaces"),
        ("jira", "priority\u{a0}{level}", "a Jira label has no spaces"),
        ("*", "priority {level}", "jira can't take"),
        ("github", "priority", "doesn't say where the level goes"),
        ("github", "priority/{Level}", "doesn't say where the level goes"),
        ("github", "{level}/{n}", "no other braces"),
    ] {
        let (key, text) = finding(&with_sinks(&[&label("priority", tracker, template)]));
        assert_eq!(key, "sink[0].label", "{text}");
        assert!(text.contains(said), "{template}: {text}");
    }
}

#[test]
fn two_sinks_that_could_spell_the_same_value_are_refused() {
    let one = label("priority", "github", "P0-{level}");
    let other = label("complexity", "github", "p0-p{level}");
    assert!(load(&with_sinks(&[&one, &other])).warnings.is_empty());
    let swapped = [label("priority", "github", "{level}-S"), label("complexity", "github", "p0-{level}")];
    let (key, said) = finding(&with_sinks(&[&swapped[0], &swapped[1]]));
    assert_eq!(key, "sink[1].label");
    assert!(said.contains("p0-s") && said.contains("priority p0") && said.contains("sink[0].label"), "{said}");
    let apart = [label("priority", "github", "{level}-s"), label("complexity", "jira", "p0-{level}")];
    load(&with_sinks(&[&apart[0], &apart[1]]));
}

#[test]
fn an_aspect_has_one_label_on_a_tracker() {
    let (key, said) =
        finding(&with_sinks(&[&label("priority", "*", "a/{level}"), &label("priority", "jira", "b/{level}")]));
    assert_eq!(key, "sink[1].label");
    assert!(said.contains("jira already has a label for priority"), "{said}");
}

#[test]
fn a_sink_for_an_unknown_tracker_names_the_configured_ones() {
    let (key, said) = finding(&with_sinks(&[&label("priority", "gihub", "{level}")]));
    assert_eq!(key, "sink[0].tracker");
    assert!(
        said.contains("\"gihub\"") && said.contains("did you mean github?") && said.contains("github, jira"),
        "{said}"
    );
}

#[test]
fn peoples_words_are_not_our_own_spellings_and_mean_one_level() {
    let own = format!("{}\nalso_read = {{ p0 = [\"Prio/P1\"] }}", label("priority", "*", "prio/{level}"));
    let (key, said) = finding(&with_sinks(&[&own]));
    assert_eq!(key, "sink[0].also_read.p0");
    assert!(said.contains("how we spell a level ourselves"), "{said}");
    let twice = format!("{}\nalso_read = {{ p0 = [\"hot\"], p1 = [\"HOT\"] }}", label("priority", "*", "prio/{level}"));
    assert!(finding(&with_sinks(&[&twice])).1.contains("said to mean"));
    let level = format!("{}\nalso_read = {{ p9 = [\"hot\"] }}", label("priority", "*", "prio/{level}"));
    assert!(finding(&with_sinks(&[&level])).1.contains("priority has p0, p1, p2, p3"));
}
