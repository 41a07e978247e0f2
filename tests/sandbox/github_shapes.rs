//! The sandbox's GitHub in its other shapes: an Enterprise server, and an app with its installations.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use octocrab::EncodingKey;
use reqwest::{Method, StatusCode};
use roadmapd::sandbox::{Clock, Corpus, GithubApp, GithubInstallation, Options};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use serde_json::{Value, json};

use super::{Bed, Got, read};

const APP: u64 = 4711;

/// A private and a public key (PEM), made once.
fn keys() -> &'static (String, String) {
    static KEYS: OnceLock<(String, String)> = OnceLock::new();
    KEYS.get_or_init(|| {
        let private = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("a key");
        let public = private.to_public_key().to_public_key_pem(LineEnding::LF).expect("PEM");
        (private.to_pkcs1_pem(LineEnding::LF).expect("PEM").to_string(), public)
    })
}

/// A signature by the app that is in force from `from` seconds from now to `to`.
fn signed(id: u64, from: i64, to: i64) -> String {
    let now = jiff::Timestamp::now().as_second();
    let claims = json!({"iss": id, "iat": now + from, "exp": now + to});
    let key = EncodingKey::from_rsa_pem(keys().0.as_bytes()).expect("a key");
    let header = octocrab::jsonwebtoken::Header::new(octocrab::jsonwebtoken::Algorithm::RS256);
    octocrab::jsonwebtoken::encode(&header, &claims, &key).expect("signed")
}

/// The shipped corpus with an app that is installed for `acme`, for some of its repositories.
pub async fn with_app() -> (Bed, String) {
    let permissions =
        [("issues", "write"), ("metadata", "read")].map(|(name, access)| (name.to_owned(), access.to_owned()));
    let installation = GithubInstallation {
        owner: "acme".to_owned(),
        repositories: Some(vec!["acme/api".to_owned()]),
        permissions: BTreeMap::from(permissions),
        suspended: false,
    };
    let app = GithubApp {
        id: APP,
        slug: "acme-roadmap".to_owned(),
        public_key: keys().1.clone(),
        installations: vec![installation],
    };
    let options = Options { github_app: Some(app), clock: Clock::system(), ..Options::default() };
    (Bed::new(Corpus::shipped(), options).await, signed(APP, -60, 540))
}

pub async fn as_bearer(bed: &Bed, method: Method, path: &str, bearer: &str) -> Got {
    let url = format!("{}{path}", bed.running.github_url());
    read(bed.client.request(method, url).bearer_auth(bearer)).await
}

#[tokio::test]
async fn an_app_signs_for_ten_minutes_at_most_and_only_with_its_own_key_and_id() {
    let (bed, signature) = with_app().await;
    let got = as_bearer(&bed, Method::GET, "/app", &signature).await;
    assert_eq!((got.status, got.body["slug"].as_str()), (StatusCode::OK, Some("acme-roadmap")));
    let altered = format!("{}x", &signature[..signature.len() - 2]);
    for wrong in
        [signed(APP + 1, -60, 540), signed(APP, -60, 700), signed(APP, -700, -60), signed(APP, 300, 540), altered]
    {
        assert_eq!(as_bearer(&bed, Method::GET, "/app", &wrong).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(bed.get("/app").await.status, StatusCode::UNAUTHORIZED, "an account is no app");
    assert_eq!(as_bearer(&bed, Method::GET, "/repos/acme/api", &signature).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_installation_sees_and_writes_what_it_was_granted_and_acts_as_the_bot() {
    let (bed, signature) = with_app().await;
    let installations = as_bearer(&bed, Method::GET, "/app/installations", &signature).await;
    let id = installations.rows()[0]["id"].as_u64().expect("an id");
    let mint = format!("/app/installations/{id}/access_tokens");
    let minted = as_bearer(&bed, Method::POST, &mint, &signature).await;
    assert_eq!(minted.status, StatusCode::CREATED);
    let token = minted.body["token"].as_str().expect("a token").to_owned();
    let seen = as_bearer(&bed, Method::GET, "/installation/repositories", &token).await;
    assert_eq!(
        (&seen.body["total_count"], &seen.body["repositories"][0]["full_name"]),
        (&json!(1), &json!("acme/api"))
    );
    assert_eq!(as_bearer(&bed, Method::GET, "/user", &token).await.status, StatusCode::FORBIDDEN);
    let label = |repository: &str| {
        let url = format!("{}/repos/{repository}/issues/3/labels", bed.running.github_url());
        bed.client.post(url).bearer_auth(&token).json(&json!({"labels": ["x"]}))
    };
    assert_eq!(read(label("acme/api")).await.status, StatusCode::OK);
    assert!([StatusCode::FORBIDDEN, StatusCode::NOT_FOUND].contains(&read(label("acme/web")).await.status));
    let events = as_bearer(&bed, Method::GET, "/repos/acme/api/issues/3/events", &token).await;
    let last: &Value = events.rows().last().expect("an event");
    assert_eq!(last["actor"]["login"], "acme-roadmap[bot]");
    assert_eq!(last["performed_via_github_app"]["id"], APP);
    bed.running.revoke_installation_tokens();
    assert_eq!(as_bearer(&bed, Method::GET, "/repos/acme/api", &token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_enterprise_server_answers_under_its_path_without_limits_and_newer_features() {
    let bed = Bed::new(Corpus::shipped(), Options { github_enterprise: true, ..Options::default() }).await;
    assert!(bed.running.github_url().ends_with("/api/v3"));
    let got = bed.get("/repos/acme/api/issues?state=all&per_page=5").await;
    assert_eq!(got.status, StatusCode::OK);
    assert!(got.header("link").contains("/api/v3/repositories/"), "{}", got.header("link"));
    assert!(got.header("x-ratelimit-limit").is_empty() && !got.header("x-github-enterprise-version").is_empty());
    for absent in ["issue_dependencies_summary", "sub_issues_summary", "type", "parent_issue_url"] {
        assert!(got.rows().iter().all(|row| row.get(absent).is_none()), "{absent}");
    }
    for absent in
        ["/rate_limit", "/repos/acme/api/issues/5/dependencies/blocked_by", "/repos/acme/api/issues/9/sub_issues"]
    {
        assert_eq!(bed.get(absent).await.status, StatusCode::NOT_FOUND, "{absent}");
    }
    let outside = bed.running.github_url().replace("/api/v3", "/repos/acme/api");
    assert_eq!(bed.get(&outside).await.status, StatusCode::NOT_FOUND);
    bed.running.rename_repository("acme/api", "acme/core-api").expect("a repository");
    let moved = bed.get("/repos/acme/api/issues?state=all").await;
    assert!(
        moved.header("location").ends_with("/api/v3/repositories/1300001/issues?state=all"),
        "{}",
        moved.header("location")
    );
}
