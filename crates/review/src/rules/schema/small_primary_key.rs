use sluice_sql::Dialect;
use sluice_sql::model::Statement;
use sluice_text::{Edit, Fix};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A primary key of one column has an integer type that is smaller than `bigint`.
    ///
    /// ## Why
    /// 2 147 483 647 rows come sooner than one thinks: rolled back inserts count too. To widen a key later rewrites the table
    /// and all that refer to it.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id int PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    SmallPrimaryKey, "schema/small-primary-key", Engines::SERVERS, Warning, Strict
}

impl Rule for SmallPrimaryKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column) in cx.parsed.statement.column_defs() {
            let Some(data_type) = &column.data_type else { continue };
            if matches!(
                data_type.name.as_str(),
                "integer" | "int" | "smallint" | "mediumint" | "tinyint" | "serial" | "smallserial"
            ) && data_type.dimensions == 0
                && (column.primary_key().is_some()
                    || matches!(&cx.parsed.statement, Statement::CreateTable(create) if create.primary_key().iter().all(|key| key.same(&column.name, cx.dialect())) && !create.primary_key().is_empty()))
            {
                let (table, name) = (cx.display(table), &column.name.text);
                out.report(
                    data_type.span,
                    format!("the primary key `{name}` of `{table}` holds less than bigint does"),
                )
                .help("use bigint")
                .fix(Fix::edits(
                    "use bigint",
                    vec![Edit::replace(
                        data_type.span,
                        match data_type.name.as_str() {
                            "serial" | "smallserial" if cx.dialect() == Dialect::Postgres => "bigserial",
                            _ => "bigint",
                        },
                    )],
                ));
            }
        }
    }
}
