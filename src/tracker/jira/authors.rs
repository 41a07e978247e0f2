//! Standing values -> who last gave them, by Jira's changelog.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::edit::same_value;
use super::flavour::Flavour;
use super::memory::Site;
use super::told::{History, Item, Logged, Logs};
use super::wire::Page;
use super::{Jira, map};
use crate::model::{Person, Timestamp};
use crate::plan::{Author, Target};
use crate::tracker::{Authored, Standing, Trouble, TroubleKind};

/// Issues whose changelogs Cloud gives at once, and fields that it filters by: its own ceilings.
const ISSUES_MAX: usize = 1000;
const FIELDS_MAX: usize = 10;
/// Issues that Data Center gives with their whole changelogs at once: long answers.
const SEARCHED_MAX: usize = 50;

impl Jira {
    pub(super) async fn authors_of(&self, asked: &[Standing]) -> Result<Vec<Authored>, Trouble> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let site = self.site().await?;
        let ids: Vec<&str> =
            asked.iter().map(|standing| standing.issue.id.id.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
        let fields: BTreeSet<String> = asked.iter().map(field).collect();
        let mut logs = match site.flavour {
            Flavour::Cloud => self.logs(&ids, &fields).await?,
            Flavour::DataCenter => self.searched_logs(&ids).await?,
        };
        for log in logs.values_mut() {
            log.sort_by_key(|history| history.at);
        }
        let of = |standing: &Standing| {
            let (author, at) = author(standing, logs.get(&standing.issue.id.id)?, &site);
            let (issue, sink) = (standing.issue.id.clone(), standing.sink.clone());
            Some(Authored { issue, sink, value: standing.value.clone(), author, at })
        };
        Ok(asked.iter().filter_map(of).collect())
    }

    /// Changelogs by issue id. Cloud leaves out an issue in which these fields never changed.
    async fn logs(&self, ids: &[&str], fields: &BTreeSet<String>) -> Result<BTreeMap<String, Vec<History>>, Trouble> {
        let mut logs: BTreeMap<String, Vec<History>> = ids.iter().map(|id| ((*id).to_owned(), Vec::new())).collect();
        for some in ids.chunks(ISSUES_MAX) {
            let mut body = json!({"issueIdsOrKeys": some, "maxResults": 1000});
            if fields.len() <= FIELDS_MAX {
                body["fieldIds"] = json!(fields);
            }
            let mut used = BTreeSet::new();
            loop {
                let page: Logs = self.client.ask(&Flavour::Cloud.path("changelog/bulkfetch"), &body).await?;
                for log in page.issues {
                    logs.entry(log.issue).or_default().extend(log.histories);
                }
                let Some(token) = page.next else { break };
                if used.len() >= self.client.lane.policy.pages_max || !used.insert(token.clone()) {
                    let what = format!("the changelogs name a page again or have no end ({} pages)", used.len());
                    let next = "the next cycle tries again; report it if it stays";
                    return Err(self.client.lane.trouble(TroubleKind::Garbled, what, next));
                }
                body["nextPageToken"] = Value::String(token);
            }
        }
        Ok(logs)
    }

    /// Changelogs by issue id, those of issues that can be seen.
    async fn searched_logs(&self, ids: &[&str]) -> Result<BTreeMap<String, Vec<History>>, Trouble> {
        let mut logs = BTreeMap::new();
        for some in ids.chunks(SEARCHED_MAX) {
            let mut left: BTreeSet<&str> = some.iter().copied().collect();
            while !left.is_empty() {
                let list = left.iter().copied().collect::<Vec<_>>().join(", ");
                // An id that isn't there any more must not fail the others.
                let body = json!({
                    "jql": format!("id in ({list})"), "validateQuery": false, "maxResults": SEARCHED_MAX,
                    "fields": ["labels"], "expand": ["changelog"],
                });
                let page: Page<Logged> = self.client.ask(&Flavour::DataCenter.path("search"), &body).await?;
                let before = left.len();
                for issue in page.issues {
                    left.remove(issue.id.as_str());
                    logs.insert(issue.id, issue.changelog.histories);
                }
                if left.len() == before {
                    break;
                }
            }
        }
        Ok(logs)
    }
}

/// The field's id in changelogs.
fn field(standing: &Standing) -> String {
    match Target::named(&standing.sink) {
        Target::Label => "labels".to_owned(),
        Target::Field(field) => field,
    }
}

/// Who last gave a value, from a changelog in order. A field's value that no entry gave, though others changed the field
/// (a renamed option), counts as the last one's who changed it.
fn author(standing: &Standing, log: &[History], site: &Site) -> (Author, Option<Timestamp>) {
    let field = field(standing);
    let last = |gives: &dyn Fn(&Item) -> bool| {
        let is_field = |item: &Item| match (item.id.as_str(), site.field_names.get(&field)) {
            ("", Some(name)) => item.field == *name || item.field == field,
            ("", None) => item.field.eq_ignore_ascii_case(&field),
            (id, _) => id == field,
        };
        log.iter().rev().find(|history| history.items.iter().any(|item| is_field(item) && gives(item)))
    };
    let found = if field == "labels" {
        let has =
            |labels: Option<&str>| labels.unwrap_or_default().split_whitespace().any(|label| label == standing.value);
        last(&|item| {
            let (before, after) = (has(item.from.as_deref()), has(item.to.as_deref()));
            if standing.taken { before && !after } else { after && !before }
        })
    } else if standing.taken {
        last(&|_| true)
    } else {
        last(&|item| item.to.as_deref().is_some_and(|to| same_value(to, &standing.value))).or_else(|| last(&|_| true))
    };
    let Some(history) = found else { return (Author::Creation, None) };
    let someone = history.author.as_ref().and_then(map::person);
    let author = match someone {
        Some(person) if !site.account.is_empty() && person.id == site.account => Author::Us,
        Some(person) => Author::Someone(person),
        None => Author::Someone(Person { id: String::new(), name: "somebody unknown".to_owned() }),
    };
    (author, history.at)
}
