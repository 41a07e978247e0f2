//! GitHub, reach: patterns, renames and transfers followed by id, and what became of an issue; against the sandbox.

use std::collections::BTreeSet;
use std::sync::Arc;

use roadmapd::model::{Issue, Turn};
use roadmapd::plan::{Author, SinkId};
use roadmapd::sandbox::{
    Corpus, Fault, GithubIssueSeed, Matcher, Options, RepositorySeed, Running, Sandbox, Tracker as Side,
};
use roadmapd::tracker::{Ask, Fetch, Found, Read, Standing, Tracker, TrackerConfig, Trouble, TroubleKind};
use tokio::sync::mpsc;

use super::support::{Shelf, github_config, policy, token_file};

/// A GitHub of the sandbox and what the store would know of it.
pub struct Bench {
    pub sandbox: Running,
    pub tracker: Tracker,
    pub shelf: Shelf,
    pub memory: Option<String>,
    /// Ids of the issues that the last reading listed.
    pub listed: BTreeSet<String>,
    _token: tempfile::NamedTempFile,
}

impl Bench {
    pub async fn new(corpus: Corpus, options: Options, repositories: &[&str]) -> Self {
        let sandbox = Sandbox::start(corpus, options).await.expect("started");
        let token = token_file(sandbox.github_token());
        let tracker = connect(&sandbox, &token, repositories);
        Self { sandbox, tracker, shelf: Shelf::default(), memory: None, listed: BTreeSet::new(), _token: token }
    }

    pub async fn try_read(&mut self, census: bool) -> Result<Read, Trouble> {
        let (pages, mut arriving) = mpsc::channel(1000);
        let ask = Ask { memory: self.memory.clone(), census, turn: Turn(2), ..Ask::default() };
        let read = self.tracker.poll(ask, &self.shelf, pages).await?;
        self.listed.clear();
        self.memory = Some(read.memory.clone());
        while let Some(page) = arriving.recv().await {
            if page.listed {
                self.listed.extend(page.issues.iter().map(|issue| issue.id.id.clone()));
            }
            for issue in page.issues {
                self.shelf.0.insert(issue.id.id.clone(), issue);
            }
        }
        Ok(read)
    }

    pub async fn read(&mut self, census: bool) -> Read {
        self.try_read(census).await.expect("read")
    }

    /// Another list in the configuration, the memory kept.
    pub fn configure(&mut self, repositories: &[&str]) {
        self.tracker = connect(&self.sandbox, &self._token, repositories);
    }

    pub fn issue(&self, key: &str) -> Arc<Issue> {
        let found = self.shelf.0.values().find(|issue| issue.key.local == key);
        Arc::new(found.unwrap_or_else(|| panic!("{key} was read")).clone())
    }

    async fn found(&self, issue: Arc<Issue>) -> Found {
        self.tracker.by_id(vec![issue], Turn(3)).await.expect("read").remove(0)
    }
}

fn connect(sandbox: &Running, token: &tempfile::NamedTempFile, repositories: &[&str]) -> Tracker {
    let mut config = github_config(sandbox.github_url(), token);
    if let TrackerConfig::Github(config) = &mut config {
        config.repositories = repositories.iter().map(|name| (*name).to_owned()).collect();
    }
    Tracker::connect_with(&config, policy()).expect("connected")
}

pub fn repository(name: &str) -> RepositorySeed {
    let issue = |number: u32| GithubIssueSeed {
        number,
        title: format!("issue {number}"),
        author: Some("dana".to_owned()),
        created_days_ago: f64::from(number),
        ..GithubIssueSeed::default()
    };
    RepositorySeed { name: name.to_owned(), issues: (1..=3).map(issue).collect(), ..RepositorySeed::default() }
}

pub fn corpus(names: &[&str]) -> Corpus {
    Corpus { repositories: names.iter().map(|name| repository(name)).collect(), ..Corpus::default() }
}

