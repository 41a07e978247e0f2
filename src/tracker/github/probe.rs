//! The questions of `roadmapd check --online` to GitHub.

use super::Github;
use super::access::Us;
use super::selection::{Entry, fits};
use super::wire::Repository;
use crate::model::{ContainerKey, Timestamp};
use crate::tracker::{Probed, Trouble, Writes};

/// What an app must be allowed: permission, access, and what for.
const NEEDED: [(&str, &str, &str); 2] =
    [("metadata", "read", "to see repositories"), ("issues", "write", "to read issues and write labels")];

impl Github {
    pub(super) async fn probe_all(&self, writes: &Writes<'_>) -> Vec<Probed> {
        let mut found = Vec::new();
        let signed_in = match self.access.us().await {
            Ok(us) => us,
            Err(trouble) => return vec![Probed::wrong(trouble.to_string())],
        };
        found.push(Probed::fine(match signed_in {
            Us::Account(account) => format!("{}: the credential is {}'s", self.name, account.name),
            Us::App { login, .. } => format!("{}: signed in as the app {login}", self.name),
            Us::Unknown => format!("{}: the credential is an app's", self.name),
        }));
        let told = self.access.first.told();
        found.extend(told.expires.map(|at| Probed::expiry(&self.name, at, Timestamp::now())));
        found.extend(told.scopes.and_then(|scopes| self.scopes(&scopes)));
        if self.access.app.is_some() {
            match self.installations(writes(None)).await {
                Ok(some) => found.extend(some),
                Err(trouble) => found.push(Probed::wrong(trouble.to_string())),
            }
        }
        for name in self.selection.named() {
            found.push(match self.look(name).await {
                Ok(repository) => self.judge(name, &repository, writes),
                Err(trouble) => Probed::wrong(trouble.to_string()),
            });
        }
        for owner in self.selection.owners() {
            match self.owned(owner).await {
                Ok(rows) => found.extend(self.judge_found(owner, &rows, writes)),
                Err(trouble) => found.push(Probed::wrong(trouble.to_string())),
            }
        }
        found
    }

    async fn look(&self, name: &str) -> Result<Repository, Trouble> {
        let client = self.access.of(name).await?;
        Ok(client.get_json::<Repository>(&format!("/repos/{name}")).await?.0)
    }

    /// What a classic token lacks. A fine-grained one doesn't tell what it may do; its refusals will.
    fn scopes(&self, scopes: &str) -> Option<Probed> {
        let enough = scopes.split(',').any(|scope| matches!(scope.trim(), "repo" | "public_repo"));
        let has = if scopes.trim().is_empty() { "no scope" } else { scopes.trim() };
        (!enough).then(|| {
            Probed::wrong(format!(
                "{}: the token has {has}; it needs the scope repo (public_repo where all repositories are public)",
                self.name
            ))
        })
    }

    /// What each owner's installation may do.
    async fn installations(&self, writes: bool) -> Result<Vec<Probed>, Trouble> {
        let installed = self.access.list_installed().await?;
        let mut found = Vec::new();
        for told in installed.iter().map(|installed| &installed.told) {
            let owner = told.account.as_ref().map_or("", |account| account.login.as_str());
            let lacking: Vec<String> = NEEDED
                .iter()
                .map(|&(name, access, why)| (name, if writes { access } else { "read" }, why))
                .filter(|(name, access, _)| {
                    let given = told.permissions.get(*name).map_or("", String::as_str);
                    given != *access && !matches!(given, "write" | "admin")
                })
                .map(|(name, access, why)| format!("{name}: {access} ({why})"))
                .collect();
            found.push(if told.suspended_at.is_some() {
                Probed::wrong(format!("{}: the app's installation for {owner} is suspended; let an owner of {owner} lift that", self.name))
            } else if lacking.is_empty() {
                Probed::fine(format!("{}: the app is installed for {owner} and may read issues and write labels", self.name))
            } else {
                let lacking = lacking.join(", ");
                Probed::wrong(format!("{}: the app is installed for {owner} but lacks {lacking}; grant that in the app's settings and let {owner} accept it", self.name))
            });
        }
        if installed.is_empty() {
            found.push(Probed::wrong(format!(
                "{}: the app is installed nowhere; install it for each owner in repositories",
                self.name
            )));
        }
        Ok(found)
    }

    /// What an owner's patterns find.
    fn judge_found(&self, owner: &str, rows: &[Repository], writes: &Writes<'_>) -> Vec<Probed> {
        let meant = |row: &&Repository| {
            matches!(self.selection.decides(&row.full_name), Some(Entry::Pattern(_))) && !row.archived && !row.fork
        };
        let mut found: Vec<Probed> =
            rows.iter().filter(meant).map(|row| self.judge(&row.full_name, row, writes)).collect();
        let of_owner = |pattern: &&str| pattern.split('/').next().is_some_and(|its| its.eq_ignore_ascii_case(owner));
        for pattern in self.selection.patterns().filter(of_owner) {
            if !rows.iter().filter(meant).any(|row| fits(pattern, &row.full_name)) {
                found.push(Probed::wrong(format!(
                    "{}: the pattern {pattern} finds no repository that is neither archived nor a fork; check its spelling and what the credential can see",
                    self.name
                )));
            }
        }
        found
    }

    fn judge(&self, name: &str, repository: &Repository, writes: &Writes<'_>) -> Probed {
        let container = ContainerKey::new(&self.name, name);
        let name = container.to_string();
        if !repository.has_issues {
            return Probed::wrong(format!(
                "{name} has issues switched off; switch them on or take it out of repositories"
            ));
        }
        if !writes(Some(&container)) {
            return Probed::fine(format!("{name} can be read, and nothing is written there"));
        }
        if repository.archived {
            return Probed::wrong(format!("{name} is archived and takes no writes; take it out of repositories"));
        }
        match repository.permissions {
            // An installation's permissions were judged as a whole.
            _ if self.access.app.is_some() => Probed::fine(format!("{name} can be read")),
            None => Probed::fine(format!("{name} can be read; GitHub doesn't say whether labels may be written")),
            Some(may) if may.push || may.maintain || may.admin => {
                let classic = self.access.first.told().scopes.is_some();
                let caveat = "; a fine-grained token needs issues: write, too, which GitHub doesn't tell beforehand";
                let caveat = if classic { "" } else { caveat };
                Probed::fine(format!(
                    "{name} can be read, and the account may create labels, which are then written{caveat}"
                ))
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
