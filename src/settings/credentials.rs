//! `auth` and `ca_file` of a tracker -> who we are there and whom we trust; values are looked at and never kept or shown.

use std::path::PathBuf;

use super::check::Check;
use super::finding::shown;
use super::raw;
use super::secret::Given;
use super::walk::join;
use crate::tracker::{GithubAuth, Secret};

/// Who we are on a GitHub host: a token, or an app.
pub(super) fn github(raw: &raw::Tracker, key: &str, check: &mut Check<'_>) -> Option<GithubAuth> {
    match raw.auth.as_ref().and_then(|auth| auth.app.as_ref()) {
        None => token(raw, key, check).map(GithubAuth::Token),
        Some(_) if raw.auth.as_ref().is_some_and(|auth| auth.token.is_some()) => {
            let problem = "a token and an app are given, and we can be only one of them";
            check.wrong(&format!("{key}.auth.app"), problem, "take one out, here or in the file that says the other");
            None
        }
        Some(given) => app(given, &format!("{key}.auth.app"), check),
    }
}

fn app(raw: &raw::App, key: &str, check: &mut Check<'_>) -> Option<GithubAuth> {
    let next = "write app = { id = 1234, private_key = { file = \"/run/secrets/github.pem\" } }";
    if raw.id.is_none() {
        check.missing(&format!("{key}.id"), next);
    }
    let key = format!("{key}.private_key");
    let Some(given) = &raw.private_key else {
        check.missing(&key, next);
        return None;
    };
    match given.look_up(check.env) {
        Ok(text) => {
            if let Some(problem) = no_private_key(&text) {
                let next = "put there the file that GitHub gave you as the app's private key, as it is";
                check.wrong(&key, format!("{problem} (it is not shown)"), next);
            }
        }
        Err((problem, next)) => check.wrong(&key, problem, next),
    }
    Some(GithubAuth::App { id: raw.id?, private_key: elsewhere(given)? })
}

/// What keeps a text from being an unencrypted RSA private key as PEM.
fn no_private_key(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let label = |line: &str, word: &str| {
        let rest = line.strip_prefix("-----")?.strip_suffix("-----")?.strip_prefix(word)?;
        Some(rest.trim().to_owned())
    };
    if lines.len() == 1 && text.contains("\\n") {
        return Some("the secret there has \\n where a private key (PEM) has line ends".to_owned());
    }
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return Some("it is empty".to_owned());
    };
    let Some(begun) = label(first, "BEGIN ").filter(|begun| label(last, "END ").as_ref() == Some(begun)) else {
        return Some("the secret there is not a private key in PEM, from its BEGIN line to its END line".to_owned());
    };
    if !["RSA PRIVATE KEY", "PRIVATE KEY"].contains(&begun.as_str()) {
        let what = if begun.ends_with("PRIVATE KEY") { "a private key of another kind" } else { "no private key" };
        return Some(format!("the secret there is {what}, and an app has an unencrypted RSA one"));
    }
    let body = &lines[1..lines.len() - 1];
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    if body.is_empty() || !body.iter().all(|line| !line.is_empty() && line.chars().all(base64)) {
        return Some("the private key there is damaged between its BEGIN and END lines".to_owned());
    }
    None
}

/// A token, looked up so that a missing one shows now.
pub(super) fn token(raw: &raw::Tracker, key: &str, check: &mut Check<'_>) -> Option<Secret> {
    let key = join(key, "auth");
    let next = "write auth = { token = { env = \"NAME\" } }";
    let Some(auth) = &raw.auth else {
        check.missing(&key, next);
        return None;
    };
    let key = join(&key, "token");
    let Some(given) = &auth.token else {
        check.missing(&key, next);
        return None;
    };
    match given.look_up(check.env) {
        Ok(value) if value.bytes().all(|b| b.is_ascii_graphic()) => {}
        Ok(_) => {
            let problem = "the secret there has spaces, line ends or characters that no token has (it is not shown)";
            check.wrong(&key, problem, "put the token there and nothing else");
        }
        Err((problem, next)) => check.wrong(&key, problem, next),
    }
    elsewhere(given)
}

fn elsewhere(given: &Given) -> Option<Secret> {
    match given {
        Given::Elsewhere(secret) => Some(secret.clone()),
        Given::Text(_) => None,
    }
}

/// A file of certificates to trust besides the system's.
pub(super) fn ca_file(raw: &raw::Tracker, key: &str, check: &mut Check<'_>) -> Option<PathBuf> {
    let path = raw.ca_file.as_ref()?;
    let key = join(key, "ca_file");
    let next = "name a file with -----BEGIN CERTIFICATE----- in it, or take ca_file out to trust the system's alone";
    let problem = match std::fs::read(path) {
        Ok(bytes) if String::from_utf8_lossy(&bytes).contains("-----BEGIN CERTIFICATE-----") => {
            return Some(PathBuf::from(path));
        }
        Ok(_) => format!("the file {} has no certificate (PEM) in it", shown(path)),
        Err(error) => format!("the file {} can't be read: {}", shown(path), error.kind()),
    };
    check.wrong(&key, problem, next);
    None
}

#[cfg(test)]
mod tests {
    use super::no_private_key;

    #[test]
    fn only_an_unencrypted_rsa_key_in_pem_is_an_apps_key() {
        let pem = |label: &str| format!("-----BEGIN {label}-----\nMIIE\nowIB+/==\n-----END {label}-----");
        assert_eq!(no_private_key(&pem("RSA PRIVATE KEY")), None);
        assert_eq!(no_private_key(&pem("PRIVATE KEY").replace('\n', "\r\n")), None);
        for (text, said) in [
            (pem("ENCRYPTED PRIVATE KEY"), "of another kind"),
            (pem("OPENSSH PRIVATE KEY"), "of another kind"),
            (pem("CERTIFICATE"), "no private key"),
            (pem("PRIVATE KEY").replace('\n', "\\n"), "has \\n where"),
            (pem("PRIVATE KEY").replace("-----END PRIVATE KEY-----", ""), "from its BEGIN line"),
            (pem("PRIVATE KEY").replace("MIIE", "MI IE"), "damaged"),
            ("ghs_0123".to_owned(), "not a private key in PEM"),
            ("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----".to_owned(), "damaged"),
        ] {
            let problem = no_private_key(&text).unwrap_or_else(|| panic!("{text}"));
            assert!(problem.contains(said), "{text}: {problem}");
        }
    }
}
