//! What the sandbox tells a registered address: whose events, in which words, how signed, and how often.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use hmac::{Hmac, Mac};
use http::HeaderMap;
use reqwest::Method;
use roadmapd::sandbox::{Corpus, GithubIssueSeed, JiraIssueSeed, Options, Tracker, Webhook};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Bed, read};

const SECRET: &str = "what only both of us know";

/// Somebody who is told.
struct Listener {
    url: String,
    letters: UnboundedReceiver<(HeaderMap, Bytes)>,
}

impl Listener {
    async fn new() -> Self {
        async fn take(State(to): State<UnboundedSender<(HeaderMap, Bytes)>>, headers: HeaderMap, body: Bytes) {
            to.send((headers, body)).expect("somebody reads");
        }
        let (sender, letters) = unbounded_channel();
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let url = format!("http://{}/hear?me", socket.local_addr().expect("bound"));
        let app = Router::new().route("/hear", axum::routing::post(take)).with_state(sender);
        tokio::spawn(async move { axum::serve(socket, app).await });
        Self { url, letters }
    }

    /// The next one: its headers, and its body, which is signed as it should be.
    async fn next(&mut self, signature: &str) -> (BTreeMap<String, String>, Value) {
        let (headers, body) = self.letters.recv().await.expect("a webhook");
        let text = |value: &http::HeaderValue| value.to_str().expect("text").to_owned();
        let headers: BTreeMap<_, _> = headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key").chain_update(&body);
        let signed: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(headers[signature], format!("sha256={signed}"));
        (headers, serde_json::from_slice(&body).expect("JSON"))
    }
}

#[tokio::test]
async fn github_tells_of_issues_and_comments_with_its_headers_the_label_and_what_was_before() {
    let bed = Bed::new(Corpus::shipped(), Options::default()).await;
    let mut listener = Listener::new().await;
    let (url, secret) = (listener.url.clone(), SECRET.to_owned());
    bed.running.add_webhook(Webhook { tracker: Tracker::GitHub, url, secret, copies: 2 }).expect("an address");
    let repository = bed.running.repositories()[0].clone();
    let seed = GithubIssueSeed { title: "One more".to_owned(), ..GithubIssueSeed::default() };
    let key = bed.running.add_github_issue(&repository, &seed).expect("an issue");
    let people = &bed.running;
    people.add_label(&key, "bug").expect("an issue");
    people.remove_label(&key, "bug").expect("an issue");
    people.edit_title(&key, "One less").expect("an issue");
    people.edit_body(&key, Some("More words")).expect("an issue");
    people.comment(&key).expect("an issue");
    people.close(&key).expect("an issue");
    people.reopen(&key).expect("an issue");
    let path = format!("/repos/{}/labels", key.replace('#', "/issues/"));
    read(bed.github(Method::POST, &path).json(&json!({"labels": ["ours"]}))).await;
    people.delete(&key).expect("an issue");

    let mut ids = BTreeSet::new();
    for (event, action, pointer, said) in [
        ("issues", "opened", "/issue/title", "One more"),
        ("issues", "labeled", "/label/name", "bug"),
        ("issues", "unlabeled", "/label/name", "bug"),
        ("issues", "edited", "/changes/title/from", "One more"),
        ("issues", "edited", "/issue/body", "More words"),
        ("issue_comment", "created", "/comment/user/login", "dana"),
        ("issues", "closed", "/issue/state", "closed"),
        ("issues", "reopened", "/sender/login", "dana"),
        ("issues", "labeled", "/sender/login", "roadmapd-bot"),
        ("issues", "deleted", "/repository/full_name", repository.as_str()),
    ] {
        let (first, body) = listener.next("x-hub-signature-256").await;
        assert_eq!((first["x-github-event"].as_str(), &body["action"]), (event, &json!(action)), "{body}");
        assert_eq!(body.pointer(pointer), Some(&json!(said)), "{action}: {body}");
        let (again, same) = listener.next("x-hub-signature-256").await;
        assert_eq!((&again["x-github-delivery"], &same), (&first["x-github-delivery"], &body), "a copy is the same");
        assert!(ids.insert(first["x-github-delivery"].clone()), "another event has another id");
    }
    assert!(listener.letters.try_recv().is_err());
}

#[tokio::test]
async fn jira_tells_of_issues_with_its_headers_and_the_changelog() {
    let bed = Bed::new(Corpus::shipped(), Options::default()).await;
    let mut listener = Listener::new().await;
    let body = json!({"tracker": "jira", "url": listener.url, "secret": SECRET});
    let page = format!("{}/_sandbox/webhooks", bed.running.jira_url());
    let got = read(bed.client.post(&page).body(body.to_string())).await;
    assert_eq!(got.body["webhooks"], json!([{"tracker": "jira", "url": listener.url, "taken": 0, "failed": 0}]));
    let project = bed.running.projects()[0].clone();
    let seed = JiraIssueSeed { summary: "One more".to_owned(), ..JiraIssueSeed::default() };
    let key = bed.running.add_jira_issue(&project, &seed).expect("an issue");
    bed.running.set_priority(&key, "Highest").expect("an issue");
    bed.put(&key, json!({"update": {"labels": [{"add": "ours"}]}})).await;
    bed.running.delete(&key).expect("an issue");
    for (event, pointer, said) in [
        ("issue_created", "/issue/fields/summary", json!("One more")),
        ("issue_updated", "/changelog/items/0/toString", json!("Highest")),
        ("issue_updated", "/changelog/items/0/field", json!("labels")),
        ("issue_deleted", "/issue/key", json!(key)),
    ] {
        let (headers, body) = listener.next("x-hub-signature").await;
        assert!(headers.contains_key("x-atlassian-webhook-identifier"));
        assert_eq!(body["webhookEvent"], json!(format!("jira:{event}")));
        assert_eq!(body["issue_event_type_name"], json!(event));
        assert_eq!(body.pointer(pointer), Some(&said), "{event}: {body}");
        assert!(body["timestamp"].is_i64() && body["user"].is_object(), "{body}");
    }
    assert_eq!(read(bed.client.delete(&page)).await.body, json!({"webhooks": []}));
    let refused = read(bed.client.post(&page).body(r#"{"tracker": "jira", "url": "https://a/", "secret": "s"}"#)).await;
    assert_eq!(refused.status, reqwest::StatusCode::BAD_REQUEST, "{}", refused.body);
}

#[tokio::test]
async fn nobody_is_told_of_pull_requests_or_where_nobody_listens() {
    let bed = Bed::new(Corpus::shipped(), Options::default()).await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("an address");
    let url = format!("http://{}/", nobody.local_addr().expect("bound"));
    drop(nobody);
    let webhook = Webhook { tracker: Tracker::GitHub, url, secret: SECRET.to_owned(), copies: 1 };
    bed.running.add_webhook(webhook).expect("an address");
    let facts = bed.running.all_facts();
    let of = |pull: bool| facts.iter().find(|(key, facts)| key.contains('#') && facts.pull_request == pull);
    if let Some((pull, _)) = of(true) {
        bed.running.add_label(pull, "seen").expect("a pull request");
    }
    bed.running.add_label(of(false).expect("an issue").0, "seen").expect("an issue");
    while bed.running.deliveries()[0].failed == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!((bed.running.deliveries()[0].failed, bed.running.deliveries()[0].taken), (1, 0));
}
