use sluice_sql::model::{NameClass, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column is dropped that an index of several columns reads.
    ///
    /// ## Why
    /// MySQL and MariaDB take the column out of the index, which may become another one or refuse rows that are now equal. PostgreSQL
    /// drops the whole index. Either way queries that counted on it get slow without a word.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, day date);
    /// CREATE INDEX orders_customer_day ON orders (customer_id, day);
    /// ```
    /// ```sql
    /// ALTER TABLE orders DROP COLUMN customer_id;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id bigint PRIMARY KEY, day date);
    /// ALTER TABLE drafts DROP COLUMN day;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, ALTER TABLE Statement, DROP COLUMN; PostgreSQL manual, ALTER TABLE, DROP COLUMN.
    DropIndexedColumn, "schema/drop-indexed-column", Engines::SERVERS, Warning, All
}

impl Rule for DropIndexedColumn {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        let Some(relation) = cx.relation(&alter.name) else { return };
        for action in &alter.actions {
            let TableAction::DropColumn { name, .. } = &action.kind else { continue };
            let column = name.key(cx.dialect(), NameClass::Other);
            let other = relation.indexes_of(&column).find(|index| index.keys.len() + index.include.len() > 1);
            if let Some(index) = other {
                let message = format!("the index `{}` loses `{}`, or goes with it", index.name, name.text);
                out.report(action.span, message)
                    .help("make the index that is wanted first, and drop the old one");
            }
        }
    }
}
