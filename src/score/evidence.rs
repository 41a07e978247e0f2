//! What may be read about an item: everything but what we wrote ourselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::graph::Waiters;
use super::types::{Knobs, Previous};
use crate::model::{Aspect, Day, Issue, Level};
use crate::roadmap::{Item, Roadmap};

/// One item with what its rules may read.
pub struct Evidence<'a> {
    /// The roadmap around it.
    pub roadmap: &'a Roadmap,
    /// The item.
    pub item: &'a Item,
    /// The knobs of its founder's container.
    pub knobs: &'a Knobs,
    /// What earlier cycles left.
    pub previous: &'a Previous,
    /// Today.
    pub day: Day,
    /// Its faces' labels in lower case, without ours: the face's place, then the label.
    pub labels: Vec<(usize, String)>,
    /// Open items that wait for it; empty while the rules run that don't read the graph.
    pub waiters: Waiters,
}

impl<'a> Evidence<'a> {
    /// Gathers what may be read about the item at `index`.
    pub fn of(roadmap: &'a Roadmap, index: usize, previous: &'a Previous, knobs: &'a Knobs, day: Day) -> Self {
        let item = &roadmap.items[index];
        let mut labels = Vec::new();
        for (place, face) in item.faces.iter().enumerate() {
            let ours = previous.ours.get(&face.id);
            let theirs = face.labels.iter().map(|label| label.to_lowercase());
            labels.extend(theirs.filter(|label| !is_ours(ours, label)).map(|label| (place, label)));
        }
        labels.sort();
        Self { roadmap, item, knobs, previous, day, labels, waiters: Waiters::default() }
    }

    /// Each face's tracker priority that a person, or the tracker when the issue was made, gave; never ours. By name, and
    /// in lower case.
    pub fn declared(&self) -> impl Iterator<Item = (&Arc<Issue>, &str, String)> {
        self.item.faces.iter().filter_map(|face| {
            let name = match self.in_place_of(face, "priority") {
                Some(given) => given?,
                None => face.priority.as_deref()?,
            };
            Some((face, name, name.trim().to_lowercase()))
        })
    }

    /// Each face's story points that a person gave, in the tracker's field or by a label `points/{n}`; never ours. Finite, 0 or
    /// more.
    pub fn story_points(&self) -> impl Iterator<Item = (&Arc<Issue>, f64)> {
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let fields = self.item.faces.iter().filter_map(move |face| {
            let ours = face.story_points_field.as_deref().and_then(|field| self.in_place_of(face, field));
            Some((face, ours.map_or(face.story_points, |given| given.and_then(number))?))
        });
        let labels = self.labels.iter().filter_map(move |(place, label)| {
            Some((self.item.faces.get(*place)?, number(label.strip_prefix("points/")?)?))
        });
        fields.chain(labels).filter(|(_, points)| points.is_finite() && *points >= 0.0)
    }

    /// The largest of them: a plan that takes work for too small hurts more.
    pub fn largest_story_points(&self) -> Option<(&Arc<Issue>, f64)> {
        self.story_points().max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// What its issues that have it say in a field, by the tracker's id of the field, founder first; never ours.
    pub(super) fn fields(&self, id: &str) -> impl Iterator<Item = (&Arc<Issue>, &str)> {
        self.item.faces.iter().filter_map(move |face| {
            let said = match self.in_place_of(face, id) {
                Some(given) => given?,
                None => face.fields.get(id)?.as_str(),
            };
            Some((face, said))
        })
    }

    /// What to read in place of what a field says, where we write it.
    fn in_place_of(&self, face: &Issue, field: &str) -> Option<Option<&str>> {
        self.previous.given.get(&face.id)?.get(field).map(Option::as_deref)
    }

    /// Whether the item isn't done or dropped.
    pub fn is_open(&self) -> bool {
        self.item.status.is_open()
    }

    /// A person's hold on this aspect.
    pub(super) fn hold(&self, aspect: Aspect) -> Option<Level> {
        if self.previous.holds.is_empty() {
            return None;
        }
        self.previous.holds.get(&(self.item.id.clone(), aspect)).copied()
    }

    /// Whether one of its types or labels calls it one of these (lower-case) names, bare or as `type/bug`, `kind: bug`.
    pub(super) fn is_called(&self, names: &[&str]) -> bool {
        let kinds = self.item.faces.iter().filter_map(|face| face.kind.as_ref()).map(|kind| kind.to_lowercase());
        let of_label = |label: &str| {
            let bare = ["type", "kind", "t", "area"].iter().find_map(|prefix| {
                label
                    .strip_prefix(prefix)?
                    .strip_prefix([':', '/', '-', '_', ' '])
                    .map(|rest| rest.trim_matches([':', ' ']))
            });
            names.contains(&bare.unwrap_or(label))
        };
        kinds.into_iter().any(|kind| names.contains(&kind.as_str()))
            || self.labels.iter().any(|(_, label)| of_label(label))
    }
}

fn is_ours(ours: Option<&BTreeSet<String>>, lower: &str) -> bool {
    ours.is_some_and(|ours| ours.contains(lower))
}
