//! Seed -> two worlds in which people do the same; one is calm, in the other everything fails and dies; then all rest.

use std::sync::Arc;
use std::time::Duration;

use roadmapd::daemon::{self, Order, Works};
use roadmapd::sandbox::{Corpus, GithubIssueSeed, JiraIssueSeed, LabelSeed, ProjectSeed, RepositorySeed, Tracker};
use roadmapd::store::Store;
use roadmapd::tracker::Policy;
use tokio_util::sync::CancellationToken;

use crate::check::{Model, amiss};
use crate::dice::Dice;
use crate::people::{ASPECTS, AUTO, Act, View, drawn};
use crate::weather::Weather;
use crate::world::{WRITES, World};

const ROUNDS: u64 = 6;
const HOUR_S: u64 = 3600;
/// From what people do to the next cycle.
const PAUSE_S: u64 = 120;
/// Tries again at once, waits for nobody: time passes only where the story says so.
const QUICK: Policy = Policy {
    tries_max: 2,
    backoff: Duration::from_millis(1),
    backoff_max: Duration::from_millis(1),
    patience: Duration::from_millis(200),
    unsaid_limit: Duration::from_secs(3600),
    ..Policy::GITHUB
};

/// Levels hang on nothing that was before, so that a level that was never written leaves no trace.
fn settings() -> String {
    format!("{WRITES}[priority]\nhysteresis = 0\n[complexity]\nhysteresis = 0\n")
}

/// Two repositories that know every label, and two projects; a pair and some blockers among them.
fn corpus(seed: u64) -> Corpus {
    let mut corpus = Corpus::generated(seed, 5);
    let label = |name: String| LabelSeed { name, color: "cccccc".to_owned(), description: None };
    let levels =
        ASPECTS.iter().flat_map(|(aspect, levels)| levels.iter().map(move |level| format!("{aspect}/{level}")));
    let labels: Vec<LabelSeed> = levels.chain([AUTO.to_owned()]).map(label).collect();
    corpus.repositories[0].labels.extend(labels.clone());
    let few = |title: &str, n: u32| GithubIssueSeed {
        title: title.to_owned(),
        number: n,
        author: Some("emre".to_owned()),
        created_days_ago: 40.0,
        ..Default::default()
    };
    let mut web = RepositorySeed { name: "acme/web".to_owned(), labels, ..Default::default() };
    web.issues = vec![few("Login page is slow", 1), few("Crash when a cart is empty", 2)];
    corpus.repositories.push(web);
    let few = |summary: &str, n: u32| JiraIssueSeed {
        summary: summary.to_owned(),
        number: n,
        kind: "Bug".to_owned(),
        status: "To Do".to_owned(),
        created_days_ago: 30.0,
        ..Default::default()
    };
    let issues = vec![few("Refunds are lost", 1), few("Receipts lack a number", 2)];
    corpus.projects.push(ProjectSeed { key: "PAY".to_owned(), name: "Pay".to_owned(), issues, ..Default::default() });
    corpus
}

impl World {
    /// As a new process finds it, and as patient as that.
    async fn start_anew(&mut self, policy: Option<Policy>) {
        let (settings, clock) = (Arc::clone(&self.works.settings), self.works.clock.clone());
        self.store = Store::open(&settings.daemon.database).await.expect("a store");
        self.works = match policy {
            Some(policy) => Works::connect_with(settings, clock, policy),
            None => Works::connect(settings, clock),
        }
        .expect("the trackers connect");
    }

    async fn view(&self) -> View {
        let issues = self.store.issues().await.expect("issues");
        View::of(&self.trackers, self.store.ledger().await.expect("a ledger"), &issues)
    }
}

