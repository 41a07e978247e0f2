//! Issue lists by cursor, single issues, and issue events.

use jiff::{Timestamp, civil};
use serde_json::{Map, Value};

use super::routes::{Answer, Ask, invalid, moved_to, not_built, not_found, ok, refusal};
use super::{GitHub, Gone, Repo};
use crate::sandbox::faults::PageFault;
use crate::sandbox::message::{Call, Reply, base64_decode, base64_encode, percent_encode};
use crate::sandbox::paging;

/// Filters of the issue list that the sandbox refuses rather than ignores.
const NOT_BUILT: [&str; 7] = ["milestone", "assignee", "type", "creator", "mentioned", "issue_field_values", "labels"];
/// Rows a page where `per_page` isn't given, and at most.
const PAGE: usize = 30;
const PAGE_MAX: usize = 100;
/// `page` times `per_page` from which on GitHub wants a cursor.
const DEPTH_MAX: usize = 10_000;

/// What orders a list; the number breaks ties.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Created,
    Updated,
    Comments,
}

/// The checked query of the issue list.
struct Query {
    state: Option<bool>,
    sort: Sort,
    descending: bool,
    since: Option<Timestamp>,
    per_page: usize,
    page: usize,
    after: Option<(i64, u32)>,
    before: Option<(i64, u32)>,
}

impl Query {
    fn read(call: &Call) -> Result<Self, Reply> {
        if let Some(name) = NOT_BUILT.iter().find(|name| call.param(name).is_some()) {
            return Err(not_built(&format!("the parameter {name} of {}", call.target)));
        }
        let state = match call.param("state").unwrap_or("open") {
            "open" => Some(true),
            "closed" => Some(false),
            "all" => None,
            _ => return Err(invalid("Issue", "state", "invalid", None)),
        };
        let sort = match call.param("sort").unwrap_or("created") {
            "created" => Sort::Created,
            "updated" => Sort::Updated,
            "comments" => Sort::Comments,
            _ => return Err(invalid("Issue", "sort", "invalid", None)),
        };
        let descending = match call.param("direction").unwrap_or("desc") {
            "desc" => true,
            "asc" => false,
            _ => return Err(invalid("Issue", "direction", "invalid", None)),
        };
        let since =
            call.param("since").map(|text| read_since(text).ok_or_else(|| invalid("Issue", "since", "invalid", None)));
        let cursor =
            |name| call.param(name).map(|text| read_cursor(text).ok_or_else(|| refusal(422, "The cursor is invalid.")));
        let (per_page, page) = page_of(call);
        let (after, before) = (cursor("after").transpose()?, cursor("before").transpose()?);
        if after.is_none() && before.is_none() && page.saturating_mul(per_page) >= DEPTH_MAX {
            return Err(refusal(
                422,
                "Pagination with the page parameter is not supported for large datasets, please use cursor based pagination (after/before)",
            ));
        }
        Ok(Self { state, sort, descending, since: since.transpose()?, per_page, page, after, before })
    }
}

/// `per_page` and `page` as GitHub takes them: what it can't read is left out, what is too much is cut.
pub(super) fn page_of(call: &Call) -> (usize, usize) {
    let number = |name| call.param(name).and_then(|text| text.parse::<usize>().ok()).filter(|n| *n > 0);
    (number("per_page").unwrap_or(PAGE).min(PAGE_MAX), number("page").unwrap_or(1))
}

pub(super) fn read_since(text: &str) -> Option<Timestamp> {
    let day = || text.parse::<civil::Date>().ok().and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok());
    text.parse::<Timestamp>().ok().or_else(|| day().map(|day| day.timestamp()))
}

fn write_cursor((key, number): (i64, u32)) -> String {
    base64_encode(format!("cursor:v2:{key}:{number}").as_bytes())
}

fn read_cursor(text: &str) -> Option<(i64, u32)> {
    let text = String::from_utf8(base64_decode(text)?).ok()?;
    let (key, number) = text.strip_prefix("cursor:v2:")?.split_once(':')?;
    Some((key.parse().ok()?, number.parse().ok()?))
}

