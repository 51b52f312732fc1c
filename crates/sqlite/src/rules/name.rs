use sluice_facts::{Fact, FactId, Kind, Scene};

use crate::extract::folded;

/// The name as it is written.
pub(crate) fn name(fact: &Fact) -> String {
    fact.payload.text("spelling").map_or_else(|| fact.id.name(), str::to_owned)
}

/// The statement or clause that makes the fact.
pub(super) fn written(fact: &Fact) -> String {
    fact.written.as_deref().unwrap_or_default().to_owned()
}

/// A name that neither schema has, for a table that is moved out of the way.
pub(super) fn aside(table: &Fact, scene: &Scene<'_>) -> String {
    let kinds = [Kind::Table, Kind::VirtualTable, Kind::View, Kind::Index];
    let is_taken = |name: &str| {
        let mut ids = kinds.into_iter().map(|kind| FactId::new(kind, [folded(name)]));
        ids.any(|id| scene.from.get(&id).is_some() || scene.to.get(&id).is_some())
    };
    let base = format!("sluice_old_{}", name(table));
    let mut free = base.clone();
    for number in 2_u32.. {
        if !is_taken(&free) {
            break;
        }
        free = format!("{base}_{number}");
    }
    free
}
