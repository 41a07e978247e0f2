//! Issues -> what became of each: read where its key says, followed where it moved.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use http::Method;

use super::blockers::keep_blockers;
use super::client::Client;
use super::hindsight::keep_lines;
use super::map;
use super::reach::repository_id;
use super::selection::Entry;
use super::talk::Talks;
use super::wire::{self, Row};
use super::{Facts, Github};
use crate::model::{Issue, IssueId, IssueKey, Turn};
use crate::tracker::http::work_off;
use crate::tracker::{Found, Trouble};

/// Redirects in a row that are followed for one issue.
const HOPS_MAX: usize = 3;

impl Github {
    pub(super) async fn read_each(&self, issues: &[Arc<Issue>], turn: Turn) -> Result<Vec<Found>, Trouble> {
        let read = work_off(issues, self.concurrency, None, |issue| self.read_one(issue, turn)).await?;
        let gone = |found: &Found| matches!(found, Found::Deleted(_) | Found::Hidden(_));
        // What an issue's absence says depends on whether its repository can be seen.
        let doubtful: BTreeSet<&str> =
            read.iter().filter(|found| gone(found)).filter_map(|found| of(issues, found.asked())).collect();
        let seen = work_off(doubtful, self.concurrency, None, |repository| self.see(repository)).await?;
        let switched_off: BTreeSet<&str> = seen.into_iter().flatten().collect();
        let mut read: Vec<Found> = read
            .into_iter()
            .map(|found| match found {
                Found::Deleted(id) if of(issues, &id).is_some_and(|of| switched_off.contains(of)) => Found::Hidden(id),
                found => found,
            })
            .collect();
        read.sort_by(|a, b| a.asked().cmp(b.asked()));
        Ok(read)
    }

    /// Makes sure that a repository can be seen; gives it back where its issues are switched off, which answers as if each
    /// had been deleted.
    async fn see<'a>(&self, repository: &'a str) -> Result<Option<&'a str>, Trouble> {
        let client = self.access.of(repository).await?;
        let target = format!("/repos/{repository}");
        let answer = client.get(&target, None).await?;
        // A repository that left our reach may be gone altogether; nothing is written there anyway.
        let reach = self.reach();
        let left = !reach.is_empty() && !reach.iter().any(|name| name.eq_ignore_ascii_case(repository));
        if answer.status.is_redirection() || (left && answer.status.as_u16() == 404) {
            return Ok(None);
        }
        let (row, _): (wire::Repository, _) = client.decode(Method::GET, &target, answer)?;
        Ok((!row.has_issues).then_some(repository))
    }

    /// Reads an issue where its key says, or where that place sends on to.
    async fn read_one(&self, issue: &Issue, turn: Turn) -> Result<Found, Trouble> {
        let repository = issue.container.local.as_str();
        let client = self.access.of(repository).await?;
        let mut target = format!("/repos/{repository}/issues/{}", issue.key.number());
        let mut answer = client.get(&target, None).await?;
        let mut hops = 0;
        while answer.status.is_redirection() {
            let elsewhere = client.location(&answer).filter(|path| repository_id(path).is_some());
            let Some(elsewhere) = elsewhere.filter(|_| hops < HOPS_MAX) else {
                return Err(client.refusal(Method::GET, &target, &answer));
            };
            (target, hops) = (elsewhere, hops + 1);
            answer = client.get(&target, None).await?;
        }
        match answer.status.as_u16() {
            404 => return Ok(Found::Hidden(issue.id.clone())),
            410 => return Ok(Found::Deleted(issue.id.clone())),
            _ => {}
        }
        let (row, _): (Row, _) = client.decode(Method::GET, &target, answer)?;
        self.judge_row(&client, issue, &row, hops > 0, turn).await
    }

    /// The issue itself, the one that it became, or another that only bears its number.
    async fn judge_row(
        &self,
        client: &Client,
        issue: &Issue,
        row: &Row,
        moved: bool,
        turn: Turn,
    ) -> Result<Found, Trouble> {
        let same = row.id.to_string() == issue.id.id;
        if row.pull_request.is_some() || (!same && !moved) {
            return Ok(Found::Hidden(issue.id.clone()));
        }
        let before = issue.container.local.as_str();
        if !moved {
            let read = self.read_row(client, before, row, Some(issue), turn).await?;
            return Ok(Found::Here(Box::new(read)));
        }
        let home = self.home(before);
        let Some(now) = map::repository_of_url(&row.repository_url, home.place(&self.name, turn, true)) else {
            return Ok(Found::Hidden(issue.id.clone()));
        };
        // Before this process has read anything, the configuration says what is in reach.
        let meant = || matches!(self.selection.decides(&now), Some(Entry::Named(_) | Entry::Pattern(_)));
        let ours = home.reach.iter().any(|name| name.eq_ignore_ascii_case(&now)) || (home.reach.is_empty() && meant());
        let to = IssueKey::new(&self.name, format!("{now}#{}", row.number));
        let within = ours || (same && self.inside(before, &now));
        if !within {
            return Ok(Found::Moved { from: issue.id.clone(), to, there: None });
        }
        let mut there = self.read_row(client, &now, row, Some(issue).filter(|_| same), turn).await?;
        if there.key != issue.key && !there.aliases.contains(&issue.key) {
            there.aliases.push(issue.key.clone());
        }
        // A renamed repository's issues are themselves under another key; a transferred issue is another one.
        Ok(if same {
            Found::Here(Box::new(there))
        } else {
            Found::Moved { from: issue.id.clone(), to, there: Some(Box::new(there)) }
        })
    }

    async fn read_row(
        &self,
        client: &Client,
        repository: &str,
        row: &Row,
        stored: Option<&Issue>,
        turn: Turn,
    ) -> Result<Issue, Trouble> {
        if !self.facts().contains_key(repository) {
            let (about, _): (wire::Repository, _) = client.get_json(&format!("/repos/{repository}")).await?;
            self.facts().insert(repository.to_owned(), Facts { private: about.private, ..Facts::default() });
        }
        let home = self.home(repository);
        let absent = AtomicBool::new(home.facts.no_dependencies);
        let (mut issue, refused) =
            self.whole_issue(client, row, home.place(&self.name, turn, true), stored, &absent).await?;
        if refused {
            keep_blockers(&mut issue, stored);
        }
        keep_lines(&mut issue, stored);
        issue.talk = self.talk(client, repository, row, stored, &Talks::default()).await?;
        Ok(issue)
    }
}

/// The repository of one of these issues.
fn of<'a>(issues: &'a [Arc<Issue>], id: &IssueId) -> Option<&'a str> {
    issues.iter().find(|issue| &issue.id == id).map(|issue| issue.container.local.as_str())
}
