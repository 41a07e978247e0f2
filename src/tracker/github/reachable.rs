//! Credential -> the repositories that it reaches.

use http::Method;

use super::Github;
use super::wire::{self, Repositories};
use crate::model::ContainerKey;
use crate::tracker::{Reachable, Trouble};

impl Github {
    /// Repositories whose issues the credential can read, whatever is configured, sorted by name. Archived ones and forks are
    /// left out.
    pub(super) async fn reachable_all(&self) -> Result<Vec<Reachable>, Trouble> {
        let rows = match self.access.app {
            None => self.ours().await?,
            Some(_) => {
                let mut rows = Vec::new();
                for installed in self.access.list_installed().await? {
                    let owner = installed.told.account.map(|account| account.login).unwrap_or_default();
                    rows.extend(self.owned(&owner).await?);
                }
                rows
            }
        };
        let wanted = rows.into_iter().filter(|row| row.has_issues && !row.archived && !row.fork);
        let mut found: Vec<Reachable> = wanted
            .map(|row| Reachable {
                container: ContainerKey::new(&self.name, &row.full_name),
                title: String::new(),
                open: row.open_issues_count,
                private: row.private,
            })
            .collect();
        found.sort_by(|a, b| a.container.cmp(&b.container));
        found.dedup_by(|a, b| a.container == b.container);
        Ok(found)
    }

    /// What the token's account owns, was invited to, or sees as a member of an organisation.
    async fn ours(&self) -> Result<Vec<wire::Repository>, Trouble> {
        let target = "/user/repos?per_page=100&affiliation=owner,collaborator,organization_member";
        match self.access.first.list::<Repositories>(target).await? {
            Ok(pages) => Ok(pages.into_iter().flat_map(Repositories::rows).collect()),
            Err(answer) => Err(self.access.first.refusal(Method::GET, target, &answer)),
        }
    }
}
