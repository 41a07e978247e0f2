//! Ids -> issues, strongly consistent: in hundreds on Cloud, one by one on Data Center.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::flavour::Flavour;
use super::memory::Site;
use super::wire::{Page, Project, Row};
use super::{Jira, map};
use crate::model::{ContainerKey, Issue, IssueId, Turn};
use crate::tracker::http::work_off;
use crate::tracker::{Found, Trouble, TroubleKind};

/// Issues fetched by id at once; Cloud's own ceiling.
pub(super) const AT_ONCE_MAX: usize = 100;

impl Jira {
    /// Fetches issues by id, at most [`AT_ONCE_MAX`]; says whether Jira had no trouble with any of them. What it doesn't
    /// show is left out.
    pub(super) async fn fetch(&self, ids: &[&str], site: &Site, turn: Turn) -> Result<(Vec<Issue>, bool), Trouble> {
        let fields = self.asked_fields(site);
        let place = self.place(site, turn, true);
        match site.flavour {
            Flavour::Cloud => {
                let body = json!({"issueIdsOrKeys": ids, "fields": fields});
                let page: Page<Row> = self.client.ask(&Flavour::Cloud.path("issue/bulkfetch"), &body).await?;
                Ok((page.issues.iter().map(|row| map::issue(row, place)).collect(), page.errors.is_empty()))
            }
            Flavour::DataCenter => {
                // A search by ids would be fewer requests, but it answers from an index that lags behind writes.
                let fields = fields.join(",");
                let rows = work_off(ids.iter().copied(), self.concurrency, None, |id| {
                    let target = Flavour::DataCenter.path(&format!("issue/{id}?fields={fields}"));
                    async move { shown(self.client.get::<Row>(&target).await) }
                });
                let rows = rows.await?;
                Ok((rows.iter().flatten().map(|row| map::issue(row, place)).collect(), true))
            }
        }
    }

    pub(super) async fn read_each(&self, issues: &[Arc<Issue>], turn: Turn) -> Result<Vec<Found>, Trouble> {
        let site = self.site().await?;
        let mut found = Vec::with_capacity(issues.len());
        for some in issues.chunks(AT_ONCE_MAX) {
            let ids: Vec<&str> = some.iter().map(|issue| issue.id.id.as_str()).collect();
            let (read, whole) = self.fetch(&ids, &site, turn).await?;
            let shown: BTreeSet<IssueId> = read.iter().map(|issue| issue.id.clone()).collect();
            let hidden: Vec<&Arc<Issue>> = some.iter().filter(|issue| !shown.contains(&issue.id)).collect();
            if !whole && !hidden.is_empty() {
                let what = format!("{} issues couldn't be fetched, by Jira's own account", hidden.len());
                return Err(self.client.lane.trouble(TroubleKind::Unavailable, what, "the next cycle tries again"));
            }
            self.check_projects(hidden.iter().map(|issue| &issue.container), site.flavour).await?;
            found.extend(read.into_iter().map(|issue| Found::Here(Box::new(issue))));
            found.extend(hidden.into_iter().map(|issue| Found::Hidden(issue.id.clone())));
        }
        found.sort_by(|a, b| a.asked().cmp(b.asked()));
        Ok(found)
    }

    /// An issue counts as hidden only while its project can be read: else it is the project that is.
    async fn check_projects(
        &self,
        containers: impl Iterator<Item = &ContainerKey>,
        flavour: Flavour,
    ) -> Result<(), Trouble> {
        for key in containers.map(|container| container.local.as_str()).collect::<BTreeSet<_>>() {
            let _: Project = self.client.get(&flavour.path(&format!("project/{key}"))).await?;
        }
        Ok(())
    }
}

/// Nothing where Jira doesn't show it.
fn shown<T>(answer: Result<T, Trouble>) -> Result<Option<T>, Trouble> {
    match answer {
        Ok(row) => Ok(Some(row)),
        Err(trouble) if matches!(trouble.kind, TroubleKind::Missing | TroubleKind::Forbidden) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}
