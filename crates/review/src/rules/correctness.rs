//! What the server refuses, and what does something else than it says.

mod always_true_where;
mod auto_increment_not_key;
mod blob_default;
mod cartesian_join;
mod circular_foreign_key;
mod concurrent_index_corruption;
mod constraint_not_enforced;
mod does_not_run;
mod double_quoted_string;
mod drop_constraint_index;
mod drop_referenced_table;
mod duplicate_assignment;
mod duplicate_column;
mod duplicate_enum_value;
mod duplicate_index_name;
mod duplicate_key_column;
mod duplicate_table;
mod foreign_key_count;
mod foreign_key_index;
mod foreign_key_no_unique;
mod foreign_key_type_mismatch;
mod identifier_too_long;
mod if_not_exists_hides_difference;
mod index_on_missing_column;
mod insert_column_count;
mod insert_without_columns;
mod key_without_order;
mod missing_column;
mod missing_constraint;
mod missing_index;
mod missing_table;
mod mysql_inline_references;
mod not_in_null;
mod not_reversible;
mod null_comparison;
mod null_into_not_null;
mod partition_key_in_unique;
mod rebuild_forgets;
mod refused_by_server;
mod row_too_large;
mod second_primary_key;
mod sqlite_add_column;
mod sqlite_drop_column;
mod sqlite_no_type_enforcement;
mod strict_type;
mod text_index_without_prefix;
mod type_used_by_view;
mod unique_nullable;
mod versioned_alter;
mod zero_date;

use crate::Rule;

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[
    &sqlite_no_type_enforcement::SqliteNoTypeEnforcement,
    &refused_by_server::RefusedByServer,
    &row_too_large::RowTooLarge,
    &unique_nullable::UniqueNullable,
    &drop_constraint_index::DropConstraintIndex,
    &zero_date::ZeroDate,
    &partition_key_in_unique::PartitionKeyInUnique,
    &foreign_key_type_mismatch::ForeignKeyTypeMismatch,
    &type_used_by_view::TypeUsedByView,
    &always_true_where::AlwaysTrueWhere,
    &auto_increment_not_key::AutoIncrementNotKey,
    &cartesian_join::CartesianJoin,
    &constraint_not_enforced::ConstraintNotEnforced,
    &drop_referenced_table::DropReferencedTable,
    &duplicate_assignment::DuplicateAssignment,
    &duplicate_column::DuplicateColumn,
    &duplicate_enum_value::DuplicateEnumValue,
    &duplicate_index_name::DuplicateIndexName,
    &duplicate_table::DuplicateTable,
    &foreign_key_count::ForeignKeyCount,
    &foreign_key_no_unique::ForeignKeyNoUnique,
    &identifier_too_long::IdentifierTooLong,
    &if_not_exists_hides_difference::IfNotExistsHidesDifference,
    &index_on_missing_column::IndexOnMissingColumn,
    &insert_column_count::InsertColumnCount,
    &insert_without_columns::InsertWithoutColumns,
    &missing_column::MissingColumn,
    &missing_constraint::MissingConstraint,
    &missing_index::MissingIndex,
    &missing_table::MissingTable,
    &mysql_inline_references::MysqlInlineReferences,
    &not_in_null::NotInNull,
    &null_comparison::NullComparison,
    &sqlite_add_column::SqliteAddColumn,
    &sqlite_drop_column::SqliteDropColumn,
    &text_index_without_prefix::TextIndexWithoutPrefix,
    &circular_foreign_key::CircularForeignKey,
    &duplicate_key_column::DuplicateKeyColumn,
    &unique_prefix::UniquePrefix,
    &concurrent_index_corruption::ConcurrentIndexCorruption,
    &double_quoted_string::DoubleQuotedString,
    &timestamp_without_zone::TimestampWithoutZone,
    &null_into_not_null::NullIntoNotNull,
    &does_not_run::DoesNotRun,
    &not_reversible::NotReversible,
    &versioned_alter::VersionedAlter,
    &second_primary_key::SecondPrimaryKey,
    &blob_default::BlobDefault,
    &foreign_key_index::ForeignKeyIndex,
    &key_without_order::KeyWithoutOrder,
    &strict_type::StrictType,
    &rebuild_forgets::RebuildForgets,
];

/// A statement that fails on a shadow.
pub const DOES_NOT_RUN: &str = "correctness/does-not-run";
/// A way back that does not lead back.
pub const NOT_REVERSIBLE: &str = "correctness/not-reversible";

#[cfg(test)]
mod tests;
mod timestamp_without_zone;
mod unique_prefix;
