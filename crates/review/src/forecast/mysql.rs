//! MySQL and MariaDB with InnoDB: the best `ALGORITHM` and `LOCK` that the server accepts for a statement.
//!
//! MariaDB as measured on 10.11; MySQL as its manual says. A combined `ALTER TABLE` costs what its most expensive action does.

mod action;
mod column;
mod cost;
mod index;
mod option;
mod table;

use sluice_schema::Name;
use sluice_sql::model::{
    AlterTable, CreateIndex, DropIndex, Maintenance, MaintenanceVerb, ObjectName, OnlineOptions,
    PartitionAction, Statement, TableAction,
};
use sluice_sql::{Dialect, ObjectKind};
use sluice_text::Evidence;

use self::cost::Cost;
pub(crate) use self::cost::{algorithm_name, lock_name};
use self::table::Table;
use super::{Algorithm, Forecast, LockMode, Online, OnlineLock, Question, WorkKind};

/// What a statement locks and how much it does.
pub(super) fn forecast(question: &Question<'_>) -> Forecast {
    match question.statement {
        Statement::AlterTable(alter) => alter_table(question, alter),
        Statement::CreateIndex(create) => create_index(question, create),
        Statement::DropIndex(drop) => drop_index(question, drop),
        Statement::RenameTables(rename) => {
            exclusive(question, rename.tables.iter().flat_map(|(from, to)| [from, to]))
        }
        Statement::Drop(drop) => match drop.kind {
            ObjectKind::Table | ObjectKind::View => exclusive(question, &drop.names),
            ObjectKind::Index => match &drop.on {
                Some(table) => exclusive(question, [table]),
                None => Forecast::nothing(Evidence::Modelled),
            },
            _ => Forecast::nothing(Evidence::Modelled),
        },
        Statement::Truncate(truncate) => exclusive(question, truncate.tables.iter().map(|table| &table.name)),
        Statement::CreateTrigger(trigger) => exclusive(question, &trigger.table),
        Statement::Maintenance(maintenance) => maintain(question, maintenance),
        _ => Forecast::nothing(Evidence::Modelled),
    }
}

fn evidence(question: &Question<'_>, table: &ObjectName) -> Evidence {
    match question.schema.relation(table) {
        Some(relation) if relation.columns_known => Evidence::Modelled,
        _ => Evidence::Assumed,
    }
}

/// Statements that hold an exclusive metadata lock from beginning to end.
fn exclusive<'n>(question: &Question<'_>, tables: impl IntoIterator<Item = &'n ObjectName>) -> Forecast {
    let mut forecast = Forecast::nothing(Evidence::Modelled);
    for table in tables {
        forecast.lock(question.schema.relation_name(table), LockMode::AccessExclusive);
    }
    forecast
}

fn alter_table(question: &Question<'_>, alter: &AlterTable) -> Forecast {
    let mut forecast = Forecast::nothing(evidence(question, &alter.name));
    let name = question.schema.relation_name(&alter.name);
    let table = Table::of(question, &alter.name, &alter.actions);
    if table.relation.is_some_and(|relation| relation.temporary) {
        return forecast;
    }
    let mut whole = Some(Cost::INSTANT);
    for action in &alter.actions {
        let cost = action::cost(&table, &action.kind, &mut forecast.refused);
        whole = whole.zip(cost).map(|(whole, cost)| whole.and(cost));
        work(question, &table, &name, &action.kind, &mut forecast);
        if let TableAction::RenameTo(to) = &action.kind {
            forecast.lock(name.clone(), LockMode::AccessExclusive);
            forecast.lock(question.schema.relation_name(to), LockMode::AccessExclusive);
        }
    }
    if forecast.refused.is_some() {
        return forecast;
    }
    match whole {
        Some(cost) => settle(&mut forecast, &table, name, cost, &alter.online),
        None => partitions(question, &mut forecast, &name, alter),
    }
    forecast
}