/// The keys and numbers that the query is about, in its order.
fn ordered(repo: &Repo, query: &Query) -> Vec<(i64, u32)> {
    let wanted = |number: &u32| {
        repo.issues.get(number).is_some_and(|issue| {
            query.state.is_none_or(|open| issue.closed.is_none() == open)
                && query.since.is_none_or(|since| issue.updated >= since)
        })
    };
    let mut rows: Vec<(i64, u32)> = match query.sort {
        Sort::Updated => {
            let from = query.since.unwrap_or(Timestamp::MIN);
            repo.by_updated.range((from, 0)..).filter(|(_, n)| wanted(n)).map(|(at, n)| (at.as_second(), *n)).collect()
        }
        Sort::Created => {
            let mut rows: Vec<_> =
                repo.issues.iter().filter(|(n, _)| wanted(n)).map(|(n, i)| (i.created.as_second(), *n)).collect();
            rows.sort_unstable();
            rows
        }
        Sort::Comments => {
            let mut rows: Vec<_> =
                repo.issues.iter().filter(|(n, _)| wanted(n)).map(|(n, i)| (i.comments.len() as i64, *n)).collect();
            rows.sort_unstable();
            rows
        }
    };
    if query.descending {
        rows.reverse();
    }
    rows
}

/// The window of rows that this page shows.
fn window(rows: &[(i64, u32)], query: &Query) -> std::ops::Range<usize> {
    let precedes = |row: &(i64, u32), mark: (i64, u32)| if query.descending { *row > mark } else { *row < mark };
    if let Some(mark) = query.after {
        let start = rows.partition_point(|row| precedes(row, mark) || *row == mark);
        return start..rows.len().min(start + query.per_page);
    }
    if let Some(mark) = query.before {
        let end = rows.partition_point(|row| precedes(row, mark));
        return end.saturating_sub(query.per_page)..end;
    }
    let start = rows.len().min((query.page - 1).saturating_mul(query.per_page));
    start..rows.len().min(start + query.per_page)
}

impl GitHub {
    pub(super) fn list_issues(&mut self, ask: &Ask) -> Answer {
        let place = self.repo_of(ask)?;
        let repo = &self.repos[place];
        if !repo.has_issues {
            return Err(refusal(410, "Issues are disabled for this repo"));
        }
        let query = Query::read(ask.call)?;
        let rows = ordered(repo, &query);
        let fault = ask.call.page_fault;
        let shown = paging::cut(window(&rows, &query), fault);
        let body: Vec<_> = paging::shown(shown.clone(), fault)
            .into_iter()
            .filter_map(|at| {
                let number = rows[at].1;
                repo.issues.get(&number).map(|issue| self.issue_row(repo, number, issue, ask.modern))
            })
            .collect();
        let mut links = Vec::new();
        if fault == Some(PageFault::RepeatedToken) {
            links.push(self.same_again(ask));
        } else if shown.end < rows.len() && !shown.is_empty() {
            links.push(self.link(repo, ask.call, "next", "after", rows[shown.end - 1], query.page + 1));
        }
        if shown.start > 0 && !shown.is_empty() {
            links.push(self.link(repo, ask.call, "prev", "before", rows[shown.start], query.page.max(2) - 1));
        }
        if fault == Some(PageFault::ShiftedPage) && shown.end < rows.len() && !shown.is_empty() {
            // Downwards, the row that would come next jumps to the front; upwards, a shown one to the end.
            let (_, number) = rows[if query.descending { shown.end } else { shown.start }];
            self.repos[place].touch(number, ask.call.now);
        }
        let reply = ok(&Value::Array(body));
        Ok(if links.is_empty() { reply } else { reply.with("link", links.join(", ")) })
    }

    /// The link to the next page that leads to this one.
    fn same_again(&self, ask: &Ask) -> String {
        format!("<{}{}>; rel=\"next\"", self.base, ask.call.target)
    }

    fn link(&self, repo: &Repo, call: &Call, rel: &str, cursor: &str, row: (i64, u32), page: usize) -> String {
        let kept = call.query.iter().filter(|(name, _)| !["page", "after", "before"].contains(&name.as_str()));
        let mut query: String =
            kept.map(|(name, value)| format!("{}={}&", percent_encode(name), percent_encode(value))).collect();
        query.push_str(&format!("{cursor}={}&page={page}", percent_encode(&write_cursor(row))));
        format!("<{}/repositories/{}/issues?{query}>; rel=\"{rel}\"", self.base, repo.id)
    }

