use sluice_sql::model::NameClass;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A column that refers to another table may be null.
    ///
    /// ## Why
    /// A row without its parent is often a mistake; with several columns one null switches the check off.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id));
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE TABLE customers (id bigint PRIMARY KEY);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers (id));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Foreign Keys: a row with a null in its key refers to nothing; MySQL manual, FOREIGN KEY Constraints.
    NullableForeignKey, "schema/nullable-foreign-key", Engines::ALL, Info, All
}

impl Rule for NullableForeignKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let (statement, dialect) = (&cx.parsed.statement, cx.dialect());
        let defs = statement.column_defs();
        for (table, key) in statement.foreign_keys() {
            for column in &key.columns {
                let def = defs.iter().map(|(_, def)| *def).find(|def| def.name.same(column, dialect));
                let is_key = super::primary_key(cx, table)
                    .iter()
                    .any(|one| *one == column.key(dialect, NameClass::Other));
                let nullable = match def {
                    Some(def) => def.not_null().is_none(),
                    None => {
                        let known = cx.relation(table);
                        let known = known.and_then(|it| it.column(&column.key(dialect, NameClass::Other)));
                        known.is_some_and(|known| !known.not_null)
                    }
                };
                if !nullable || is_key {
                    continue;
                }
                let span = if key.span.start <= column.span.start { column.span } else { key.span };
                let (table, name) = (cx.display(table), &column.text);
                out.report(
                    span,
                    format!("`{name}` of `{table}` may be null though it refers to another table"),
                )
                .help("make it NOT NULL unless rows without parent are meant");
            }
        }
    }
}
