//! `Link` and `Location` -> where to ask next, always on our own host.

use url::Url;

use crate::tracker::http::Answer;

/// The next page of a listing: its path and query, without the base's path. The host of a link is never followed.
pub(super) fn next(base: &Url, answer: &Answer) -> Option<String> {
    let mut headers = answer.headers.get_all("link").iter().filter_map(|value| value.to_str().ok());
    target_of(base, headers.find_map(next_address)?)
}

/// Where a redirect leads: its path, without the base's path and the query. The host is never followed.
pub(super) fn location(base: &Url, answer: &Answer) -> Option<String> {
    if !answer.status.is_redirection() {
        return None;
    }
    let target = target_of(base, answer.header("location")?)?;
    Some(target.split('?').next().unwrap_or_default().to_owned())
}

/// The address of `<…>; rel="next"` among others (RFC 8288). Addresses may hold commas and semicolons, and titles anything.
fn next_address(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some((_, opened)) = rest.split_once('<') {
        let (address, behind) = opened.split_once('>')?;
        let (mut parameters, others) = cut(behind, ',');
        while !parameters.is_empty() {
            let (parameter, more) = cut(parameters, ';');
            if is_next(parameter) {
                return Some(address);
            }
            parameters = more;
        }
        rest = others;
    }
    None
}

fn is_next(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
        name.trim().eq_ignore_ascii_case("rel") && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
    })
}

/// What stands before and behind the first of these marks that isn't within quotes.
fn cut(text: &str, mark: char) -> (&str, &str) {
    let (mut quoted, mut escaped) = (false, false);
    let place = text.find(|c: char| {
        let plain = !std::mem::take(&mut escaped);
        escaped = plain && quoted && c == '\\';
        quoted ^= plain && c == '"';
        !quoted && c == mark
    });
    place.map_or((text, ""), |place| (&text[..place], &text[place + mark.len_utf8()..]))
}

pub(super) fn target_of(base: &Url, address: &str) -> Option<String> {
    // `mailto:` and the like have no path that could be asked.
    let url = base.join(address).ok().filter(|url| !url.cannot_be_a_base())?;
    let below = url.path().strip_prefix(base.path().trim_end_matches('/'));
    let path = below.filter(|below| below.is_empty() || below.starts_with('/')).unwrap_or(url.path());
    Some(match url.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_whatever_stands_in_addresses_and_beside_them() {
        for (header, address) in [
            ("<https://h/a?page=2>; rel=\"next\", <https://h/a?page=9>; rel=\"last\"", Some("https://h/a?page=2")),
            ("<https://h/a?b=c,d&page=2>; rel=\"next\"", Some("https://h/a?b=c,d&page=2")),
            ("<https://h/a;rel=next>; rel=prev, <https://h/b>; Rel = next", Some("https://h/b")),
            ("<https://h/a>; title=\"\\\"; rel=next, <b>\"; rel=\"last next\"", Some("https://h/a")),
            ("<https://h/a>; title=\"; rel=next\"", None),
            ("<https://h/a>; rel=\"prev\"", None),
            ("<https://h/a; rel=\"next\"", None),
            ("", None),
        ] {
            assert_eq!(next_address(header), address, "{header}");
        }
    }

    #[test]
    fn a_link_never_leads_to_another_host_or_path() {
        let base = "https://ghe.acme.example/api/v3".parse().expect("an address");
        for (address, target) in [
            ("https://ghe.acme.example/api/v3/repositories/7?page=2", Some("/repositories/7?page=2")),
            ("https://elsewhere.example/api/v3/repositories/7", Some("/repositories/7")),
            ("https://ghe.acme.example/api/v31/x", Some("/api/v31/x")),
            ("mailto:elsewhere.example", None),
        ] {
            assert_eq!(target_of(&base, address).as_deref(), target, "{address}");
        }
    }
}
