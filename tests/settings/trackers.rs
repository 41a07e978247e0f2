//! How trackers are reached: tokens, apps, certificates, patterns of repositories.

use std::path::Path;

use roadmapd::settings::Settings;
use roadmapd::tracker::{GithubAuth, GithubConfig, JiraConfig, Secret, TrackerConfig};

use super::{CERTIFICATE, SMALL, env, finding, findings, load};

const TOKEN: &str = "{ token = { env = \"GITHUB_TOKEN\" } }";
const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----\nMIIhunter2\n-----END RSA PRIVATE KEY-----\n";

fn github(settings: &Settings) -> &GithubConfig {
    match &settings.trackers[0] {
        TrackerConfig::Github(github) => github,
        TrackerConfig::Jira(_) => panic!("the first by name"),
    }
}

fn jira(settings: &Settings) -> &JiraConfig {
    match &settings.trackers[1] {
        TrackerConfig::Jira(jira) => jira,
        TrackerConfig::Github(_) => panic!("the second by name"),
    }
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("written");
    file
}

fn app(id: &str, key: &Path) -> String {
    SMALL.replace(TOKEN, &format!("{{ app = {{ {id} private_key = {{ file = {key:?} }} }} }}"))
}

#[test]
fn an_app_is_its_id_and_its_private_key() {
    let key = file(KEY);
    let settings = load(&app("id = 1234,", key.path()));
    let private_key = Secret::File(key.path().to_owned());
    assert_eq!(github(&settings).auth, GithubAuth::App { id: 1234, private_key });
    assert!(!format!("{settings:?}").contains("hunter2"));
    let env = [env(), vec![("KEY".to_owned(), KEY.to_owned())]].concat();
    let text = SMALL.replace(TOKEN, "{ app = { id = 1, private_key = { env = \"KEY\" } } }");
    let settings = Settings::from_toml(&text, &env).expect("right");
    assert_eq!(github(&settings).auth, GithubAuth::App { id: 1, private_key: Secret::Env("KEY".to_owned()) });
}

#[test]
fn a_wrong_app_is_refused_and_its_key_never_shown() {
    let (key, not_pem) = (file(KEY), file("hunter2"));
    let with_key = format!("private_key = {{ file = {:?} }}", key.path());
    for (text, found, said) in [
        (app("", key.path()), "app.id", "it is missing"),
        (app("id = 0,", key.path()), "app.id", "at least 1"),
        (SMALL.replace(TOKEN, "{ app = { id = 1 } }"), "app.private_key", "it is missing"),
        (app("id = 1,", not_pem.path()), "app.private_key", "not a private key in PEM"),
        (app("id = 1,", Path::new("no/such.pem")), "app.private_key", "can't be read"),
        (
            SMALL
                .replace(TOKEN, &format!("{{ token = {{ env = \"GITHUB_TOKEN\" }}, app = {{ id = 1, {with_key} }} }}")),
            "app",
            "a token and an app are given",
        ),
    ] {
        let (key, text) = finding(&text);
        assert_eq!(key, format!("trackers.github.auth.{found}"), "{text}");
        assert!(text.contains(said) && !text.contains("hunter2"), "{text}");
    }
    let jira = "{ user = \"bot@acme.example\", token = { env = \"JIRA_TOKEN\" } }";
    let (found, said) = finding(&SMALL.replace(jira, &format!("{{ app = {{ id = 1, {with_key} }} }}")));
    assert!(found == "trackers.jira.auth.app" && said.contains("only a GitHub tracker"), "{said}");
}

#[test]
fn without_a_user_jira_is_asked_with_a_bearer_token() {
    assert_eq!(jira(&load(SMALL)).user.as_deref(), Some("bot@acme.example"));
    assert_eq!(jira(&load(&SMALL.replace("user = \"bot@acme.example\", ", ""))).user, None);
}

