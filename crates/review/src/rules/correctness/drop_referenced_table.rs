use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::model::Statement;
use sluice_sql::{Dialect, ObjectKind};

rule! {
    /// A table is dropped that foreign keys or views of others need.
    ///
    /// ## Why
    /// The server refuses it: PostgreSQL without `CASCADE`, MySQL and MariaDB as long as `foreign_key_checks` is on.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE customers (id integer PRIMARY KEY);
    /// CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, FOREIGN KEY (customer_id) REFERENCES customers (id));
    /// ```
    /// ```sql
    /// DROP TABLE customers;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE drafts (id integer PRIMARY KEY);
    /// DROP TABLE drafts;
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18; MySQL manual, FOREIGN KEY Constraints, error 3730.
    DropReferencedTable, "correctness/drop-referenced-table", Engines::SERVERS, Error, Recommended
}

impl Rule for DropReferencedTable {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Drop(drop) = &cx.parsed.statement else { return };
        if drop.kind != ObjectKind::Table || cx.session.foreign_keys_off {
            return;
        }
        let postgres = cx.dialect() == Dialect::Postgres;
        if postgres && drop.cascade.is_some() {
            return;
        }
        let dropped: Vec<_> = drop.names.iter().map(|name| cx.schema.relation_name(name)).collect();
        for (written, name) in drop.names.iter().zip(&dropped) {
            let keys = cx
                .schema
                .references_to(name)
                .filter(|(relation, _)| {
                    !dropped.contains(&relation.name) && relation.partition_of.as_ref() != Some(name)
                })
                .map(|(relation, constraint)| {
                    format!("foreign key `{}` of `{}`", constraint.name, relation.name)
                });
            let views =
                cx.schema.views_of(name).filter(|_| postgres).map(|view| format!("view `{}`", view.name));
            let needed: Vec<String> = keys.chain(views).collect();
            if !needed.is_empty() {
                out.report(
                    written.span,
                    format!("`{name}` cannot be dropped: {} needs it", needed.join(", ")),
                )
                .help("drop what needs it first, by name");
            }
        }
    }
}
