use sluice_sql::model::TypeFamily;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An `AUTO_INCREMENT` column is signed.
    ///
    /// ## Why
    /// It never counts below zero: half of its values are never used.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint UNSIGNED AUTO_INCREMENT PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Using AUTO_INCREMENT: "Use the UNSIGNED attribute if possible to allow a greater range".
    AutoIncrementUnsigned, "schema/auto-increment-unsigned", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for AutoIncrementUnsigned {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column, data_type) in super::counting(cx) {
            if data_type.unsigned.is_none() && data_type.family(cx.dialect()) == TypeFamily::Integer {
                let (table, name) = (cx.display(table), &column.name.text);
                out.report(data_type.span, format!("`{name}` of `{table}` counts in a signed type"))
                    .help("add UNSIGNED");
            }
        }
    }
}
