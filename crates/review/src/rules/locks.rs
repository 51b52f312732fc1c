//! What keeps others waiting: locks that block, and the work that is done under them.

mod add_column_check;
mod add_column_constrained_domain;
mod add_column_foreign_key;
mod add_column_serial;
mod add_column_stored_generated;
mod add_column_unique;
mod add_column_volatile_default;
mod alteration;
mod create_index;
mod create_index_partitioned;
mod drop_index;
mod invalid_index_kept;
mod reindex;

use crate::Rule;

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[
    &create_index::CreateIndex,
    &drop_index::DropIndex,
    &reindex::Reindex,
    &create_index_partitioned::CreateIndexPartitioned,
    &invalid_index_kept::InvalidIndexKept,
    &add_column_volatile_default::AddColumnVolatileDefault,
    &add_column_stored_generated::AddColumnStoredGenerated,
    &add_column_serial::AddColumnSerial,
    &add_column_constrained_domain::AddColumnConstrainedDomain,
    &add_column_check::AddColumnCheck,
    &add_column_foreign_key::AddColumnForeignKey,
    &add_column_unique::AddColumnUnique,
];
