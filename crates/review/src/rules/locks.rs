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
mod attach_partition;
mod cluster;
mod column_type_check;
mod column_type_reindex;
mod column_type_rewrite;
mod combined_alter;
mod create_index;
mod create_index_partitioned;
mod create_partition_default;
mod create_trigger;
mod detach_partition;
mod domain_constraint;
mod drop_foreign_key_parent;
mod drop_index;
mod drop_table_parent;
mod expansion;
mod filling;
mod flush_tables;
mod invalid_index_kept;
mod lock_order;
mod lock_table;
pub(super) mod mysql;
mod not_null_proof;
mod primary_key_nullable_columns;
mod refresh_materialized_view;
mod reindex;
mod set_access_method;
mod set_expression;
mod set_logged;
mod set_not_null;
mod set_tablespace;
mod several_hot_tables;
mod slow_work_after_lock;
pub(super) mod sqlite;
mod table_size_limit;
mod truncate;
mod type_change;
mod vacuum_full;
mod validate_in_same_transaction;

use crate::Rule;

pub(super) use add_column_unique::has_order;

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
    &drop_foreign_key_parent::DropForeignKeyParent,
    &drop_table_parent::DropTableParent,
    &attach_partition::AttachPartition,
    &create_partition_default::CreatePartitionDefault,
    &detach_partition::DetachPartition,
    &refresh_materialized_view::RefreshMaterializedView,
    &vacuum_full::VacuumFull,
    &cluster::Cluster,
    &set_logged::SetLogged,
    &set_tablespace::SetTablespace,
    &lock_table::LockTable,
    &domain_constraint::DomainConstraint,
    &create_trigger::CreateTrigger,
    &combined_alter::CombinedAlter,
    &truncate::Truncate,
    &several_hot_tables::SeveralHotTables,
    &slow_work_after_lock::SlowWorkAfterLock,
    &set_expression::SetExpression,
    &column_type_check::ColumnTypeCheck,
    &set_access_method::SetAccessMethod,
    &table_size_limit::TableSizeLimit,
    &lock_order::LockOrder,
    &flush_tables::FlushTables,
];

#[cfg(test)]
mod tests;
