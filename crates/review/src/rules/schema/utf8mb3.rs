use sluice_sql::model::Statement;
use sluice_text::{Edit, Fix};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column has the charset `utf8`, which has no room for four-byte characters.
    ///
    /// ## Why
    /// Emoji and some Chinese characters cannot be stored: the INSERT fails. `utf8` is an alias of the deprecated `utf8mb3`.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(50) CHARACTER SET utf8);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(50) CHARACTER SET utf8mb4);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, The utf8mb3 Character Set.
    Utf8mb3, "schema/utf8mb3", Engines::MYSQL_FAMILY, Warning, Strict
}

impl Rule for Utf8mb3 {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, name, data_type) in cx.parsed.statement.column_types() {
            if data_type.charset.as_ref().is_some_and(|charset| charset.is("utf8") || charset.is("utf8mb3")) {
                let (table, name) = (cx.display(table), &name.text);
                let new = !matches!(cx.parsed.statement, Statement::AlterTable(_));
                let charset = data_type.charset.as_ref().filter(|_| new && data_type.collation.is_none());
                let fix = charset
                    .map(|charset| Fix::edits("use utf8mb4", vec![Edit::replace(charset.span, "utf8mb4")]));
                out.report(
                    data_type.span,
                    format!("`{name}` of `{table}` cannot hold characters of four bytes"),
                )
                .help("use utf8mb4")
                .fix(fix);
            }
        }
    }
}