fn payments() -> Corpus {
    let mut corpus = corpus(&[
        "acme/api",
        "acme/pay-api",
        "acme/Pay-Web",
        "acme/pay-x-archive",
        "acme/pay-old",
        "acme/pay-fork",
        "acme/pay-bare",
        "beta/pay-api",
    ]);
    for repository in &mut corpus.repositories {
        repository.archived = repository.name == "acme/pay-old";
        repository.fork = repository.name == "acme/pay-fork";
        repository.no_issues = repository.name == "acme/pay-bare";
        repository.private = repository.name == "acme/pay-api";
    }
    corpus
}

fn names(read: &Read) -> Vec<&str> {
    read.containers.iter().map(|container| container.local.as_str()).collect()
}

#[tokio::test]
async fn a_pattern_finds_what_is_neither_archived_nor_a_fork_nor_taken_out() {
    let mut bench = Bench::new(payments(), Options::default(), &["acme/api", "ACME/pay-*", "!acme/*-archive"]).await;
    let first = bench.read(false).await;
    assert_eq!(names(&first), ["acme/Pay-Web", "acme/api", "acme/pay-api"]);
    assert!(first.findings.is_empty(), "{:?}", first.findings);
    assert!(first.listed);
    assert_eq!(bench.listed.len(), 9);
    assert!(bench.issue("acme/pay-api#1").private && !bench.issue("acme/api#1").private);
    bench.sandbox.reset_counts();
    let quiet = bench.read(false).await;
    assert_eq!((names(&quiet).len(), quiet.listed), (3, false));
    assert_eq!(bench.sandbox.request_count(Side::GitHub), 3, "one request a repository and none for the listing");
}

#[tokio::test]
async fn a_census_finds_what_a_pattern_came_to_fit_and_loses_what_it_no_longer_fits() {
    let mut bench = Bench::new(payments(), Options::default(), &["acme/pay-*", "!acme/*-archive"]).await;
    bench.read(false).await;
    bench.sandbox.archive("acme/pay-old", false).expect("a repository");
    bench.sandbox.archive("acme/Pay-Web", true).expect("a repository");
    assert_eq!(names(&bench.read(false).await), ["acme/Pay-Web", "acme/pay-api"]);
    let census = bench.read(true).await;
    assert_eq!(names(&census), ["acme/pay-api", "acme/pay-old"]);
    assert!(census.listed);
    assert_eq!(bench.listed.len(), 6);
}

#[tokio::test]
async fn a_pattern_without_a_match_is_a_finding_and_a_named_archive_keeps_its_own() {
    let mut bench = Bench::new(payments(), Options::default(), &["acme/pay-old", "acme/billing-*"]).await;
    let read = bench.read(false).await;
    assert_eq!(names(&read), ["acme/pay-old"]);
    assert_eq!(read.findings.len(), 2, "{:?}", read.findings);
    assert!(read.findings.iter().any(|finding| finding.contains("acme/billing-*")), "{:?}", read.findings);
    assert!(read.findings.iter().any(|finding| finding.contains("acme/pay-old is archived")), "{:?}", read.findings);
    assert_eq!(bench.read(false).await.findings, read.findings, "a quiet cycle says it, too");
}

