use sluice_sql::model::{NameClass, Statement};

use super::new_index;
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
    ///
    /// ## Source
    /// PostgreSQL manual, Multicolumn Indexes; MySQL manual, Multiple-Column Indexes: leftmost prefixes.
    RedundantIndex, "schema/redundant-index", Engines::ALL, Warning, Strict
}

impl Rule for RedundantIndex {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let added = new_index::of(cx);
        for (at, index) in added.iter().enumerate().filter(|(_, index)| index.plain && !index.unique) {
            if index.keys.contains(&None) {
                continue;
            }
            let begins = |keys: &[Option<(String, bool)>]| keys.starts_with(&index.keys);
            let is_new = matches!(cx.parsed.statement, Statement::CreateTable(_));
            let relation = cx.relation(index.table).filter(|_| !is_new);
            let there = relation.map(|relation| new_index::kept(cx, relation)).unwrap_or_default();
            let own = index.name.map(|name| name.key(cx.dialect(), NameClass::Other));
            let old = there.into_iter().find(|other| {
                let plain = other.method.is_empty() || other.method.eq_ignore_ascii_case("btree");
                let keys: Vec<_> = other
                    .keys
                    .iter()
                    .map(|key| {
                        let column = key.column.clone().filter(|_| key.prefix.is_none());
                        column.map(|column| (column, key.descending))
                    })
                    .collect();
                plain
                    && other.valid
                    && other.filter.is_none()
                    && own.as_deref() != Some(other.name.as_str())
                    && begins(&keys)
            });
            // Of two that are the same in one statement, the second one is too much.
            let beside = added.iter().enumerate().find(|(other_at, other)| {
                let same = other.keys.len() == index.keys.len() && !other.unique;
                *other_at != at
                    && other.plain
                    && begins(&other.keys)
                    && (!same || *other_at < at)
                    && cx.schema.relation_name(other.table) == cx.schema.relation_name(index.table)
            });
            let other = match (old, beside) {
                (Some(old), _) => format!("the index `{}`", old.name),
                (None, Some((_, beside))) => match beside.name {
                    Some(name) => format!("the index `{}`", name.text),
                    None => format!("`{}`", cx.slice(beside.span)),
                },
                (None, None) => continue,
            };
            let table = cx.display(index.table);
            out.report(index.span, format!("{other} of `{table}` begins with the same columns"))
                .help("leave this index out");
        }
    }
}
