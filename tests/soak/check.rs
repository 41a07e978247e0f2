//! What people left, a calm world, and a rough one at rest -> what is amiss there.

use std::collections::{BTreeMap, BTreeSet};

use roadmapd::daemon::Turned;
use roadmapd::plan::{Ledger, Row, RowKey, SkipReason};
use roadmapd::sandbox::Facts;

use crate::people::{ASPECTS, AUTO, Act, View, is_foreign, spells};
use crate::world::World;

/// What people left standing, by issue.
#[derive(Debug, Default)]
pub struct Model {
    /// Labels that aren't ours to judge.
    foreign: BTreeMap<String, BTreeSet<String>>,
    /// Levels that a person gave, by aspect.
    held: BTreeMap<(String, &'static str), BTreeSet<String>>,
    /// Aspects of which a person took every level off.
    emptied: BTreeSet<(String, &'static str)>,
}

impl Model {
    pub fn of(view: &View) -> Self {
        let foreign = view.facts.iter().map(|(key, facts)| (key.clone(), foreign(facts))).collect();
        Self { foreign, ..Self::default() }
    }

    /// Notes an act; `now` is the key that the issue has since.
    pub fn note(&mut self, act: &Act, now: Option<&str>, after: &View) {
        match act {
            Act::Label(key, label) => drop(self.foreign.entry(key.clone()).or_default().insert(label.clone())),
            Act::Unlabel(key, label) => drop(self.foreign.entry(key.clone()).or_default().remove(label)),
            Act::TakeOver(key, label, also) => {
                let (aspect, _) = *ASPECTS.iter().find(|(aspect, _)| spells(aspect, label)).expect("a level");
                let of = (key.clone(), aspect);
                self.emptied.remove(&of);
                let held = self.held.entry(of).or_default();
                held.retain(|label| !also.contains(label));
                held.insert(label.clone());
            }
            Act::TakeOff(key, aspect, _) => {
                self.held.remove(&(key.clone(), *aspect));
                self.emptied.insert((key.clone(), aspect));
            }
            Act::HandBack(key) => self.forget_levels(key),
            Act::Delete(key) => {
                self.forget_levels(key);
                self.foreign.remove(key);
            }
            Act::Move(key, _) => {
                let now = now.expect("a key");
                self.foreign.remove(key);
                self.foreign.insert(now.to_owned(), foreign(&after.facts[now]));
                for (aspect, _) in ASPECTS {
                    if let Some(held) = self.held.remove(&(key.clone(), aspect)) {
                        self.held.insert((now.to_owned(), aspect), held);
                    }
                    if self.emptied.remove(&(key.clone(), aspect)) {
                        self.emptied.insert((now.to_owned(), aspect));
                    }
                }
            }
            Act::Open(_) => {
                let now = now.expect("a key");
                self.foreign.insert(now.to_owned(), foreign(&after.facts[now]));
            }
            _ => {}
        }
    }

    fn forget_levels(&mut self, key: &str) {
        self.held.retain(|(of, _), _| of != key);
        self.emptied.retain(|(of, _)| of != key);
    }

    /// What people left and doesn't stand, or stands and nobody left.
    /// `frozen`: issues on which people disagree with one another, so that ours may stand beside.
    fn amiss(&self, view: &View, frozen: &BTreeSet<String>) -> Vec<String> {
        let mut wrong = Vec::new();
        for (key, facts) in &view.facts {
            let (left, stands) = (self.foreign.get(key).cloned().unwrap_or_default(), foreign(facts));
            if left != stands {
                wrong.push(format!("{key}: people left {left:?}, and {stands:?} stands"));
            }
            for (aspect, _) in ASPECTS {
                let (of, levels) = ((key.clone(), aspect), view.levels(key, aspect));
                let held = self.held.get(&of).cloned().unwrap_or_default();
                let right = match (held.is_empty(), self.emptied.contains(&of)) {
                    (_, true) => levels.is_empty(),
                    (false, _) => {
                        let stands = held.iter().all(|label| levels.contains(label));
                        stands && (!facts.open || frozen.contains(key) || levels.len() == held.len())
                    }
                    (true, false) => !facts.open || levels.len() == 1,
                };
                if !right {
                    let emptied = self.emptied.contains(&of);
                    wrong.push(format!("{key}: {aspect} is {levels:?}; held {held:?}, emptied {emptied}"));
                }
            }
            if facts.open && facts.labels.iter().any(|label| label == AUTO) {
                wrong.push(format!("{key}: {AUTO} still stands"));
            }
        }
        wrong
    }
}

fn foreign(facts: &Facts) -> BTreeSet<String> {
    facts.labels.iter().filter(|label| is_foreign(label)).cloned().collect()
}

/// Holds by issue and aspect.
fn holds(ledger: &Ledger, view: &View) -> BTreeSet<String> {
    let open: BTreeMap<&str, &String> =
        view.facts.iter().filter(|(_, facts)| facts.open).map(|(key, facts)| (facts.id.as_str(), key)).collect();
    let held = |(key, row): (&RowKey, &Row)| {
        let (hold, issue) = (row.hold.as_ref()?, open.get(key.issue.id.as_str())?);
        Some(format!("{issue} {} {:?}", key.aspect.name(), hold.at))
    };
    ledger.rows.iter().filter_map(held).collect()
}

/// Everything that is amiss in the rough world; `calm` is the world to compare it with, `last` its last cycle.
pub async fn amiss(model: &Model, calm: Option<&World>, rough: &World, last: &Turned) -> Vec<String> {
    let ledger = rough.store.ledger().await.expect("a ledger");
    let view = View::of(&rough.trackers, ledger.clone(), &[]);
    let plan = rough.preview().await.plan;
    let frozen = plan.skips.iter().filter(|skip| skip.reason == SkipReason::Frozen);
    let frozen: BTreeSet<String> = frozen.map(|skip| skip.issue.local.clone()).collect();
    let mut wrong = model.amiss(&view, &frozen);
    if last.written > 0 || last.failed > 0 || !last.errors.is_empty() || !last.waiting.is_empty() {
        wrong.push(format!("the last cycle isn't silent: {last:?}"));
    }
    wrong.extend(plan.changes.iter().map(|change| format!("still planned: {change:?}")));
    // What was closed or deleted meanwhile isn't looked at any more; a closed issue's ledger goes on when it is reopened.
    let live = |id: &str| view.facts.values().any(|facts| facts.open && facts.id == id);
    let open = ledger.rows.iter().filter(|(key, row)| row.intent.is_some() && live(&key.issue.id));
    wrong.extend(open.map(|(key, row)| format!("an open intent: {key:?} {row:?}")));
    if let Some(calm) = calm {
        let known = calm.store.ledger().await.expect("a ledger");
        let there = View::of(&calm.trackers, known.clone(), &[]);
        wrong.extend(model.amiss(&there, &frozen).into_iter().map(|what| format!("in the calm world: {what}")));
        // Where people disagree, it hangs on whose word was read first what of ours still stands beside.
        for (key, facts) in there.facts.iter().filter(|(key, facts)| facts.open && !frozen.contains(*key)) {
            let labels = view.facts.get(key).map(|facts| &facts.labels);
            if labels != Some(&facts.labels) {
                wrong.push(format!("{key} has {labels:?}, in a calm world {:?}", facts.labels));
            }
        }
        let (here, there) = (holds(&ledger, &view), holds(&known, &there));
        if here != there {
            wrong.push(format!("holds {here:?}, in a calm world {there:?}"));
        }
    }
    wrong
}
