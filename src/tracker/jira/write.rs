//! Change -> intent, a fresh look where a field is set, one PUT, outcome.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::by_id::AT_ONCE_MAX;
use super::flavour::Flavour;
use super::told::{Bare, Placed};
use super::wire::Page;
use super::{Jira, edit};
use crate::plan::{Change, Outcome};
use crate::tracker::http::work_off;
use crate::tracker::{Log, Trouble, TroubleKind};

/// Writes speak version 2, which both kinds of Jira know: its texts are plain, not documents.
pub(super) const PLAIN: Flavour = Flavour::DataCenter;

impl Jira {
    pub(super) async fn write_all<L: Log>(
        &self,
        changes: Vec<Change>,
        log: &L,
        stop: &CancellationToken,
    ) -> Result<(), Trouble> {
        let strays = self.strays(&changes).await?;
        work_off(changes, self.concurrency, Some(stop), |change| self.change(change, &strays, log, stop))
            .await
            .map(drop)
    }

    /// Projects of issues that were moved out of the configured ones: they keep their ids, and no window shows that they
    /// left. Data Center is asked issue by issue, just before each write.
    async fn strays(&self, changes: &[Change]) -> Result<BTreeMap<String, String>, Trouble> {
        let mut strays = BTreeMap::new();
        if self.known_site().is_none_or(|site| site.flavour == Flavour::DataCenter) {
            return Ok(strays);
        }
        for some in changes.chunks(AT_ONCE_MAX) {
            let ids: Vec<&str> = some.iter().map(|change| change.issue.id.as_str()).collect();
            let body = json!({"issueIdsOrKeys": ids, "fields": ["project"]});
            let page: Page<Placed> = self.client.ask(&Flavour::Cloud.path("issue/bulkfetch"), &body).await?;
            let places: BTreeMap<String, String> =
                page.issues.into_iter().map(|placed| (placed.id, placed.fields.project.key)).collect();
            let place = |change: &Change| Some((change.issue.id.clone(), places.get(&change.issue.id)?.clone()));
            let moved = |change: &&Change| places.get(&change.issue.id).is_some_and(|key| self.is_stray(change, key));
            strays.extend(some.iter().filter(moved).filter_map(place));
        }
        Ok(strays)
    }

    /// Whether an issue isn't where it was read any more, but in a project that isn't configured.
    fn is_stray(&self, change: &Change, project: &str) -> bool {
        !project.is_empty() && project != change.container.local && !self.projects.iter().any(|key| key == project)
    }

    async fn change<L: Log>(
        &self,
        change: Change,
        strays: &BTreeMap<String, String>,
        log: &L,
        stop: &CancellationToken,
    ) -> Result<(), Trouble> {
        self.client.lane.reserve(stop).await?;
        log.intend(&change).await?;
        if let Some(project) = strays.get(&change.issue.id) {
            return log.outcome(&change, strayed(&change, project)).await;
        }
        let trouble = match self.apply(&change, stop).await {
            Ok(outcome) => {
                log.outcome(&change, outcome).await?;
                return self.client.lane.ailing(false);
            }
            Err(trouble) => trouble,
        };
        let error = format!("{}: {trouble}", change.key);
        let outcome = match trouble.kind {
            TroubleKind::FateUnknown => Outcome::Unknown { error },
            kind if kind.is_of_one_issue() => Outcome::Refused { error },
            _ => Outcome::Failed { error },
        };
        log.outcome(&change, outcome).await?;
        if trouble.ends_batch() {
            return Err(trouble);
        }
        self.client.lane.ailing(trouble.kind == TroubleKind::FateUnknown)
    }

    /// Writes a change. Setting a field replaces what stands there, so it is looked at first: a person may have been quicker.
    async fn apply(&self, change: &Change, stop: &CancellationToken) -> Result<Outcome, Trouble> {
        let fields: Vec<String> = edit::fields(change).map(|(field, _)| field).collect();
        let (mut screen, mut screen_key) = (None, None);
        let alone = self.known_site().is_some_and(|site| site.flavour == Flavour::DataCenter);
        if alone || !fields.is_empty() {
            let target = format!("issue/{}?fields=issuetype,project,{}", change.issue.id, fields.join(","));
            let now: Bare = self.client.get(&PLAIN.path(&target)).await?;
            if self.is_stray(change, &now.fields.project.key) {
                return Ok(strayed(change, &now.fields.project.key));
            }
            if let Some(found) = edit::superseded(change, &now.fields.rest) {
                return Ok(Outcome::Superseded { found });
            }
            if !fields.is_empty() {
                let key = (now.fields.project.key, now.fields.kind.id);
                screen = Some(self.screen(&key, &change.issue.id).await?);
                screen_key = Some(key);
            }
        }
        let body = match edit::body(change, screen.as_deref()) {
            Ok(body) => body,
            Err(error) => return Ok(Outcome::Refused { error: format!("{}: {error}", change.key) }),
        };
        let answered = self.put(change, &body, stop).await;
        if let (Err(TroubleKind::Invalid), Some(key)) = (answered.as_ref().map_err(|trouble| trouble.kind), screen_key)
        {
            self.forget_screen(&key);
        }
        answered.map(|()| Outcome::Done)
    }

    /// The one PUT, without notifying watchers where the account may do that: an administrator's right, refused with a 403.
    async fn put(&self, change: &Change, body: &Value, stop: &CancellationToken) -> Result<(), Trouble> {
        let loudly = PLAIN.path(&format!("issue/{}", change.issue.id));
        let project = &change.container.local;
        let is_loud = self.is_loud(project);
        if !is_loud {
            let quietly = format!("{loudly}?notifyUsers=false");
            match self.client.write(Method::PUT, &quietly, body, stop).await {
                Err(trouble) if trouble.kind == TroubleKind::Forbidden => {}
                answered => return answered.map(drop),
            }
        }
        self.client.write(Method::PUT, &loudly, body, stop).await?;
        if !is_loud {
            self.know_loud(project);
        }
        Ok(())
    }
}

/// What becomes of a change to an issue that was moved away.
fn strayed(change: &Change, project: &str) -> Outcome {
    let error = format!("it was moved to {project}, which isn't among projects: nothing was written there");
    Outcome::Refused { error: format!("{}: {error}", change.key) }
}
