//! How the statements of a change run: what runs together in one transaction, and what runs alone.

use std::collections::BTreeSet;

use crate::facts::contains_any_literal;
use crate::{Control, Dialect, Facts, Kind, Mode};

/// Statements that run together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// How they run.
    pub kind: UnitKind,
    /// Which of the statements that are sent, counted from 0.
    pub statements: std::ops::Range<usize>,
}

/// How a unit runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitKind {
    /// In one transaction with the ledger rows.
    Transaction,
    /// One statement outside any transaction: intent, execute, probe, record.
    Alone,
    /// Session settings outside any transaction; they leave nothing in the database and are run again on resume.
    Session,
}

/// Where a statement ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// Which unit, counted from 0.
    pub unit: usize,
    /// How it runs.
    pub kind: UnitKind,
    /// The unit is between `BEGIN` and `COMMIT` that stand in the file.
    pub written: bool,
}

/// Groups the statements of a change into units as they come.
#[derive(Debug, Clone)]
pub struct Units {
    dialect: Dialect,
    /// Each statement by itself (`transaction=none`).
    separate: bool,
    sent: usize,
    units: Vec<Unit>,
    /// First statement of the open transaction.
    open: Option<usize>,
    /// The open transaction was opened by a `BEGIN` in the file.
    written: bool,
    /// Enum values added in the open transaction.
    new_enum_values: BTreeSet<String>,
}

impl Units {
    /// For a change of `dialect`; `separate` as its directive `transaction=none` says.
    pub fn new(dialect: Dialect, separate: bool) -> Self {
        Self {
            dialect,
            separate,
            sent: 0,
            units: Vec::new(),
            open: None,
            written: false,
            new_enum_values: BTreeSet::new(),
        }
    }

    /// Where the statement `sql` goes; none for one that is not sent, because the runner does what it says.
    ///
    /// # Errors
    /// A statement that cannot run in a change, or not where it stands; says why and what to do.
    pub fn push(&mut self, facts: &Facts, sql: &str) -> Result<Option<Placement>, String> {
        if let Some(what) = frees_the_lock(sql) {
            return Err(format!(
                "{what} would free the lock that keeps other runs away from this database: remove it, or free your \
                 own locks by name"
            ));
        }
        let mysql = matches!(self.dialect, Dialect::Mysql | Dialect::Mariadb);
        let placement = match facts.mode {
            Mode::Control(Control::Begin) => {
                self.close();
                self.written = true;
                return Ok(None);
            }
            Mode::Control(Control::Commit) => {
                self.close();
                return Ok(None);
            }
            Mode::Control(Control::Rollback) => {
                return Err("ROLLBACK in a change: what it undoes could not be recorded; remove it together with the \
                            statements that it undoes"
                    .to_owned());
            }
            Mode::Control(Control::Unsupported) => {
                return Err("this transaction control cannot be used in a change: use plain BEGIN and COMMIT, or none, \
                            because Sluice opens transactions itself"
                    .to_owned());
            }
            // A table lock would end at our next transaction, and the statements that it guards run in one anyway.
            _ if mysql && facts.kind == Kind::Lock => return Ok(None),
            Mode::Autocommit if self.written && !mysql => {
                return Err(
                    "this statement cannot run between BEGIN and COMMIT: move it out of the transaction"
                        .to_owned(),
                );
            }
            Mode::Autocommit => self.push_alone(UnitKind::Alone),
            Mode::Opaque if mysql || (self.separate && !self.written) => self.push_alone(UnitKind::Alone),
            // SQLite ignores such PRAGMAs inside a transaction (PRAGMA foreign_keys: "a no-op within a transaction").
            Mode::Session if self.dialect == Dialect::Sqlite && !self.written => {
                self.push_alone(UnitKind::Session)
            }
            // Of partitioned tables PostgreSQL does it in several transactions, and again it does no harm.
            Mode::Transactional
                if self.dialect == Dialect::Postgres
                    && self.separate
                    && !self.written
                    && matches!(facts.kind, Kind::Reindex { .. } | Kind::Maintenance) =>
            {
                self.push_alone(UnitKind::Alone)
            }
            Mode::Session if self.open.is_none() && !self.written => self.push_alone(UnitKind::Session),
            Mode::Transactional | Mode::Session | Mode::Opaque | Mode::Control(Control::Savepoint) => {
                self.push_transactional(facts, sql)
            }
        };
        Ok(Some(placement))
    }

