//! The handle on running trackers: addresses, what is in them, who wrote what, what was asked; and scripted faults.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::DropGuard;

use super::faults::{Fault, FaultPlan, Matcher, Strikes};
use super::webhooks::{Deliveries, Webhook};
use super::{Clock, SandboxError, Shared, Tracker, hold};

/// Running trackers. Clones are cheap and mean the same trackers, which stop when the last clone is dropped.
#[derive(Clone)]
pub struct Running {
    pub(super) shared: Arc<Shared>,
    pub(super) actor: Arc<str>,
    _guard: Option<Arc<DropGuard>>,
}

impl fmt::Debug for Running {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { github_url, jira_url, .. } = &*self.shared;
        write!(out, "Running {{ github: {github_url}, jira: {jira_url}, actor: {} }}", self.actor)
    }
}

/// What signs the webhooks that [`Running::tell_daemon_at`] registers.
const WEBHOOK_SECRET: &str = "sandbox-webhooks-0123456789abcdef";

/// What an issue holds now.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Its immutable id.
    pub id: String,
    /// Title or summary.
    pub title: String,
    /// Not closed, not done.
    pub open: bool,
    /// A pull request.
    pub pull_request: bool,
    /// Sorted label names.
    pub labels: Vec<String>,
    /// Jira's priority name.
    pub priority: Option<String>,
    /// Jira's status name, or `open` and `closed`.
    pub status: String,
    /// Jira's number fields by id.
    pub numbers: BTreeMap<String, f64>,
    /// When it was last updated.
    pub updated: Timestamp,
}

/// One entry of who wrote what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// In which tracker.
    pub tracker: Tracker,
    /// The key now: `acme/api#7` or `PAY-7`.
    pub key: String,
    /// Login, or the name in Jira by which seeds refer to the person; the bot's is its login or email.
    pub actor: String,
    /// `labeled`, `unlabeled`, `renamed`, `closed`, `reopened`; in Jira the field's id.
    pub what: String,
    /// Before; for Jira's labels all of them, separated by spaces.
    pub from: Option<String>,
    /// After.
    pub to: Option<String>,
}

impl Running {
    pub(super) fn holding(shared: Arc<Shared>) -> Self {
        let guard = Arc::new(shared.stop.clone().drop_guard());
        Self { actor: Arc::from(shared.options.person.as_str()), _guard: Some(guard), shared }
    }

    /// A handle that doesn't keep the trackers alive, for hooks.
    pub(super) fn lent(shared: &Arc<Shared>) -> Self {
        Self { actor: Arc::from(shared.options.person.as_str()), _guard: None, shared: Arc::clone(shared) }
    }

    /// The same trackers with another person acting.
    #[must_use]
    pub fn by(&self, person: &str) -> Self {
        Self { actor: Arc::from(person), ..self.clone() }
    }

    /// Base address of the GitHub, without a slash at its end.
    #[must_use]
    pub fn github_url(&self) -> &str {
        &self.shared.github_url
    }

    /// Base address of the Jira, without a slash at its end.
    #[must_use]
    pub fn jira_url(&self) -> &str {
        &self.shared.jira_url
    }

    /// The bot's token, which may write.
    #[must_use]
    pub fn github_token(&self) -> &str {
        &self.shared.options.github_token
    }

    /// The bot's login.
    #[must_use]
    pub fn github_login(&self) -> &str {
        &self.shared.options.github_login
    }

    /// The bot's token that may only read.
    #[must_use]
    pub fn github_read_only_token(&self) -> &str {
        &self.shared.options.github_read_only_token
    }

    /// The bot's email.
    #[must_use]
    pub fn jira_user(&self) -> &str {
        &self.shared.options.jira_user
    }

    /// The bot's API token, which may write.
    #[must_use]
    pub fn jira_token(&self) -> &str {
        &self.shared.options.jira_token
    }

    /// The bot's API token that may only read.
    #[must_use]
    pub fn jira_read_only_token(&self) -> &str {
        &self.shared.options.jira_read_only_token
    }

    /// The repositories' names now, `owner/name`, in the corpus's order.
    #[must_use]
    pub fn repositories(&self) -> Vec<String> {
        hold(&self.shared.github).names()
    }

    /// The projects' keys, in the corpus's order.
    #[must_use]
    pub fn projects(&self) -> Vec<String> {
        hold(&self.shared.jira).keys()
    }

