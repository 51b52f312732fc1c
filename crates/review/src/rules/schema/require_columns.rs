use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A table lacks a column that every table has.
    ///
    /// ## Why
    /// Who made a row and when is asked sooner or later. Temporary tables, partitions and copies are not meant.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, created_at timestamp NULL, updated_at timestamp NULL);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Table Basics; MySQL manual, CREATE TABLE Statement.
    RequireColumns, "schema/require-columns", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "columns",
            kind: OptionKind::List { default: &["id", "created_at", "updated_at"] },
            about: "Columns that every table must have.",
        },
    ]
}

impl Rule for RequireColumns {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        let plain = super::says_all(create);
        let table = cx.display(&create.name);

        for wanted in cx.options.list("columns") {
            if plain && !create.columns().any(|column| column.name.text.eq_ignore_ascii_case(wanted)) {
                out.report(create.name.span, format!("`{table}` has no column `{wanted}`"))
                    .help("add the column");
            }
        }
    }
}
