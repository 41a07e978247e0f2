//! Secret -> bearer: a personal token, an app's signature, or an installation's token that is minted and minted again.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use http::{HeaderValue, Method};
use jiff::Timestamp;
use octocrab::{EncodingKey, Octocrab};
use secrecy::{ExposeSecret, SecretString};

use super::client::{Client, Shared};
use super::wire::Minted;
use crate::tracker::http::{Lane, Policy, http_date, said, transport};
use crate::tracker::{Budget, GithubConfig, Secret, Trouble, TroubleKind};

/// GitHub's points for REST requests in a minute (a read costs 1, a write 5).
const POINTS_PER_MINUTE: u32 = 900;
/// An installation's token is minted again this long before it expires.
const EARLY: Duration = Duration::from_secs(5 * 60);

/// Whose credential a client carries.
pub(super) enum Holder {
    /// A person's or a bot's token.
    Token(Secret),
    /// An app, which signs with its private key.
    App { id: u64, key: Secret },
    /// An app's installation, whose tokens the app mints.
    Installation { app: Shared, id: u64 },
}

/// A credential in use.
#[derive(Clone)]
pub(super) struct Bearer {
    secret: SecretString,
    /// From when on it needn't be tried any more. None: as long as it isn't refused.
    until: Option<Instant>,
    pub(super) crab: Arc<Octocrab>,
}

impl Client {
    /// A client of a token or an app; its secret is read at once, so that a missing one is found at the start.
    pub(super) fn connect(config: &GithubConfig, policy: Policy, holder: Holder) -> Result<Self, Trouble> {
        let lane = lane(config, config.budget, policy);
        lane.check_base(&config.base_url)?;
        let http = transport(&lane, &config.base_url, config.ca_file.as_deref())?;
        let client = Self::with(lane, config, http, holder);
        let bearer = client.read()?;
        *client.bearer.write().unwrap_or_else(PoisonError::into_inner) = Some(bearer);
        Ok(client)
    }

    /// A client of an app's installation, with a budget of its own: GitHub counts each installation by itself.
    pub(super) fn installation(config: &GithubConfig, policy: Policy, app: &Shared, id: u64) -> Self {
        let holder = Holder::Installation { app: Arc::clone(app), id };
        Self::with(lane(config, config.budget, policy), config, app.http.clone(), holder)
    }

    fn with(lane: Lane, config: &GithubConfig, http: reqwest::Client, holder: Holder) -> Self {
        let base = config.base_url.clone();
        let (bearer, renewing, told) = (RwLock::new(None), tokio::sync::Mutex::default(), Mutex::default());
        Self { lane, base, http, holder, bearer, renewing, told }
    }

    /// The credential to send with.
    pub(super) async fn bearer(&self) -> Result<Bearer, Trouble> {
        if let Some(standing) = self.standing() {
            return Ok(standing);
        }
        let _alone = self.renewing.lock().await;
        match self.standing() {
            Some(standing) => Ok(standing),
            None => self.replace().await,
        }
    }

    /// Another credential than the one that was refused, where there is one.
    pub(super) async fn renew(&self, refused: &Bearer) -> Result<Option<Bearer>, Trouble> {
        if matches!(self.holder, Holder::Token(Secret::Env(_)) | Holder::App { key: Secret::Env(_), .. }) {
            return Ok(None);
        }
        let other = |bearer: &Bearer| bearer.secret.expose_secret() != refused.secret.expose_secret();
        let _alone = self.renewing.lock().await;
        match self.standing().filter(other) {
            Some(standing) => Ok(Some(standing)),
            None => Ok(Some(self.replace().await?).filter(other)),
        }
    }

    fn standing(&self) -> Option<Bearer> {
        let standing = self.bearer.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        standing.until.is_none_or(|until| Instant::now() < until).then_some(standing)
    }

