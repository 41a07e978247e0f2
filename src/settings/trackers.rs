//! `[trackers.NAME]` -> what the trackers need to be connected.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::check::Check;
use super::containers::{projects, repositories};
use super::credentials::{self, ca_file};
use super::finding::shown;
use super::raw;
use super::walk::join;
use crate::model::TrackerName;
use crate::tracker::{Budget, GithubConfig, JiraConfig, TrackerConfig, is_loopback};

/// What kind of tracker it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Github,
    Jira,
}

/// GitHub asks of whoever makes content to stay below 80 a minute and 500 an hour.
const GITHUB_BUDGET: Budget = Budget { writes_per_minute: 60, writes_per_hour: 500, concurrency: 4 };
/// Jira limits bursts, not hours: the minute's pace holds all hour.
const JIRA_BUDGET: Budget = Budget { writes_per_minute: 600, writes_per_hour: 36_000, concurrency: 4 };

/// What `[trackers]` says.
#[derive(Debug, Default)]
pub(super) struct Trackers {
    /// Those that can be connected.
    pub configs: Vec<TrackerConfig>,
    /// The kind of each that is named.
    pub kinds: BTreeMap<TrackerName, Kind>,
    /// What a person should know though nothing is wrong.
    pub warnings: Vec<String>,
}

/// Reads the trackers.
pub(super) fn trackers(raw: &BTreeMap<String, raw::Tracker>, check: &mut Check<'_>) -> Trackers {
    let (mut trackers, mut folded) = (Trackers::default(), BTreeSet::new());
    if raw.is_empty() {
        let next = "add [trackers.github] or [trackers.jira] with kind, base_url and auth";
        check.missing("trackers", next);
    }
    for (name, tracker) in raw {
        let key = join("trackers", name);
        let named = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            && name.len() <= 40;
        if !named {
            let next = "use a letter, then up to 39 letters, digits, - and _: the name prefixes keys";
            check.wrong(&key, "a tracker can't have this name", next);
        }
        if !folded.insert(name.to_lowercase()) {
            let next = "rename one: environment variables can't tell them apart";
            check.wrong(&key, "another tracker has the same name but for upper and lower case", next);
        }
        let kind = match tracker.kind.as_deref() {
            Some("github") => Kind::Github,
            Some("jira") => Kind::Jira,
            _ => {
                check.missing(&join(&key, "kind"), "write kind = \"github\" or kind = \"jira\"");
                continue;
            }
        };
        let name = TrackerName::new(name);
        trackers.kinds.insert(name.clone(), kind);
        trackers.configs.extend(match kind {
            Kind::Github => github(name, tracker, &key, check, &mut trackers.warnings).map(TrackerConfig::Github),
            Kind::Jira => jira(name, tracker, &key, check).map(TrackerConfig::Jira),
        });
    }
    trackers
}

fn github(
    name: TrackerName,
    raw: &raw::Tracker,
    key: &str,
    check: &mut Check<'_>,
    warnings: &mut Vec<String>,
) -> Option<GithubConfig> {
    for (field, given) in
        [("projects", raw.projects.is_some()), ("jql", raw.jql.is_some()), ("fields", raw.fields.is_some())]
    {
        refuse_foreign(field, given, "a Jira tracker", key, check);
    }
    let user = raw.auth.as_ref().is_some_and(|auth| auth.user.is_some());
    refuse_foreign("auth.user", user, "a Jira tracker", key, check);
    let base_url = base_url(raw, key, check);
    if base_url.as_ref().is_some_and(|url| url.host_str() == Some("github.com")) {
        let next = "write https://api.github.com, or https://HOST/api/v3 for GitHub Enterprise";
        check.wrong(&join(key, "base_url"), "https://github.com is the page, not the API", next);
    }
    let auth = credentials::github(raw, key, check);
    let repositories = repositories(raw.repositories.as_deref(), &join(key, "repositories"), check, warnings);
    let ca_file = ca_file(raw, key, check);
    let budget = budget(GITHUB_BUDGET, raw.budget.as_ref());
    Some(GithubConfig { name, base_url: base_url?, auth: auth?, repositories, ca_file, budget })
}

