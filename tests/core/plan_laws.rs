//! Laws of planning, by generated worlds: what is applied is quiet, people's values stand, crashes leave no trace.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use roadmapd::model::{Aspect, Complexity, IssueId, ItemId, Level, Priority, Reading, Turn};
use roadmapd::plan::{AUTO_LABEL, Existing, SkipReason, Standing, plan, standing};

use crate::plan_world::{Request, World, id, requests, row_key};

const GITHUB: &str = "github:acme/api#1";
const JIRA: &str = "jira:PAY-2";

fn priority() -> impl Strategy<Value = Priority> {
    prop::sample::select(Priority::ALL.to_vec())
}

fn complexity() -> impl Strategy<Value = Complexity> {
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

/// Two linked issues and a lone one.
fn world() -> impl Strategy<Value = World> {
    let item = || (priority(), complexity());
    (existing(), labels(), labels(), labels(), item(), item()).prop_map(|(existing, a, b, c, one, two)| {
        World::new(existing, &[(&[(GITHUB, a), (JIRA, b)], one.0, one.1), (&[("github:acme/web#3", c)], two.0, two.1)])
    })
}

/// What happens between two cycles.
#[derive(Clone, Debug)]
enum Event {
    Put(usize, String),
    Take(usize, String),
    Rescore(Priority, Complexity),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..3usize, label()).prop_map(|(at, label)| Event::Put(at, label)),
        (0..3usize, label()).prop_map(|(at, label)| Event::Take(at, label)),
        (priority(), complexity()).prop_map(|(p, c)| Event::Rescore(p, c)),
    ]
}

