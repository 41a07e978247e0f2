//! What is shipped about the configuration is true: the example, the recipes, and the page of every key.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use roadmapd::model::{Aspect, ContainerKey, Priority, TrackerName};
use roadmapd::plan::{Mode, Target};
use roadmapd::score::cel::{FIELDS_MEANING, FUNCTIONS, VARIABLES, Variable};
use roadmapd::score::{Knobs, PriorityModel, ValueSource};
use roadmapd::settings::{Event, Settings, schema};
use roadmapd::tracker::{GithubAuth, TrackerConfig};
use serde_json::Value;

use super::{CERTIFICATE, SMALL, env, env_with, load};

const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n";

fn shipped(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn container(text: &str) -> ContainerKey {
    text.parse().expect("a container")
}

#[test]
fn the_example_loads_with_its_two_variables() {
    let settings = Settings::load(&[shipped("config/example.toml")], &env()).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(settings.trackers.len(), 2);
    assert_eq!(settings.warnings, Vec::<String>::new());
}

#[test]
fn an_organisation_is_read_by_patterns_as_an_app_and_two_teams_have_their_own_settings() {
    let env = [env(), vec![("GITHUB_APP_KEY".to_owned(), KEY.to_owned())]].concat();
    let file = shipped("config/recipes/organisation.toml");
    let settings = Settings::load(&[file], &env).unwrap_or_else(|findings| panic!("{findings}"));
    assert_eq!(settings.warnings, Vec::<String>::new());
    let TrackerConfig::Github(github) = &settings.trackers[0] else { panic!("the first by name") };
    assert!(matches!(github.auth, GithubAuth::App { id: 1_234_567, .. }));
    assert_eq!(github.repositories[0], "acme/*");
    let names = ["github:acme/pay-api", "jira:PAY", "github:acme/ios", "jira:MOB", "github:acme/web"];
    let containers = names.map(container);
    let scopes: Vec<_> = containers.iter().map(|container| settings.scope_of(container)).collect();
    assert_eq!(scopes, [Some("payments"), Some("payments"), Some("mobile"), Some("mobile"), None]);
    let limits = settings.limits(&containers);
    assert_eq!((limits.changes_max, limits.scopes["payments"].own.changes_max, limits.scopes.len()), (200, 25, 1));
    let writes: Vec<bool> = containers.iter().map(|container| settings.writes(container)).collect();
    assert_eq!(writes, [true, true, false, false, true]);
    let scheme = settings.scheme(&containers);
    let [priority] = scheme.of(&containers[1]).of(&TrackerName::new("jira")) else { panic!("one sink") };
    assert_eq!(priority.target, Target::Field("priority".to_owned()));
}

#[test]
fn a_data_center_is_observed_with_a_token_that_may_only_read() {
    let ca_file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(ca_file.path(), CERTIFICATE).expect("written");
    let text = std::fs::read_to_string(shipped("config/recipes/data-center.toml")).expect("shipped");
    let text = text.replace("/etc/ssl/acme-root.pem", ca_file.path().to_str().expect("a path"));
    let settings = Settings::from_toml(&text, &[("JIRA_PAT".to_owned(), "x".to_owned())]);
    let settings = settings.unwrap_or_else(|findings| panic!("{findings}"));
    assert_eq!(settings.warnings, Vec::<String>::new());
    let [TrackerConfig::Jira(jira)] = &settings.trackers[..] else { panic!("one Jira") };
    assert_eq!((jira.user.as_deref(), jira.ca_file.as_deref()), (None, Some(ca_file.path())));
    assert_eq!(jira.base_url.as_str(), "https://jira.acme.example/jira");
    assert_eq!(jira.fields, ["customfield_10106", "priority"]);
    assert!(!settings.writes_to(&jira.name));
    let scheme = settings.scheme(&[]).default;
    assert_eq!(scheme.mode, Mode::Observe);
    let sinks: Vec<_> = scheme.of(&jira.name).iter().map(|sink| (sink.aspect, sink.target.id().0)).collect();
    let expected = [
        (Aspect::Priority, "field:priority"),
        (Aspect::Complexity, "field:customfield_10106"),
        (Aspect::Readiness, "label"),
    ];
    assert_eq!(sinks, expected.map(|(aspect, sink)| (aspect, sink.to_owned())));
}

#[test]
fn one_repository_and_one_project_are_only_observed_and_a_chat_is_told() {
    let env = env_with("CHAT_WEBHOOK_URL", "https://hooks.slack.com/services/T0/B0/x");
    let file = shipped("config/recipes/observe-first.toml");
    let settings = Settings::load(&[file], &env).unwrap_or_else(|findings| panic!("{findings}"));
    assert_eq!(settings.warnings, Vec::<String>::new());
    assert!(settings.trackers.len() == 2 && !settings.trackers.iter().any(|one| settings.writes_to(one.name())));
    let notify = settings.notify.as_ref().expect("a chat");
    assert!(notify.digest.is_some());
    let told: Vec<_> = notify.events.iter().copied().map(Event::name).collect();
    assert_eq!(told.len(), 3);
    assert!(!told.contains(&"plan-waits"), "what only observes has no plan that waits");
    let weights = settings.weights(&[]);
    assert_eq!(weights.default.priority_words.get("outage"), Some(&Priority::P0));
}

#[test]
fn two_teams_have_limits_and_rules_of_their_own_and_worth_from_a_file_that_expires() {
    let token = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(token.path(), "for-both").expect("written");
    let env = ["GITHUB", "JIRA"].map(|name| {
        (format!("ROADMAPD__TRACKERS__{name}__AUTH__TOKEN__FILE"), token.path().to_string_lossy().into_owned())
    });
    let file = shipped("config/recipes/two-teams.toml");
    let settings = Settings::load(&[file], &env).unwrap_or_else(|findings| panic!("{findings}"));
    assert_eq!(settings.warnings, Vec::<String>::new());
    let containers = ["github:acme/shop-web", "jira:SHOP", "github:acme/platform", "jira:PLAT"].map(container);
    let scopes: Vec<_> = containers.iter().map(|container| settings.scope_of(container)).collect();
    assert_eq!(scopes, [Some("shop"), Some("shop"), Some("platform"), Some("platform")]);
    let limits = settings.limits(&containers);
    let of = |scope: &str| limits.scopes[scope].own.changes_max;
    assert_eq!((limits.changes_max, of("shop"), of("platform")), (100, 40, 15));
    assert_eq!(limits.scopes["shop"].own.stale_max_s, 30 * 60, "what a scope doesn't say is as for all");
    let weights = settings.weights(&containers);
    let [shop, _, platform, _] = containers.each_ref().map(|container| weights.of(container));
    let names = |knobs: &Knobs| knobs.rules.iter().map(|rule| rule.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(shop), ["paying customer", "checkout"]);
    assert_eq!(names(platform), ["end of support", "waits for a vendor"]);
    assert_eq!((shop.model, platform.model), (PriorityModel::Wsjf, PriorityModel::Weighted));
    for knobs in [shop, platform] {
        let [ValueSource::File(values), ValueSource::Parent] = &knobs.value[..] else { panic!("{:?}", knobs.value) };
        assert_eq!((values.rows.len(), values.rows.values().filter(|row| row.until.is_some()).count()), (3, 2));
    }
}

/// The sections of the page, in its order.
const SECTIONS: [&str; 14] = [
    "daemon",
    "page",
    "notify",
    "trackers",
    "links",
    "write",
    "sink",
    "priority",
    "complexity",
    "readiness",
    "limits",
    "scope",
    "mirror",
    "people",
];

const HEAD: &str = "\
# Configuration

Every key, what it means, what it may be, and its default. Only trackers are required. A small deployment is
[`config/example.toml`](../config/example.toml); larger ones are in [`config/recipes`](../config/recipes); why the
defaults are what they are stands in [`config/default.toml`](../config/default.toml). `roadmapd check` names everything
that is wrong at once, each with file, key and next step; `roadmapd schema` prints the same keys as JSON Schema.

- Files are given with `-c FILE`, several times if need be: tables are merged, a later file's values and lists win.
  Without any, `roadmapd.toml` is read.
- `ROADMAPD__DAEMON__LISTEN=…` sets `daemon.listen`, over all files; lists are written with commas.
- A secret is never written down: it is `{ env = \"NAME\" }` or `{ file = \"PATH\" }`.
- Durations are numbers with s, m, h, d or w: `90m`, `1h 30m`, `180d`.
- A key that is missing from a `[[scope]]` is that of the defaults; its `[[scope.sink]]` list replaces the whole list.
";

const OWN_RULES: &str = "
## What `when` of a rule may read and use

`when` is an expression in [CEL](https://cel.dev) that is true or false. Names, types and nulls are checked when the
configuration is read, and so is how many steps an item could take at most. What may be null is asked for first:
`item.due_days != null && item.due_days < 7`; only `==` and `!=` need no asking. Points are added to the cost of delay
before size counts, within 0 to 100; closed items get none. A rule that can't be worked out for an item gives it nothing, and a finding says so.
The first 64 values of a list and 1024 bytes of a text are read, 256 of a text in a list.

";

/// The page of every key, from the schema and from what the program itself says.
fn page() -> String {
    let schema = schema();
    let mut page = HEAD.to_owned();
    for section in SECTIONS {
        let node = &schema["properties"][section];
        let list = node["type"] == "array";
        let heading = if list { format!("[[{section}]]") } else { format!("[{section}]") };
        let _ = write!(page, "\n## `{heading}`\n\n{}\n\n", node["description"].as_str().expect("described"));
        page.push_str("| key | meaning | may be | default |\n| --- | --- | --- | --- |\n");
        let node = if list { &node["items"] } else { node };
        match node.get("additionalProperties").filter(|others| others.is_object()) {
            Some(each) => rows(&mut page, each, &format!("{section}.NAME.")),
            None => rows(&mut page, node, ""),
        }
    }
    page.push_str(OWN_RULES);
    page.push_str("| variable | type | meaning |\n| --- | --- | --- |\n");
    for Variable { name, kind, meaning, .. } in VARIABLES {
        let _ = writeln!(page, "| `{name}` | {kind} | {meaning} |");
    }
    let _ = writeln!(page, "| `item.fields.ID` | string or null | {FIELDS_MEANING} |");
    page.push_str("\n| written | meaning |\n| --- | --- |\n");
    for (written, meaning) in FUNCTIONS {
        let _ = writeln!(page, "| `{}` | {meaning} |", written.replace('|', "\\|"));
    }
    let _ = write!(page, "\n## Without effect in this version\n\nThese keys are accepted, and a warning says so: ");
    let without = without_effect();
    let (_, keys) = without.split_once(": ").expect("a list");
    let _ = writeln!(page, "{keys}.");
    page
}

/// A row for each key below a node. What a scope lays over the defaults is said once, by its section.
fn rows(page: &mut String, node: &Value, prefix: &str) {
    let required: Vec<&str> = node["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, key) in node["properties"].as_object().into_iter().flatten() {
        let meaning = key["description"].as_str().expect("described").replace('|', "\\|").replace('*', "\\*");
        let overlay = meaning.starts_with("Laid over") || meaning.starts_with("Replaces");
        let secret = key["properties"].get("env").is_some();
        let inner =
            !overlay && !secret && (key.get("properties").is_some() || key.pointer("/items/properties").is_some());
        let default = match key.get("default") {
            _ if required.contains(&name.as_str()) => "required".to_owned(),
            Some(default) if !inner => format!("`{default}`"),
            _ => String::new(),
        };
        let may_be = if inner { "keys below".to_owned() } else { may_be(key) };
        let _ = writeln!(page, "| `{prefix}{name}` | {meaning} | {may_be} | {default} |");
        if inner && key["type"] == "array" {
            rows(page, &key["items"], &format!("{prefix}{name}[]."));
        } else if inner {
            rows(page, key, &format!("{prefix}{name}."));
        }
    }
}

fn may_be(key: &Value) -> String {
    if let Some(choices) = key["enum"].as_array() {
        return choices.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", ");
    }
    if key["properties"].get("env").is_some() {
        return "`{ env = … }`, `{ file = … }`".to_owned();
    }
    if key.get("anyOf").is_some() {
        return "text, `{ env = … }`, `{ file = … }`".to_owned();
    }
    let range = match (key["minimum"].as_f64(), key["maximum"].as_f64()) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        _ => String::new(),
    };
    match key["type"].as_str() {
        Some("string") => "text".to_owned(),
        Some("boolean") => "`true`, `false`".to_owned(),
        Some("integer") => format!("whole number{range}"),
        Some("number") => format!("number{range}"),
        Some("array") if key["items"].get("properties").is_some() => "list of tables".to_owned(),
        Some("array") => format!("list of: {}", may_be(&key["items"])),
        Some("object") if key["additionalProperties"].is_object() => {
            format!("table of: {}", may_be(&key["additionalProperties"]))
        }
        Some("object") => "table".to_owned(),
        _ => "text or number".to_owned(),
    }
}

