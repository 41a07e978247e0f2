//! Fields of Jira: read, written beside labels in one request, never over a person's; and who gave a value.

use std::collections::BTreeSet;
use std::sync::Arc;

use roadmapd::model::DueSource;
use roadmapd::plan::{Author, Change, Edit, Field, SinkId};
use roadmapd::sandbox::{
    Clock, Corpus, JiraIssueSeed, JiraShape, Options, ProjectSeed, Running, Sandbox, Tracker as Side,
};
use roadmapd::tracker::{Fetch, Standing, Write};
use tokio_util::sync::CancellationToken;

use super::sandbox::{Reader, jira_side_with};
use super::support::{Notes, change};

const FIELDS: [&str; 3] = ["priority", "customfield_10050", "customfield_10060"];

fn shapes() -> [JiraShape; 2] {
    [JiraShape::default(), JiraShape { data_center: true, ..JiraShape::default() }]
}

async fn start(shape: JiraShape) -> Running {
    let task = |number: u32| JiraIssueSeed {
        number,
        summary: format!("task {number}"),
        labels: vec!["kept".to_owned()],
        value: (number == 1).then_some(7.0),
        created_days_ago: 3.0,
        ..JiraIssueSeed::default()
    };
    let chosen = JiraIssueSeed { priority: Some("High".into()), priority_set_by: Some("dana".into()), ..task(3) };
    let projects = vec![
        ProjectSeed { key: "PAY".into(), issues: vec![task(1), task(2), chosen], ..ProjectSeed::default() },
        ProjectSeed { key: "OPS".into(), priority_hidden: true, issues: vec![task(1)], ..ProjectSeed::default() },
    ];
    let clock = Clock::fixed("2026-11-24T12:00:00Z".parse().expect("a stamp"));
    let options = Options { clock, jira_shape: shape, ..Options::default() };
    Sandbox::start(Corpus { projects, ..Corpus::default() }, options).await.expect("started")
}

fn side(sandbox: &Running) -> Reader {
    jira_side_with(sandbox, |config| config.fields = FIELDS.map(str::to_owned).to_vec())
}

/// A change of fields and labels of a read issue: (sink, from, to).
fn edits(side: &Reader, key: &str, edits: &[(&str, &str, &str)]) -> Change {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut whole = change("jira", key, &side.issue(key).id.id, &["kept"], &[]);
    whole.edits = edits
        .iter()
        .map(|(sink, from, to)| Edit {
            field: Field::Priority,
            sink: SinkId((*sink).to_owned()),
            from: text(from),
            to: text(to),
            level: None,
            why: "a test".to_owned(),
        })
        .collect();
    whole
}

async fn write(side: &Reader, change: Change) -> String {
    let notes = Notes::default();
    side.tracker.write(vec![change], &notes, &CancellationToken::new()).await.expect("the batch went on");
    notes.all()[1].clone()
}

#[tokio::test]
async fn labels_and_fields_of_an_issue_are_written_in_one_request_and_read_back() {
    for shape in shapes() {
        let sandbox = start(shape).await;
        let mut side = side(&sandbox);
        side.read(false).await;
        let fields = &side.issue("PAY-1").fields;
        assert_eq!(fields.get("customfield_10050").map(String::as_str), Some("7"));
        assert_eq!(
            (fields.get("priority").map(String::as_str), fields.get("customfield_10060")),
            (Some("Medium"), None)
        );
        sandbox.reset_counts();
        let change = edits(
            &side,
            "PAY-1",
            &[
                ("label", "", "priority/p0"),
                ("field:priority", "Medium", "highest"),
                ("field:customfield_10050", "7", "2.5"),
                ("field:customfield_10060", "", "SEVERE"),
            ],
        );
        assert_eq!(write(&side, change).await, "done PAY-1");
        assert_eq!(sandbox.write_count(Side::Jira), 1);
        let facts = sandbox.facts("PAY-1").expect("an issue");
        assert_eq!((facts.labels, facts.priority), (vec!["kept".into(), "priority/p0".into()], Some("Highest".into())));
        assert_eq!(facts.numbers.get("customfield_10050"), Some(&2.5));
        side.read(false).await;
        let fields = &side.issue("PAY-1").fields;
        assert_eq!(fields.values().map(String::as_str).collect::<Vec<_>>(), ["2.5", "Severe", "Highest"]);
        let back =
            edits(&side, "PAY-1", &[("field:customfield_10050", "2.5", ""), ("field:customfield_10060", "Severe", "")]);
        assert_eq!(write(&side, back).await, "done PAY-1");
        side.read(false).await;
        assert_eq!(side.issue("PAY-1").fields.keys().collect::<Vec<_>>(), ["priority"], "emptied fields are absent");
    }
}

