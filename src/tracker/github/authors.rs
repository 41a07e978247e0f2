//! Standing labels -> who put each there, by the issue's own events.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;

use super::Github;
use super::access::Us;
use super::map::{self, fold};
use super::wire::Event;
use crate::model::{Issue, IssueId};
use crate::plan::{Author, SinkId};
use crate::tracker::http::work_off;
use crate::tracker::{Authored, Standing, Trouble};

impl Github {
    pub(super) async fn who_labelled(&self, asked: Vec<Standing>) -> Result<Vec<Authored>, Trouble> {
        let labels = asked.into_iter().filter(|standing| standing.sink == SinkId("label".to_owned()));
        let mut by_issue: BTreeMap<IssueId, (Arc<Issue>, Vec<Standing>)> = BTreeMap::new();
        for standing in labels {
            let issue = Arc::clone(&standing.issue);
            by_issue.entry(issue.id.clone()).or_insert_with(|| (issue, Vec::new())).1.push(standing);
        }
        if by_issue.is_empty() {
            return Ok(Vec::new());
        }
        let us = self.access.us().await?;
        if *us == Us::Unknown {
            // Whoever can't recognise its own hand can't tell another's.
            return Ok(Vec::new());
        }
        let read = work_off(by_issue.into_values(), self.concurrency, None, |(issue, standing)| async move {
            let events = self.events(&issue).await?;
            Ok(standing.iter().filter_map(|standing| author(standing, &events, us)).collect::<Vec<_>>())
        });
        let mut authored: Vec<Authored> = read.await?.into_iter().flatten().collect();
        authored.sort_by(|a, b| (&a.issue, &a.sink, &a.value).cmp(&(&b.issue, &b.sink, &b.value)));
        Ok(authored)
    }

    /// What happened to an issue, oldest first. Nothing where the issue isn't there any more.
    async fn events(&self, issue: &Issue) -> Result<Vec<Event>, Trouble> {
        let client = self.access.of(&issue.container.local).await?;
        let target = format!("/repos/{}/issues/{}/events?per_page=100", issue.container.local, issue.key.number());
        match client.list::<Vec<Event>>(&target).await? {
            Ok(pages) => Ok(pages.into_iter().flatten().collect()),
            Err(answer) if matches!(answer.status.as_u16(), 301 | 404 | 410) => Ok(Vec::new()),
            Err(answer) => Err(client.refusal(Method::GET, &target, &answer)),
        }
    }
}

/// Who put a label there that hasn't been taken off since, or took one off that hasn't come back. One that is gone though nobody
/// took it off is nobody's.
fn author(standing: &Standing, events: &[Event], us: &Us) -> Option<Authored> {
    let name = fold(&standing.value);
    let last = events.iter().rev().find(|event| {
        matches!(event.event.as_str(), "labeled" | "unlabeled")
            && event.label.as_ref().is_some_and(|label| fold(&label.name) == name)
    })?;
    let fits = (last.event == "unlabeled") == standing.taken;
    if !fits && !standing.taken {
        return None;
    }
    let author = if !fits {
        // Nobody took it off: it was dropped with a transfer.
        Author::Creation
    } else if us.is(last.actor.as_ref(), last.performed_via_github_app.map(|app| app.id)) {
        Author::Us
    } else {
        // An account that is gone was somebody, but nobody knows who.
        Author::Someone(map::person(last.actor.as_ref()?))
    };
    Some(Authored {
        issue: standing.issue.id.clone(),
        sink: standing.sink.clone(),
        value: standing.value.clone(),
        author,
        at: last.created_at,
    })
}
