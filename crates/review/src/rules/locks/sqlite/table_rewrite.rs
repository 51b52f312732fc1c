use sluice_sql::model::{MaintenanceVerb, Statement, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table is written anew under the write lock of the whole database file.
    ///
    /// ## Why
    /// `DROP COLUMN` writes every row of the table anew, and `VACUUM` every row of the file. SQLite has one write lock for the whole
    /// file: whoever writes to any table waits, or gets `SQLITE_BUSY` when its `busy_timeout` is over. Reads go on in WAL mode
    /// only.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note text);
    /// ```
    /// ```sql
    /// ALTER TABLE orders DROP COLUMN note;
    /// ```
    /// ```sql
    /// VACUUM;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note text);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN comment text;
    /// ```
    ///
    /// ## Source
    /// SQLite documentation, ALTER TABLE DROP COLUMN, VACUUM, and File Locking And Concurrency.
    SqliteTableRewrite, "locks/sqlite-table-rewrite", Engines::SQLITE, Warning, Strict
}

impl Rule for SqliteTableRewrite {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let (span, what) = match &cx.parsed.statement {
            Statement::AlterTable(alter) if !cx.is_new(&alter.name) => {
                let drop =
                    alter.actions.iter().find(|one| matches!(one.kind, TableAction::DropColumn { .. }));
                let Some(drop) = drop else { return };
                (drop.span, format!("dropping a column writes all of `{}` anew", cx.display(&alter.name)))
            }
            Statement::Maintenance(maintenance) if maintenance.verb == MaintenanceVerb::Vacuum => {
                (cx.parsed.span, "VACUUM writes the whole file anew".to_owned())
            }
            _ => return,
        };
        // What the server refuses writes nothing.
        if cx.forecast().refused.is_some() {
            return;
        }
        out.report(span, format!("{what}: nobody writes to any table of the file meanwhile"))
            .help("run it when nothing writes to the file");
    }
}
