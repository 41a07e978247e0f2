//! octocrab as a transport: raw answers, our own policy, one credential.

use std::sync::{Arc, PoisonError, RwLock};

use http::{HeaderMap, HeaderValue, Method};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use octocrab::Octocrab;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::tracker::http::{Answer, Asked, Effect, Fault, Lane, Policy, said};
use crate::tracker::{GithubAuth, GithubConfig, Secret, Trouble, TroubleKind};

/// GitHub's points for REST requests in a minute (a read costs 1, a write 5).
const POINTS_PER_MINUTE: u32 = 900;

/// A GitHub host with one credential. Must be made and used inside a Tokio runtime.
pub(super) struct Client {
    pub(super) lane: Lane,
    base: Url,
    source: Secret,
    /// The credential as last read, and a client that carries it.
    bearer: RwLock<(SecretString, Arc<Octocrab>)>,
}

impl Client {
    pub(super) fn connect(config: &GithubConfig, policy: Policy) -> Result<Self, Trouble> {
        // Whoever allows more writes than the points would (an Enterprise server without limits) replaces them.
        let points =
            (config.budget.writes_per_minute.saturating_mul(5) <= POINTS_PER_MINUTE).then_some(POINTS_PER_MINUTE);
        let lane = Lane::new(&config.name, config.budget, points, policy);
        lane.check_base(&config.base_url)?;
        let GithubAuth::Token(token) = &config.auth else {
            let what = "signing in as an app is not built yet".to_owned();
            return Err(lane.trouble(TroubleKind::Unauthorized, what, "use a token for now"));
        };
        let bearer = RwLock::new(bearer(&lane, &config.base_url, token)?);
        Ok(Self { lane, base: config.base_url.clone(), source: token.clone(), bearer })
    }

    /// `GET`, any status.
    pub(super) async fn get(&self, target: &str, etag: Option<&str>) -> Result<Answer, Trouble> {
        self.send(Method::GET, target, None, etag, None).await
    }

    /// `GET`, decoded; a status outside 2xx is a trouble.
    pub(super) async fn get_json<T: DeserializeOwned>(&self, target: &str) -> Result<(T, Answer), Trouble> {
        let answer = self.get(target, None).await?;
        self.decode(Method::GET, target, answer)
    }

    /// Decodes an answer; a status outside 2xx is a trouble.
    pub(super) fn decode<T: DeserializeOwned>(
        &self,
        method: Method,
        target: &str,
        answer: Answer,
    ) -> Result<(T, Answer), Trouble> {
        let asked = Asked { method, target, effect: Effect::Read };
        if !answer.status.is_success() {
            return Err(self.lane.refusal(&asked, &answer));
        }
        Ok((self.lane.json(&asked, &answer)?, answer))
    }

    /// The trouble that an answer outside 2xx is.
    pub(super) fn refusal(&self, method: Method, target: &str, answer: &Answer) -> Trouble {
        self.lane.refusal(&Asked { method, target, effect: Effect::Write }, answer)
    }

    /// Sends a request, any status. `target` is a path and query without the base's path.
    pub(super) async fn send(
        &self,
        method: Method,
        target: &str,
        body: Option<&Value>,
        etag: Option<&str>,
        stop: Option<&CancellationToken>,
    ) -> Result<Answer, Trouble> {
        let effect = if method == Method::GET { Effect::Read } else { Effect::Write };
        self.send_as(Asked { method, target, effect }, body, etag, stop).await
    }

    /// Sends a request whose place in the budget was taken before.
    pub(super) async fn send_reserved(
        &self,
        method: Method,
        target: &str,
        body: Option<&Value>,
        stop: &CancellationToken,
    ) -> Result<Answer, Trouble> {
        self.send_as(Asked { method, target, effect: Effect::Reserved }, body, None, Some(stop)).await
    }

    async fn send_as(
        &self,
        asked: Asked<'_>,
        body: Option<&Value>,
        etag: Option<&str>,
        stop: Option<&CancellationToken>,
    ) -> Result<Answer, Trouble> {
        let target = asked.target;
        let uri = self.uri(target);
        let used = self.bearer.read().unwrap_or_else(PoisonError::into_inner).0.clone();
        let answer = self.lane.send(&asked, stop, || self.attempt(&asked.method, &uri, body, etag)).await?;
        if answer.status.as_u16() == 401 && self.renew(&used)? {
            return self.lane.send(&asked, stop, || self.attempt(&asked.method, &uri, body, etag)).await;
        }
        Ok(answer)
    }

