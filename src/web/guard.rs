//! Request -> let in or not: size, host, and who somebody is; and the headers that every answer has.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use tracing::warn;

use super::Site;
use super::listen::Peer;
use super::reply::{problem, wants_json};
use crate::settings::{Page, PageAuth};
use crate::tracker::Secret;

/// The longest path and query together, in bytes; every link of the page is far shorter.
const TARGET_MAX: usize = 4096;
/// Where the token is kept once it was typed in.
pub(super) const COOKIE: &str = "roadmapd_page";
/// What a cookie is made of besides the token, so that a cookie is not the token.
const COOKIE_SALT: &[u8] = b"roadmapd page cookie 1\0";
/// A file with another token is looked at so often at most.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// A token that was taken out of its file opens the page no longer than this.
const TRUSTED_FOR: Duration = Duration::from_secs(60);

/// No script but the page's own, nothing from elsewhere, in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Lets a request in, or says why not.
pub(super) async fn guard(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let _answering = peer(&request).map(Peer::answering);
    let mut answer = match refusal(&site, &request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

fn peer(request: &Request) -> Option<&Peer> {
    request.extensions().get::<ConnectInfo<Peer>>().map(|ConnectInfo(peer)| peer)
}

fn refusal(site: &Site, request: &Request) -> Option<Response> {
    let json = wants_json(request.uri().path());
    if request.uri().path_and_query().map_or(0, |target| target.as_str().len()) > TARGET_MAX {
        let why = format!("the address has more than {TARGET_MAX} bytes; take some of the filters out");
        return Some(problem(StatusCode::URI_TOO_LONG, json, &why));
    }
    let settings = site.settings();
    if let Some(host) = foreign_host(&settings.page, site.on_loopback, request.headers(), request.uri().host()) {
        let why = format!(
            "this page isn't served under the name {host:?}; ask for localhost, or add the name to [page] hosts where a proxy passes it on"
        );
        return Some(problem(StatusCode::MISDIRECTED_REQUEST, json, &why));
    }
    let path = request.uri().path();
    let open = path.starts_with("/assets/") || path == "/login" || super::probes::is_open(path);
    let auth = settings.page.auth.as_ref().filter(|_| !open)?;
    let from = peer(request).map(|peer| peer.address.ip());
    if site.door.admits(auth, request.headers(), from) {
        return None;
    }
    Some(super::login::asked(auth, json, request.uri()))
}

/// The host that was asked for, where it isn't one of ours. A web site that a browser has open can give our address a name of its
/// own (DNS rebinding), never an address or `localhost`.
fn foreign_host(page: &Page, on_loopback: bool, headers: &HeaderMap, in_target: Option<&str>) -> Option<String> {
    if !on_loopback && page.hosts.is_empty() {
        return None;
    }
    let said = in_target.or_else(|| headers.get(header::HOST).and_then(|host| host.to_str().ok())).unwrap_or_default();
    let host = match said.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => said.rsplit_once(':').map_or(said, |(host, _)| host),
    };
    let host = host.trim_end_matches('.').to_lowercase();
    let ours = host.parse::<IpAddr>().is_ok() || host == "localhost" || page.hosts.contains(&host);
    (!ours).then(|| said.chars().take(100).collect())
}

/// Who is let in. Keeps the hash of the token, never the token.
#[derive(Debug, Default)]
pub(super) struct Door {
    known: Mutex<Option<Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    whence: Secret,
    /// Of the token, and of its cookie.
    hashes: Option<[[u8; 32]; 2]>,
    looked: Instant,
}

impl Door {
    /// Whether a request comes from somebody who may read the page.
    pub(super) fn admits(&self, auth: &PageAuth, headers: &HeaderMap, from: Option<IpAddr>) -> bool {
        let named = |header: &str| headers.get(header).is_some_and(|value| !value.as_bytes().trim_ascii().is_empty());
        if let (Some(proxy), Some(from)) = (&auth.proxy, from)
            && proxy.from.iter().any(|network| network.holds(from))
            && named(&proxy.header)
        {
            return true;
        }
        let Some(whence) = &auth.token else { return false };
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        if let Some(token) = bearer {
            return self.fits(whence, token);
        }
        cookies(headers)
            .any(|cookie| self.holds(whence, |[_, of_cookie]| same(&hash(&[cookie.as_bytes()]), &of_cookie)))
    }

    /// Whether this is the token.
    pub(super) fn fits(&self, whence: &Secret, token: &str) -> bool {
        self.holds(whence, |[of_token, _]| same(&hash(&[token.as_bytes()]), &of_token))
    }

    fn holds(&self, whence: &Secret, fits: impl Fn([[u8; 32]; 2]) -> bool) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let current = known.as_ref().filter(|known| known.whence == *whence);
        let fresh = current.filter(|known| known.looked.elapsed() < TRUSTED_FOR);
        if fresh.and_then(|known| known.hashes).is_some_and(&fits) {
            return true;
        }
        // The file may have another token by now.
        if current.is_some_and(|known| known.looked.elapsed() < LOOK_AGAIN) {
            return false;
        }
        let hashes = match whence.read() {
            Ok(token) => {
                let token = token.expose_secret();
                Some([hash(&[token.as_bytes()]), hash(&[cookie_of(token).as_bytes()])])
            }
            Err(why) => {
                warn!("nobody can sign in on the page: {why}");
                None
            }
        };
        *known = Some(Known { whence: whence.clone(), hashes, looked: Instant::now() });
        hashes.is_some_and(fits)
    }
}

