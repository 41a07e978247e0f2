//! `listen_webhooks` and `webhook_secret` belong together.

use roadmapd::model::TrackerName;
use roadmapd::settings::Settings;
use roadmapd::tracker::Secret;

use super::{SMALL, env, env_with, finding, load};

const LISTEN: &str = "[daemon]\nlisten_webhooks = \"0.0.0.0:8781\"\n";
const SECRET: &str = "[trackers.github.webhook_secret]\nenv = \"HOOKS\"\n";
const LONG: &str = "0123456789abcdef";

fn with(text: &str, secret: &str) -> Result<Settings, String> {
    let text = format!("{SMALL}\n{text}");
    Settings::from_toml(&text, &env_with("HOOKS", secret)).map_err(|findings| findings.to_string())
}

#[test]
fn webhooks_are_heard_beyond_loopback_of_trackers_with_a_secret() {
    let settings = with(&format!("{LISTEN}{SECRET}"), LONG).expect("it is right");
    assert_eq!(settings.daemon.listen_webhooks.map(|address| address.port()), Some(8781));
    let secrets: Vec<_> = settings.webhook_secrets.into_iter().collect();
    assert_eq!(secrets, [(TrackerName::new("github"), Secret::Env("HOOKS".to_owned()))]);
    assert_eq!(settings.warnings, Vec::<String>::new());
}

#[test]
fn an_address_where_nobody_could_be_believed_is_refused_with_the_next_step() {
    let (key, said) = finding(&format!("{SMALL}\n{LISTEN}"));
    assert_eq!(key, "daemon.listen_webhooks");
    assert!(said.contains("no tracker has a webhook_secret") && said.contains("add webhook_secret = "), "{said}");
    // A secret that was refused is there all the same.
    let literal = SMALL.replace("[trackers.jira]", "webhook_secret = \"literal\"\n[trackers.jira]");
    let (key, _) = finding(&format!("{literal}\n{LISTEN}"));
    assert_eq!(key, "trackers.github.webhook_secret");
}

#[test]
fn a_secret_that_nothing_uses_is_a_warning_and_is_not_looked_for() {
    let settings = load(&format!("{SMALL}\n{SECRET}"));
    assert!(settings.webhook_secrets.is_empty());
    let [warning] = &settings.warnings[..] else { panic!("{:?}", settings.warnings) };
    assert!(warning.contains("trackers.github.webhook_secret does nothing"), "{warning}");
}

#[test]
fn the_pages_address_is_refused_for_webhooks() {
    for (listen, webhooks, apart) in [
        ("127.0.0.1:8780", "127.0.0.1:8780", false),
        ("127.0.0.1:8780", "0.0.0.0:8780", false),
        ("127.0.0.1:8780", "127.0.0.1:8781", true),
        ("127.0.0.1:8780", "127.0.0.2:8780", true),
        ("127.0.0.1:0", "127.0.0.1:0", true),
        ("", "0.0.0.0:8780", true),
    ] {
        let text = format!("[daemon]\nlisten = \"{listen}\"\nlisten_webhooks = \"{webhooks}\"\n{SECRET}");
        let said = with(&text, LONG).err();
        assert_eq!(said.is_none(), apart, "{listen} {webhooks}: {said:?}");
        assert!(
            said.is_none_or(|said| said.contains("daemon.listen_webhooks: ") && said.contains("port of their own"))
        );
    }
}

#[test]
fn a_secret_that_is_short_or_missing_is_refused_and_never_shown() {
    let text = format!("{LISTEN}{SECRET}");
    let said = with(&text, "hunter2hunter2").expect_err("it is short");
    assert!(said.contains("trackers.github.webhook_secret: ") && said.contains("fewer than 16"), "{said}");
    assert!(said.contains("openssl rand") && !said.contains("hunter2"), "{said}");
    let said = Settings::from_toml(&format!("{SMALL}\n{text}"), &env()).expect_err("it is missing").to_string();
    assert!(said.contains("the environment variable HOOKS is not set"), "{said}");
}
