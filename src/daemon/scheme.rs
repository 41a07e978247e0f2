//! Settings and what the trackers allow -> the scheme of one cycle.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Works;
use crate::model::ContainerKey;
use crate::plan::{Existing, Scheme, Target};

/// Values that each container's fields allow, where the tracker told.
pub(super) type Allowed = BTreeMap<ContainerKey, BTreeMap<String, BTreeSet<String>>>;

/// What may be written where, for these containers; of a field's values only those that its container allows. `adopt`: our
/// spellings that are found without a record are ours.
pub(super) fn scheme_of<T>(works: &Works<T>, containers: &[ContainerKey], allowed: &Allowed, adopt: bool) -> Scheme {
    let mut scheme = works.settings.scheme(containers);
    for (container, fields) in allowed {
        let mut own = scheme.of(container).clone();
        for sink in own.sinks.get_mut(&container.tracker).into_iter().flatten() {
            if let Target::Field(field) = &sink.target {
                sink.allowed = fields.get(field).cloned();
            }
        }
        if own != *scheme.of(container) {
            scheme.own.insert(container.clone(), Arc::new(own));
        }
    }
    if adopt {
        Arc::make_mut(&mut scheme.default).existing = Existing::Adopt;
        for own in scheme.own.values_mut() {
            Arc::make_mut(own).existing = Existing::Adopt;
        }
    }
    scheme
}
