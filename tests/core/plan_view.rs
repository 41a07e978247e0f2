//! What a plan looks like: the same for everyone who reads it, whatever trackers put into it.

use std::collections::BTreeMap;

use roadmapd::model::{Aspect, Complexity, PerContainer, Person, Priority, Timestamp};
use roadmapd::plan::{
    Approval, Cost, Existing, Limits, Need, Outcome, Pace, Paces, Plan, Receipt, Reviewed, Skip, SkipReason, Unsafe,
    approve, plan_json, plan_markdown, plan_text, retire, settle,
};
use roadmapd::score::Formula;

use crate::plan_world::{World, coverage, id, key, limits, names, tracker};

fn paces() -> Paces {
    let github = Pace { one_by_one: true, mails: false, writes_per_minute: 2, writes_per_hour: 500 };
    let jira = Pace { one_by_one: false, mails: true, writes_per_minute: 600, writes_per_hour: 20_000 };
    Paces::from([(tracker("github"), github), (tracker("jira"), jira)])
}

fn shown() -> (Plan, Unsafe) {
    let mut world = World::new(
        Existing::Respect,
        &[
            (&[("github:acme/api#7", names(&["bug"])), ("jira:PAY-7", vec![])], Priority::P2, Complexity::M),
            (&[("github:acme/web#12", names(&["priority/p0"]))], Priority::P3, Complexity::S),
        ],
    );
    world.cycle();
    world.wanted.insert("github:acme/api#7".into(), (Priority::P1, Complexity::M));
    let mut plan = world.read_and_plan();
    plan.quarantined.insert(key("jira:PAY-9"), "400: Field 'labels' cannot be set".into());
    let tight = Limits { changes_max: 1, ..limits() };
    let waits = approve(plan.clone(), &coverage(), &tight, Approval::default()).expect_err("past the limit");
    (plan, waits)
}

#[test]
fn a_waiting_plan_reads_well_at_night() {
    let (plan, waits) = shown();
    insta::assert_snapshot!(plan_text(&plan, Some(&waits), &paces()));
}

#[test]
fn a_plan_reads_well_in_a_comment() {
    let (plan, waits) = shown();
    insta::assert_snapshot!(plan_markdown(&plan, Some(&waits), &paces()));
}

#[test]
fn a_plan_keeps_its_json() {
    let (plan, waits) = shown();
    insta::assert_json_snapshot!(plan_json(&plan, Some(&waits), &paces()));
}

#[test]
fn an_empty_plan_says_so_in_one_line() {
    let text = plan_text(&Plan { considered: 40, ..Plan::default() }, None, &paces());
    assert_eq!(text, "40 open issues considered: nothing to write.\n");
    let json = plan_json(&Plan::default(), None, &paces());
    assert_eq!(json["approval"], serde_json::Value::Null);
    assert_eq!(json["fingerprint"], "");
}

#[test]
fn github_costs_a_request_for_the_additions_and_one_for_each_removal_and_jira_one_an_issue() {
    let (plan, _) = shown();
    // GitHub: p1 on, p2 off. Jira: both in one.
    assert_eq!(Cost::of(&plan.changes, &paces()), Cost { events: 3, mails: 0, requests: 3, minutes: 1 });
    // Of a tracker that nothing is known of, the worst.
    assert_eq!(Cost::of(&plan.changes, &Paces::new()), Cost { events: 4, mails: 0, requests: 4, minutes: 0 });
}

#[test]
fn everyone_around_a_jira_issue_may_get_a_mail_and_a_slow_pace_is_told() {
    let people = |n: u32| Person { id: format!("5b{n}"), name: format!("Person {n}") };
    let mut world = World::new(Existing::Respect, &[(&[("jira:PAY-7", vec![])], Priority::P2, Complexity::M)]);
    let issue = world.issues.get_mut(&id("jira:PAY-7")).expect("an issue");
    (issue.author, issue.assignees, issue.watchers) = (Some(people(1)), vec![people(1), people(2)], 3);
    let plan = world.read_and_plan();
    assert_eq!(Cost::of(&plan.changes, &paces()), Cost { events: 1, mails: 5, requests: 1, minutes: 1 });
    let first = plan_text(&plan, None, &paces());
    assert!(first.contains("1 open issue considered: 2 edits in 1 issue to write (1 event, up to 5 mails, 1 request,"));
    let json = plan_json(&plan, None, &paces());
    assert_eq!(json["cost"], serde_json::json!({ "events": 1, "mails": 5, "requests": 1, "minutes": 1 }));
}

