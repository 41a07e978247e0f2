//! What may be written without a person, and what waits.

use std::collections::BTreeMap;

use proptest::prelude::*;
use roadmapd::model::{Complexity, ContainerKey, Coverage, Priority, Reach};
use roadmapd::plan::{Approval, Existing, Limits, Need, Plan, Reviewed, ScopeLimits, Unsafe, approve, fingerprint};

use crate::plan_world::{World, coverage, limits, tracker};

/// `n` lone GitHub issues, and a pair.
fn plan_of(n: usize) -> (World, Plan) {
    let mut world = World::new(Existing::Respect, &[]);
    for number in 0..n {
        let key = format!("github:acme/api#{number}");
        let one = World::new(Existing::Respect, &[(&[(&key, vec![])], Priority::P1, Complexity::M)]);
        world.issues.extend(one.issues);
        world.items.extend(one.items);
        world.wanted.extend(one.wanted);
    }
    let faces: &[(&str, Vec<String>)] = &[("github:acme/web#900", vec![]), ("jira:PAY-901", vec![])];
    let pair = World::new(Existing::Respect, &[(faces, Priority::P1, Complexity::M)]);
    world.issues.extend(pair.issues);
    world.items.extend(pair.items);
    world.wanted.extend(pair.wanted);
    let plan = world.read_and_plan();
    (world, plan)
}

fn with(name: &str, reach: Reach) -> Coverage {
    let mut coverage = coverage();
    coverage.trackers.insert(tracker(name), reach);
    coverage
}

fn refused(plan: Plan, coverage: &Coverage, limits: &Limits, approval: Approval) -> Unsafe {
    approve(plan, coverage, limits, approval).expect_err("unsafe")
}

#[test]
fn a_tracker_never_read_whole_stops_everything_whatever_a_person_says() {
    let (_, plan) = plan_of(1);
    let yes = Approval { reviewed: Some(plan.reviewed()), past_limits: true };
    let never = Reach { whole: false, failed: Some("jira: GET /myself answered 401".into()), age_s: None };
    let no = refused(plan, &with("jira", never), &limits(), yes);
    assert_eq!(no.needed, Need::Partial);
    assert!(no.detail.contains("jira") && no.detail.contains("401"), "{no}");
}

#[test]
fn a_tracker_that_fails_now_holds_up_only_what_leans_on_it() {
    let (_, plan) = plan_of(2);
    let failing = Reach { whole: true, failed: Some("jira: 500; it may pass".into()), age_s: Some(3600) };
    let approved =
        approve(plan, &with("jira", failing), &limits(), Approval::default()).expect("the others may be written");
    let written: Vec<_> = approved.changes().iter().map(|change| change.key.to_string()).collect();
    assert_eq!(written, ["github:acme/api#0", "github:acme/api#1"]);
    let waiting: Vec<_> = approved.waiting().iter().map(|(key, _)| key.to_string()).collect();
    assert_eq!(waiting, ["github:acme/web#900", "jira:PAY-901"]);
    assert!(approved.waiting().iter().all(|(_, why)| why.contains("500")));
    assert!(approved.first_contact().iter().all(|(container, ..)| container.to_string() == "github:acme/api"));
}

#[test]
fn a_tracker_silent_for_too_long_stops_everything() {
    let (_, plan) = plan_of(1);
    let old = Reach { whole: true, failed: Some("jira: 500".into()), age_s: Some(3601) };
    let no = refused(plan, &with("jira", old), &limits(), Approval::default());
    assert_eq!(no.needed, Need::Stale);
    assert!(no.detail.contains("60 min") && no.detail.contains("limits.stale_max"), "{no}");
}

#[test]
fn the_first_plan_for_a_container_waits_for_a_person() {
    let (_, plan) = plan_of(1);
    let ask = Limits { first_contact_applies: false, ..limits() };
    let no = refused(plan.clone(), &coverage(), &ask, Approval::default());
    assert_eq!(no.needed, Need::FirstContact);
    assert!(no.detail.contains(&format!("roadmapd approve {}", plan.fingerprint)), "{no}");
    let yes = Approval { reviewed: Some(plan.reviewed()), past_limits: false };
    assert_eq!(approve(plan.clone(), &coverage(), &ask, yes).expect("reviewed").changes(), plan.changes);
    let yes = Approval { reviewed: None, past_limits: true };
    assert_eq!(approve(plan.clone(), &coverage(), &ask, yes).expect("past limits").changes(), plan.changes);
}

