//! Layered configuration -> checked Settings, everything that is wrong with it at once.

mod check;
mod containers;
mod credentials;
mod finding;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod inert;
mod labels;
mod layers;
mod notify;
mod own;
mod page;
mod pattern;
mod raw;
mod rules;
mod schedule;
mod schema;
mod scopes;
mod secret;
mod sinks;
mod trackers;
mod value;
mod walk;
mod webhooks;
mod word;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use config::Value;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::model::{ContainerKey, TrackerName};
use crate::plan::{Limits, Scheme, Target};
use crate::roadmap::{LinkSource, Links};
use crate::score::{LEARNED_FORM, ValueSource, Weights};
use crate::tracker::{LabelSpec, Secret, TrackerConfig};

use check::Check;
use containers::Reach;
use finding::shown;
use own::Own;

pub use finding::{Finding, Findings};
pub use notify::{Event, Notify, webhook};
pub use page::{Network, Page, PageAuth, Proxy};
pub use schedule::Schedule;
pub use schema::schema;
pub use scopes::Scope;
pub use webhooks::WEBHOOK_SECRET_CHARS_MIN;

/// A configuration that was checked as a whole.
#[derive(Clone, Debug)]
pub struct Settings {
    /// When a cycle is due, and where it keeps what it knows.
    pub daemon: Daemon,
    /// Who may read the page.
    pub page: Page,
    /// Where people are told. None: nowhere.
    pub notify: Option<Notify>,
    /// The trackers, by name; at least one.
    pub trackers: Vec<TrackerConfig>,
    /// What signs each tracker's webhooks. A tracker that isn't here is not heard; nobody is while nothing listens.
    pub webhook_secrets: BTreeMap<TrackerName, Secret>,
    /// How two issues are known to be one piece of work.
    pub links: Links,
    /// Own rules that are refused, each by its name, and what is wrong with them: they count for nothing, all else works.
    pub refused: Findings,
    /// What a person should know though nothing is wrong: what was set and does nothing yet. Sentences.
    pub warnings: Vec<String>,
    defaults: Own,
    scopes: Vec<Scope>,
    reach: Reach,
}

/// `[daemon]`.
#[derive(Clone, Debug)]
pub struct Daemon {
    /// When a cycle is due.
    pub schedule: Schedule,
    /// When a census is due.
    pub census: Schedule,
    /// Whose midnight turns the day; cron is read on its clock.
    pub timezone: TimeZone,
    /// The store: `sqlite:PATH`.
    pub database: String,
    /// Address of page, API, health and metrics. None: switched off.
    pub listen: Option<SocketAddr>,
    /// Address of webhooks. None: switched off.
    pub listen_webhooks: Option<SocketAddr>,
}

