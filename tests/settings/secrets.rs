//! Secrets come from the environment or a file; a literal is refused and never shown.

use roadmapd::settings::Settings;

use super::{SMALL, env, env_with, finding, load};

const SECRET: &str = "hunter2-ghp_AbCdEf0123456789AbCdEf0123456789";

#[test]
fn a_literal_secret_is_refused_wherever_it_stands_and_never_shown() {
    let auth = "auth = { token = { env = \"GITHUB_TOKEN\" } }";
    let texts = [
        format!("auth = {{ token = \"{SECRET}\" }}"),
        format!("auth = \"{SECRET}\""),
        format!("auth = {{ token = {{ env = \"{SECRET}\" }} }}"),
        "auth = { token = { env = \"ghp_AbCdEf0123456789AbCdEf0123456789\" } }".to_owned(),
        format!("auth = {{ token = {{ value = \"{SECRET}\" }} }}"),
        format!("auth = {{ token = [\"{SECRET}\"] }}"),
        format!("auth = {{ password = \"{SECRET}\", token = {{ env = \"GITHUB_TOKEN\" }} }}"),
        format!("auth = {{ token = {{ env = \"GITHUB_TOKEN\" }}, \"{SECRET}\" = 1 }}"),
        format!("auth = {{ app = {{ id = 1, private_key = \"{SECRET}\" }} }}"),
        format!("{auth}\nwebhook_secret = \"{SECRET}\""),
        format!("{auth}\nca_file = [\"{SECRET}\"]"),
        format!("auth = {{ token = \"{SECRET}"),
        format!("{auth} \"{SECRET}\""),
        format!("{auth}\n{SECRET}"),
    ];
    for wrong in texts {
        let text = SMALL.replace(auth, &wrong);
        assert_ne!(text, SMALL);
        refuse_unseen(&text, &env());
    }
    for (from, to) in [
        ("https://api.github.com", format!("https://bot:{SECRET}@api.github.com")),
        ("https://api.github.com", format!("https://{SECRET}@api.github.com:x")),
        ("https://api.github.com", SECRET.to_owned()),
        ("acme/api", SECRET.to_owned()),
        ("acme/api", format!("acme*/{SECRET}")),
        ("[\"PAY\"]", format!("[\"{SECRET}\"]")),
    ] {
        refuse_unseen(&SMALL.replace(from, &to), &env());
    }
    for more in [
        format!("[daemon]\ndatabase = \"postgres://roadmapd:{SECRET}@db/roadmapd\""),
        format!("[daemon]\ndatabase = \"{SECRET}\""),
        format!("[daemon]\nschedule = \"{SECRET}\""),
        format!("[daemon]\ntimezone = \"{SECRET}\""),
        format!("[write]\nmode = \"{SECRET}\""),
        format!("[[sink]]\naspect = \"priority\"\nlabel = \"{SECRET}\""),
        format!("[[sink]]\naspect = \"priority\"\ntracker = \"{SECRET}\"\nlabel = \"{{level}}\""),
    ] {
        refuse_unseen(&format!("{SMALL}\n{more}"), &env());
    }
    refuse_unseen(SMALL, &env_with("ROADMAPD__TRACKERS__GITHUB__AUTH__TOKEN", SECRET));
    refuse_unseen(SMALL, &env_with("ROADMAPD__TRACKERS__GITHUB__AUTH", SECRET));
}

fn refuse_unseen(text: &str, env: &[(String, String)]) {
    let findings = Settings::from_toml(text, env).expect_err(text);
    for said in [findings.to_string(), format!("{findings:?}"), format!("{findings:#?}")] {
        assert!(!said.contains("hunter2") && !said.contains("AbCdEf0123"), "{said}");
    }
}

#[test]
fn a_literal_secret_is_told_where_to_go() {
    let (key, said) = finding(&SMALL.replace("{ env = \"GITHUB_TOKEN\" }", "\"abc\""));
    assert_eq!(key, "trackers.github.auth.token");
    assert!(said.contains("a literal secret is refused") && said.contains("{ env = \"NAME\" }"), "{said}");
}

#[test]
fn a_secrets_value_is_in_no_debug_text_of_the_settings() {
    let env = [("GITHUB_TOKEN".to_owned(), SECRET.to_owned()), ("JIRA_TOKEN".to_owned(), SECRET.to_owned())];
    let settings = Settings::from_toml(SMALL, &env).expect("right");
    let said = format!("{settings:?} {settings:#?} {:?}", settings.warnings);
    assert!(!said.contains("hunter2") && said.contains("GITHUB_TOKEN"), "{said}");
}

#[test]
fn every_missing_variable_and_file_is_named_with_its_section_at_once() {
    let text = format!("{SMALL}\n[daemon]\ndatabase = {{ env = \"DATABASE_URL\" }}")
        .replace("{ env = \"JIRA_TOKEN\" }", "{ file = \"/nowhere/jira\" }");
    let said =
        Settings::from_toml(&text, &[("GITHUB_TOKEN".to_owned(), " ".to_owned())]).expect_err("wrong").to_string();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines[0].contains("daemon.database") && lines[0].contains("DATABASE_URL is not set"), "{said}");
    assert!(lines[1].contains("trackers.github.auth.token") && lines[1].contains("GITHUB_TOKEN is empty"), "{said}");
    assert!(
        lines[2].contains("trackers.jira.auth.token") && lines[2].contains("/nowhere/jira can't be read"),
        "{said}"
    );
}

#[test]
fn the_store_may_be_named_by_a_variable() {
    let text = format!("{SMALL}\n[daemon]\ndatabase = {{ env = \"DATABASE_URL\" }}");
    let settings = Settings::from_toml(&text, &env_with("DATABASE_URL", "sqlite:x.db")).expect("right");
    assert_eq!(settings.daemon.database, "sqlite:x.db");
    assert_eq!(load(SMALL).daemon.database, "sqlite:roadmapd.db");
    let findings = Settings::from_toml(&text, &env_with("DATABASE_URL", &format!("postgres://a:{SECRET}@b")))
        .expect_err("not yet");
    assert!(findings.to_string().contains("postgres is not built yet"), "{findings}");
    assert!(!findings.to_string().contains("hunter2"), "{findings}");
}
