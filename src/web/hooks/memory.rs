//! Deliveries -> whether one came before. What is remembered is bounded: a replay that is older than all of it costs a cycle
//! that finds nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::signature::Tag;
use crate::model::TrackerName;

/// Deliveries of one tracker that are remembered: hours of a busy one.
const REMEMBERED: usize = 4096;

/// What came, by tracker.
#[derive(Default)]
pub(super) struct Memory(Mutex<BTreeMap<TrackerName, Seen>>);

#[derive(Default)]
struct Seen {
    ids: Ring,
    tags: Ring,
}

impl Memory {
    /// Whether neither this delivery's id nor its signature came before; both are remembered from now on. No signature covers
    /// the id, so that a replay may bear any, but the signature itself is the same for the same body.
    pub(super) fn is_new(&self, tracker: &TrackerName, id: Option<&[u8]>, tag: &Tag) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = all.entry(tracker.clone()).or_default();
        let id_is_new = id.is_none_or(|id| seen.ids.add(Sha256::digest(id).into()));
        seen.tags.add(*tag) && id_is_new
    }
}

/// So many digests; the oldest is forgotten first.
#[derive(Default)]
struct Ring {
    order: VecDeque<[u8; 32]>,
    held: BTreeSet<[u8; 32]>,
}

impl Ring {
    fn add(&mut self, digest: [u8; 32]) -> bool {
        if !self.held.insert(digest) {
            return false;
        }
        self.order.push_back(digest);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.held.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(n: usize) -> Tag {
        Sha256::digest(n.to_be_bytes()).into()
    }

    #[test]
    fn the_same_id_or_the_same_signature_is_a_replay_of_that_tracker_alone() {
        let (memory, github, jira) = (Memory::default(), TrackerName::new("github"), TrackerName::new("jira"));
        assert!(memory.is_new(&github, Some(b"a"), &tag(1)));
        assert!(!memory.is_new(&github, Some(b"a"), &tag(1)));
        assert!(!memory.is_new(&github, Some(b"a"), &tag(2)), "a redelivery has the same id");
        assert!(!memory.is_new(&github, Some(b"b"), &tag(1)), "the id isn't signed");
        assert!(!memory.is_new(&github, None, &tag(1)));
        assert!(memory.is_new(&github, None, &tag(3)));
        assert!(memory.is_new(&jira, Some(b"a"), &tag(1)));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_oldest_is_forgotten_first() {
        let (memory, github) = (Memory::default(), TrackerName::new("github"));
        for n in 0..=REMEMBERED {
            assert!(memory.is_new(&github, Some(&n.to_be_bytes()), &tag(n)));
        }
        assert!(!memory.is_new(&github, Some(&1_usize.to_be_bytes()), &tag(1)));
        assert!(memory.is_new(&github, Some(&0_usize.to_be_bytes()), &tag(0)));
        let all = memory.0.lock().expect("a lock");
        let seen = &all[&github];
        assert_eq!((seen.ids.held.len(), seen.tags.order.len()), (REMEMBERED, REMEMBERED));
    }
}
