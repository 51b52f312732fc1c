use sluice_sql::model::{Ident, IndexClass, IndexDef, TableAction, TableConstraintKind};

use super::cost::Cost;
use super::table::Table;

/// Adding an index.
pub(super) fn add(table: &Table<'_>, index: &IndexDef) -> Cost {
    match index.class {
        // The first full-text index adds a hidden column, for which the table is written anew.
        IndexClass::Fulltext if table.has_fulltext() => Cost::INPLACE.shared(),
        IndexClass::Fulltext => Cost::REBUILD.shared(),
        IndexClass::Spatial => Cost::INPLACE.shared(),
        IndexClass::Vector => Cost::copy(),
        IndexClass::Plain if over_new_virtual_column(table, index) => Cost::NO_COPY.shared(),
        IndexClass::Plain => Cost::NO_COPY,
    }
}

/// The index reads a virtual column that the same statement adds.
fn over_new_virtual_column(table: &Table<'_>, index: &IndexDef) -> bool {
    table.actions.iter().any(|action| match &action.kind {
        TableAction::AddColumn { column, .. } if column.generated().is_some() => {
            index.columns().any(|key| table.key(key) == table.key(&column.name))
        }
        _ => false,
    })
}

/// Dropping an index; the primary key is one.
pub(super) fn drop(table: &Table<'_>, name: &Ident) -> Cost {
    if table.key(name) == "primary" { drop_primary_key(table) } else { Cost::NO_COPY }
}

/// MySQL copies where no other key takes the primary key's place.
pub(super) fn drop_primary_key(table: &Table<'_>) -> Cost {
    if table.mariadb || table.adds_primary_key() { Cost::REBUILD } else { Cost::copy() }
}

/// Names of the indexes that an action builds; none for one without a name.
pub(super) fn built(table: &Table<'_>, action: &TableAction) -> Vec<Option<String>> {
    match action {
        TableAction::AddIndex { index, .. } => {
            vec![index.name.as_ref().map(|name| table.key(&name.name))]
        }
        TableAction::AddConstraint(constraint) => {
            let written = constraint.name.as_ref().map(|name| table.key(name));
            match &constraint.kind {
                TableConstraintKind::Unique(key) => {
                    vec![key.index_name.as_ref().map(|name| table.key(name)).or(written)]
                }
                TableConstraintKind::ForeignKey(key) if !has_index(table, &key.columns) => {
                    vec![key.index_name.as_ref().map(|name| table.key(name)).or(written)]
                }
                _ => Vec::new(),
            }
        }
        TableAction::AddColumn { column, .. } if column.unique().is_some() => {
            vec![Some(table.key(&column.name))]
        }
        _ => Vec::new(),
    }
}

/// Whether an index begins with the columns; taken for granted where the table is not known.
pub(super) fn has_index(table: &Table<'_>, columns: &[Ident]) -> bool {
    let columns: Vec<String> = columns.iter().map(|column| table.key(column)).collect();
    table.relation.is_none_or(|relation| relation.has_index_on(&columns))
}
