//! The questions of `roadmapd check --online` to Jira.

use serde_json::json;

use super::Jira;
use super::flavour::Flavour;
use super::memory::Site;
use super::told::{Permissions, Screen};
use super::wire::{Page, Stamp};
use crate::model::{ContainerKey, Timestamp};
use crate::tracker::{Probed, Trouble, Writes};

impl Jira {
    pub(super) async fn probe_all(&self, writes: &Writes<'_>) -> Vec<Probed> {
        let site = match self.discover().await {
            Ok(site) => self.know_site(site),
            Err(trouble) => return vec![Probed::wrong(trouble.to_string())],
        };
        let mut found = Vec::new();
        match self.identify(site.flavour).await {
            Ok(user) => {
                let (name, user) = (&self.name, user.shown().to_owned());
                let kind = match (site.flavour, &site.cloud) {
                    (Flavour::Cloud, None) => "Jira Cloud".to_owned(),
                    (Flavour::Cloud, Some(_)) => format!("Jira Cloud, asked through {}", self.client.gateway_host()),
                    (Flavour::DataCenter, _) => "Jira Data Center".to_owned(),
                };
                found.push(Probed::fine(format!("{name}: the credential is {user}'s ({kind})")));
            }
            Err(trouble) => found.push(Probed::wrong(trouble.to_string())),
        }
        let points = match site.story_points.as_slice() {
            [] => "story points aren't read; complexity is estimated".to_owned(),
            ids => format!("story points are read from {}", ids.join(" and ")),
        };
        found.push(Probed::fine(format!("{}: {points}", self.name)));
        found.extend(site.findings.iter().map(|finding| Probed::wrong(format!("{}: {finding}", self.name))));
        found.extend(site.expires.map(|at| Probed::expiry(&self.name, at, Timestamp::now())));
        for key in &self.projects {
            match self.probe_project(key, &site, writes(Some(&ContainerKey::new(&self.name, key)))).await {
                Ok(probed) => found.extend(probed),
                Err(trouble) => found.push(Probed::wrong(trouble.to_string())),
            }
        }
        found
    }

    async fn probe_project(&self, key: &str, site: &Site, writes: bool) -> Result<Vec<Probed>, Trouble> {
        let asked = match site.flavour {
            Flavour::Cloud => format!("mypermissions?permissions=BROWSE_PROJECTS,EDIT_ISSUES&projectKey={key}"),
            Flavour::DataCenter => format!("mypermissions?projectKey={key}"),
        };
        let name = format!("{}:{key}", self.name);
        let permissions: Permissions = self.client.get(&site.flavour.path(&asked)).await?;
        let granted = |name: &str| permissions.permissions.get(name).is_some_and(|permission| permission.granted);
        if !granted("BROWSE_PROJECTS") {
            let text = format!("{name} can't be seen; grant Browse projects to the account");
            return Ok(vec![Probed::wrong(text)]);
        }
        if !writes {
            return Ok(vec![Probed::fine(format!("{name} can be read, and nothing is written there"))]);
        }
        if !granted("EDIT_ISSUES") {
            return Ok(vec![Probed::wrong(format!(
                "{name} can be read but its issues not edited; grant Edit issues, or set [write] mode = \"observe\""
            ))]);
        }
        let mut found = vec![Probed::fine(format!("{name} can be read, and its issues may be edited"))];
        if !self.fields.is_empty()
            && let Some(screen) = self.some_screen(key, site).await?
        {
            for field in ["labels"].into_iter().chain(self.fields.iter().map(String::as_str)) {
                if !screen.fields.contains_key(field) {
                    found.push(Probed::wrong(format!(
                        "{name}: the field {field} isn't on the edit screen; put it there, or leave {key} out of the \
                         [[sink]] that writes it"
                    )));
                }
            }
        }
        Ok(found)
    }

    /// The edit screen of the issue of a project that changed last. None: the project has no issues.
    async fn some_screen(&self, key: &str, site: &Site) -> Result<Option<Screen>, Trouble> {
        let search = match site.flavour {
            Flavour::Cloud => "search/jql",
            Flavour::DataCenter => "search",
        };
        let jql = format!("project = \"{key}\" AND statusCategory != Done ORDER BY updated DESC");
        let body = json!({"jql": jql, "fields": ["updated"], "maxResults": 1});
        let page: Page<Stamp> = self.client.ask(&site.flavour.path(search), &body).await?;
        let Some(issue) = page.issues.first() else { return Ok(None) };
        self.client.get(&site.flavour.path(&format!("issue/{}/editmeta", issue.id))).await.map(Some)
    }
}