#[tokio::test]
async fn a_field_that_a_person_changed_meanwhile_stands_and_nothing_of_the_change_is_written() {
    for shape in shapes() {
        let sandbox = start(shape).await;
        let mut side = side(&sandbox);
        side.read(false).await;
        sandbox.by("dana").set_priority("PAY-1", "Low").expect("an issue");
        let change = edits(&side, "PAY-1", &[("label", "", "priority/p0"), ("field:priority", "Medium", "Highest")]);
        let said = write(&side, change).await;
        assert!(said.starts_with("superseded") && said.contains("expected to be \"Medium\" and is \"Low\""), "{said}");
        let facts = sandbox.facts("PAY-1").expect("an issue");
        assert_eq!((facts.labels, facts.priority), (vec!["kept".into()], Some("Low".into())));
    }
}

#[tokio::test]
async fn a_value_that_the_project_doesnt_allow_is_named_with_those_that_it_does() {
    for shape in shapes() {
        let sandbox = start(shape).await;
        let mut side = side(&sandbox);
        let (read, _) = side.read_whole(false).await;
        let of = |project: &str| {
            read.allowed
                .iter()
                .find(|(key, _)| key.local == project)
                .map(|(_, fields)| fields.clone())
                .expect("a project")
        };
        let all = BTreeSet::from(["Highest", "High", "Medium", "Low", "Lowest"].map(str::to_owned));
        assert_eq!(of("PAY")["priority"], all);
        assert_eq!(of("PAY")["customfield_10060"].len(), 3);
        assert!(!of("PAY").contains_key("customfield_10050"), "any number goes");
        assert!(of("OPS")["priority"].is_empty(), "it is on no screen");
        assert!(read.findings.iter().any(|finding| finding.contains("priority") && finding.contains("OPS")));
        let wrong = write(&side, edits(&side, "PAY-1", &[("field:priority", "Medium", "Critical")])).await;
        assert!(wrong.contains("doesn't allow \"Critical\" here, only Highest, High, Medium, Low, Lowest"), "{wrong}");
        let hidden = write(&side, edits(&side, "OPS-1", &[("field:priority", "Medium", "High")])).await;
        assert!(hidden.starts_with("refused") && hidden.contains("isn't on the edit screen"), "{hidden}");
        let number = write(&side, edits(&side, "PAY-1", &[("field:customfield_10050", "7", "many")])).await;
        assert!(number.contains("takes numbers, not \"many\""), "{number}");
        assert_eq!(sandbox.write_count(Side::Jira), 0);
        sandbox.reset_counts();
        let (delta, _) = side.read_whole(false).await;
        assert_eq!((delta.allowed, sandbox.request_count(Side::Jira)), (read.allowed, 2), "it is remembered");
        let probed = side.tracker.probe(&|_| true).await;
        assert!(
            probed.iter().any(|found| !found.ok && found.text.contains("OPS: the field priority isn't on")),
            "{probed:?}"
        );
    }
}

#[tokio::test]
async fn a_screen_is_asked_once_for_all_issues_of_a_project_and_type() {
    let sandbox = start(JiraShape::default()).await;
    let mut side = side(&sandbox);
    side.read(false).await;
    for key in ["PAY-1", "PAY-2"] {
        assert_eq!(
            write(&side, edits(&side, key, &[("field:priority", "Medium", "Low")])).await,
            format!("done {key}")
        );
    }
    let asked: u64 =
        sandbox.requests().iter().filter(|((_, route), _)| route.ends_with("/editmeta")).map(|(_, n)| *n).sum();
    assert_eq!(asked, 2, "one for each project");
}

#[tokio::test]
async fn where_watchers_cant_be_spared_that_is_found_once_and_remembered() {
    for shape in shapes() {
        let sandbox = start(JiraShape { may_discard_notifications: false, ..shape }).await;
        let mut first = side(&sandbox);
        first.read(false).await;
        for (label, writes) in [("one", 2), ("two", 1)] {
            sandbox.reset_counts();
            assert_eq!(write(&first, edits(&first, "PAY-1", &[("label", "", label)])).await, "done PAY-1");
            assert_eq!(sandbox.write_count(Side::Jira), writes);
        }
        first.read(false).await;
        let mut later = side(&sandbox);
        (later.memory, later.shelf) = (first.memory, first.shelf);
        later.read(false).await;
        sandbox.reset_counts();
        assert_eq!(write(&later, edits(&later, "PAY-1", &[("label", "", "three")])).await, "done PAY-1");
        assert_eq!(sandbox.write_count(Side::Jira), 1, "another process remembers");
        later.read(true).await;
        sandbox.reset_counts();
        assert_eq!(write(&later, edits(&later, "PAY-1", &[("label", "", "four")])).await, "done PAY-1");
        assert_eq!(sandbox.write_count(Side::Jira), 2, "a census tries again");
    }
}

