//! GitHub, as an app: signatures, installations, their tokens and budgets, and what a check says of them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::OnceLock;

use roadmapd::model::{Timestamp, Turn};
use roadmapd::plan::{Author, SinkId};
use roadmapd::sandbox::{Fault, GithubApp, GithubInstallation, Matcher, Options, Running, Sandbox, Tracker as Side};
use roadmapd::tracker::{
    Ask, Budget, Fetch, GithubAuth, Secret, Standing, Tracker, TrackerConfig, Trouble, TroubleKind, Write,
};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::github_reach::corpus;
use super::support::{Notes, Shelf, change, github_config, policy, token_file};

const APP: u64 = 4711;
const MINTED: &str = "POST /app/installations/{installation_id}/access_tokens";

/// A private and a public key (PEM), made once.
fn keys() -> &'static (String, String) {
    static KEYS: OnceLock<(String, String)> = OnceLock::new();
    KEYS.get_or_init(|| {
        let private = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("a key");
        let public = private.to_public_key().to_public_key_pem(LineEnding::LF).expect("PEM");
        (private.to_pkcs1_pem(LineEnding::LF).expect("PEM").to_string(), public)
    })
}

fn installation(owner: &str, issues: &str) -> GithubInstallation {
    let permissions =
        [("issues", issues), ("metadata", "read")].map(|(name, access)| (name.to_owned(), access.to_owned()));
    let permissions = permissions.into_iter().filter(|(_, access)| !access.is_empty()).collect::<BTreeMap<_, _>>();
    GithubInstallation { owner: owner.to_owned(), permissions, ..GithubInstallation::default() }
}

async fn start(installations: Vec<GithubInstallation>) -> Running {
    start_as(installations, false).await
}

async fn start_as(installations: Vec<GithubInstallation>, github_enterprise: bool) -> Running {
    let app = GithubApp { id: APP, slug: "acme-roadmap".to_owned(), public_key: keys().1.clone(), installations };
    let mut corpus = corpus(&["acme/api", "acme/web", "beta/pay", "gamma/x"]);
    for repository in &mut corpus.repositories {
        repository.private = true;
    }
    Sandbox::start(corpus, Options { github_app: Some(app), github_enterprise, ..Options::default() })
        .await
        .expect("started")
}

/// The app against the sandbox; the key's file must outlive it.
fn app(
    sandbox: &Running,
    key: &tempfile::NamedTempFile,
    repositories: &[&str],
    budget: Option<Budget>,
) -> Result<Tracker, Trouble> {
    let mut config = github_config(sandbox.github_url(), key);
    if let TrackerConfig::Github(config) = &mut config {
        config.auth = GithubAuth::App { id: APP, private_key: Secret::File(key.path().to_owned()) };
        config.repositories = repositories.iter().map(|name| (*name).to_owned()).collect();
        config.budget = budget.unwrap_or(config.budget);
    }
    Tracker::connect_with(&config, policy())
}

async fn poll(tracker: &Tracker, memory: Option<String>, shelf: &mut Shelf) -> Result<(String, Vec<String>), Trouble> {
    let (pages, mut arriving) = mpsc::channel(1000);
    let read = tracker.poll(Ask { memory, turn: Turn(2), ..Ask::default() }, shelf, pages).await?;
    while let Some(page) = arriving.recv().await {
        shelf.0.extend(page.issues.into_iter().map(|issue| (issue.id.id.clone(), issue)));
    }
    Ok((read.memory, read.containers.iter().map(|container| container.local.clone()).collect()))
}

fn minted(sandbox: &Running) -> u64 {
    sandbox.requests().get(&(Side::GitHub, MINTED.to_owned())).copied().unwrap_or(0)
}

#[tokio::test]
async fn each_owner_is_read_with_its_own_installation_s_token() {
    for enterprise in [false, true] {
        read_by_installations(enterprise).await;
    }
}

