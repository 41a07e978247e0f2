//! Change -> intent, POST, DELETE, outcome; and the label catalogue before any of it.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use http::Method;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Github;
use super::client::Client;
use super::map::{self, fold};
use super::memory::Labels;
use super::wire::{Label, Repository};
use crate::model::ContainerKey;
use crate::plan::{Change, Outcome};
use crate::tracker::http::{Answer, work_off};
use crate::tracker::{LabelSpec, Log, Trouble, TroubleKind};

/// How a change ended, and the trouble that ends the batch with it.
type Ending = (Outcome, Option<Trouble>);

impl Github {
    pub(super) async fn prepare_all(
        &self,
        catalogue: &BTreeMap<ContainerKey, Vec<LabelSpec>>,
    ) -> Result<BTreeMap<ContainerKey, Trouble>, Trouble> {
        let mut refused = BTreeMap::new();
        for (container, specs) in catalogue {
            match self.prepare_one(&container.local, specs).await {
                Ok(()) => {}
                Err(trouble) if trouble.ends_batch() => return Err(trouble),
                Err(trouble) => {
                    refused.insert(container.clone(), trouble);
                }
            }
        }
        Ok(refused)
    }

    async fn prepare_one(&self, repository: &str, specs: &[LabelSpec]) -> Result<(), Trouble> {
        self.recognize(repository).await?;
        let known = self.facts().get(repository).filter(|facts| !facts.relist).and_then(|facts| facts.labels.clone());
        let mut known = match known {
            Some(known) => known,
            None => self.list_labels(repository).await?,
        };
        for spec in specs {
            if let Entry::Vacant(missing) = known.entry(fold(&spec.name)) {
                missing.insert(self.create_label(repository, spec).await?);
            }
        }
        self.facts().entry(repository.to_owned()).or_default().labels = Some(known);
        Ok(())
    }

    /// Makes sure that a name still means the repository that was read: issues are written by number.
    async fn recognize(&self, repository: &str) -> Result<(), Trouble> {
        let target = format!("/repos/{repository}");
        let client = self.access.of(repository).await?;
        let (now, _): (Repository, _) = client.get_json(&target).await?;
        let read = self.facts().get(repository).map_or(0, |facts| facts.id);
        if read != 0 && now.id != read {
            let what =
                format!("{repository} is another repository (id {}) than the one that was read (id {read})", now.id);
            let next = "nothing is written there; run `roadmapd once --census` to read it anew, and check repositories";
            return Err(client.lane.trouble(TroubleKind::Moved, what, next));
        }
        if now.archived {
            let next = "unarchive the repository or take it out of the configuration";
            return Err(client.lane.trouble(TroubleKind::Forbidden, format!("{repository} is archived"), next));
        }
        Ok(())
    }

    /// Lists a repository's labels anew.
    pub(super) async fn list_labels(&self, repository: &str) -> Result<Labels, Trouble> {
        let client = self.access.of(repository).await?;
        let target = format!("/repos/{repository}/labels?per_page=100");
        let labels: Labels = match client.list::<Vec<Label>>(&target).await? {
            Ok(pages) => pages.iter().flatten().map(|label| (fold(label.name()), label.id())).collect(),
            Err(answer) => return Err(client.refusal(Method::GET, &target, &answer)),
        };
        let mut facts = self.facts();
        let facts = facts.entry(repository.to_owned()).or_default();
        (facts.labels, facts.relist) = (Some(labels.clone()), false);
        Ok(labels)
    }

    /// Makes a label and gives its id; 0 where it was there already.
    async fn create_label(&self, repository: &str, spec: &LabelSpec) -> Result<u64, Trouble> {
        let target = format!("/repos/{repository}/labels");
        let body = json!({"name": spec.name, "color": spec.color, "description": spec.description});
        let client = self.access.of(repository).await?;
        let answer = client.send(Method::POST, &target, Some(&body), None, None).await?;
        // Another spelling of the same name, or somebody was quicker.
        let exists = answer.status.as_u16() == 422 && answer.words().contains("already_exists");
        if answer.status.is_success() {
            let (label, _): (Label, _) = client.decode(Method::POST, &target, answer)?;
            return Ok(label.id());
        }
        if exists {
            return Ok(0);
        }
        let mut trouble = client.refusal(Method::POST, &target, &answer);
        trouble.what = format!("{} (creating the label {:?} of {repository})", trouble.what, spec.name);
        Err(trouble)
    }

    pub(super) async fn write_all<L: Log>(
        &self,
        changes: Vec<Change>,
        log: &L,
        stop: &CancellationToken,
    ) -> Result<(), Trouble> {
        work_off(changes, self.concurrency, Some(stop), |change| self.change(change, log, stop)).await.map(drop)
    }

    async fn change<L: Log>(&self, change: Change, log: &L, stop: &CancellationToken) -> Result<(), Trouble> {
        let client = self.access.of(&change.container.local).await?;
        client.lane.reserve(stop).await?;
        log.intend(&change).await?;
        let (outcome, trouble) = carry_out(&client, &change, stop).await;
        let lost = matches!(outcome, Outcome::Unknown { .. });
        log.outcome(&change, outcome).await?;
        match trouble {
            Some(trouble) => Err(trouble),
            None => client.lane.ailing(lost),
        }
    }
}

