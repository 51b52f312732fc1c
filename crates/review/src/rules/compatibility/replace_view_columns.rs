use sluice_sql::model::{Ident, NameClass, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A view is replaced by one that lacks columns.
    ///
    /// ## Why
    /// PostgreSQL refuses it: cannot drop columns from view. MySQL and MariaDB do it, and programs that read the columns fail.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20));
    /// CREATE VIEW notes AS SELECT id, note FROM orders;
    /// ```
    /// ```sql
    /// CREATE OR REPLACE VIEW notes AS SELECT id FROM orders;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer);
    /// CREATE VIEW notes AS SELECT id, note FROM orders;
    /// ```
    /// ```sql
    /// CREATE OR REPLACE VIEW notes AS SELECT id, note, total FROM orders;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE VIEW, Description of OR REPLACE; measured: queries of the lost column are refused.
    ReplaceViewColumns, "compatibility/replace-view-columns", Engines::SERVERS, Error, Recommended
}

impl Rule for ReplaceViewColumns {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateView(view) = &cx.parsed.statement else { return };
        let there =
            cx.relation(&view.name).filter(|it| !it.is_table() && it.columns_known && !cx.is_new(&view.name));
        let Some(there) = there.filter(|_| view.or_replace.is_written() || view.alter) else { return };
        let outputs: Option<Vec<&Ident>> = if view.columns.is_empty() {
            view.query.outputs.iter().map(Option::as_ref).collect()
        } else {
            Some(view.columns.iter().collect())
        };
        // What `*` and unnamed expressions give is not known.
        let Some(outputs) = outputs.filter(|it| !it.is_empty() && view.query.facts.stars.is_empty()) else {
            return;
        };
        let lost: Vec<String> = there
            .columns
            .iter()
            .filter(|column| outputs.iter().all(|it| it.key(cx.dialect(), NameClass::Other) != column.name))
            .map(|column| format!("`{}`", column.name))
            .collect();
        if !lost.is_empty() && !cx.change.contract {
            out.report(view.name.span, format!("view `{}` loses {}", there.name, lost.join(", ")))
                .help("keep the columns, and add new ones at the end");
        }
    }
}
