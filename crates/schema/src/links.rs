use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Name, Relation};

/// Which relations may point to a relation: by foreign keys, as views, as partitions or heirs. Links that went away stay, so
/// who asks must look whether it is still so. Found without looking at all relations.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Links {
    to: BTreeMap<Name, BTreeSet<Name>>,
}

/// Two schemas are the same whatever they were before.
impl PartialEq for Links {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Links {}

impl Links {
    /// Remembers what a relation points to.
    pub(crate) fn note(&mut self, relation: &Relation) {
        let keys = relation.foreign_keys().map(|(_, key)| &key.table);
        let uses = relation.uses.iter().map(|used| &used.relation);
        let parents = relation.inherits.iter().chain(&relation.partition_of);
        for target in keys.chain(uses).chain(parents) {
            if !self.to.get(target).is_some_and(|from| from.contains(&relation.name)) {
                self.to.entry(target.clone()).or_default().insert(relation.name.clone());
            }
        }
    }

    /// Names of relations that may point to `target`, in order.
    pub(crate) fn to(&self, target: &Name) -> impl Iterator<Item = &Name> {
        self.to.get(target).into_iter().flatten()
    }
}
