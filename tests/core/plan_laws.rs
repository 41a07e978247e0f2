//! Laws of planning, by generated worlds: what is applied is quiet, people's values stand, crashes leave no trace.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use roadmapd::model::{Aspect, Complexity, IssueId, PerContainer, Person, Priority, Reading, Turn};
use roadmapd::plan::{AUTO_LABEL, Author, Existing, SinkId, SkipReason, Standing, plan, standing};

use crate::plan_world::{POINTS, Work, World, id, requests, scheme_with_fields};

const GITHUB: &str = "github:acme/api#1";
const JIRA: &str = "jira:PAY-2";

pub fn priority() -> impl Strategy<Value = Priority> {
    prop::sample::select(Priority::ALL.to_vec())
}

pub fn complexity() -> impl Strategy<Value = Complexity> {
    prop::sample::select(Complexity::ALL.to_vec())
}

fn label() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "priority/p0",
        "priority/p1",
        "priority/p3",
        "complexity/m",
        "complexity/xl",
        "bug",
        "priority/customer",
        "priority/p9",
        "p1",
        AUTO_LABEL,
    ])
    .prop_map(str::to_owned)
}

fn labels() -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set(label(), 0..4).prop_map(|labels| labels.into_iter().collect())
}

fn existing() -> impl Strategy<Value = Existing> {
    prop_oneof![Just(Existing::Respect), Just(Existing::Adopt)]
}

/// What the Jira issue's priority field and its story points say.
fn fields() -> impl Strategy<Value = Fields> {
    let priority = prop::option::of(prop::sample::select(vec!["Highest", "High", "Medium", "Low", "Blocker"]));
    let points = prop::option::of(prop::sample::select(vec!["1", "2", "2.0", "3", "8", "13"]));
    (priority, points)
}

pub type Fields = (Option<&'static str>, Option<&'static str>);

/// Who gave what stands at first, by the trackers' histories.
fn history() -> impl Strategy<Value = Option<Author>> {
    let someone = Author::Someone(Person { id: "5b1".into(), name: "Ada".into() });
    prop_oneof![Just(None), Just(Some(Author::Us)), Just(Some(someone)), Just(Some(Author::Creation))]
}

/// Two linked issues and a lone one; with and without fields among the sinks.
pub fn world() -> impl Strategy<Value = World> {
    let item = || (priority(), complexity());
    let start = (existing(), labels(), labels(), labels(), item(), item());
    (start, prop::option::of(fields()), history()).prop_map(|((existing, a, b, c, one, two), fields, history)| {
        let items: &[Work] = &[(&[(GITHUB, a), (JIRA, b)], one.0, one.1), (&[("github:acme/web#3", c)], two.0, two.1)];
        let mut world = World::new(existing, items);
        if let Some(fields) = fields {
            world.scheme = PerContainer::uniform(scheme_with_fields(existing));
            set(&mut world, fields);
        }
        for (author, issue) in history.iter().flat_map(|author| world.issues.values().map(move |issue| (author, issue)))
        {
            let labels = issue.labels.iter().map(|label| ("label".to_owned(), label));
            let fields = issue.fields.iter().map(|(name, value)| (format!("field:{name}"), value));
            let priority = issue.priority.iter().map(|value| ("field:priority".to_owned(), value));
            for (sink, value) in labels.chain(fields).chain(priority) {
                world.history.insert((issue.id.clone(), SinkId(sink), value.clone()), author.clone());
            }
        }
        world
    })
}

fn set(world: &mut World, (priority, points): Fields) {
    world.set(&id(JIRA), "priority", priority);
    world.set(&id(JIRA), POINTS, points);
}

/// What happens between two cycles.
#[derive(Clone, Debug)]
pub enum Event {
    Put(usize, String),
    Take(usize, String),
    Rescore(Priority, Complexity),
    Fields(Fields),
}

pub fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..3usize, label()).prop_map(|(at, label)| Event::Put(at, label)),
        (0..3usize, label()).prop_map(|(at, label)| Event::Take(at, label)),
        (priority(), complexity()).prop_map(|(p, c)| Event::Rescore(p, c)),
        fields().prop_map(Event::Fields),
    ]
}

pub fn happen(world: &mut World, event: &Event) {
    let keys = [GITHUB, JIRA, "github:acme/web#3"];
    match event {
        Event::Put(at, label) => world.person(keys[*at], &[label], &[]),
        Event::Take(at, label) => world.person(keys[*at], &[], &[label]),
        Event::Fields(fields) => set(world, *fields),
        Event::Rescore(p, c) => {
            world.wanted.insert(GITHUB.to_owned(), (*p, *c));
        }
    }
}

