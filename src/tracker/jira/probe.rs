//! The questions of `roadmapd check --online` to Jira.

use super::Jira;
use super::wire::{Permissions, User};
use crate::tracker::Probed;

impl Jira {
    pub(super) async fn probe_all(&self) -> Vec<Probed> {
        let mut found = Vec::new();
        match self.identify().await {
            Ok(user) => {
                let user: User = serde_json::from_value(user).unwrap_or_default();
                found.push(Probed::fine(format!("{}: the credential is {}'s", self.name, user.name)));
            }
            Err(trouble) => {
                found.push(Probed::wrong(trouble.to_string()));
                return found;
            }
        }
        match self.discover().await {
            Ok(site) => {
                let points = match site.story_points.as_slice() {
                    [] => "story points aren't read; complexity is estimated".to_owned(),
                    ids => format!("story points are read from {}", ids.join(" and ")),
                };
                found.push(Probed::fine(format!("{}: {points}", self.name)));
                found.extend(site.findings.iter().map(|finding| Probed::wrong(format!("{}: {finding}", self.name))));
            }
            Err(trouble) => {
                found.push(Probed::wrong(trouble.to_string()));
                return found;
            }
        }
        for key in &self.projects {
            found.push(self.probe_project(key).await);
        }
        found
    }

    async fn probe_project(&self, key: &str) -> Probed {
        let target = format!("/rest/api/3/mypermissions?permissions=BROWSE_PROJECTS,EDIT_ISSUES&projectKey={key}");
        let name = format!("{}:{key}", self.name);
        let permissions: Permissions = match self.client.get(&target).await {
            Ok(permissions) => permissions,
            Err(trouble) => return Probed::wrong(trouble.to_string()),
        };
        let granted = |name: &str| permissions.permissions.get(name).is_some_and(|permission| permission.granted);
        match (granted("BROWSE_PROJECTS"), granted("EDIT_ISSUES")) {
            (true, true) => Probed::fine(format!("{name} can be read, and its issues may be edited")),
            (true, false) => Probed::wrong(format!(
                "{name} can be read but its issues not edited; grant Edit issues, or set [write] mode = \"observe\""
            )),
            (false, _) => Probed::wrong(format!("{name} can't be seen; grant Browse projects to the account")),
        }
    }
}
