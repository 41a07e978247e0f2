//! Comments: of one issue, and of a whole repository, pull requests' among them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::issues::read_since;
use super::render::stamp;
use super::routes::{Answer, Ask, invalid, refusal};
use super::{GitHub, Issue, Repo};
use crate::sandbox::clock::whole_second;
use crate::sandbox::message::Call;

/// What somebody said on an issue.
pub(super) struct Comment {
    id: u64,
    author: Option<usize>,
    created: Timestamp,
    updated: Timestamp,
}

/// A comment's place: what orders it, its issue's number, and where it stands among that issue's comments.
type Place = (Timestamp, u64, u32, usize);

impl GitHub {
    pub(super) fn new_comment(&mut self, author: Option<usize>, at: Timestamp) -> Comment {
        let id = self.next_comment_id;
        self.next_comment_id += 1;
        let at = whole_second(at);
        Comment { id, author, created: at, updated: at }
    }

    /// So many comments of everybody but the bot in turn, spread from one moment to the other.
    pub(super) fn planted_talk(&mut self, n: u32, from: Timestamp, to: Timestamp) -> Vec<Comment> {
        let people: Vec<usize> = (0..self.people.len()).filter(|place| *place != self.bot).collect();
        let span = to.duration_since(from);
        let at = |nth: u32| from + span.checked_mul(nth.cast_signed()).unwrap_or(span) / (n + 1).cast_signed();
        (1..=n).map(|nth| self.new_comment(people.get(nth as usize % people.len().max(1)).copied(), at(nth))).collect()
    }

    pub(super) fn list_issue_comments(&mut self, ask: &Ask) -> Answer {
        let place = self.repo_of(ask)?;
        let number = self.issue_of(ask, place)?;
        let since = since_of(ask.call)?;
        let (repo, issue) = (&self.repos[place], &self.repos[place].issues[&number]);
        let rows: Vec<&Comment> = issue.comments.iter().filter(|comment| is_since(comment, since)).collect();
        Ok(self.page(ask, rows.len(), |at| self.comment_row(repo, number, issue, rows[at])))
    }

    pub(super) fn list_repository_comments(&mut self, ask: &Ask) -> Answer {
        let place = self.repo_of(ask)?;
        let repo = &self.repos[place];
        if !repo.has_issues {
            return Err(refusal(410, "Issues are disabled for this repo"));
        }
        let rows = ordered(repo, ask.call)?;
        Ok(self.page(ask, rows.len(), |at| {
            let (_, _, number, nth) = rows[at];
            let issue = &repo.issues[&number];
            self.comment_row(repo, number, issue, &issue.comments[nth])
        }))
    }

    pub(super) fn comment_row(&self, repo: &Repo, number: u32, issue: &Issue, comment: &Comment) -> Value {
        let kind = if issue.pull_request { "pull" } else { "issues" };
        let (url, id) = (format!("{}/issues/comments/{}", self.repo_url(repo), comment.id), comment.id);
        json!({
            "id": id, "node_id": format!("IC_kwDO{id:010}"), "url": url,
            "html_url": format!("{}/{}/{kind}/{number}#issuecomment-{id}", self.web, repo.full_name()),
            "issue_url": format!("{}/issues/{number}", self.repo_url(repo)), "user": self.user_or_null(comment.author),
            "created_at": stamp(comment.created), "updated_at": stamp(comment.updated), "author_association": "NONE",
            "body": "A comment.", "performed_via_github_app": null,
            "reactions": super::render::reactions(&url, &[0; super::REACTIONS.len()]),
        })
    }
}

/// A repository's comments as the query orders them: by id where it names no order, which then has no direction either.
fn ordered(repo: &Repo, call: &Call) -> Result<Vec<Place>, crate::sandbox::message::Reply> {
    let by_update = match call.param("sort") {
        None => None,
        Some("created") => Some(false),
        Some("updated") => Some(true),
        Some(_) => return Err(invalid("IssueComment", "sort", "invalid", None)),
    };
    let descending = match call.param("direction") {
        None | Some("desc") => by_update.is_some(),
        Some("asc") => false,
        Some(_) => return Err(invalid("IssueComment", "direction", "invalid", None)),
    };
    let since = since_of(call)?;
    let key = |comment: &Comment| match by_update {
        None => Timestamp::MIN,
        Some(false) => comment.created,
        Some(true) => comment.updated,
    };
    let mut rows: Vec<Place> = Vec::new();
    for (number, issue) in &repo.issues {
        let said = issue.comments.iter().enumerate().filter(|(_, comment)| is_since(comment, since));
        rows.extend(said.map(|(nth, comment)| (key(comment), comment.id, *number, nth)));
    }
    rows.sort_unstable();
    if descending {
        rows.reverse();
    }
    Ok(rows)
}

fn since_of(call: &Call) -> Result<Option<Timestamp>, crate::sandbox::message::Reply> {
    let read = |text| read_since(text).ok_or_else(|| invalid("IssueComment", "since", "invalid", None));
    call.param("since").map(read).transpose()
}

fn is_since(comment: &Comment, since: Option<Timestamp>) -> bool {
    since.is_none_or(|since| comment.updated >= since)
}