fn happen(world: &mut World, event: &Event) {
    let keys = [GITHUB, JIRA, "github:acme/web#3"];
    match event {
        Event::Put(at, label) => world.person(keys[*at], &[label], &[]),
        Event::Take(at, label) => world.person(keys[*at], &[], &[label]),
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

fn ask(world: &World) -> Standing {
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
                prop_assert!(edit.from.iter().all(|from| change.labels.contains(from)));
                prop_assert!(edit.to.iter().all(|to| !change.labels.contains(to)));
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
        let before = world.ledger.clone();
        let planned = world.read_and_plan();
        let (first, roadmap) = (ask(&world), world.roadmap());
        prop_assert_eq!(&first.noted, &world.ledger);
        let scores = world.scores(&roadmap, &first.previous);
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
    ) {
        let labels: Vec<String> = adopted.iter().map(|label| (*label).to_owned()).collect();
        let mut killed = World::new(Existing::Adopt, &[
            (&[(GITHUB, labels.clone()), (JIRA, labels)], Priority::P1, Complexity::M),
        ]);
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
        let holds = |world: &World| world.ledger.rows.values().filter_map(|row| row.hold.clone()).collect::<Vec<_>>();
        let before = holds(&world);
        for issue in world.issues.values_mut() {
            issue.labels = seen.clone();
            issue.reading = listed;
        }
        world.ledger = ask(&world).noted;
        // Sinks that were seen for the first time have no record to lag behind; every one here has been read before.
        prop_assert_eq!(before.len(), holds(&world).iter().filter(|hold| before.contains(hold)).count());
    }
}

fn pair(existing: Existing, github: &[&str], jira: &[&str]) -> World {
    let labels = crate::plan_world::names;
    World::new(existing, &[(&[(GITHUB, labels(github)), (JIRA, labels(jira))], Priority::P2, Complexity::M)])
}

#[test]
fn two_peoples_values_freeze_the_aspect_and_nothing_else() {
    let mut world = pair(Existing::Respect, &["priority/p0"], &["priority/p3"]);
    let plan = world.cycle();
    let reasons: Vec<_> = plan.skips.iter().map(|skip| (skip.issue.to_string(), skip.reason)).collect();
    assert_eq!(reasons, [(GITHUB.to_owned(), SkipReason::Frozen), (JIRA.to_owned(), SkipReason::Frozen)]);
    assert_eq!(world.labels(GITHUB), ["complexity/m", "priority/p0"]);
    assert_eq!(world.labels(JIRA), ["complexity/m", "priority/p3"]);
    assert!(ask(&world).previous.holds.is_empty());
}

#[test]
fn taking_the_label_off_again_gives_the_field_back() {
    let mut world = pair(Existing::Respect, &["priority/p0"], &[]);
    world.cycle();
    world.person(GITHUB, &[], &["priority/p0"]);
    world.cycle();
    assert_eq!(world.priorities(GITHUB), ["priority/p2"]);
    assert_eq!(world.priorities(JIRA), ["priority/p2"]);
}

#[test]
fn a_field_that_a_person_emptied_stays_empty_and_the_other_face_goes_on() {
    let mut world = pair(Existing::Respect, &[], &[]);
    world.cycle();
    world.person(GITHUB, &[], &["priority/p2"]);
    world.wanted.insert(GITHUB.to_owned(), (Priority::P1, Complexity::M));
    world.cycle();
    assert!(world.priorities(GITHUB).is_empty());
    assert_eq!(world.priorities(JIRA), ["priority/p1"]);
}

#[test]
fn the_hand_back_label_ends_the_holds_of_its_issue_and_goes() {
    let mut world = pair(Existing::Respect, &["priority/p0", "complexity/xl"], &[]);
    world.cycle();
    assert_eq!(world.labels(JIRA), ["complexity/xl", "priority/p0"]);
    world.person(GITHUB, &[AUTO_LABEL], &[]);
    world.cycle();
    assert_eq!(world.labels(GITHUB), ["complexity/m", "priority/p2"]);
    assert_eq!(world.labels(JIRA), ["complexity/m", "priority/p2"]);
}

#[test]
fn release_makes_what_stands_there_ours() {
    let mut world = pair(Existing::Respect, &["priority/p0", "complexity/xl"], &[]);
    world.cycle();
    let issues = BTreeSet::from([id(GITHUB)]);
    world.ledger = roadmapd::plan::release(world.ledger, &issues, Some(Aspect::Priority));
    world.cycle();
    assert_eq!(world.labels(GITHUB), ["complexity/xl", "priority/p2"]);
}

#[test]
fn what_a_sink_wrote_goes_with_the_sink() {
    let mut world = pair(Existing::Respect, &["bug"], &[]);
    world.cycle();
    let mut scheme = crate::plan_world::scheme(Existing::Respect);
    scheme.sinks.values_mut().for_each(|sinks| sinks.retain(|sink| sink.aspect == Aspect::Complexity));
    world.scheme = roadmapd::model::PerContainer::uniform(scheme);
    world.cycle();
    assert_eq!(world.labels(GITHUB), ["bug", "complexity/m"]);
    assert!(world.cycle().changes.is_empty());
}

#[test]
fn a_renamed_spelling_replaces_the_one_that_we_wrote() {
    let mut world = pair(Existing::Respect, &[], &[]);
    world.cycle();
    let mut scheme = crate::plan_world::scheme(Existing::Respect);
    for sinks in scheme.sinks.values_mut() {
        sinks[0] = crate::plan_world::sink(Aspect::Priority, "prio-", true);
    }
    world.scheme = roadmapd::model::PerContainer::uniform(scheme);
    world.cycle();
    assert_eq!(world.labels(GITHUB), ["complexity/m", "prio-p2"]);
}

#[test]
fn observe_mode_plans_nothing_and_closed_issues_are_left_as_they_are() {
    let mut world = pair(Existing::Respect, &[], &[]);
    let mut scheme = crate::plan_world::scheme(Existing::Respect);
    scheme.mode = roadmapd::plan::Mode::Observe;
    world.scheme = roadmapd::model::PerContainer::uniform(scheme);
    assert!(world.cycle().changes.is_empty());
    let mut world = pair(Existing::Respect, &[], &[]);
    world.issues.get_mut(&id(JIRA)).expect("an issue").status = roadmapd::model::Status::Done;
    let plan = world.cycle();
    assert_eq!((plan.considered, plan.changes.len()), (1, 1));
    assert!(world.labels(JIRA).is_empty());
}

#[test]
fn an_unread_write_is_a_doubt_and_a_conflict_until_it_is_read() {
    let mut world = pair(Existing::Respect, &[], &[]);
    world.cycle();
    world.issues.get_mut(&id(GITHUB)).expect("an issue").reading = Reading { turn: world.turn(), by_id: true };
    let standing = ask(&world);
    assert!(standing.doubts.contains(&id(GITHUB)));
    let roadmap = world.roadmap();
    let plan = plan(&roadmap, &world.scores(&roadmap, &standing.previous), &world.ledger, &world.scheme);
    assert!(plan.changes.is_empty());
    assert!(plan.skips.iter().any(|skip| skip.issue.to_string() == GITHUB && skip.reason == SkipReason::Conflict));
}

#[test]
fn a_plan_that_waits_moves_no_confirmed_level() {
    let mut world = pair(Existing::Respect, &[], &[]);
    world.cycle();
    world.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::M));
    let waiting = world.read_and_plan();
    assert_eq!(waiting.edits(), 2);
    let item = ItemId::mint(&id(GITHUB));
    assert_eq!(ask(&world).previous.levels[&item].priority, Some(Priority::P2));
    // Not even an open intent moves it, until a reading says that the write arrived.
    world.cycle_dying_after(0);
    world.read_and_plan();
    assert_eq!(ask(&world).previous.levels[&item].priority, Some(Priority::P2));
}

