//! The policy that both adapters share: repeats, patience, credentials that change, and nothing told to anybody.

use std::sync::{Arc, Mutex};

use roadmapd::tracker::{Fetch, Policy, Tracker, TroubleKind, Write, install_tls};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::MakeWriter;
use wiremock::matchers::{header, path};
use wiremock::{Mock, ResponseTemplate};

use super::support::{
    Notes, Rig, Shelf, TOKEN, change, github, github_config, github_with, jira, jira_config, jira_with, json, policy,
    token_file,
};

async fn repository(rig: &Rig) {
    let body = json!({"id": 1, "has_issues": true});
    Mock::given(path("/repos/acme/api")).respond_with(json(200, &body)).mount(&rig.server).await;
    Mock::given(path("/repos/acme/api/issues")).respond_with(json(200, &json!([]))).mount(&rig.server).await;
}

#[tokio::test]
async fn a_read_is_tried_again_after_server_errors_and_limits_that_pass() {
    let limited = || {
        ResponseTemplate::new(403).set_body_json(json!({"message": "You have triggered an abuse detection mechanism."}))
    };
    let now = "Fri, 20 Nov 2026 10:15:30 GMT";
    let dated = limited().insert_header("date", now).insert_header("retry-after", now);
    for template in [
        ResponseTemplate::new(502),
        ResponseTemplate::new(500),
        dated,
        limited(),
        limited().insert_header("retry-after", "0"),
    ] {
        let rig = github().await;
        Mock::given(path("/repos/acme/api"))
            .respond_with(template)
            .up_to_n_times(3)
            .with_priority(1)
            .mount(&rig.server)
            .await;
        repository(&rig).await;
        rig.poll(None, &Shelf::default()).await.expect("read in the end");
        let requests = rig.tracker.requests();
        assert_eq!((requests.reads, requests.retries), (5, 3));
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_or_too_deep_is_garbled_and_nothing_of_it_is_kept() {
    let small = || Policy { body_bytes_max: 10_000, ..policy() };
    let large = format!("[{}]", "[],".repeat(10_000));
    let deep = format!("[{{\"id\":1,\"number\":1,\"reactions\":{}1{}}}]", "[".repeat(500), "]".repeat(500));
    for (body, words) in [(large, "more than"), (deep, "JSON")] {
        let rig = github_with(small()).await;
        Mock::given(path("/repos/acme/api"))
            .respond_with(json(200, &json!({"id": 1, "has_issues": true})))
            .mount(&rig.server)
            .await;
        let answer = ResponseTemplate::new(200).set_body_raw(body.clone(), "application/json");
        Mock::given(path("/repos/acme/api/issues")).respond_with(answer.clone()).mount(&rig.server).await;
        let trouble = rig.poll(None, &Shelf::default()).await.expect_err("garbled");
        assert!(trouble.kind == TroubleKind::Garbled && trouble.what.contains(words), "{trouble}");
        let rig = jira_with(small(), None).await;
        Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&rig.server).await;
        let trouble = rig.poll(None, &Shelf::default()).await.expect_err("garbled");
        assert_eq!(trouble.kind, TroubleKind::Garbled, "{trouble}");
    }
}

#[tokio::test]
async fn a_redirect_is_never_followed_and_the_credential_stays() {
    for status in [301, 302, 307, 308] {
        let elsewhere = wiremock::MockServer::start().await;
        let away = ResponseTemplate::new(status).insert_header("location", format!("{}/stolen", elsewhere.uri()));
        for rig in [github().await, jira().await] {
            Mock::given(wiremock::matchers::any()).respond_with(away.clone()).mount(&rig.server).await;
            rig.poll(None, &Shelf::default()).await.expect_err("a redirect");
            let (result, notes) = (rig.tracker.prepare(Default::default()).await, Notes::default());
            drop(result);
            let stop = CancellationToken::new();
            let one = change("github", "acme/api#7", "7", &[], &[("", "p-low")]);
            drop(rig.tracker.write(vec![one], &notes, &stop).await);
        }
        assert_eq!(elsewhere.received_requests().await.unwrap_or_default().len(), 0, "{status}");
    }
}

#[tokio::test]
async fn a_read_is_given_up_after_four_tries() {
    let rig = github().await;
    Mock::given(path("/repos/acme/api")).respond_with(ResponseTemplate::new(503)).mount(&rig.server).await;
    let trouble = rig.poll(None, &Shelf::default()).await.expect_err("down");
    assert_eq!(trouble.kind, TroubleKind::Unavailable);
    assert!(trouble.to_string().contains("GET /repos/acme/api answered 503"), "{trouble}");
    assert_eq!(rig.asked().await.len(), 4);
}

#[tokio::test]
async fn a_limit_longer_than_the_patience_is_said_at_once_and_holds_for_what_follows() {
    let rig = github().await;
    let limited = ResponseTemplate::new(429).insert_header("retry-after", "120");
    Mock::given(path("/repos/acme/api")).respond_with(limited).mount(&rig.server).await;
    for _ in 0..2 {
        let trouble = rig.poll(None, &Shelf::default()).await.expect_err("limited");
        assert_eq!(trouble.kind, TroubleKind::Limited);
        assert!(trouble.next.contains("the limit ends at 2"), "{trouble}");
    }
    assert_eq!(rig.asked().await.len(), 1);
}

#[tokio::test]
async fn a_tracker_that_nobody_runs_is_unavailable_and_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let token = token_file(TOKEN);
    for config in [github_config(&base, &token), jira_config(&base, &token, None)] {
        let tracker = Tracker::connect_with(&config, policy()).expect("connected");
        let (pages, _keep) = tokio::sync::mpsc::channel(10);
        let trouble =
            tracker.poll(roadmapd::tracker::Ask::default(), &Shelf::default(), pages).await.expect_err("nobody there");
        assert_eq!(trouble.kind, TroubleKind::Unavailable, "{trouble}");
        assert_eq!(tracker.requests().retries, 3);
        let notes = Notes::default();
        let changes = vec![change(tracker.name().as_str(), "A-1", "1", &[], &[("", "p1")])];
        let trouble = tracker.write(changes, &notes, &CancellationToken::new()).await.expect_err("nobody there");
        assert_eq!(trouble.kind, TroubleKind::Unavailable, "a write that never left has a known fate: {trouble}");
        assert!(notes.all()[1].starts_with("failed"), "{:?}", notes.all());
    }
}

