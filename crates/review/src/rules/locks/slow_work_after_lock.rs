use sluice_schema::Relation;
use sluice_sql::model::{
    AlterTable, Comparison, ConjunctKind, InsertSource, ObjectName, Statement, TableAction,
};

use crate::rules::remainder::{self, Pieces};
use crate::{Context, Engines, LockMode, Meta, Rule, Sink, rule};

rule! {
    /// Long work follows in the transaction that took the strongest lock on a table.
    ///
    /// ## Why
    /// An `ACCESS EXCLUSIVE` lock is held until the transaction ends. An `ALTER TABLE` that takes an instant keeps
    /// everybody off the table for as long as the `UPDATE` behind it runs.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN paid boolean;
    /// UPDATE orders SET paid = true WHERE customer_id > 0;
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN paid boolean;
    /// ALTER TABLE orders VALIDATE CONSTRAINT note_short;
    /// ```
    /// ```sql postgres
    /// DO $$ BEGIN
    ///     ALTER TABLE orders ADD COLUMN paid boolean;
    ///     UPDATE orders SET paid = true WHERE customer_id > 0;
    /// END $$;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ADD COLUMN paid boolean;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Explicit Locking.
    SlowWorkAfterLock, "locks/slow-work-after-lock", Engines::POSTGRES, Warning, Recommended
}

impl Rule for SlowWorkAfterLock {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let work = match &cx.parsed.statement {
            Statement::Update(update) => update.tables.first().map(|table| (&table.name, "this UPDATE")),
            Statement::Delete(delete) => delete.tables.first().map(|table| (&table.name, "this DELETE")),
            Statement::Insert(insert) if matches!(insert.source, InsertSource::Query(_)) => {
                insert.facts.reads.first().map(|table| (&table.name, "this INSERT"))
            }
            Statement::AlterTable(alter) if is_validation(cx, alter) => {
                Some((&alter.name, "this validation"))
            }
            Statement::CreateTable(create) if !create.no_data => {
                let reads = create.query.as_ref().and_then(|query| query.facts.reads.first());
                reads.map(|table| (&table.name, "this CREATE TABLE … AS"))
            }
            Statement::CreateView(view) if view.materialized && !view.no_data => {
                let reads = view.query.facts.reads.first();
                reads.map(|table| (&table.name, "this CREATE MATERIALIZED VIEW"))
            }
            _ => return,
        };
        let Some((table, what)) = work.filter(|(table, _)| cx.in_transaction() && !cx.is_new(table)) else {
            return;
        };
        if is_one_row(cx, table) {
            return;
        }
        let Some(held) = cx.first_held(LockMode::AccessExclusive) else { return };
        let locked = &held.relation;
        let message = format!(
            "{what} runs while the transaction holds an ACCESS EXCLUSIVE lock on `{locked}`: nobody reads or writes it"
        );
        out.report(cx.parsed.span, message)
            .help("put it into a change of its own after this one")
            .fix(remainder::after(cx, Pieces::One));
    }
}

/// Whether the statement picks rows by the whole primary key.
fn is_one_row(cx: &Context<'_>, table: &ObjectName) -> bool {
    let filter = match &cx.parsed.statement {
        Statement::Update(update) => update.filter.as_ref(),
        Statement::Delete(delete) => delete.filter.as_ref(),
        _ => None,
    };
    let Some(key) = cx.relation(table).map(Relation::primary_key).filter(|key| !key.is_empty()) else {
        return false;
    };
    filter.is_some_and(|filter| {
        key.iter().all(|column| {
            filter.expr.conjuncts.iter().any(|one| {
                matches!(&one.kind, ConjunctKind::Compare { column: by, operator: Comparison::Equal, .. }
                    if by.name.folded(cx.dialect()) == column.as_str())
            })
        })
    })
}

/// Whether the statement only validates constraints that were there before this transaction: of the others another rule
/// speaks.
fn is_validation(cx: &Context<'_>, alter: &AlterTable) -> bool {
    alter.actions.iter().all(|action| {
        let TableAction::ValidateConstraint(name) = &action.kind else { return false };
        let name = name.folded(cx.dialect());
        let constraint = cx.relation(&alter.name).and_then(|it| it.constraint(&name));
        constraint.is_none_or(|it| !it.validated && it.origin != cx.origin)
    })
}
