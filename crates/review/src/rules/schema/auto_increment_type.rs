use sluice_sql::model::TypeFamily;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An `AUTO_INCREMENT` column has a type that is no integer.
    ///
    /// ## Why
    /// Numbers with a fraction count inexactly from some size on, and MySQL has deprecated them for this.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id double AUTO_INCREMENT PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Numeric Type Attributes: AUTO_INCREMENT for FLOAT and DOUBLE is deprecated.
    AutoIncrementType, "schema/auto-increment-type", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for AutoIncrementType {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column, data_type) in super::counting(cx) {
            if data_type.family(cx.dialect()) != TypeFamily::Integer {
                let (table, name) = (cx.display(table), &column.name.text);
                out.report(
                    data_type.span,
                    format!("`{name}` of `{table}` counts in a type that is no integer"),
                )
                .help("use bigint");
            }
        }
    }
}