/// One cycle in which things go wrong; afterwards they don't, and whoever died is back.
async fn rough_cycle(world: &mut World, weather: &Weather) -> String {
    let dead = weather.come(world);
    let (order, stop) = (Order { cause: "test".to_owned(), ..Order::default() }, CancellationToken::new());
    let told = tokio::select! {
        biased;
        () = world.store.died() => "died".to_owned(),
        () = dead.cancelled() => "died".to_owned(),
        turned = daemon::turn(&world.works, &world.store, &order, &stop) => match turned {
            Ok(turned) => format!("wrote {}, failed {}: {:?}", turned.written, turned.failed, turned.errors),
            Err(error) => format!("ended: {error}"),
        },
    };
    world.trackers.heal_all();
    for tracker in [Tracker::GitHub, Tracker::Jira] {
        world.trackers.unhook(tracker);
    }
    if weather.kills() {
        world.start_anew(Some(QUICK)).await;
    }
    world.pass(60);
    told
}

/// Plays a seed to its end. What is amiss then, a sentence each.
pub async fn play(seed: u64, aloud: bool) -> Vec<String> {
    let tell = |what: &dyn Fn() -> String| {
        if aloud {
            eprintln!("{}", what());
        }
    };
    let (mut acts, mut skies) = (Dice::of(seed, 1), Dice::of(seed, 2));
    // In every fourth world people lay hands on levels wherever they like; how a calm world ends says nothing there.
    let wild = seed.is_multiple_of(4);
    let calm = World::new(corpus(seed), &settings()).await;
    let mut rough = World::new(corpus(seed), &settings()).await;
    rough.start_anew(Some(QUICK)).await;
    let mut model = Model::of(&rough.view().await);
    for round in 0..ROUNDS {
        for n in 0..acts.below(if round == 0 { 3 } else { 7 }) {
            let (here, there) = (calm.view().await, rough.view().await);
            let tries = std::iter::repeat_with(|| drawn(&mut acts, &here, &there, wild, round * 10 + n));
            let Some(act) = tries.take(8).flatten().next() else { continue };
            let by = *acts.pick(&["dana", "emre", "labeler-app"]).expect("some");
            let (done, rough_done) = (act.act(&calm.trackers.by(by)), act.act(&rough.trackers.by(by)));
            tell(&|| format!("round {round}: {by}: {act:?}: {done:?}"));
            if let (Ok(now), Ok(_)) = (&done, &rough_done) {
                model.note(&act, now.as_deref(), &rough.view().await);
            } else if wild && matches!(act, Act::TakeOver(..) | Act::TakeOff(..)) {
                // In the calm world other levels stand.
                if rough_done.is_ok() {
                    model.note(&act, None, &rough.view().await);
                }
            } else {
                assert_eq!(done.is_ok(), rough_done.is_ok(), "{act:?}: {done:?} {rough_done:?}");
            }
        }
        for world in [&calm, &rough] {
            world.pass(PAUSE_S);
        }
        calm.turn().await;
        for _ in 0..1 + skies.below(2) {
            let weather = Weather::drawn(&mut skies);
            let told = rough_cycle(&mut rough, &weather).await;
            tell(&|| format!("round {round}: {weather:?}: {told}"));
        }
        if skies.percent(50) {
            rough.start_anew(Some(QUICK)).await;
        }
        let hours = 1 + skies.below(5);
        // Both clocks show the same again.
        let behind = calm.trackers.clock().now().duration_until(rough.trackers.clock().now()).as_secs();
        let ahead = |behind: i64| u64::try_from(behind).unwrap_or(0);
        calm.pass(hours * HOUR_S + ahead(behind));
        rough.pass(hours * HOUR_S + ahead(-behind));
    }
    rough.start_anew(None).await;
    let census = Order { cause: "test".to_owned(), census: true, ..Order::default() };
    // A listing that broke off goes on where it stood; only the one after it sees all.
    for _ in 0..2 {
        calm.turn_as(&census).await;
        let turned = rough.turn_as(&census).await;
        tell(&|| format!("at rest: wrote {}, errors {:?}", turned.written, turned.errors));
    }
    let last = rough.turn().await;
    for entry in rough.trackers.log() {
        tell(&|| {
            format!(
                "log: {} {} {}: {} {:?} -> {:?}",
                entry.at, entry.actor, entry.key, entry.what, entry.from, entry.to
            )
        });
    }
    amiss(&model, (!wild).then_some(&calm), &rough, &last).await
}
