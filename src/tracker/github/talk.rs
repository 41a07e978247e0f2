//! Row -> what others said on the issue: kept where its comments are as many as before, else read, for few issues one by one, for
//! many out of the repository's newest comments.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;

use super::Github;
use super::client::Client;
use super::map;
use super::wire::{Comment, Row};
use crate::model::{Issue, Talk};
use crate::tracker::http::{Answer, http_date};
use crate::tracker::{Trouble, TroubleKind};

/// Issues whose comments are read one by one while a repository is listed: past a few, the repository's comments cost less.
const ALONE_WHOLE_MAX: usize = 3;
/// The same where only changes are listed, which hold the whole of what was said on few issues.
const ALONE_MAX: usize = 30;
/// Issues whose comments the server doesn't tell, after which no other is asked for: waiting for each takes long.
const UNTOLD_MAX: usize = 3;
/// Pages of one issue's comments: within [`Talk::WINDOW_DAYS`] more of them say nothing more.
const OF_ONE_MAX: usize = 3;
/// Pages of a repository's comments, of whatever age, and further ones while they are of the last [`Talk::WINDOW_DAYS`].
const OF_ALL: usize = 40;
const OF_ALL_MAX: usize = 60;
/// Rows of a page.
const PAGE: u32 = 100;

/// How the comments of one repository are come by during one reading.
#[derive(Default)]
pub(super) struct Talks {
    /// All issues are listed, not only changed ones.
    pub(super) whole: bool,
    /// Issues that were asked for theirs one by one.
    alone: AtomicUsize,
    /// Of these, issues whose comments the server doesn't tell.
    untold: AtomicUsize,
    gathered: OnceCell<Gathered>,
}

impl Talks {
    pub(super) fn new(whole: bool) -> Self {
        Self { whole, ..Self::default() }
    }

    /// Prepares for a page of rows: where too many of them want their comments read, the repository's are.
    pub(super) async fn foresee(
        &self,
        client: &Client,
        repository: &str,
        rows: &[Row],
        known: &BTreeMap<String, Issue>,
    ) -> Result<(), Trouble> {
        let wanting = rows.iter().filter(|row| self.wants(row, known.get(&row.id.to_string()))).count();
        let max = if self.whole { ALONE_WHOLE_MAX } else { ALONE_MAX };
        if wanting == 0 || wanting + self.alone.load(Ordering::Relaxed) <= max {
            return Ok(());
        }
        self.gathered.get_or_try_init(|| Gathered::read(client, repository)).await.map(|_| ())
    }

    /// Whether a row's comments are to be read. What a reading of changes left unread waits for the next listing of everything.
    fn wants(&self, row: &Row, known: Option<&Issue>) -> bool {
        if row.comments == 0 || row.state != "open" {
            return false;
        }
        match known.filter(|known| known.comments == row.comments) {
            Some(known) => known.talk.is_none() && (self.whole || !known.status.is_open()),
            None => true,
        }
    }

    fn may_ask_alone(&self) -> bool {
        self.untold.load(Ordering::Relaxed) < UNTOLD_MAX && self.alone.fetch_add(1, Ordering::Relaxed) < ALONE_MAX
    }
}

impl Github {
    /// What others said on a row's issue. None: it isn't known.
    pub(super) async fn talk(
        &self,
        client: &Client,
        repository: &str,
        row: &Row,
        known: Option<&Issue>,
        talks: &Talks,
    ) -> Result<Option<Talk>, Trouble> {
        if row.comments == 0 {
            return Ok(Some(Talk::default()));
        }
        if !talks.wants(row, known) {
            return Ok(known.filter(|known| known.comments == row.comments).and_then(|known| known.talk.clone()));
        }
        match talks.gathered.get() {
            Some(gathered) if !gathered.is_behind(row) => Ok(gathered.talk(row)),
            _ if talks.may_ask_alone() => {
                let told = of_one(client, repository, row).await?;
                talks.untold.fetch_add(usize::from(told.is_none()), Ordering::Relaxed);
                Ok(told)
            }
            _ => Ok(None),
        }
    }
}

/// Reads one issue's comments: all of them where one page holds them, else the latest.
async fn of_one(client: &Client, repository: &str, row: &Row) -> Result<Option<Talk>, Trouble> {
    let about = format!("/repos/{repository}/issues/{}", row.number);
    let mut first = format!("{about}/comments?per_page={PAGE}");
    if let Some(since) = window(row.updated_at).filter(|_| row.comments > PAGE) {
        first = format!("{first}&since={}", since.strftime("%Y-%m-%dT%H:%M:%SZ"));
    }
    let read = pages(client, &first, &about, |read, _| read >= OF_ONE_MAX).await?;
    Ok(read.map(|read| talk(row, &read.said)))
}

/// A repository's comments, the latest changed first.
#[derive(Default)]
struct Gathered {
    /// By issue; without pull requests'.
    by_issue: BTreeMap<u64, Vec<Comment>>,
    /// All comments changed since then are among them. None: all that there are.
    since: Option<Timestamp>,
    /// What the server's clock showed when they were read.
    at: Option<Timestamp>,
    /// The server doesn't tell them.
    refused: bool,
}

