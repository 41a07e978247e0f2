//! The page: what the daemon knows, for people and for scripts; and the webhooks, which have an address of their own. The page only
//! reads: its store is opened for reading, and nothing here reaches a tracker's writing side. Webhooks give the daemon's loop hints.
//!
//! ```text
//! request -> guard -> picture (drawn once a cycle that isn't quiet) -> view -> HTML or JSON
//! ```

pub mod answer;
mod api;
mod cycles;
mod exposition;
mod filter;
mod form;
mod guard;
mod health;
mod hooks;
mod item;
mod layout;
mod listen;
mod login;
mod matrix;
mod metrics;
mod openapi;
mod picture;
mod privacy;
mod probes;
mod reply;
mod roadmap;
mod text;
mod vitals;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, StatusCode, Uri};
use maud::{Markup, html};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::daemon::{Present, Watch};
use crate::settings::Settings;
use crate::store::{Store, StoreTrouble};

use filter::Filter;
use guard::{Door, guard};
use layout::{Frame, framed, moment};
use listen::serve;
use picture::{Pictures, Shown};
use privacy::Audience;
use reply::{asset, problem, wants_json};
use vitals::Pulse;

pub use hooks::Hooks;
pub use listen::Bound;
pub use text::fit;

/// What a request may bring: only the form of the token brings anything.
const BODY_MAX: usize = 8 * 1024;

/// What keeps the page from being served, or webhooks from being heard.
#[derive(Debug, thiserror::Error)]
pub enum PageTrouble {
    /// The address can't be had.
    #[error(
        "{what} at {address} ([daemon] {key}): {}; name another address or port there, or switch it off with {key} = \"\"",
        said(.error)
    )]
    Address {
        /// What it was for.
        what: &'static str,
        /// The key that names it.
        key: &'static str,
        /// The address.
        address: SocketAddr,
        /// The system's word.
        error: io::Error,
    },
    /// The store can't be opened for reading.
    #[error(transparent)]
    Store(#[from] StoreTrouble),
}

fn said(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "something else listens there".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "this user may not listen there (ports below 1024 take a privilege)".to_owned()
        }
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        _ => error.to_string(),
    }
}

/// A page that has its address and isn't served yet.
pub struct Page {
    bound: Bound,
    site: Site,
}

/// What every request works with.
struct Site {
    watch: Watch,
    store: Store,
    pictures: Pictures,
    door: Door,
    pulse: Pulse,
    on_loopback: bool,
    /// Nothing behind it is anybody's.
    invented: bool,
}

impl Page {
    /// Takes the address and opens the store, which is there already, for reading.
    ///
    /// # Errors
    /// An address that can't be had, a store that can't be read.
    pub async fn bind(address: SocketAddr, watch: Watch) -> Result<Self, PageTrouble> {
        Self::at(Bound::for_page(address).await?, watch).await
    }

    /// The same at an address that is taken already.
    ///
    /// # Errors
    /// A store that can't be read.
    pub async fn at(bound: Bound, watch: Watch) -> Result<Self, PageTrouble> {
        let database = watch.now().works.settings.daemon.database.clone();
        let store = match Store::open_existing_read_only(&database).await? {
            Some(store) => store,
            None => Store::open(&database).await?,
        };
        let on_loopback = bound.address().ip().is_loopback();
        let (pictures, door, pulse) = (Pictures::default(), Door::default(), Pulse::default());
        let site = Site { watch, store, pictures, door, pulse, on_loopback, invented: false };
        Ok(Self { bound, site })
    }

    /// Shows everything to whoever reaches it, since the trackers behind it are invented: for the demo.
    #[must_use]
    pub fn of_invented_trackers(mut self) -> Self {
        self.site.invented = true;
        self
    }

    /// Where it is served; the port that the system chose where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.bound.address()
    }

    /// Serves until told to stop, and then lets open requests end for a little.
    pub async fn serve(self, stop: CancellationToken) {
        let Self { bound, site } = self;
        let site = Arc::new(site);
        info!("the page is at http://{}/", bound.address());
        let ahead = tokio::spawn(draw_ahead(Arc::clone(&site)));
        serve(bound, router(&site), stop, "the page isn't served any more").await;
        ahead.abort();
        if let Err(trouble) = site.store.close().await {
            warn!("{trouble}");
        }
    }
}

