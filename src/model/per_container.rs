//! Settings of a container: the defaults and, laid over them, those of its scope.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ContainerKey;

/// One value for each container, most of them the default.
#[derive(Clone, Debug, Default)]
pub struct PerContainer<T> {
    /// What holds for every container without an entry of its own.
    pub default: Arc<T>,
    /// Containers whose scope says otherwise.
    pub own: BTreeMap<ContainerKey, Arc<T>>,
}

impl<T> PerContainer<T> {
    /// The same for every container.
    pub fn uniform(value: T) -> Self {
        Self { default: Arc::new(value), own: BTreeMap::new() }
    }

    /// What holds for this container.
    pub fn of(&self, container: &ContainerKey) -> &T {
        self.own.get(container).unwrap_or(&self.default)
    }

    /// The default and every scope's value.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&*self.default).chain(self.own.values().map(|value| &**value))
    }
}