#[tokio::test]
async fn what_a_pattern_found_may_vanish_but_not_fail_and_what_is_named_may_not_vanish() {
    let mut bench = Bench::new(payments(), Options::default(), &["acme/api", "acme/pay-*", "!acme/*-archive"]).await;
    bench.read(false).await;
    let unseen = || Fault::status(404, r#"{"message":"Not Found"}"#);
    bench.sandbox.fail(Side::GitHub, Matcher::path("/repos/acme/pay-api/issues"), unseen(), 1);
    let trouble = bench.try_read(false).await.expect_err("it is listed, so it must be readable");
    assert_eq!(trouble.kind, TroubleKind::Missing, "{trouble}");
    let known = bench.issue("acme/pay-api#1");
    bench.sandbox.hide_repository("acme/pay-api").expect("a repository");
    let read = bench.read(false).await;
    assert_eq!(names(&read), ["acme/Pay-Web", "acme/api"]);
    assert!(read.findings[0].contains("acme/pay-api isn't among acme's repositories"), "{:?}", read.findings);
    assert_eq!(bench.found(Arc::clone(&known)).await, Found::Hidden(known.id.clone()));
    bench.sandbox.reset_counts();
    assert_eq!(bench.read(false).await.findings, read.findings);
    assert_eq!(bench.sandbox.request_count(Side::GitHub), 2);
    bench.sandbox.hide_repository("acme/api").expect("a repository");
    assert_eq!(bench.try_read(false).await.expect_err("it is named").kind, TroubleKind::Missing);
}

#[tokio::test]
async fn a_person_s_repositories_are_found_with_the_private_ones_that_we_share() {
    let mut corpus = corpus(&["dana/notes", "dana/secret", "acme/api"]);
    corpus.repositories[1].private = true;
    let mut bench = Bench::new(corpus, Options::default(), &["Dana/*"]).await;
    assert_eq!(names(&bench.read(false).await), ["dana/notes", "dana/secret"]);
    bench.configure(&["nobody-here/*"]);
    let trouble = bench.try_read(true).await.expect_err("no such owner");
    assert_eq!(trouble.kind, TroubleKind::Missing, "{trouble}");
}

#[tokio::test]
async fn another_entry_is_read_whole_and_the_others_go_on_where_they_were() {
    let mut bench = Bench::new(payments(), Options::default(), &["acme/api"]).await;
    bench.read(false).await;
    bench.configure(&["acme/api", "beta/*"]);
    bench.sandbox.reset_counts();
    let read = bench.read(false).await;
    assert_eq!(names(&read), ["acme/api", "beta/pay-api"]);
    assert!(!read.listed, "acme/api was only asked what changed");
    assert_eq!(bench.shelf.0.len(), 6);
}

#[tokio::test]
async fn a_renamed_repository_is_read_under_its_new_name_and_its_old_keys_are_aliases() {
    for (configured, told) in [(["acme/api"], true), (["acme/*"], false)] {
        let mut bench = Bench::new(corpus(&["acme/api"]), Options::default(), &configured).await;
        bench.read(false).await;
        bench.sandbox.rename_repository("acme/api", "acme/core-api").expect("a repository");
        let read = bench.read(false).await;
        assert_eq!(names(&read), ["acme/core-api"]);
        assert_eq!(read.findings.len(), 1, "{:?}", read.findings);
        assert!(read.findings[0].contains("acme/api is called acme/core-api now"), "{:?}", read.findings);
        assert_eq!(read.findings[0].contains("put the new name"), told, "{:?}", read.findings);
        let keys: BTreeSet<String> = bench.shelf.0.values().map(|issue| issue.key.local.clone()).collect();
        assert_eq!(keys.into_iter().collect::<Vec<_>>(), ["acme/core-api#1", "acme/core-api#2", "acme/core-api#3"]);
        assert_eq!(bench.issue("acme/core-api#2").aliases[0].local, "acme/api#2");
        bench.sandbox.reset_counts();
        assert_eq!(names(&bench.read(false).await), ["acme/core-api"]);
        assert_eq!(bench.sandbox.request_count(Side::GitHub), 1, "then it is quiet under its new name");
        let census = bench.read(true).await;
        assert_eq!((names(&census), census.findings.len()), (vec!["acme/core-api"], usize::from(told)));
        assert_eq!(bench.issue("acme/core-api#2").aliases[0].local, "acme/api#2");
    }
}

#[tokio::test]
async fn a_repository_that_was_renamed_before_is_found_by_its_old_name() {
    let mut bench = Bench::new(corpus(&["acme/api"]), Options::default(), &["acme/api"]).await;
    bench.sandbox.rename_repository("acme/api", "acme/core-api").expect("a repository");
    let read = bench.read(false).await;
    assert_eq!((names(&read), read.findings.len()), (vec!["acme/core-api"], 1));
    assert_eq!(bench.issue("acme/core-api#1").aliases[0].local, "acme/api#1");
}

#[tokio::test]
async fn a_repository_that_is_named_by_its_old_and_its_new_name_is_one() {
    let mut bench = Bench::new(corpus(&["acme/api"]), Options::default(), &["acme/api", "Acme/Core-API"]).await;
    bench.sandbox.rename_repository("acme/api", "acme/core-api").expect("a repository");
    let read = bench.read(false).await;
    assert_eq!((names(&read), read.findings.len()), (vec!["Acme/Core-API"], 1));
    assert_eq!(bench.shelf.0.len(), 3);
}

#[tokio::test]
async fn a_repository_that_went_to_another_owner_or_was_taken_out_is_left_and_said() {
    for (configured, to) in [(vec!["acme/api"], "other/api"), (vec!["acme/*", "!acme/*-archive"], "acme/api-archive")] {
        let mut bench = Bench::new(corpus(&["acme/api"]), Options::default(), &configured).await;
        bench.read(false).await;
        let known = bench.issue("acme/api#1");
        bench.sandbox.rename_repository("acme/api", to).expect("a repository");
        let read = bench.read(false).await;
        assert!(names(&read).is_empty() && read.findings.len() == 1, "{:?}", read.findings);
        assert!(read.findings[0].contains(&format!("acme/api is {to} now")), "{:?}", read.findings);
        assert!(
            matches!(bench.found(known).await, Found::Moved { to: key, there: None, .. } if key.local == format!("{to}#1"))
        );
        bench.sandbox.reset_counts();
        assert_eq!(bench.read(false).await.findings, read.findings);
        assert_eq!(bench.sandbox.request_count(Side::GitHub), 0, "nothing is read of it any more");
    }
}

#[tokio::test]
async fn another_repository_under_a_known_name_is_said() {
    let mut bench = Bench::new(corpus(&["acme/api", "acme/web"]), Options::default(), &["acme/api"]).await;
    bench.read(false).await;
    bench.sandbox.rename_repository("acme/api", "acme/old").expect("a repository");
    bench.sandbox.rename_repository("acme/web", "acme/api").expect("a repository");
    let read = bench.read(true).await;
    assert!(read.findings.iter().any(|finding| finding.contains("another repository")), "{:?}", read.findings);
    assert_eq!(names(&read), ["acme/api"]);
}

#[tokio::test]
async fn a_transferred_issue_is_followed_to_where_it_is_now() {
    let mut bench =
        Bench::new(corpus(&["acme/api", "acme/web", "acme/away"]), Options::default(), &["acme/api", "acme/web"]).await;
    bench.read(false).await;
    let (ours, away) = (bench.issue("acme/api#1"), bench.issue("acme/api#2"));
    let to_web = bench.sandbox.move_issue("acme/api#1", "acme/web").expect("moved");
    let to_away = bench.sandbox.move_issue("acme/api#2", "acme/away").expect("moved");
    let Found::Moved { from, to, there: Some(there) } = bench.found(Arc::clone(&ours)).await else {
        panic!("not moved")
    };
    assert_eq!((&from, to.local.as_str()), (&ours.id, to_web.as_str()));
    assert_eq!((there.key.local.as_str(), there.aliases[0].local.as_str()), (to_web.as_str(), "acme/api#1"));
    assert!(there.id != ours.id && there.reading.by_id);
    let Found::Moved { to, there: None, .. } = bench.found(away).await else { panic!("not moved out of reach") };
    assert_eq!(to.local, to_away);
    let census = bench.read(true).await;
    assert!(census.listed);
    let listed = &bench.listed;
    assert!(!listed.contains(&ours.id.id) && listed.contains(&there.id.id));
}

#[tokio::test]
async fn an_issue_of_a_repository_renamed_since_is_itself_under_its_new_key() {
    let mut bench = Bench::new(corpus(&["acme/api"]), Options::default(), &["acme/api"]).await;
    bench.read(false).await;
    let known = bench.issue("acme/api#3");
    bench.sandbox.rename_repository("acme/api", "acme/core").expect("a repository");
    let Found::Here(here) = bench.found(Arc::clone(&known)).await else { panic!("not here") };
    assert_eq!((&here.id, here.key.local.as_str()), (&known.id, "acme/core#3"));
    assert_eq!(here.aliases.as_slice(), std::slice::from_ref(&known.key));
}

#[tokio::test]
async fn deleted_and_hidden_are_told_apart_and_an_unseen_repository_is_a_trouble() {
    let mut bench = Bench::new(corpus(&["acme/api"]), Options::default(), &["acme/api"]).await;
    bench.read(false).await;
    let (one, two) = (bench.issue("acme/api#1"), bench.issue("acme/api#2"));
    bench.sandbox.delete("acme/api#1").expect("an issue");
    assert_eq!(bench.found(Arc::clone(&one)).await, Found::Deleted(one.id.clone()));
    let nothing = || Fault::status(404, r#"{"message":"Not Found"}"#);
    bench.sandbox.fail(Side::GitHub, Matcher::path("/issues/2"), nothing(), 1);
    assert_eq!(bench.found(Arc::clone(&two)).await, Found::Hidden(two.id.clone()));
    bench.sandbox.fail(Side::GitHub, Matcher::any(), nothing(), u32::MAX);
    let trouble = bench.tracker.by_id(vec![two], Turn(3)).await.expect_err("unseen");
    assert_eq!(trouble.kind, TroubleKind::Missing, "{trouble}");
}

fn standing(issue: &Arc<Issue>, value: &str) -> Standing {
    Standing { issue: Arc::clone(issue), sink: SinkId("label".to_owned()), value: value.to_owned(), taken: false }
}

#[tokio::test]
async fn the_last_hand_on_a_label_is_read_from_the_issue_s_events() {
    let mut corpus = corpus(&["acme/api"]);
    let bot = Options::default().github_login;
    let issue = &mut corpus.repositories[0].issues[0];
    (issue.labels, issue.labelled_by) = (vec!["Priority/P1".to_owned()], Some(bot));
    let mut bench = Bench::new(corpus, Options::default(), &["acme/api"]).await;
    let people = bench.sandbox.by("hana");
    for number in 0..120 {
        people.add_label("acme/api#1", &format!("noise-{number}")).expect("labelled");
    }
    people.add_label("acme/api#2", "priority/p2").expect("labelled");
    people.remove_label("acme/api#2", "priority/p2").expect("taken off");
    people.add_label("acme/api#3", "priority/p0").expect("labelled");
    bench.read(false).await;
    let (one, two, three) = (bench.issue("acme/api#1"), bench.issue("acme/api#2"), bench.issue("acme/api#3"));
    bench.sandbox.reset_counts();
    let asked = vec![
        standing(&one, "priority/p1"),
        standing(&one, "noise-119"),
        standing(&two, "priority/p2"),
        standing(&three, "priority/p0"),
        standing(&three, "never/there"),
    ];
    let told = bench.tracker.authors(asked).await.expect("told");
    let said: Vec<(&str, String)> = told
        .iter()
        .map(|told| {
            let who = match &told.author {
                Author::Us => "us".to_owned(),
                Author::Someone(person) => person.name.clone(),
                Author::Creation => "creation".to_owned(),
            };
            (told.value.as_str(), who)
        })
        .collect();
    let hana = || "hana".to_owned();
    assert_eq!(said, [("noise-119", hana()), ("priority/p1", "us".to_owned()), ("priority/p0", hana())]);
    assert!(told.iter().all(|told| told.at.is_some()));
    assert_eq!(bench.sandbox.request_count(Side::GitHub), 5, "the account, and two pages and one and one of events");
    bench.sandbox.reset_counts();
    bench.tracker.authors(vec![standing(&three, "priority/p0")]).await.expect("told");
    assert_eq!(bench.sandbox.request_count(Side::GitHub), 1, "who we are is asked once");
    assert!(bench.tracker.authors(Vec::new()).await.expect("told").is_empty());
}
