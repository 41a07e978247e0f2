//! The app: signatures, installations and their tokens.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use octocrab::jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};

use super::render::stamp;
use super::routes::{Answer, Ask, Who, created, not_found, ok, refusal};
use super::{GitHub, Repo};
use crate::sandbox::Caller;
use crate::sandbox::message::{Reply, digest};

/// How long an installation's token lasts.
const TOKEN_LASTS: SignedDuration = SignedDuration::from_hours(1);
/// The longest time for which an app may sign.
const SIGNATURE_S_MAX: i64 = 600;

/// An app that may sign in to the GitHub.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GithubApp {
    /// Its id.
    pub id: u64,
    /// Its name in addresses; it acts as `{slug}[bot]`.
    pub slug: String,
    /// Its public key (PEM), by which its signatures are checked.
    pub public_key: String,
    /// Where it is installed.
    pub installations: Vec<GithubInstallation>,
}

/// An installation of the app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GithubInstallation {
    /// For whom.
    pub owner: String,
    /// Full names of the repositories that it may see. None: all of the owner's.
    pub repositories: Option<Vec<String>>,
    /// What it may do: `issues` to `read` or `write`, `metadata` to `read`.
    pub permissions: BTreeMap<String, String>,
    /// It was suspended: no tokens.
    pub suspended: bool,
}

/// An installation's token.
pub(super) struct Minted {
    token: String,
    installation: usize,
    expires: Timestamp,
}

impl GitHub {
    /// Whether this person is the app.
    pub(super) fn is_app(&self, place: usize) -> bool {
        self.app.as_ref().is_some_and(|app| self.people[place].login == format!("{}[bot]", app.slug))
    }

    /// Whether an installation may see a repository.
    pub(super) fn granted(&self, installation: usize, repo: &Repo) -> bool {
        let Some(installation) = self.app.as_ref().and_then(|app| app.installations.get(installation)) else {
            return false;
        };
        let chosen = |names: &Vec<String>| names.iter().any(|name| name.eq_ignore_ascii_case(&repo.full_name()));
        !repo.hidden
            && installation.owner.eq_ignore_ascii_case(&repo.owner)
            && installation.repositories.as_ref().is_none_or(chosen)
    }

    pub(in crate::sandbox) fn revoke_tokens(&mut self) {
        self.minted.clear();
    }

    pub(in crate::sandbox) fn reinstall(&mut self) {
        self.revoke_tokens();
        self.first_installation += 1000;
    }

    /// Who sent a credential that is no account's token.
    pub(super) fn app_or_installation(&mut self, credential: &str, now: Timestamp) -> Result<Who, Reply> {
        let Some(app) = self.app.clone() else { return Err(refusal(401, "Bad credentials")) };
        let actor = self.person(&format!("{}[bot]", app.slug));
        if let Some(minted) = self.minted.iter().find(|minted| minted.token == credential && minted.expires > now) {
            let place = minted.installation;
            let issues = app.installations.get(place).and_then(|some| some.permissions.get("issues"));
            let caller = match issues.map(String::as_str) {
                Some("write") => Caller::Writer,
                Some("read") => Caller::Reader,
                _ => Caller::Nobody,
            };
            return Ok(Who { caller, actor, installation: Some(place), app: false });
        }
        if credential.split('.').count() != 3 {
            return Err(refusal(401, "Bad credentials"));
        }
        check_signature(&app, credential, now)?;
        Ok(Who { caller: Caller::Nobody, actor, installation: None, app: true })
    }

    /// The app, if it is the one who asks.
    fn signed(&self, ask: &Ask) -> Result<&GithubApp, Reply> {
        let unsigned = || refusal(401, "A JSON web token could not be decoded");
        self.app.as_ref().filter(|_| ask.app).ok_or_else(unsigned)
    }

    pub(super) fn get_app(&mut self, ask: &Ask) -> Answer {
        self.signed(ask)?;
        Ok(ok(&self.app_row()))
    }

    pub(super) fn list_installations(&mut self, ask: &Ask) -> Answer {
        let app = self.signed(ask)?;
        Ok(self.page(ask, app.installations.len(), |at| self.installation_row(app, at)))
    }

    pub(super) fn mint_token(&mut self, ask: &Ask) -> Answer {
        let app = self.signed(ask)?;
        let place = ask.at(2).parse::<u64>().ok().and_then(|id| id.checked_sub(self.first_installation));
        let place = place.and_then(|place| usize::try_from(place).ok()).ok_or_else(not_found)?;
        let installation = app.installations.get(place).ok_or_else(not_found)?;
        if installation.suspended {
            return Err(refusal(403, "This installation has been suspended"));
        }
        let expires = ask.call.now.saturating_add(TOKEN_LASTS).unwrap_or(ask.call.now);
        let (id, count) = (app.id, self.minted.len());
        let secret = digest(&[self.token.as_bytes(), &self.request.to_le_bytes(), &count.to_le_bytes()]);
        let token = format!("ghs_{id}_{secret}");
        let row = json!({
            "token": token, "expires_at": stamp(expires), "permissions": installation.permissions,
            "repository_selection": if installation.repositories.is_some() { "selected" } else { "all" },
        });
        self.minted.push(Minted { token, installation: place, expires });
        Ok(created(&row))
    }