    async fn replace(&self) -> Result<Bearer, Trouble> {
        let fresh = match &self.holder {
            Holder::Installation { app, id } => self.mint(app, *id).await?,
            _ => self.read()?,
        };
        *self.bearer.write().unwrap_or_else(PoisonError::into_inner) = Some(fresh.clone());
        Ok(fresh)
    }

    /// Asks the app for a token of its installation. Minting one twice does no harm, so it is asked like a reading.
    async fn mint(&self, app: &Shared, id: u64) -> Result<Bearer, Trouble> {
        let target = format!("/app/installations/{id}/access_tokens");
        // Boxed, since an installation's request waits for an app's, which is the same function.
        let answer = Box::pin(app.ask(Method::POST, &target)).await?;
        let (minted, answer): (Minted, _) = app.decode(Method::POST, &target, answer)?;
        // How long it lasts is told by the server's own clock; ours may be wrong.
        let now = answer.header("date").and_then(http_date).unwrap_or_else(Timestamp::now);
        let lasts = minted.expires_at.map(|at| Duration::try_from(at.duration_since(now)).unwrap_or_default());
        let until = lasts.map(|lasts| Instant::now() + lasts.saturating_sub(EARLY));
        let secret = SecretString::from(minted.token);
        Ok(Bearer { crab: self.crab(Some(&secret), None)?, secret, until })
    }

    /// Reads a token or a private key and makes a client that carries it.
    fn read(&self) -> Result<Bearer, Trouble> {
        let unusable = |what, next: &str| self.lane.trouble(TroubleKind::Unauthorized, what, next);
        match &self.holder {
            Holder::App { id, key } => {
                let secret = key.read().map_err(|what| unusable(what, "provide the app's private key"))?;
                let signer = EncodingKey::from_rsa_pem(secret.expose_secret().as_bytes()).map_err(|_| {
                    let what = format!("{key} holds no private key of an app (PEM, RSA)");
                    unusable(what, "store the file there that GitHub gave out when the key was made")
                })?;
                Ok(Bearer { crab: self.crab(None, Some((*id, signer)))?, secret, until: None })
            }
            Holder::Token(source) => {
                let secret = source.read().map_err(|what| unusable(what, "provide the token"))?;
                if HeaderValue::from_str(secret.expose_secret()).is_err() {
                    let what = format!("the token in {source} holds characters that no token has (a line break?)");
                    return Err(unusable(what, "store the bare token there"));
                }
                Ok(Bearer { crab: self.crab(Some(&secret), None)?, secret, until: None })
            }
            Holder::Installation { id, .. } => {
                Err(unusable(format!("the token of installation {id} isn't stored anywhere"), "report this"))
            }
        }
    }

    /// octocrab over our HTTP client: without retries, cache, redirects and logs, whose features are off; ours do that work.
    fn crab(&self, token: Option<&SecretString>, app: Option<(u64, EncodingKey)>) -> Result<Arc<Octocrab>, Trouble> {
        let built = Octocrab::builder().base_uri(self.base.as_str()).and_then(|mut builder| {
            if let Some(token) = token {
                builder = builder.personal_token(token.clone());
            }
            if let Some((id, key)) = app {
                builder = builder.app(id.into(), key);
            }
            builder
                .add_header(http::header::ACCEPT, "application/vnd.github+json".to_owned())
                .build_with_reqwest(self.http.clone())
        });
        built.map(Arc::new).map_err(|error| {
            let what = format!("a client for {} can't be made: {}", self.base, said(&error));
            self.lane.trouble(TroubleKind::Invalid, what, "check base_url")
        })
    }
}

fn lane(config: &GithubConfig, budget: Budget, policy: Policy) -> Lane {
    // Whoever allows more writes than the points would (an Enterprise server without limits) replaces them.
    let points = (budget.writes_per_minute.saturating_mul(5) <= POINTS_PER_MINUTE).then_some(POINTS_PER_MINUTE);
    Lane::new(&config.name, budget, points, policy)
}
