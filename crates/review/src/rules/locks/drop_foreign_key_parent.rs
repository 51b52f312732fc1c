use sluice_sql::model::TableAction;

use crate::rules::locks::alteration::Alteration;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Dropping a foreign key or its column also locks the table that it points to.
    ///
    /// ## Why
    /// The triggers that the key has on the referenced table go with it, which takes an `ACCESS EXCLUSIVE` lock there too:
    /// reads and writes of a table that the statement does not name wait.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id), note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id), note text);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders ALTER COLUMN note SET DEFAULT '';
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18.
    DropForeignKeyParent, "locks/drop-foreign-key-parent", Engines::POSTGRES, Info, Recommended
}

impl Rule for DropForeignKeyParent {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alteration) = Alteration::of(cx) else { return };
        let Some(relation) = alteration.relation else { return };
        for action in &alteration.alter.actions {
            let (constraint, column) = match &action.kind {
                TableAction::DropConstraint { name, .. } => (Some(name.folded(cx.dialect())), None),
                TableAction::DropColumn { name, .. } => (None, Some(name.folded(cx.dialect()))),
                _ => continue,
            };
            for (of, key) in relation.foreign_keys() {
                let goes = constraint.as_ref().is_some_and(|name| of.name == **name)
                    || column.as_ref().is_some_and(|name| key.columns.iter().any(|one| *one == **name));
                let is_used = cx.schema.relations.get(&key.table).is_none_or(|it| !cx.made_here(it.origin));
                if !goes || key.table == relation.name || !is_used {
                    continue;
                }
                let message = format!(
                    "the foreign key goes with it, which takes an ACCESS EXCLUSIVE lock on `{}` too: reads and writes of it wait",
                    key.table
                );
                out.report(action.span, message).help(format!(
                    "do this in a change of its own, when no long transaction uses `{}`",
                    key.table
                ));
            }
        }
    }
}
