//! Merged pull requests -> how many lines they changed to close an issue. Gathered along a listing of everything, which shows
//! pull requests, too: which they closed stands in their text, only their size must be asked for.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use jiff::{SignedDuration, Timestamp};

use super::client::Client;
use super::wire::{Row, Size};
use crate::model::{Issue, Status};
use crate::tracker::{Trouble, TroubleKind};

/// Words before a reference that make a merge close the issue.
const CLOSING: [&str; 9] = ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];
/// References of one pull request that are followed.
const CLOSED_MAX: usize = 10;
/// Pull requests whose size is asked for in one reading of a repository, of the issues closed last.
const ASKED_MAX: usize = 40;
/// Closed issues, and pull requests, that are remembered while a repository is listed: the latest.
const REMEMBERED_MAX: usize = 500;
/// A merge closes its issues within moments.
const MOMENTS: SignedDuration = SignedDuration::from_mins(2);

/// What a listing of everything showed of how issues were closed.
#[derive(Default)]
pub(super) struct Hindsight {
    /// Closed issues whose lines aren't known, by when they were closed.
    closed: BTreeMap<(Timestamp, u64), Issue>,
    /// Merged pull requests that name issues which they close, by when they were merged.
    merged: BTreeMap<(Timestamp, u64), BTreeSet<u64>>,
}

impl Hindsight {
    /// Takes note of a page's merged pull requests.
    pub(super) fn note_merges(&mut self, rows: &[Row], repository: &str) {
        for row in rows {
            let Some(at) = row.pull_request.as_ref().and_then(|pull| pull.merged_at) else { continue };
            let closes = closed_by(row.body.as_deref().unwrap_or_default(), repository);
            if !closes.is_empty() {
                self.merged.insert((at, row.number), closes);
            }
            if self.merged.len() > REMEMBERED_MAX {
                self.merged.pop_first();
            }
        }
    }

    /// Takes note of a page's closed issues.
    pub(super) fn note_closed(&mut self, issues: &[Issue]) {
        for issue in issues.iter().filter(|issue| issue.status == Status::Done && issue.merged_lines.is_none()) {
            if let Some(at) = issue.status_changed {
                self.closed.insert((at, issue.key.number()), issue.clone());
            }
            if self.closed.len() > REMEMBERED_MAX {
                self.closed.pop_first();
            }
        }
    }

    /// The noted issues that merged pull requests closed, with their lines. Sizes that can't be read are left unknown: they are
    /// weak evidence, and no reason to fail.
    pub(super) async fn read(self, client: &Client, repository: &str) -> Result<Vec<Issue>, Trouble> {
        let mut sizes = Sizes { client, repository, known: BTreeMap::new(), refused: false };
        let mut found = Vec::new();
        for ((at, number), issue) in self.closed.iter().rev() {
            let pulls = self.closing(*at, *number);
            let Some(lines) = sizes.of(&pulls).await? else { continue };
            found.push(Issue { merged_lines: Some(lines), ..issue.clone() });
        }
        Ok(found)
    }

    /// The merged pull requests that name an issue, and how many issues each closed. None unless one of them closed it.
    fn closing(&self, at: Timestamp, number: u64) -> Vec<(u64, usize)> {
        let naming = self.merged.iter().filter(|(_, closes)| closes.contains(&number));
        let before: Vec<_> = naming.filter(|((merged, _), _)| merged.duration_since(at) <= MOMENTS).collect();
        let closed_it = before.iter().any(|((merged, _), _)| at.duration_since(*merged) <= MOMENTS);
        if !closed_it {
            return Vec::new();
        }
        before.into_iter().map(|((_, pull), closes)| (*pull, closes.len())).collect()
    }
}

/// Sizes of pull requests, each asked for once.
struct Sizes<'a> {
    client: &'a Client,
    repository: &'a str,
    known: BTreeMap<u64, Option<u32>>,
    /// The server or the credential's permissions don't let them be read.
    refused: bool,
}