fn jira(name: TrackerName, raw: &raw::Tracker, key: &str, check: &mut Check<'_>) -> Option<JiraConfig> {
    refuse_foreign("repositories", raw.repositories.is_some(), "a GitHub tracker", key, check);
    let user = raw.auth.as_ref().and_then(|auth| auth.user.clone());
    if user.as_ref().is_some_and(|user| user.trim().is_empty() || user.contains(':') || user.contains(char::is_control))
    {
        let next = "write the account's e-mail address, or leave user out for Bearer";
        check.wrong(&format!("{key}.auth.user"), "it is empty or has a colon or a control character", next);
    }
    let fields = raw.fields.as_ref();
    let story_points = fields.and_then(|fields| fields.get("story_points").cloned()).filter(|id| !id.is_empty());
    if let Some(id) = &story_points
        && !(id.starts_with("customfield_") && id[12..].parse::<u64>().is_ok())
    {
        let next = "write its id, for example customfield_10016, or leave it out: it is found by schema";
        check.wrong(
            &format!("{key}.fields.story_points"),
            format!("{} is not the id of a custom field", shown(id)),
            next,
        );
    }
    let base_url = base_url(raw, key, check);
    let app = raw.auth.as_ref().is_some_and(|auth| auth.app.is_some());
    refuse_foreign("auth.app", app, "a GitHub tracker", key, check);
    let token = if app { None } else { credentials::token(raw, key, check) };
    let ca_file = ca_file(raw, key, check);
    let projects = projects(raw.projects.as_deref(), &join(key, "projects"), check);
    let budget = budget(JIRA_BUDGET, raw.budget.as_ref());
    let jql = raw.jql.clone().unwrap_or_default();
    let gateway = Url::parse("https://api.atlassian.com").ok()?;
    let (base_url, token) = (base_url?, token?);
    // Those that sinks write are added once the sinks are read.
    let fields = Vec::new();
    Some(JiraConfig {
        name,
        base_url,
        gateway,
        user,
        token,
        projects,
        jql,
        story_points,
        fields,
        fields_asked: Vec::new(),
        ca_file,
        budget,
    })
}

fn refuse_foreign(field: &str, given: bool, whose: &str, key: &str, check: &mut Check<'_>) {
    if given {
        check.wrong(&format!("{key}.{field}"), format!("only {whose} has this"), "take it out, or correct kind");
    }
}

fn base_url(raw: &raw::Tracker, key: &str, check: &mut Check<'_>) -> Option<Url> {
    let key = join(key, "base_url");
    let Some(text) = &raw.base_url else {
        check.missing(&key, "write where the tracker answers, for example https://api.github.com");
        return None;
    };
    let next = "write https://HOST, for example https://api.github.com or https://acme.atlassian.net";
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => {
            // Not the text: a password may stand in it.
            check.wrong(&key, format!("it is not a URL ({error})"), next);
            return None;
        }
    };
    let problem = if !url.username().is_empty() || url.password().is_some() {
        Some("a user or password may not stand in it (it is not shown)".to_owned())
    } else if url.query().is_some() || url.fragment().is_some() {
        Some("it may have no ? and no # part".to_owned())
    } else if url.host().is_none() || !matches!(url.scheme(), "https" | "http") {
        Some(format!("its scheme is {} and must be https", url.scheme()))
    } else if url.scheme() == "http" && !is_loopback(&url) {
        Some("plain http is only allowed on loopback: the token would travel in the clear".to_owned())
    } else {
        None
    };
    match problem {
        Some(problem) => {
            check.wrong(&key, problem, next);
            None
        }
        None => Some(url),
    }
}

fn budget(built_in: Budget, raw: Option<&raw::Budget>) -> Budget {
    let Some(raw) = raw else { return built_in };
    Budget {
        writes_per_minute: raw.writes_per_minute.unwrap_or(built_in.writes_per_minute),
        writes_per_hour: raw.writes_per_hour.unwrap_or(built_in.writes_per_hour),
        concurrency: raw.concurrency.unwrap_or(built_in.concurrency),
    }
}
