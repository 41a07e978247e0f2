//! Jira Data Center through the real adapter: read like Cloud, whole though offsets shift, written, looked up by id.

use std::collections::BTreeSet;
use std::sync::Arc;

use roadmapd::model::{Issue, RelationKind, Turn};
use roadmapd::sandbox::{
    Clock, Corpus, Fault, JiraIssueSeed, JiraShape, Matcher, Options, ProjectSeed, Running, Sandbox, Tracker as Side,
};
use roadmapd::tracker::{Fetch, Found, TroubleKind, Write};
use tokio_util::sync::CancellationToken;

use super::sandbox::{Reader, jira_side_with};
use super::support::{Notes, change};

async fn start(corpus: Corpus, shape: JiraShape) -> Running {
    let clock = Clock::frozen("2026-11-24T12:00:00Z".parse().expect("a stamp"));
    Sandbox::start(corpus, Options { clock, jira_shape: shape, ..Options::default() }).await.expect("started")
}

fn data_center() -> JiraShape {
    JiraShape { data_center: true, context: "/jira".to_owned(), ..JiraShape::default() }
}

/// A personal access token: no user.
fn side(sandbox: &Running) -> Reader {
    jira_side_with(sandbox, |config| config.user = None)
}

fn project(key: &str, issues: impl Iterator<Item = JiraIssueSeed>) -> ProjectSeed {
    ProjectSeed { key: key.to_owned(), issues: issues.collect(), ..ProjectSeed::default() }
}

fn task(n: u32) -> JiraIssueSeed {
    JiraIssueSeed { number: n, summary: format!("task {n}"), created_days_ago: 3.0, ..JiraIssueSeed::default() }
}

/// What both kinds of Jira must tell alike.
fn told(issue: &Issue) -> String {
    let relations: BTreeSet<(RelationKind, String)> =
        issue.relations.iter().map(|relation| (relation.kind, relation.to.local.clone())).collect();
    let text = &issue.text;
    format!(
        "{:?}",
        (
            (&issue.title, &issue.labels, issue.status, &issue.status_name, issue.tier, &issue.kind, &issue.priority),
            (issue.story_points, issue.due, &issue.components, issue.votes, issue.watchers, issue.comments),
            (issue.created, issue.updated, issue.private, relations),
            (text.words, text.code_blocks, text.open_tasks, text.acceptance, &text.explicit, &text.mentions),
            (issue.assignees.iter().map(|person| &person.name).collect::<Vec<_>>(), &issue.fields),
        )
    )
}

#[tokio::test]
async fn a_data_center_is_read_like_a_cloud() {
    let corpus = || {
        let shipped = Corpus::shipped();
        Corpus { projects: Corpus::generated(7, 200).projects.into_iter().chain(shipped.projects).collect(), ..shipped }
    };
    let mut projects = corpus().projects;
    projects.sort_by(|a, b| a.key.cmp(&b.key));
    projects.dedup_by(|a, b| a.key == b.key);
    let corpus = || Corpus { projects: projects.clone(), ..Corpus::shipped() };
    let (cloud, server) = (start(corpus(), JiraShape::default()).await, start(corpus(), data_center()).await);
    let fields = || vec!["priority".to_owned(), "customfield_10050".to_owned()];
    let mut ours = jira_side_with(&cloud, |config| config.fields = fields());
    let mut theirs = jira_side_with(&server, |config| {
        config.user = None;
        config.fields = fields();
    });
    assert_eq!(ours.read(false).await, theirs.read(false).await);
    assert!(ours.shelf.0.len() > 100);
    for (id, issue) in &ours.shelf.0 {
        assert_eq!(told(issue), told(&theirs.shelf.0[id]));
    }
    let epics = theirs.shelf.0.values().flat_map(|issue| &issue.relations);
    assert!(epics.filter(|relation| relation.kind == RelationKind::Parent).count() > 0);
    let some = theirs.shelf.0.values().next().expect("an issue");
    assert_eq!(some.url, format!("{}/browse/{}", server.jira_url(), some.key.local));
    server.reset_counts();
    assert!(theirs.read(false).await.is_empty());
    assert_eq!(server.request_count(Side::Jira), 2, "identity and window");
    assert_eq!(theirs.tracker.expires().map(|at| at.to_string()).as_deref(), Some("2027-02-22T12:00:00Z"));
}

#[tokio::test]
async fn offsets_that_shift_while_paging_lose_nothing() {
    for same_minute in [true, false] {
        let issues = (1..=60).map(|n| {
            let days = if same_minute { 3.0 } else { 3.0 - f64::from(n) / 100.0 };
            JiraIssueSeed { created_days_ago: days, ..task(n) }
        });
        let corpus = Corpus { projects: vec![project("PAY", issues)], ..Corpus::default() };
        let sandbox = start(corpus, JiraShape { search_max: 10, ..data_center() }).await;
        // Before each further page, rows that were shown leave their places: one is deleted, one changes.
        for nth in 2..=4_u32 {
            sandbox.hook(Side::Jira, Matcher::path("/search"), nth, move |sandbox| {
                sandbox.delete(&format!("PAY-{nth}")).expect("deleted");
                sandbox.add_label(&format!("PAY-{}", 4 + nth), "moved").expect("labelled");
            });
        }
        let mut side = side(&sandbox);
        let (read, keys) = side.read_whole(false).await;
        for key in sandbox.all_facts().keys() {
            assert!(keys.contains(key), "{key} was lost (same minute: {same_minute})");
        }
        assert!(read.listed);
        assert!(sandbox.all_facts().values().all(|facts| side.shelf.0.contains_key(&facts.id)));
        let (read, keys) = side.read_whole(false).await;
        assert_eq!((read.listed, keys.len()), (false, 0), "a window lists only changes");
    }
}

