use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A table has many columns.
    ///
    /// ## Why
    /// Wide rows fill pages with what a query does not need; often there are two things in one table.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (c0 int, c1 int, c2 int, c3 int, c4 int, c5 int, c6 int, c7 int, c8 int, c9 int, c10 int, c11 int, c12 int, c13 int, c14 int, c15 int, c16 int, c17 int, c18 int, c19 int, c20 int, c21 int, c22 int, c23 int, c24 int, c25 int, c26 int, c27 int, c28 int, c29 int, c30 int, c31 int, c32 int, c33 int, c34 int, c35 int, c36 int, c37 int, c38 int, c39 int, c40 int);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Limits; MySQL manual, Limits on Table Column Count and Row Size; SQLite documentation, Limits In
    /// SQLite.
    ColumnCount, "schema/column-count", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "max",
            kind: OptionKind::Number { default: 40 },
            about: "Most columns that a table may have.",
        },
    ]
}

impl Rule for ColumnCount {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        let (count, max) = (create.columns().count(), cx.options.number("max"));
        if u64::try_from(count).is_ok_and(|count| count > max) {
            let table = cx.display(&create.name);
            out.report(create.name.span, format!("`{table}` has {count} columns, more than {max}"))
                .help("split the table");
        }
    }
}
