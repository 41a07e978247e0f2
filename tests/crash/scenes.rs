//! Cycles worth dying in: what happened before each, how it is started, how it goes on after a death, and how all ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use roadmapd::daemon::{self, CycleTrouble, Order, Turned, Works};
use roadmapd::plan::{Row, RowKey};
use roadmapd::sandbox::{Corpus, Facts, GithubIssueSeed, Tracker};
use roadmapd::store::Store;
use tokio_util::sync::CancellationToken;

use crate::world::{MORNING, WRITES, World};

/// The cycle that dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// The first of all.
    First,
    /// One that finds what people did.
    AfterPeople,
    /// One that lists everything, after what no stamp shows.
    Census,
    /// One that takes the first back.
    Undo,
    /// One that leaves every container.
    Retire,
}

/// Issues in each tracker.
const ISSUES: usize = 6;

impl Scene {
    /// A world right before the cycle.
    pub async fn set(self) -> World {
        let world = World::new(Corpus::generated(3, ISSUES), WRITES).await;
        if self != Self::First {
            world.turn().await;
        }
        match self {
            Self::First => {}
            Self::AfterPeople | Self::Retire => people_act(&world),
            Self::Census => {
                people_act_unseen(&world);
                // Until after three at night, when it is due.
                world.pass(20 * 3600);
            }
            Self::Undo => world.trackers.edit_title(&github(&world)[0], "Said anew").expect("an issue"),
        }
        world
    }

    /// The cycle.
    pub async fn cycle(self, world: &World) -> Result<Turned, CycleTrouble> {
        let (stop, order) = (CancellationToken::new(), Order { cause: "test".to_owned(), ..Order::default() });
        match self {
            Self::First | Self::AfterPeople | Self::Census => {
                daemon::turn(&world.works, &world.store, &order, &stop).await
            }
            Self::Undo => daemon::undo(&world.works, &world.store, 1, &stop).await,
            Self::Retire => daemon::retire(&world.works, &world.store, |_| true, &stop).await,
        }
    }

    /// After a death: what a person began is asked for again, and the daemon turns.
    pub async fn go_on(self, world: &World) {
        world.pass(60);
        if matches!(self, Self::Undo | Self::Retire) {
            self.cycle(world).await.expect("it goes on");
            world.pass(60);
        } else {
            world.turn().await;
        }
    }

    /// The end without a death, and how often its cycle wrote to the store and asked the trackers what.
    pub async fn undisturbed(self) -> (End, u64, BTreeMap<(Tracker, String), u64>) {
        let world = self.set().await;
        let before = world.store.writes_so_far();
        world.trackers.reset_counts();
        let turned = self.cycle(&world).await.expect("a cycle");
        let (writes, requests) = (world.store.writes_so_far() - before, world.trackers.requests());
        assert!(turned.written > 0 && turned.errors.is_empty(), "{turned:?}");
        world.pass(60);
        (End::of(&world).await, writes, requests)
    }
}

fn github(world: &World) -> Vec<String> {
    world.open_keys().into_iter().filter(|key| key.contains('#')).collect()
}

fn jira(world: &World) -> Vec<String> {
    world.open_keys().into_iter().filter(|key| !key.contains('#')).collect()
}

/// Labels taken over and taken off, inputs changed, an issue reopened and one more.
fn people_act(world: &World) {
    let (dana, github, jira) = (world.trackers.by("dana"), github(world), jira(world));
    for key in [&github[0], &jira[0]] {
        dana.add_label(key, "needs-words").expect("an issue");
        let ours = world.labels(key, "priority/");
        dana.add_label(key, if ours[0] == "priority/p0" { "priority/p3" } else { "priority/p0" }).expect("an issue");
        dana.remove_label(key, &ours[0]).expect("a label");
    }
    for key in [&github[1], &jira[1]] {
        let ours = world.labels(key, "complexity/");
        dana.remove_label(key, &ours[0]).expect("a label");
    }
    dana.add_label(&github[2], "sev-1").expect("an issue");
    dana.set_priority(&jira[2], "Highest").expect("an issue");
    dana.set_number(&jira[2], "customfield_10016", Some(13.0)).expect("an issue");
    let facts = world.trackers.all_facts();
    let (closed, _) = facts.iter().find(|(_, facts)| !facts.open && !facts.pull_request).expect("a closed issue");
    dana.reopen(closed).expect("an issue");
    let seed =
        GithubIssueSeed { title: "Checkout fails".to_owned(), author: Some("dana".to_owned()), ..Default::default() };
    dana.add_github_issue("acme/api", &seed).expect("a repository");
}