impl Gathered {
    async fn read(client: &Client, repository: &str) -> Result<Self, Trouble> {
        let about = format!("/repos/{repository}");
        let first = format!("{about}/issues/comments?sort=updated&direction=desc&per_page={PAGE}");
        let enough = |read: usize, last: &Page| {
            let old = last.told_at.and_then(window).is_none_or(|lately| last.oldest < Some(lately));
            read >= OF_ALL_MAX || (read >= OF_ALL && old)
        };
        let Some(read) = pages(client, &first, &about, enough).await? else {
            return Ok(Self { refused: true, ..Self::default() });
        };
        let since = if read.whole { None } else { read.said.iter().filter_map(|said| said.updated_at).min() };
        let mut gathered = Self { since, at: read.told_at, ..Self::default() };
        for comment in read.said {
            if let Some(number) = comment.issue() {
                gathered.by_issue.entry(number).or_default().push(comment);
            }
        }
        Ok(gathered)
    }

    fn said(&self, row: &Row) -> &[Comment] {
        self.by_issue.get(&row.number).map_or(&[], Vec::as_slice)
    }

    fn is_whole(&self, row: &Row) -> bool {
        self.said(row).len() >= row.comments as usize
    }

    /// Whether somebody may have commented on the issue since.
    fn is_behind(&self, row: &Row) -> bool {
        !self.refused && !self.is_whole(row) && self.at.is_some_and(|at| row.updated_at >= at)
    }

    /// What they tell of an issue: something if all of its comments are here, or all that count by their age.
    fn talk(&self, row: &Row) -> Option<Talk> {
        let lately = || self.since.is_none_or(|since| self.at.and_then(window).is_some_and(|lately| since <= lately));
        (!self.refused && (self.is_whole(row) || lately())).then(|| talk(row, self.said(row)))
    }
}

/// Comments -> what is kept of them. Bots comment on everything: what they say is nobody's voice.
fn talk(row: &Row, said: &[Comment]) -> Talk {
    let author = row.user.as_ref().map(map::person);
    let by_people = said.iter().filter(|comment| comment.user.as_ref().is_none_or(|user| user.kind != "Bot"));
    let told = by_people
        .filter_map(|comment| Some((comment.user.as_ref().map(|user| user.id.to_string()), comment.created_at?)))
        .collect::<Vec<_>>();
    let unread = row.comments.saturating_sub(u32::try_from(said.len()).unwrap_or(u32::MAX));
    Talk { unread, ..Talk::of(author.as_ref(), told.iter().map(|(by, at)| (by.as_deref(), *at))) }
}

/// Since when comments count that are told at this moment.
fn window(at: Timestamp) -> Option<Timestamp> {
    at.checked_sub(SignedDuration::from_hours(24 * (Talk::WINDOW_DAYS + 1))).ok()
}

/// What a listing of comments gave.
struct Told {
    /// Each once.
    said: Vec<Comment>,
    /// It was read to its end.
    whole: bool,
    told_at: Option<Timestamp>,
}

/// A page that was read.
struct Page {
    /// When its comment that changed first did.
    oldest: Option<Timestamp>,
    told_at: Option<Timestamp>,
}

/// Asks for a page of comments. None: it can't be had, though the server answers for what they are about, and again when asked
/// again: a credential that isn't heeded for once looks like a listing that isn't there.
async fn ask(client: &Client, target: &str, about: &str) -> Result<Option<Answer>, Trouble> {
    let is_missing = |answer: &Answer| matches!(answer.status.as_u16(), 404 | 410);
    let missing = match client.get(target, None).await {
        Ok(answer) if is_missing(&answer) => Ok(answer),
        Err(trouble) if trouble.kind == TroubleKind::Unavailable => Err(trouble),
        other => return other.map(Some),
    };
    let there = client.get(about, None).await.is_ok_and(|answer| answer.status.is_success());
    match missing {
        Ok(answer) if !there => Err(client.refusal(Method::GET, target, &answer)),
        Ok(_) => client.get(target, None).await.map(|answer| Some(answer).filter(|answer| !is_missing(answer))),
        Err(trouble) if !there => Err(trouble),
        Err(_) => Ok(None),
    }
}

/// Reads a listing of comments until its end, or until it is enough after so many pages. None: they can't be read, which must
/// not keep everything else from being read.
async fn pages(
    client: &Client,
    first: &str,
    about: &str,
    enough: impl Fn(usize, &Page) -> bool,
) -> Result<Option<Told>, Trouble> {
    let (mut target, mut seen, mut ids) = (first.to_owned(), BTreeSet::from([first.to_owned()]), BTreeSet::new());
    let mut told = Told { said: Vec::new(), whole: false, told_at: None };
    loop {
        let Some(answer) = ask(client, &target, about).await? else { return Ok(None) };
        let told_at = answer.header("date").and_then(http_date);
        let (rows, answer): (Vec<Comment>, _) = client.decode(Method::GET, &target, answer)?;
        told.told_at = told.told_at.or(told_at);
        let page = Page { oldest: rows.iter().filter_map(|row| row.updated_at).min(), told_at: told.told_at };
        told.said.extend(rows.into_iter().filter(|row| ids.insert(row.id)));
        let Some(next) = client.next(&answer) else { break };
        if enough(seen.len(), &page) {
            return Ok(Some(told));
        }
        if !seen.insert(next.clone()) {
            return Err(client.endless(first.split('?').next().unwrap_or_default(), seen.len()));
        }
        target = next;
    }
    told.whole = true;
    Ok(Some(told))
}