#[test]
fn a_plan_under_another_formula_says_what_it_moves() {
    let items: &[crate::plan_world::Work] = &[
        (&[("github:acme/api#1", vec![])], Priority::P2, Complexity::M),
        (&[("github:acme/api#2", vec![])], Priority::P2, Complexity::M),
        (&[("github:acme/api#3", vec![])], Priority::P1, Complexity::M),
        (&[("github:acme/api#4", vec![])], Priority::P3, Complexity::M),
    ];
    let mut world = World::new(Existing::Respect, items);
    assert!(world.cycle().reformed.is_none(), "nothing is on record yet");
    assert!(world.cycle().reformed.is_none());
    world.formula = "wsjf/2";
    for (key, level) in [("1", Priority::P0), ("2", Priority::P0), ("3", Priority::P2)] {
        world.wanted.insert(format!("github:acme/api#{key}"), (level, Complexity::M));
    }
    let plan = world.read_and_plan();
    let line = "formula wsjf/2 (was wsjf/1): 3 items move: 2 up to p0, 1 down to p2.";
    assert!(plan_text(&plan, None, &paces()).contains(line), "{}", plan_text(&plan, None, &paces()));
    assert!(plan_markdown(&plan, None, &paces()).contains(line));
    let json = plan_json(&plan, None, &paces());
    assert_eq!(json["formula"]["items"], 3);
    assert_eq!(json["formula"]["moves"][1], serde_json::json!({ "level": "p2", "up": 0, "down": 1 }));
    let tight = Limits { changes_max: 2, ..limits() };
    assert!(approve(plan.clone(), &coverage(), &tight, Approval::default()).is_err(), "limits count it as any other");
    world.write(plan);
    assert!(world.cycle().reformed.is_none(), "once written it is no news");
    // A formula that moves nothing is told once, too.
    world.formula = "wsjf/3";
    let plan = world.cycle();
    let text = plan_text(&plan, None, &paces());
    assert!(text.contains("formula wsjf/3 (was wsjf/2): no item moves."), "{text}");
    assert!(world.cycle().reformed.is_none());
}

#[test]
fn levels_that_move_for_want_of_a_refused_rule_wait_for_a_person() {
    let mut world = World::new(Existing::Respect, &[(&[("github:acme/api#1", vec![])], Priority::P2, Complexity::M)]);
    world.cycle();
    let now = |plan: &roadmapd::plan::Plan, approval: Approval| approve(plan.clone(), &coverage(), &limits(), approval);
    // One that is new and wrong leaves the formula as it was, and other moves aren't for want of it.
    world.refused = &["typo"];
    world.wanted.insert("github:acme/api#1".into(), (Priority::P1, Complexity::M));
    let plan = world.read_and_plan();
    assert!(plan.reformed.is_none() && now(&plan, Approval::default()).is_ok());
    world.write(plan);
    // One that counted until now: nothing of what it moves is written without a yes.
    world.formula = "wsjf/2 with 1 own rule";
    world.wanted.insert("github:acme/api#1".into(), (Priority::P0, Complexity::M));
    let plan = world.read_and_plan();
    let line = "formula wsjf/2 with 1 own rule (was wsjf/1) without the own rule \"typo\", which is refused: 1 item moves: 1 up to p0.";
    let text = plan_text(&plan, None, &paces()).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(line), "{text}");
    assert_eq!(plan_json(&plan, None, &paces())["formula"]["refused"], serde_json::json!(["typo"]));
    let refusal = now(&plan, Approval::default()).expect_err("it waits");
    assert_eq!(refusal.needed, Need::Limits);
    assert!(
        refusal.detail.starts_with(
            "1 item moves by a formula without the own rule \"typo\", which is refused (`roadmapd check` says why): review"
        ),
        "{refusal}"
    );
    assert!(now(&plan, Approval { past_limits: true, ..Approval::default() }).is_ok());
    let reviewed = Reviewed { fingerprint: plan.fingerprint.clone(), edits: plan.edit_keys() };
    assert!(now(&plan, Approval { reviewed: Some(reviewed), ..Approval::default() }).is_ok());
    // The same formula without any that is refused passes.
    world.refused = &[];
    assert!(now(&world.read_and_plan(), Approval::default()).is_ok());
}

#[test]
fn what_is_not_written_does_not_move_with_the_formula() {
    let mut world = World::new(Existing::Respect, &[(&[("github:acme/api#1", vec![])], Priority::P2, Complexity::M)]);
    world.cycle();
    world.formula = "wsjf/2";
    world.wanted.insert("github:acme/api#1".into(), (Priority::P0, Complexity::M));
    let mut scheme = crate::plan_world::scheme(Existing::Respect);
    scheme.idle_max_days = Some(180);
    world.scheme = PerContainer::uniform(scheme);
    let plan = world.read_and_plan();
    assert_eq!((plan.idle, plan.reformed.map(|reformed| reformed.items())), (1, Some(0)));
}