/// Work besides writing the table anew, and locks on other tables.
fn work(
    question: &Question<'_>,
    table: &Table<'_>,
    name: &Name,
    action: &TableAction,
    forecast: &mut Forecast,
) {
    for index in index::built(table, action) {
        let index = index.map_or_else(|| name.clone(), |index| Name::new(name.schema.clone(), index));
        forecast.work(WorkKind::IndexBuild, index);
    }
    if let Some(key) = table.added_foreign_key(action) {
        let parent = question.schema.relation_name(&key.table);
        // MySQL upgrades the metadata lock on the referenced table when it commits the new key.
        let mode = match table.mariadb {
            true => LockMode::ShareUpdateExclusive,
            false => LockMode::AccessExclusive,
        };
        forecast.lock(parent, mode);
        if !question.session.foreign_keys_off {
            forecast.work(WorkKind::ForeignKeyCheck, name.clone());
        }
    }
    if let TableAction::AddConstraint(constraint) = action
        && matches!(constraint.kind, sluice_sql::model::TableConstraintKind::Check(_))
        && constraint.enforced != Some(false)
    {
        forecast.work(WorkKind::Scan, name.clone());
    }
}

/// Partition forms take no clause; they are not measured.
fn partitions(question: &Question<'_>, forecast: &mut Forecast, name: &Name, alter: &AlterTable) {
    forecast.evidence = Evidence::Assumed;
    for action in &alter.actions {
        let TableAction::Partition(action) = &action.kind else { continue };
        let copies = match action {
            PartitionAction::By(_)
            | PartitionAction::Remove
            | PartitionAction::Coalesce(_)
            | PartitionAction::Reorganize { .. } => true,
            // Adding a partition to a hash moves rows.
            PartitionAction::Add { count, .. } => count.is_some(),
            PartitionAction::Exchange { table, without_validation, .. } => {
                let other = question.schema.relation_name(table);
                if without_validation.is_none() {
                    forecast.work(WorkKind::Scan, other.clone());
                }
                forecast.lock(other, LockMode::AccessExclusive);
                false
            }
            _ => false,
        };
        if copies {
            forecast.work(WorkKind::Rewrite, name.clone());
        }
        forecast.lock(name.clone(), LockMode::AccessExclusive);
    }
}

/// Writes down what a statement of this cost does to its table, with the clauses that it states.
fn settle(forecast: &mut Forecast, table: &Table<'_>, name: Name, cost: Cost, stated: &OnlineOptions) {
    let best = table.finish(cost);
    forecast.refused = refusal(table, best, stated);
    let online = match forecast.refused {
        Some(_) => best,
        None => as_stated(table, cost, best, stated),
    };
    if online.rebuild {
        forecast.work(WorkKind::Rewrite, name.clone());
    }
    forecast.lock(name, mode(online));
    forecast.online = Some(online);
}

/// The lock that blocks the same for as long as the work takes. Each of them ends with an instant under an exclusive metadata
/// lock.
fn mode(online: Online) -> LockMode {
    match online.lock {
        OnlineLock::None => LockMode::ShareUpdateExclusive,
        OnlineLock::Shared => LockMode::Share,
        OnlineLock::Exclusive => LockMode::AccessExclusive,
    }
}

/// The algorithm and the lock that a statement names; `DEFAULT` names none.
pub(crate) fn stated(options: &OnlineOptions) -> (Option<Algorithm>, Option<OnlineLock>) {
    let algorithm = options.algorithm.as_ref().and_then(|word| {
        [
            ("instant", Algorithm::Instant),
            ("nocopy", Algorithm::NoCopy),
            ("inplace", Algorithm::Inplace),
            ("copy", Algorithm::Copy),
        ]
        .into_iter()
        .find_map(|(name, algorithm)| word.is(name).then_some(algorithm))
    });
    let lock = options.lock.as_ref().and_then(|word| {
        [("none", OnlineLock::None), ("shared", OnlineLock::Shared), ("exclusive", OnlineLock::Exclusive)]
            .into_iter()
            .find_map(|(name, lock)| word.is(name).then_some(lock))
    });
    (algorithm, lock.or(options.online.map(|_| OnlineLock::None)))
}