#[tokio::test]
async fn a_write_on_a_connection_that_broke_is_sent_once() {
    let token = token_file(TOKEN);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let accepted = Arc::new(Mutex::new(0));
    let count = Arc::clone(&accepted);
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            *count.lock().expect("whole") += 1;
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[").await;
        }
    });
    for (index, config) in [github_config(&base, &token), jira_config(&base, &token, None)].iter().enumerate() {
        let tracker = Tracker::connect_with(config, policy()).expect("connected");
        let notes = Notes::default();
        let changes = vec![change(tracker.name().as_str(), "A-1", "1", &[], &[("", "p1")])];
        tracker.write(changes, &notes, &CancellationToken::new()).await.expect("the batch went on");
        assert!(notes.all()[1].starts_with("unknown"), "{:?}", notes.all());
        assert_eq!(*accepted.lock().expect("whole"), index + 1);
    }
    server.abort();
}

#[tokio::test]
async fn a_new_credential_in_the_file_is_taken_up_when_the_old_one_is_refused() {
    for rig in [github().await, jira().await] {
        let name = rig.tracker.name().to_string();
        let fresh = if name == "github" { "Bearer fresh" } else { "Basic Ym90QGFjbWUuZXhhbXBsZTpmcmVzaA==" };
        Mock::given(header("authorization", fresh)).respond_with(json(418, &json!({}))).mount(&rig.server).await;
        Mock::given(wiremock::matchers::any())
            .respond_with(json(401, &json!({})))
            .with_priority(9)
            .mount(&rig.server)
            .await;
        let refused = rig.poll(None, &Shelf::default()).await.expect_err("refused");
        assert_eq!(refused.kind, TroubleKind::Unauthorized, "{refused}");
        std::fs::write(rig.token.path(), "fresh\n").expect("written");
        let answered = rig.poll(None, &Shelf::default()).await.expect_err("a teapot");
        assert!(answered.what.contains("418"), "{answered}");
    }
}

#[tokio::test]
async fn an_unusable_token_is_refused_without_being_shown() {
    install_tls();
    let token = token_file("two\nlines-of-a-secret");
    let trouble = Tracker::connect(&github_config("http://127.0.0.1:1", &token)).expect_err("unusable");
    assert!(
        trouble.kind == TroubleKind::Unauthorized && !trouble.to_string().contains("lines-of-a-secret"),
        "{trouble}"
    );
}

#[tokio::test]
async fn an_address_that_holds_a_credential_is_refused_without_being_shown() {
    let token = token_file(TOKEN);
    let base = "http://bot:hunter2@127.0.0.1:1";
    for config in [github_config(base, &token), jira_config(base, &token, None)] {
        let trouble = Tracker::connect(&config).expect_err("refused");
        assert!(trouble.to_string().contains("base_url") && !trouble.to_string().contains("hunter2"), "{trouble}");
    }
}

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        std::io::Write::write(&mut *self.0.lock().expect("whole"), bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_token_is_in_any_log_debug_output_or_sentence() {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(captured.clone())
        .finish();
    // For the whole binary: what the other tests' requests log is looked through, too.
    tracing::subscriber::set_global_default(subscriber).expect("the only one");
    for rig in [github().await, jira().await] {
        let echo = json!({"message": "Bad credentials", "errorMessages": ["no"]});
        Mock::given(wiremock::matchers::any()).respond_with(json(401, &echo)).mount(&rig.server).await;
        let trouble = rig.poll(None, &Shelf::default()).await.expect_err("refused");
        let shown = format!("{trouble} {trouble:?} {:?}", rig.tracker);
        let encoded = "Ym90QGFjbWUuZXhhbXBsZTpn";
        let log = String::from_utf8_lossy(&captured.0.lock().expect("whole")).into_owned();
        assert!(log.contains("request") && log.contains("status=401"), "{log}");
        for text in [shown, log] {
            assert!(!text.contains(TOKEN) && !text.contains(encoded), "{text}");
        }
    }
}
