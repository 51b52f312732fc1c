use sluice_sql::model::Statement;
use sluice_sql::{Dialect, ObjectKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column is made without a comment.
    ///
    /// ## Why
    /// What a column holds, and in which unit, should be known where it is.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (weight int);
    /// ```
    ///
    /// ## Good
    /// ```sql mysql mariadb
    /// CREATE TABLE orders (weight int COMMENT 'grams');
    /// ```
    /// ```sql postgres
    /// CREATE TABLE orders (weight int);
    /// COMMENT ON COLUMN orders.weight IS 'grams';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, COMMENT; MySQL manual, CREATE TABLE Statement.
    RequireColumnComment, "schema/require-column-comment", Engines::SERVERS, Info, All
}

impl Rule for RequireColumnComment {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        if matches!(&cx.parsed.statement, Statement::CreateTable(create) if create.temporary.is_some()) {
            return;
        }
        for (table, column) in cx.parsed.statement.column_defs() {
            let follows = super::comments(cx).any(|it| {
                let of_table = it.name.qualifiers.last();
                it.kind == ObjectKind::Column
                    && it.name.name.same(&column.name, cx.dialect())
                    && of_table.is_some_and(|of| of.same(&table.name, cx.dialect()))
            });
            if column.comment().is_none() && !follows {
                let (table, name) = (cx.display(table), &column.name.text);
                let help =
                    if cx.dialect() == Dialect::Postgres { "add COMMENT ON COLUMN" } else { "add COMMENT" };
                out.report(column.span, format!("`{name}` of `{table}` has no comment")).help(help);
            }
        }
    }
}
