use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A trigger is created on a table that is in use.
    ///
    /// ## Why
    /// The statement takes a `SHARE ROW EXCLUSIVE` lock for an instant, but it waits for all transactions that write to the
    /// table, and all other writers wait behind it; it is held until the transaction ends.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    /// ```
    /// ```sql postgres
    /// CREATE TRIGGER stamp BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION stamp();
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note SET STATISTICS 500;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    CreateTrigger, "locks/create-trigger", Engines::POSTGRES, Info, Strict
}

impl Rule for CreateTrigger {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTrigger(trigger) = &cx.parsed.statement else { return };
        let Some(table) = trigger.table.as_ref().filter(|table| !cx.is_new(table)) else { return };
        if cx.relation(table).is_some_and(|it| !it.is_table()) {
            return;
        }
        let message = format!(
            "creating a trigger takes a SHARE ROW EXCLUSIVE lock on `{}`: writes wait until the transaction ends",
            cx.display(table)
        );
        out.report(cx.parsed.span, message).help("do this in a change of its own");
    }
}
