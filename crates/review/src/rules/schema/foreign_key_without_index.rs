use sluice_sql::model::{Ident, NameClass, Statement, TableConstraintKind};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// The columns of a foreign key have no index.
    ///
    /// ## Why
    /// Each DELETE and each change of a key of the other table then reads this table as a whole, while it holds locks. Silent
    /// where an index follows in the same change.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id));
    /// CREATE INDEX orders_customer_id_idx ON orders (customer_id);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Foreign Keys: it is often a good idea to index the referencing columns too; SQLite documentation,
    /// Foreign Key Support, Required and Suggested Database Indexes.
    ForeignKeyWithoutIndex, "schema/foreign-key-without-index", Engines::TRANSACTIONAL, Warning, Strict
}

impl Rule for ForeignKeyWithoutIndex {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let dialect = cx.dialect();
        let key_of = |ident: &Ident| ident.key(dialect, NameClass::Other).into_owned();
        for (table, key) in cx.parsed.statement.foreign_keys() {
            let columns: Vec<String> = key.columns.iter().map(key_of).collect();
            let leads = |keys: Vec<String>| {
                keys.len() >= columns.len()
                    && keys.iter().take(columns.len()).all(|one| columns.contains(one))
            };
            let relation = cx.relation(table);
            // A table that is altered and not known may have the index.
            let unknown = relation.is_none() && matches!(cx.parsed.statement, Statement::AlterTable(_));
            let exists = relation.is_some_and(|relation| relation.has_index_on(&columns));
            let defines = |statement: &Statement| {
                let indexes = statement.index_defs();
                let of_index = indexes.iter().any(|(of, index)| {
                    of.same_relation(table, dialect)
                        && index.filter.is_none()
                        && leads(index.columns().map(key_of).collect())
                });
                let of_constraint = statement.constraints().iter().any(|(of, constraint)| {
                    of.same_relation(table, dialect)
                        && matches!(
                            constraint.kind,
                            TableConstraintKind::PrimaryKey(_) | TableConstraintKind::Unique(_)
                        )
                        && leads(constraint.columns().into_iter().map(key_of).collect())
                });
                let of_column = statement.column_defs().iter().any(|(of, column)| {
                    of.same_relation(table, dialect)
                        && (column.primary_key().is_some() || column.unique().is_some())
                        && leads(vec![key_of(&column.name)])
                });
                of_index || of_constraint || of_column
            };
            let here =
                defines(&cx.parsed.statement) || cx.after.iter().any(|parsed| defines(&parsed.statement));
            if !unknown && !exists && !here {
                let (table, other) = (cx.display(table), cx.display(&key.table));
                out.report(key.span, format!("no index of `{table}` begins with the columns of this foreign key: a DELETE of `{other}` reads all of it"))
                    .help("add an index on the columns");
            }
        }
    }
}
