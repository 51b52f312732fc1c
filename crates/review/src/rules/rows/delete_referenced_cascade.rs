use sluice_sql::model::{ReferentialAction, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `DELETE` takes rows of other tables along.
    ///
    /// ## Why
    /// A foreign key with `ON DELETE CASCADE` deletes the rows that refer to what is deleted, and so on from there. How many
    /// nobody says; all of them are locked and none is asked for.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// CREATE TABLE items (id bigint PRIMARY KEY, order_id bigint,
    ///     FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE);
    /// ```
    /// ```sql
    /// DELETE FROM orders WHERE id < 100;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    /// ```sql
    /// DELETE FROM orders WHERE id < 100;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Foreign Keys, ON DELETE CASCADE; MySQL manual, FOREIGN KEY Constraints, Referential Actions; SQLite
    /// documentation, Foreign Key Support.
    DeleteReferencedCascade, "rows/delete-referenced-cascade", Engines::ALL, Info, Recommended
}

impl Rule for DeleteReferencedCascade {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Delete(delete) = &cx.parsed.statement else { return };
        for table in &delete.tables {
            if cx.is_new(&table.name) {
                continue;
            }
            let name = cx.schema.relation_name(&table.name);
            let cascading = cx.schema.relations.values().find(|relation| {
                relation
                    .foreign_keys()
                    .any(|(_, key)| key.table == name && key.on_delete == Some(ReferentialAction::Cascade))
            });
            if let Some(child) = cascading {
                let child = &child.name;
                out.report(
                    table.name.span,
                    format!("rows of `{child}` that refer to `{name}` are deleted, too"),
                )
                .help("make sure that they are meant to go");
            }
        }
    }
}
