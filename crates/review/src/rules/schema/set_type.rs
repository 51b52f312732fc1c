use sluice_sql::model::TypeFamily;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column has the type `SET`.
    ///
    /// ## Why
    /// Values are a list in one column: no foreign key, no index on one of them, at most 64.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, tags set('a', 'b'));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, tag varchar(20));
    /// ```
    ///
    /// ## Source
    /// MySQL manual, The SET Type.
    SetType, "schema/set-type", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for SetType {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if matches!(data_type.family(cx.dialect()), TypeFamily::Set) {
                let (table, name) = (cx.display(table), &name.text);
                out.report(data_type.span, format!("`{name}` of `{table}` is a SET"))
                    .help("use a table with a row for each value");
            }
        }
    }
}
