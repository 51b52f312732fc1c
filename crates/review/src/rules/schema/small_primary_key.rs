use sluice_sql::Dialect;
use sluice_sql::model::{NameClass, TypeFamily};
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
    ///
    /// ## Source
    /// PostgreSQL manual, Integer Types; MySQL manual, Integer Types.
    SmallPrimaryKey, "schema/small-primary-key", Engines::SERVERS, Warning, Strict
}

impl Rule for SmallPrimaryKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let dialect = cx.dialect();
        for (table, column, data_type) in cx.parsed.statement.column_types() {
            let is_key = || match super::primary_key(cx, table).as_slice() {
                [key] => *key == column.key(dialect, NameClass::Other),
                _ => false,
            };
            let small = match data_type.name.as_str() {
                "integer" | "int" | "smallint" | "mediumint" | "tinyint" => true,
                // In MySQL and MariaDB it means bigint.
                "serial" | "smallserial" => dialect == Dialect::Postgres,
                _ => false,
            };
            if !small || data_type.dimensions > 0 || !is_key() {
                continue;
            }
            let (table, name) = (cx.display(table), &column.text);
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
