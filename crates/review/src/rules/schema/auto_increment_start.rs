use sluice_sql::model::{Statement, TableOptionKind};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A table does not begin to count where all others do.
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
    ///
    /// ## Source
    /// MySQL manual, Using AUTO_INCREMENT.
    AutoIncrementStart, "schema/auto-increment-start", Engines::MYSQL_FAMILY, Warning, All,
    options: &[
        OptionSpec {
            name: "start",
            kind: OptionKind::Number { default: 1 },
            about: "Where tables begin to count.",
        },
    ]
}

impl Rule for AutoIncrementStart {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        for option in &create.options {
            if let TableOptionKind::AutoIncrement(start) = option.kind
                && start != cx.options.number("start").max(1)
                && start != 0
            {
                let table = cx.display(&create.name);
                out.report(option.span, format!("`{table}` begins to count at {start}"))
                    .help("leave AUTO_INCREMENT out");
            }
        }
    }
}