    fn push_alone(&mut self, kind: UnitKind) -> Placement {
        self.close();
        let at = self.append();
        self.units.push(Unit { kind, statements: at..at + 1 });
        Placement { unit: self.units.len() - 1, kind, written: false }
    }

    fn push_transactional(&mut self, facts: &Facts, sql: &str) -> Placement {
        let uses_new_value = contains_any_literal(self.dialect, sql, &self.new_enum_values);
        if uses_new_value {
            let written = self.written;
            self.close();
            self.written = written;
        }
        if let Kind::AddEnumValue { value } = &facts.kind {
            self.new_enum_values.insert(value.clone());
        }
        let at = self.append();
        self.open.get_or_insert(at);
        let placement =
            Placement { unit: self.units.len(), kind: UnitKind::Transaction, written: self.written };
        if self.separate && !self.written {
            self.close();
        }
        placement
    }

    fn append(&mut self) -> usize {
        self.sent += 1;
        self.sent - 1
    }

    fn close(&mut self) {
        if let Some(start) = self.open.take() {
            self.units.push(Unit { kind: UnitKind::Transaction, statements: start..self.sent });
        }
        self.written = false;
        self.new_enum_values.clear();
    }

    /// The units of all that were pushed.
    pub fn finish(mut self) -> Vec<Unit> {
        self.close();
        self.units
    }
}

/// The part of a statement that frees every lock of the session, the runner's too.
fn frees_the_lock(sql: &str) -> Option<&'static str> {
    let mut words = sql.split_ascii_whitespace();
    let mut next_is = |word: &str| words.next().is_some_and(|next| next.eq_ignore_ascii_case(word));
    if next_is("discard") && next_is("all") {
        return Some("DISCARD ALL");
    }
    ["pg_advisory_unlock_all", "release_all_locks"].into_iter().find(|function| mentions(sql, function))
}

/// Whether `sql` contains `name`, whatever the case. `name` has an underscore, which most text has few of.
fn mentions(sql: &str, name: &str) -> bool {
    let before = name.find('_').unwrap_or_default();
    memchr::memchr_iter(b'_', sql.as_bytes()).any(|at| {
        let found = at.checked_sub(before).and_then(|start| sql.as_bytes().get(start..start + name.len()));
        found.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_free_every_lock_are_known_in_any_case() {
        for sql in ["DISCARD  all", "select PG_Advisory_Unlock_All()", "DO release_all_locks()"] {
            assert!(frees_the_lock(sql).is_some(), "{sql}");
        }
        for sql in ["discard plans", "discardx all", "select pg_advisory_unlock(1)", "_all", "release_all"] {
            assert_eq!(frees_the_lock(sql), None, "{sql}");
        }
    }

    #[test]
    fn what_postgres_does_in_several_transactions_runs_alone_where_the_change_says_so() {
        let kind = |separate, sql: &str| {
            let mut units = Units::new(Dialect::Postgres, separate);
            units.push(&crate::classify(Dialect::Postgres, sql), sql).unwrap().unwrap().kind
        };
        for sql in ["REINDEX TABLE p", "reindex index pi", "CLUSTER p USING pi", "ANALYZE p"] {
            assert_eq!(kind(true, sql), UnitKind::Alone, "{sql}");
            assert_eq!(kind(false, sql), UnitKind::Transaction, "{sql}");
        }
        assert_eq!(kind(true, "CREATE TABLE a (id int)"), UnitKind::Transaction);
    }

    #[test]
    fn effort_grows_with_the_number_of_enum_values_and_not_faster() {
        let spent = |count: usize| {
            crate::effort(|| {
                let mut units = Units::new(Dialect::Postgres, false);
                for at in 0..count {
                    let sql = format!("ALTER TYPE e ADD VALUE 'v{at:06}'");
                    units.push(&crate::classify(Dialect::Postgres, &sql), &sql).unwrap();
                }
            })
            .1
        };
        let (short, long) = (spent(200), spent(2_000));
        assert!(long <= short * 11, "{short}, ten times as many: {long}");
    }
}
