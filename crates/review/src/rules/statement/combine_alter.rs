use sluice_sql::model::Statement;
use sluice_sql::{Dialect, ObjectKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Several `ALTER TABLE` of one table could be one.
    ///
    /// ## Why
    /// Each of them waits for the table's lock. On MySQL and MariaDB each may copy the table, and commits by itself: one statement
    /// with several actions does the work once, and all of it or nothing. On PostgreSQL it is told of actions that take an
    /// instant only: one that reads the table would keep the lock of the others.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, status integer);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN a integer;
    /// ALTER TABLE orders ADD COLUMN b integer;
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN a integer;
    /// UPDATE orders SET a = 1 WHERE id = 1;
    /// ALTER TABLE orders ADD COLUMN b integer;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, status integer);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN a integer, ADD COLUMN b integer;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Online DDL Operations, Combining or Separating DDL Statements; PostgreSQL manual, ALTER TABLE, Notes.
    CombineAlter, "statement/combine-alter", Engines::SERVERS, Warning, All
}

impl Rule for CombineAlter {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::AlterTable(alter) = &cx.parsed.statement else { return };
        if alter.kind != ObjectKind::Table || cx.is_new(&alter.name) {
            return;
        }
        let name = cx.schema.relation_name(&alter.name);
        // On PostgreSQL the strongest lock of all actions is held for the longest of them: only instants go together.
        if cx.dialect() == Dialect::Postgres && (cx.forecast().is_slow() || !cx.in_transaction()) {
            return;
        }
        let earlier = cx.before.iter().rev().find(|seen| {
            let same_unit = cx.dialect() != Dialect::Postgres || seen.transaction == cx.origin.transaction;
            same_unit && seen.is_alteration && seen.subject.as_ref() == Some(&name)
        });
        if earlier.is_some() {
            out.report(alter.name.span, format!("a statement before alters `{name}`, too"))
                .help("write both as one ALTER TABLE");
        }
    }
}