impl Sizes<'_> {
    /// What so many pull requests changed for one issue, of which each closed some. None: not all of them are known.
    async fn of(&mut self, pulls: &[(u64, usize)]) -> Result<Option<u32>, Trouble> {
        let mut sum: Option<u32> = None;
        for (pull, issues) in pulls {
            let Some(lines) = self.one(*pull).await? else { return Ok(None) };
            let share = lines.div_ceil(u32::try_from(*issues).unwrap_or(u32::MAX).max(1));
            sum = Some(sum.unwrap_or_default().saturating_add(share));
        }
        Ok(sum)
    }

    async fn one(&mut self, pull: u64) -> Result<Option<u32>, Trouble> {
        if let Some(known) = self.known.get(&pull) {
            return Ok(*known);
        }
        if self.refused || self.known.len() >= ASKED_MAX {
            return Ok(None);
        }
        let target = format!("/repos/{}/pulls/{pull}", self.repository);
        let answer = match self.client.get(&target, None).await {
            Ok(answer) => answer,
            Err(trouble) if trouble.kind == TroubleKind::Unavailable => {
                self.refused = true;
                return Ok(None);
            }
            Err(trouble) => return Err(trouble),
        };
        self.refused = !answer.status.is_success() && !matches!(answer.status.as_u16(), 404 | 406);
        let lines = if answer.status.is_success() {
            let (size, _): (Size, _) = self.client.decode(Method::GET, &target, answer)?;
            size.merged.then(|| size.additions.saturating_add(size.deletions))
        } else {
            None
        };
        self.known.insert(pull, lines);
        Ok(lines)
    }
}

/// Keeps the lines that are known of an issue for as long as it is closed as it was.
pub(super) fn keep_lines(issue: &mut Issue, known: Option<&Issue>) {
    let same = known.filter(|known| !issue.status.is_open() && known.status_changed == issue.status_changed);
    issue.merged_lines = same.and_then(|known| known.merged_lines);
}

/// The issues of the same repository that a pull request's text says it closes: `Fixes #7`, `closes: acme/api#7`, `resolves
/// https://github.com/acme/api/issues/7`.
pub(super) fn closed_by(body: &str, repository: &str) -> BTreeSet<u64> {
    let mut closes = BTreeSet::new();
    let mut closing = false;
    for word in body.split_whitespace() {
        let told = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '#');
        if closing && closes.len() < CLOSED_MAX {
            closes.extend(number(told, repository));
        }
        closing = CLOSING.iter().any(|closing| told.eq_ignore_ascii_case(closing));
    }
    closes
}

fn number(told: &str, repository: &str) -> Option<u64> {
    let (place, number) = told.rsplit_once('#').or_else(|| told.rsplit_once("/issues/"))?;
    (place.is_empty() || is_place(place, repository)).then(|| number.parse().ok()).flatten()
}

/// `acme/api`, or its address on any host.
fn is_place(place: &str, repository: &str) -> bool {
    let mut parts = place.rsplitn(3, '/');
    let same = repository.rsplit('/').all(|own| parts.next().is_some_and(|part| part.eq_ignore_ascii_case(own)));
    same && parts.next().is_none_or(|before| before.contains("://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closes(body: &str) -> Vec<u64> {
        closed_by(body, "acme/api").into_iter().collect()
    }

    #[test]
    fn words_of_closing_before_a_reference_close_it() {
        assert_eq!(closes("Fixes #7, closes: acme/api#8 and (resolved Acme/API#9)."), [7, 8, 9]);
        assert_eq!(closes("- fix https://github.com/acme/api/issues/12"), [12]);
        assert_eq!(closes("**Closes** #3\r\nFIXED #4"), [3, 4]);
    }

    #[test]
    fn other_references_close_nothing_here() {
        for body in [
            "",
            "see #7",
            "fixes",
            "#7 fixes",
            "fixes the bug of #7",
            "prefixes #7",
            "fixes #x",
            "fixes #",
            "fixes other/api#7",
            "fixes big-acme/api#7",
            "fixes https://github.com/acme/web/issues/7",
            "fixes api#7",
            "fixes ü#7",
            "fixes https://github.com/acme/api/pull/7",
        ] {
            assert_eq!(closes(body), [0_u64; 0], "{body}");
        }
    }

    #[test]
    fn of_endless_references_a_few_are_followed() {
        let body: String = (1..=100).map(|n| format!("fixes #{n} ")).collect();
        assert_eq!(closes(&body).len(), CLOSED_MAX);
    }
}
