use sluice_schema::Name;
use sluice_sql::ObjectKind;
use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Dropping a table also locks the tables that its foreign keys point to.
    ///
    /// ## Why
    /// The triggers that the keys have on the referenced tables go with them, which takes an `ACCESS EXCLUSIVE` lock there
    /// too, and it is held until the files of the dropped table are gone. Drop the foreign keys in a change before.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id), note text);
    /// CREATE TABLE letters (id bigint PRIMARY KEY);
    /// ```
    /// ```sql postgres
    /// DROP TABLE orders;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id), note text);
    /// CREATE TABLE letters (id bigint PRIMARY KEY);
    /// ```
    /// ```sql postgres
    /// -- sluice: allow(data-loss/drop-table) reason="nothing reads letters any more"
    /// DROP TABLE letters;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    DropTableParent, "locks/drop-table-parent", Engines::POSTGRES, Info, Recommended
}

impl Rule for DropTableParent {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Drop(drop) = &cx.parsed.statement else { return };
        if drop.kind != ObjectKind::Table {
            return;
        }
        let dropped: Vec<Name> = drop.names.iter().map(|name| cx.schema.relation_name(name)).collect();
        for name in &drop.names {
            let Some(relation) = cx.relation(name).filter(|_| !cx.is_new(name)) else { continue };
            let mut parents: Vec<&Name> = relation.foreign_keys().map(|(_, key)| &key.table).collect();
            parents.sort();
            parents.dedup();
            parents.retain(|parent| {
                !dropped.contains(parent)
                    && cx.schema.relations.get(parent).is_none_or(|it| !cx.made_here(it.origin))
            });
            for parent in parents {
                let message = format!(
                    "dropping `{}` takes an ACCESS EXCLUSIVE lock on `{parent}`, which it references: reads and writes of it wait",
                    relation.name
                );
                out.report(name.span, message).help("drop the foreign key in a change of its own first");
            }
        }
    }
}
