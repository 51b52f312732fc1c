use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::ObjectKind;
use sluice_sql::model::Statement;

rule! {
    /// A table that is in use is dropped.
    ///
    /// ## Why
    /// Its rows are gone, and no later change brings them back. What still reads or writes it fails. Say `phase=contract` once nothing
    /// uses it any more. A table that is built anew (created under another name, filled, dropped, renamed) is left alone.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total bigint);
    /// ```
    /// ```sql
    /// DROP TABLE orders;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id integer PRIMARY KEY);
    /// DROP TABLE drafts;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, DROP TABLE; MySQL manual, DROP TABLE Statement; SQLite documentation, DROP TABLE.
    DropTable, "data-loss/drop-table", Engines::ALL, Error, Recommended
}

impl Rule for DropTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Drop(drop) = &cx.parsed.statement else { return };
        if !matches!(drop.kind, ObjectKind::Table) || cx.change.contract || drop.temporary.is_some() {
            return;
        }
        for name in &drop.names {
            let gone_already = cx.schema.complete && cx.relation(name).is_none();
            if gone_already || cx.is_new(name) || super::comes_back(cx, name) {
                continue;
            }
            out.report(name.span, format!("dropping `{}` loses its rows for good", cx.display(name)))
                .help("stop using the table first, keep a copy, and drop it in a change with phase=contract");
        }
    }
}

#[cfg(test)]
mod tests {
    use sluice_sql::Dialect;

    use crate::rules::data_loss::tests::silent;

    #[test]
    fn a_table_that_is_built_anew_is_left_alone() {
        let before = "CREATE TABLE orders (id integer PRIMARY KEY);";
        let sql = "CREATE TABLE orders_new (id integer PRIMARY KEY, note text);\n\
                   INSERT INTO orders_new (id) SELECT id FROM orders;\n\
                   DROP TABLE orders;\n\
                   ALTER TABLE orders_new RENAME TO orders;";
        silent("data-loss/drop-table", Dialect::Sqlite, before, sql);
    }
}
