use sluice_sql::model::{
    Ident, IndexClass, IndexKey, NameClass, ObjectName, TableConstraintKind, TypeFamily,
};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An index is over a `TEXT`, `BLOB` or `JSON` column.
    ///
    /// ## Why
    /// Only the first characters are indexed, and those make every entry large. What is looked up belongs into a column of its own.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note text, KEY orders_note (note(200)));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note text, FULLTEXT KEY orders_note (note));
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Column Indexes, Index Prefixes.
    IndexOnLob, "schema/index-on-lob", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for IndexOnLob {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["correctness/text-index-without-prefix"]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let defs = cx.parsed.statement.column_defs();
        let is_lob = |table: &ObjectName, column: &Ident| {
            let key = column.key(cx.dialect(), NameClass::Other);
            let family = match defs.iter().find(|(_, def)| def.name.same(column, cx.dialect())) {
                Some((_, def)) => def.data_type.as_ref().map(|it| it.family(cx.dialect())),
                None => {
                    let known = cx.relation(table).and_then(|relation| relation.column(&key));
                    known.and_then(|it| it.data_type.as_ref()).map(|it| it.family(cx.dialect()))
                }
            };
            matches!(family, Some(TypeFamily::Lob | TypeFamily::Json))
        };
        let mut keys: Vec<(&ObjectName, &IndexKey)> = Vec::new();
        for (table, index) in cx.parsed.statement.index_defs() {
            if index.class == IndexClass::Plain {
                keys.extend(index.keys.iter().map(|key| (table, key)));
            }
        }
        for (table, constraint) in cx.parsed.statement.constraints() {
            if let TableConstraintKind::PrimaryKey(key) | TableConstraintKind::Unique(key) = &constraint.kind
            {
                keys.extend(key.keys.iter().map(|key| (table, key)));
            }
        }
        for (table, key) in keys {
            let Some(column) = key.column().filter(|column| is_lob(table, column)) else { continue };
            let message = format!("the index holds the beginnings of `{}`, which is large", column.text);
            out.report(key.span, message).help("index a short column, such as a hash of it");
        }
    }
}
