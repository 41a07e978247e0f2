//! Owner -> the client whose credential reaches it: the one token, or the app's installation there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Method;

use super::client::{Client, Shared};
use super::credential::Holder;
use super::map::fold;
use super::wire::{self, App, User};
use crate::model::{Person, Timestamp};
use crate::tracker::http::Policy;
use crate::tracker::{GithubAuth, GithubConfig, Left, Requests, Trouble, TroubleKind};

/// The ways to a GitHub host.
pub(super) struct Access {
    config: GithubConfig,
    policy: Policy,
    /// The token's client, or the app's own, which only finds installations and mints their tokens.
    pub(super) first: Shared,
    /// The app's id. None: a token.
    pub(super) app: Option<u64>,
    /// Installations by owner, case folded. Empty: not listed yet.
    installed: Mutex<BTreeMap<String, Installed>>,
    /// A reading failed since they were listed: they may have changed.
    doubted: AtomicBool,
    /// Who we are, once asked.
    us: tokio::sync::OnceCell<Us>,
}

/// An installation of the app.
#[derive(Clone)]
pub(super) struct Installed {
    pub(super) told: wire::Installation,
    client: Shared,
}

/// Who writes with our credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Us {
    /// An account.
    Account(Person),
    /// An app, and the login that its acts bear.
    App { id: u64, login: String },
    /// GitHub doesn't say: an installation's token given as a bare token.
    Unknown,
}

impl Us {
    /// Whether an act was ours.
    pub(super) fn is(&self, actor: Option<&User>, via: Option<u64>) -> bool {
        match self {
            Self::Account(account) => actor.is_some_and(|actor| actor.id.to_string() == account.id),
            Self::App { id, login } => {
                via == Some(*id) || actor.is_some_and(|actor| actor.login.eq_ignore_ascii_case(login))
            }
            Self::Unknown => false,
        }
    }
}

impl Access {
    pub(super) fn connect(config: &GithubConfig, policy: Policy) -> Result<Self, Trouble> {
        let (holder, app) = match &config.auth {
            GithubAuth::Token(token) => (Holder::Token(token.clone()), None),
            GithubAuth::App { id, private_key } => (Holder::App { id: *id, key: private_key.clone() }, Some(*id)),
        };
        Ok(Self {
            first: Arc::new(Client::connect(config, policy, holder)?),
            config: config.clone(),
            policy,
            app,
            installed: Mutex::default(),
            doubted: AtomicBool::new(false),
            us: tokio::sync::OnceCell::new(),
        })
    }

    /// The client for what belongs to the owner of `owner/repository`.
    pub(super) async fn of(&self, repository: &str) -> Result<Shared, Trouble> {
        if self.app.is_none() {
            return Ok(Arc::clone(&self.first));
        }
        let owner = repository.split('/').next().unwrap_or_default();
        let known = || self.installed().get(&fold(owner)).map(|installed| Arc::clone(&installed.client));
        if let Some(client) = known().filter(|_| !self.doubted.load(Ordering::Relaxed)) {
            return Ok(client);
        }
        self.list_installed().await?;
        known().ok_or_else(|| {
            let what = format!("the app is not installed for {owner} (GET /app/installations doesn't list it)");
            let next =
                format!("install it there and grant it {owner}'s repositories, or take them out of repositories");
            self.trouble(TroubleKind::Missing, what, next)
        })
    }

    /// Lists the app's installations anew; clients of those that stay keep their tokens and their pace.
    pub(super) async fn list_installed(&self) -> Result<Vec<Installed>, Trouble> {
        let target = "/app/installations?per_page=100";
        let listed = match self.first.list::<Vec<wire::Installation>>(target).await? {
            Ok(pages) => pages.into_iter().flatten(),
            Err(answer) => return Err(self.first.refusal(Method::GET, target, &answer)),
        };
        self.doubted.store(false, Ordering::Relaxed);
        let mut installed = self.installed();
        let old = std::mem::take(&mut *installed);
        for told in listed.filter(|told| told.account.is_some()) {
            let owner = fold(told.account.as_ref().map_or("", |account| &account.login));
            let client = match old.get(&owner).filter(|old| old.told.id == told.id) {
                Some(old) => Arc::clone(&old.client),
                None => Arc::new(Client::installation(&self.config, self.policy, &self.first, told.id)),
            };
            installed.insert(owner, Installed { told, client });
        }
        Ok(installed.values().cloned().collect())
    }

    /// Lets the installations be listed again: an app may have been installed anew, or taken away.
    pub(super) fn doubt(&self) {
        self.doubted.store(true, Ordering::Relaxed);
    }

    /// Who we are: asked once.
    pub(super) async fn us(&self) -> Result<&Us, Trouble> {
        self.us
            .get_or_try_init(|| async {
                if let Some(id) = self.app {
                    let (app, _): (App, _) = self.first.get_json("/app").await?;
                    return Ok(Us::App { id, login: format!("{}[bot]", app.slug) });
                }
                match self.first.get_json::<User>("/user").await {
                    Ok((user, _)) => Ok(Us::Account(super::map::person(&user))),
                    // An installation's token has no user, and is none the worse for it.
                    Err(trouble) if trouble.kind == TroubleKind::Forbidden => Ok(Us::Unknown),
                    Err(trouble) => Err(trouble),
                }
            })
            .await
    }

    /// When the credential expires. An app's doesn't.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        self.first.told().expires
    }

    /// Requests sent with any of the credentials.
    pub(super) fn requests(&self) -> Requests {
        let clients = self.installed().values().map(|installed| Arc::clone(&installed.client)).collect::<Vec<_>>();
        std::iter::once(&self.first)
            .chain(&clients)
            .map(|client| client.lane.requests())
            .fold(Requests::default(), std::ops::Add::add)
    }

    /// What is left of the limit, of several credentials the one with the least.
    pub(super) fn left(&self) -> Option<Left> {
        let clients = self.installed().values().map(|installed| Arc::clone(&installed.client)).collect::<Vec<_>>();
        std::iter::once(&self.first)
            .chain(&clients)
            .filter_map(|client| client.lane.left())
            .min_by_key(|left| left.remaining)
    }

    /// A trouble of this host.
    pub(super) fn trouble(&self, kind: TroubleKind, what: String, next: impl Into<String>) -> Trouble {
        self.first.lane.trouble(kind, what, next)
    }

    fn installed(&self) -> MutexGuard<'_, BTreeMap<String, Installed>> {
        self.installed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
