//! Address and certificates -> the HTTP client of a tracker: ring, the environment's proxies, no redirects, no retries.

use std::path::Path;

use url::{Host, Url};

use super::{Fault, Lane, said};
use crate::tracker::{Trouble, TroubleKind};

/// Makes the client. `HTTPS_PROXY` and `NO_PROXY` hold for every address but loopback ones; `ca_file` (PEM) is trusted
/// besides the system's certificates.
pub(in crate::tracker) fn transport(
    lane: &Lane,
    base: &Url,
    ca_file: Option<&Path>,
) -> Result<reqwest::Client, Trouble> {
    crate::tracker::install_tls();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("roadmapd/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(lane.policy.connect_timeout)
        .timeout(lane.policy.request_timeout);
    if is_loopback(base) {
        builder = builder.no_proxy();
    }
    if base.scheme() == "http" {
        // Redirects aren't followed, so nothing is ever encrypted: reading the system's certificates would be for nothing.
        builder = builder.tls_certs_only([]);
    } else if let Some(path) = ca_file {
        builder = builder.tls_certs_merge(certificates(lane, path)?);
    }
    builder.build().map_err(|error| {
        let what = format!("a client for {base} can't be made: {}", said(&error));
        lane.trouble(
            TroubleKind::Invalid,
            what,
            "check base_url, ca_file, the proxy and the certificates of this machine",
        )
    })
}

/// Why a request that may have left has no whole answer: it took too long, or something broke off.
pub(in crate::tracker) fn cut(error: &(dyn std::error::Error + 'static), lane: &Lane, otherwise: String) -> Fault {
    let mut source = Some(error);
    while let Some(inner) = source {
        if inner.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout) {
            return Fault::Lost(format!("it timed out, its answer had no end after {:?}", lane.policy.request_timeout));
        }
        source = inner.source();
    }
    Fault::Lost(otherwise)
}

fn certificates(lane: &Lane, path: &Path) -> Result<Vec<reqwest::Certificate>, Trouble> {
    let next = "put the certificates (PEM) of whoever signs the tracker's certificate there, or take ca_file out";
    let unusable = |why: String| lane.trouble(TroubleKind::Invalid, format!("ca_file {} {why}", path.display()), next);
    let pem = std::fs::read(path).map_err(|error| unusable(format!("can't be read: {error}")))?;
    let found = reqwest::Certificate::from_pem_bundle(&pem)
        .map_err(|error| unusable(format!("isn't a list of certificates: {}", said(&error))))?;
    if found.is_empty() { Err(unusable("holds no certificate".to_owned())) } else { Ok(found) }
}

/// Whether requests there stay on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
