//! What a tracker needs to be connected: the knobs of this room.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use crate::model::TrackerName;

/// One configured tracker.
#[derive(Clone, Debug)]
pub enum TrackerConfig {
    /// `kind = "github"`.
    Github(GithubConfig),
    /// `kind = "jira"`.
    Jira(JiraConfig),
}

impl TrackerConfig {
    /// The tracker's name.
    pub fn name(&self) -> &TrackerName {
        match self {
            Self::Github(config) => &config.name,
            Self::Jira(config) => &config.name,
        }
    }

    /// The least that the credential must be allowed, where levels are only worked out or also written. One sentence.
    pub fn least(&self, writes: bool) -> &'static str {
        match (self, writes) {
            (Self::Github(_), false) => {
                "to observe: metadata and issues, read (a fine-grained token or an app); public_repo, or repo for private repositories (a classic token)"
            }
            (Self::Github(_), true) => {
                "to write: metadata, read, and issues, read and write (a fine-grained token or an app); public_repo or repo and the write role (a classic token)"
            }
            (Self::Jira(_), false) => {
                "to observe: Browse projects (an account); read:jira-work and read:jira-user (a scoped token)"
            }
            (Self::Jira(_), true) => {
                "to write: Browse projects and Edit issues (an account); write:jira-work besides (a scoped token)"
            }
        }
    }
}

/// A GitHub host.
#[derive(Clone, Debug)]
pub struct GithubConfig {
    /// Prefixes keys.
    pub name: TrackerName,
    /// `https://api.github.com` or `https://HOST/api/v3`.
    pub base_url: Url,
    /// Who we are there.
    pub auth: GithubAuth,
    /// `owner/repository` or patterns with `*`; `!` before one takes out what it fits. In the configuration's order.
    pub repositories: Vec<String>,
    /// Certificates (PEM) to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The pace.
    pub budget: Budget,
}

/// Who we are on a GitHub host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GithubAuth {
    /// A personal access token.
    Token(Secret),
    /// An app, whose installation is found for each owner.
    App {
        /// The app's id.
        id: u64,
        /// Its private key (PEM).
        private_key: Secret,
    },
}

/// A Jira site.
#[derive(Clone, Debug)]
pub struct JiraConfig {
    /// Prefixes keys.
    pub name: TrackerName,
    /// `https://SITE.atlassian.net`, or a Data Center's address with its context path.
    pub base_url: Url,
    /// Where scoped tokens of Cloud are accepted: `https://api.atlassian.com` but in tests.
    pub gateway: Url,
    /// The account of Basic authentication. None: Bearer.
    pub user: Option<String>,
    /// An API token.
    pub token: Secret,
    /// Project keys, in the configuration's order.
    pub projects: Vec<String>,
    /// Narrows further; empty: nothing.
    pub jql: String,
    /// The story-point field's id, `customfield_10016`. None: found by schema.
    pub story_points: Option<String>,
    /// Ids of further fields to read: those that sinks write.
    pub fields: Vec<String>,
    /// Ids of fields that own rules and business value ask for: read, and never written for that.
    pub fields_asked: Vec<String>,
    /// Certificates (PEM) to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The pace.
    pub budget: Budget,
}

/// How fast one credential may ask. Headers and refusals only tighten it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Writing requests a minute, at least 1.
    pub writes_per_minute: u32,
    /// Writing requests an hour, at least 1.
    pub writes_per_hour: u32,
    /// Requests under way at once, at least 1.
    pub concurrency: u32,
}

/// Where a secret comes from. The value itself is never kept in the configuration and never printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// An environment variable.
    Env(String),
    /// A file, read again when a credential is refused.
    File(PathBuf),
}

impl Secret {
    /// Reads the value, without the line end that editors leave.
    ///
    /// # Errors
    /// A sentence that names the variable or file, never the value.
    pub fn read(&self) -> Result<SecretString, String> {
        let value = match self {
            Self::Env(name) => std::env::var(name).map_err(|_| {
                format!("the environment variable {name} is not set (or not text); set it to the secret")
            })?,
            Self::File(path) => std::fs::read_to_string(path)
                .map_err(|error| format!("the secret file {} can't be read: {error}", path.display()))?,
        };
        let value = value.trim();
        if value.is_empty() {
            return Err(format!("{self} is empty; put the secret there"));
        }
        Ok(SecretString::from(value))
    }
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
        }
    }
}
