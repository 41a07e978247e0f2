//! What a plan looks like: the same for everyone who reads it, whatever trackers put into it.

use roadmapd::model::{Complexity, Priority};
use roadmapd::plan::{
    Approval, Cost, Existing, Limits, Plan, Skip, SkipReason, Unsafe, approve, plan_json, plan_markdown, plan_text,
};

use crate::plan_world::{World, coverage, key, limits, names};

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
    insta::assert_snapshot!(plan_text(&plan, Some(&waits)));
}

#[test]
fn a_plan_reads_well_in_a_comment() {
    let (plan, waits) = shown();
    insta::assert_snapshot!(plan_markdown(&plan, Some(&waits)));
}

#[test]
fn a_plan_keeps_its_json() {
    let (plan, waits) = shown();
    insta::assert_json_snapshot!(plan_json(&plan, Some(&waits)));
}

#[test]
fn an_empty_plan_says_so_in_one_line() {
    let text = plan_text(&Plan { considered: 40, ..Plan::default() }, None);
    assert_eq!(text, "40 open issues considered: nothing to write.\n");
    let json = plan_json(&Plan::default(), None);
    assert_eq!(json["approval"], serde_json::Value::Null);
    assert_eq!(json["fingerprint"], "");
}

#[test]
fn github_costs_a_request_for_the_additions_and_one_for_each_removal_and_jira_one_an_issue() {
    let (plan, _) = shown();
    // GitHub: p1 on, p2 off. Jira: both in one.
    assert_eq!(Cost::of(&plan.changes), Cost { events: 3, requests: 3 });
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
    for text in [plan_text(&plan, None), plan_markdown(&plan, None)] {
        assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}') && !text.contains('\r'), "{text}");
    }
    for line in plan_text(&plan, None).lines() {
        assert!(line.chars().count() <= 110, "{line}");
    }
    // Nobody is called: a mention between backticks is none.
    let markdown = plan_markdown(&plan, None);
    let prose: String = markdown.split('`').step_by(2).collect();
    assert!(!prose.contains("@all") && !prose.contains("<b>"), "{prose}");
}

#[test]
fn commands_stay_copyable_in_markdown_and_an_open_backtick_hides_nothing() {
    let (mut plan, _) = shown();
    let markdown = plan_markdown(&plan, None);
    assert!(markdown.contains("`roadmapd release github:acme/web#12 priority`"), "{markdown}");
    plan.changes[0].edits[0].why = "a `b|c` d ` *e*".into();
    assert!(plan_markdown(&plan, None).contains(r"a `b\|c` d \` \*e\*"), "{}", plan_markdown(&plan, None));
}
