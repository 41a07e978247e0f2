//! A relay on loopback that passes every request on to a tracker and keeps what was asked and answered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Json, Response};
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, Method};
use serde_json::Value;
use tokio::net::TcpListener;

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub method: Method,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    /// Null where there was none.
    pub body: Value,
    pub status: u16,
    /// Null where there was none.
    pub answer: Value,
}

pub struct Relay {
    pub url: String,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Relay {
    /// Serves until the test's runtime ends.
    pub async fn to(upstream: &str) -> Self {
        Self::filling(upstream, []).await
    }

    /// The same, with answers of its own to some paths, which the tracker lacks.
    pub async fn filling(upstream: &str, own: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let own: Arc<BTreeMap<&str, Value>> = Arc::new(own.into_iter().collect());
        roadmapd::tracker::install_tls();
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", socket.local_addr().expect("an address"));
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let handler = {
            let (upstream, exchanges) = (upstream.to_owned(), Arc::clone(&exchanges));
            move |request: Request| {
                let own = own.get(request.uri().path()).cloned();
                let (client, upstream, exchanges) = (client.clone(), upstream.clone(), Arc::clone(&exchanges));
                async move {
                    match own {
                        Some(answer) => Json(answer).into_response(),
                        None => pass_on(client, upstream, exchanges, request).await,
                    }
                }
            }
        };
        tokio::spawn(async move { axum::serve(socket, Router::new().fallback(handler)).await });
        Self { url, exchanges }
    }

    /// What was asked and answered since the last time.
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.exchanges.lock().expect("exchanges"))
    }
}

async fn pass_on(
    client: reqwest::Client,
    upstream: String,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let asked = to_bytes(body, usize::MAX).await.expect("a body");
    let mut headers = head.headers.clone();
    for name in [HOST, CONTENT_LENGTH, CONNECTION] {
        headers.remove(name);
    }
    let target = head.uri.path_and_query().expect("a target").as_str();
    let sent = client.request(head.method.clone(), format!("{upstream}{target}")).headers(headers).body(asked.clone());
    let got = sent.send().await.expect("an answer");
    let (status, mut answer_headers) = (got.status(), got.headers().clone());
    let answer = got.bytes().await.expect("a body");
    let url = url::Url::parse(&format!("http://x{target}")).expect("an address");
    exchanges.lock().expect("exchanges").push(Exchange {
        method: head.method,
        path: url.path().to_owned(),
        query: url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
        headers: head.headers,
        body: json(&asked),
        status: status.as_u16(),
        answer: json(&answer),
    });
    for name in [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
        answer_headers.remove(name);
    }
    let mut response = Response::new(Body::from(answer));
    *response.status_mut() = status;
    *response.headers_mut() = answer_headers;
    response
}

fn json(bytes: &[u8]) -> Value {
    if bytes.is_empty() { Value::Null } else { serde_json::from_slice(bytes).expect("JSON") }
}
