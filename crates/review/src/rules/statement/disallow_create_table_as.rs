use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Tables made from queries are not wanted.
    ///
    /// ## Why
    /// `CREATE TABLE … AS` copies no keys, defaults and constraints, and locks what it reads in MySQL. This rule is for
    /// projects that have decided to do without.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE old_orders AS SELECT id FROM orders WHERE id < 5;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE TABLE AS; MySQL manual, CREATE TABLE ... SELECT Statement.
    DisallowCreateTableAs, "statement/disallow-create-table-as", Engines::ALL, Warning, All
}

impl Rule for DisallowCreateTableAs {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(table) = &cx.parsed.statement else { return };
        if table.query.is_some() {
            let name = table.name.display(cx.dialect());
            out.report(table.name.span, format!("`{name}` is made from a query"))
                .help("create the table, then insert into it");
        }
    }
}
