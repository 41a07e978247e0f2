//! A sink's spellings -> the labels of the catalogue, with colours by level and a description that says whose they are.

use crate::model::{Complexity, Level, Priority, Readiness};
use crate::plan::{AUTO_LABEL, Spelled, Target};
use crate::tracker::LabelSpec;

/// The labels that a sink spells; none for a field.
pub(super) fn specs(spelled: &Spelled) -> Vec<LabelSpec> {
    if spelled.target != Target::Label {
        return Vec::new();
    }
    let spec = |(level, name): &(Level, String)| LabelSpec {
        name: name.clone(),
        color: color(*level).to_owned(),
        description: format!(
            "{} {level}, set by roadmapd. Set another to hold it; roadmapd:auto hands it back.",
            spelled.aspect
        ),
    };
    spelled.spellings.iter().map(spec).collect()
}

/// The label by which people hand an issue back. It must be in GitHub's catalogue to be picked.
pub(super) fn hand_back() -> LabelSpec {
    LabelSpec {
        name: AUTO_LABEL.to_owned(),
        color: "ededed".to_owned(),
        description: "Hands this issue's levels back to roadmapd, which takes this label off once it has read it."
            .to_owned(),
    }
}

/// Priority from red to grey, complexity from light to dark blue: read at a glance, apart from each other.
fn color(level: Level) -> &'static str {
    match level {
        Level::Priority(Priority::P0) => "b60205",
        Level::Priority(Priority::P1) => "d93f0b",
        Level::Priority(Priority::P2) => "fbca04",
        Level::Priority(Priority::P3) => "c9ccd1",
        Level::Complexity(Complexity::Xs) => "dbeafe",
        Level::Complexity(Complexity::S) => "93c5fd",
        Level::Complexity(Complexity::M) => "3b82f6",
        Level::Complexity(Complexity::L) => "1d4ed8",
        Level::Complexity(Complexity::Xl) => "172554",
        Level::Readiness(Readiness::Ready) => "2da44e",
        Level::Readiness(Readiness::Blocked) => "8b5cf6",
        Level::Readiness(Readiness::NeedsRequirements) => "d4a72c",
        Level::Readiness(Readiness::NeedsBreakdown) => "bf8700",
        Level::Readiness(Readiness::Risky) => "cf222e",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Aspect;

    #[test]
    fn every_label_fits_githubs_catalogue_and_has_a_colour_of_its_own() {
        let mut colors = std::collections::BTreeSet::new();
        for aspect in Aspect::ALL {
            let spellings = aspect.levels().into_iter().map(|level| (level, format!("x/{level}"))).collect();
            for spec in specs(&Spelled { aspect, target: Target::Label, spellings, allowed: None, fold_case: true }) {
                assert!(spec.description.chars().count() <= 100, "{}", spec.description);
                assert!(spec.description.contains("roadmapd") && spec.description.contains("hold"));
                assert!(spec.color.len() == 6 && spec.color.bytes().all(|b| b.is_ascii_hexdigit()), "{}", spec.color);
                assert!(colors.insert(spec.color.clone()), "{} twice", spec.color);
            }
        }
    }
}
