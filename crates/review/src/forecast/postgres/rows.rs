use sluice_schema::Name;
use sluice_sql::model::{CopyDirection, LockTables, QueryFacts, Statement};

use super::Model;
use crate::LockMode;
use crate::LockMode::{
    AccessExclusive, AccessShare, Exclusive, RowExclusive, RowShare, Share, ShareRowExclusive,
    ShareUpdateExclusive,
};

impl<'a> Model<'a> {
    /// What queries and changes of rows lock. What they read and how is the planner's choice.
    pub(super) fn rows(&mut self, statement: &'a Statement) {
        match statement {
            Statement::Query(query) => {
                let mode = if query.lock.is_some() { RowShare } else { AccessShare };
                for name in self.reads(&query.facts) {
                    self.out.lock(name, mode);
                }
            }
            Statement::Insert(insert) => {
                let name = self.name(&insert.table.name);
                self.write(name, |_| true);
            }
            Statement::Update(update) => {
                let set: Vec<String> =
                    update.assignments.iter().map(|one| self.key(&one.column.name)).collect();
                for table in &update.tables {
                    let name = self.name(&table.name);
                    self.write(name, |column| set.iter().any(|one| one == column));
                }
            }
            Statement::Delete(delete) => {
                for table in &delete.tables {
                    let name = self.name(&table.name);
                    self.write(name, |_| false);
                }
            }
            Statement::Merge(merge) => {
                let name = self.name(&merge.table.name);
                let inserts = merge.inserts;
                self.write(name, |_| inserts);
            }
            Statement::Copy(copy) => {
                if let Some(table) = &copy.table {
                    let name = self.name(table);
                    if copy.direction == CopyDirection::From {
                        self.write(name, |_| true);
                    } else {
                        self.out.lock(name, AccessShare);
                    }
                }
            }
            _ => {}
        }
        if !matches!(statement, Statement::Query(_))
            && let Some(facts) = statement.query_facts()
        {
            for name in self.reads(facts) {
                self.out.lock(name, AccessShare);
            }
        }
        self.nested(statement);
    }

    /// Rows are written; for a foreign key whose columns are, the referenced row is locked.
    fn write(&mut self, name: Name, sets: impl Fn(&str) -> bool) {
        for (_, key) in self.known(&name).into_iter().flat_map(|relation| relation.foreign_keys()) {
            if key.columns.iter().any(|column| sets(column)) {
                self.out.lock(key.table.clone(), RowShare);
            }
        }
        self.out.lock(name, RowExclusive);
    }

    /// What a query reads.
    pub(super) fn reads(&self, facts: &QueryFacts) -> Vec<Name> {
        facts.reads.iter().map(|read| self.name(&read.name)).collect()
    }

    pub(super) fn lock_tables(&mut self, lock: &'a LockTables) {
        for one in &lock.tables {
            let tables = self.family(&self.name(&one.table), false);
            self.take(&tables, mode(&one.mode));
        }
    }
}

/// A mode as `LOCK TABLE` writes it; the strongest where none is written.
fn mode(written: &str) -> LockMode {
    let written = written.to_ascii_uppercase();
    [AccessShare, RowShare, RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive]
        .into_iter()
        .find(|mode| mode.name() == written)
        .unwrap_or(AccessExclusive)
}
