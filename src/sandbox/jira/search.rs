//! JQL -> a page of issues; issues by id or key, one or many.

use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::fields::FieldSet;
use super::jql::{self, Jql};
use super::routes::{Answer, Ask, body_of, no_such_issue, ok, refusal};
use super::{Issue, Site};
use crate::sandbox::faults::PageFault;
use crate::sandbox::message::{Reply, base64_decode, base64_encode, digest};
use crate::sandbox::paging;

/// Rows a page where `maxResults` isn't given, at most, and at most with fields that weigh something.
const PAGE: usize = 50;
const PAGE_MAX: u64 = 5000;
const FULL_PAGE_MAX: usize = 100;
/// Issues that may be asked to be consistent, and that one bulk request may name.
const RECONCILE_MAX: usize = 50;
const FETCH_MAX: usize = 100;

/// A search's parameters, from a body or a query.
struct Search {
    jql: String,
    fields: FieldSet,
    size: usize,
    token: Option<String>,
    reconcile: Vec<u64>,
}

impl Search {
    fn read(ask: &Ask) -> Result<Self, Reply> {
        let body = if ask.call.method == http::Method::POST { body_of(ask.call)? } else { query_as_body(ask) };
        let known = [
            "jql",
            "fields",
            "maxResults",
            "nextPageToken",
            "reconcileIssues",
            "expand",
            "properties",
            "fieldsByKeys",
            "failFast",
        ];
        if let Some(name) =
            body.as_object().into_iter().flat_map(|map| map.keys()).find(|name| !known.contains(&name.as_str()))
        {
            return Err(refusal(400, &format!("Invalid request payload. Unrecognized field \"{name}\".")));
        }
        if let Some(name) =
            ["expand", "properties"].iter().find(|name| body.get(**name).is_some_and(|value| !is_empty(value)))
        {
            return Err(refusal(501, &format!("The sandbox's Jira doesn't know {name} in a search.")));
        }
        let fields = body.get("fields").and_then(Value::as_array);
        let fields = FieldSet::read(fields.into_iter().flatten().filter_map(Value::as_str), "id");
        let size = match body.get("maxResults") {
            None => PAGE,
            Some(size) => size
                .as_u64()
                .filter(|size| (1..=PAGE_MAX).contains(size))
                .and_then(|size| usize::try_from(size).ok())
                .ok_or_else(|| refusal(400, "The maxResults parameter must be between 1 and 5,000."))?,
        };
        let size = if fields.is_small() { size } else { size.min(FULL_PAGE_MAX) };
        let reconcile: Vec<_> = body
            .get("reconcileIssues")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_u64)
            .collect();
        if reconcile.len() > RECONCILE_MAX {
            return Err(refusal(400, "The max number of issues to reconcile is 50."));
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            jql: text("jql").unwrap_or_default(),
            fields,
            size,
            token: text("nextPageToken").filter(|token| !token.is_empty()),
            reconcile,
        })
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty)
}

fn query_as_body(ask: &Ask) -> Value {
    let mut body = json!({});
    let fields: Vec<_> =
        ask.call.query.iter().filter(|(name, _)| name == "fields").map(|(_, value)| value.clone()).collect();
    if !fields.is_empty() {
        body["fields"] = json!(fields);
    }
    for (name, value) in ask.call.query.iter().filter(|(name, _)| name != "fields") {
        body[name.as_str()] = match name.as_str() {
            "maxResults" | "startAt" => value.parse::<u64>().map_or(Value::Null, Value::from),
            "reconcileIssues" => value.split(',').filter_map(|id| id.parse::<u64>().ok()).collect(),
            _ => Value::String(value.clone()),
        };
    }
    body
}

/// Whether the changelog is asked for; nothing else can be expanded.
fn expanded<'a>(parts: impl Iterator<Item = &'a str>) -> Result<bool, Reply> {
    let parts: Vec<_> = parts.flat_map(|part| part.split(',')).filter(|part| !part.is_empty()).collect();
    match parts.iter().find(|part| **part != "changelog") {
        Some(part) => Err(refusal(501, &format!("The sandbox's Jira doesn't know expand={part} of an issue."))),
        None => Ok(!parts.is_empty()),
    }
}

/// What a page token says: which query, how many rows were shown, and the last of them.
struct Mark {
    shown: usize,
    last: u64,
}