    pub(super) fn list_installation_repositories(&mut self, ask: &Ask) -> Answer {
        let Some(place) = ask.installation else {
            return Err(refusal(
                403,
                "You must authenticate with an installation access token in order to list repositories for an installation.",
            ));
        };
        let seen: Vec<&Repo> = self.repos.iter().filter(|repo| self.granted(place, repo)).collect();
        let mut reply = self.page(ask, seen.len(), |at| self.repository_row(seen[at], ask.caller));
        let rows: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let selected = self.app.as_ref().is_some_and(|app| app.installations[place].repositories.is_some());
        reply.body = json!({
            "total_count": seen.len(), "repository_selection": if selected { "selected" } else { "all" }, "repositories": rows,
        })
        .to_string()
        .into_bytes();
        Ok(reply)
    }

    pub(super) fn app_row(&self) -> Value {
        let Some(app) = &self.app else { return Value::Null };
        json!({
            "id": app.id, "slug": app.slug, "node_id": format!("A_kwDO{:08}", app.id), "client_id": format!("Iv23li{:014}", app.id),
            "owner": self.user(self.bot), "name": app.slug, "description": null, "external_url": self.web,
            "html_url": format!("{}/apps/{}", self.web, app.slug), "created_at": "2025-01-01T00:00:00Z",
            "updated_at": "2025-01-01T00:00:00Z", "permissions": {"issues": "write", "metadata": "read"}, "events": [],
            "installations_count": app.installations.len(),
        })
    }

    fn installation_row(&self, app: &GithubApp, at: usize) -> Value {
        let (installation, id) = (&app.installations[at], self.first_installation + at as u64);
        let person = self.person_by_login.keys().any(|login| login.eq_ignore_ascii_case(&installation.owner));
        let kind = if person { "User" } else { "Organization" };
        let mut account = self.user(self.bot);
        account["login"] = Value::String(installation.owner.clone());
        account["type"] = Value::String(kind.to_owned());
        json!({
            "id": id, "account": account, "repository_selection": if installation.repositories.is_some() { "selected" } else { "all" },
            "access_tokens_url": format!("{}/app/installations/{id}/access_tokens", self.base),
            "repositories_url": format!("{}/installation/repositories", self.base),
            "html_url": format!("{}/settings/installations/{id}", self.web), "app_id": app.id, "app_slug": app.slug,
            "target_id": account["id"], "target_type": kind, "permissions": installation.permissions, "events": [],
            "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z", "single_file_name": null,
            "has_multiple_single_files": false, "single_file_paths": [], "suspended_by": null,
            "suspended_at": if installation.suspended { json!("2025-02-01T00:00:00Z") } else { Value::Null },
        })
    }
}

/// Checks what an app must sign: RS256, issued by it, in force now and for ten minutes at most.
fn check_signature(app: &GithubApp, text: &str, now: Timestamp) -> Result<(), Reply> {
    let wrong = || refusal(401, "A JSON web token could not be decoded");
    let key = DecodingKey::from_rsa_pem(app.public_key.as_bytes()).map_err(|_| wrong())?;
    let mut rules = Validation::new(Algorithm::RS256);
    // The times are judged by the sandbox's own clock.
    (rules.validate_exp, rules.required_spec_claims) = (false, std::collections::HashSet::new());
    let claims = decode::<Value>(text, &key, &rules).map_err(|_| wrong())?.claims;
    let number = |name: &str| claims[name].as_i64();
    let issuer = claims["iss"].as_u64().or_else(|| claims["iss"].as_str()?.parse().ok());
    if issuer != Some(app.id) {
        return Err(refusal(401, "'Issuer' claim ('iss') must be an Integer"));
    }
    let now = now.as_second();
    match (number("iat"), number("exp")) {
        (Some(issued), _) if issued > now + 60 => Err(refusal(
            401,
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        )),
        (Some(_), Some(expires)) if expires <= now => Err(refusal(
            401,
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
        )),
        (Some(_), Some(expires)) if expires - now > SIGNATURE_S_MAX => {
            Err(refusal(401, "'Expiration time' claim ('exp') is too far in the future"))
        }
        (Some(_), Some(_)) => Ok(()),
        _ => Err(wrong()),
    }
}
