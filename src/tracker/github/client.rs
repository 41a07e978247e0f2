//! octocrab as a transport: raw answers, our own policy, one credential.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use http::{HeaderMap, HeaderValue, Method};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jiff::Timestamp;
use octocrab::Octocrab;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::credential::{Bearer, Holder};
use super::link;
use crate::tracker::http::{Answer, Asked, Effect, Fault, Lane, cut, said};
use crate::tracker::{Trouble, TroubleKind};

/// A GitHub host with one credential. Must be made and used inside a Tokio runtime.
pub(super) struct Client {
    pub(super) lane: Lane,
    pub(super) base: Url,
    pub(super) http: reqwest::Client,
    pub(super) holder: Holder,
    /// The credential as last read or minted. None: an installation's that was never needed.
    pub(super) bearer: RwLock<Option<Bearer>>,
    /// Held while the credential is replaced, so that several refused requests ask for one new credential only.
    pub(super) renewing: tokio::sync::Mutex<()>,
    /// What answers told of the credential.
    pub(super) told: Mutex<Told>,
}

/// What answers tell of a credential.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// When it expires.
    pub(super) expires: Option<Timestamp>,
    /// A classic token's scopes.
    pub(super) scopes: Option<String>,
}

/// A listing that was read to its end, or the answer that refused it.
pub(super) type Listed<P> = Result<Vec<P>, Answer>;

impl Client {
    /// `GET`, any status.
    pub(super) async fn get(&self, target: &str, etag: Option<&str>) -> Result<Answer, Trouble> {
        self.send(Method::GET, target, None, etag, None).await
    }

    /// `GET`, decoded; a status outside 2xx is a trouble.
    pub(super) async fn get_json<T: DeserializeOwned>(&self, target: &str) -> Result<(T, Answer), Trouble> {
        let answer = self.get(target, None).await?;
        self.decode(Method::GET, target, answer)
    }

    /// All pages of a listing. A refusal of the first page is for the caller to judge; one of a later page is a trouble.
    pub(super) async fn list<P: DeserializeOwned>(&self, first: &str) -> Result<Listed<P>, Trouble> {
        let mut target = first.to_owned();
        let mut seen = BTreeSet::from([target.clone()]);
        let mut pages = Vec::new();
        loop {
            let answer = self.get(&target, None).await?;
            if pages.is_empty() && !answer.status.is_success() {
                return Ok(Err(answer));
            }
            let (page, answer): (P, Answer) = self.decode(Method::GET, &target, answer)?;
            pages.push(page);
            let Some(next) = self.next(&answer) else { return Ok(Ok(pages)) };
            if seen.len() >= self.lane.policy.pages_max || !seen.insert(next.clone()) {
                let path = first.split('?').next().unwrap_or_default();
                return Err(self.endless(path, seen.len()));
            }
            target = next;
        }
    }

    /// The trouble that a listing without end is.
    pub(super) fn endless(&self, path: &str, pages: usize) -> Trouble {
        let what = format!("GET {path} names a page again that was read already, or has no end ({pages} pages)");
        self.lane.trouble(TroubleKind::Garbled, what, "the next cycle tries again; report it if it stays")
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
        self.send_as(&Asked { method, target, effect }, body, etag, stop).await
    }

    /// Sends a request whose place in the budget was taken before.
    pub(super) async fn send_reserved(
        &self,
        method: Method,
        target: &str,
        body: Option<&Value>,
        stop: &CancellationToken,
    ) -> Result<Answer, Trouble> {
        self.send_as(&Asked { method, target, effect: Effect::Reserved }, body, None, Some(stop)).await
    }

    /// Sends a request that changes nothing that lasts, so that it may be repeated, whatever its method; any status.
    pub(super) async fn ask(&self, method: Method, target: &str) -> Result<Answer, Trouble> {
        self.send_as(&Asked { method, target, effect: Effect::Read }, None, None, None).await
    }

