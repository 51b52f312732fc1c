use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column of a new table may be null.
    ///
    /// ## Why
    /// Null means unknown, not applicable and forgotten at once; queries must handle it everywhere.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(50));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note varchar(50) NOT NULL);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Not-Null Constraints: most columns should be marked not null.
    RequireNotNull, "schema/require-not-null", Engines::ALL, Info, All
}

impl Rule for RequireNotNull {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        let keys = create.primary_key();
        for column in create.columns() {
            let is_key = keys.iter().any(|key| key.same(&column.name, cx.dialect()));
            if column.not_null().is_none()
                && !is_key
                && column.generated().is_none()
                && column.identity().is_none()
            {
                let (table, name) = (cx.display(&create.name), &column.name.text);
                out.report(column.span, format!("`{name}` of `{table}` may be null"))
                    .help("make it NOT NULL");
            }
        }
    }
}
