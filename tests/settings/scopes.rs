//! Teams' own settings: which scope holds for a container, and what it changes there.

use roadmapd::model::{ContainerKey, TrackerName};
use roadmapd::plan::Mode;
use roadmapd::score::Knobs;
use roadmapd::settings::Settings;

use super::{SMALL, finding, findings, load};

const SCOPES: &str = r#"
[priority.weights]
severity = 31
[[scope]]
name = "all of acme"
match = ["github:acme/*"]
write = { mode = "observe", first_contact = "apply" }
[[scope]]
name = "payments"
match = ["github:acme/pay-*", "jira:PAY"]
priority = { hysteresis = 9, weights = { demand = 1 } }
limits = { changes_max = 7 }
[[scope.sink]]
aspect = "priority"
label = "p-{level}"
[[scope]]
name = "the api"
match = ["github:Acme/pay-api"]
readiness = { enabled = false }
"#;

fn container(text: &str) -> ContainerKey {
    text.parse().expect("a container")
}

/// A whole organisation and one project, with scopes.
fn with(scopes: &str) -> String {
    format!("{}\n{scopes}", SMALL.replace("[\"acme/api\"]", "[\"acme/*\", \"!acme/*-archive\"]"))
}

fn three() -> Settings {
    let settings = load(&with(SCOPES));
    assert_eq!(settings.warnings, Vec::<String>::new());
    settings
}

#[test]
fn the_scope_that_names_a_container_most_closely_wins() {
    let settings = three();
    for (name, scope) in [
        ("github:acme/web", Some("all of acme")),
        ("github:acme/pay-web", Some("payments")),
        ("github:acme/pay-api", Some("the api")),
        ("github:ACME/Pay-Api", Some("the api")),
        ("jira:PAY", Some("payments")),
        ("jira:PAYX", None),
        ("github:other/pay-x", None),
    ] {
        assert_eq!(settings.scope_of(&container(name)), scope, "{name}");
    }
}

#[test]
fn a_scope_changes_what_it_says_and_nothing_else() {
    let settings = three();
    let (pay, web, api) = (container("jira:PAY"), container("github:acme/web"), container("github:acme/pay-api"));
    let core = container("jira:CORE");
    let all = [pay.clone(), web.clone(), api.clone(), core.clone()];
    let (weights, scheme) = (settings.weights(&all), settings.scheme(&all));
    let knobs = weights.of(&pay);
    assert_eq!((knobs.hysteresis, knobs.weights["demand"], knobs.weights["severity"]), (9.0, 1.0, 31.0));
    assert_eq!(weights.of(&core), &*weights.default);
    // Only what it learns from is its own.
    let web_knobs = weights.of(&web);
    assert_ne!(web_knobs.history, weights.default.history);
    assert_eq!(Knobs { history: weights.default.history.clone(), ..web_knobs.clone() }, *weights.default);
    assert!(!weights.of(&api).readiness && weights.default.readiness);
    assert_eq!((scheme.of(&web).mode, scheme.of(&pay).mode), (Mode::Observe, Mode::Write));
    assert_eq!(scheme.of(&web).sinks, scheme.default.sinks);
    let spelled = &scheme.of(&pay).sinks[&TrackerName::new("jira")];
    assert_eq!((spelled.len(), spelled[0].spellings[0].1.as_str()), (1, "p-p0"));
    assert!(!weights.own.contains_key(&core));
}

#[test]
fn a_scope_has_limits_of_its_own_only_where_it_says_so() {
    let settings = three();
    let (pay, web, api) = (container("jira:PAY"), container("github:acme/web"), container("github:acme/pay-api"));
    let limits = settings.limits(&[pay.clone(), web.clone(), api.clone()]);
    assert_eq!((limits.changes_max, limits.first_contact_applies), (500, false));
    assert_eq!(limits.scopes.keys().collect::<Vec<_>>(), ["all of acme", "payments"]);
    let payments = &limits.scopes["payments"];
    assert_eq!(payments.containers.iter().collect::<Vec<_>>(), [&pay]);
    assert_eq!((payments.own.changes_max, payments.own.share_max), (7, 0.30));
    assert!(limits.scopes["all of acme"].own.first_contact_applies);
    assert_eq!(limits.scope_of(&api), None);
}

#[test]
fn the_labels_of_every_scope_are_in_the_catalogue() {
    let specs = three().label_specs();
    let names: Vec<&str> = specs[&TrackerName::new("jira")].iter().map(|spec| spec.name.as_str()).collect();
    assert!(names.contains(&"p-p0") && names.contains(&"priority/p0"), "{names:?}");
}

#[test]
fn what_a_scope_sets_is_told() {
    let settings = three();
    let told: Vec<(&str, &[String])> =
        settings.scopes().iter().map(|scope| (scope.name.as_str(), scope.overrides.as_slice())).collect();
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
    assert_eq!(told[0], ("all of acme", names(&["write.first_contact", "write.mode"]).as_slice()));
    let second = names(&["limits.changes_max", "priority.hysteresis", "priority.weights", "sink"]);
    assert_eq!(told[1], ("payments", second.as_slice()));
}

fn scope(name: &str, matches: &str) -> String {
    format!("[[scope]]\nname = \"{name}\"\nmatch = [{matches}]\n")
}

