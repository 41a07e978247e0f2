//! The sandbox over HTTP: its GitHub, its Jira, its faults, and its answers against the official descriptions.

#[path = "../counterparts/description.rs"]
#[expect(dead_code, reason = "requests are checked elsewhere")]
mod description;
mod fault_doors;
mod fault_pages;
mod fault_plans;
mod faults;
mod github;
mod github_shapes;
mod jira;
mod jira_data_center;
mod schemas;
mod webhooks;

use std::sync::Once;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use roadmapd::sandbox::{
    Clock, Corpus, GithubIssueSeed, JiraIssueSeed, Options, ProjectSeed, RepositorySeed, Running, Sandbox,
};
use serde_json::Value;

/// A sandbox with a client.
struct Bed {
    running: Running,
    client: reqwest::Client,
}

/// An answer, read to its end.
struct Got {
    status: StatusCode,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn rows(&self) -> &Vec<Value> {
        self.body.as_array().unwrap_or_else(|| panic!("not a list: {}", self.body))
    }
}

impl Bed {
    async fn new(corpus: Corpus, options: Options) -> Self {
        static TLS: Once = Once::new();
        TLS.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let running = Sandbox::start(corpus, options).await.expect("a sandbox");
        let client = reqwest::Client::builder()
            .user_agent("tests")
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(20))
            .build()
            .expect("a client");
        Self { running, client }
    }

    async fn shipped() -> Self {
        Self::new(Corpus::shipped(), Options { clock: fixed(), ..Options::default() }).await
    }

    fn github(&self, method: Method, path: &str) -> RequestBuilder {
        let url =
            if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.running.github_url()) };
        self.client.request(method, url).bearer_auth(self.running.github_token())
    }

    fn jira(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/rest/api/3{path}", self.running.jira_url());
        self.client.request(method, url).basic_auth(self.running.jira_user(), Some(self.running.jira_token()))
    }

    async fn get(&self, path: &str) -> Got {
        read(self.github(Method::GET, path)).await
    }

    async fn search(&self, body: Value) -> Got {
        read(self.jira(Method::POST, "/search/jql").json(&body)).await
    }

    async fn put(&self, key: &str, body: Value) -> Got {
        read(self.jira(Method::PUT, &format!("/issue/{key}")).json(&body)).await
    }
}

async fn read(request: RequestBuilder) -> Got {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.expect("a body");
    Got { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
}

fn fixed() -> Clock {
    Clock::fixed("2026-11-24T12:00:00Z".parse().expect("a stamp"))
}

/// A repository `acme/api` and a project `PAY` with `n` plain issues each.
fn plain(n: u32) -> Corpus {
    let days = |number: u32| f64::from(n + 1 - number);
    let github = (1..=n).map(|number| GithubIssueSeed {
        number,
        title: format!("issue {number}"),
        author: Some("dana".to_owned()),
        created_days_ago: days(number),
        ..GithubIssueSeed::default()
    });
    let jira = (1..=n).map(|number| JiraIssueSeed {
        number,
        summary: format!("issue {number}"),
        created_days_ago: days(number),
        ..JiraIssueSeed::default()
    });
    Corpus {
        repositories: vec![RepositorySeed {
            name: "acme/api".to_owned(),
            issues: github.collect(),
            ..RepositorySeed::default()
        }],
        projects: vec![ProjectSeed { key: "PAY".to_owned(), issues: jira.collect(), ..ProjectSeed::default() }],
        ..Corpus::default()
    }
}