async fn read_by_installations(enterprise: bool) {
    let sandbox = start_as(vec![installation("Acme", "write"), installation("beta", "write")], enterprise).await;
    let key = token_file(&keys().0);
    let tracker = app(&sandbox, &key, &["acme/*", "beta/pay"], None).expect("connected");
    let mut shelf = Shelf::default();
    let (memory, containers) = poll(&tracker, None, &mut shelf).await.expect("read");
    assert_eq!(containers, ["acme/api", "acme/web", "beta/pay"]);
    assert_eq!(minted(&sandbox), 2);
    sandbox.reset_counts();
    let (memory, _) = poll(&tracker, Some(memory), &mut shelf).await.expect("read");
    assert_eq!(sandbox.request_count(Side::GitHub), 3, "tokens and installations are remembered");
    sandbox.revoke_installation_tokens();
    sandbox.reset_counts();
    poll(&tracker, Some(memory), &mut shelf).await.expect("read with new tokens");
    assert_eq!(minted(&sandbox), 2, "one new token for each installation, however many requests were refused");
    assert_eq!(tracker.expires(), None::<Timestamp>);
}

#[tokio::test]
async fn an_app_that_was_installed_anew_is_found_again() {
    let sandbox = start(vec![installation("acme", "write")]).await;
    let key = token_file(&keys().0);
    let tracker = app(&sandbox, &key, &["acme/api"], None).expect("connected");
    let mut shelf = Shelf::default();
    let (memory, _) = poll(&tracker, None, &mut shelf).await.expect("read");
    sandbox.reinstall_app();
    let trouble = poll(&tracker, Some(memory.clone()), &mut shelf).await.expect_err("the old one is gone");
    assert!(trouble.what.contains("/access_tokens answered 404"), "{trouble}");
    poll(&tracker, Some(memory), &mut shelf).await.expect("the new one is found");
}

#[tokio::test]
async fn each_installation_has_a_budget_of_its_own() {
    let sandbox = start(vec![installation("acme", "write"), installation("beta", "write")]).await;
    let key = token_file(&keys().0);
    let one = Budget { writes_per_minute: 1, writes_per_hour: 1, concurrency: 4 };
    let tracker = app(&sandbox, &key, &["acme/api", "beta/pay"], Some(one)).expect("connected");
    let write = async |key: &str| {
        let notes = Notes::default();
        let edit = change("github", key, "1", &[], &[("", "level-1")]);
        let result = tracker.write(vec![edit], &notes, &CancellationToken::new()).await;
        let said = notes.all().get(1).map(|note| note.split(' ').next().unwrap_or_default().to_owned());
        (result.map_err(|trouble| trouble.kind), said)
    };
    assert_eq!(write("acme/api#1").await, (Ok(()), Some("done".to_owned())));
    assert_eq!(write("beta/pay#1").await, (Ok(()), Some("done".to_owned())));
    assert_eq!(
        write("acme/api#2").await,
        (Err(TroubleKind::Paced), None),
        "what has no place in the budget isn't begun"
    );
    assert!(tracker.requests().writes >= 2);
}

#[tokio::test]
async fn what_the_app_labelled_is_known_as_ours() {
    let sandbox = start(vec![installation("acme", "write")]).await;
    let key = token_file(&keys().0);
    let tracker = app(&sandbox, &key, &["acme/api"], None).expect("connected");
    let mut shelf = Shelf::default();
    poll(&tracker, None, &mut shelf).await.expect("read");
    let issue = shelf.0.values().find(|issue| issue.key.local == "acme/api#1").expect("an issue").clone();
    let edit = change("github", "acme/api#1", &issue.id.id, &[], &[("", "priority/p1")]);
    tracker.write(vec![edit], &Notes::default(), &CancellationToken::new()).await.expect("written");
    sandbox.by("hana").add_label("acme/api#1", "priority/p2").expect("labelled");
    let issue = std::sync::Arc::new(issue);
    let standing = |value: &str| Standing {
        issue: issue.clone(),
        sink: SinkId("label".to_owned()),
        value: value.to_owned(),
        taken: false,
    };
    let told = tracker.authors(vec![standing("priority/p1"), standing("priority/p2")]).await.expect("told");
    assert_eq!(told[0].author, Author::Us);
    assert!(matches!(&told[1].author, Author::Someone(person) if person.name == "hana"));
}

