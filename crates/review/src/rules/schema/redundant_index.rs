use sluice_sql::model::{IndexKey, NameClass, Order, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// An index repeats the leading columns of another one.
    ///
    /// ## Why
    /// The other index answers the same queries; this one costs writes and memory only.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, a int, b int);
    /// CREATE INDEX orders_a_b_idx ON orders (a, b);
    /// CREATE INDEX orders_a_idx ON orders (a);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, a int, b int);
    /// CREATE INDEX orders_a_b_idx ON orders (a, b);
    /// CREATE INDEX orders_b_idx ON orders (b);
    /// ```
    RedundantIndex, "schema/redundant-index", Engines::ALL, Warning, Strict
}

impl Rule for RedundantIndex {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateIndex(create) = &cx.parsed.statement else { return };
        let Some(relation) = cx.relation(&create.table) else { return };
        let index = &create.index;
        let bare = |key: &IndexKey| {
            key.prefix.is_none()
                && key.collation.is_none()
                && key.operator_class.is_none()
                && key.nulls_first.is_none()
        };
        let method = index.method.as_ref().is_none_or(|method| method.is("btree"));
        if index.unique.is_some()
            || index.filter.is_some()
            || !index.include.is_empty()
            || !method
            || !index.keys.iter().all(bare)
        {
            return;
        }
        let dialect = cx.dialect();
        let wanted: Vec<_> = index
            .keys
            .iter()
            .map(|key| {
                Some((
                    key.column()?.key(dialect, NameClass::Other).into_owned(),
                    matches!(key.order, Some(Order::Descending)),
                ))
            })
            .collect();
        let own = index.name.as_ref().map(|name| name.name.key(dialect, NameClass::Other));
        let covers = |other: &&sluice_schema::Index| {
            let leading: Vec<_> = other
                .keys
                .iter()
                .take(wanted.len())
                .map(|key| {
                    key.column.clone().filter(|_| key.prefix.is_none()).map(|column| (column, key.descending))
                })
                .collect();
            other.filter.is_none()
                && other.valid
                && (other.method.is_empty() || other.method.eq_ignore_ascii_case("btree"))
                && leading == wanted
                && !wanted.contains(&None)
                && own.as_deref() != Some(other.name.as_str())
        };
        if let Some(other) = relation.indexes.iter().find(covers) {
            let (table, name) = (cx.display(&create.table), &other.name);
            out.report(index.span, format!("the index `{name}` of `{table}` begins with the same columns"))
                .help("leave this index out");
        }
    }
}