    async fn attempt(
        &self,
        method: &Method,
        uri: &str,
        body: Option<&Value>,
        etag: Option<&str>,
    ) -> Result<Answer, Fault> {
        let crab = Arc::clone(&self.bearer.read().unwrap_or_else(PoisonError::into_inner).1);
        let response = match *method {
            Method::GET => crab._get_with_headers(uri, etag.and_then(if_none_match)).await,
            Method::POST => crab._post(uri, body).await,
            Method::DELETE => crab._delete(uri, body).await,
            _ => return Err(Fault::Unsent(format!("{method} isn't used on GitHub"))),
        };
        let (head, body) = response.map_err(|error| fault(&error))?.into_parts();
        let limited = Limited::new(body, self.lane.policy.body_bytes_max);
        let body = limited.collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Fault::TooLarge
            } else {
                Fault::Lost("the answer broke off".to_owned())
            }
        })?;
        Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes().to_vec() })
    }

    /// Reads a credential that stands in a file again; true if it is another one than was used.
    fn renew(&self, used: &SecretString) -> Result<bool, Trouble> {
        if !matches!(self.source, Secret::File(_)) {
            return Ok(false);
        }
        let fresh = bearer(&self.lane, &self.base, &self.source)?;
        let mut bearer = self.bearer.write().unwrap_or_else(PoisonError::into_inner);
        let other = used.expose_secret() != fresh.0.expose_secret();
        *bearer = fresh;
        Ok(other)
    }

    /// The path as octocrab wants it: with the base's own path, so that its guess whether it is there already can't be wrong.
    fn uri(&self, target: &str) -> String {
        format!("{}{target}", self.base.path().trim_end_matches('/'))
    }

    /// The next page of a listing: its path and query, without the base's path. The host of a link is never followed.
    pub(super) fn next(&self, answer: &Answer) -> Option<String> {
        let link = answer.header("link")?.split(',').find(|part| {
            part.split(';').skip(1).any(|parameter| matches!(parameter.trim(), "rel=\"next\"" | "rel=next"))
        })?;
        let url = Url::parse(link.split_once('<')?.1.split_once('>')?.0).ok()?;
        let path = url.path().strip_prefix(self.base.path().trim_end_matches('/')).unwrap_or(url.path());
        Some(match url.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        })
    }
}

/// Reads the credential and builds a client that carries it: without retries, cache, redirects and logs, whose features are
/// off; ours do that work.
fn bearer(lane: &Lane, base: &Url, source: &Secret) -> Result<(SecretString, Arc<Octocrab>), Trouble> {
    let unusable = |what, next: &str| lane.trouble(TroubleKind::Unauthorized, what, next);
    let token = source.read().map_err(|what| unusable(what, "provide the token"))?;
    if HeaderValue::from_str(token.expose_secret()).is_err() {
        let what = format!("the token in {source} holds characters that no token has (a line break?)");
        return Err(unusable(what, "store the bare token there"));
    }
    crate::tracker::install_tls();
    let built = Octocrab::builder().base_uri(base.as_str()).and_then(|builder| {
        builder
            .personal_token(token.clone())
            .add_header(http::header::ACCEPT, "application/vnd.github+json".to_owned())
            .set_connect_timeout(Some(lane.policy.connect_timeout))
            .set_read_timeout(Some(lane.policy.request_timeout))
            .set_write_timeout(Some(lane.policy.request_timeout))
            .build()
    });
    match built {
        Ok(crab) => Ok((token, Arc::new(crab))),
        Err(error) => {
            let what = format!("a client for {base} can't be made: {}", said(&error));
            Err(lane.trouble(TroubleKind::Invalid, what, "check base_url and the certificates of this machine"))
        }
    }
}

fn if_none_match(etag: &str) -> Option<HeaderMap> {
    let value = HeaderValue::from_str(etag).ok()?;
    Some(HeaderMap::from_iter([(http::header::IF_NONE_MATCH, value)]))
}

/// Whether a byte may have left: only a failure to connect is sure that none did.
fn fault(error: &octocrab::Error) -> Fault {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = source {
        if inner.downcast_ref::<hyper_util::client::legacy::Error>().is_some_and(|error| error.is_connect()) {
            return Fault::Unsent(said(inner));
        }
        source = inner.source();
    }
    Fault::Lost(said(error))
}
