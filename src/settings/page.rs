//! `[page]` -> who may read the page; what isn't loopback takes authentication, or a person's word that it needs none.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use super::check::Check;
use super::finding::shown;
use super::raw;
use super::secret::Given;
use crate::tracker::Secret;

/// A token that is shorter can be tried out.
const TOKEN_CHARS_MIN: usize = 16;

/// `[page]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Who may read it. None: whoever reaches it, and what is private is left out.
    pub auth: Option<PageAuth>,
    /// Names under which it is reached besides loopback's, lower case.
    pub hosts: BTreeSet<String>,
}

/// Who may read the page; either suffices where both are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageAuth {
    /// Whoever brings this token.
    pub token: Option<Secret>,
    /// Whom a proxy has let through.
    pub proxy: Option<Proxy>,
}

/// A proxy that says who somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// The header in which it says so, lower case.
    pub header: String,
    /// Where it asks from; the same header from anywhere else is nothing.
    pub from: Vec<Network>,
}

/// An address, or those that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether an address is one of these.
    pub fn holds(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address.to_canonical() {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, true),
            IpAddr::V6(v6) => (v6.to_bits(), false),
        };
        let ((own, own_v4), (other, other_v4)) = (bits(self.address), bits(address));
        let differing = own ^ other;
        own_v4 == other_v4 && differing.leading_zeros() >= u32::from(self.prefix)
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(most), str::parse).map_err(|_| ())?;
        if prefix <= most { Ok(Self { address, prefix }) } else { Err(()) }
    }
}

/// Reads `[page]` beside the address at which it is served.
pub(super) fn page(raw: &raw::Page, listen: Option<SocketAddr>, check: &mut Check<'_>) -> Page {
    let given = raw.auth.as_ref();
    let token = given.and_then(|auth| auth.token.as_ref()).and_then(|token| self::token(token, check));
    let proxy = given.and_then(|auth| proxy(auth, check));
    if given.is_some_and(|auth| auth.token.is_none() && auth.proxy_header.is_none()) {
        let next =
            "write { token = { env = \"NAME\" } } or { proxy_header = \"X-Forwarded-User\", from = [\"127.0.0.1\"] }";
        check.wrong("page.auth", "it has neither a token nor a proxy's header", next);
    }
    if let Some(listen) = listen.filter(|listen| given.is_none() && !raw.open && !listen.ip().is_loopback()) {
        let problem = format!("{listen} can be reached from elsewhere, and the page asks nobody who they are");
        let next = "set [page] auth; or [page] open = true, if whoever reaches it may read what isn't private; or listen on 127.0.0.1";
        check.wrong("daemon.listen", problem, next);
    }
    let hosts = raw.hosts.iter().filter_map(|host| self::host(host, check)).collect();
    Page { auth: given.map(|_| PageAuth { token, proxy }), hosts }
}

fn token(given: &Given, check: &mut Check<'_>) -> Option<Secret> {
    const KEY: &str = "page.auth.token";
    match given.look_up(check.env) {
        Ok(value) if !value.bytes().all(|b| b.is_ascii_graphic()) => {
            let problem =
                "the secret there has spaces, line ends or other characters that no header takes (it is not shown)";
            check.wrong(KEY, problem, "put the token there and nothing else");
        }
        Ok(value) if value.len() < TOKEN_CHARS_MIN => {
            let problem = format!("the secret there has fewer than {TOKEN_CHARS_MIN} characters and could be guessed");
            check.wrong(KEY, problem, "make a longer one: openssl rand -hex 32");
        }
        Ok(_) => {}
        Err((problem, next)) => check.wrong(KEY, problem, next),
    }
    match given {
        Given::Elsewhere(secret) => Some(secret.clone()),
        Given::Text(_) => None,
    }
}

fn proxy(raw: &raw::PageAuth, check: &mut Check<'_>) -> Option<Proxy> {
    let next = "write from = [\"127.0.0.1\"], or the proxy's network such as 10.0.0.0/8";
    let Some(header) = &raw.proxy_header else {
        if raw.from.is_some() {
            check.wrong("page.auth.from", "it says nothing without proxy_header", "add proxy_header, or take from out");
        }
        return None;
    };
    let named = !header.is_empty() && header.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !named || ["host", "cookie", "authorization"].contains(&header.to_lowercase().as_str()) {
        let problem = format!("{} is not a header in which a proxy names somebody", shown(header));
        check.wrong("page.auth.proxy_header", problem, "write its name, such as X-Forwarded-User");
        return None;
    }
    let from: &[String] = raw.from.as_deref().unwrap_or_default();
    if from.is_empty() {
        check.wrong("page.auth.from", "it names nobody: whoever sends the header would be believed", next);
    }
    let mut networks = Vec::new();
    for text in from {
        match text.parse() {
            Ok(network) => networks.push(network),
            Err(()) => check.wrong("page.auth.from", format!("{} is not an address", shown(text)), next),
        }
    }
    Some(Proxy { header: header.to_lowercase(), from: networks })
}

fn host(text: &str, check: &mut Check<'_>) -> Option<String> {
    let named = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    if !named {
        let problem = format!("{} is not a host's name", shown(text));
        check.wrong("page.hosts", problem, "write it without https:// and without a port: roadmap.acme.example");
    }
    named.then(|| text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn a_network_holds_the_addresses_that_begin_alike() {
        for (network, address, held) in [
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.1", "::ffff:127.0.0.1", true),
            ("10.0.0.0/8", "10.200.3.4", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false),
        ] {
            let network: Network = network.parse().unwrap_or_else(|()| panic!("{network}"));
            assert_eq!(network.holds(address.parse().expect("an address")), held, "{network:?} {address}");
        }
        for wrong in ["", "10.0.0.0/33", "10.0.0/8", "localhost", "::1/129", "10.0.0.0/-1"] {
            assert_eq!(wrong.parse::<Network>(), Err(()), "{wrong}");
        }
    }
}
