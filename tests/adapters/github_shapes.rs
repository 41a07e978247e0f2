//! GitHub, other shapes: an Enterprise server, one behind a certificate of its own or a proxy, a token that expires.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;

use roadmapd::model::{Issue, RelationKind, Tier, Timestamp, Turn};
use roadmapd::sandbox::{Options, Tracker as Side};
use roadmapd::tracker::{Fetch, Found, Tracker, TrackerConfig, TroubleKind, Write};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;
use wiremock::Mock;
use wiremock::matchers::path;

use super::github_reach::{Bench, corpus};
use super::support::{Notes, Shelf, TOKEN, change, github, github_config, json, policy, token_file};

fn enterprise() -> Options {
    Options { github_enterprise: true, ..Options::default() }
}

#[tokio::test]
async fn an_enterprise_server_is_read_written_and_quiet_under_its_own_path() {
    let mut corpus = corpus(&["acme/api", "acme/web"]);
    let issues = &mut corpus.repositories[0].issues;
    for number in 4..=130 {
        issues.push(roadmapd::sandbox::GithubIssueSeed { number, title: "more".to_owned(), ..issues[0].clone() });
    }
    issues[1].blocked_by = vec!["acme/api#3".to_owned()];
    issues[1].kind = Some("Epic".to_owned());
    let mut bench = Bench::new(corpus, enterprise(), &["acme/*"]).await;
    let first = bench.read(false).await;
    assert!(first.server.ends_with("/api/v3"), "{}", first.server);
    assert_eq!(bench.listed.len(), 133, "pages are followed");
    assert_eq!(first.findings.len(), 1, "said once for the server: {:?}", first.findings);
    assert!(first.findings[0].contains("dependencies"), "{:?}", first.findings);
    let two = bench.issue("acme/api#2");
    assert_eq!((two.tier, two.kind.as_deref(), two.blocker_count), (Tier::Standard, None, 0));
    assert!(two.relations.iter().all(|relation| relation.kind != RelationKind::BlockedBy));
    assert!(!two.url.contains("/api/v3"), "{}", two.url);
    bench.sandbox.reset_counts();
    assert_eq!(bench.read(false).await.findings, first.findings);
    assert_eq!(bench.sandbox.request_count(Side::GitHub), 2);
    let edit = change("github", "acme/api#2", &two.id.id, &[], &[("", "priority/p 1")]);
    let notes = Notes::default();
    bench.tracker.write(vec![edit], &notes, &CancellationToken::new()).await.expect("written");
    assert_eq!(notes.all()[1], "done acme/api#2");
    assert_eq!(bench.sandbox.labels_of("acme/api#2").expect("an issue"), ["priority/p 1"]);
    let found = bench.tracker.by_id(vec![two], Turn(3)).await.expect("read");
    assert!(matches!(&found[0], Found::Here(issue) if issue.labels == ["priority/p 1"]));
}

#[tokio::test]
async fn a_rename_on_an_enterprise_server_is_followed_and_a_redirect_of_its_api_is_not() {
    let mut bench = Bench::new(corpus(&["acme/api"]), enterprise(), &["acme/api"]).await;
    bench.read(false).await;
    bench.sandbox.rename_repository("acme/api", "acme/core").expect("a repository");
    assert_eq!(bench.read(false).await.containers[0].local, "acme/core");
    let away = roadmapd::sandbox::Fault::Redirect("https://new.example/api/v3/repos/acme/core/issues".to_owned());
    bench.sandbox.fail(Side::GitHub, roadmapd::sandbox::Matcher::any(), away, u32::MAX);
    let trouble = bench.try_read(false).await.expect_err("elsewhere");
    assert_eq!(trouble.kind, TroubleKind::Moved);
    assert!(trouble.what.contains("https://new.example/api/v3"), "{trouble}");
}

