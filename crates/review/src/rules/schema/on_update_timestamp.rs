use sluice_sql::model::{ColumnAttributeKind, TypeFamily};

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A column that says when a row was changed does not change by itself.
    ///
    /// ## Why
    /// Every program would have to set it. `ON UPDATE CURRENT_TIMESTAMP` sets it whenever a row changes.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, updated_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY,
    ///     updated_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Automatic Initialization and Updating for TIMESTAMP and DATETIME.
    OnUpdateTimestamp, "schema/on-update-timestamp", Engines::MYSQL_FAMILY, Warning, All,
    options: &[
        OptionSpec {
            name: "pattern",
            kind: OptionKind::Pattern {
                default: r"(?i)^(updated|modified|changed)(_at|_on|_time|_ts)?$",
                placeholders: &[],
            },
            about: "Regular expression that names of such columns match.",
        },
    ]
}

impl Rule for OnUpdateTimestamp {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, column) in cx.parsed.statement.column_defs() {
            let family = column.data_type.as_ref().map(|it| it.family(cx.dialect()));
            let is_moment = matches!(family, Some(TypeFamily::Timestamp | TypeFamily::TimestampTz));
            let updates =
                column.attributes.iter().any(|it| matches!(it.kind, ColumnAttributeKind::OnUpdate(_)));
            let pattern = cx.options.text("pattern");
            if pattern.is_empty() || updates || !is_moment {
                continue;
            }
            if cx.options.matches("pattern", &column.name.text, &[]) {
                let (table, name) = (cx.display(table), &column.name.text);
                out.report(column.span, format!("`{name}` of `{table}` stays as it is when a row changes"))
                    .help("add ON UPDATE CURRENT_TIMESTAMP");
            }
        }
    }
}