/// What only a listing of everything shows.
fn people_act_unseen(world: &World) {
    let (dana, github, jira) = (world.trackers.by("dana"), github(world), jira(world));
    dana.block(&github[0], &github[1]).expect("issues");
    dana.delete(&github[2]).expect("an issue");
    dana.delete(&jira[2]).expect("an issue");
    dana.set_number(&jira[1], "customfield_10016", Some(13.0)).expect("an issue");
}

impl World {
    /// As a new process finds it.
    pub async fn start_anew(&mut self) {
        let settings = Arc::clone(&self.works.settings);
        self.store = Store::open(&settings.daemon.database).await.expect("a store");
        self.works = Works::connect(settings, self.works.clock.clone()).expect("the trackers connect");
    }
}

/// How a world ends.
#[derive(Debug)]
pub struct End {
    facts: BTreeMap<String, Facts>,
    /// What roadmapd wrote, by issue, in its order.
    written: BTreeMap<String, Vec<String>>,
    /// Requests that write to an issue.
    requests: u64,
    holds: Vec<String>,
    /// What shouldn't be: open intents, a cycle that isn't silent, a plan with changes.
    unrest: Vec<String>,
}

impl End {
    /// Looks at everything; turns once more.
    pub async fn of(world: &World) -> Self {
        let turned = world.turn().await;
        let ledger = world.store.ledger().await.expect("a ledger");
        let mut unrest = Vec::new();
        if turned.written > 0 || !turned.errors.is_empty() || !turned.waiting.is_empty() {
            unrest.push(format!("not silent: {turned:?}"));
        }
        let planned = turned.plan.iter().flat_map(|plan| &plan.changes);
        unrest.extend(planned.map(|change| format!("still planned: {change:?}")));
        let open = ledger.rows.iter().filter(|(_, row)| row.intent.is_some());
        unrest.extend(open.map(|(key, row)| format!("open: {key:?} {row:?}")));
        let held = |(key, row): (&RowKey, &Row)| {
            let hold = row.hold.as_ref()?;
            Some(format!("{} {} {:?} {:?}", key.issue, key.aspect.name(), hold.at, hold.reason))
        };
        let mut facts = world.trackers.all_facts();
        facts.values_mut().for_each(|facts| facts.updated = MORNING.parse().expect("a time"));
        let mut written: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for entry in world.trackers.log().into_iter().filter(|entry| entry.actor.contains("bot")) {
            let told = format!("{} {:?} -> {:?}", entry.what, entry.from, entry.to);
            written.entry(entry.key).or_default().push(told);
        }
        let writes_issue = |route: &str| {
            !route.starts_with("GET") && route.contains("{number}/labels") || route.starts_with("PUT /rest/api/")
        };
        let requests = world.trackers.requests().into_iter().filter(|((_, route), _)| writes_issue(route));
        Self {
            facts,
            written,
            requests: requests.map(|(_, count)| count).sum(),
            holds: ledger.rows.iter().filter_map(held).collect(),
            unrest,
        }
    }

    /// What differs from the end without a death, where so many requests to write may have been lost.
    pub fn unlike(&self, calm: &Self, lost: u64) -> Vec<String> {
        let mut wrong = self.unrest.clone();
        if self.facts != calm.facts {
            let differ = calm.facts.iter().filter(|(key, facts)| self.facts.get(*key) != Some(facts));
            wrong.extend(differ.map(|(key, facts)| format!("{:?} instead of {facts:?}", self.facts.get(key))));
        }
        if self.written != calm.written {
            wrong.push(format!("wrote {:?} instead of {:?}", self.written, calm.written));
        }
        if self.holds != calm.holds {
            wrong.push(format!("holds {:?} instead of {:?}", self.holds, calm.holds));
        }
        if self.requests > calm.requests + lost {
            wrong.push(format!("{} requests to write instead of {}", self.requests, calm.requests));
        }
        wrong
    }
}
