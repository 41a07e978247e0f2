//! reqwest as a transport: raw answers, our own policy, and the anonymous answer found out.

use std::sync::{PoisonError, RwLock};

use http::Method;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::tracker::http::{Answer, Asked, Effect, Fault, Lane, Policy, cut, http_date, is_loopback, said, transport};
use crate::tracker::{JiraConfig, Secret, Trouble, TroubleKind};

/// A Jira site with one credential, which goes to the site and to the gateway and nowhere else.
pub(super) struct Client {
    pub(super) lane: Lane,
    base: Url,
    gateway: Url,
    /// The site's id behind the gateway, while that is where the API is asked.
    cloud: RwLock<Option<String>>,
    user: Option<String>,
    source: Secret,
    secret: RwLock<SecretString>,
    http: reqwest::Client,
    /// What the server's clock showed in the last answer that told it.
    told_at: RwLock<Option<Timestamp>>,
}

impl Client {
    pub(super) fn connect(config: &JiraConfig, policy: Policy) -> Result<Self, Trouble> {
        let lane = Lane::new(&config.name, config.budget, None, policy);
        lane.check_base(&config.base_url)?;
        let refused = |what| lane.trouble(TroubleKind::Unauthorized, what, "provide the token");
        let secret = RwLock::new(config.token.read().map_err(refused)?);
        let http = transport(&lane, &config.base_url, config.ca_file.as_deref())?;
        Ok(Self {
            lane,
            base: config.base_url.clone(),
            gateway: config.gateway.clone(),
            cloud: RwLock::new(None),
            user: config.user.clone(),
            source: config.token.clone(),
            secret,
            http,
            told_at: RwLock::default(),
        })
    }

