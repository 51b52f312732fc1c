use sluice_sql::model::{TableAction, TypeFamily};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column is added that every row must have and that has no default.
    ///
    /// ## Why
    /// PostgreSQL and SQLite refuse it on a table that has rows. MySQL and MariaDB fill in an empty value. Programs that run while the change
    /// is deployed insert rows without the column, and fail.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN currency varchar(3) NOT NULL;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN currency varchar(3) NOT NULL DEFAULT 'EUR';
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN currency varchar(3);
    /// ```
    ///
    /// ## Source
    /// Measured: a named `INSERT` that leaves the column out is planned without an error and fails when it runs. PostgreSQL
    /// manual, Default Values; SQLite documentation, ALTER TABLE ADD COLUMN.
    AddRequiredColumn, "compatibility/add-required-column", Engines::ALL, Error, Recommended
}

impl Rule for AddRequiredColumn {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        let table = cx.display(&alter.name);

        for action in &alter.actions {
            let TableAction::AddColumn { column, .. } = &action.kind else { continue };
            let family = column.data_type.as_ref().map(|data_type| data_type.family(cx.dialect()));
            let filled = column.default().is_some_and(|default| !default.is_null())
                || column.generated().is_some()
                || column.identity().is_some()
                || column.auto_increment()
                || family == Some(TypeFamily::Serial);
            let Some(not_null) = column.not_null() else { continue };
            if !filled {
                let message = format!(
                    "`{}` must be in every row of `{table}` and has no default: rows that are there and writers that do not name it have no value",
                    column.name.text
                );
                out.report(not_null.span, message)
                    .help("give it a default, or add it without NOT NULL first");
            }
        }
    }
}