#[tokio::test]
async fn rows_that_slip_before_the_page_that_was_asked_are_gone_back_for() {
    let corpus = Corpus { projects: vec![project("PAY", (1..=13).map(task))], ..Corpus::default() };
    let sandbox = start(corpus, JiraShape { search_max: 10, ..data_center() }).await;
    // The third request asks from the last row shown on; by then fewer rows are left than were shown.
    sandbox.hook(Side::Jira, Matcher::path("/search"), 3, |sandbox| {
        for n in 1..=6 {
            sandbox.delete(&format!("PAY-{n}")).expect("deleted");
        }
    });
    let keys = side(&sandbox).read(false).await;
    assert!(sandbox.all_facts().keys().all(|key| keys.contains(key)), "{keys:?}");
}

#[tokio::test]
async fn what_changed_is_read_by_id_and_all_edits_of_an_issue_are_one_request() {
    let corpus = Corpus { projects: vec![project("PAY", (1..=5).map(task))], ..Corpus::default() };
    let sandbox = start(corpus, data_center()).await;
    let mut side = side(&sandbox);
    side.read(false).await;
    sandbox.reset_counts();
    let issue = side.issue("PAY-2").clone();
    let changes = vec![change("jira", "PAY-2", &issue.id.id, &[], &[("", "priority/p1"), ("", "complexity/m")])];
    let notes = Notes::default();
    side.tracker.write(changes, &notes, &CancellationToken::new()).await.expect("written");
    assert_eq!((notes.all(), sandbox.write_count(Side::Jira)), (vec!["intend PAY-2".into(), "done PAY-2".into()], 1));
    assert_eq!(sandbox.labels_of("PAY-2").expect("an issue"), ["complexity/m", "priority/p1"]);
    assert_eq!(side.read(false).await, BTreeSet::from(["PAY-2".to_owned()]));
    assert!(side.issue("PAY-2").reading.by_id);
}

#[tokio::test]
async fn a_moved_issue_is_here_under_its_new_key_and_a_deleted_one_hidden_while_its_project_can_be_read() {
    for shape in [JiraShape::default(), data_center()] {
        let projects = vec![project("PAY", (1..=3).map(task)), project("CORE", (1..=1).map(task))];
        let sandbox = start(Corpus { projects, ..Corpus::default() }, shape).await;
        let mut side = jira_side_with(&sandbox, |_| {});
        side.read(false).await;
        let asked: Vec<Arc<Issue>> = ["PAY-1", "PAY-2", "PAY-3"].map(|key| Arc::new(side.issue(key).clone())).to_vec();
        sandbox.delete("PAY-1").expect("deleted");
        let moved = sandbox.move_issue("PAY-2", "CORE").expect("moved");
        let found = side.tracker.by_id(asked.clone(), Turn(5)).await.expect("read");
        assert!(matches!(&found[0], Found::Hidden(id) if *id == asked[0].id), "{found:?}");
        let Found::Here(there) = &found[1] else { panic!("{found:?}") };
        assert_eq!((there.key.local.as_str(), there.container.local.as_str()), (moved.as_str(), "CORE"));
        assert_eq!((&there.id, there.reading.turn, there.reading.by_id), (&asked[1].id, Turn(5), true));
        assert!(matches!(&found[2], Found::Here(issue) if issue.key.local == "PAY-3"));
        sandbox.fail(Side::Jira, Matcher::path("/project/PAY"), Fault::status(404, "{}"), u32::MAX);
        let trouble = side.tracker.by_id(asked, Turn(5)).await.expect_err("the project is what can't be read");
        assert_eq!(trouble.kind, TroubleKind::Missing, "{trouble}");
    }
}

#[tokio::test]
async fn a_password_works_and_a_wrong_credential_is_refused_by_name() {
    let corpus = || Corpus { projects: vec![project("PAY", (1..=2).map(task))], ..Corpus::default() };
    let sandbox = start(corpus(), data_center()).await;
    let mut basic = jira_side_with(&sandbox, |_| {});
    assert_eq!(basic.read(false).await.len(), 2);
    assert_eq!(basic.tracker.expires(), None, "a password's end isn't told");
    let probed = basic.tracker.probe(&|_| true).await;
    assert!(probed.iter().all(|found| found.ok), "{probed:?}");
    assert!(probed.iter().any(|found| found.text.contains("Jira Data Center")), "{probed:?}");
    std::fs::write(basic.token.path(), "wrong").expect("written");
    let wrong =
        jira_side_with(&sandbox, |config| config.token = roadmapd::tracker::Secret::File(basic.token.path().into()));
    let (pages, _keep) = tokio::sync::mpsc::channel(10);
    let trouble = wrong.tracker.poll(Default::default(), &wrong.shelf, pages).await.expect_err("refused");
    assert_eq!(trouble.kind, TroubleKind::Unauthorized, "{trouble}");
}
