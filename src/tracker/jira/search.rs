//! Conditions -> pages of rows to the end: by tokens on Cloud, by `updated` and offsets on Data Center.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Jira;
use super::flavour::Flavour;
use super::wire::{Dated, Page};
use crate::tracker::{Trouble, TroubleKind};

/// A search under way, oldest change first.
pub(super) struct Search {
    /// Conditions, without those on `updated`.
    scope: String,
    /// Only what changed at this moment or later, in milliseconds.
    since: Option<i64>,
    fields: Vec<String>,
    page: u32,
    place: Place,
    pages: usize,
    over: bool,
}

/// Where a search stands.
enum Place {
    /// Cloud: the next page's token, and those that were used.
    Token { next: Option<String>, used: BTreeSet<String> },
    /// Data Center: the next page's offset, and the rows that were shown.
    ///
    /// Offsets shift while issues change. So a page starts, wherever it can, at the minute of the last one's newest row
    /// (whether moments in JQL are finer than minutes isn't told); within one minute it starts at the last one's last row,
    /// and if that isn't a known one any more, at the minute's begin again. Rows that come twice are dropped.
    Offset { start: u64, shown: BTreeSet<(String, Timestamp)>, anchored: bool },
}

impl Search {
    pub(super) fn new(
        flavour: Flavour,
        scope: String,
        since: Option<Timestamp>,
        fields: Vec<String>,
        page: u32,
    ) -> Self {
        let place = match flavour {
            Flavour::Cloud => Place::Token { next: None, used: BTreeSet::new() },
            Flavour::DataCenter => Place::Offset { start: 0, shown: BTreeSet::new(), anchored: false },
        };
        Self { scope, since: since.map(Timestamp::as_millisecond), fields, page, place, pages: 0, over: false }
    }

    /// The next page; None after the last. A short or empty page isn't the last one.
    pub(super) async fn next_page<T: DeserializeOwned + Dated>(
        &mut self,
        jira: &Jira,
    ) -> Result<Option<Vec<T>>, Trouble> {
        if self.over {
            return Ok(None);
        }
        self.pages += 1;
        if self.pages > jira.client.lane.policy.pages_max {
            return Err(self.endless(jira));
        }
        let mut body = json!({"jql": self.jql(), "fields": self.fields, "maxResults": self.page});
        match &self.place {
            Place::Token { next, .. } => {
                if let Some(token) = next {
                    body["nextPageToken"] = Value::String(token.clone());
                }
                let page = jira.client.ask(&Flavour::Cloud.path("search/jql"), &body).await?;
                self.by_token(page, jira).map(Some)
            }
            Place::Offset { start, .. } => {
                body["startAt"] = json!(start);
                let page = jira.client.ask(&Flavour::DataCenter.path("search"), &body).await?;
                Ok(Some(self.by_offset(page)))
            }
        }
    }

    /// Whether the last page was read.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    fn jql(&self) -> String {
        let since = self.since.map(|since| format!(" AND updated >= {since}")).unwrap_or_default();
        format!("{}{since} ORDER BY updated ASC, key ASC", self.scope)
    }

    fn by_token<T>(&mut self, page: Page<T>, jira: &Jira) -> Result<Vec<T>, Trouble> {
        let token = page.next.filter(|_| page.last != Some(true));
        let Place::Token { next, used } = &mut self.place else { return Ok(page.issues) };
        let known = token.as_ref().is_some_and(|token| !used.insert(token.clone()));
        self.over = token.is_none();
        *next = token;
        if known { Err(self.endless(jira)) } else { Ok(page.issues) }
    }

    fn by_offset<T: Dated>(&mut self, page: Page<T>) -> Vec<T> {
        let Place::Offset { start, shown, anchored } = &mut self.place else { return page.issues };
        let key = |row: &T| (row.id().to_owned(), row.updated());
        let rows = page.issues.len() as u64;
        // An empty page before the end: rows that the index names and nobody may see.
        let step = if rows > 0 { rows } else { page.size.unwrap_or(1).max(1) };
        let shifted = *anchored && page.issues.first().is_none_or(|row| !shown.contains(&key(row)));
        let newest = page.issues.iter().map(Dated::updated).max();
        let minute = newest.map(|at| at.as_millisecond().div_euclid(60_000) * 60_000);
        let end = match page.total {
            Some(total) => *start + step >= total,
            None => rows < page.size.unwrap_or(1).max(1),
        };
        let new: Vec<T> = page.issues.into_iter().filter(|row| shown.insert(key(row))).collect();
        if shifted {
            (*start, *anchored) = (0, false);
        } else if end {
            self.over = true;
        } else if minute > self.since {
            (self.since, *start, *anchored) = (minute, 0, false);
        } else if rows > 1 {
            (*start, *anchored) = (*start + rows - 1, true);
        } else {
            (*start, *anchored) = (*start + step, false);
        }
        new
    }

    fn endless(&self, jira: &Jira) -> Trouble {
        let what = format!("the search names a page again that was read already, or has no end ({} pages)", self.pages);
        jira.client.lane.trouble(TroubleKind::Garbled, what, "the next cycle tries again; report it if it stays")
    }
}