    /// The issue that the path names, or the answer that says where it went.
    pub(super) fn issue_of(&self, ask: &Ask, repo: usize) -> Result<u32, Reply> {
        let repo = &self.repos[repo];
        if !repo.has_issues {
            return Err(refusal(410, "Issues are disabled for this repo"));
        }
        let number: u32 = ask.at(4).parse().map_err(|_| not_found())?;
        if repo.issues.contains_key(&number) {
            return Ok(number);
        }
        match repo.gone.get(&number) {
            Some(Gone::Deleted) if ask.caller != crate::sandbox::Caller::Nobody => {
                Err(refusal(410, "This issue was deleted"))
            }
            Some(Gone::Transferred { id }) => {
                let (home, number) = self.places.get(id).ok_or_else(not_found)?;
                let rest: String = ask.path.iter().skip(5).map(|part| format!("/{}", percent_encode(part))).collect();
                let status = if ask.call.method == http::Method::GET { 301 } else { 307 };
                Err(moved_to(
                    status,
                    format!("{}/repositories/{}/issues/{number}{rest}", self.base, self.repos[*home].id),
                ))
            }
            _ => Err(not_found()),
        }
    }

    pub(super) fn get_issue(&mut self, ask: &Ask) -> Answer {
        let repo = self.repo_of(ask)?;
        let number = self.issue_of(ask, repo)?;
        let repo = &self.repos[repo];
        Ok(ok(&self.issue_row(repo, number, &repo.issues[&number], ask.modern)))
    }

    pub(super) fn list_issue_events(&mut self, ask: &Ask) -> Answer {
        let place = self.repo_of(ask)?;
        let number = self.issue_of(ask, place)?;
        let repo = &self.repos[place];
        let rows: Vec<_> = repo.events.iter().filter(|event| event.number == number).collect();
        Ok(self.page(ask, rows.len(), |at| self.event_row(repo, rows[at])))
    }

    pub(super) fn list_repository_events(&mut self, ask: &Ask) -> Answer {
        let place = self.repo_of(ask)?;
        let repo = &self.repos[place];
        let last = repo.events.len();
        Ok(self.page(ask, last, |at| {
            let event = &repo.events[last - 1 - at];
            let mut row = self.event_row(repo, event);
            if let Some(issue) = repo.issues.get(&event.number) {
                row["issue"] = self.issue_row(repo, event.number, issue, ask.modern);
            }
            row
        }))
    }

    /// One page of a list that is paged by number.
    pub(super) fn page(&self, ask: &Ask, total: usize, row: impl Fn(usize) -> Value) -> Reply {
        let fault = ask.call.page_fault;
        let (mut per_page, mut page) = page_of(ask.call);
        let rows = total.saturating_sub((page - 1).saturating_mul(per_page)).min(per_page);
        let smaller = || paging::smaller(per_page, page, rows);
        if let Some(smaller) = (fault == Some(PageFault::ShortPage)).then(smaller).flatten() {
            (per_page, page) = smaller;
        }
        let start = total.min((page - 1).saturating_mul(per_page));
        let end = total.min(start + per_page);
        let reply = ok(&Value::Array(paging::shown(start..end, fault).into_iter().map(row).collect()));
        let last = total.div_ceil(per_page).max(1);
        let path = ask.path.iter().map(|part| format!("/{}", percent_encode(part))).collect::<String>();
        let mut kept = Map::new();
        for (name, value) in ask.call.query.iter().filter(|(name, _)| name != "page") {
            kept.insert(name.clone(), Value::String(percent_encode(value)));
        }
        if fault == Some(PageFault::ShortPage) {
            kept.insert("per_page".to_owned(), Value::String(per_page.to_string()));
        }
        let link = |rel: &str, page: usize| {
            let query: String =
                kept.iter().map(|(name, value)| format!("{name}={}&", value.as_str().unwrap_or_default())).collect();
            format!("<{}{path}?{query}page={page}>; rel=\"{rel}\"", self.base)
        };
        let mut links = Vec::new();
        if page > 1 {
            links.push(link("prev", (page - 1).min(last)));
        }
        if fault == Some(PageFault::RepeatedToken) {
            links.push(self.same_again(ask));
        } else if page < last {
            links.extend([link("next", page + 1), link("last", last)]);
        }
        if page > 1 {
            links.push(link("first", 1));
        }
        if links.is_empty() { reply } else { reply.with("link", links.join(", ")) }
    }
}
