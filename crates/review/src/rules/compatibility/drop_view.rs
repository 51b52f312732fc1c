use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::ObjectKind;
use sluice_sql::model::Statement;

rule! {
    /// A view that is in use is dropped.
    ///
    /// ## Why
    /// Programs that read it fail. A view that is made again in the same change is left alone.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// CREATE VIEW notes AS SELECT id, note FROM orders;
    /// ```
    /// ```sql
    /// DROP VIEW notes;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// CREATE VIEW notes AS SELECT id, note FROM orders;
    /// ```
    /// ```sql
    /// DROP VIEW notes;
    /// CREATE VIEW notes AS SELECT id, note, total FROM orders;
    /// ```
    ///
    /// ## Source
    /// Measured: queries of a dropped relation are refused. PostgreSQL manual, DROP VIEW; MySQL manual, DROP VIEW Statement.
    DropView, "compatibility/drop-view", Engines::ALL, Error, Recommended
}

impl Rule for DropView {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Drop(drop) = &cx.parsed.statement else { return };
        if drop.kind != ObjectKind::View || cx.change.contract {
            return;
        }
        for name in &drop.names {
            let again = cx.after.iter().any(|parsed| match &parsed.statement {
                Statement::CreateView(view) => view.name.same_relation(name, cx.dialect()),
                Statement::CreateTable(table) => table.name.same_relation(name, cx.dialect()),
                _ => false,
            });
            let gone_already = cx.schema.complete && cx.relation(name).is_none();
            if !again && !gone_already && !cx.is_new(name) {
                out.report(name.span, format!("programs that read view `{}` fail", cx.display(name)))
                    .help("stop reading the view first, and drop it in a change with phase=contract");
            }
        }
    }
}
