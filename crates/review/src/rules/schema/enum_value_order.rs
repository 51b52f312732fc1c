use sluice_sql::model::{EnumAction, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A value is added to an enum without saying where.
    ///
    /// ## Why
    /// It comes last, and `ORDER BY` and comparisons go by the order of the values. The order cannot be changed later.
    ///
    /// ## Bad
    /// ```sql postgres
    /// ALTER TYPE mood ADD VALUE 'calm';
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// ALTER TYPE mood ADD VALUE 'calm' AFTER 'happy';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TYPE, ADD VALUE.
    EnumValueOrder, "schema/enum-value-order", Engines::POSTGRES, Info, All
}

impl Rule for EnumValueOrder {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::AlterEnum(alter) = &cx.parsed.statement else { return };
        if let EnumAction::AddValue { value, before: None, after: None, .. } = &alter.action {
            out.report(value.span, format!("'{}' comes after all others", value.value))
                .help("say BEFORE or AFTER which");
        }
    }
}
