//! What holds for every snapshot.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use roadmapd::model::{ContainerKey, IssueKey, ItemId};
use roadmapd::roadmap::{Links, Roadmap, unify};

use crate::score_corpus::{KEYS, backlog, links, snapshot};

fn pairs() -> impl Strategy<Value = Vec<(IssueKey, IssueKey)>> {
    let key = || select(&KEYS[..]).prop_map(|key| key.parse().expect("a key"));
    proptest::collection::vec((key(), key()), 0..4)
}

fn all_links() -> impl Strategy<Value = Links> {
    (pairs(), pairs()).prop_map(|(joined, parted)| Links { joined, parted, ..links() })
}

fn ids(roadmap: &Roadmap) -> Vec<ItemId> {
    roadmap.items.iter().map(|item| item.id.clone()).collect()
}

proptest! {
    #[test]
    fn the_order_of_issues_does_not_matter(
        (first, second) in backlog().prop_flat_map(|issues| (Just(issues.clone()), Just(issues).prop_shuffle())),
        mut links in all_links(),
    ) {
        let one = unify(&snapshot(first), &links);
        links.joined.reverse();
        links.parted.reverse();
        let other = unify(&snapshot(second), &links);
        prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }

    #[test]
    fn every_issue_is_in_one_item_and_no_item_has_two_of_one_container(issues in backlog(), links in all_links()) {
        let roadmap = unify(&snapshot(issues.clone()), &links);
        let faces: usize = roadmap.items.iter().map(|item| item.faces.len()).sum();
        prop_assert_eq!(faces, issues.len());
        prop_assert_eq!(roadmap.item_of.len(), issues.len());
        prop_assert!(ids(&roadmap).windows(2).all(|pair| pair[0] < pair[1]), "sorted, none twice");
        for (index, item) in roadmap.items.iter().enumerate() {
            let containers: BTreeSet<&ContainerKey> = item.faces.iter().map(|face| &face.container).collect();
            prop_assert_eq!(containers.len(), item.faces.len());
            prop_assert!(item.faces.iter().all(|face| roadmap.item_of[&face.id] == index));
            prop_assert!(item.faces.iter().all(|face| face.created >= item.founder().created));
        }
    }

    #[test]
    fn what_a_person_parted_is_never_one_item(issues in backlog(), links in all_links()) {
        let roadmap = unify(&snapshot(issues), &links);
        for (one, other) in &links.parted {
            let (one, other) = (roadmap.find(&one.to_string()), roadmap.find(&other.to_string()));
            prop_assert!(one.is_none() || one != other || links.parted.iter().any(|(a, b)| a == b));
        }
    }

    #[test]
    fn ties_are_inverse_sorted_and_without_circles(issues in backlog(), links in all_links()) {
        let roadmap = unify(&snapshot(issues), &links);
        let items = &roadmap.items;
        for (index, item) in items.iter().enumerate() {
            prop_assert!(item.blocked_by.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(item.blocks.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(item.blocked_by.iter().all(|blocker| items[*blocker].blocks.contains(&index)));
            prop_assert!(item.blocks.iter().all(|waiting| items[*waiting].blocked_by.contains(&index)));
            prop_assert!(item.children.iter().all(|child| items[*child].parent == Some(index)));
            let mut top = index;
            for _ in 0..items.len() {
                top = items[top].parent.unwrap_or(top);
            }
            prop_assert_eq!(items[top].parent, None, "every walk up ends");
        }
        let mut left: BTreeSet<usize> = (0..items.len()).collect();
        while let Some(free) = left.iter().copied().find(|index| items[*index].blocked_by.iter().all(|b| !left.contains(b))) {
            left.remove(&free);
        }
        prop_assert!(left.is_empty(), "every item can come after what blocks it");
    }

    #[test]
    fn ids_last_from_cycle_to_cycle_and_through_joins_and_splits(
        mut issues in backlog(), first in all_links(), second in all_links(),
    ) {
        let before = unify(&snapshot(issues.clone()), &first);
        for issue in &mut issues {
            issue.item = before.item(&issue.id).map(|item| item.id.clone());
        }
        let again = unify(&snapshot(issues.clone()), &first);
        prop_assert_eq!(ids(&before), ids(&again), "nothing changed");
        let after = unify(&snapshot(issues.clone()), &second);
        prop_assert_eq!(ids(&after).into_iter().collect::<BTreeSet<_>>().len(), after.items.len());
        for item in &after.items {
            // An item that is as it was keeps its id, whatever happened around it.
            let faces = |item: &roadmapd::roadmap::Item| item.faces.iter().map(|face| face.id.clone()).collect::<Vec<_>>();
            if let Some(same) = before.items.iter().find(|old| faces(old) == faces(item)) {
                prop_assert_eq!(&same.id, &item.id);
            }
        }
    }
}
