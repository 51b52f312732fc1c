use std::collections::BTreeSet;

use sluice_facts::{Fact, Kind, Scene};

use crate::extract::folded;

/// The name as it is written.
pub(super) fn name(fact: &Fact) -> String {
    fact.payload.text("spelling").map_or_else(|| fact.id.name(), str::to_owned)
}

/// The statement or clause that makes the fact.
pub(super) fn written(fact: &Fact) -> String {
    fact.written.as_deref().unwrap_or_default().to_owned()
}

/// A name that neither schema has, for a table that is moved out of the way.
pub(super) fn aside(table: &Fact, scene: &Scene<'_>) -> String {
    let kinds = [Kind::Table, Kind::VirtualTable, Kind::View, Kind::Index];
    let facts = scene.from.facts().iter().chain(scene.to.facts());
    let taken: BTreeSet<String> =
        facts.filter(|fact| kinds.contains(&fact.kind)).map(|fact| fact.id.name()).collect();
    let base = format!("sluice_old_{}", name(table));
    let mut free = base.clone();
    for number in 2_u32.. {
        if !taken.contains(&folded(&free)) {
            break;
        }
        free = format!("{base}_{number}");
    }
    free
}