/// Draws the picture when a cycle ends, so that nobody waits for it.
async fn draw_ahead(site: Arc<Site>) {
    let mut watch = site.watch.clone();
    loop {
        let present = watch.now();
        if !present.turning
            && let Err(why) = site.drawn().await
        {
            warn!("the page can't show what the last cycle knew: {why}");
        }
        if !watch.changed().await {
            return;
        }
    }
}

fn router(site: &Arc<Site>) -> Router {
    let views = Router::new()
        .route("/", get(roadmap::show))
        .route("/matrix", get(matrix::show))
        .route("/items/{*key}", get(item::show))
        .route("/cycles", get(cycles::show))
        .route("/cycles/{n}", get(cycles::one))
        .route("/status", get(health::show))
        .route("/login", get(login::show).post(login::enter));
    let assets = Router::new()
        .route(
            "/assets/page.css",
            get(|headers: HeaderMap| async move { asset(&headers, "text/css; charset=utf-8", layout::STYLE) }),
        )
        .route(
            "/assets/page.js",
            get(|headers: HeaderMap| async move { asset(&headers, "text/javascript; charset=utf-8", layout::SCRIPT) }),
        )
        .route(
            "/assets/icon.svg",
            get(|headers: HeaderMap| async move { asset(&headers, "image/svg+xml", layout::ICON) }),
        );
    views
        .merge(assets)
        .merge(api::router())
        .merge(probes::router())
        .fallback(nowhere)
        .method_not_allowed_fallback(only_reads)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(from_fn_with_state(Arc::clone(site), guard))
        .with_state(Arc::clone(site))
}

async fn nowhere(uri: Uri) -> Response {
    let views: Vec<String> = layout::TABS.iter().map(|(path, _)| (*path).to_owned()).collect();
    let why = format!("there is no such view; there are {} and /items/KEY", views.join(", "));
    problem(StatusCode::NOT_FOUND, wants_json(uri.path()), &why)
}

async fn only_reads(uri: Uri) -> Response {
    problem(StatusCode::METHOD_NOT_ALLOWED, wants_json(uri.path()), "this page only reads: ask with GET or HEAD")
}

/// The answer where the store can't be read.
fn trouble(why: &StoreTrouble, json: bool) -> Response {
    warn!("the page can't be shown: {why}");
    problem(StatusCode::SERVICE_UNAVAILABLE, json, &format!("the store can't be read now: {why}"))
}

impl Site {
    fn settings(&self) -> Arc<Settings> {
        self.watch.now().works.settings
    }

    /// What is shown now, or the answer that says why it can't be.
    async fn picture(&self) -> Result<Shown, Response> {
        self.picture_for(false).await
    }

    /// What a query narrows and what is shown now, or the answer that says why not.
    async fn narrowed(&self, query: Option<&str>, json: bool) -> Result<(Filter, Shown), Response> {
        let filter = Filter::read(query).map_err(|why| problem(StatusCode::BAD_REQUEST, json, &why))?;
        Ok((filter, self.picture_for(json).await?))
    }

    async fn drawn(&self) -> Result<Shown, String> {
        let present = self.watch.now();
        self.pictures
            .current(&present, &self.store, if self.known(&present) { Audience::Known } else { Audience::Anyone })
            .await
    }

    /// Whether whoever is let in may see everything.
    fn known(&self, present: &Present) -> bool {
        self.invented || present.works.settings.page.auth.is_some()
    }

    async fn picture_for(&self, json: bool) -> Result<Shown, Response> {
        self.drawn().await.map_err(|why| {
            warn!("the page can't show what the last cycle knew: {why}");
            problem(StatusCode::SERVICE_UNAVAILABLE, json, &format!("what the last cycle knew can't be read: {why}"))
        })
    }

    /// A view with everything around it.
    fn page(&self, title: &str, tab: Option<&str>, shown: &Shown, body: &Markup) -> Markup {
        let present = self.watch.now();
        let public = shown.privacy.audience() == Audience::Anyone;
        let frame = Frame { title, tab, now: Some(now(&present, shown)), public };
        framed(&frame, body)
    }
}

/// Where the daemon is, in a few words.
fn now(present: &Present, shown: &Shown) -> Markup {
    let zone = &shown.settings.daemon.timezone;
    html! {
        @if present.turning {
            span.live { "A cycle runs" }
        } @else {
            "as of " (moment(shown.as_of, zone))
            @if let Some(next) = present.next { " · next " (moment(next, zone)) }
        }
    }
}
