use sluice_sql::Dialect;
use sluice_sql::model::{ColumnDef, Statement, TypeFamily};
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
        let dialect = cx.dialect();
        let is_key = |column: &ColumnDef| match &cx.parsed.statement {
            Statement::CreateTable(create) => {
                matches!(create.primary_key().as_slice(), [key] if key.same(&column.name, dialect))
            }
            _ => column.primary_key().is_some(),
        };
        for (table, column) in cx.parsed.statement.column_defs() {
            let Some(data_type) = &column.data_type else { continue };
            let small = match data_type.name.as_str() {
                "integer" | "int" | "smallint" | "mediumint" | "tinyint" => true,
                // In MySQL and MariaDB it means bigint.
                "serial" | "smallserial" => dialect == Dialect::Postgres,
                _ => false,
            };
            if !small || data_type.dimensions > 0 || !is_key(column) {
                continue;
            }
            let (table, name) = (cx.display(table), &column.name.text);
            let plain = data_type.unsigned.is_none() && data_type.family(dialect) != TypeFamily::Serial;
            let fix = plain.then(|| Fix::edits("use bigint", vec![Edit::replace(data_type.span, "bigint")]));
            out.report(
                data_type.span,
                format!("the primary key `{name}` of `{table}` holds less than bigint does"),
            )
            .help("use bigint")
            .fix(fix);
        }
    }
}
