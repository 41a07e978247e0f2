//! Selection -> the repositories to read: named ones looked at, patterns resolved by listing, renamed ones followed by id.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;

use super::Github;
use super::access::Us;
use super::client::Client;
use super::memory::{Memory, Repository};
use super::selection::{Entry, fits};
use super::wire::{self, Repositories};
use crate::tracker::Trouble;
use crate::tracker::http::{Answer, work_off};

/// What became of a repository that answers with a redirect.
pub(super) enum Followed {
    /// It has another name, which is within the configuration; never read under it.
    Inside(String, Box<Repository>),
    /// It went out of the configuration's reach, as a sentence.
    Outside(String),
}

impl Github {
    /// Finds the repositories to read. Where `census` isn't asked, those that stayed the same go on where they were.
    pub(super) async fn resolve(&self, old: &Memory, census: bool) -> Result<Memory, Trouble> {
        let mut memory = Memory::of(&self.configured);
        let named = work_off(self.selection.named(), self.concurrency, None, |name| async move {
            Ok((name, self.introduce(name).await?))
        });
        let mut named = named.await?;
        // One repository under its old and its new name is one; the present name wins.
        named.sort_by_key(|(asked, found)| (matches!(found, Followed::Inside(now, _) if now != asked), *asked));
        let mut ids = BTreeSet::new();
        for (asked, found) in named {
            match found {
                Followed::Inside(name, repository) if ids.insert(repository.id) => {
                    memory.repositories.insert(name, *repository);
                }
                Followed::Inside(_, repository) => memory.findings.extend(repository.findings),
                Followed::Outside(finding) => {
                    memory.left.insert(asked.to_owned(), finding);
                }
            }
        }
        self.resolve_patterns(&mut memory).await?;
        let by_id: BTreeMap<u64, (&String, &Repository)> =
            old.repositories.iter().map(|(name, repository)| (repository.id, (name, repository))).collect();
        for (name, fresh) in &mut memory.repositories {
            if let Some(before) = old.repositories.get(name).filter(|before| before.id != fresh.id) {
                fresh.findings.push(format!(
                    "{}:{name} is another repository now (id {}, before {}): the other one isn't read any more",
                    self.name, fresh.id, before.id
                ));
            }
            let Some((known_as, before)) = by_id.get(&fresh.id) else { continue };
            let names = before.was.iter().chain([*known_as]).chain(&fresh.was).filter(|was| *was != name).cloned();
            fresh.was = names.collect::<BTreeSet<_>>().into_iter().collect();
            // Only by what the labels were called can a renamed one be told.
            fresh.labels.clone_from(&before.labels);
            if !census && *known_as == name {
                *fresh = Repository { was: std::mem::take(&mut fresh.was), ..(*before).clone() };
            }
        }
        Ok(memory)
    }

    /// Adds what patterns find; says which find nothing.
    async fn resolve_patterns(&self, memory: &mut Memory) -> Result<(), Trouble> {
        let mut ids: BTreeSet<u64> = memory.repositories.values().map(|repository| repository.id).collect();
        let mut fruitful = BTreeSet::new();
        for owner in self.selection.owners() {
            for row in self.owned(owner).await? {
                let meant = matches!(self.selection.decides(&row.full_name), Some(Entry::Pattern(_)));
                if !meant || row.archived || row.fork || !row.has_issues {
                    continue;
                }
                fruitful.extend(self.selection.patterns().filter(|pattern| fits(pattern, &row.full_name)));
                if ids.insert(row.id) {
                    memory.repositories.insert(row.full_name.clone(), remembered(&row));
                }
            }
        }
        for pattern in self.selection.patterns().filter(|pattern| !fruitful.contains(pattern)) {
            memory.findings.push(format!(
                "{}: the pattern {pattern} finds no repository with issues that is neither archived, a fork nor taken out; check its spelling and that the credential can see them",
                self.name
            ));
        }
        Ok(())
    }

    /// Every repository of an owner that the credential can see.
    pub(super) async fn owned(&self, owner: &str) -> Result<Vec<wire::Repository>, Trouble> {
        let client = self.access.of(owner).await?;
        let list = async |target: String| match client.list::<Repositories>(&target).await? {
            Ok(pages) => Ok(Ok(pages.into_iter().flat_map(Repositories::rows).collect::<Vec<_>>())),
            Err(answer) => Ok(Err((target, answer))),
        };
        let refused = |(target, answer): (String, Answer)| client.refusal(Method::GET, &target, &answer);
        if self.access.app.is_some() {
            return list("/installation/repositories?per_page=100".to_owned()).await?.map_err(refused);
        }
        match list(format!("/orgs/{owner}/repos?per_page=100")).await? {
            Ok(rows) => return Ok(rows),
            Err((_, answer)) if answer.status.as_u16() == 404 => {}
            Err(other) => return Err(refused(other)),
        }
        // No organisation: a person, whose listing shows what is public; the rest is among our own.
        let mut rows = list(format!("/users/{owner}/repos?per_page=100")).await?.map_err(refused)?;
        if matches!(self.access.us().await?, Us::Account(_)) {
            let ours =
                list("/user/repos?per_page=100&affiliation=owner,collaborator".to_owned()).await?.map_err(refused)?;
            let of_owner = |row: &wire::Repository| {
                row.full_name.split('/').next().is_some_and(|its| its.eq_ignore_ascii_case(owner))
            };
            rows.extend(ours.into_iter().filter(of_owner));
        }
        Ok(rows)
    }