/// What a browser keeps in place of the token.
pub(super) fn cookie_of(token: &str) -> String {
    hash(&[COOKIE_SALT, token.as_bytes()]).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize().into()
}

/// Compares hashes in a time that tells nothing: of what is compared nobody can choose a part.
fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().zip(b).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_was_replaced_opens_the_page_no_longer_than_a_minute() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("token");
        let (whence, door) = (Secret::File(file.clone()), Door::default());
        std::fs::write(&file, "the first of two tokens").expect("a file");
        assert!(door.fits(&whence, "the first of two tokens"));
        std::fs::write(&file, "the second of two tokens").expect("a file");
        assert!(door.fits(&whence, "the first of two tokens"), "it isn't read at each request");
        let mut known = door.known.lock().expect("it");
        let looked = known.as_mut().map(|known| &mut known.looked).expect("it was read");
        *looked = looked.checked_sub(TRUSTED_FOR).expect("an instant");
        drop(known);
        assert!(!door.fits(&whence, "the first of two tokens"));
        assert!(door.fits(&whence, "the second of two tokens"));
    }

    #[test]
    fn only_addresses_localhost_and_configured_names_are_ours_on_loopback() {
        let page = Page { hosts: ["roadmap.acme.example".to_owned()].into(), ..Page::default() };
        for (host, ours) in [
            ("localhost:8780", true),
            ("LOCALHOST", true),
            ("127.0.0.1:8780", true),
            ("[::1]:8780", true),
            ("roadmap.acme.example", true),
            ("Roadmap.acme.example.:443", true),
            ("evil.example:8780", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
            assert_eq!(foreign_host(&page, true, &headers, None).is_none(), ours, "{host}");
        }
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("any.example"))]);
        assert!(foreign_host(&page, false, &headers, None).is_some(), "where names are given they hold everywhere");
        assert!(foreign_host(&Page::default(), false, &headers, None).is_none());
    }

    #[test]
    fn a_cookie_is_found_among_others_and_is_not_the_token() {
        let line = HeaderValue::from_static("a=b; roadmapd_page=abc; c=d");
        let headers = HeaderMap::from_iter([(header::COOKIE, line)]);
        assert_eq!(cookies(&headers).collect::<Vec<_>>(), ["abc"]);
        assert_ne!(cookie_of("secret"), "secret");
        assert_ne!(cookie_of("secret"), cookie_of("secreu"));
    }
}
