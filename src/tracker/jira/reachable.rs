//! Credential -> the projects that it can browse.

use serde::Deserialize;

use super::Jira;
use super::flavour::Flavour;
use crate::model::ContainerKey;
use crate::tracker::{Reachable, Trouble, TroubleKind};

/// A project as both kinds of Jira list it.
#[derive(Deserialize)]
struct Project {
    key: String,
    #[serde(default)]
    name: String,
}

/// A page of Cloud's search for projects.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Projects {
    values: Vec<Project>,
    #[serde(default)]
    is_last: bool,
}

impl Jira {
    /// Projects that the credential can browse, whatever is configured, sorted by key.
    pub(super) async fn reachable_all(&self) -> Result<Vec<Reachable>, Trouble> {
        let flavour = Flavour::of(&self.server().await?.deployment);
        // Finds the way in, too: a scoped token of Cloud is accepted at the gateway alone.
        self.identify(flavour).await?;
        let mut rows: Vec<Project> = Vec::new();
        match flavour {
            Flavour::DataCenter => rows = self.client.get(&flavour.path("project")).await?,
            Flavour::Cloud => loop {
                let target = flavour.path(&format!("project/search?startAt={}&maxResults=50", rows.len()));
                let page: Projects = self.client.get(&target).await?;
                let (before, is_last) = (rows.len(), page.is_last);
                rows.extend(page.values);
                if is_last {
                    break;
                }
                if rows.len() == before || rows.len() >= PROJECTS_MAX {
                    let what = format!("GET {target} shows no end after {} projects", rows.len());
                    return Err(self.client.lane.trouble(TroubleKind::Garbled, what, "name the projects by --project"));
                }
            },
        }
        let mut found: Vec<Reachable> = rows
            .into_iter()
            .map(|row| Reachable {
                container: ContainerKey::new(&self.name, &row.key),
                title: row.name,
                open: None,
                private: true,
            })
            .collect();
        found.sort_by(|a, b| a.container.cmp(&b.container));
        found.dedup_by(|a, b| a.container == b.container);
        Ok(found)
    }
}

/// Projects of one site that are listed.
const PROJECTS_MAX: usize = 10_000;