#[test]
fn two_scopes_that_name_a_container_equally_closely_are_refused() {
    for (one, other, said) in [
        ("\"jira:PAY\"", "\"jira:pay\"", "jira:PAY is named as closely by the scope \"a\""),
        ("\"jira:P*\"", "\"jira:*Y\"", "jira:PAY is named as closely"),
        ("\"github:acme/*\"", "\"github:Acme/*\"", "is a match of the scope \"a\" too"),
        ("\"jira:PAY\"", "\"github:acme/api\", \"jira:PAY\"", "jira:PAY is named as closely"),
    ] {
        let (key, text) = finding(&with(&format!("{}{}", scope("a", one), scope("b", other))));
        assert_eq!(key, "scope[1].match", "{text}");
        assert!(text.contains(said) && text.contains("a longer pattern or the whole name"), "{text}");
    }
    let closer = format!("{}{}{}", scope("a", "\"jira:P*\""), scope("b", "\"jira:*Y\""), scope("c", "\"jira:PAY\""));
    assert_eq!(load(&with(&closer)).scope_of(&container("jira:PAY")), Some("c"));
}

#[test]
fn two_scopes_that_only_could_tie_are_a_warning() {
    let text = format!("{}{}", scope("a", "\"github:acme/pay-*\""), scope("b", "\"github:acme/*-api\""));
    let warnings = load(&with(&text)).warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("\"a\" and \"b\" could name one repository"), "{warnings:?}");
    let longer = format!("{}{}", scope("a", "\"github:acme/pay-*\""), scope("b", "\"github:acme/*-mobile\""));
    assert_eq!(load(&with(&longer)).warnings, Vec::<String>::new());
}

#[test]
fn a_match_that_fits_no_configured_container_is_a_warning() {
    for (pattern, warned) in [
        ("jira:PAX", Some("did you mean jira:PAY?")),
        ("jira:X*", Some("correct it or take it out")),
        ("github:other/*", Some("correct it or take it out")),
        ("github:acme/old-archive", Some("correct it or take it out")),
        ("github:acme/anything", None),
        ("github:acme/kept-archive", None),
        ("github:*", None),
        ("*:PAY", None),
    ] {
        let text = with(&scope("a", &format!("\"{pattern}\"")));
        let warnings = load(&text.replace("!acme/*-archive\"", "!acme/*-archive\", \"acme/kept-archive\"")).warnings;
        assert_eq!(warnings.len(), usize::from(warned.is_some()), "{pattern}: {warnings:?}");
        let said = warnings.first().map_or("", String::as_str);
        assert!(warned.is_none_or(|next| said.contains(pattern) && said.contains(next)), "{said}");
    }
}

#[test]
fn what_is_wrong_in_a_scope_is_told_once_and_where_it_is_said() {
    let wrong = "[priority]\nbands = { p0 = 1 }\n[limits]\nstale_max = \"soon\"\n";
    let text = format!("{wrong}{}limits = {{ changes_max = 1 }}\n", scope("a", "\"jira:PAY\""));
    let keys: Vec<String> = findings(&with(&text)).iter().map(|finding| finding.key.clone()).collect();
    assert_eq!(keys, ["limits.stale_max", "priority.bands"]);
    let text = format!("{}limits = {{ stale_max = \"soon\" }}\nsink = []\n", scope("a", "\"jira:PAY\""));
    let keys: Vec<String> = findings(&with(&text)).iter().map(|finding| finding.key.clone()).collect();
    assert_eq!(keys, ["scope[0].limits.stale_max", "scope[0].sink"]);
    for (text, key, said) in [
        (scope("", "\"jira:PAY\""), "scope[0].name", "it is empty"),
        (scope("a", ""), "scope[0].match", "it is empty"),
        (format!("{}{}", scope("a", "\"jira:PAY\""), scope("a", "\"github:acme/*\"")), "scope[1].name", "too"),
    ] {
        let (found, text) = finding(&with(&text));
        assert!(found == key && text.contains(said), "{text}");
    }
}

#[test]
fn where_nothing_is_written_a_read_only_credential_suffices() {
    let (github, jira) = (TrackerName::new("github"), TrackerName::new("jira"));
    let observe = |matches: &str| format!("{}write = {{ mode = \"observe\" }}\n", scope("a", matches));
    for (text, writes) in [
        (String::new(), (true, true)),
        ("[write]\nmode = \"observe\"".to_owned(), (false, false)),
        (observe("\"jira:PAY\""), (true, false)),
        (observe("\"github:acme/pay-*\", \"jira:*\""), (true, false)),
        ("[[sink]]\naspect = \"priority\"\ntracker = \"jira\"\nlabel = \"p-{level}\"".to_owned(), (false, true)),
        (
            format!(
                "[write]\nmode = \"observe\"\n{}write = {{ mode = \"write\" }}",
                scope("a", "\"github:acme/pay-*\"")
            ),
            (true, false),
        ),
    ] {
        let settings = load(&with(&text));
        assert_eq!((settings.writes_to(&github), settings.writes_to(&jira)), writes, "{text}");
    }
    let settings = load(&with(&observe("\"github:acme/pay-*\"")));
    assert!(settings.writes(&container("github:acme/api")) && !settings.writes(&container("github:acme/pay-api")));
}

#[test]
fn idle_max_is_whole_days_and_a_scope_may_have_its_own() {
    let text = format!("[write]\nidle_max = \"26w\"\n{}write = {{ idle_max = \"30d\" }}", scope("a", "\"jira:PAY\""));
    let settings = load(&with(&text));
    assert_eq!(settings.idle_max_days(&container("github:acme/api")), Some(182));
    assert_eq!(settings.idle_max_days(&container("jira:PAY")), Some(30));
    assert_eq!(load(SMALL).idle_max_days(&container("jira:PAY")), None);
    for wrong in ["12h", "0d", "36h", "2000000000w"] {
        let (key, said) = finding(&format!("{SMALL}\n[write]\nidle_max = \"{wrong}\""));
        assert!(key == "write.idle_max" && said.contains("whole days, at least 1"), "{said}");
    }
    load(&format!("{SMALL}\n[write]\nidle_max = \"24h\""));
}
