//! Row -> Issue with what blocks it: listed where the count is new, carried over where it isn't, kept where it can't be listed.

use std::sync::atomic::{AtomicBool, Ordering};

use http::Method;

use super::Github;
use super::client::Client;
use super::map::{self, Place};
use super::memory::Repository;
use super::wire::Row;
use crate::model::{Issue, Relation, RelationKind};
use crate::tracker::{Trouble, TroubleKind};

/// Issues that one finding names.
const NAMED_MAX: usize = 5;

impl Github {
    /// Maps a row; lists its blockers where their count is new, else carries the known ones over. True: they can't be listed
    /// though the server knows dependencies.
    pub(super) async fn whole_issue(
        &self,
        client: &Client,
        row: &Row,
        place: Place<'_>,
        stored: Option<&Issue>,
        no_dependencies: &AtomicBool,
    ) -> Result<(Issue, bool), Trouble> {
        let mut issue = map::issue(row, place);
        let summary = row.dependencies();
        let mut refused = false;
        if summary.total() > 0 && !no_dependencies.load(Ordering::Relaxed) {
            let carried = stored.filter(|stored| stored.blocker_count == summary.blocked_by).map(blockers_of);
            let listed = match carried {
                Some(relations) => Listed::Blockers(relations),
                None => list_blockers(client, row.number, place).await?,
            };
            match listed {
                Listed::Blockers(relations) => issue.relations.extend(relations),
                // An older Enterprise server answers so for every issue.
                Listed::Missing if self.enterprise => no_dependencies.store(true, Ordering::Relaxed),
                Listed::Missing | Listed::Failing => refused = true,
            }
        }
        issue.relations.sort();
        issue.relations.dedup();
        Ok((issue, refused))
    }

    /// Remembers that a server has no dependencies, and how that was found, until the next census.
    pub(super) fn conclude(&self, name: &str, memory: &mut Repository, refused: bool, told: bool) {
        if memory.no_dependencies || (!refused && told) {
            return;
        }
        memory.no_dependencies = true;
        memory.findings.push(if refused {
            format!("{}:{name}: the server knows no issue dependencies (404); blockers aren't read from it", self.name)
        } else {
            format!(
                "{}: this Enterprise server's issues tell no dependencies; blockers aren't read from it until it is newer",
                self.name
            )
        });
    }

    /// Names the issues whose blockers can't be listed.
    pub(super) fn unlisted_blockers(&self, name: &str, memory: &Repository) -> Option<String> {
        let named: Vec<String> =
            memory.unlisted.iter().take(NAMED_MAX).map(|number| format!("{}:{name}#{number}", self.name)).collect();
        let more = memory.unlisted.len().saturating_sub(NAMED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!named.is_empty()).then(|| {
            format!(
                "{}{more}: the blockers can't be listed, so those known before stay; they are asked for again when the issue changes and by the next census",
                named.join(", "),
            )
        })
    }
}

/// Keeps the blockers that are known of an issue, and their count, so that they are listed again.
pub(super) fn keep_blockers(issue: &mut Issue, known: Option<&Issue>) {
    issue.blocker_count = known.map_or(0, |known| known.blocker_count);
    issue.relations.extend(known.map(blockers_of).unwrap_or_default());
    issue.relations.sort();
    issue.relations.dedup();
}

fn blockers_of(issue: &Issue) -> Vec<Relation> {
    issue.relations.iter().filter(|relation| relation.kind == RelationKind::BlockedBy).cloned().collect()
}

/// What came of listing an issue's blockers.
enum Listed {
    Blockers(Vec<Relation>),
    /// 404.
    Missing,
    /// It keeps failing for this issue, and the server answers for the issue itself.
    Failing,
}

/// Lists what blocks an issue.
async fn list_blockers(client: &Client, number: u64, place: Place<'_>) -> Result<Listed, Trouble> {
    let issue = format!("/repos/{}/issues/{number}", place.repository);
    let target = format!("{issue}/dependencies/blocked_by?per_page=100");
    match client.list::<Vec<Row>>(&target).await {
        Ok(Ok(pages)) => Ok(Listed::Blockers(pages.iter().flat_map(|rows| map::blockers(rows, place)).collect())),
        Ok(Err(answer)) if answer.status.as_u16() == 404 => Ok(Listed::Missing),
        Ok(Err(answer)) => Err(client.refusal(Method::GET, &target, &answer)),
        // One issue's failing must not keep the others from being read; a server that is down must.
        Err(trouble) if trouble.kind == TroubleKind::Unavailable => match client.get(&issue, None).await {
            Ok(answer) if answer.status.is_success() => Ok(Listed::Failing),
            _ => Err(trouble),
        },
        Err(trouble) => Err(trouble),
    }
}