#[tokio::test]
async fn an_enterprise_server_with_dependencies_is_read_like_any_other() {
    let rig = github().await;
    let token = token_file(TOKEN);
    let config = github_config(&format!("{}/api/v3", rig.server.uri()), &token);
    let tracker = Tracker::connect_with(&config, policy()).expect("connected");
    let row = json!({"id": 1, "number": 1, "title": "t", "state": "open", "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-02T00:00:00Z", "issue_dependencies_summary": {"blocked_by": 1, "total_blocked_by": 1}});
    let blocker = json!({"id": 2, "number": 2, "state": "open", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-02T00:00:00Z",
        "repository_url": format!("{}/api/v3/repos/acme/api", rig.server.uri())});
    for (place, body) in [
        ("/api/v3/repos/acme/api", json!({"id": 1, "full_name": "acme/api"})),
        ("/api/v3/repos/acme/api/issues", json!([row])),
        ("/api/v3/repos/acme/api/issues/1/dependencies/blocked_by", json!([blocker])),
    ] {
        Mock::given(path(place)).respond_with(json(200, &body)).mount(&rig.server).await;
    }
    let (pages, mut arriving) = tokio::sync::mpsc::channel(10);
    let read = tracker.poll(Default::default(), &Shelf::default(), pages).await.expect("read");
    let mut issues: Vec<Issue> = Vec::new();
    while let Some(page) = arriving.recv().await {
        issues.extend(page.issues);
    }
    assert!(read.findings.is_empty(), "{:?}", read.findings);
    assert_eq!(issues[0].relations[0].to.local, "acme/api#2");
}

#[tokio::test]
async fn when_the_token_expires_is_told_by_readings_and_by_a_check() {
    let in_days = |days: i64| Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    for (days, fine) in [(100, true), (3, false)] {
        let expires = Timestamp::from_second(in_days(days).as_second()).expect("a time");
        let options = Options { github_token_expires: Some(expires), ..Options::default() };
        let mut bench = Bench::new(corpus(&["acme/api"]), options, &["acme/api"]).await;
        assert_eq!(bench.tracker.expires(), None);
        bench.read(false).await;
        assert_eq!(bench.tracker.expires(), Some(expires));
        let probed = bench.tracker.probe(&|_| true).await;
        let said = probed.iter().find(|found| found.text.contains("expires on")).expect("said");
        assert_eq!(said.ok, fine, "{said:?}");
    }
}

#[tokio::test]
async fn a_classic_token_without_the_scope_is_told_by_a_check() {
    for (scopes, lacking) in [("gist, repo", false), ("public_repo", false), ("read:org", true), ("", true)] {
        let rig = github().await;
        let user = json(200, &json!({"id": 1, "login": "bot"})).insert_header("x-oauth-scopes", scopes);
        Mock::given(path("/user")).respond_with(user).mount(&rig.server).await;
        Mock::given(path("/repos/acme/api")).respond_with(json(200, &json!({"id": 1}))).mount(&rig.server).await;
        let probed = rig.tracker.probe(&|_| true).await;
        assert_eq!(
            probed.iter().any(|found| !found.ok && found.text.contains("needs the scope repo")),
            lacking,
            "{probed:?}"
        );
    }
}

#[tokio::test]
async fn a_refusal_for_lack_of_a_permission_names_the_permission() {
    let rig = github().await;
    let refused = json(403, &json!({"message": "Resource not accessible by personal access token"}))
        .insert_header("x-accepted-github-permissions", "issues=write; pull_requests=write");
    Mock::given(path("/repos/acme/api/issues/7/labels")).respond_with(refused).mount(&rig.server).await;
    let notes = Notes::default();
    let edit = change("github", "acme/api#7", "1", &[], &[("", "level-1")]);
    rig.tracker.write(vec![edit], &notes, &CancellationToken::new()).await.expect("went on");
    assert!(notes.all()[1].contains("issues=write or pull_requests=write"), "{:?}", notes.all());
}

