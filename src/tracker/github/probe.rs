//! The questions of `roadmapd check --online` to GitHub.

use super::Github;
use super::wire::{Repository, User};
use crate::tracker::Probed;

impl Github {
    pub(super) async fn probe_all(&self) -> Vec<Probed> {
        let mut found = Vec::new();
        match self.client.get_json::<User>("/user").await {
            Ok((user, _)) => found.push(Probed::fine(format!("{}: the credential is {}'s", self.name, user.login))),
            // An installation's token has no user, and is none the worse for it.
            Err(trouble) if trouble.kind == crate::tracker::TroubleKind::Forbidden => {
                found.push(Probed::fine(format!("{}: the credential is an app's", self.name)));
            }
            Err(trouble) => {
                found.push(Probed::wrong(trouble.to_string()));
                return found;
            }
        }
        for name in &self.repositories {
            found.push(match self.client.get_json::<Repository>(&format!("/repos/{name}")).await {
                Ok((repository, _)) => self.judge(name, &repository),
                Err(trouble) => Probed::wrong(trouble.to_string()),
            });
        }
        found
    }

    fn judge(&self, name: &str, repository: &Repository) -> Probed {
        let name = format!("{}:{name}", self.name);
        if !repository.has_issues {
            return Probed::wrong(format!(
                "{name} has issues switched off; switch them on or take it out of repositories"
            ));
        }
        if repository.archived {
            return Probed::wrong(format!("{name} is archived and takes no writes; take it out of repositories"));
        }
        match repository.permissions {
            None => Probed::fine(format!("{name} can be read; GitHub doesn't say whether labels may be written")),
            Some(may) if may.push || may.maintain || may.admin => {
                Probed::fine(format!("{name} can be read, and labels may be created and written"))
            }
            Some(may) if may.triage => Probed::wrong(format!(
                "{name}: the account may set labels but not create them; give it the write role or create the labels by hand"
            )),
            Some(_) => Probed::wrong(format!(
                "{name} can be read but not written; give the account the write role, or set [write] mode = \"observe\""
            )),
        }
    }
}