    async fn send_as(
        &self,
        asked: &Asked<'_>,
        body: Option<&Value>,
        etag: Option<&str>,
        stop: Option<&CancellationToken>,
    ) -> Result<Answer, Trouble> {
        let bearer = self.bearer().await?;
        let answer = self.lane.send(asked, stop, || self.attempt(&bearer, asked, body, etag)).await?;
        self.heed(&answer);
        if answer.status.as_u16() == 401
            && let Some(fresh) = self.renew(&bearer).await?
        {
            return self.lane.send(asked, stop, || self.attempt(&fresh, asked, body, etag)).await;
        }
        Ok(answer)
    }

    async fn attempt(
        &self,
        bearer: &Bearer,
        asked: &Asked<'_>,
        body: Option<&Value>,
        etag: Option<&str>,
    ) -> Result<Answer, Fault> {
        let uri = self.uri(asked.target);
        let crab: &Octocrab = &bearer.crab;
        let response = match asked.method {
            Method::GET => crab._get_with_headers(uri, etag.and_then(if_none_match)).await,
            Method::POST => crab._post(uri, body).await,
            Method::DELETE => crab._delete(uri, body).await,
            _ => return Err(Fault::Unsent(format!("{} isn't used on GitHub", asked.method))),
        };
        let (head, body) = response.map_err(|error| fault(&error, &self.lane))?.into_parts();
        let limited = Limited::new(body, self.lane.policy.body_bytes_max);
        let body = limited.collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Fault::TooLarge
            } else {
                cut(&*error, &self.lane, "the answer broke off".to_owned())
            }
        })?;
        Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes().to_vec() })
    }

    /// Remembers what an answer tells of the credential: a personal token's answers do.
    fn heed(&self, answer: &Answer) {
        let expires = answer.header("github-authentication-token-expiration").and_then(expiration);
        let scopes = answer.header("x-oauth-scopes").map(str::to_owned);
        if expires.is_some() || scopes.is_some() {
            *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Told { expires, scopes };
        }
    }

    /// What answers told of the credential.
    pub(super) fn told(&self) -> Told {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The path as octocrab wants it: with the base's own path, so that its guess whether it is there already can't be wrong.
    fn uri(&self, target: &str) -> String {
        format!("{}{target}", self.base.path().trim_end_matches('/'))
    }

    /// The next page of a listing: its path and query, without the base's path. The host of a link is never followed.
    pub(super) fn next(&self, answer: &Answer) -> Option<String> {
        link::next(&self.base, answer)
    }

    /// Where a redirect leads: its path, without the base's path and the query. The host is never followed.
    pub(super) fn location(&self, answer: &Answer) -> Option<String> {
        link::location(&self.base, answer)
    }
}

fn if_none_match(etag: &str) -> Option<HeaderMap> {
    let value = HeaderValue::from_str(etag).ok()?;
    Some(HeaderMap::from_iter([(http::header::IF_NONE_MATCH, value)]))
}

/// `2026-12-24 09:00:00 UTC` or `2026-12-24 09:00:00 +0100`.
pub(super) fn expiration(text: &str) -> Option<Timestamp> {
    let text = text.trim().strip_suffix("UTC").map_or_else(|| text.trim().to_owned(), |bare| format!("{bare}+0000"));
    Timestamp::strptime("%Y-%m-%d %H:%M:%S %z", text).ok()
}

/// Whether a byte may have left: only a failure to connect is sure that none did.
fn fault(error: &octocrab::Error, lane: &Lane) -> Fault {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = source {
        if inner.downcast_ref::<reqwest::Error>().is_some_and(|error| error.is_connect() || error.is_builder()) {
            return Fault::Unsent(said(inner));
        }
        source = inner.source();
    }
    cut(error, lane, said(error))
}

/// Shared, since requests of several tasks go through one.
pub(super) type Shared = Arc<Client>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiration_is_read_with_a_zone_or_an_offset() {
        let at = |text| expiration(text).map(|at| at.to_string());
        assert_eq!(at("2026-12-24 09:00:00 UTC"), Some("2026-12-24T09:00:00Z".to_owned()));
        assert_eq!(at("2026-12-24 09:00:00 +0100"), Some("2026-12-24T08:00:00Z".to_owned()));
        assert_eq!(at("soon"), None);
    }
}
