use sluice_schema::{Index, Relation};
use sluice_sql::model::{AlterTable, Ident, NameClass, Statement, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An index is dropped that a foreign key needs.
    ///
    /// ## Why
    /// InnoDB keeps an index over the columns of every foreign key, and over those that it points to. Where no other index begins
    /// with them, the server refuses the statement (error 1553).
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (
    ///     id bigint PRIMARY KEY,
    ///     customer_id bigint,
    ///     KEY by_customer (customer_id),
    ///     FOREIGN KEY (customer_id) REFERENCES customers (id)
    /// );
    /// ```
    /// ```sql
    /// ALTER TABLE orders DROP INDEX by_customer;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (
    ///     id bigint PRIMARY KEY,
    ///     customer_id bigint,
    ///     KEY by_customer (customer_id),
    ///     FOREIGN KEY (customer_id) REFERENCES customers (id)
    /// );
    /// ```
    /// ```sql
    /// ALTER TABLE orders DROP INDEX by_customer, ADD INDEX by_customer_and_id (customer_id, id);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, FOREIGN KEY Constraints; error 1553; measured on MariaDB 10.11, where foreign_key_checks = 0 lets it pass.
    ForeignKeyIndex, "correctness/foreign-key-index", Engines::MYSQL_FAMILY, Error, Recommended
}

impl Rule for ForeignKeyIndex {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        if cx.session.foreign_keys_off {
            return;
        }
        match &cx.parsed.statement {
            Statement::AlterTable(alter) if !makes_room(alter) => {
                let Some(relation) = cx.relation(&alter.name) else { return };
                for action in &alter.actions {
                    if let TableAction::DropIndex { name, .. } = &action.kind {
                        look(cx, relation, name, out);
                    }
                }
            }
            Statement::DropIndex(drop) => {
                let Some(relation) = drop.table.as_ref().and_then(|table| cx.relation(table)) else { return };
                for name in &drop.names {
                    look(cx, relation, &name.name, out);
                }
            }
            _ => {}
        }
    }
}

/// Whether the statement also adds an index or drops a key, which may be just what is needed.
fn makes_room(alter: &AlterTable) -> bool {
    alter.actions.iter().any(|action| {
        matches!(
            action.kind,
            TableAction::AddIndex { .. } | TableAction::AddConstraint(_) | TableAction::DropConstraint { .. }
        )
    })
}

fn look(cx: &Context<'_>, relation: &Relation, name: &Ident, out: &mut Sink<'_>) {
    let Some(index) = relation.index(&name.key(cx.dialect(), NameClass::Other)) else { return };
    let needed = |columns: &[String]| {
        serves(index, columns)
            && !relation.indexes.iter().any(|other| other.name != index.name && serves(other, columns))
    };
    let own = relation.foreign_keys().find(|(_, key)| needed(&key.columns)).map(|(it, _)| it);
    let others = || {
        let mut pointing = cx.schema.references_to(&relation.name);
        pointing.find(|(_, it)| it.foreign_key().is_some_and(|key| needed(&key.referenced))).map(|(_, it)| it)
    };
    if let Some(constraint) = own.or_else(others) {
        let message = format!("the foreign key `{}` needs the index `{}`", constraint.name, index.name);
        out.report(name.span, message)
            .help("drop the foreign key first, or add an index over the same columns in the same statement");
    }
}

/// Whether the index begins with the columns.
fn serves(index: &Index, columns: &[String]) -> bool {
    !columns.is_empty()
        && index.method == "btree"
        && index.keys.len() >= columns.len()
        && index.keys.iter().zip(columns).all(|(key, column)| key.column.as_ref() == Some(column))
}

#[cfg(test)]
mod tests {
    use sluice_sql::Dialect::{Mariadb, Mysql};

    use crate::rules::data_loss::tests::{fires, silent};

    #[test]
    fn an_index_is_free_where_another_serves() {
        let id = "correctness/foreign-key-index";
        let before = "CREATE TABLE p (id int PRIMARY KEY, u int, UNIQUE KEY uu (u));
            CREATE TABLE c (id int PRIMARY KEY, v int, w int, KEY vv (v), KEY ww (w), FOREIGN KEY fv (v) REFERENCES p (u));";
        for dialect in [Mysql, Mariadb] {
            fires(id, dialect, before, "DROP INDEX vv ON c;");
            fires(id, dialect, before, "ALTER TABLE p DROP INDEX uu;");
            silent(id, dialect, before, "ALTER TABLE c DROP INDEX ww;");
            silent(id, dialect, before, "SET foreign_key_checks = 0; ALTER TABLE c DROP INDEX vv;");
            silent(id, dialect, before, "ALTER TABLE c ADD KEY v3 (v, id); ALTER TABLE c DROP INDEX vv;");
            silent(id, dialect, before, "ALTER TABLE c DROP INDEX vv, DROP FOREIGN KEY fv;");
        }
    }
}