#[test]
fn once_contacted_a_container_waits_no_more() {
    let (mut world, plan) = plan_of(1);
    world.write(plan);
    for wanted in world.wanted.values_mut() {
        *wanted = (Priority::P0, Complexity::M);
    }
    let plan = world.read_and_plan();
    assert!(!plan.changes.is_empty() && plan.first_contact.is_empty());
    let ask = Limits { first_contact_applies: false, ..limits() };
    assert!(approve(plan, &coverage(), &ask, Approval::default()).is_ok());
}

#[test]
fn a_plan_past_the_limits_waits_and_names_value_and_limit() {
    let (_, plan) = plan_of(10);
    let few = Limits { changes_max: 11, ..limits() };
    let no = refused(plan.clone(), &coverage(), &few, Approval::default());
    assert_eq!(no.needed, Need::Limits);
    assert!(no.detail.starts_with("12 issues would be written, the limit is 11 (limits.changes_max)"), "{no}");
    assert!(approve(plan, &coverage(), &Limits { changes_max: 12, ..limits() }, Approval::default()).is_ok());
}

#[test]
fn the_share_counts_from_twenty_open_issues_on() {
    let half = Limits { share_max: 0.5, ..limits() };
    let (_, small) = plan_of(17);
    assert_eq!(small.considered, 19);
    assert!(approve(small, &coverage(), &half, Approval::default()).is_ok());
    let (_, plan) = plan_of(18);
    let no = refused(plan, &coverage(), &half, Approval::default());
    assert!(no.detail.contains("20 of 20 open issues would be written (100.0 %), the limit is 50.0 %"), "{no}");
}

#[test]
fn of_a_reviewed_plan_exactly_the_identical_edits_are_applied() {
    let (mut world, plan) = plan_of(3);
    let reviewed = plan.reviewed();
    world.wanted.insert("github:acme/api#1".into(), (Priority::P0, Complexity::M));
    let now = world.read_and_plan();
    let yes = Approval { reviewed: Some(reviewed.clone()), past_limits: false };
    let ask = Limits { first_contact_applies: false, changes_max: 1, ..limits() };
    let approved = approve(now, &coverage(), &ask, yes).expect("most is still as reviewed");
    let keys = approved.changes().iter().flat_map(|change| change.edits.iter().map(|edit| change.key_of(edit)));
    let applied: Vec<_> = keys.collect();
    assert_eq!(applied.len(), reviewed.edits.len() - 1);
    assert!(applied.iter().all(|key| reviewed.edits.contains(key)));
    let (waits, why) = &approved.waiting()[0];
    assert_eq!(waits.to_string(), "github:acme/api#1");
    assert!(why.contains("1 of its 2 edits") && why.contains(&reviewed.fingerprint), "{why}");
}

#[test]
fn a_reviewed_plan_of_which_nothing_is_left_is_refused_with_the_new_fingerprint() {
    let (_, plan) = plan_of(1);
    let gone = Reviewed { fingerprint: "0123456789ab".into(), ..Reviewed::default() };
    let yes = Approval { reviewed: Some(gone), past_limits: true };
    let no = refused(plan.clone(), &coverage(), &limits(), yes);
    assert!(no.detail.contains("0123456789ab is out of date") && no.detail.contains(&plan.fingerprint), "{no}");
}

#[test]
fn an_empty_plan_passes_even_while_trackers_fail() {
    let never = Reach::default();
    let approved = approve(Plan::default(), &with("jira", never), &limits(), Approval::default()).expect("empty");
    assert!(approved.changes().is_empty() && approved.waiting().is_empty());
}

#[test]
fn a_change_for_a_tracker_that_is_not_configured_waits() {
    let (_, plan) = plan_of(1);
    let well = coverage().trackers[&tracker("github")].clone();
    let only = Coverage { trackers: BTreeMap::from([(tracker("github"), well)]) };
    let approved = approve(plan, &only, &limits(), Approval::default()).expect("one is left");
    assert_eq!(approved.changes().len(), 1);
    assert!(approved.waiting().iter().all(|(_, why)| why.contains("jira is not among the configured trackers")));
}