/// The loud warning about a configuration that sets all there is.
fn without_effect() -> String {
    let set = [("ROADMAPD__WRITE__IDLE_MAX", "180d"), ("ROADMAPD__LINKS__FROM", "remote-link")];
    let env = [env(), set.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()].concat();
    let text =
        super::contract::CONTRACT.replace("ca_file", "# ca_file").replace("value.csv", "tests/settings/value.csv");
    let settings = Settings::from_toml(&text, &env).unwrap_or_else(|findings| panic!("{findings}"));
    settings.warnings[0].replace("trackers.github", "trackers.NAME")
}

#[test]
fn the_page_has_every_section_and_the_built_in_paces() {
    let schema = schema();
    let mut sections = SECTIONS.map(str::to_owned).to_vec();
    sections.sort();
    let known: Vec<String> = schema["properties"].as_object().expect("sections").keys().cloned().collect();
    assert_eq!(sections, known);
    let settings = load(SMALL);
    let [TrackerConfig::Github(github), TrackerConfig::Jira(jira)] = &settings.trackers[..] else { panic!("two") };
    let (github, jira) = (github.budget, jira.budget);
    let page = page();
    for said in [
        format!("{} on GitHub, {} on Jira", github.writes_per_minute, jira.writes_per_minute),
        format!("{} on GitHub, {} on Jira", github.writes_per_hour, jira.writes_per_hour),
        format!("Requests under way at once. Built in: {}.", github.concurrency),
    ] {
        assert!(page.contains(&said), "{said}");
    }
    assert_eq!(github.concurrency, jira.concurrency);
}

#[test]
fn the_page_of_every_key_is_what_the_schema_says() {
    let file = shipped("docs/configuration.md");
    let page = page();
    if std::env::var_os("ROADMAPD_WRITE_PAGE").is_some() {
        std::fs::write(&file, &page).expect("the page is written");
    }
    let shipped = std::fs::read_to_string(&file).unwrap_or_default();
    let stale = "docs/configuration.md is stale; write it anew with: \
                 ROADMAPD_WRITE_PAGE=1 cargo test --test settings the_page_of_every_key";
    let line = shipped.lines().zip(page.lines()).find(|(old, new)| old != new);
    assert!(shipped == page, "{stale}\nfirst difference: {line:?}");
}
