//! Edit screens: which fields may be edited where, and to which values. Asked once per project and issue type.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use super::Jira;
use super::memory::Allowed;
use super::told::{Choice, Screen};
use super::write::PLAIN;
use crate::tracker::{Trouble, TroubleKind};

/// Issue types of one project whose screens are asked to learn its allowed values.
const TYPES_MAX: usize = 20;

/// A project's and an issue type's ids.
pub(super) type ScreenKey = (String, String);

impl Jira {
    /// The edit screen of an issue, shared by all issues of its project and type.
    pub(super) async fn screen(&self, key: &ScreenKey, issue: &str) -> Result<Arc<Screen>, Trouble> {
        if let Some(known) = self.screens.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Ok(Arc::clone(known));
        }
        let screen: Screen = self.client.get(&PLAIN.path(&format!("issue/{issue}/editmeta"))).await?;
        let screen = Arc::new(screen);
        self.screens.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), Arc::clone(&screen));
        Ok(screen)
    }

    /// Asks a screen again at the next write: Jira refused what it promised.
    pub(super) fn forget_screen(&self, key: &ScreenKey) {
        self.screens.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Which values each project allows in the configured fields, by a sample issue of each of its issue types.
    ///
    /// Only what all screens with the field agree on counts. A field of which any value goes has no entry; one that is on
    /// no screen has an empty one. A project without open issues, or where nothing may be edited, isn't there.
    pub(super) async fn allowed_values(
        &self,
        samples: &BTreeMap<String, BTreeMap<String, String>>,
        findings: &mut Vec<String>,
    ) -> Result<Allowed, Trouble> {
        let mut allowed = Allowed::new();
        if self.fields.is_empty() {
            return Ok(allowed);
        }
        for (project, kinds) in samples {
            let mut screens = Vec::new();
            for (kind, issue) in kinds.iter().take(TYPES_MAX) {
                match self.screen(&(project.clone(), kind.clone()), issue).await {
                    Ok(screen) if screen.fields.is_empty() => {}
                    Ok(screen) => screens.push(screen),
                    // The sample went away meanwhile, or isn't for us: the others tell.
                    Err(trouble) if matches!(trouble.kind, TroubleKind::Missing | TroubleKind::Forbidden) => {}
                    Err(trouble) => return Err(trouble),
                }
            }
            if screens.is_empty() {
                continue;
            }
            let fields: BTreeMap<String, BTreeSet<String>> =
                self.fields.iter().filter_map(|field| Some((field.clone(), agreed(&screens, field)?))).collect();
            for (field, _) in fields.iter().filter(|(_, values)| values.is_empty()) {
                findings.push(format!(
                    "the field {field} can't be written in {project}: its issues' edit screens don't have it or don't \
                     agree on a value; put it on the screens, or leave {project} out of that [[sink]]"
                ));
            }
            allowed.insert(project.clone(), fields);
        }
        Ok(allowed)
    }
}

/// The values that all screens with the field allow; None: any value goes.
fn agreed(screens: &[Arc<Screen>], field: &str) -> Option<BTreeSet<String>> {
    let mut on: Vec<BTreeSet<String>> = Vec::new();
    for place in screens.iter().filter_map(|screen| screen.fields.get(field)) {
        if place.allowed.is_empty() {
            return None;
        }
        on.push(place.allowed.iter().map(|choice: &Choice| choice.text().to_owned()).collect());
    }
    Some(on.into_iter().reduce(|a, b| a.intersection(&b).cloned().collect()).unwrap_or_default())
}
