//! What holds for every roadmap: invariants 10, 11 and 12, monotony, and that every score is one.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::select;
use roadmapd::model::*;
use roadmapd::roadmap::{Roadmap, unify};
use roadmapd::score::cel::OwnRules;
use roadmapd::score::{ItemScore, Knobs, Levels, Model, Previous, PriorityModel, Scores, Weights, score};

use crate::score_corpus::{KEYS, TODAY, at, backlog, day, issue, links, relation, snapshot};
use crate::score_own::own;

/// Own rules that give more to what matters more.
fn own_rules() -> OwnRules {
    own([
        ("'p0' in item.labels || item.declared_priority in ['high', 'highest']", 9.0),
        ("'bug' in item.labels && item.kind == ''", -30.0),
        ("item.reactions > 10 || item.comments > 20", 12.5),
        ("item.labels.exists(label, label == 'critical')", 80.0),
        ("item.blocks > 1", 5.0),
        ("item.due_days != null && item.due_days < 20", 20.0),
        ("item.age_days > 210 && item.status != 'done'", 3.3),
    ])
}

fn weights() -> impl Strategy<Value = Weights> {
    (any::<bool>(), any::<bool>(), 0_u8..3, any::<bool>()).prop_map(|(wsjf, inherit, size, own)| {
        let model = if wsjf { PriorityModel::Wsjf } else { PriorityModel::Weighted };
        let rules = if own { own_rules() } else { OwnRules::default() };
        Weights::uniform(Knobs { model, inherit, size_exponent: f64::from(size) / 2.0, rules, ..Knobs::default() })
    })
}

/// Confirmed levels and holds for whichever items have these founders.
fn previous() -> impl Strategy<Value = Vec<(&'static str, Option<Priority>, Option<Priority>)>> {
    let level = || proptest::option::of(select(Priority::ALL.to_vec()));
    proptest::collection::vec(
        (select(&KEYS[..]), level(), proptest::option::weighted(0.3, select(Priority::ALL.to_vec()))),
        0..8,
    )
}

fn of(roadmap: &Roadmap, known: &[(&str, Option<Priority>, Option<Priority>)]) -> Previous {
    let mut previous = Previous::default();
    for (key, level, hold) in known {
        let Some(index) = roadmap.find(key) else { continue };
        let id = roadmap.items[index].id.clone();
        if let Some(hold) = hold {
            previous.holds.insert((id.clone(), Aspect::Priority), Level::Priority(*hold));
        }
        previous.levels.insert(id, Levels { priority: *level, ..Levels::default() });
    }
    previous
}

fn run(issues: &[Issue], previous: &Previous, weights: &Weights, day: Day) -> (Roadmap, Scores) {
    let roadmap = unify(&snapshot(issues.to_vec()), &links());
    let scores = score(&roadmap, previous, &Model::default(), weights, day);
    (roadmap, scores)
}

fn by_item(scores: Scores) -> BTreeMap<ItemId, ItemScore> {
    scores.items.into_iter().map(|score| (score.item.clone(), score)).collect()
}

