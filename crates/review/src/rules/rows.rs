//! What changes rows: too many of them, the wrong ones, or in the wrong place.

mod affected_rows;
mod backfill_in_one_statement;
mod delete_joined_without_where;
mod delete_referenced_cascade;
mod delete_without_where;
mod insert_ignore;
mod insert_rows_limit;
mod insert_select_without_columns;
mod limit_without_order;
mod mixed_ddl_and_dml;
mod offset_large;
mod on_conflict_without_target;
mod order_by_random;
mod replace_into;
mod select_for_update_in_change;
mod update_primary_key;
mod update_without_where;

use crate::Rule;

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[
    &backfill_in_one_statement::BackfillInOneStatement,
    &delete_joined_without_where::DeleteJoinedWithoutWhere,
    &delete_referenced_cascade::DeleteReferencedCascade,
    &delete_without_where::DeleteWithoutWhere,
    &insert_ignore::InsertIgnore,
    &insert_rows_limit::InsertRowsLimit,
    &insert_select_without_columns::InsertSelectWithoutColumns,
    &limit_without_order::LimitWithoutOrder,
    &mixed_ddl_and_dml::MixedDdlAndDml,
    &offset_large::OffsetLarge,
    &on_conflict_without_target::OnConflictWithoutTarget,
    &order_by_random::OrderByRandom,
    &replace_into::ReplaceInto,
    &select_for_update_in_change::SelectForUpdateInChange,
    &update_primary_key::UpdatePrimaryKey,
    &update_without_where::UpdateWithoutWhere,
    &affected_rows::AffectedRows,
];
