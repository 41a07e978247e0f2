//! Cloud and Data Center: what differs between them in paths.

use serde::{Deserialize, Serialize};

/// Which of the two a site is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Flavour {
    /// Atlassian's own service: version 3, documents, token paging, account ids.
    #[default]
    Cloud,
    /// A server of one's own: version 2, wiki markup, offset paging, user keys.
    DataCenter,
}

impl Flavour {
    /// What a `deploymentType` means.
    pub(super) fn of(deployment: &str) -> Self {
        if deployment == "Cloud" { Self::Cloud } else { Self::DataCenter }
    }

    /// A path below the version of the API that it speaks.
    pub(super) fn path(self, path: &str) -> String {
        match self {
            Self::Cloud => format!("/rest/api/3/{path}"),
            Self::DataCenter => format!("/rest/api/2/{path}"),
        }
    }
}