fn is_level_label(label: &str) -> bool {
    let label = label.to_lowercase();
    Aspect::ALL.iter().take(2).any(|aspect| aspect.levels().iter().any(|level| label == format!("{aspect}/{level}")))
}

fn strangers(world: &World) -> BTreeMap<IssueId, BTreeSet<String>> {
    let mut all = world.all_labels();
    all.values_mut().for_each(|labels| labels.retain(|label| !is_level_label(label) && label != AUTO_LABEL));
    all
}

pub fn ask(world: &World) -> Standing {
    standing(&world.roadmap(), &world.ledger, &world.scheme, world.cycle)
}

proptest! {
    #[test]
    fn a_plan_once_applied_plans_nothing(mut world in world(), events in prop::collection::vec(event(), 0..6)) {
        for event in &events {
            world.cycle();
            happen(&mut world, event);
        }
        world.cycle();
        let again = world.cycle();
        prop_assert!(again.changes.is_empty(), "{:?}", again.changes);
        prop_assert_eq!(again.fingerprint, "");
    }

    #[test]
    fn only_our_spellings_are_written_and_other_labels_survive(
        mut world in world(),
        events in prop::collection::vec(event(), 0..6),
    ) {
        for event in &events {
            let before = strangers(&world);
            let plan = world.cycle();
            prop_assert_eq!(before, strangers(&world));
            for edit in plan.changes.iter().flat_map(|change| &change.edits) {
                if edit.sink.0 != "label" {
                    let known = ["Highest", "High", "Medium", "Low", "1", "2", "5", "8", "13"];
                    prop_assert!(edit.to.as_deref().is_some_and(|to| known.contains(&to)), "{:?}", edit);
                    continue;
                }
                for value in edit.from.iter().chain(&edit.to) {
                    prop_assert!(is_level_label(value) || value == AUTO_LABEL, "{}", value);
                }
                prop_assert_ne!(edit.to.as_deref(), Some(AUTO_LABEL));
            }
            happen(&mut world, event);
        }
    }

    #[test]
    fn a_plan_has_one_change_an_issue_and_no_edit_that_does_nothing(mut world in world()) {
        let plan = world.read_and_plan();
        let issues: BTreeSet<_> = plan.changes.iter().map(|change| &change.issue).collect();
        prop_assert_eq!(issues.len(), plan.changes.len());
        for change in &plan.changes {
            prop_assert!(!change.edits.is_empty());
            for edit in &change.edits {
                prop_assert_ne!(&edit.from, &edit.to);
                let there = match edit.sink.0.strip_prefix("field:") {
                    Some(field) => world.field(JIRA, field).into_iter().collect(),
                    None => change.labels.clone(),
                };
                prop_assert!(edit.from.iter().all(|from| there.contains(from)));
                prop_assert!(edit.to.iter().all(|to| !there.contains(to)));
                prop_assert!(edit.sink.0 == "label" || edit.from.as_ref() == there.first());
            }
        }
    }

    #[test]
    fn asking_again_of_what_was_noted_answers_the_same(
        mut world in world(),
        events in prop::collection::vec(event(), 0..4),
    ) {
        for event in &events {
            world.cycle();
            happen(&mut world, event);
        }
        let mut before = world.ledger.clone();
        let planned = world.read_and_plan();
        let (first, roadmap) = (ask(&world), world.roadmap());
        prop_assert_eq!(&first.noted, &world.ledger);
        let scores = world.scores(&roadmap, &first.previous);
        before.authors.clone_from(&world.ledger.authors);
        let from_stored = plan(&roadmap, &scores, &before, &world.scheme);
        prop_assert_eq!(planned.fingerprint, from_stored.fingerprint);
    }

    #[test]
    fn a_label_set_by_hand_stands_and_its_linked_face_follows(
        start in (priority(), complexity()),
        theirs in priority(),
        on_jira in any::<bool>(),
        later in prop::collection::vec((priority(), complexity()), 1..6),
    ) {
        prop_assume!(theirs != start.0);
        let (here, there) = if on_jira { (JIRA, GITHUB) } else { (GITHUB, JIRA) };
        let mut world =
            World::new(Existing::Respect, &[(&[(GITHUB, vec![]), (JIRA, vec![])], start.0, start.1)]);
        world.cycle();
        world.person(here, &[&format!("priority/{theirs}")], &[&format!("priority/{}", start.0)]);
        for (p, c) in later {
            world.wanted.insert(GITHUB.to_owned(), (p, c));
            let plan = world.cycle();
            prop_assert_eq!(world.priorities(here), vec![format!("priority/{theirs}")]);
            prop_assert_eq!(world.priorities(there), vec![format!("priority/{theirs}")]);
            prop_assert!(world.labels(here).contains(&format!("complexity/{c}")), "the other aspect goes on");
            let skips: Vec<_> = plan.skips.iter().map(|skip| (skip.issue.to_string(), skip.reason)).collect();
            prop_assert_eq!(skips, vec![(here.to_owned(), SkipReason::Hold)]);
        }
    }

    #[test]
    fn a_label_added_between_our_requests_stands(
        (old, new, theirs) in Just(Priority::ALL.to_vec()).prop_shuffle().prop_map(|all| (all[0], all[1], all[2])),
        moment in 0..3usize,
    ) {
        let mut world = World::new(Existing::Respect, &[
            (&[(GITHUB, vec![]), (JIRA, vec![])], old, Complexity::M),
        ]);
        world.cycle();
        world.wanted.insert(GITHUB.to_owned(), (new, Complexity::M));
        let (by_hand, aside) = (format!("priority/{theirs}"), "customer");
        let planned = world.read_and_plan();
        let approved = world.approved(planned);
        for change in approved.changes() {
            world.intend(change, None);
            for (n, request) in requests(change).iter().enumerate() {
                if n == moment && change.issue == id(GITHUB) {
                    world.person(GITHUB, &[&by_hand, aside], &[]);
                }
                world.send(&change.issue, request);
            }
        }
        world.person(GITHUB, &[&by_hand, aside], &[]);
        let outcomes = approved.changes().iter()
            .map(|change| (change.issue.clone(), roadmapd::plan::Outcome::Done)).collect();
        let receipt = roadmapd::plan::Receipt { cycle: world.cycle, turn: world.turn(), outcomes };
        world.ledger = roadmapd::plan::settle(world.ledger.clone(), &approved, &receipt);
        for _ in 0..3 {
            world.cycle();
        }
        prop_assert_eq!(world.priorities(GITHUB), vec![by_hand.clone()]);
        prop_assert_eq!(world.priorities(JIRA), vec![by_hand]);
        prop_assert!(world.labels(GITHUB).contains(&aside.to_owned()));
    }

    #[test]
    fn dying_at_any_request_leaves_what_an_undisturbed_run_leaves(
        adopted in prop::collection::btree_set(prop::sample::select(
            vec!["priority/p0", "priority/p2", "complexity/s", "complexity/l", "bug"]), 0..5),
        deaths in prop::collection::vec((0..8usize, priority(), complexity()), 1..6),
        fields in any::<bool>(),
    ) {
        let labels: Vec<String> = adopted.iter().map(|label| (*label).to_owned()).collect();
        let mut killed = World::new(Existing::Adopt, &[
            (&[(GITHUB, labels.clone()), (JIRA, labels)], Priority::P1, Complexity::M),
        ]);
        if fields {
            killed.scheme = PerContainer::uniform(scheme_with_fields(Existing::Adopt));
        }
        let mut undisturbed = killed.clone();
        for (n, p, c) in deaths {
            killed.wanted.insert(GITHUB.to_owned(), (p, c));
            undisturbed.wanted.insert(GITHUB.to_owned(), (p, c));
            killed.cycle_dying_after(n);
            undisturbed.cycle();
        }
        let skips = [killed.cycle().skips, killed.cycle().skips].concat();
        prop_assert!(skips.is_empty(), "{:?}", skips);
        undisturbed.cycle();
        prop_assert_eq!(killed.all_labels(), undisturbed.all_labels());
        for field in ["priority", POINTS] {
            prop_assert_eq!(killed.field(JIRA, field), undisturbed.field(JIRA, field));
            prop_assert_eq!(killed.field(JIRA, field).is_some(), fields);
        }
        prop_assert!(killed.cycle().changes.is_empty());
    }

    #[test]
    fn what_is_written_changes_no_label_that_score_may_read(mut world in world()) {
        let inputs = |world: &World| {
            let ours = ask(world).previous.ours;
            let mut all = world.all_labels();
            for (issue, labels) in &mut all {
                labels.retain(|label| !ours.get(issue).is_some_and(|ours| ours.contains(&label.to_lowercase())));
            }
            all
        };
        world.read_and_plan();
        let before = inputs(&world);
        world.cycle();
        world.read_and_plan();
        prop_assert_eq!(before, inputs(&world));
    }

    #[test]
    fn a_list_that_lags_begins_and_ends_no_hold(mut world in world(), seen in labels()) {
        world.cycle();
        world.cycle();
        let listed = Reading { turn: Turn(99), by_id: false };
        let before = world.ledger.clone();
        for issue in world.issues.values_mut() {
            issue.labels = seen.clone();
            issue.reading = listed;
        }
        world.ledger = ask(&world).noted;
        // Where there is no record yet, a list may begin one.
        for (key, row) in &before.rows {
            prop_assert_eq!(&world.ledger.rows[key].hold, &row.hold);
        }
    }
}