impl Settings {
    /// Loads the defaults, these files in order (without any: `roadmapd.toml` in the current directory), and `ROADMAPD__…`
    /// of the environment given, each laid over those before it.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load(files: &[PathBuf], env: &[(String, String)]) -> Result<Self, Findings> {
        Self::load_from(Path::new(""), files, env)
    }

    /// As [`Settings::load`], but looks for `roadmapd.toml` in this directory.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load_from(directory: &Path, files: &[PathBuf], env: &[(String, String)]) -> Result<Self, Findings> {
        let mut findings = Findings::default();
        let texts = layers::open(directory, files, &mut findings);
        if texts.is_empty() {
            return Err(findings);
        }
        Self::from_layers(&texts, env, findings)
    }

    /// Reads one text as if it were the only file; findings call it `roadmapd.toml`.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn from_toml(text: &str, env: &[(String, String)]) -> Result<Self, Findings> {
        Self::from_layers(&[("roadmapd.toml".to_owned(), text.to_owned())], env, Findings::default())
    }

    /// As [`Settings::load`], and where something is wrong also what can be made of the rest: only to find out at once what
    /// else is wrong, never to work with.
    pub fn load_in_part(files: &[PathBuf], env: &[(String, String)]) -> (Option<Self>, Findings) {
        let mut findings = Findings::default();
        let texts = layers::open(Path::new(""), files, &mut findings);
        if texts.is_empty() { (None, findings) } else { Self::in_part(&texts, env, findings) }
    }

    fn from_layers(texts: &[(String, String)], env: &[(String, String)], findings: Findings) -> Result<Self, Findings> {
        match Self::in_part(texts, env, findings) {
            (Some(settings), findings) if findings.is_empty() => Ok(settings),
            (_, findings) => Err(findings),
        }
    }

    fn in_part(
        texts: &[(String, String)],
        env: &[(String, String)],
        mut findings: Findings,
    ) -> (Option<Self>, Findings) {
        let merged = layers::read(texts, env, &mut findings);
        let env: BTreeMap<String, String> = env.iter().cloned().collect();
        let settings = check(&merged, &env, &mut findings);
        if settings.is_none() && findings.is_empty() {
            let next = "compare it with config/example.toml";
            findings.add("the configuration", "", "it can't be read as a whole", next);
        }
        (settings, findings)
    }

    /// The knobs of score, for the defaults and each of these containers.
    pub fn weights(&self, containers: &[ContainerKey]) -> Weights {
        scopes::per_container(&self.defaults, &self.scopes, containers, |own| own.knobs.clone())
    }

    /// What may be written where, for the defaults and each of these containers.
    pub fn scheme(&self, containers: &[ContainerKey]) -> Scheme {
        scopes::per_container(&self.defaults, &self.scopes, containers, |own| own.scheme.clone())
    }

    /// What a plan may touch without a person: the defaults' limits, and those of scopes that have their own for these
    /// containers. Containers of a scope that says nothing of limits count with the rest.
    pub fn limits(&self, containers: &[ContainerKey]) -> Limits {
        scopes::limits(&self.defaults, &self.scopes, containers)
    }

    /// The name of the scope that holds for a container. None: the defaults do.
    pub fn scope_of(&self, container: &ContainerKey) -> Option<&str> {
        scopes::scope_of(&self.scopes, container).map(|scope| scope.name.as_str())
    }

    /// The scopes, in the configuration's order.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// Whether levels are written in a container; otherwise they are only worked out and shown there, for which a
    /// read-only credential suffices.
    pub fn writes(&self, container: &ContainerKey) -> bool {
        self.own_of(container).writes_to(&container.tracker)
    }

    /// Whether levels may be written in any container of a tracker, as far as the configuration alone can tell.
    pub fn writes_to(&self, tracker: &TrackerName) -> bool {
        scopes::writes_to(&self.defaults, &self.scopes, tracker, &self.reach)
    }

    /// Days for which nobody touched an open issue of a container past which it is scored and not written.
    pub fn idle_max_days(&self, container: &ContainerKey) -> Option<u32> {
        self.own_of(container).scheme.idle_max_days
    }

    fn own_of(&self, container: &ContainerKey) -> &Own {
        scopes::scope_of(&self.scopes, container).map_or(&self.defaults, |scope| &scope.own)
    }

    /// The labels that each tracker's catalogue must have; empty for a tracker without a label sink.
    pub fn label_specs(&self) -> BTreeMap<TrackerName, Vec<LabelSpec>> {
        let mut specs: BTreeMap<TrackerName, BTreeSet<LabelSpec>> = BTreeMap::new();
        for own in std::iter::once(&self.defaults).chain(self.scopes.iter().map(|scope| &scope.own)) {
            for (tracker, sinks) in &own.scheme.sinks {
                let spelled: Vec<LabelSpec> = sinks.iter().flat_map(labels::specs).collect();
                let hand_back = (!spelled.is_empty()).then(labels::hand_back);
                specs.entry(tracker.clone()).or_default().extend(spelled.into_iter().chain(hand_back));
            }
        }
        specs.into_iter().map(|(tracker, specs)| (tracker, specs.into_iter().collect())).collect()
    }

    /// SHA-256, in hex, over everything that shapes a plan: trackers and what is read of them, links, knobs, scheme, limits,
    /// time zone, and the version that reads them. Not secrets, pace, schedule, store or addresses: when those change, a quiet cycle stays quiet.
    pub fn digest(&self) -> String {
        let trackers: Vec<String> = self.trackers.iter().map(read_of).collect();
        let scopes: Vec<_> = self.scopes.iter().map(|scope| (&scope.patterns, &scope.own)).collect();
        let zone = self.daemon.timezone.iana_name();
        let version = (env!("CARGO_PKG_VERSION"), LEARNED_FORM);
        let text = format!("{version:?} {trackers:?} {:?} {:?} {scopes:?} {zone:?}", self.links, self.defaults);
        Sha256::digest(text.as_bytes()).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    }
}

fn read_of(tracker: &TrackerConfig) -> String {
    match tracker {
        TrackerConfig::Github(github) => {
            format!("{:?}", (&github.name, github.base_url.as_str(), &github.repositories))
        }
        TrackerConfig::Jira(jira) => {
            format!("{:?}", (&jira.name, jira.base_url.as_str(), &jira.projects, &jira.jql, &jira.story_points))
        }
    }
}