/// No item ranks lower than before, and no item that was changed scores less.
fn nothing_fell(before: Scores, after: Scores) -> Result<(), TestCaseError> {
    let after = by_item(after);
    for old in before.items {
        let new = &after[&old.item];
        prop_assert!(new.priority.score >= old.priority.score, "{:?} {:?}", old.priority, new.priority);
        prop_assert!(new.priority.level <= old.priority.level, "{:?} {:?}", old.priority, new.priority);
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_order_of_issues_does_not_matter_to_scores(
        (first, second) in backlog().prop_flat_map(|issues| (Just(issues.clone()), Just(issues).prop_shuffle())),
        weights in weights(),
    ) {
        let (_, one) = run(&first, &Previous::default(), &weights, TODAY);
        let (_, other) = run(&second, &Previous::default(), &weights, TODAY);
        prop_assert_eq!(one.items, other.items);
    }

    #[test]
    fn scores_are_finite_within_bounds_and_the_sum_of_their_because(
        issues in backlog(), known in previous(), weights in weights(),
    ) {
        let (roadmap, _) = run(&issues, &Previous::default(), &weights, TODAY);
        let (_, scores) = run(&issues, &of(&roadmap, &known), &weights, TODAY);
        for item in &scores.items {
            let priority = &item.priority;
            prop_assert!((0.0..=100.0).contains(&priority.score));
            let sum: f64 = priority.because.iter().map(|because| because.points).sum();
            prop_assert!((sum - priority.score).abs() < 1e-6, "{:?}", priority);
            let size = &item.complexity;
            prop_assert!(size.low <= size.story_points && size.story_points <= size.high && size.high.is_finite());
            let sum: f64 = size.because.iter().map(|because| because.points).sum();
            prop_assert!((sum - size.story_points).abs() < 1e-6, "{:?}", size);
            prop_assert!(priority.because.iter().chain(&size.because).all(|because| !because.why.is_empty()));
        }
    }

    #[test]
    fn an_item_scores_alone_with_its_neighbourhood_as_it_does_among_all(
        issues in backlog(), known in previous(), weights in weights(),
    ) {
        let (roadmap, _) = run(&issues, &Previous::default(), &weights, TODAY);
        let previous = of(&roadmap, &known);
        let all = score(&roadmap, &previous, &Model::default(), &weights, TODAY);
        for (index, whole) in all.items.iter().enumerate() {
            let (part, place) = roadmap.around(index).expect("an item");
            let alone = score(&part, &previous.about(&part), &Model::default(), &weights, TODAY);
            prop_assert_eq!(&alone.items[place], whole);
        }
        prop_assert!(roadmap.around(all.items.len()).is_none());
    }

    #[test]
    fn our_own_labels_change_nothing(
        issues in backlog(), known in previous(), weights in weights(),
        ours in proptest::collection::btree_set(select(vec!["P0", "sev1", "docs", "Priority/P1", "complexity/xl", "critical"]), 1..4),
    ) {
        let bare: Vec<Issue> = issues.into_iter().map(|mut issue| {
            issue.labels.retain(|label| !ours.contains(label.as_str()));
            issue
        }).collect();
        let labelled: Vec<Issue> = bare.iter().cloned().map(|mut issue| {
            issue.labels.extend(ours.iter().map(|label| (*label).to_owned()));
            issue
        }).collect();
        let (roadmap, _) = run(&bare, &Previous::default(), &weights, TODAY);
        let mut previous = of(&roadmap, &known);
        let lower: BTreeSet<String> = ours.iter().map(|label| label.to_lowercase()).collect();
        previous.ours = bare.iter().map(|issue| (issue.id.clone(), lower.clone())).collect();
        let (_, one) = run(&bare, &previous, &weights, TODAY);
        let (_, other) = run(&labelled, &previous, &weights, TODAY);
        prop_assert_eq!(one.items, other.items);
    }

    #[test]
    fn unrelated_items_and_the_last_edit_change_nothing(issues in backlog(), known in previous(), weights in weights()) {
        let (roadmap, _) = run(&issues, &Previous::default(), &weights, TODAY);
        let previous = of(&roadmap, &known);
        let (_, one) = run(&issues, &previous, &weights, TODAY);
        let mut more: Vec<Issue> = issues.into_iter().map(|mut issue| { issue.updated = at(0); issue }).collect();
        let mut stranger = issue("jira:OTHER-1");
        stranger.priority = Some("Highest".to_owned());
        more.push(stranger);
        let (_, other) = run(&more, &previous, &weights, TODAY);
        let other = by_item(other);
        for item in one.items {
            prop_assert_eq!(&item, &other[&item.item]);
        }
    }

    #[test]
    fn levels_rise_to_all_that_blocks_and_holds_win(issues in backlog(), known in previous(), weights in weights()) {
        let (roadmap, _) = run(&issues, &Previous::default(), &weights, TODAY);
        let previous = of(&roadmap, &known);
        let (_, scores) = run(&issues, &previous, &weights, TODAY);
        for (index, item) in roadmap.items.iter().enumerate() {
            let priority = &scores.items[index].priority;
            if let Some(Level::Priority(held)) = previous.holds.get(&(item.id.clone(), Aspect::Priority)) {
                prop_assert_eq!(priority.level, *held);
                prop_assert!(priority.because.iter().any(|because| because.rule == "hold"));
                continue;
            }
            let (mut waiting, mut at) = (vec![index], 0);
            while let Some(next) = waiting.get(at).copied().filter(|next| roadmap.items[*next].status.is_open()) {
                waiting.extend(roadmap.items[next].blocks.iter().filter(|b| roadmap.items[**b].status.is_open()));
                at += 1;
            }
            let most = waiting.iter().skip(1).map(|waiting| scores.items[*waiting].priority.level).min();
            let inherit = weights.default.inherit;
            let expected = most.filter(|_| inherit).map_or(priority.own, |most| most.min(priority.own));
            prop_assert!(priority.level <= expected, "{:?} though {:?} waits", priority, most);
            let lifted = priority.because.iter().any(|because| because.rule == "blocks");
            prop_assert_eq!(lifted, priority.level < priority.own);
        }
    }

    #[test]
    fn what_makes_an_item_matter_more_lowers_nothing(
        issues in backlog(), known in previous(), weights in weights(), at in any::<proptest::sample::Index>(), how in 0_u8..5, by in 1_u32..30,
    ) {
        let mut raised = issues.clone();
        let issue = &mut raised[at.index(issues.len())];
        let steps = ["Lowest", "Low", "Medium", "Major", "High", "Highest"];
        match how {
            0 => {
                let now = issue.priority.as_deref().and_then(|name| steps.iter().position(|step| *step == name));
                prop_assume!(now.is_some());
                issue.priority = now.map(|now| steps[(now + by as usize % 3).min(steps.len() - 1)].to_owned());
            }
            1 => issue.labels.push("critical".to_owned()),
            2 => issue.reactions += by,
            3 => issue.comments += by,
            _ => {
                let sooner = issue.due.map_or(day(i64::from(by)), |(due, _)| due.saturating_sub(jiff::SignedDuration::from_hours(24 * i64::from(by))));
                issue.due = Some((sooner, DueSource::Issue));
            }
        }
        let (roadmap, _) = run(&issues, &Previous::default(), &weights, TODAY);
        let previous = of(&roadmap, &known);
        let (_, before) = run(&issues, &previous, &weights, TODAY);
        let (_, after) = run(&raised, &previous, &weights, TODAY);
        nothing_fell(before, after)?;
    }

    #[test]
    fn one_more_item_that_waits_for_it_lowers_nothing(
        issues in backlog(), known in previous(), weights in weights(), one in any::<proptest::sample::Index>(), other in any::<proptest::sample::Index>(),
    ) {
        let (one, other) = (one.index(issues.len()), other.index(issues.len()));
        prop_assume!(issues[one].id.tracker == issues[other].id.tracker);
        let mut tied = issues.clone();
        tied[one].relations.push(relation(RelationKind::Blocks, KEYS.iter().find(|key| **key == issues[other].key.to_string()).expect("its key")));
        let (roadmap, _) = run(&issues, &Previous::default(), &weights, TODAY);
        let previous = of(&roadmap, &known);
        let (_, before) = run(&issues, &previous, &weights, TODAY);
        let (with, after) = run(&tied, &previous, &weights, TODAY);
        // A circle is cut, so that what waited in it waits no more.
        prop_assume!(with.cycles == roadmap.cycles);
        nothing_fell(before, after)?;
    }

    #[test]
    fn weights_are_relative(issues in backlog(), weights in weights()) {
        let mut doubled = weights.default.as_ref().clone();
        for weight in doubled.weights.values_mut() {
            *weight *= 2.0;
        }
        let (_, one) = run(&issues, &Previous::default(), &weights, TODAY);
        let (_, other) = run(&issues, &Previous::default(), &Weights::uniform(doubled), TODAY);
        prop_assert_eq!(one.items, other.items);
    }

    #[test]
    fn time_alone_changes_nothing_before_the_day_that_is_named(
        issues in backlog(), known in previous(), weights in weights(), later in 1_i64..200,
    ) {
        let (roadmap, _) = run(&issues, &Previous::default(), &weights, TODAY);
        let previous = of(&roadmap, &known);
        let (_, now) = run(&issues, &previous, &weights, TODAY);
        let (_, then) = run(&issues, &previous, &weights, day(later));
        for (now, then) in now.items.iter().zip(&then.items) {
            prop_assert!(now.due_again.is_none_or(|due| due > TODAY));
            if now.due_again.is_none_or(|due| due > day(later)) {
                prop_assert_eq!(&now.priority, &then.priority);
            }
        }
    }
}