/// The server's words where it refuses what the statement states.
fn refusal(table: &Table<'_>, best: Online, options: &OnlineOptions) -> Option<String> {
    let (algorithm, lock) = stated(options);
    if let (false, Some(Algorithm::Instant), Some(lock)) = (table.mariadb, algorithm, lock) {
        return Some(format!("Incorrect usage of ALGORITHM=INSTANT and LOCK={}", lock_name(lock)));
    }
    if let Some(algorithm) = algorithm.filter(|algorithm| *algorithm < best.algorithm) {
        return Some(format!(
            "ALGORITHM={} is not supported for this operation. Try ALGORITHM={}",
            algorithm_name(algorithm),
            algorithm_name(best.algorithm)
        ));
    }
    // Copying is what MySQL does under LOCK=SHARED at best, whatever another algorithm could do.
    let floor = match algorithm {
        Some(Algorithm::Copy) => best.lock.max(table.copy_lock()),
        _ => best.lock,
    };
    lock.filter(|lock| *lock < floor).map(|lock| {
        format!("LOCK={} is not supported for this operation. Try LOCK={}", lock_name(lock), lock_name(floor))
    })
}

/// How it runs with the clauses that it states, all of which the server accepts.
fn as_stated(table: &Table<'_>, cost: Cost, best: Online, options: &OnlineOptions) -> Online {
    let (algorithm, lock) = stated(options);
    let mut online = best;
    match algorithm {
        Some(Algorithm::Copy) => {
            let copy = table.finish(Cost::copy());
            online = Online { lock: copy.lock.max(best.lock), ..copy };
        }
        // MariaDB runs what it can at once even when INPLACE is asked for; MySQL takes it at its word.
        Some(Algorithm::Inplace) if !table.mariadb && best.algorithm == Algorithm::Instant => {
            online = table.finish(cost.and(Cost::INPLACE));
        }
        _ => {}
    }
    online.lock = lock.map_or(online.lock, |lock| lock.max(online.lock));
    online
}

fn create_index(question: &Question<'_>, create: &CreateIndex) -> Forecast {
    let mut forecast = Forecast::nothing(evidence(question, &create.table));
    let name = question.schema.relation_name(&create.table);
    let table = Table::of(question, &create.table, &[]);
    if table.relation.is_some_and(|relation| relation.temporary) {
        return forecast;
    }
    let index = create.index.name.as_ref();
    let index =
        index.map_or_else(|| name.clone(), |index| Name::new(name.schema.clone(), table.key(&index.name)));
    forecast.work(WorkKind::IndexBuild, index);
    let cost = table.priced(index::add(&table, &create.index));
    settle(&mut forecast, &table, name, cost, &create.online);
    forecast
}

fn drop_index(question: &Question<'_>, drop: &DropIndex) -> Forecast {
    let Some(on) = &drop.table else { return Forecast::nothing(Evidence::Assumed) };
    let mut forecast = Forecast::nothing(evidence(question, on));
    let table = Table::of(question, on, &[]);
    if table.relation.is_some_and(|relation| relation.temporary) {
        return forecast;
    }
    let drops = drop.names.iter().map(|name| index::drop(&table, &name.name));
    let cost = table.priced(drops.fold(Cost::INSTANT, Cost::and));
    settle(&mut forecast, &table, question.schema.relation_name(on), cost, &drop.online);
    forecast
}

fn maintain(question: &Question<'_>, maintenance: &Maintenance) -> Forecast {
    let mut forecast = Forecast::nothing(Evidence::Modelled);
    if maintenance.verb != MaintenanceVerb::Optimize {
        return forecast;
    }
    for written in &maintenance.names {
        forecast.evidence = forecast.evidence.min(evidence(question, written));
        let table = Table::of(question, written, &[]);
        let cost = table.priced(option::rebuild(&table));
        let nothing = OnlineOptions::none(0);
        settle(&mut forecast, &table, question.schema.relation_name(written), cost, &nothing);
    }
    forecast
}

/// Whether MySQL's answer is asked for, not MariaDB's.
fn is_mariadb(question: &Question<'_>) -> bool {
    question.schema.dialect() == Dialect::Mariadb
}