#[test]
fn patterns_and_exclusions_are_passed_on_as_written() {
    for list in [
        "[\"acme/*\"]",
        "[\"acme/api\", \"Acme/pay-*\", \"!acme/*-archive\"]",
        "[\"acme/*\", \"!acme/*-archive\", \"acme/old-archive\"]",
        "[\"acme/*.rs\", \"acme/a*b*c\"]",
    ] {
        let settings = load(&SMALL.replace("[\"acme/api\"]", list));
        let rendered = format!("{:?}", github(&settings).repositories);
        assert_eq!((rendered.as_str(), settings.warnings.len()), (list, 0), "{:?}", settings.warnings);
    }
}

#[test]
fn wrong_patterns_are_refused_with_the_next_step() {
    for (list, at, said) in [
        ("[\"*/api\"]", "[0]", "* in the owner"),
        ("[\"acme/api\", \"ac*e/api\"]", "[1]", "write the owner out"),
        ("[\"acme/api\", \"!*/api\"]", "[1]", "* in the owner"),
        ("[\"acme/api\", \"!\"]", "[1]", "not owner/name"),
        ("[\"acme/api\", \"!!acme/api\"]", "[1]", "not owner/name"),
        ("[\"acme/a?\"]", "[0]", "not owner/name"),
        ("[\"acme/a*\", \"acme/A*\"]", "[1]", "twice"),
        ("[\"!acme/*-archive\"]", "", "only exclusions"),
        ("[\"acme/api\", \"!acme/*\"]", "", "all of it is excluded again"),
    ] {
        let (key, text) = finding(&SMALL.replace("[\"acme/api\"]", list));
        assert_eq!(key, format!("trackers.github.repositories{at}"), "{text}");
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn an_exclusion_that_changes_nothing_or_a_named_repository_is_a_warning() {
    for (list, said) in [
        ("[\"acme/api\", \"!acme/*-archive\"]", "\"!acme/*-archive\" excludes nothing"),
        ("[\"acme/*\", \"!other/x\"]", "\"!other/x\" excludes nothing"),
        ("[\"!acme/old\", \"acme/*\"]", "put it behind what it takes out of"),
        ("[\"acme/api\", \"acme/web\", \"!acme/w*\"]", "\"acme/web\" is read by name and excluded"),
    ] {
        let warnings = load(&SMALL.replace("[\"acme/api\"]", list)).warnings;
        assert!(warnings.len() == 1 && warnings[0].contains(said), "{list}: {warnings:?}");
        assert!(warnings[0].starts_with("trackers.github.repositories: "), "{warnings:?}");
    }
}

#[test]
fn a_file_of_certificates_is_there_and_has_some_for_both_kinds() {
    let (good, bad) = (file(CERTIFICATE), file(KEY));
    let with = |path: &Path| SMALL.replace("kind =", &format!("ca_file = {path:?}\nkind ="));
    let settings = load(&with(good.path()));
    assert_eq!(github(&settings).ca_file.as_deref(), Some(good.path()));
    assert_eq!(jira(&settings).ca_file.as_deref(), Some(good.path()));
    for (path, said) in [(bad.path(), "has no certificate (PEM)"), (Path::new("no/such.pem"), "can't be read")] {
        let found = findings(&with(path));
        let keys: Vec<&str> = found.iter().map(|finding| finding.key.as_str()).collect();
        assert_eq!(keys, ["trackers.github.ca_file", "trackers.jira.ca_file"], "{found}");
        assert!(found.iter().all(|finding| finding.problem.contains(said)), "{found}");
        assert!(!found.to_string().contains("hunter2"), "{found}");
    }
}

#[test]
fn a_budget_replaces_what_it_names_of_the_built_in_pace() {
    let text = SMALL.replace("kind = \"jira\"", "kind = \"jira\"\nbudget = { writes_per_minute = 30 }");
    let budget = jira(&load(&text)).budget;
    assert_eq!((budget.writes_per_minute, budget.writes_per_hour, budget.concurrency), (30, 36_000, 4));
    assert_eq!(github(&load(&text)).budget, github(&load(SMALL)).budget);
}
