//! What breaks programs that run while a change is deployed.

mod add_check;
mod add_not_null;
mod add_required_column;
mod add_unique;
mod attribute_not_repeated;
mod change_default;
mod change_function_signature;
mod change_type;
mod drop_constraint;
mod drop_default;
mod drop_function;
mod drop_not_null;
mod drop_trigger;
mod drop_unique;
mod drop_view;
mod enable_row_security;
mod generated_from_plain;
mod rename_column;
mod rename_enum_value;
mod rename_schema;
mod rename_table;
mod reorder_columns;
mod replace_view_columns;
mod revoke;

use sluice_schema::Column;
use sluice_sql::model::{ColumnDef, Ident, NameClass, ObjectName, TableAction};

use crate::{Context, Rule};

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[
    &change_function_signature::ChangeFunctionSignature,
    &replace_view_columns::ReplaceViewColumns,
    &add_check::AddCheck,
    &add_not_null::AddNotNull,
    &add_required_column::AddRequiredColumn,
    &add_unique::AddUnique,
    &change_default::ChangeDefault,
    &change_type::ChangeType,
    &drop_default::DropDefault,
    &drop_function::DropFunction,
    &drop_not_null::DropNotNull,
    &drop_trigger::DropTrigger,
    &drop_view::DropView,
    &enable_row_security::EnableRowSecurity,
    &rename_column::RenameColumn,
    &rename_enum_value::RenameEnumValue,
    &rename_schema::RenameSchema,
    &rename_table::RenameTable,
    &reorder_columns::ReorderColumns,
    &revoke::Revoke,
    &drop_unique::DropUnique,
    &drop_constraint::DropConstraint,
    &generated_from_plain::GeneratedFromPlain,
    &attribute_not_repeated::AttributeNotRepeated,
];

/// The column that a name means.
fn column<'a>(cx: &Context<'a>, table: &ObjectName, name: &Ident) -> Option<&'a Column> {
    cx.relation(table)?.column(&name.key(cx.dialect(), NameClass::Other))
}

/// The column that `MODIFY` or `CHANGE` defines anew, as it was, and its new definition. What is left out of that is gone.
fn redefined<'a>(
    cx: &Context<'a>,
    table: &ObjectName,
    action: &'a TableAction,
) -> Option<(&'a Column, &'a ColumnDef)> {
    let (name, def) = match action {
        TableAction::ModifyColumn { column, .. } => (&column.name, column),
        TableAction::ChangeColumn { from, column, .. } => (from, column),
        _ => return None,
    };
    let old = column(cx, table, name).filter(|old| !cx.made_here(old.origin))?;
    Some((old, def))
}