impl Mark {
    fn write(&self, jql: &str) -> String {
        base64_encode(format!("{}:{}:{}", &digest(&[jql.as_bytes()])[..8], self.shown, self.last).as_bytes())
    }

    fn read(token: &str, jql: &str) -> Option<Self> {
        let text = String::from_utf8(base64_decode(token)?).ok()?;
        let mut parts = text.split(':');
        (parts.next()? == &digest(&[jql.as_bytes()])[..8]).then_some(())?;
        Some(Self { shown: parts.next()?.parse().ok()?, last: parts.next()?.parse().ok()? })
    }
}

impl Site {
    pub(super) fn search(&mut self, ask: &Ask) -> Answer {
        let search = Search::read(ask)?;
        let query = jql::parse(&search.jql).map_err(|message| refusal(400, &message))?;
        if !ask.known() {
            return Ok(ok(&json!({"issues": [], "isLast": true})));
        }
        query.check(self).map_err(|message| refusal(400, &message))?;
        let mark = match &search.token {
            None => Mark { shown: 0, last: 0 },
            Some(token) => Mark::read(token, &search.jql)
                .ok_or_else(|| refusal(400, "The provided nextPageToken is invalid or has expired."))?,
        };
        let found = self.found(&query, &search.reconcile, ask.call.now);
        // The last row shown is the anchor; only if it is gone does the count stand in.
        let after_last = (mark.shown > 0).then(|| found.iter().position(|id| *id == mark.last)).flatten();
        let start = after_last.map_or(mark.shown.min(found.len()), |place| place + 1);
        let fault = ask.call.page_fault;
        let shown = paging::cut(start..found.len().min(start + search.size), fault);
        let rows: Vec<_> = paging::shown(shown.clone(), fault)
            .into_iter()
            .filter_map(|at| self.indexed(found[at], &search.reconcile))
            .map(|issue| self.issue_row(issue, &search.fields, ask.rich))
            .collect();
        let mut next = (shown.end < found.len() && !shown.is_empty())
            .then(|| Mark { shown: shown.end, last: found[shown.end - 1] });
        if fault == Some(PageFault::RepeatedToken) {
            next = Some(mark);
        }
        let mut body = json!({"issues": rows, "isLast": next.is_none()});
        if let Some(mark) = next {
            body["nextPageToken"] = json!(mark.write(&search.jql));
        }
        self.shift(ask, &query, &found, shown);
        Ok(ok(&body))
    }