    /// Tells a roadmapd that hears webhooks at this address what happens in both trackers. In a runtime only.
    ///
    /// # Errors
    /// It is no address.
    pub fn tell_daemon_at(&self, address: SocketAddr) -> Result<(), SandboxError> {
        for (tracker, name) in [(Tracker::GitHub, "github"), (Tracker::Jira, "jira")] {
            let url = format!("http://{address}/webhooks/{name}");
            self.add_webhook(Webhook { tracker, url, secret: WEBHOOK_SECRET.to_owned(), copies: 1 })?;
        }
        Ok(())
    }

    /// A configuration under which roadmapd reads these trackers, every repository and project of them, as fast as it can, and
    /// hears their webhooks where [`Running::tell_daemon_at`] said where. The bot's tokens are written into files in `folder`, and
    /// the database is kept there.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn configuration(&self, folder: &Path) -> std::io::Result<String> {
        let secret = |name: &str, value: &str| {
            let path = folder.join(name);
            std::fs::write(&path, value).map(|()| path.display().to_string())
        };
        let (github_token, jira_token) =
            (secret("github-token", self.github_token())?, secret("jira-token", self.jira_token())?);
        let (mut hears, mut signed) = (String::new(), String::new());
        if let Some(webhook) = hold(&self.shared.webhooks).all().next() {
            let authority = webhook.url.trim_start_matches("http://").split('/').next().unwrap_or_default();
            hears = format!("listen_webhooks = {authority:?}\n");
            signed = format!("webhook_secret = {{ file = {:?} }}\n", secret("webhook-secret", &webhook.secret)?);
        }
        let budget = "budget = { writes_per_minute = 100000, writes_per_hour = 1000000, concurrency = 4 }";
        let database = format!("sqlite:{}", folder.join("roadmapd.db").display());
        // Rust's quoting of these plain texts and lists is TOML's too.
        Ok(format!(
            "[daemon]\ndatabase = {database:?}\nlisten = \"\"\n{hears}\n\
             [trackers.github]\nkind = \"github\"\nbase_url = {:?}\nauth = {{ token = {{ file = {github_token:?} }} }}\n\
             repositories = {:?}\n{signed}{budget}\n\n\
             [trackers.jira]\nkind = \"jira\"\nbase_url = {:?}\nauth = {{ user = {:?}, token = {{ file = {jira_token:?} }} }}\n\
             projects = {:?}\n{signed}{budget}\n",
            self.github_url(),
            self.repositories(),
            self.jira_url(),
            self.jira_user(),
            self.projects(),
        ))
    }

    /// Tells an address what happens in a tracker from now on. In a runtime only.
    ///
    /// # Errors
    /// It is no address.
    pub fn add_webhook(&self, webhook: Webhook) -> Result<(), SandboxError> {
        let tracker = webhook.tracker;
        let sender = hold(&self.shared.webhooks).add(webhook, self.shared.stop.clone())?;
        match tracker {
            Tracker::GitHub => hold(&self.shared.github).outbox.add(sender),
            Tracker::Jira => hold(&self.shared.jira).outbox.add(sender),
        }
        Ok(())
    }

    /// Tells nobody any more.
    pub fn clear_webhooks(&self) {
        hold(&self.shared.github).outbox.clear();
        hold(&self.shared.jira).outbox.clear();
        hold(&self.shared.webhooks).clear();
    }

    /// How the deliveries to each address went.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Deliveries> {
        hold(&self.shared.webhooks).deliveries()
    }

    /// The trackers' clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.shared.options.clock
    }

    /// Waits until [`Running::stop`]: a command serves with it.
    pub async fn wait(&self) {
        self.shared.stop.cancelled().await;
    }

    /// Stops both trackers.
    pub fn stop(&self) {
        self.shared.stop.cancel();
    }

    /// Label names of an issue, sorted. `key` is `acme/api#7` or `PAY-7`.
    ///
    /// # Errors
    /// No such issue.
    pub fn labels_of(&self, key: &str) -> Result<Vec<String>, SandboxError> {
        Ok(self.facts(key)?.labels)
    }

    /// What an issue holds.
    ///
    /// # Errors
    /// No such issue.
    pub fn facts(&self, key: &str) -> Result<Facts, SandboxError> {
        if is_github(key) { hold(&self.shared.github).facts(key) } else { hold(&self.shared.jira).facts(key) }
    }

    /// Everything in both trackers by key, pull requests included.
    #[must_use]
    pub fn all_facts(&self) -> BTreeMap<String, Facts> {
        let mut all = hold(&self.shared.github).all_facts();
        all.extend(hold(&self.shared.jira).all_facts());
        all
    }

    /// Every issue's sorted labels by key, in both trackers; pull requests included.
    #[must_use]
    pub fn all_labels(&self) -> BTreeMap<String, Vec<String>> {
        self.all_facts().into_iter().map(|(key, facts)| (key, facts.labels)).collect()
    }

    /// Who wrote what since the start, people and bot, in order of time.
    #[must_use]
    pub fn log(&self) -> Vec<Entry> {
        let mut log = hold(&self.shared.github).log();
        log.extend(hold(&self.shared.jira).log());
        log.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.key.cmp(&b.key)));
        log
    }

    /// Requests since the last reset, by tracker and route such as `GET /repos/{owner}/{repo}/issues`.
    #[must_use]
    pub fn requests(&self) -> BTreeMap<(Tracker, String), u64> {
        hold(&self.shared.counts).by_route.clone()
    }

    /// Requests to one tracker since the last reset, whatever the answer.
    #[must_use]
    pub fn request_count(&self, tracker: Tracker) -> u64 {
        hold(&self.shared.counts).by_route.iter().filter(|((t, _), _)| *t == tracker).map(|(_, n)| n).sum()
    }

    /// Requests of one tracker that could change something since the last reset, whatever the answer.
    #[must_use]
    pub fn write_count(&self, tracker: Tracker) -> u64 {
        hold(&self.shared.counts).writes.get(&tracker).copied().unwrap_or(0)
    }

    /// Starts counting anew.
    pub fn reset_counts(&self) {
        *hold(&self.shared.counts) = super::Counts::default();
    }

    /// The next `times` matching requests misbehave; `u32::MAX` means all until [`Running::heal`].
    pub fn fail(&self, tracker: Tracker, matcher: Matcher, fault: Fault, times: u32) {
        hold(&self.shared.script).fail(tracker, matcher, fault, times);
    }

    /// Takes back every fault of that tracker.
    pub fn heal(&self, tracker: Tracker) {
        hold(&self.shared.script).heal(tracker);
    }

    /// Puts a plan into force instead of the one before; what [`Running::fail`] scripted goes first.
    pub fn plan_faults(&self, plan: FaultPlan) {
        self.set_states(&plan);
        hold(&self.shared.script).plan(plan);
    }

    /// Takes back every fault of both trackers and the plan, and ends answers that never came. Hooks stay.
    pub fn heal_all(&self) {
        self.set_states(&FaultPlan::default());
        hold(&self.shared.script).heal_all();
        std::mem::take(&mut *hold(&self.shared.healed)).cancel();
    }

    /// The plan in force.
    #[must_use]
    pub fn fault_plan(&self) -> Option<FaultPlan> {
        hold(&self.shared.script).planned().map(|(plan, _)| plan.clone())
    }

    /// How often each rule of the plan in force met a request and struck, in the plan's order.
    #[must_use]
    pub fn strikes(&self) -> Vec<Strikes> {
        hold(&self.shared.script).planned().map(|(_, strikes)| strikes.to_vec()).unwrap_or_default()
    }

    /// Sets what a plan says of the world rather than of requests.
    fn set_states(&self, plan: &FaultPlan) {
        let lag_ms =
            plan.search_lag_s().map_or(self.shared.options.search_lag_ms, |seconds| seconds.saturating_mul(1000));
        hold(&self.shared.jira).set_states(lag_ms, plan.one_second_stamps());
    }

    /// Takes back every hook of that tracker whose request hasn't come.
    pub fn unhook(&self, tracker: Tracker) {
        hold(&self.shared.script).unhook(tracker);
    }

    /// Runs `act` just before the `nth` matching request (the next is 1) is handled.
    pub fn hook(&self, tracker: Tracker, matcher: Matcher, nth: u32, act: impl FnOnce(&Self) + Send + 'static) {
        hold(&self.shared.script).hook(tracker, matcher, nth, Box::new(act));
    }
}

/// `acme/api#7` rather than `PAY-7`.
pub(super) fn is_github(key: &str) -> bool {
    key.contains('#')
}
