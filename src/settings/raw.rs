//! The configuration's shape, as people write it: the source of the JSON Schema, and what the merged layers are read into.

mod described;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::secret::Given;
use super::word::Word;
use described::{Mirror, People, ScopeTable};

/// The whole configuration. Only trackers are required; every other key has a default.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Raw {
    /// When a cycle is due, and where it keeps what it knows.
    pub daemon: Daemon,
    /// Who may read the page. It only reads; what isn't for every reader is left out unless it has authentication.
    pub page: Page,
    /// Where people are told what they should know at once.
    pub notify: Notify,
    /// The trackers by name; a tracker's name prefixes its keys (github:acme/api#7).
    #[serde(default)]
    pub trackers: BTreeMap<String, Tracker>,
    /// How two issues are known to be one piece of work.
    pub links: Links,
    /// Whether and how levels are written.
    #[serde(rename = "write")]
    pub _write: Write,
    /// Where levels are written. Without any: priority and complexity as labels on every tracker. A later file's list replaces an earlier one's.
    #[serde(rename = "sink")]
    pub _sink: Vec<Sink>,
    /// How much an item matters now.
    #[serde(rename = "priority")]
    pub _priority: Priority,
    /// How much work an item is.
    #[serde(rename = "complexity")]
    pub _complexity: Complexity,
    /// Whether work on an item can start.
    #[serde(rename = "readiness")]
    pub _readiness: Readiness,
    /// What a cycle may touch without a person.
    #[serde(rename = "limits")]
    pub _limits: Limits,
    /// Teams' own settings; the most specific match wins.
    #[serde(default)]
    #[schemars(with = "Vec<ScopeTable>")]
    pub scope: Vec<Scope>,
    /// Rules that keep pairs of issues in step.
    #[serde(default, rename = "mirror")]
    #[schemars(with = "Vec<Mirror>")]
    pub _mirror: IgnoredAny,
    /// Who is who.
    #[serde(default, rename = "people")]
    #[schemars(with = "People")]
    pub _people: IgnoredAny,
}

/// [daemon]
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Daemon {
    /// When a cycle is due: cron, seconds first; five fields are read as Unix cron. Days of the week: 0 and 7 are Sunday, or names.
    pub schedule: String,
    /// When everything is listed anew: deletions, transfers, reactions. Cron as in schedule.
    pub census: String,
    /// Whose midnight turns the day: an IANA name such as Europe/Berlin.
    pub timezone: String,
    /// The store: sqlite:PATH, or the environment variable or file that says it.
    #[schemars(extend("x-given" = "text"))]
    pub database: Given,
    /// Address and port of page, API, health and metrics; empty switches it off.
    pub listen: String,
    /// Address and port of webhooks, its own so that it alone can be public: POST /webhooks/NAME, where NAME is a tracker with a webhook_secret. Empty switches it off.
    pub listen_webhooks: String,
}

/// [notify]
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Notify {
    /// An incoming webhook (Slack, Mattermost, Teams, your own): { env = "NAME" } or { file = "PATH" }, since whoever knows its address may write there. Without it nobody is told.
    #[schemars(extend("x-given" = "secret"))]
    pub url: Option<Given>,
    /// The body that is posted there: JSON, with {text} within a text.
    pub template: String,
    /// What is told.
    #[schemars(extend("x-each" = { "enum": ["plan-waits", "stale", "quarantine", "new-p0", "fight", "token-expiring"] }))]
    pub events: Vec<String>,
    /// When the digest of the last seven days is told: cron as in schedule, "0 0 8 * * Mon"; empty: never.
    pub digest: String,
}

/// [page]
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Page {
    /// Who may read the page and its API: a token, a proxy that says who somebody is, or either. Without it whoever reaches the page may, and issues of private repositories and with a security level are left out everywhere.
    pub auth: Option<PageAuth>,
    /// Names under which the page is reached, besides localhost and addresses: what a proxy passes on as Host.
    pub hosts: Vec<String>,
    /// Serve it beyond loopback without authentication. What is private stays left out.
    pub open: bool,
}

/// auth of the page
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct PageAuth {
    /// The token, at least 16 characters: { env = "NAME" } or { file = "PATH" }. Sent as Authorization: Bearer, or typed into the page once.
    #[schemars(extend("x-given" = "secret"))]
    pub token: Option<Given>,
    /// The header in which a trusted proxy names whom it let through, such as X-Forwarded-User.
    pub proxy_header: Option<String>,
    /// Where that proxy asks from: addresses, or networks such as 10.0.0.0/8.
    pub from: Option<Vec<String>>,
}

