//! What keeps others waiting: locks that block, and the work that is done under them.

mod add_check;
mod add_column_check;
mod add_column_constrained_domain;
mod add_column_foreign_key;
mod add_column_serial;
mod add_column_stored_generated;
mod add_column_unique;
mod add_column_volatile_default;
mod add_exclusion;
mod add_foreign_key;
mod add_primary_key;
mod add_unique_constraint;
mod alteration;
mod column_type_reindex;
mod column_type_rewrite;
mod create_index;
mod create_index_partitioned;
mod drop_index;
mod invalid_index_kept;
mod primary_key_nullable_columns;
mod reindex;
mod set_not_null;
mod type_change;
mod validate_in_same_transaction;

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
    &set_not_null::SetNotNull,
    &column_type_rewrite::ColumnTypeRewrite,
    &column_type_reindex::ColumnTypeReindex,
    &add_foreign_key::AddForeignKey,
    &add_check::AddCheck,
    &validate_in_same_transaction::ValidateInSameTransaction,
    &add_unique_constraint::AddUniqueConstraint,
    &add_primary_key::AddPrimaryKey,
    &primary_key_nullable_columns::PrimaryKeyNullableColumns,
    &add_exclusion::AddExclusion,
];
