//! View -> picture: what the page shows until a cycle finds something new, worked out once for all requests and for one audience.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Deref;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::answer::Waiting;
use super::privacy::{Audience, Privacy};
use crate::daemon::{CycleTrouble, Held, Present, View, Works, held};
use crate::model::{Day, Timestamp};
use crate::roadmap::Item;
use crate::score::ItemScore;
use crate::settings::Settings;
use crate::store::{Store, StoreTrouble};

/// People whom the filter offers; whoever has fewer items is found by name.
const PEOPLE_MAX: usize = 200;
/// Projects that it offers.
const PROJECTS_MAX: usize = 500;

/// What one audience may see of what the last cycle knew. Only [`Picture::draw`] decides that; views read.
pub(super) struct Picture {
    pub view: View,
    pub settings: Arc<Settings>,
    pub privacy: Privacy,
    /// Places of the items that are shown, by rank.
    pub order: Vec<usize>,
    /// The rank at each place, from 1; 0 where it isn't shown.
    pub ranks: Vec<usize>,
    /// Holds on them.
    pub held: Vec<Held>,
    /// What the text filter looks through, by place, in lower case.
    pub hay: Vec<String>,
    /// What filters offer.
    pub facets: Facets,
    /// The plan that waits for a person, which only a cycle puts there or takes away.
    pub waiting: Option<Waiting>,
    names: HashMap<String, usize>,
}

/// What filters offer, sorted.
#[derive(Debug, Default)]
pub(super) struct Facets {
    pub trackers: Vec<String>,
    pub projects: Vec<String>,
    pub scopes: Vec<String>,
    pub people: Vec<String>,
}

impl Picture {
    async fn draw(works: &Works, store: &Store, audience: Audience) -> Result<Self, CycleTrouble> {
        let view = View::open(works, store).await?;
        let items = &view.thought.roadmap.items;
        let trackers = works.settings.trackers.iter().map(|tracker| tracker.name().as_str().to_lowercase()).collect();
        let privacy = Privacy::of(&view.thought.roadmap, trackers, audience);
        let order: Vec<usize> = view.ranked().into_iter().filter(|index| privacy.shows(*index)).collect();
        let mut ranks = vec![0; items.len()];
        let (mut hay, mut names) = (vec![String::new(); items.len()], HashMap::new());
        for (index, rank) in order.iter().copied().zip(1..) {
            ranks[index] = rank;
            hay[index] = hay_of(&items[index]);
            names.insert(items[index].id.to_string(), index);
        }
        // A key that an issue has now wins over one that another had once.
        for index in order.iter().copied() {
            for alias in items[index].faces.iter().flat_map(|face| &face.aliases) {
                names.insert(alias.to_string().to_lowercase(), index);
            }
        }
        for index in order.iter().copied() {
            for face in &items[index].faces {
                names.insert(face.key.to_string().to_lowercase(), index);
            }
        }
        let mut held = held(&view, store).await?;
        held.retain(|hold| names.contains_key(&hold.item));
        let facets = Facets::of(order.iter().map(|index| &items[*index]), &works.settings);
        let settings = Arc::clone(&works.settings);
        let mut picture = Self { settings, privacy, order, ranks, held, hay, facets, waiting: None, names, view };
        picture.waiting = super::cycles::waiting(store, &picture).await?;
        Ok(picture)
    }

    /// The item at a place, and its score.
    pub(super) fn item(&self, index: usize) -> (&Item, &ItemScore) {
        (&self.view.thought.roadmap.items[index], &self.view.thought.scores.items[index])
    }

    /// The place of the item that has this id, or an issue of this key or former key. None: there is none that is shown.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.names.get(&name.to_lowercase()).copied()
    }

    /// Of these places those that are shown.
    pub(super) fn shown<'a>(&'a self, places: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
        places.iter().copied().filter(|index| self.privacy.shows(*index))
    }
}

impl Facets {
    fn of<'a>(items: impl Iterator<Item = &'a Item> + Clone, settings: &Settings) -> Self {
        let faces = items.clone().flat_map(|item| &item.faces);
        let trackers: BTreeSet<&str> = faces.clone().map(|face| face.id.tracker.as_str()).collect();
        let mut projects: BTreeMap<String, usize> = BTreeMap::new();
        let mut people: BTreeMap<&str, usize> = BTreeMap::new();
        for face in faces {
            *projects.entry(face.container.to_string()).or_default() += 1;
            for person in &face.assignees {
                *people.entry(person.name.as_str()).or_default() += 1;
            }
        }
        let scopes: BTreeSet<&str> = items.filter_map(|item| settings.scope_of(&item.founder().container)).collect();
        let owned = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect();
        Self {
            trackers: owned(trackers),
            projects: most(projects.into_iter(), PROJECTS_MAX),
            scopes: owned(scopes),
            people: most(people.into_iter().map(|(name, count)| (name.to_owned(), count)), PEOPLE_MAX),
        }
    }
}