/// [trackers.NAME]
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("x-required" = ["kind", "base_url", "auth"]))]
pub(super) struct Tracker {
    /// What kind of tracker it is.
    #[schemars(extend("enum" = ["github", "jira"]))]
    pub kind: Option<String>,
    /// Where it answers: https://api.github.com, https://HOST/api/v3 (GitHub Enterprise), https://SITE.atlassian.net. Plain http only on loopback.
    pub base_url: Option<String>,
    /// Who we are there.
    pub auth: Option<Auth>,
    /// GitHub: owner/name; * in the name stands for any characters, and a leading ! leaves out what it fits (!acme/*-archive). The last that fits a repository decides. Patterns leave out forks and archived ones by themselves.
    pub repositories: Option<Vec<String>>,
    /// Jira: project keys.
    pub projects: Option<Vec<String>>,
    /// Jira: JQL that narrows further; empty: nothing.
    pub jql: Option<String>,
    /// Jira: ids of fields, where they aren't to be found by schema. story_points is read; others are accepted for later.
    pub fields: Option<BTreeMap<String, String>>,
    /// Our pace; replaces the built-in one. The tracker's headers and refusals only tighten it.
    pub budget: Option<Budget>,
    /// The secret that signs this tracker's webhooks, at least 16 characters: { env = "NAME" } or { file = "PATH" }; a file is read again when a signature fails.
    #[schemars(extend("x-given" = "secret"))]
    pub webhook_secret: Option<Given>,
    /// A file of certificates (PEM) to trust besides the system's.
    pub ca_file: Option<String>,
}

/// auth of a tracker
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Auth {
    /// Jira: the account of Basic authentication; without it: Bearer (a Data Center personal access token).
    pub user: Option<String>,
    /// The token: { env = "NAME" } or { file = "PATH" }. Read-only suffices where nothing is written.
    #[schemars(extend("x-given" = "secret"))]
    pub token: Option<Given>,
    /// GitHub: an app instead of a token; its installation is found for each owner.
    pub app: Option<App>,
}

/// auth.app of a GitHub tracker
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct App {
    /// The app's id, from its page on GitHub.
    #[schemars(range(min = 1))]
    pub id: Option<u64>,
    /// Its private key (RSA, PEM, unencrypted): { env = "NAME" } or { file = "PATH" }.
    #[schemars(extend("x-given" = "secret"))]
    pub private_key: Option<Given>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Budget {
    /// Writing requests a minute. Built in: 60 on GitHub, 600 on Jira.
    #[schemars(range(min = 1, max = 100_000))]
    pub writes_per_minute: Option<u32>,
    /// Writing requests an hour. Built in: 500 on GitHub, 36000 on Jira.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub writes_per_hour: Option<u32>,
    /// Requests under way at once. Built in: 4.
    #[schemars(range(min = 1, max = 100))]
    pub concurrency: Option<u32>,
}

/// [links]
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Links {
    /// What counts as saying that two issues are one piece of work: a mirror, "Jira: PAY-7" on a line of its own, "[PAY-7] …" in the title, a remote link, the only key in the body.
    #[schemars(extend("x-each" = { "enum": ["mirror", "explicit-line", "title-prefix", "remote-link", "only-key-in-body"] }))]
    pub from: Vec<String>,
}

/// [write]
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Write {
    /// observe: levels are worked out and shown, read-only tokens suffice. write: they are written.
    #[schemars(extend("enum" = ["observe", "write"]))]
    pub mode: String,
    /// Whether the first plan for a container or a new sink waits for a person.
    #[schemars(extend("enum" = ["ask", "apply"]))]
    pub first_contact: String,
    /// Whose our spellings are where we find them and have no record of having written them: respect (a person's) or adopt (ours).
    #[schemars(extend("enum" = ["respect", "adopt"]))]
    pub existing: String,
    /// Open issues that nobody touched for longer are scored, not written: whole days such as 180d or 26w; empty: none are left out.
    pub idle_max: String,
}

/// [[sink]]
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("x-required" = ["aspect"]))]
pub(super) struct Sink {
    /// What is written.
    #[schemars(extend("enum" = ["priority", "complexity", "readiness"]))]
    pub aspect: Option<String>,
    /// A tracker's name, or * for all, which is meant where it is left out.
    pub tracker: Option<String>,
    /// A label's spelling; {level} stands for the level's name.
    pub label: Option<String>,
    /// A field of a Jira tracker, by its id: priority, or customfield_10050.
    pub field: Option<String>,
    /// A field's values by level, texts or numbers; the first that the project allows is written, all are read.
    pub values: Option<BTreeMap<String, Vec<Word>>>,
    /// People's spellings by level: evidence for the score, never written.
    pub also_read: Option<BTreeMap<String, Vec<String>>>,
}