    /// What the server's clock showed in the last answer that told it.
    pub(super) fn told_at(&self) -> Option<Timestamp> {
        *self.told_at.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the API at the site (None), or behind the gateway by the site's id there.
    pub(super) fn enter(&self, cloud: Option<String>) {
        *self.cloud.write().unwrap_or_else(PoisonError::into_inner) = cloud;
    }

    /// The site's id behind the gateway, while that is where the API is asked.
    pub(super) fn cloud(&self) -> Option<String> {
        self.cloud.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the site is one that the gateway serves: Atlassian's own, or both are on this machine.
    pub(super) fn has_gateway(&self) -> bool {
        let ours = self.base.host_str().is_some_and(|host| host.ends_with(".atlassian.net"));
        ours && self.base.scheme() == "https" || is_loopback(&self.base) && is_loopback(&self.gateway)
    }

    /// The site's configured address.
    pub(super) fn base(&self) -> &str {
        self.base.as_str()
    }

    /// The gateway's host, for sentences.
    pub(super) fn gateway_host(&self) -> &str {
        self.gateway.host_str().unwrap_or_default()
    }

    /// Whether requests are authenticated by the token alone.
    pub(super) fn is_bearer(&self) -> bool {
        self.user.is_none()
    }

    /// `GET` at the site itself without the credential, decoded: what a site tells everybody.
    pub(super) async fn get_openly<T: DeserializeOwned>(&self, target: &str) -> Result<T, Trouble> {
        let asked = Asked { method: Method::GET, target, effect: Effect::Read };
        let url = address(&self.base, None, target);
        let answer =
            self.lane.send(&asked, None, || self.exchange(self.http.request(Method::GET, url.clone()))).await?;
        if !answer.status.is_success() {
            return Err(self.lane.refusal(&asked, &answer));
        }
        self.lane.json(&asked, &answer)
    }

    /// `GET`, decoded; a status outside 2xx is a trouble.
    pub(super) async fn get<T: DeserializeOwned>(&self, target: &str) -> Result<T, Trouble> {
        self.read(Method::GET, target, None).await
    }

    /// A `POST` that only reads, decoded; a status outside 2xx is a trouble.
    pub(super) async fn ask<T: DeserializeOwned>(&self, target: &str, body: &Value) -> Result<T, Trouble> {
        self.read(Method::POST, target, Some(body)).await
    }

    async fn read<T: DeserializeOwned>(
        &self,
        method: Method,
        target: &str,
        body: Option<&Value>,
    ) -> Result<T, Trouble> {
        let asked = Asked { method, target, effect: Effect::Read };
        let answer = self.send(&asked, body, None).await?;
        self.lane.json(&asked, &answer)
    }

    /// Sends a writing request whose place in the budget was taken before; a status outside 2xx is a trouble, and so is a page
    /// that something in between answered with: Jira answers nothing, or JSON.
    pub(super) async fn write(
        &self,
        method: Method,
        target: &str,
        body: &Value,
        stop: &CancellationToken,
    ) -> Result<Answer, Trouble> {
        let asked = Asked { method, target, effect: Effect::Reserved };
        let answer = self.send(&asked, Some(body), Some(stop)).await?;
        if answer.body.is_empty() || serde_json::from_slice::<IgnoredAny>(&answer.body).is_ok() {
            return Ok(answer);
        }
        Err(self.lane.fate_unknown(
            &asked,
            &format!("it was answered {} with something that isn't JSON", answer.status.as_u16()),
        ))
    }

    async fn send(
        &self,
        asked: &Asked<'_>,
        body: Option<&Value>,
        stop: Option<&CancellationToken>,
    ) -> Result<Answer, Trouble> {
        let used = self.secret.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut answer = self.lane.send(asked, stop, || self.attempt(asked, body)).await?;
        if (answer.status.as_u16() == 401 || anonymous(&answer).is_some()) && self.renew(&used)? {
            answer = self.lane.send(asked, stop, || self.attempt(asked, body)).await?;
        }
        if let Some(at) = answer.header("date").and_then(http_date) {
            *self.told_at.write().unwrap_or_else(PoisonError::into_inner) = Some(at);
        }
        if let Some(reason) = anonymous(&answer) {
            let what = format!("{asked} answers as anonymous ({} with {reason})", answer.status.as_u16());
            let next =
                "check that the token is right and hasn't expired, and that the account isn't locked by a captcha";
            return Err(self.lane.trouble(TroubleKind::Unauthorized, what, next));
        }
        if answer.status.is_success() { Ok(answer) } else { Err(self.lane.refusal(asked, &answer)) }
    }

    async fn attempt(&self, asked: &Asked<'_>, body: Option<&Value>) -> Result<Answer, Fault> {
        let url = match self.cloud() {
            Some(cloud) => address(&self.gateway, Some(&cloud), asked.target),
            None => address(&self.base, None, asked.target),
        };
        let secret = self.secret.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut request = self.http.request(asked.method.clone(), url);
        request = match &self.user {
            Some(user) => request.basic_auth(user, Some(secret.expose_secret())),
            None => request.bearer_auth(secret.expose_secret()),
        };
        if let Some(body) = body {
            request = request.json(body);
        }
        self.exchange(request).await
    }

    async fn exchange(&self, request: reqwest::RequestBuilder) -> Result<Answer, Fault> {
        let request = request.header(http::header::ACCEPT, "application/json");
        let mut response = request.send().await.map_err(|error| {
            if error.is_connect() || error.is_builder() {
                Fault::Unsent(said(&error))
            } else {
                cut(&error, &self.lane, said(&error))
            }
        })?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let mut body = Vec::new();
        let broken = |error: reqwest::Error| cut(&error, &self.lane, "the answer broke off".to_owned());
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > self.lane.policy.body_bytes_max {
                return Err(Fault::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }

    /// Reads a credential that stands in a file again; true if it is another one than was used.
    fn renew(&self, used: &SecretString) -> Result<bool, Trouble> {
        if !matches!(self.source, Secret::File(_)) {
            return Ok(false);
        }
        let refused = |what| self.lane.trouble(TroubleKind::Unauthorized, what, "provide the token");
        let fresh = self.source.read().map_err(refused)?;
        let mut secret = self.secret.write().unwrap_or_else(PoisonError::into_inner);
        let other = used.expose_secret() != fresh.expose_secret();
        *secret = fresh;
        Ok(other)
    }
}

/// A path's address at the site, or behind the gateway.
fn address(base: &Url, cloud: Option<&str>, target: &str) -> String {
    let base = base.as_str().trim_end_matches('/');
    match cloud {
        Some(cloud) => format!("{base}/ex/jira/{cloud}{target}"),
        None => format!("{base}{target}"),
    }
}

/// Jira's admission that it didn't accept the credential and answers whatever anonymous may see.
fn anonymous(answer: &Answer) -> Option<String> {
    let reason = answer.header("x-seraph-loginreason")?;
    ["AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"]
        .into_iter()
        .find(|word| reason.contains(word))
        .map(|word| format!("X-Seraph-LoginReason: {word}"))
}