#[test]
fn a_formula_is_not_on_record_before_all_that_it_moves_is_written() {
    let mut world = World::new(Existing::Respect, &[(&[("github:acme/api#1", vec![])], Priority::P2, Complexity::M)]);
    world.cycle();
    world.formula = "wsjf/2";
    world.wanted.insert("github:acme/api#1".into(), (Priority::P0, Complexity::M));
    world.cycle_dying_after(0);
    let plan = world.read_and_plan();
    assert_eq!(plan.reformed.as_ref().map(|reformed| reformed.items()), Some(1));
    // Nor where the tracker refused it, nor where it was not tried, nor by a plan that asks for no levels.
    let approved = world.approved(plan);
    let refused = Outcome::Failed { error: "422".into() };
    let outcomes = approved.changes().iter().map(|change| (change.issue.clone(), refused.clone())).collect();
    let receipt = |outcomes| Receipt { cycle: world.cycle, turn: world.turn(), outcomes };
    for outcomes in [outcomes, BTreeMap::new()] {
        let settled = settle(world.ledger.clone(), &approved, &receipt(outcomes));
        assert_eq!(settled.formula, Some(Formula("wsjf/1".into())));
    }
    let leaving = retire(&world.roadmap(), &world.ledger, &world.scheme, |_| true);
    world.write(leaving);
    assert_eq!(world.ledger.formula, Some(Formula("wsjf/1".into())));
}

#[test]
fn idle_issues_are_scored_counted_and_left_as_they_are() {
    let items: &[crate::plan_world::Work] =
        &[(&[("github:acme/api#1", vec![]), ("jira:PAY-2", vec![])], Priority::P2, Complexity::M)];
    let mut world = World::new(Existing::Respect, items);
    world.cycle();
    let today: Timestamp = "2026-11-24T09:00:00Z".parse().expect("a time");
    world.issues.values_mut().for_each(|issue| issue.updated = today);
    let mut scheme = crate::plan_world::scheme(Existing::Respect);
    scheme.idle_max_days = Some(180);
    world.scheme = PerContainer::uniform(scheme);
    world.wanted.insert("github:acme/api#1".into(), (Priority::P0, Complexity::M));
    // The day of 180 days ago is not yet too long ago.
    for (touched, idle) in [("2026-05-28T00:00:00Z", 0), ("2026-05-27T23:00:00Z", 1)] {
        let mut world = world.clone();
        world.issues.get_mut(&id("github:acme/api#1")).expect("an issue").updated = touched.parse().expect("a time");
        let plan = world.cycle();
        assert_eq!((plan.considered, plan.idle), (2, idle), "{touched}");
        assert_eq!(world.priorities("github:acme/api#1") == ["priority/p2"], idle == 1);
        assert_eq!(world.priorities("jira:PAY-2"), ["priority/p0"]);
        assert_eq!(plan.levels[&Aspect::Priority]["p0"], 1);
        let text = plan_text(&plan, None, &paces());
        assert_eq!(text.starts_with("2 open issues considered (1 of them idle, not written): 1 edit"), idle == 1);
        assert_eq!(plan_json(&plan, None, &paces())["idle"], idle);
    }
}

#[test]
fn no_line_is_wider_than_110_whatever_a_tracker_says() {
    let (mut plan, _) = shown();
    let odd = format!("a\u{202e}b\r\n\u{1b}[31m|<b>@all {} {}", "x".repeat(300), "word ".repeat(80));
    plan.changes[0].edits[0].why = odd.clone();
    plan.changes[0].edits[0].from = Some(odd.clone());
    plan.skips.push(Skip {
        issue: key("jira:PAY-1"),
        field: roadmapd::plan::Field::Priority,
        theirs: Some(odd.clone()),
        reason: SkipReason::Conflict,
        why: odd.clone(),
    });
    plan.quarantined.insert(key("jira:PAY-3"), odd);
    for text in [plan_text(&plan, None, &paces()), plan_markdown(&plan, None, &paces())] {
        assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}') && !text.contains('\r'), "{text}");
    }
    for line in plan_text(&plan, None, &paces()).lines() {
        assert!(line.chars().count() <= 110, "{line}");
    }
    // Nobody is called: a mention between backticks is none.
    let markdown = plan_markdown(&plan, None, &paces());
    let prose: String = markdown.split('`').step_by(2).collect();
    assert!(!prose.contains("@all") && !prose.contains("<b>"), "{prose}");
}

#[test]
fn commands_stay_copyable_in_markdown_and_an_open_backtick_hides_nothing() {
    let (mut plan, _) = shown();
    let markdown = plan_markdown(&plan, None, &paces());
    assert!(markdown.contains("`roadmapd release github:acme/web#12 priority`"), "{markdown}");
    plan.changes[0].edits[0].why = "a `b|c` d ` *e*".into();
    assert!(
        plan_markdown(&plan, None, &paces()).contains(r"a `b\|c` d \` \*e\*"),
        "{}",
        plan_markdown(&plan, None, &paces())
    );
}