fn check(merged: &Value, env: &BTreeMap<String, String>, findings: &mut Findings) -> Option<Settings> {
    let read =
        |value: &Value| value.clone().try_deserialize::<raw::Raw>().ok().zip(value.clone().try_deserialize().ok());
    let (raw, tables) = read(merged)?;
    let mut check = Check {
        merged,
        env,
        findings,
        refused: Findings::default(),
        compiled: rules::Compiled::new(),
        values: value::Files::new(),
    };
    let daemon = daemon(&raw.daemon, &mut check);
    let page = page::page(&raw.page, daemon.as_ref().and_then(|daemon| daemon.listen), &mut check);
    let notify = notify::notify(&raw.notify, &mut check);
    let mut trackers = trackers::trackers(&raw.trackers, &mut check);
    let (listen, listen_webhooks) =
        daemon.as_ref().map_or((None, None), |daemon| (daemon.listen, daemon.listen_webhooks));
    let (webhook_secrets, unheard) = webhooks::webhooks(&raw, listen, listen_webhooks, &mut check);
    let reach = Reach::of_all(&trackers.configs);
    let defaults = own::own(&tables, "", &trackers.kinds, &mut check);
    let scopes = scopes::scopes(&raw, &trackers.kinds, &mut check);
    let compared = scopes::compare(&scopes, &reach, &mut check);
    let inert = inert::warnings(&raw, &check);
    let from = raw.links.from.iter().filter_map(|word| link_source(word)).collect();
    let links = Links { from, ..Links::default() };
    read_fields(&mut trackers.configs, std::iter::once(&defaults).chain(scopes.iter().map(|scope| &scope.own)));
    let Check { refused, .. } = check;
    let left_out =
        refused.iter().map(|finding| format!("AN OWN RULE IS REFUSED and counts for nothing: {finding}")).collect();
    let warnings = [left_out, inert, unheard, trackers.warnings, compared].concat();
    Some(Settings {
        daemon: daemon?,
        page,
        notify,
        trackers: trackers.configs,
        webhook_secrets,
        links,
        refused,
        warnings,
        defaults,
        scopes,
        reach,
    })
}

/// Lets each Jira tracker read the fields that sinks write there and that own rules and business value ask for.
fn read_fields<'a>(configs: &mut [TrackerConfig], own: impl Iterator<Item = &'a Own> + Clone) {
    for config in configs {
        let TrackerConfig::Jira(jira) = config else { continue };
        let sinks = own.clone().flat_map(|own| own.scheme.of(&jira.name));
        let fields: BTreeSet<String> = sinks
            .filter_map(|sink| match &sink.target {
                Target::Field(id) => Some(id.clone()),
                _ => None,
            })
            .collect();
        jira.fields = fields.into_iter().collect();
        let valued = own.clone().flat_map(|own| &own.knobs.value).filter_map(|source| match source {
            ValueSource::Field(id) => Some(id),
            _ => None,
        });
        let asked: BTreeSet<&String> = own.clone().flat_map(|own| own.knobs.rules.fields()).chain(valued).collect();
        jira.fields_asked = asked.into_iter().cloned().collect();
    }
}

fn link_source(word: &str) -> Option<LinkSource> {
    match word {
        "mirror" => Some(LinkSource::Mirror),
        "explicit-line" => Some(LinkSource::ExplicitLine),
        "title-prefix" => Some(LinkSource::TitlePrefix),
        "remote-link" => Some(LinkSource::RemoteLink),
        "only-key-in-body" => Some(LinkSource::OnlyKeyInBody),
        _ => None,
    }
}

fn daemon(raw: &raw::Daemon, check: &mut Check<'_>) -> Option<Daemon> {
    let mut cron = |key: &str, text: &str| {
        text.parse::<Schedule>().map_err(|problem| {
            let next = "write five fields (minute hour day month weekday) or six, seconds first: \"0 */5 * * * *\"";
            check.wrong(key, format!("{} is not a schedule: {problem}", shown(text)), next);
        })
    };
    let (schedule, census) = (cron("daemon.schedule", &raw.schedule), cron("daemon.census", &raw.census));
    let timezone = TimeZone::get(&raw.timezone).map_err(|_| {
        let problem = format!("{} is not a known time zone", shown(&raw.timezone));
        check.wrong("daemon.timezone", problem, "write an IANA name such as UTC or Europe/Berlin");
    });
    let database = database(&raw.database, check);
    let mut address = |key: &str, text: &str| match text {
        "" => None,
        _ => text
            .parse::<SocketAddr>()
            .map_err(|_| {
                let problem = format!("{} is not an address with a port", shown(text));
                check.wrong(key, problem, "write it like 127.0.0.1:8780 or [::1]:8780, or \"\" to switch it off");
            })
            .ok(),
    };
    let listen = address("daemon.listen", &raw.listen);
    let listen_webhooks = address("daemon.listen_webhooks", &raw.listen_webhooks);
    Some(Daemon {
        schedule: schedule.ok()?,
        census: census.ok()?,
        timezone: timezone.ok()?,
        database: database?,
        listen,
        listen_webhooks,
    })
}

fn database(given: &secret::Given, check: &mut Check<'_>) -> Option<String> {
    let next = "write sqlite:PATH, for example sqlite:roadmapd.db";
    let text = match given.look_up(check.env) {
        Ok(text) => text,
        Err((problem, next)) => {
            check.wrong("daemon.database", problem, next);
            return None;
        }
    };
    // Only the scheme is ever shown: a password may stand behind it.
    let problem = match text.split_once(':') {
        Some(("sqlite", path)) if !path.trim_start_matches('/').is_empty() => return Some(text),
        Some(("sqlite", _)) => "it names no file".to_owned(),
        Some((scheme @ ("postgres" | "postgresql"), _)) => format!("{scheme} is not built yet (the rest is not shown)"),
        _ => "it doesn't begin with sqlite: (it is not shown)".to_owned(),
    };
    check.wrong("daemon.database", problem, next);
    None
}