fn container(text: &str) -> ContainerKey {
    text.parse().expect("a container")
}

/// These limits, and those of scopes: by name, the containers and what is their own.
fn scoped(rest: Limits, scopes: &[(&str, &[&str], Limits)]) -> Limits {
    let of = |(name, containers, own): &(&str, &[&str], Limits)| {
        let containers = containers.iter().map(|text| container(text)).collect();
        ((*name).to_owned(), ScopeLimits { containers, own: own.clone() })
    };
    Limits { scopes: scopes.iter().map(of).collect(), ..rest }
}

#[test]
fn a_plan_past_a_scopes_limit_waits_and_names_the_scope() {
    let (_, plan) = plan_of(3);
    assert_eq!(plan.considered_in[&container("github:acme/api")], 3);
    let own = Limits { changes_max: 2, ..limits() };
    let tight = scoped(limits(), &[("api team", &["github:acme/api"], own)]);
    let no = refused(plan.clone(), &coverage(), &tight, Approval::default());
    assert_eq!(no.needed, Need::Limits);
    let said = "3 issues of the scope \"api team\" would be written, the limit is 2 (limits.changes_max of the scope \"api team\")";
    assert!(no.detail.starts_with(said), "{no}");
    let both = Limits { changes_max: 1, ..tight };
    let no = refused(plan, &coverage(), &both, Approval::default());
    assert!(
        no.detail.starts_with("2 issues would be written, the limit is 1 (limits.changes_max); 3 issues of"),
        "{no}"
    );
}

#[test]
fn a_scopes_share_is_of_its_own_open_issues() {
    let half = Limits { share_max: 0.5, ..limits() };
    let (mut world, plan) = plan_of(20);
    world.write(plan);
    for number in 0..11 {
        world.wanted.insert(format!("github:acme/api#{number}"), (Priority::P0, Complexity::M));
    }
    let plan = world.read_and_plan();
    assert_eq!((plan.changes.len(), plan.considered), (11, 22));
    assert!(approve(plan.clone(), &coverage(), &half, Approval::default()).is_ok());
    let api: &[&str] = &["github:acme/api"];
    let no = refused(plan.clone(), &coverage(), &scoped(limits(), &[("a", api, half.clone())]), Approval::default());
    assert!(no.detail.starts_with("11 of 20 open issues of the scope \"a\" would be written (55.0 %)"), "{no}");
    // The rest has two open issues, too few for a share.
    assert!(approve(plan, &coverage(), &scoped(half, &[("a", api, limits())]), Approval::default()).is_ok());
}

#[test]
fn a_scope_that_applies_at_first_contact_lets_only_its_own_pass() {
    let ask = Limits { first_contact_applies: false, ..limits() };
    let (_, plan) = plan_of(1);
    let api: &[&str] = &["github:acme/api"];
    let no = refused(plan.clone(), &coverage(), &scoped(ask.clone(), &[("a", api, limits())]), Approval::default());
    assert!(no.needed == Need::FirstContact && !no.detail.contains("acme/api"), "{no}");
    let no = refused(plan.clone(), &coverage(), &scoped(limits(), &[("a", api, ask.clone())]), Approval::default());
    assert!(no.detail.contains("github:acme/api (priority, label, scope \"a\")"), "{no}");
    assert!(!no.detail.contains("acme/web"), "{no}");
    let all = scoped(ask, &[("a", &["github:acme/api", "github:acme/web", "jira:PAY"], limits())]);
    assert!(approve(plan, &coverage(), &all, Approval::default()).is_ok());
}

#[test]
fn the_strictest_age_of_the_scopes_that_are_touched_counts() {
    let (_, plan) = plan_of(1);
    let strict = Limits { stale_max_s: 60, ..limits() };
    let old = Reach { whole: true, failed: None, age_s: Some(600) };
    let touched = scoped(limits(), &[("a", &["jira:PAY"], strict.clone())]);
    let no = refused(plan.clone(), &with("jira", old.clone()), &touched, Approval::default());
    assert!(no.needed == Need::Stale && no.detail.contains("limits.stale_max of the scope \"a\""), "{no}");
    let elsewhere = scoped(limits(), &[("a", &["jira:OTHER"], strict)]);
    assert!(approve(plan, &with("jira", old), &elsewhere, Approval::default()).is_ok());
}

