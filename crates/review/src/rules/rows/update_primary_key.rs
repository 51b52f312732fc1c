use sluice_sql::model::{NameClass, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `UPDATE` changes a primary key.
    ///
    /// ## Why
    /// Keys are kept elsewhere: in columns without foreign key, caches, other systems, links. Those now point to nothing, or
    /// to another row. Foreign keys without `ON UPDATE CASCADE` refuse it.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, status integer);
    /// ```
    /// ```sql
    /// UPDATE orders SET id = id + 1000 WHERE status = 1;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, status integer);
    /// ```
    /// ```sql
    /// UPDATE orders SET status = 2 WHERE id = 1;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Foreign Keys; MySQL manual, Clustered and Secondary Indexes: the primary key is the place of the
    /// row.
    UpdatePrimaryKey, "rows/update-primary-key", Engines::ALL, Warning, Recommended
}

impl Rule for UpdatePrimaryKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Update(update) = &cx.parsed.statement else { return };
        let [table] = update.tables.as_slice() else { return };
        let Some(relation) = cx.relation(&table.name).filter(|_| !cx.is_new(&table.name)) else { return };
        let changed = update.assignments.iter().find(|assignment| {
            let name = assignment.column.name.key(cx.dialect(), NameClass::Other);
            relation.primary_key().iter().any(|key| *key == name)
        });
        if let Some(assignment) = changed {
            let (table, column) = (cx.display(&table.name), &assignment.column.name.text);
            out.report(assignment.column.span, format!("`{column}` is the primary key of `{table}`"))
                .help("insert new rows and move what refers to the old ones");
        }
    }
}
