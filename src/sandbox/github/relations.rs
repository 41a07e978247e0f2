//! Parents, sub-issues and dependencies.

use super::routes::{Answer, Ask, not_found, ok};
use super::{GitHub, Issue};

impl GitHub {
    pub(super) fn get_parent(&mut self, ask: &Ask) -> Answer {
        let repo = self.repo_of(ask)?;
        let number = self.issue_of(ask, repo)?;
        let parent = self.repos[repo].issues[&number].parent.and_then(|id| self.places.get(&id));
        let (home, number) = parent.ok_or_else(not_found)?;
        let home = &self.repos[*home];
        Ok(ok(&self.issue_row(home, *number, &home.issues[number], ask.modern)))
    }

    pub(super) fn list_sub_issues(&mut self, ask: &Ask) -> Answer {
        self.relatives(ask, |issue| &issue.children)
    }

    pub(super) fn list_blocked_by(&mut self, ask: &Ask) -> Answer {
        self.relatives(ask, |issue| &issue.blocked_by)
    }

    pub(super) fn list_blocking(&mut self, ask: &Ask) -> Answer {
        self.relatives(ask, |issue| &issue.blocking)
    }

    fn relatives(&self, ask: &Ask, ids: impl Fn(&Issue) -> &Vec<u64>) -> Answer {
        let repo = self.repo_of(ask)?;
        let number = self.issue_of(ask, repo)?;
        let ids = ids(&self.repos[repo].issues[&number]);
        let homes: Vec<_> = ids.iter().filter_map(|id| self.places.get(id)).collect();
        Ok(self.page(ask, homes.len(), |at| {
            let (home, number) = homes[at];
            let home = &self.repos[*home];
            self.issue_row(home, *number, &home.issues[number], ask.modern)
        }))
    }
}
