use sluice_sql::model::{Statement, TableOptionKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table does not begin to count at 1.
    ///
    /// ## Why
    /// The start is often copied along with SHOW CREATE TABLE from another database.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY) AUTO_INCREMENT=5000;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    AutoIncrementStart, "schema/auto-increment-start", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for AutoIncrementStart {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        for option in &create.options {
            if let TableOptionKind::AutoIncrement(start) = option.kind
                && start > 1
            {
                let table = cx.display(&create.name);
                out.report(option.span, format!("`{table}` begins to count at {start}"))
                    .help("leave AUTO_INCREMENT out");
            }
        }
    }
}
