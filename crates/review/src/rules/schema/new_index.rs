//! Indexes that a statement adds, however they are written.

use sluice_schema::{Index, Relation};
use sluice_sql::model::{
    Ident, IndexClass, IndexKey, NameClass, ObjectName, Order, Statement, TableConstraintKind,
};
use sluice_text::Span;

use crate::Context;

/// An index that a statement adds: by itself, as a key of a table, or for a constraint.
pub(super) struct NewIndex<'a> {
    /// Its table.
    pub table: &'a ObjectName,
    /// Its name, where it is written.
    pub name: Option<&'a Ident>,
    /// Columns with their direction, `true` for descending; none for an expression or a key with details of its own.
    pub keys: Vec<Option<(String, bool)>>,
    /// It keeps values unique.
    pub unique: bool,
    /// It is an ordinary index over all rows, without further columns.
    pub plain: bool,
    /// Its place.
    pub span: Span,
}

/// The indexes that the statement adds.
pub(super) fn of<'a>(cx: &Context<'a>) -> Vec<NewIndex<'a>> {
    let statement: &'a Statement = &cx.parsed.statement;
    let mut found = Vec::new();
    for (table, index) in statement.index_defs() {
        let method = index.method.as_ref().is_none_or(|method| method.is("btree"));
        found.push(NewIndex {
            table,
            name: index.name.as_ref().map(|name| &name.name),
            keys: index.keys.iter().map(|key| bare(cx, key)).collect(),
            unique: index.unique.is_some(),
            plain: index.class == IndexClass::Plain
                && method
                && index.filter.is_none()
                && index.include.is_empty(),
            span: index.span,
        });
    }
    for (table, constraint) in statement.constraints() {
        let key = match &constraint.kind {
            TableConstraintKind::PrimaryKey(key) | TableConstraintKind::Unique(key) => key,
            _ => continue,
        };
        if key.using_index.is_some() {
            continue;
        }
        found.push(NewIndex {
            table,
            name: constraint.name.as_ref().or(key.index_name.as_ref()),
            keys: key.keys.iter().map(|key| bare(cx, key)).collect(),
            unique: true,
            plain: key.include.is_empty(),
            span: constraint.span,
        });
    }
    for (table, column) in statement.column_defs() {
        for attribute in [column.primary_key(), column.unique()].into_iter().flatten() {
            let name = column.name.key(cx.dialect(), NameClass::Other).into_owned();
            found.push(NewIndex {
                table,
                name: attribute.name.as_ref(),
                keys: vec![Some((name, false))],
                unique: true,
                plain: true,
                span: attribute.span,
            });
        }
    }
    found.sort_by_key(|index| index.span.start);
    found
}

/// Indexes that the table had before and still has after the statement.
pub(super) fn kept<'a>(cx: &Context<'a>, relation: &'a Relation) -> Vec<&'a Index> {
    use sluice_sql::model::TableAction;
    let Statement::AlterTable(alter) = &cx.parsed.statement else { return relation.indexes.iter().collect() };
    let dropped: Vec<String> = alter
        .actions
        .iter()
        .filter_map(|action| match &action.kind {
            TableAction::DropIndex { name, .. } | TableAction::DropConstraint { name, .. } => {
                Some(name.key(cx.dialect(), NameClass::Other).into_owned())
            }
            TableAction::DropPrimaryKey => Some("PRIMARY".to_owned()),
            _ => None,
        })
        .collect();
    relation
        .indexes
        .iter()
        .filter(|index| !dropped.iter().any(|one| one.eq_ignore_ascii_case(&index.name)))
        .collect()
}

fn bare(cx: &Context<'_>, key: &IndexKey) -> Option<(String, bool)> {
    let plain = key.prefix.is_none()
        && key.collation.is_none()
        && key.operator_class.is_none()
        && key.nulls_first.is_none();
    let column = key.column().filter(|_| plain)?;
    let descending = matches!(key.order, Some(Order::Descending));
    Some((column.key(cx.dialect(), NameClass::Other).into_owned(), descending))
}
