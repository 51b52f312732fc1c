use sluice_sql::model::{ColumnAttributeKind, Statement};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// Several columns of a table take the current time by themselves.
    ///
    /// ## Why
    /// One says when a row was made, and one when it was changed. More of them say the same, and each is computed for every row.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY,
    ///     created_at datetime DEFAULT CURRENT_TIMESTAMP,
    ///     seen_at datetime DEFAULT CURRENT_TIMESTAMP);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY,
    ///     created_at datetime DEFAULT CURRENT_TIMESTAMP,
    ///     updated_at datetime DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Automatic Initialization and Updating for TIMESTAMP and DATETIME.
    CurrentTimeCount, "schema/current-time-count", Engines::MYSQL_FAMILY, Warning, All,
    options: &[
        OptionSpec {
            name: "max_default",
            kind: OptionKind::Number { default: 1 },
            about: "Most columns with the current time as default.",
        },
        OptionSpec {
            name: "max_on_update",
            kind: OptionKind::Number { default: 1 },
            about: "Most columns with ON UPDATE.",
        },
    ]
}

impl Rule for CurrentTimeCount {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        let (mut made, mut changed) = (0u64, 0u64);
        for column in create.columns() {
            let updates =
                column.attributes.iter().any(|it| matches!(it.kind, ColumnAttributeKind::OnUpdate(_)));
            let now = column.default().is_some_and(|default| {
                ["current_timestamp", "now", "localtime", "localtimestamp"]
                    .iter()
                    .any(|name| default.calls(name))
            });
            let (count, max) = if updates {
                changed += 1;
                (changed, cx.options.number("max_on_update"))
            } else if now {
                made += 1;
                (made, cx.options.number("max_default"))
            } else {
                continue;
            };
            if count > max {
                let (table, name) = (cx.display(&create.name), &column.name.text);
                out.report(column.span, format!("`{name}` of `{table}` takes the current time as others do"))
                    .help("let programs set it, or leave it out");
            }
        }
    }
}