#[tokio::test]
async fn a_newly_configured_field_is_read_from_the_start() {
    let sandbox = start(JiraShape::default()).await;
    let mut before = jira_side_with(&sandbox, |_| {});
    before.read(false).await;
    assert!(before.issue("PAY-1").fields.is_empty());
    let mut after = side(&sandbox);
    (after.memory, after.shelf) = (before.memory, before.shelf);
    let (read, keys) = after.read_whole(false).await;
    assert_eq!((keys.len(), read.listed), (4, true));
    assert_eq!(after.issue("PAY-1").fields["customfield_10050"], "7");
}

#[tokio::test]
async fn a_field_that_is_only_asked_for_is_read_and_no_screen_is_asked_for_it() {
    let sandbox = start(JiraShape::default()).await;
    let mut side = jira_side_with(&sandbox, |config| config.fields_asked = vec!["customfield_10050".to_owned()]);
    let (read, _) = side.read_whole(false).await;
    assert_eq!(side.issue("PAY-1").fields["customfield_10050"], "7");
    assert!(read.allowed.is_empty() && read.findings.is_empty(), "{:?}", read.findings);
}

#[tokio::test]
async fn the_changelog_tells_who_gave_a_value() {
    for shape in shapes() {
        let sandbox = start(shape).await;
        let mut side = side(&sandbox);
        side.read(false).await;
        let ours = edits(
            &side,
            "PAY-1",
            &[("label", "", "ours"), ("field:priority", "Medium", "Low"), ("field:customfield_10050", "7", "2")],
        );
        assert_eq!(write(&side, ours).await, "done PAY-1");
        let dana = sandbox.by("dana");
        dana.add_label("PAY-1", "hers").expect("labelled");
        // Taken off and put back: the last hand counts.
        assert_eq!(write(&side, edits(&side, "PAY-2", &[("label", "", "both")])).await, "done PAY-2");
        dana.remove_label("PAY-2", "both").expect("labelled");
        dana.add_label("PAY-2", "both").expect("labelled");
        let asked = [
            ("PAY-1", "label", "ours", Some("us")),
            ("PAY-1", "label", "hers", Some("dana")),
            ("PAY-1", "label", "kept", None),
            ("PAY-1", "field:priority", "Low", Some("us")),
            ("PAY-1", "field:customfield_10050", "2", Some("us")),
            ("PAY-2", "label", "both", Some("dana")),
            ("PAY-2", "field:priority", "Medium", None),
            ("PAY-3", "field:priority", "High", Some("dana")),
        ];
        let standing = asked.map(|(key, sink, value, _)| Standing {
            issue: Arc::new(side.issue(key).clone()),
            sink: SinkId(sink.to_owned()),
            value: value.to_owned(),
            taken: false,
        });
        let answers = side.tracker.authors(standing.to_vec()).await.expect("answered");
        assert_eq!(answers.len(), asked.len());
        for (answer, (key, sink, value, who)) in answers.iter().zip(asked) {
            let said = match &answer.author {
                Author::Us => Some("us"),
                Author::Someone(person) => Some(person.name.as_str()),
                Author::Creation => None,
            };
            assert_eq!((said, answer.at.is_some()), (who, who.is_some()), "{key} {sink} {value}");
            assert_eq!((answer.sink.0.as_str(), answer.value.as_str()), (sink, value));
        }
    }
}

#[tokio::test]
async fn the_end_of_a_running_sprint_is_a_due_date_weaker_than_the_issues_own() {
    for shape in shapes() {
        let task = |number: u32, due: Option<i32>, sprint: Option<i32>| JiraIssueSeed {
            number,
            due_in_days: due,
            sprint_ends_in_days: sprint,
            summary: format!("task {number}"),
            created_days_ago: 3.0,
            ..JiraIssueSeed::default()
        };
        let issues =
            vec![task(1, None, Some(9)), task(2, Some(20), Some(9)), task(3, None, None), task(4, None, Some(-2))];
        let projects = vec![ProjectSeed { key: "PAY".into(), issues, ..ProjectSeed::default() }];
        let clock = Clock::fixed("2026-11-24T12:00:00Z".parse().expect("a stamp"));
        let options = Options { clock, jira_shape: shape, ..Options::default() };
        let sandbox = Sandbox::start(Corpus { projects, ..Corpus::default() }, options).await.expect("started");
        let mut side = jira_side_with(&sandbox, |config| config.projects = vec!["PAY".to_owned()]);
        side.read(false).await;
        let due = |key: &str| side.issue(key).due.map(|(day, source)| (day.to_string(), source));
        let day = |text: &str, source: DueSource| Some((text.to_owned(), source));
        assert_eq!(due("PAY-1"), day("2026-12-03", DueSource::Sprint));
        assert_eq!(due("PAY-2"), day("2026-12-14", DueSource::Issue), "its own date wins, though it is later");
        assert_eq!(due("PAY-3"), None);
        assert_eq!(due("PAY-4"), day("2026-11-22", DueSource::Sprint), "a sprint that nobody has closed is late");
    }
}