/// The names with the largest counts, sorted by name.
fn most(counted: impl Iterator<Item = (String, usize)>, limit: usize) -> Vec<String> {
    let mut counted: Vec<(String, usize)> = counted.collect();
    counted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut names: Vec<String> = counted.into_iter().take(limit).map(|(name, _)| name).collect();
    names.sort();
    names
}

fn hay_of(item: &Item) -> String {
    let mut hay = String::new();
    for face in &item.faces {
        for text in [face.title.as_str(), &face.key.to_string()] {
            hay.push_str(&text.to_lowercase());
            hay.push('\n');
        }
        for label in &face.labels {
            hay.push_str(&label.to_lowercase());
            hay.push('\n');
        }
    }
    hay
}

/// The picture that a request is answered from, and until when it is known to hold.
pub(super) struct Shown {
    picture: Arc<Picture>,
    /// When the last cycle ended that it was drawn after, or that found nothing new.
    pub as_of: Timestamp,
}

impl Deref for Shown {
    type Target = Picture;

    fn deref(&self) -> &Picture {
        &self.picture
    }
}

/// The picture as it is now: drawn anew when a cycle ended (in whatever process) that wasn't quiet, or the settings or the day
/// are others.
#[derive(Default)]
pub(super) struct Pictures {
    current: Mutex<Option<(Stamp, Arc<Picture>)>>,
}

/// What a picture was drawn of.
struct Stamp {
    /// The last cycle, when it ended, and whether it was interrupted.
    cycle: Option<(u64, Option<Timestamp>, bool)>,
    /// When that cycle ended; where it didn't, or there is none, when the picture was drawn.
    as_of: Timestamp,
    day: Day,
    settings: Arc<Settings>,
}

impl Pictures {
    /// The current picture, or a sentence on why there is none. Whoever comes while it is drawn waits for the same one.
    pub(super) async fn current(&self, present: &Present, store: &Store, audience: Audience) -> Result<Shown, String> {
        let works = &present.works;
        let mut current = self.current.lock().await;
        let now = Stamp::now(works, store).await.map_err(|trouble| trouble.to_string())?;
        if let Some((drawn_of, picture)) = current.as_mut() {
            drawn_of.move_on(&now, store).await.map_err(|trouble| trouble.to_string())?;
            if drawn_of.serves(&now) {
                return Ok(Shown { picture: Arc::clone(picture), as_of: drawn_of.as_of });
            }
        }
        let (works, store) = (works.clone(), store.clone());
        // Some hundred milliseconds of thinking at ten thousand issues: not on the threads that carry the cycle.
        let drawing =
            tokio::task::spawn_blocking(move || Handle::current().block_on(Picture::draw(&works, &store, audience)));
        let picture = match drawing.await {
            Ok(Ok(picture)) => Arc::new(picture),
            Ok(Err(trouble)) => return Err(trouble.to_string()),
            Err(_) => return Err("what the last cycle knew couldn't be put together; the log says why".to_owned()),
        };
        let as_of = now.as_of;
        *current = Some((now, Arc::clone(&picture)));
        Ok(Shown { picture, as_of })
    }
}

impl Stamp {
    /// Of a picture that is drawn now.
    async fn now(works: &Works, store: &Store) -> Result<Self, StoreTrouble> {
        let last = store.cycles(1).await?.pop();
        Ok(Self {
            as_of: last.as_ref().and_then(|cycle| cycle.ended).unwrap_or_else(|| works.clock.now()),
            cycle: last.map(|cycle| (cycle.n, cycle.ended, cycle.interrupted)),
            day: works.clock.today(&works.settings.daemon.timezone),
            settings: Arc::clone(&works.settings),
        })
    }

    /// Takes the last cycle for the one that the picture was drawn after, if it and all between them were quiet: they left the
    /// store as it was. A picture that was drawn while a cycle ran may be of half of it, and doesn't outlive it.
    async fn move_on(&mut self, now: &Self, store: &Store) -> Result<(), StoreTrouble> {
        let (Some((drawn, Some(_), _)), Some((last, Some(_), _))) = (self.cycle, now.cycle) else { return Ok(()) };
        if drawn < last && store.all_quiet(drawn, last).await? {
            (self.cycle, self.as_of) = (now.cycle, now.as_of);
        }
        Ok(())
    }

    /// Whether what was drawn of this still holds. While a cycle is under way the store is half that cycle's: what was drawn
    /// before it stays.
    fn serves(&self, now: &Self) -> bool {
        let running = now.cycle.is_some_and(|(_, ended, interrupted)| ended.is_none() && !interrupted);
        (running || self.cycle == now.cycle) && self.day == now.day && Arc::ptr_eq(&self.settings, &now.settings)
    }
}
