use sluice_sql::Dialect;
use sluice_sql::model::{Statement, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A foreign key is added while `foreign_key_checks` is off, so that no row is checked.
    ///
    /// ## Why
    /// With `foreign_key_checks = 0` the key is added without copying the table, and without looking at a single row. Rows that
    /// have no parent stay and are never found: the server does not check them later, whatever the setting is then. Look for them
    /// first, and suppress this finding with what was found.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, KEY (customer_id));
    /// ```
    /// ```sql
    /// SET foreign_key_checks = 0;
    /// ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id);
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// ```
    /// ```sql
    /// CREATE TABLE parcels (
    ///     id bigint PRIMARY KEY,
    ///     customer_id bigint,
    ///     KEY (customer_id),
    ///     CONSTRAINT parcels_customer FOREIGN KEY (customer_id) REFERENCES customers (id)
    /// );
    /// ```
    ///
    /// ## Source
    /// MySQL manual, FOREIGN KEY Constraints; measured on MariaDB 10.11.
    ForeignKeyChecksOff, "locks/foreign-key-checks-off", Engines::MYSQL_FAMILY, Warning, Recommended
}

impl Rule for ForeignKeyChecksOff {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::AlterTable(alter) = &cx.parsed.statement else { return };
        if !cx.session.foreign_keys_off || cx.is_new(&alter.name) {
            return;
        }
        for action in &alter.actions {
            let key = match &action.kind {
                TableAction::AddConstraint(constraint) => constraint.foreign_key(),
                // MySQL ignores what a column's definition says of references.
                TableAction::AddColumn { column, .. } if cx.dialect() == Dialect::Mariadb => {
                    column.references().filter(|_| column.default().is_some_and(|default| !default.is_null()))
                }
                _ => None,
            };
            let Some(key) = key else { continue };
            let message = format!(
                "foreign_key_checks is off: rows of `{}` without a row in `{}` stay, and nothing ever finds them",
                cx.display(&alter.name),
                cx.display(&key.table)
            );
            out.report(action.span, message)
                .help("look for such rows first, or add the key with foreign_key_checks on");
        }
    }
}
