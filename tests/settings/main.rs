//! Configurations -> settings or findings: the contract, layers, scopes, trackers, sinks, secrets, what is wrong, what is shipped.

mod contract;
mod fields;
mod labels;
mod layers;
mod pairs;
mod rules;
mod scopes;
mod secrets;
mod shipped;
mod trackers;
mod value;
mod webhooks;
mod wrong;

use roadmapd::settings::{Findings, Settings};

/// A configuration that is right, to be made wrong in one place.
const SMALL: &str = r#"
[trackers.github]
kind = "github"
base_url = "https://api.github.com"
auth = { token = { env = "GITHUB_TOKEN" } }
repositories = ["acme/api"]

[trackers.jira]
kind = "jira"
base_url = "https://acme.atlassian.net"
auth = { user = "bot@acme.example", token = { env = "JIRA_TOKEN" } }
projects = ["PAY"]
"#;

/// What a file of certificates looks like.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

fn env() -> Vec<(String, String)> {
    [("GITHUB_TOKEN", "for-github"), ("JIRA_TOKEN", "for-jira")]
        .map(|(name, value)| (name.into(), value.into()))
        .to_vec()
}

fn env_with(name: &str, value: &str) -> Vec<(String, String)> {
    env().into_iter().chain([(name.to_owned(), value.to_owned())]).collect()
}

fn load(text: &str) -> Settings {
    Settings::from_toml(text, &env()).unwrap_or_else(|findings| panic!("{findings}"))
}

fn findings(text: &str) -> Findings {
    Settings::from_toml(text, &env()).expect_err("something is wrong with it")
}

/// The one finding that a configuration has.
fn finding(text: &str) -> (String, String) {
    let findings = findings(text);
    assert_eq!(findings.len(), 1, "{findings}");
    let one = findings.iter().next().expect("one");
    (one.key.clone(), one.to_string())
}
