//! What a site is and who we are there: Cloud or Data Center, at its own address or behind the gateway, its projects and fields.

use std::sync::Arc;

use super::Jira;
use super::flavour::Flavour;
use super::memory::Site;
use super::told::{AccessToken, Field, Server, Tenant};
use super::wire::{Project, User};
use super::{map, sprint};
use crate::tracker::{Trouble, TroubleKind};

impl Jira {
    /// The site as far as it is known; asked where it isn't.
    pub(super) async fn site(&self) -> Result<Arc<Site>, Trouble> {
        match self.known_site() {
            Some(site) => Ok(site),
            None => Ok(self.know_site(self.discover().await?)),
        }
    }

    /// Who the credential is. Some endpoints answer a bad one as anonymous, so this is asked before every reading.
    pub(super) async fn identify(&self, flavour: Flavour) -> Result<User, Trouble> {
        let refused = match self.client.get(&flavour.path("myself")).await {
            Err(trouble) if trouble.kind == TroubleKind::Unauthorized && flavour == Flavour::Cloud => trouble,
            answered => return answered,
        };
        if self.client.has_gateway() { self.by_other_way(refused).await } else { Err(refused) }
    }

    /// Scoped tokens and those of service accounts are refused at the site and accepted behind the gateway; other tokens
    /// the other way round.
    async fn by_other_way(&self, refused: Trouble) -> Result<User, Trouble> {
        let before = self.client.cloud();
        let other = match &before {
            Some(_) => None,
            None => Some(self.cloud_id(&refused).await?),
        };
        self.client.enter(other);
        let answered: Result<User, Trouble> = self.client.get(&Flavour::Cloud.path("myself")).await;
        let Err(trouble) = answered else { return answered };
        self.client.enter(before);
        if !matches!(trouble.kind, TroubleKind::Unauthorized | TroubleKind::Forbidden | TroubleKind::Missing) {
            return Err(trouble);
        }
        Err(self.refused_twice(&refused, &trouble.what))
    }

    async fn cloud_id(&self, refused: &Trouble) -> Result<String, Trouble> {
        let tenant: Tenant = match self.client.get_openly("/_edge/tenant_info").await {
            Ok(tenant) => tenant,
            Err(trouble) => return Err(self.refused_twice(refused, &trouble.what)),
        };
        // It becomes part of an address.
        let sound = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if tenant.cloud.is_empty() || tenant.cloud.len() > 100 || !tenant.cloud.chars().all(sound) {
            return Err(self.refused_twice(refused, "the site doesn't say by which id the gateway knows it"));
        }
        Ok(tenant.cloud)
    }

    fn refused_twice(&self, refused: &Trouble, also: &str) -> Trouble {
        let host = self.client.gateway_host();
        let what = format!("{} (asked through {host} as well: {also})", refused.what);
        let next = "check that the token is right and hasn't expired; an API token without scopes is used with its \
                    account's email as auth.user, a scoped one or a service account's needs the scopes read:jira-work, \
                    write:jira-work and read:jira-user";
        self.client.lane.trouble(TroubleKind::Unauthorized, what, next)
    }

    /// What the site tells of itself: what it is, its projects, its story-point, epic and sprint fields.
    pub(super) async fn discover(&self) -> Result<Site, Trouble> {
        self.forget();
        let server = self.server().await?;
        let flavour = Flavour::of(&server.deployment);
        let account = self.identify(flavour).await?.id().to_owned();
        let url = if server.url.is_empty() { self.client.base() } else { &server.url };
        let mut site = Site {
            url: url.trim_end_matches('/').to_owned(),
            flavour,
            account,
            cloud: self.client.cloud(),
            ..Site::default()
        };
        for key in &self.projects {
            let project: Project = self.client.get(&flavour.path(&format!("project/{key}"))).await?;
            if project.key != *key {
                let finding = format!("the project {key} is called {} now; put that into projects", project.key);
                site.findings.push(finding);
            }
            site.projects.insert(key.clone(), project.id);
        }
        let fields: Vec<Field> = self.client.get(&flavour.path("field")).await?;
        let (story_points, findings) = map::story_points(&fields, self.story_points.as_deref());
        site.story_points = story_points;
        site.findings.extend(findings);
        site.epic_links = map::epic_links(&fields, flavour);
        site.sprints = sprint::fields(&fields);
        for id in &self.fields_read {
            match fields.iter().find(|field| field.id == *id) {
                Some(field) => drop(site.field_names.insert(id.clone(), field.name.clone())),
                None => site.findings.push(format!(
                    "the field {id} isn't on this site (or not visible to the account); it is neither read nor written"
                )),
            }
        }
        site.expires = self.token_expires(flavour).await;
        Ok(site)
    }

    /// The server's account of itself, which everybody may read: before it is known what the site is, a refused credential
    /// is not yet a trouble.
    pub(super) async fn server(&self) -> Result<Server, Trouble> {
        let target = Flavour::DataCenter.path("serverInfo");
        match self.client.get(&target).await {
            Err(trouble) if trouble.kind == TroubleKind::Unauthorized => {
                // The refusal of the credential is what a person must hear of if this is refused, too.
                self.client.get_openly(&target).await.map_err(|_| trouble)
            }
            answered => answered,
        }
    }

    /// When a personal access token of Data Center expires: told only where the account has just one.
    async fn token_expires(&self, flavour: Flavour) -> Option<crate::model::Timestamp> {
        if flavour == Flavour::Cloud || !self.client.is_bearer() {
            return None;
        }
        let tokens: Vec<AccessToken> = self.client.get("/rest/pat/latest/tokens").await.ok()?;
        match tokens.as_slice() {
            [only] => only.expires,
            _ => None,
        }
    }
}