/// Adds in one request, then removes one by one: a crash in between leaves both of ours, never none.
async fn carry_out(client: &Client, change: &Change, stop: &CancellationToken) -> Ending {
    let delta = match map::delta(change) {
        Ok(delta) => delta,
        Err(error) => return (Outcome::Refused { error }, None),
    };
    let issue = format!("/repos/{}/issues/{}/labels", change.container.local, change.key.number());
    let mut there: Option<BTreeSet<String>> = None;
    if !delta.add.is_empty() {
        let body = json!({"labels": delta.add});
        match client.send_reserved(Method::POST, &issue, Some(&body), stop).await {
            Ok(answer) if answer.status.is_success() => match labels(client, Method::POST, &issue, answer) {
                Ok(labels) => there = Some(labels),
                Err(trouble) => return (Outcome::Unknown { error: trouble.to_string() }, None),
            },
            Ok(answer) => return ending(client.refusal(Method::POST, &issue, &answer), false),
            Err(trouble) => return ending(trouble, false),
        }
    }
    let mut begun = there.is_some();
    for label in &delta.remove {
        let target = format!("{issue}/{}", segment(label));
        // A change that was begun is finished.
        let sent = match begun {
            true => client.send(Method::DELETE, &target, None, None, None).await,
            false => client.send_reserved(Method::DELETE, &target, None, stop).await,
        };
        match sent {
            Ok(answer) if answer.status.is_success() => match labels(client, Method::DELETE, &target, answer) {
                Ok(labels) => there = Some(labels),
                Err(trouble) => return (Outcome::Unknown { error: trouble.to_string() }, None),
            },
            // Somebody was quicker: GitHub tells a label that isn't there from an issue that isn't.
            Ok(answer) if answer.status.as_u16() == 404 && answer.words().contains("Label does not exist") => {
                if let Some(there) = &mut there {
                    there.remove(&fold(label));
                }
            }
            // Where the words are others, the issue's labels tell.
            Ok(answer) if answer.status.as_u16() == 404 => {
                let shown = match client.get(&issue, None).await {
                    Ok(shown) if shown.status.is_success() => shown,
                    Ok(_) => return ending(client.refusal(Method::DELETE, &target, &answer), begun),
                    Err(trouble) => return ending(trouble, true),
                };
                match labels(client, Method::GET, &issue, shown) {
                    Ok(labels) => there = Some(labels),
                    Err(trouble) => return (Outcome::Unknown { error: trouble.to_string() }, None),
                }
            }
            Ok(answer) => return ending(client.refusal(Method::DELETE, &target, &answer), begun),
            Err(trouble) => return ending(trouble, begun),
        }
        begun = true;
    }
    (compare(change, &delta, there.as_ref()), None)
}

fn labels(client: &Client, method: Method, target: &str, answer: Answer) -> Result<BTreeSet<String>, Trouble> {
    let (labels, _): (Vec<Label>, _) = client.decode(method, target, answer)?;
    Ok(labels.iter().map(|label| fold(label.name())).collect())
}

/// The answer against the intent: GitHub may take a request and drop what it carries.
fn compare(change: &Change, delta: &map::LabelDelta, there: Option<&BTreeSet<String>>) -> Outcome {
    let Some(there) = there else { return Outcome::Done };
    let missing = delta.wanted.iter().find(|label| !there.contains(&fold(label)));
    let lingering = delta.remove.iter().find(|label| there.contains(&fold(label)));
    let error = match (missing, lingering) {
        (None, None) => return Outcome::Done,
        (Some(label), _) => format!("{}: GitHub's answer doesn't show the label {label:?} that was added", change.key),
        (None, Some(label)) => {
            format!("{}: GitHub's answer still shows the label {label:?} that was removed", change.key)
        }
    };
    Outcome::Unknown { error: format!("{error}; the next cycle reads it again") }
}

/// What a trouble makes of a change of which nothing, or something, was written already.
fn ending(mut trouble: Trouble, begun: bool) -> Ending {
    if trouble.kind == TroubleKind::Invalid && trouble.what.contains("100 labels") {
        trouble.next = "take a label off the issue".to_owned();
    }
    if trouble.kind == TroubleKind::Forbidden && trouble.what.contains("archived") {
        trouble.next = "unarchive the repository or take it out of the configuration".to_owned();
    }
    let error = trouble.to_string();
    let outcome = match trouble.kind {
        _ if begun => Outcome::Unknown { error },
        TroubleKind::FateUnknown => Outcome::Unknown { error },
        kind if kind.is_of_one_issue() => Outcome::Refused { error },
        _ => Outcome::Failed { error },
    };
    (outcome, trouble.ends_batch().then_some(trouble))
}

/// A path segment: everything but unreserved characters is percent-encoded.
fn segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            segment.push(char::from(byte));
        } else {
            segment.push_str(&format!("%{byte:02X}"));
        }
    }
    segment
}