    /// Looks at a repository that the configuration names.
    async fn introduce(&self, name: &str) -> Result<Followed, Trouble> {
        let client = self.access.of(name).await?;
        let target = format!("/repos/{name}");
        let answer = client.get(&target, None).await?;
        if answer.status.is_redirection() {
            return self.follow(&client, name, &Repository::default(), &target, &answer).await;
        }
        let (row, _): (wire::Repository, _) = client.decode(Method::GET, &target, answer)?;
        let mut repository = remembered(&row);
        repository.findings = self.observe(name, &row);
        Ok(Followed::Inside(name.to_owned(), Box::new(repository)))
    }

    /// What a person should know of a repository that the configuration names.
    fn observe(&self, name: &str, row: &wire::Repository) -> Vec<String> {
        let mut findings = Vec::new();
        if row.archived {
            findings.push(format!("{}:{name} is archived: it is read, but GitHub takes no writes there", self.name));
        }
        if !row.has_issues {
            findings.push(format!(
                "{}:{name} has issues switched off; take it out of repositories or switch them on",
                self.name
            ));
        }
        findings
    }

    /// Follows a repository by its id to the name that it has now. Only a redirect to `/repositories/ID` on our own host is
    /// followed; any other is a trouble.
    pub(super) async fn follow(
        &self,
        client: &Client,
        name: &str,
        old: &Repository,
        target: &str,
        answer: &Answer,
    ) -> Result<Followed, Trouble> {
        let id = client.location(answer).and_then(|path| repository_id(&path));
        let Some(id) = id else { return Err(client.refusal(Method::GET, target, answer)) };
        let (row, _): (wire::Repository, _) = client.get_json(&format!("/repositories/{id}")).await?;
        let now = row.full_name.clone();
        if now.is_empty() || !self.inside(name, &now) {
            return Ok(Followed::Outside(format!(
                "{}:{name} is {now} now, which the configuration doesn't mean: it is neither read nor written any more; add {now} to repositories, or take {name} out",
                self.name
            )));
        }
        let mut repository = remembered(&row);
        repository.was = old.was.iter().chain([&name.to_owned()]).filter(|was| **was != now).cloned().collect();
        repository.findings = self.observe(&now, &row);
        let mut finding = format!("{}:{name} is called {now} now and is read and written there", self.name);
        if matches!(self.selection.decides(name), Some(Entry::Named(_))) {
            finding.push_str("; put the new name into repositories");
        }
        repository.findings.push(finding);
        Ok(Followed::Inside(now, Box::new(repository)))
    }

    /// What is to be said of a repository that only a pattern meant and that its owner's listing doesn't show any more. None:
    /// it is named, or is there: that it can't be read is a trouble.
    pub(super) async fn vanished(&self, name: &str, memory: &Repository) -> Result<Option<String>, Trouble> {
        if !matches!(self.selection.decides(name), Some(Entry::Pattern(_))) {
            return Ok(None);
        }
        let owner = name.split('/').next().unwrap_or_default();
        let listed = self.owned(owner).await?;
        let there = listed.iter().any(|row| row.id == memory.id && row.has_issues);
        Ok((!there).then(|| {
            format!(
                "{}:{name} isn't among {owner}'s repositories with issues any more (deleted, switched off, or no longer for this credential): it is neither read nor written",
                self.name
            )
        }))
    }

    /// Whether a repository's new name still is within the configuration.
    pub(super) fn inside(&self, before: &str, now: &str) -> bool {
        let owner = |name: &str| name.split('/').next().map(str::to_ascii_lowercase);
        match self.selection.decides(now) {
            Some(Entry::Without(_)) => false,
            Some(_) => true,
            None => owner(before) == owner(now),
        }
    }
}

/// `/repositories/7/issues` -> 7.
pub(super) fn repository_id(path: &str) -> Option<u64> {
    path.strip_prefix("/repositories/")?.split('/').next()?.parse().ok()
}

fn remembered(row: &wire::Repository) -> Repository {
    Repository { id: row.id, private: row.private, has_issues: row.has_issues, ..Repository::default() }
}
