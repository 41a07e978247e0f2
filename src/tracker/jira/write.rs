//! Change -> intent, one PUT, outcome.

use http::Method;
use tokio_util::sync::CancellationToken;

use super::{Jira, map};
use crate::plan::{Change, Outcome};
use crate::tracker::http::work_off;
use crate::tracker::{Log, Trouble, TroubleKind};

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
        self.client.lane.reserve(stop).await?;
        log.intend(&change).await?;
        let body = match map::edit(&change) {
            Ok(body) => body,
            Err(error) => return log.outcome(&change, Outcome::Failed { error }).await,
        };
        let target = format!("/rest/api/3/issue/{}", change.issue.id);
        let Err(trouble) = self.client.write(Method::PUT, &target, &body, stop).await else {
            log.outcome(&change, Outcome::Done).await?;
            return self.client.lane.ailing(false);
        };
        let error = format!("{}: {trouble}", change.key);
        let outcome = match trouble.kind {
            TroubleKind::FateUnknown => Outcome::Unknown { error },
            _ => Outcome::Failed { error },
        };
        log.outcome(&change, outcome).await?;
        if trouble.ends_batch() {
            return Err(trouble);
        }
        self.client.lane.ailing(trouble.kind == TroubleKind::FateUnknown)
    }
}
