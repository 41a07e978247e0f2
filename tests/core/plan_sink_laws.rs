//! Laws of sinks, by generated worlds: fields as labels, spellings that change, and nothing of ours as an input.

use proptest::prelude::*;
use roadmapd::model::{Aspect, Complexity, PerContainer, Priority};
use roadmapd::plan::{Existing, SkipReason, agreement};
use roadmapd::score::{ItemScore, Scores};

use crate::plan_laws::{Event, ask, complexity, event, happen, priority, world};
use crate::plan_world::{PRIORITIES, World, id, scheme, scheme_with_fields, sink};

const GITHUB: &str = "github:acme/api#1";
const JIRA: &str = "jira:PAY-2";

/// Scores but for what hysteresis makes of a level that people hold.
fn found(scores: Scores) -> Vec<ItemScore> {
    let mut items = scores.items;
    for item in &mut items {
        item.priority.own = item.priority.level;
        item.priority.because.retain(|because| !because.is_of_level());
    }
    items
}

proptest! {
    #[test]
    fn a_field_set_by_hand_stands_and_its_linked_face_follows(
        start in (priority(), complexity()),
        theirs in prop::option::of(priority()),
        later in prop::collection::vec((priority(), complexity()), 1..6),
    ) {
        prop_assume!(theirs != Some(start.0));
        let mut world =
            World::new(Existing::Respect, &[(&[(GITHUB, vec![]), (JIRA, vec![])], start.0, start.1)]);
        world.scheme = PerContainer::uniform(scheme_with_fields(Existing::Respect));
        world.cycle();
        let by_hand = theirs.map(|level| PRIORITIES[level as usize]);
        world.set(&id(JIRA), "priority", by_hand);
        for (p, c) in later {
            world.wanted.insert(GITHUB.to_owned(), (p, c));
            let plan = world.cycle();
            prop_assert_eq!(world.field(JIRA, "priority"), by_hand.map(str::to_owned));
            // An emptied field holds only itself.
            let followed = format!("priority/{}", theirs.unwrap_or(p));
            prop_assert_eq!(world.priorities(GITHUB), vec![followed.clone()]);
            prop_assert_eq!(world.priorities(JIRA), vec![followed]);
            let skips: Vec<_> = plan.skips.iter().map(|skip| (skip.issue.to_string(), skip.reason)).collect();
            prop_assert_eq!(skips, vec![(JIRA.to_owned(), SkipReason::Hold)]);
        }
    }

    #[test]
    fn a_renamed_spelling_retires_the_old_one_in_one_change(
        start in priority(),
        wanted in priority(),
        by_hand in prop::option::of(priority()),
        prefix in prop::sample::select(vec!["prio-", "PRIORITY/", "complexity/", "p/"]),
        death in prop::option::of(0..4usize),
    ) {
        prop_assume!(by_hand != Some(start));
        let mut world =
            World::new(Existing::Respect, &[(&[(GITHUB, vec![]), (JIRA, vec![])], start, Complexity::M)]);
        world.cycle();
        if let Some(level) = by_hand {
            world.person(JIRA, &[&format!("priority/{level}")], &[&format!("priority/{start}")]);
            world.cycle();
        }
        let mut renamed = scheme(Existing::Respect);
        for (tracker, sinks) in &mut renamed.sinks {
            sinks[0] = sink(Aspect::Priority, prefix, tracker.as_str() == "github");
        }
        world.scheme = PerContainer::uniform(renamed);
        world.wanted.insert(GITHUB.to_owned(), (wanted, Complexity::M));
        match death {
            None => {
                let plan = world.cycle();
                for change in &plan.changes {
                    prop_assert_eq!(change.edits.len(), 1, "new on and old off are one edit: {:?}", change);
                    prop_assert!(change.edits[0].from.is_some() && change.edits[0].to.is_some());
                }
            }
            Some(n) => {
                world.cycle_dying_after(n);
                world.cycle();
            }
        }
        let level = by_hand.unwrap_or(wanted);
        let (new, old) = (format!("{prefix}{level}"), format!("priority/{level}"));
        let on = |issue| {
            let labels = world.labels(issue).into_iter().filter(|label| label != "complexity/m");
            labels.collect::<Vec<_>>()
        };
        // Only case differs: for GitHub that is the same label.
        let same = prefix == "PRIORITY/" && on(GITHUB).iter().all(|label| label.eq_ignore_ascii_case(&new));
        prop_assert!(on(GITHUB) == [new.clone()] || same, "{:?}", on(GITHUB));
        prop_assert_eq!(on(JIRA), vec![if by_hand.is_some() { old } else { new }]);
        let again = world.cycle();
        prop_assert!(again.changes.is_empty(), "{:?}", again.changes);
        prop_assert_eq!(again.skips.len(), usize::from(by_hand.is_some()));
    }

    #[test]
    fn writing_any_plan_changes_no_score_and_no_agreement(
        mut world in world(),
        events in prop::collection::vec(event(), 0..6),
    ) {
        world.scored = true;
        let all = |world: &World| {
            let (roadmap, standing) = (world.roadmap(), ask(world));
            let scores = world.scores(&roadmap, &standing.previous);
            let agreement = agreement(&roadmap, &scores, &standing, &World::weights(), |_| None);
            (found(scores), agreement)
        };
        for event in std::iter::once(&Event::Rescore(Priority::P0, Complexity::M)).chain(&events) {
            happen(&mut world, event);
            let plan = world.read_and_plan();
            let before = all(&world);
            world.write(plan);
            world.read_and_plan();
            prop_assert_eq!(before, all(&world));
        }
    }
}
