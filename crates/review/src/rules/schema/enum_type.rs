use sluice_sql::model::TypeFamily;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column has the type `ENUM`.
    ///
    /// ## Why
    /// Values are part of the table's definition: to change or to order them alters the table.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, state enum('open', 'paid'));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, state varchar(20));
    /// ```
    EnumType, "schema/enum-type", Engines::MYSQL_FAMILY, Info, All
}

impl Rule for EnumType {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column) in cx.parsed.statement.column_defs() {
            let Some(data_type) = &column.data_type else { continue };
            if matches!(data_type.family(cx.dialect()), TypeFamily::Enum) {
                let (table, name) = (cx.display(table), &column.name.text);
                out.report(data_type.span, format!("`{name}` of `{table}` is an ENUM"))
                    .help("use a table of values and a foreign key");
            }
        }
    }
}