#[test]
fn an_issue_with_a_hundred_labels_is_named_and_its_neighbour_is_written() {
    let many: Vec<String> = (0..99).map(|n| format!("l{n:02}")).collect();
    let mut world = World::new(
        Existing::Respect,
        &[
            (&[(GITHUB, many)], Priority::P1, Complexity::M),
            (&[("github:acme/api#5", vec![])], Priority::P1, Complexity::M),
        ],
    );
    let plan = world.cycle();
    let skip = plan.skips.iter().find(|skip| skip.reason == SkipReason::Limit).expect("a limit");
    assert_eq!(skip.issue.to_string(), GITHUB);
    assert!(skip.why.contains("99 labels") && skip.why.contains("101") && skip.why.contains("100"), "{}", skip.why);
    assert_eq!(world.labels(GITHUB).len(), 100);
    assert_eq!(world.labels("github:acme/api#5"), ["complexity/m", "priority/p1"]);
    // A replacement puts the new label on first, for which there is no room either.
    world.wanted.insert(GITHUB.to_owned(), (Priority::P0, Complexity::M));
    assert!(world.cycle().changes.is_empty());
}

#[test]
fn a_failed_write_leaves_the_ledger_saying_what_it_said() {
    let mut world = pair(Existing::Respect, &[], &[]);
    let planned = world.read_and_plan();
    let approved = world.approved(planned);
    let failed = |change: &roadmapd::plan::Change| {
        (change.issue.clone(), roadmapd::plan::Outcome::Failed { error: "422".into() })
    };
    approved.changes().iter().for_each(|change| world.intend(change, None));
    let outcomes = approved.changes().iter().map(failed).collect();
    let receipt = roadmapd::plan::Receipt { cycle: world.cycle, turn: world.turn(), outcomes };
    let settled = roadmapd::plan::settle(world.ledger.clone(), &approved, &receipt);
    assert!(settled.rows.values().all(|row| row.intent.is_none() && row.ours.is_none() && row.hold.is_none()));
    assert!(settled.contacted.is_empty());
    world.ledger = settled;
    assert_eq!(world.cycle().edits(), 4);
}

#[test]
fn a_cut_short_write_with_a_changed_mind_is_still_all_ours() {
    let mut world = pair(Existing::Respect, &[], &[]);
    world.cycle();
    for level in [Priority::P0, Priority::P1, Priority::P3] {
        world.wanted.insert(GITHUB.to_owned(), (level, Complexity::M));
        world.cycle_dying_after(1);
    }
    assert!(world.priorities(GITHUB).len() > 2, "{:?}", world.labels(GITHUB));
    world.send(&id(GITHUB), &Request::Remove("priority/p2".into()));
    let plan = world.cycle();
    assert!(plan.skips.is_empty(), "{:?}", plan.skips);
    assert_eq!(world.priorities(GITHUB), ["priority/p3"]);
    assert_eq!(world.ledger.rows[&row_key(GITHUB, Aspect::Priority)].level, Some(Level::Priority(Priority::P3)));
}

/// A world whose Jira issues also have their priority field written.
fn with_field(value: Option<&str>) -> World {
    let mut world = pair(Existing::Respect, &[], &[]);
    let mut scheme = crate::plan_world::scheme(Existing::Respect);
    let named = ["Highest", "High", "Medium", "Low"].map(str::to_owned);
    let spellings = Aspect::Priority.levels().into_iter().zip(named).collect();
    let target = roadmapd::plan::Target::Field("priority".into());
    let field = roadmapd::plan::Spelled { aspect: Aspect::Priority, target, spellings, fold_case: false };
    scheme.sinks.entry(crate::plan_world::tracker("jira")).or_default().push(field);
    world.scheme = roadmapd::model::PerContainer::uniform(scheme);
    world.issues.get_mut(&id(JIRA)).expect("an issue").priority = value.map(str::to_owned);
    world
}

#[test]
fn a_field_that_a_person_set_holds_the_item_in_every_sink() {
    let mut world = with_field(Some("Highest"));
    world.cycle();
    assert_eq!(world.priorities(GITHUB), ["priority/p0"]);
    assert_eq!(world.priorities(JIRA), ["priority/p0"]);
}

#[test]
fn a_field_value_that_no_level_spells_freezes_only_that_sink() {
    let mut world = with_field(Some("Blocker"));
    let plan = world.cycle();
    let skips: Vec<_> = plan.skips.iter().map(|skip| (skip.theirs.as_deref(), skip.reason)).collect();
    assert_eq!(skips, [(Some("Blocker"), SkipReason::Frozen)]);
    assert_eq!(world.priorities(JIRA), ["priority/p2"]);
    assert_eq!(world.priorities(GITHUB), ["priority/p2"]);
}

#[test]
fn an_empty_field_is_written_and_then_no_input_for_score() {
    let mut world = with_field(None);
    let plan = world.cycle();
    let field: Vec<_> = plan.changes.iter().flat_map(|c| &c.edits).filter(|e| e.sink.0 == "field:priority").collect();
    assert_eq!(field.iter().map(|edit| edit.to.as_deref()).collect::<Vec<_>>(), [Some("Medium")]);
    world.issues.get_mut(&id(JIRA)).expect("an issue").priority = Some("Medium".into());
    world.read_and_plan();
    assert!(ask(&world).previous.ours[&id(JIRA)].contains("field:priority"));
}
