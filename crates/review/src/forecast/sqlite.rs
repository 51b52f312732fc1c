//! SQLite as measured on 3.40: every DDL statement holds the write lock of the whole database file.

use sluice_schema::{ConstraintKind, Name, Relation};
use sluice_sql::ObjectKind;
use sluice_sql::model::{
    AlterTable, ColumnDef, Expr, Ident, MaintenanceVerb, NameClass, ObjectName, Statement, Storage,
    TableAction,
};
use sluice_text::Evidence;

use super::{Forecast, LockMode, Question, WorkKind};

/// What a statement locks and how much it does.
pub(super) fn forecast(question: &Question<'_>) -> Forecast {
    let mut forecast = Forecast::nothing(Evidence::Modelled);
    match question.statement {
        Statement::AlterTable(alter) => alter_table(question, alter, &mut forecast),
        Statement::CreateIndex(create) => {
            let table = lock(question, &create.table, &mut forecast);
            let index = create.index.name.as_ref().map(|name| question.schema.new_name(name));
            forecast.work(WorkKind::IndexBuild, index.unwrap_or(table));
        }
        Statement::DropIndex(drop) => {
            for name in &drop.names {
                if let Some((relation, _)) = question.schema.index(name, None) {
                    forecast.lock(relation.name.clone(), LockMode::Exclusive);
                }
            }
        }
        Statement::Drop(drop) if matches!(drop.kind, ObjectKind::Table | ObjectKind::View) => {
            for name in &drop.names {
                lock(question, name, &mut forecast);
            }
        }
        Statement::CreateTrigger(trigger) => {
            if let Some(table) = &trigger.table {
                lock(question, table, &mut forecast);
            }
        }
        // Reads the database as a query does, and writes another file.
        Statement::Maintenance(maintenance) if maintenance.options.iter().any(|it| it.is("into")) => {}
        Statement::Maintenance(maintenance) => {
            let kind = match maintenance.verb {
                MaintenanceVerb::Vacuum => WorkKind::Rewrite,
                MaintenanceVerb::Reindex => WorkKind::IndexRebuild,
                _ => return forecast,
            };
            for relation in question.schema.relations.values().filter(|relation| relation.is_table()) {
                forecast.lock(relation.name.clone(), LockMode::Exclusive);
                forecast.work(kind, relation.name.clone());
            }
        }
        _ => {}
    }
    forecast
}

fn lock(question: &Question<'_>, table: &ObjectName, forecast: &mut Forecast) -> Name {
    if question.schema.relation(table).is_none() {
        forecast.evidence = Evidence::Assumed;
    }
    let name = question.schema.relation_name(table);
    forecast.lock(name.clone(), LockMode::Exclusive);
    name
}

fn alter_table(question: &Question<'_>, alter: &AlterTable, forecast: &mut Forecast) {
    let name = lock(question, &alter.name, forecast);
    let relation = question.schema.relation(&alter.name);
    for action in &alter.actions {
        match &action.kind {
            TableAction::AddColumn { column, .. } => {
                let empty = relation.is_some_and(|relation| relation.rows == Some(0));
                let refused = refuse_add(question, column, empty);
                forecast.refused = forecast.refused.take().or(refused);
                // A check is looked at for each row that is there; so is NOT NULL of a generated column.
                if column.checks().next().is_some()
                    || (column.generated().is_some() && column.not_null().is_some())
                {
                    forecast.work(WorkKind::Scan, name.clone());
                }
            }
            TableAction::DropColumn { name: column, .. } => {
                let refused = relation.and_then(|relation| refuse_drop(question, relation, column));
                forecast.refused = forecast.refused.take().or(refused);
                forecast.work(WorkKind::Rewrite, name.clone());
            }
            _ => {}
        }
    }
}

/// The server's words where `ADD COLUMN` is refused. Only keys are refused on a table that is known to be empty.
fn refuse_add(question: &Question<'_>, column: &ColumnDef, empty: bool) -> Option<String> {
    let default = column.default().filter(|default| !default.is_null());
    let not_null = column.not_null().is_some() && column.generated().is_none();
    let computed =
        |default: &Expr| default.literal.is_none() && (default.parenthesised || !default.calls.is_empty());
    let words = if column.primary_key().is_some() {
        "Cannot add a PRIMARY KEY column"
    } else if column.unique().is_some() {
        "Cannot add a UNIQUE column"
    } else if empty {
        return None;
    } else if column.references().is_some() && default.is_some() && !question.session.foreign_keys_off {
        "Cannot add a REFERENCES column with non-NULL default value"
    } else if column.generated().is_some_and(|generated| generated.storage == Storage::Stored) {
        "cannot add a STORED column"
    } else if not_null && default.is_none() {
        "Cannot add a NOT NULL column with default value NULL"
    } else if default.is_some_and(computed) {
        "Cannot add a column with non-constant default"
    } else {
        return None;
    };
    Some(words.to_owned())
}

/// The server's words where `DROP COLUMN` is refused: something else of the table reads the column.
fn refuse_drop(question: &Question<'_>, relation: &Relation, column: &Ident) -> Option<String> {
    let key = column.key(question.schema.dialect(), NameClass::Other);
    let written = &column.text;
    for constraint in relation.constraints.iter().filter(|one| one.columns().contains(&key.as_ref().into())) {
        let words = match &constraint.kind {
            ConstraintKind::PrimaryKey { .. } => format!("cannot drop PRIMARY KEY column: \"{written}\""),
            ConstraintKind::Unique { columns } if columns.len() == 1 => {
                format!("cannot drop UNIQUE column: \"{written}\"")
            }
            _ => continue,
        };
        return Some(words);
    }
    let gone = |what: &str, name: &str| {
        Some(format!("error in {what} {name} after drop column: no such column: {written}"))
    };
    if let Some(index) = relation.indexes_of(&key).find(|index| index.constraint.is_none()) {
        return gone("index", &index.name);
    }
    if relation.indexes_of(&key).next().is_some() {
        return gone("table", &relation.name.name);
    }
    let trigger = relation.triggers.iter().find(|trigger| trigger.columns.iter().any(|one| *one == key));
    if let Some(trigger) = trigger {
        return gone("trigger", &trigger.name);
    }
    let view = question.schema.views_of(&relation.name).find(|view| {
        view.uses
            .iter()
            .any(|used| used.relation == relation.name && used.columns.iter().any(|one| *one == key))
    });
    view.and_then(|view| gone("view", &view.name.name))
}
