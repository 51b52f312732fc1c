use sluice_schema::ConstraintKind;
use sluice_sql::ObjectKind;
use sluice_sql::model::{ColumnChange, TableAction, TableConstraint, TableConstraintKind};

use super::cost::Cost;
use super::table::Table;
use super::{column, index, option};
use crate::forecast::OnlineLock;

/// What an action costs; nothing for partition forms, which take no clause. `refused` gets the server's words.
pub(super) fn cost(table: &Table<'_>, action: &TableAction, refused: &mut Option<String>) -> Option<Cost> {
    let cost = match action {
        TableAction::AddColumn { column, position, .. } => column::add(table, column, position.is_some()),
        TableAction::DropColumn { name, .. } => column::drop(table, name),
        TableAction::RenameColumn { from, .. } => column::rename(table, from),
        TableAction::AlterColumn { change, .. } => match &**change {
            ColumnChange::SetDefault(_) | ColumnChange::DropDefault | ColumnChange::SetVisible(_) => {
                Cost::INSTANT
            }
            _ => Cost::copy(),
        },
        TableAction::ModifyColumn { column: def, position, .. } => {
            column::redefine(table, &def.name, def, position.is_some(), refused)
        }
        TableAction::ChangeColumn { from, column: def, position, .. } => {
            let redefined = column::redefine(table, from, def, position.is_some(), refused);
            match table.key(from) == table.key(&def.name) {
                true => redefined,
                false => redefined.and(column::rename(table, from)),
            }
        }
        TableAction::AddConstraint(constraint) => add_constraint(table, constraint),
        TableAction::DropConstraint { name, kind, .. } => {
            let known = table.relation.and_then(|it| it.constraint(&table.key(name)));
            match known.map(|constraint| &constraint.kind) {
                Some(ConstraintKind::Unique { .. }) if *kind == ObjectKind::Constraint => Cost::NO_COPY,
                Some(ConstraintKind::PrimaryKey { .. }) if *kind == ObjectKind::Constraint => {
                    index::drop_primary_key(table)
                }
                _ => option::metadata(table),
            }
        }
        TableAction::DropPrimaryKey => index::drop_primary_key(table),
        TableAction::AlterConstraint { enforced: Some(true), .. } => Cost::copy(),
        TableAction::AddIndex { index: def, .. } => index::add(table, def),
        TableAction::DropIndex { name, .. } => index::drop(table, name),
        TableAction::RenameTo(_) if table.mariadb => Cost { lock: OnlineLock::Exclusive, ..Cost::INSTANT },
        TableAction::RenameTo(_) | TableAction::EnableKeys(_) | TableAction::Validation(_) => Cost::INSTANT,
        TableAction::SetOption(set) => option::set(table, &set.kind),
        TableAction::ConvertCharset { .. }
        | TableAction::OrderBy(_)
        | TableAction::SystemVersioning(true)
        | TableAction::AddPeriod(_)
        | TableAction::DropPeriod(_) => Cost::copy(),
        TableAction::SystemVersioning(false) => Cost::REBUILD.shared(),
        TableAction::Force => option::rebuild(table),
        TableAction::Tablespace { .. } => Cost { lock: OnlineLock::Exclusive, ..Cost::INPLACE },
        TableAction::Partition(_) => return None,
        _ => option::metadata(table),
    };
    // What only names things needs no work on any engine.
    let names = matches!(
        action,
        TableAction::RenameColumn { .. } | TableAction::RenameTo(_) | TableAction::RenameIndex { .. }
    );
    let data = matches!(action, TableAction::AddColumn { .. } | TableAction::DropColumn { .. });
    Some(match table.is_innodb() {
        true => cost,
        false if names => cost,
        false if data => Cost::copy(),
        false => table.priced(cost),
    })
}

fn add_constraint(table: &Table<'_>, constraint: &TableConstraint) -> Cost {
    match &constraint.kind {
        TableConstraintKind::PrimaryKey(_) => Cost::REBUILD,
        TableConstraintKind::ForeignKey(_) if !table.question.session.foreign_keys_off => Cost::copy(),
        TableConstraintKind::ForeignKey(key) if index::has_index(table, &key.columns) => {
            option::metadata(table)
        }
        TableConstraintKind::Check(_) if !table.mariadb && constraint.enforced == Some(false) => {
            Cost::INPLACE
        }
        TableConstraintKind::Check(_) => Cost::copy(),
        _ => Cost::NO_COPY,
    }
}
