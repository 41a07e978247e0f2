//! The same commands against every shape of both trackers: github.com and Enterprise, Cloud and Data Center.

use roadmapd::sandbox::{Corpus, JiraShape, Options, Tracker};

use crate::desk::{Desk, WRITES, edits};

fn shapes() -> Vec<(&'static str, Options)> {
    let data_center =
        |context: &str| JiraShape { data_center: true, context: context.to_owned(), ..JiraShape::default() };
    vec![
        ("github.com and Cloud", Options::default()),
        ("Enterprise and Cloud", Options { github_enterprise: true, ..Options::default() }),
        ("github.com and Data Center", Options { jira_shape: data_center(""), ..Options::default() }),
        (
            "Enterprise and Data Center below a path",
            Options { github_enterprise: true, jira_shape: data_center("/jira"), ..Options::default() },
        ),
        (
            "watchers that can't be spared",
            Options {
                jira_shape: JiraShape { may_discard_notifications: false, ..JiraShape::default() },
                ..Options::default()
            },
        ),
    ]
}

/// A priority field beside the labels, spelled as each Jira's default scheme has it.
const FIELD: &str = r#"
[[sink]]
aspect = "priority"
label = "priority/{level}"
[[sink]]
aspect = "complexity"
label = "complexity/{level}"
[[sink]]
aspect = "priority"
tracker = "jira"
field = "priority"
values = { p0 = ["Blocker", "Highest"], p1 = ["High"], p2 = ["Medium"], p3 = ["Low", "Lowest"] }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn every_shape_is_previewed_written_held_and_undone_alike() {
    for (shape, options) in shapes() {
        let desk = Desk::with(Corpus::generated(1, 40), options, &format!("{WRITES}{FIELD}")).await;
        let check = desk.run(&["check", "--online"]);
        assert_eq!(check.code, 0, "{shape}: {check:?}");
        let plan = desk.run(&["plan", "--json"]);
        assert_eq!((plan.code, desk.writes()), (2, 0), "{shape}: {plan:?}");
        let before = desk.trackers.all_facts();
        let once = desk.run(&["once", "--json"]);
        assert_eq!((once.code, &once.json()["written"]), (0, &edits(&plan.json()).len().into()), "{shape}: {once:?}");
        for (key, labels) in desk.open_labels() {
            for aspect in ["priority/p", "complexity/"] {
                let count = labels.iter().filter(|label| label.starts_with(aspect)).count();
                assert_eq!(count, 1, "{shape}: {key}: {labels:?}");
            }
        }

        for (key, facts) in
            desk.trackers.all_facts().into_iter().filter(|(key, facts)| facts.open && !key.contains('#'))
        {
            // Blocker isn't among the priorities of these projects: the next value of p0 that is goes there.
            let level = facts.labels.iter().find_map(|label| label.strip_prefix("priority/")).expect("a level");
            let names: &[&str] = match level {
                "p0" => &["Highest"],
                "p1" => &["High"],
                "p2" => &["Medium"],
                _ => &["Low", "Lowest"],
            };
            assert!(names.contains(&facts.priority.as_deref().unwrap_or_default()), "{shape}: {key}: {facts:?}");
        }

        desk.trackers.reset_counts();
        let again = desk.run(&["once", "--json"]);
        assert_eq!((again.code, &again.json()["written"]), (0, &0.into()), "{shape}: {again:?}");
        let sent = (desk.trackers.request_count(Tracker::GitHub), desk.trackers.request_count(Tracker::Jira));
        assert_eq!((sent, desk.writes()), ((1, 2), 0), "{shape}");
        assert_eq!(desk.run(&["plan"]).code, 0, "{shape}");

        let key = desk.open_labels().into_keys().find(|key| key.contains('#')).expect("an issue");
        let ours = desk.open_labels()[&key].iter().find(|label| label.starts_with("complexity/")).cloned();
        let ours = ours.expect("a label");
        desk.trackers.remove_label(&key, &ours).expect("a label");
        desk.trackers.clock().advance(std::time::Duration::from_secs(60));
        assert_eq!(desk.run(&["once"]).code, 0, "{shape}");
        let holds = desk.run(&["holds", "--json"]).json();
        assert_eq!(holds.as_array().map(Vec::len), Some(1), "{shape}");
        assert_eq!(holds[0]["computed"].as_str(), ours.strip_prefix("complexity/"), "{shape}: {holds}");
        let report = desk.run(&["report", "--json"]);
        assert_eq!(report.code, 0, "{shape}: {report:?}");

        let undo = desk.run(&["undo", "1", "--json"]);
        assert_eq!(undo.code, 0, "{shape}: {undo:?}");
        let after = desk.trackers.all_facts();
        for (issue, facts) in &before {
            assert_eq!(after[issue].labels, facts.labels, "{shape}: {issue}");
            assert_eq!(after[issue].priority, facts.priority, "{shape}: {issue}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn retire_takes_all_of_ours_off_and_puts_back_what_people_had() {
    let desk = Desk::new(Corpus::generated(2, 40), &format!("{WRITES}{FIELD}")).await;
    let before = desk.trackers.all_facts();
    assert_eq!(desk.run(&["once"]).code, 0);
    assert_eq!(desk.run(&["once"]).code, 0);
    let written = desk.trackers.all_labels();
    let shown = desk.run(&["retire"]);
    assert_eq!((shown.code, desk.trackers.all_labels()), (2, written), "{shown:?}");
    let retired = desk.run(&["retire", "--yes", "--json"]);
    assert_eq!(retired.code, 0, "{retired:?}");
    for (issue, facts) in &before {
        let after = desk.trackers.facts(issue).expect("an issue");
        assert_eq!((&after.labels, &after.priority), (&facts.labels, &facts.priority), "{issue}");
    }
    for _ in 0..2 {
        assert_eq!(desk.run(&["once", "--json"]).json()["written"], 0, "nothing is written there any more");
    }
    assert_eq!(desk.run(&["retire", "payments"]).code, 1, "a scope that isn't there is named");
    assert_eq!(desk.run(&["rejoin"]).code, 0);
    assert_eq!(desk.run(&["plan"]).code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_while_everything_goes_on_and_can_be_put_in_place() {
    let desk = Desk::new(Corpus::generated(3, 20), WRITES).await;
    assert_eq!(desk.run(&["once"]).code, 0);
    let copy = desk.folder.path().join("copy.db");
    let file = copy.display().to_string();
    let made = desk.run(&["backup", &file]);
    assert_eq!(made.code, 0, "{made:?}");
    assert_eq!(desk.run(&["backup", &file]).code, 1, "it overwrites nothing");
    let history = desk.run(&["history", "--json"]).out;
    std::fs::rename(&copy, desk.database()).expect("put in place");
    assert_eq!(desk.run(&["history", "--json"]).out, history);
    assert_eq!(desk.run(&["plan"]).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_soon_is_told_in_every_log_and_by_check() {
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(7 * 24);
    let options = Options { github_token_expires: Some(soon), ..Options::default() };
    let desk = Desk::with(Corpus::generated(3, 10), options, WRITES).await;
    let day = soon.strftime("%Y-%m-%d").to_string();
    let check = desk.run(&["check", "--online"]);
    assert!(check.code == 1 && format!("{check:?}").contains(&day), "{check:?}");
    for _ in 0..2 {
        let once = desk.run(&["once"]);
        assert!(once.code == 0 && once.err.contains(&format!("the token expires on {day}")), "{once:?}");
    }
}
