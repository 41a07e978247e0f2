//! Change -> intent, a fresh look where a field is set, one PUT, outcome.

use http::Method;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::flavour::Flavour;
use super::told::Bare;
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
        work_off(changes, self.concurrency, Some(stop), |change| self.change(change, log, stop)).await.map(drop)
    }

    async fn change<L: Log>(&self, change: Change, log: &L, stop: &CancellationToken) -> Result<(), Trouble> {
        log.intend(&change).await?;
        let trouble = match self.apply(&change, stop).await {
            Ok(outcome) => return log.outcome(&change, outcome).await,
            Err(trouble) => trouble,
        };
        let error = format!("{}: {trouble}", change.key);
        let outcome = match trouble.kind {
            TroubleKind::FateUnknown => Outcome::Unknown { error },
            _ => Outcome::Failed { error },
        };
        log.outcome(&change, outcome).await?;
        if trouble.ends_batch() { Err(trouble) } else { Ok(()) }
    }

    /// Writes a change. Setting a field replaces what stands there, so it is looked at first: a person may have been quicker.
    async fn apply(&self, change: &Change, stop: &CancellationToken) -> Result<Outcome, Trouble> {
        let fields: Vec<String> = edit::fields(change).map(|(field, _)| field).collect();
        let (mut screen, mut screen_key) = (None, None);
        if !fields.is_empty() {
            let target = format!("issue/{}?fields=issuetype,project,{}", change.issue.id, fields.join(","));
            let now: Bare = self.client.get(&PLAIN.path(&target)).await?;
            if let Some(found) = edit::superseded(change, &now.fields.rest) {
                return Ok(Outcome::Superseded { found });
            }
            let key = (now.fields.project.key, now.fields.kind.id);
            screen = Some(self.screen(&key, &change.issue.id).await?);
            screen_key = Some(key);
        }
        let body = match edit::body(change, screen.as_deref()) {
            Ok(body) => body,
            Err(error) => return Ok(Outcome::Failed { error: format!("{}: {error}", change.key) }),
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
