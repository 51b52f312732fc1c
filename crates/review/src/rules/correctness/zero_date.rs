use sluice_sql::model::Literal;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A default is a date that does not exist.
    ///
    /// ## Why
    /// The server refuses `0000-00-00` in its default `sql_mode` (NO_ZERO_DATE).
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE events (id int PRIMARY KEY, at datetime NOT NULL DEFAULT '0000-00-00 00:00:00');
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE events (id int PRIMARY KEY, at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Server SQL Modes, NO_ZERO_DATE.
    ZeroDate, "correctness/zero-date", Engines::MYSQL, Error, Recommended
}

impl Rule for ZeroDate {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (_, column) in cx.parsed.statement.column_defs() {
            let Some(default) = column.default() else { continue };
            if matches!(&default.literal, Some(Literal::Text(text)) if text.starts_with("0000-00-00")) {
                out.report(default.span, format!("`{}` has a default that is no date", column.name.text))
                    .help("let the column be null, or take CURRENT_TIMESTAMP");
            }
        }
    }
}