/// [priority]
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Priority {
    /// wsjf: cost of delay over job size. weighted: the sum of the rules' points alone.
    #[schemars(extend("enum" = ["wsjf", "weighted"]))]
    pub model: String,
    /// Least score of each level.
    pub bands: PriorityBands,
    /// Score points past a band's edge before a level changes.
    #[schemars(range(min = 0, max = 50))]
    pub hysteresis: f64,
    /// What blocks an item ranks at least as high as that item.
    pub inherit: bool,
    /// How much size counts against priority in wsjf; 0: not at all.
    #[schemars(range(min = 0, max = 1))]
    pub size_exponent: f64,
    /// Where business value (0–10) is read, first that answers: field:ID (a custom field of Jira), label:value/{n} (people's labels), file:PATH (CSV: key,value,until, beside the configuration file; until is the last day, or empty), parent (what the item that it is part of has). Of several answers the largest.
    pub value: Vec<String>,
    /// A rule's weight by its name; 0 switches it off.
    #[schemars(extend("x-each" = { "minimum": 0, "maximum": 1000 }))]
    pub weights: BTreeMap<String, f64>,
    /// Your own rules, in CEL; a scope's list replaces this one. At most 500.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct PriorityBands {
    /// Least score of p0.
    #[schemars(range(min = 0, max = 100))]
    pub p0: f64,
    /// Least score of p1.
    #[schemars(range(min = 0, max = 100))]
    pub p1: f64,
    /// Least score of p2.
    #[schemars(range(min = 0, max = 100))]
    pub p2: f64,
    /// Least score of p3: 0.
    #[schemars(range(min = 0, max = 100))]
    pub p3: f64,
}

/// [complexity]
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Complexity {
    /// Least story points of each level.
    pub bands: ComplexityBands,
    /// Share of a band's edge that a size must be past before a level changes.
    #[schemars(range(min = 0, max = 0.5))]
    pub hysteresis: f64,
    /// Learn from each scope's own estimated history.
    pub learn: bool,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ComplexityBands {
    /// Least story points of xs: 0.
    #[schemars(range(min = 0, max = 1000))]
    pub xs: f64,
    /// Least story points of s.
    #[schemars(range(min = 0, max = 1000))]
    pub s: f64,
    /// Least story points of m.
    #[schemars(range(min = 0, max = 1000))]
    pub m: f64,
    /// Least story points of l.
    #[schemars(range(min = 0, max = 1000))]
    pub l: f64,
    /// Least story points of xl.
    #[schemars(range(min = 0, max = 1000))]
    pub xl: f64,
}

/// [readiness]
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Readiness {
    /// Scored and shown; written only where a sink says so.
    pub enabled: bool,
}

/// [limits]
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Limits {
    /// A cycle that would write to more issues waits for approval.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub changes_max: usize,
    /// So does one that would write to a larger share of all open issues, from 20 issues on.
    #[schemars(range(min = 0, max = 1))]
    pub share_max: f64,
    /// Age of a tracker's last successful reading past which nothing is written: a duration such as 1h.
    pub stale_max: String,
    /// After how many refusals in a row (validation, screen, permission) an issue is set aside until it changes.
    #[schemars(range(min = 1, max = 100))]
    pub refusals_max: u32,
    /// After how many times that somebody reversed our value of one field of one issue it is left to them until released.
    #[schemars(range(min = 1, max = 100))]
    pub reversals_max: u32,
}

/// A scope's head; its tables are laid over the defaults before they are read.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Scope {
    /// Its name.
    pub name: Option<String>,
    /// The containers it holds for.
    #[serde(rename = "match")]
    pub matches: Option<Vec<String>>,
}

/// What a scope may say otherwise, laid over the defaults.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Tables {
    pub write: Write,
    pub sink: Vec<Sink>,
    pub priority: Priority,
    pub complexity: Complexity,
    pub readiness: Readiness,
    pub limits: Limits,
}

/// [[priority.rules]]: your own rule.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("x-required" = ["name", "when", "add"]))]
pub(super) struct Rule {
    /// The rule's name, which explanations show.
    pub name: Option<String>,
    /// When it counts, in CEL, at most 1000 bytes: 'customer' in item.labels && item.status != 'done'. What it may read and use is listed below.
    pub when: Option<String>,
    /// Points that it adds to the score before size counts, in tenths.
    #[schemars(range(min = -100, max = 100))]
    pub add: Option<f64>,
}
