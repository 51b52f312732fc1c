//! What statements look like, and which ones a project does without.

mod alter_table_denied;
mod change_size;
mod change_statement_count;
mod combine_alter;
mod computed_filter;
mod disallow_cascade;
mod disallow_change_column;
mod disallow_commit;
mod disallow_create_table_as;
mod disallow_event;
mod disallow_foreign_key;
mod disallow_function;
mod disallow_hint;
mod disallow_limit;
mod disallow_materialized_view;
mod disallow_order_by;
mod disallow_partition;
mod disallow_procedure;
mod disallow_rule;
mod disallow_temporary_table;
mod disallow_trigger;
mod disallow_truncate;
mod disallow_type_change;
mod disallow_view;
mod function_denied;
mod in_list_length;
mod join_count;
mod leading_wildcard;
mod like_without_wildcard;
mod missing_limit;
mod missing_where_select;
mod require_if_exists;
mod require_set_role;
mod select_star;
mod statement_length;
mod subquery_depth;
mod union_count;
mod where_conditions;
mod write_table_denied;

use sluice_sql::ObjectKind;
use sluice_sql::model::Touch;
use sluice_text::Span;

use crate::{Context, Rule};

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[
    &change_statement_count::ChangeStatementCount,
    &combine_alter::CombineAlter,
    &computed_filter::ComputedFilter,
    &disallow_cascade::DisallowCascade,
    &disallow_commit::DisallowCommit,
    &disallow_create_table_as::DisallowCreateTableAs,
    &disallow_event::DisallowEvent,
    &disallow_foreign_key::DisallowForeignKey,
    &disallow_function::DisallowFunction,
    &disallow_materialized_view::DisallowMaterializedView,
    &disallow_partition::DisallowPartition,
    &disallow_procedure::DisallowProcedure,
    &disallow_rule::DisallowRule,
    &disallow_temporary_table::DisallowTemporaryTable,
    &disallow_trigger::DisallowTrigger,
    &disallow_truncate::DisallowTruncate,
    &disallow_view::DisallowView,
    &function_denied::FunctionDenied,
    &in_list_length::InListLength,
    &join_count::JoinCount,
    &leading_wildcard::LeadingWildcard,
    &like_without_wildcard::LikeWithoutWildcard,
    &missing_limit::MissingLimit,
    &missing_where_select::MissingWhereSelect,
    &select_star::SelectStar,
    &union_count::UnionCount,
    &where_conditions::WhereConditions,
    &statement_length::StatementLength,
    &change_size::ChangeSize,
    &alter_table_denied::AlterTableDenied,
    &write_table_denied::WriteTableDenied,
    &disallow_hint::DisallowHint,
    &subquery_depth::SubqueryDepth,
    &disallow_limit::DisallowLimit,
    &disallow_order_by::DisallowOrderBy,
    &disallow_change_column::DisallowChangeColumn,
    &disallow_type_change::DisallowTypeChange,
    &require_set_role::RequireSetRole,
    &require_if_exists::RequireIfExists,
];

/// Tables whose names match the option `tables` and that the statement touches so, with the places of their names; none where the
/// option is empty.
fn closed_tables(cx: &Context<'_>, touched: impl Fn(Touch) -> bool) -> Vec<(Span, String)> {
    if cx.options.text("tables").is_empty() {
        return Vec::new();
    }
    let is_table = |kind| matches!(kind, ObjectKind::Table | ObjectKind::ForeignTable);
    let targets = cx.parsed.statement.targets().into_iter();
    targets
        .filter(|target| is_table(target.kind) && touched(target.touch))
        .map(|target| (target.name.span, cx.display(target.name).to_string()))
        .filter(|(_, name)| cx.options.matches("tables", name, &[]))
        .collect()
}
