use sluice_schema::Name;
use sluice_sql::ObjectKind;
use sluice_sql::model::{ColumnChange, ObjectName, PartitionAction, Statement, TableAction};

use crate::Context;

/// More statements than this are not looked back at.
const LOOK_BACK: usize = 100;

/// Tables in use that the statement locks with `ACCESS EXCLUSIVE`.
pub(super) fn of(cx: &Context<'_>, statement: &Statement) -> Vec<Name> {
    let names: Vec<&ObjectName> = match statement {
        Statement::AlterTable(alter)
            if alter.kind == ObjectKind::Table
                && alter.actions.iter().any(|action| is_strong(&action.kind)) =>
        {
            vec![&alter.name]
        }
        Statement::Truncate(truncate) => truncate.tables.iter().map(|table| &table.name).collect(),
        Statement::Drop(drop) if drop.kind == ObjectKind::Table => drop.names.iter().collect(),
        Statement::Lock(lock) => {
            let strong = lock.tables.iter().filter(|table| table.mode == "access exclusive");
            strong.map(|table| &table.table).collect()
        }
        _ => Vec::new(),
    };
    names.into_iter().filter(|name| !cx.is_new(name)).map(|name| cx.schema.relation_name(name)).collect()
}

/// Tables in use that statements before this one, in its transaction, locked with `ACCESS EXCLUSIVE`.
pub(super) fn before(cx: &Context<'_>) -> Vec<Name> {
    let transaction = cx.origin.transaction;
    let mut names: Vec<Name> = cx
        .before
        .iter()
        .rev()
        .take_while(|seen| seen.in_transaction && seen.transaction == transaction)
        .take(LOOK_BACK)
        .flat_map(|seen| of(cx, &sluice_sql::parse(cx.dialect(), cx.text(), seen.span).statement))
        .collect();
    names.sort();
    names.dedup();
    names
}

fn is_strong(action: &TableAction) -> bool {
    match action {
        TableAction::ValidateConstraint(_) | TableAction::ClusterOn(_) => false,
        // Storage parameters take SHARE UPDATE EXCLUSIVE.
        TableAction::SetOption(_) | TableAction::ResetOptions(_) | TableAction::EnableTrigger { .. } => false,
        TableAction::AlterColumn { change, .. } => {
            !matches!(**change, ColumnChange::SetStatistics(_) | ColumnChange::SetOptions(_))
        }
        // Foreign keys take SHARE ROW EXCLUSIVE.
        TableAction::AddConstraint(constraint) => constraint.foreign_key().is_none(),
        TableAction::Partition(PartitionAction::Attach { .. }) => false,
        _ => true,
    }
}