    /// Data Center's search: pages by offset, with the number of all rows.
    pub(super) fn search_by_offset(&mut self, ask: &Ask) -> Answer {
        let body = if ask.call.method == http::Method::POST { body_of(ask.call)? } else { query_as_body(ask) };
        let known = ["jql", "startAt", "maxResults", "fields", "expand", "validateQuery"];
        let names = body.as_object().into_iter().flat_map(|map| map.keys());
        if let Some(name) = names.into_iter().find(|name| !known.contains(&name.as_str())) {
            return Err(refusal(
                400,
                &format!("Unrecognized field \"{name}\" (Class SearchRequestBean), not marked as ignorable"),
            ));
        }
        let query = jql::parse(body["jql"].as_str().unwrap_or_default()).map_err(|message| refusal(400, &message))?;
        if body["validateQuery"] != json!(false) {
            query.check(self).map_err(|message| refusal(400, &message))?;
        }
        let texts = |name: &str| body[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        let fields = FieldSet::read(texts("fields"), "*navigable");
        let histories = expanded(texts("expand"))?;
        let number = |name: &str| body[name].as_u64().and_then(|number| usize::try_from(number).ok());
        let size = number("maxResults").unwrap_or(PAGE).min(self.shape.search_max);
        let start = number("startAt").unwrap_or(0);
        let found = if ask.known() { self.found(&query, &[], ask.call.now) } else { Vec::new() };
        let fault = ask.call.page_fault;
        let begin = start.min(found.len());
        let shown = paging::cut(begin..found.len().min(begin + size), fault);
        let size = if fault == Some(PageFault::ShortPage) { shown.len() } else { size };
        // A first page with a row twice would make an offset out of it that passes over one; it is left whole.
        let places = if begin > 0 { paging::shown(shown.clone(), fault) } else { shown.clone().collect() };
        let rows: Vec<_> = places
            .into_iter()
            .filter_map(|at| self.indexed(found[at], &[]))
            .map(|issue| self.issue_row_with(issue, &fields, false, histories))
            .collect();
        self.shift(ask, &query, &found, shown);
        Ok(ok(&json!({
            "expand": "schema,names", "startAt": start, "maxResults": size, "total": found.len(), "issues": rows,
        })))
    }

    /// Touches an issue between two pages where that is the fault: in an order by ascending stamps a shown one, which jumps to
    /// the end, else the one that would come next.
    fn shift(&mut self, ask: &Ask, query: &Jql, found: &[u64], shown: Range<usize>) {
        if ask.call.page_fault == Some(PageFault::ShiftedPage) && shown.end < found.len() && !shown.is_empty() {
            let at = if query.newest_first() { shown.end } else { shown.start };
            self.touch(found[at], ask.call.now);
        }
    }

    /// A row with its changelog where that is asked for.
    fn issue_row_with(&self, issue: &Issue, set: &FieldSet, rich: bool, histories: bool) -> Value {
        let mut row = self.issue_row(issue, set, rich);
        if histories {
            let rows: Vec<_> = issue.history.iter().map(|history| self.history_row(history, &[])).collect();
            row["changelog"] = json!({"startAt": 0, "maxResults": rows.len(), "total": rows.len(), "histories": rows});
        }
        row
    }

    /// Ids of what the query finds, in its order.
    fn found(&self, query: &Jql, reconcile: &[u64], now: Timestamp) -> Vec<u64> {
        let context = jql::Context { site: self, now };
        let wanted = |id: &u64| self.indexed(*id, reconcile).is_some_and(|issue| query.matches(&context, issue));
        if !self.stale.is_empty() {
            let mut found: Vec<u64> = self.issues.keys().copied().filter(wanted).collect();
            query.sort(&context, &mut found, |id| self.indexed(*id, reconcile));
            return found;
        }
        let from = query.updated_from(&context).unwrap_or(Timestamp::MIN);
        let recent = self.by_updated.range((from, 0)..).map(|(_, id)| *id);
        let mut found: Vec<u64> = recent.filter(wanted).collect();
        query.sort(&context, &mut found, |id| self.issues.get(id));
        found
    }

    /// The issue as the search index shows it.
    fn indexed(&self, id: u64, reconcile: &[u64]) -> Option<&Issue> {
        if !reconcile.contains(&id)
            && let Some(stale) = self.stale.iter().find(|stale| stale.id == id)
        {
            return stale.before.as_deref();
        }
        self.issues.get(&id)
    }

    /// Lets the index catch up.
    pub(super) fn forget(&mut self, now: Timestamp) {
        let lag = SignedDuration::from_millis(i64::try_from(self.search_lag_ms).unwrap_or(i64::MAX));
        self.stale.retain(|stale| now.duration_since(stale.written) < lag);
    }

    pub(super) fn get_issue(&mut self, ask: &Ask) -> Answer {
        let issue = self
            .id_of(ask.at(1))
            .and_then(|id| self.issues.get(&id))
            .filter(|_| ask.known())
            .ok_or_else(no_such_issue)?;
        let histories = expanded(ask.call.param("expand").into_iter())?;
        let names = ask.call.query.iter().filter(|(name, _)| name == "fields").map(|(_, value)| value.as_str());
        Ok(ok(&self.issue_row_with(issue, &FieldSet::read(names, "*all"), ask.rich, histories)))
    }

    pub(super) fn fetch_issues(&mut self, ask: &Ask) -> Answer {
        let body = body_of(ask.call)?;
        let texts = |name: &str| {
            body.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>()
        };
        let keys = texts("issueIdsOrKeys");
        if keys.is_empty() || keys.len() > FETCH_MAX {
            return Err(refusal(400, &format!("The number of issue ids or keys must be between 1 and {FETCH_MAX}.")));
        }
        let fields = FieldSet::read(texts("fields"), "*navigable");
        let mut ids: Vec<_> = keys.iter().filter_map(|key| self.id_of(key)).filter(|_| ask.known()).collect();
        ids.sort_unstable();
        ids.dedup();
        let rows: Vec<_> = ids
            .iter()
            .filter_map(|id| self.issues.get(id))
            .map(|issue| self.issue_row(issue, &fields, ask.rich))
            .collect();
        Ok(ok(&json!({"issues": rows, "issueErrors": []})))
    }
}
