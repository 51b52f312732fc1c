use sluice_sql::model::{Ident, InsertSource, NameClass, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Rows are copied from a column that may be null into one that must not be.
    ///
    /// ## Why
    /// The statement fails at the first row that has no value. Tables that are built anew, as SQLite needs it for many changes, fail like
    /// this on the database that has such a row, and nowhere else.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20));
    /// CREATE TABLE orders_new (id integer PRIMARY KEY, note varchar(20) NOT NULL);
    /// ```
    /// ```sql
    /// INSERT INTO orders_new (id, note) SELECT id, note FROM orders;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20));
    /// CREATE TABLE orders_new (id integer PRIMARY KEY, note varchar(20) NOT NULL);
    /// ```
    /// ```sql
    /// INSERT INTO orders_new (id, note) SELECT id, coalesce(note, '') AS note FROM orders;
    /// ```
    ///
    /// ## Source
    /// Atlas, analyzer LT101; SQLite documentation, ALTER TABLE, Making Other Kinds Of Table Schema Changes.
    NullIntoNotNull, "correctness/null-into-not-null", Engines::ALL, Warning, Recommended
}

impl Rule for NullIntoNotNull {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Insert(insert) = &cx.parsed.statement else { return };
        let InsertSource::Query(query) = &insert.source else { return };
        let [from] = insert.facts.reads.as_slice() else { return };
        let (Some(to), Some(from)) = (cx.relation(&insert.table.name), cx.relation(&from.name)) else {
            return;
        };
        let key = |ident: &Ident| ident.key(cx.dialect(), NameClass::Other).into_owned();
        for (into, output) in insert.columns.iter().zip(&query.outputs) {
            // An alias may stand for anything; a column stands for itself.
            let Some(output) = output
                .as_ref()
                .filter(|output| insert.facts.columns.iter().any(|column| column.name.span == output.span))
            else {
                continue;
            };
            let (Some(target), Some(source)) = (to.column(&key(into)), from.column(&key(output))) else {
                continue;
            };
            let excluded = query.filter.as_ref().is_some_and(|filter| {
                filter.expr.not_null_columns().any(|column| key(column) == source.name)
            });
            // In SQLite a null becomes the next number of a rowid.
            let counts = target.auto_increment || to.primary_key() == [target.name.clone()];
            if !target.not_null || source.not_null || excluded || counts || from.proves_not_null(&source.name)
            {
                continue;
            }
            let message = format!(
                "`{}` of `{}` may be null, `{}` of `{}` must not be: one such row makes this fail",
                source.name, from.name, target.name, to.name
            );
            out.report(output.span, message)
                .help("say what such rows get: coalesce(…), or a WHERE that leaves them out");
        }
    }
}
