//! Field sinks: which fields of which trackers, and how their values spell the levels.

use roadmapd::model::{Aspect, Level, Priority, TrackerName};
use roadmapd::plan::{Spelled, Target};
use roadmapd::settings::Settings;
use roadmapd::tracker::TrackerConfig;

use super::{SMALL, finding, load};

const LEVELS: &str = "{ p0 = [\"Highest\", \"Blocker\"], p1 = [\"High\"], p2 = [\"Medium\"], p3 = [\"Low\"] }";
const POINTS: &str = "{ xs = [1], s = [2, 3], m = [5.0], l = [8], xl = [13.5, \"many\"] }";

fn sink(aspect: &str, tracker: &str, field: &str, values: &str) -> String {
    format!("[[sink]]\naspect = \"{aspect}\"\ntracker = \"{tracker}\"\nfield = \"{field}\"\nvalues = {values}\n")
}

fn with(sinks: &[String]) -> String {
    format!("{SMALL}\n{}", sinks.concat())
}

fn on_jira(settings: &Settings) -> Vec<Spelled> {
    settings.scheme(&[]).default.of(&TrackerName::new("jira")).to_vec()
}

fn fields(settings: &Settings) -> Vec<String> {
    let jira = settings.trackers.iter().find_map(|tracker| match tracker {
        TrackerConfig::Jira(jira) => Some(jira.fields.clone()),
        TrackerConfig::Github(_) => None,
    });
    jira.expect("a Jira tracker")
}

#[test]
fn a_field_spells_each_level_in_several_ways_of_which_the_first_is_written() {
    let settings = load(&with(&[sink("priority", "jira", "priority", LEVELS)]));
    assert_eq!(settings.warnings, Vec::<String>::new());
    let [spelled] = &on_jira(&settings)[..] else { panic!("one sink") };
    assert_eq!((spelled.aspect, &spelled.target), (Aspect::Priority, &Target::Field("priority".to_owned())));
    let p0 = Level::Priority(Priority::P0);
    assert_eq!(spelled.spell(p0), Some("Highest"));
    assert_eq!((spelled.level_of("Highest"), spelled.level_of("Blocker")), (Some(p0), Some(p0)));
    assert_eq!(spelled.level_of("Trivial"), None);
    assert!(settings.scheme(&[]).default.of(&TrackerName::new("github")).is_empty());
    let words = &settings.weights(&[]).default.priority_words;
    assert_eq!(words.get("blocker"), Some(&Priority::P0));
}

#[test]
fn numbers_are_values_and_are_kept_as_text_without_needless_digits() {
    let settings = load(&with(&[sink("complexity", "jira", "customfield_10016", POINTS)]));
    let texts: Vec<String> = on_jira(&settings)[0].spellings.iter().map(|(_, text)| text.clone()).collect();
    assert_eq!(texts, ["1", "2", "3", "5", "8", "13.5", "many"]);
    let numbers =
        load(&with(&[sink("priority", "jira", "customfield_1", "{ p0 = [1], p1 = [2], p2 = [3], p3 = [4] }")]));
    assert!(numbers.weights(&[]).default.priority_words.is_empty(), "a label 1 is nobody's word for p0");
    let (key, said) = finding(&with(&[sink("complexity", "jira", "customfield_1", &POINTS.replace("8", "inf"))]));
    assert!(key == "sink[0].values.l[0]" && said.contains("finite number"), "{said}");
    let (key, said) = finding(&with(&[sink("complexity", "jira", "customfield_1", &POINTS.replace("8", "true"))]));
    assert!(key == "sink[0].values.l[0]" && said.contains("a text or a number"), "{said}");
}

#[test]
fn the_fields_of_all_sinks_are_read() {
    let scope =
        "[[scope]]\nname = \"a\"\nmatch = [\"jira:PAY\"]\n[[scope.sink]]\naspect = \"priority\"\ntracker = \"jira\"\n";
    let scope = format!("{scope}field = \"customfield_20\"\nvalues = {LEVELS}\n");
    let sinks = [sink("complexity", "jira", "customfield_30", POINTS), sink("priority", "jira", "priority", LEVELS)];
    assert_eq!(fields(&load(&format!("{}{scope}", with(&sinks)))), ["customfield_20", "customfield_30", "priority"]);
    assert_eq!(fields(&load(SMALL)), Vec::<String>::new());
}

#[test]
fn a_field_on_a_github_tracker_is_refused_with_what_to_do() {
    for tracker in ["github", "*"] {
        let (key, said) = finding(&with(&[sink("priority", tracker, "priority", LEVELS)]));
        assert_eq!(key, "sink[0].field");
        assert!(said.contains("github is a GitHub tracker, where levels are labels"), "{said}");
    }
    let (_, said) = finding(&with(&[sink("priority", "*", "priority", LEVELS)]));
    assert!(said.ends_with("name the Jira tracker (tracker = \"jira\"), and give github a label"), "{said}");
    let (_, jira) = SMALL.split_once("[trackers.jira]").expect("a Jira tracker");
    load(&format!("[trackers.jira]{jira}\n{}", sink("priority", "*", "priority", LEVELS)));
}

#[test]
fn a_field_is_named_by_its_id() {
    for field in ["Story Points", "labels", "customfield_", "customfield_1x", "", "Priority"] {
        let (key, said) = finding(&with(&[sink("priority", "jira", field, LEVELS)]));
        assert!(key == "sink[0].field" && said.contains("write priority, or the id of a custom field"), "{said}");
    }
}

#[test]
fn two_sinks_do_not_write_one_field() {
    let points = LEVELS.replace("Highest", "Top");
    for (one, other) in [
        (sink("priority", "jira", "priority", LEVELS), sink("priority", "*", "priority", &points)),
        (sink("priority", "jira", "customfield_1", LEVELS), sink("complexity", "jira", "customfield_1", POINTS)),
    ] {
        let text = with(&[one, other]).replace("tracker = \"*\"", "tracker = \"jira\"");
        let (key, said) = finding(&text);
        assert_eq!(key, "sink[1].field");
        assert!(said.contains("on jira, another sink writes priority into"), "{said}");
    }
    let two = [sink("priority", "jira", "customfield_1", LEVELS), sink("priority", "jira", "customfield_2", LEVELS)];
    assert_eq!(on_jira(&load(&with(&two))).len(), 2);
}

#[test]
fn every_level_has_values_and_no_value_means_two_levels() {
    for (from, to, key, said) in [
        (", p3 = [\"Low\"]", "", "sink[0].values.p3", "it is missing"),
        ("[\"Low\"]", "[]", "sink[0].values.p3", "it is missing"),
        ("[\"Low\"]", "[\"\"]", "sink[0].values.p3", "empty or begins"),
        ("[\"Low\"]", "[\" Low\"]", "sink[0].values.p3", "ends with a space"),
        ("[\"Low\"]", "[\"HIGH\"]", "sink[0].values.p3", "case doesn't count"),
        ("[\"Low\"]", "[\"Low\", \"low\"]", "sink[0].values.p3", "stands there twice"),
        ("[\"Low\"]", "[5, \"5.0\"]", "sink[0].values.p3", "stands there twice"),
        ("p3", "p4", "sink[0].values.p4", "there is no such level"),
    ] {
        let text = with(&[sink("priority", "jira", "priority", &LEVELS.replace(from, to))]);
        let found = super::findings(&text);
        assert!(found.iter().any(|finding| finding.key == key && finding.problem.contains(said)), "{found}");
        assert_eq!(found.len(), if to == "p4" { 2 } else { 1 }, "{found}");
    }
}
