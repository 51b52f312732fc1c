//! Locks of MySQL and MariaDB: what `ALGORITHM` and `LOCK` a statement gets, and what that blocks.

mod algorithm_not_stated;
mod algorithm_refused;
mod foreign_key_checks_off;
mod instant_version_bug;
mod table_copy;
mod table_rebuild;
mod writes_blocked;

use sluice_sql::model::{ObjectName, OnlineOptions, Statement};

use crate::{Context, Online, Rule};

/// The rules about MySQL and MariaDB.
pub(in crate::rules) const RULES: &[&dyn Rule] = &[
    &algorithm_not_stated::AlgorithmNotStated,
    &algorithm_refused::AlgorithmRefused,
    &foreign_key_checks_off::ForeignKeyChecksOff,
    &instant_version_bug::InstantVersionBug,
    &table_copy::TableCopy,
    &table_rebuild::TableRebuild,
    &writes_blocked::WritesBlocked,
];

/// A statement that takes `ALGORITHM` and `LOCK`.
struct OnlineDdl<'a> {
    table: &'a ObjectName,
    stated: &'a OnlineOptions,
    /// How it runs.
    online: Online,
}

impl<'a> OnlineDdl<'a> {
    /// The statement, if the server accepts it and its table is in use.
    fn of(cx: &Context<'a>) -> Option<Self> {
        let (table, stated) = Self::clauses(cx)?;
        if cx.is_new(table) {
            return None;
        }
        let forecast = cx.forecast();
        let online = forecast.online.filter(|_| forecast.refused.is_none())?;
        Some(Self { table, stated, online })
    }

    /// Table and clauses of a statement that takes them.
    fn clauses(cx: &Context<'a>) -> Option<(&'a ObjectName, &'a OnlineOptions)> {
        match &cx.parsed.statement {
            Statement::AlterTable(alter) => Some((&alter.name, &alter.online)),
            Statement::CreateIndex(create) => Some((&create.table, &create.online)),
            Statement::DropIndex(drop) => drop.table.as_ref().map(|table| (table, &drop.online)),
            _ => None,
        }
    }
}