/// A plan for the two scopes `api` and `web` and the rest: so many lone issues, of which so many are written anew.
fn plan_for(open: [usize; 3], written: [usize; 3]) -> Plan {
    let mut world = World::new(Existing::Respect, &[]);
    let mut keys = Vec::new();
    for (place, name) in ["github:acme/api", "github:acme/web", "github:acme/docs"].into_iter().enumerate() {
        for number in 0..open[place] {
            let key = format!("{name}#{}", 1000 * (place + 1) + number);
            let one = World::new(Existing::Respect, &[(&[(&key, vec![])], Priority::P1, Complexity::M)]);
            world.issues.extend(one.issues);
            world.items.extend(one.items);
            world.wanted.extend(one.wanted);
            keys.push((key, number < written[place]));
        }
    }
    world.cycle();
    for (key, _) in keys.into_iter().filter(|(_, written)| *written) {
        world.wanted.insert(key, (Priority::P0, Complexity::M));
    }
    world.read_and_plan()
}

fn some_limits() -> impl Strategy<Value = Limits> {
    (0..30usize, 0.0..1.0f64).prop_map(|(changes_max, share_max)| Limits { changes_max, share_max, ..limits() })
}

/// What the limits say of so many written of so many open issues.
fn within(limits: &Limits, written: usize, open: usize) -> bool {
    let share = written as f64 / open.max(1) as f64;
    written <= limits.changes_max && (open < 20 || share <= limits.share_max)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn each_scopes_limit_holds_for_its_own_changes_and_for_no_others(
        open in prop::array::uniform3(0..26usize),
        written in prop::array::uniform3(0..26usize),
        of in prop::array::uniform3(some_limits()),
    ) {
        let written: [usize; 3] = std::array::from_fn(|place| written[place].min(open[place]));
        let plan = plan_for(open, written);
        prop_assert_eq!(plan.changes.len(), written.iter().sum::<usize>());
        prop_assert_eq!(plan.considered, plan.considered_in.values().sum::<usize>());
        let [api, web, rest] = of.clone();
        let scopes: [(&str, &[&str], Limits); 2] = [("api", &["github:acme/api"], api), ("web", &["github:acme/web"], web)];
        let verdict = approve(plan, &coverage(), &scoped(rest, &scopes), Approval::default());
        let fine: [bool; 3] = std::array::from_fn(|place| within(&of[place], written[place], open[place]));
        prop_assert_eq!(verdict.is_ok(), fine.iter().all(|fine| *fine), "{:?}", verdict.as_ref().err());
        if let Err(no) = verdict {
            prop_assert_eq!(no.needed, Need::Limits);
            prop_assert_eq!(no.detail.contains("of the scope \"api\""), !fine[0], "{}", no);
            prop_assert_eq!(no.detail.contains("of the scope \"web\""), !fine[1], "{}", no);
        }
    }

    #[test]
    fn the_fingerprint_knows_edits_and_nothing_else(n in 1..6usize, m in 1..6usize) {
        let (world, plan) = plan_of(n);
        let (_, other) = plan_of(m);
        prop_assert_eq!(n == m, plan.fingerprint == other.fingerprint);
        prop_assert_eq!(plan.fingerprint.len(), 12);
        let mut retold = plan.clone();
        retold.changes.iter_mut().flat_map(|change| &mut change.edits).for_each(|edit| edit.why = "else".into());
        prop_assert_eq!(&fingerprint(&retold.edit_keys()), &plan.fingerprint);
        let mut later = world;
        prop_assert_eq!(&later.read_and_plan().fingerprint, &plan.fingerprint);
        let mut one = plan.clone();
        one.changes[0].edits[0].to = Some("priority/p3".into());
        prop_assert_ne!(fingerprint(&one.edit_keys()), plan.fingerprint);
    }
}