/// A server with a certificate of its own authority, which answers every request with an empty list; and that authority.
async fn sealed() -> (u16, tempfile::NamedTempFile) {
    roadmapd::tracker::install_tls();
    let authority_key = rcgen::KeyPair::generate().expect("a key");
    let mut authority = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let pem = authority.self_signed(&authority_key).expect("a certificate").pem();
    let key = rcgen::KeyPair::generate().expect("a key");
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let leaf = leaf.signed_by(&key, &issuer).expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key);
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config.expect("a configuration")));
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = socket.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 25\r\nconnection: close\r\n\r\n{\"id\": 1, \"login\": \"ann\"}";
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, token_file(&pem))
}

#[tokio::test]
async fn a_certificate_of_one_s_own_authority_is_trusted_where_ca_file_names_it() {
    let (port, authority) = sealed().await;
    let token = token_file(TOKEN);
    let with = |ca: Option<&std::path::Path>| {
        let mut config = github_config(&format!("https://localhost:{port}"), &token);
        if let TrackerConfig::Github(config) = &mut config {
            config.ca_file = ca.map(std::path::Path::to_owned);
            config.repositories = Vec::new();
        }
        Tracker::connect_with(&config, policy())
    };
    let stranger = with(None).expect("connected").probe(&|_| true).await;
    assert!(!stranger[0].ok && stranger[0].text.to_lowercase().contains("certificate"), "{stranger:?}");
    let known = with(Some(authority.path())).expect("connected").probe(&|_| true).await;
    assert!(known[0].ok && known[0].text.contains("ann"), "{known:?}");
    let trouble = with(Some(token.path())).expect_err("no certificate");
    assert!(trouble.what.contains("ca_file") && !trouble.to_string().contains(TOKEN), "{trouble}");
    let trouble = with(Some(std::path::Path::new("/nowhere/ca.pem"))).expect_err("no file");
    assert!(trouble.what.contains("/nowhere/ca.pem"), "{trouble}");
}

/// The first line that reaches either socket, and which one it reached, when the binary checks a tracker at `base`;
/// `about` is what else the tracker's configuration says.
fn first_line(base: &str, about: &str, proxy: &TcpListener, direct: &TcpListener) -> (&'static str, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("roadmapd.toml");
    let text =
        format!("[trackers.there]\nbase_url = {base:?}\nauth = {{ token = {{ env = \"A_TOKEN\" }} }}\n{about}\n");
    std::fs::write(&config, text).expect("written");
    let address = format!("http://{}", proxy.local_addr().expect("an address"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_roadmapd"))
        .args(["check", "--online", "-c"])
        .arg(&config)
        .env("A_TOKEN", TOKEN)
        .env("HTTPS_PROXY", &address)
        .env("HTTP_PROXY", &address)
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let (tell, told) = std::sync::mpsc::channel();
    for (name, socket) in [("proxy", proxy), ("direct", direct)] {
        let (tell, socket) = (tell.clone(), socket.try_clone().expect("a socket"));
        std::thread::spawn(move || {
            let Ok((stream, _)) = socket.accept() else { return };
            let mut line = String::new();
            let _ = BufReader::new(stream).read_line(&mut line);
            let _ = tell.send((name, line));
        });
    }
    let first = told.recv_timeout(std::time::Duration::from_secs(60));
    child.kill().expect("ended");
    child.wait().expect("ended");
    first.expect("somebody was asked")
}

#[test]
fn the_environment_s_proxy_is_used_but_never_for_loopback() {
    let socket = || TcpListener::bind("127.0.0.1:0").expect("a port");
    for (about, first) in [
        ("kind = \"github\"\nrepositories = [\"acme/api\"]", "GET /user HTTP/1.1"),
        ("kind = \"jira\"\nprojects = [\"PAY\"]", "GET /rest/api/2/serverInfo HTTP/1.1"),
    ] {
        let (proxy, direct) = (socket(), socket());
        let (who, line) = first_line("https://tracker.example", about, &proxy, &direct);
        assert_eq!((who, line.trim_end()), ("proxy", "CONNECT tracker.example:443 HTTP/1.1"));
        let (proxy, direct) = (socket(), socket());
        let here = format!("http://{}", direct.local_addr().expect("an address"));
        let (who, line) = first_line(&here, about, &proxy, &direct);
        assert_eq!((who, line.trim_end()), ("direct", first));
    }
}
