use sluice_sql::model::{ColumnChange, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// The default of a column that is in use is changed.
    ///
    /// ## Why
    /// Programs that do not name the column write another value from now on, without being deployed.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ALTER COLUMN total SET DEFAULT 5;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ALTER COLUMN total SET DEFAULT 0;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER TABLE, SET/DROP DEFAULT; strong_migrations, change_column_default.
    ChangeDefault, "compatibility/change-default", Engines::SERVERS, Warning, Strict
}

impl Rule for ChangeDefault {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        let table = cx.display(&alter.name);

        for action in &alter.actions {
            let TableAction::AlterColumn { name, change, .. } = &action.kind else { continue };
            let ColumnChange::SetDefault(default) = &**change else { continue };
            let Some(column) = super::column(cx, &alter.name, name) else { continue };
            let Some(old) = &column.default else { continue };
            if old.text.trim() != cx.slice(default.span).trim() && !cx.made_here(column.origin) {
                let message = format!(
                    "writers that do not name `{}` of `{table}` write another value than {}",
                    name.text, old.text
                );
                out.report(action.span, message)
                    .help("make sure that every writer is content with the new default");
            }
        }
    }
}