#[tokio::test]
async fn an_owner_without_the_app_or_with_a_suspended_one_is_a_trouble_that_says_so() {
    let suspended = GithubInstallation { suspended: true, ..installation("beta", "write") };
    let sandbox = start(vec![installation("acme", "write"), suspended]).await;
    let key = token_file(&keys().0);
    for (repository, kind, words) in [
        ("gamma/x", TroubleKind::Missing, "not installed for gamma"),
        ("beta/pay", TroubleKind::Forbidden, "suspended"),
    ] {
        let tracker = app(&sandbox, &key, &[repository], None).expect("connected");
        let trouble = poll(&tracker, None, &mut Shelf::default()).await.expect_err(words);
        assert_eq!(trouble.kind, kind, "{trouble}");
        assert!(trouble.what.contains(words), "{trouble}");
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_minted_leaves_the_write_unsent_and_is_no_unknown_fate() {
    let sandbox = start(vec![installation("acme", "write")]).await;
    let key = token_file(&keys().0);
    let tracker = app(&sandbox, &key, &["acme/api"], None).expect("connected");
    sandbox.fail(Side::GitHub, Matcher::path("/access_tokens"), Fault::ResetBeforeApply, u32::MAX);
    let notes = Notes::default();
    let edit = change("github", "acme/api#1", "1", &[], &[("", "level-1")]);
    let trouble = tracker.write(vec![edit], &notes, &CancellationToken::new()).await.expect_err("no token");
    assert_eq!(trouble.kind, TroubleKind::Unavailable, "{trouble}");
    assert!(notes.all()[1].starts_with("failed"), "{:?}", notes.all());
    assert!(sandbox.labels_of("acme/api#1").expect("an issue").is_empty());
}

#[tokio::test]
async fn a_check_names_the_owners_and_what_is_missing() {
    let partly =
        GithubInstallation { repositories: Some(vec!["beta/other".to_owned()]), ..installation("beta", "read") };
    let sandbox = start(vec![installation("acme", "write"), partly]).await;
    let key = token_file(&keys().0);
    let tracker = app(&sandbox, &key, &["acme/*", "beta/pay", "gamma/x"], None).expect("connected");
    let probed = tracker.probe(&|_| true).await;
    let said = |ok: bool, words: &str| probed.iter().any(|found| found.ok == ok && found.text.contains(words));
    assert!(said(true, "acme-roadmap[bot]"), "{probed:#?}");
    assert!(said(true, "installed for acme and may read issues and write labels"), "{probed:#?}");
    assert!(said(false, "installed for beta but lacks issues: write"), "{probed:#?}");
    assert!(said(false, "GET /repos/beta/pay answered 404"), "{probed:#?}");
    assert!(said(false, "not installed for gamma"), "{probed:#?}");
    assert!(said(true, "acme/api can be read") && said(true, "acme/web can be read"), "{probed:#?}");
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_never_shown() {
    let sandbox = start(vec![installation("acme", "write")]).await;
    let shown = |trouble: &Trouble| format!("{trouble} {trouble:?}");
    let not_pem = token_file("-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0IHdvcmRz\n-----END RSA PRIVATE KEY-----");
    let trouble = app(&sandbox, &not_pem, &["acme/api"], None).expect_err("no key");
    assert_eq!(trouble.kind, TroubleKind::Unauthorized);
    assert!(!shown(&trouble).contains("c2Vjcm"), "{trouble}");
    let other = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 1024).expect("a key");
    let other = other.to_pkcs1_pem(LineEnding::LF).expect("PEM");
    let mut key = token_file(&other);
    let tracker = app(&sandbox, &key, &["acme/api"], None).expect("connected");
    let trouble = poll(&tracker, None, &mut Shelf::default()).await.expect_err("another app's key");
    assert_eq!(trouble.kind, TroubleKind::Unauthorized, "{trouble}");
    assert!(!format!("{} {tracker:?}", shown(&trouble)).contains(&other[40..80]), "{trouble}");
    // The right key, put into the file while running, is read when the old one is refused.
    key.as_file_mut().set_len(0).expect("emptied");
    std::fs::write(key.path(), &keys().0).expect("written");
    key.flush().expect("written");
    poll(&tracker, None, &mut Shelf::default()).await.expect("read with the right key");
}
