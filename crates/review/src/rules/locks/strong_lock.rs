use sluice_schema::{Name, Relation};
use sluice_sql::model::StatementKind;

use crate::{Context, Lock, LockMode};

/// Relations in use that the statement locks with `ACCESS EXCLUSIVE`, partitions and heirs of one of them left out: they are
/// the same story.
pub(crate) fn of(cx: &Context<'_>) -> Vec<Name> {
    if matches!(cx.parsed.statement.kind(), StatementKind::Rows | StatementKind::Query) {
        return Vec::new();
    }
    let locks = &cx.forecast().locks;
    let strong = |lock: &&Lock| lock.mode == LockMode::AccessExclusive;
    let is_locked = |name: &Name| locks.iter().filter(strong).any(|lock| lock.relation == *name);
    let counts = |relation: &Relation| {
        !cx.made_here(relation.origin)
            && !relation.temporary
            && !relation.partition_of.iter().chain(&relation.inherits).any(is_locked)
    };
    let names = locks.iter().filter(strong).map(|lock| &lock.relation);
    names.filter(|name| cx.schema.relations.get(name).is_none_or(counts)).cloned().collect()
}
