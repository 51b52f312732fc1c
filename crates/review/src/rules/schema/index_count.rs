use sluice_sql::model::Statement;

use super::new_index;
use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A table gets many indexes.
    ///
    /// ## Why
    /// Each index is written by each INSERT and takes memory from the others.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, a int, b int, c int, d int, e int, f int);
    /// CREATE INDEX orders_a_idx ON orders (a);
    /// CREATE INDEX orders_b_idx ON orders (b);
    /// CREATE INDEX orders_c_idx ON orders (c);
    /// CREATE INDEX orders_d_idx ON orders (d);
    /// CREATE INDEX orders_e_idx ON orders (e);
    /// CREATE INDEX orders_f_idx ON orders (f);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, a int, b int, c int, d int, e int, f int);
    /// CREATE INDEX orders_a_idx ON orders (a);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Indexes, Introduction; MySQL manual, Optimization and Indexes.
    IndexCount, "schema/index-count", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "max",
            kind: OptionKind::Number { default: 5 },
            about: "Most indexes that a table may have, those of keys included.",
        },
    ]
}

impl Rule for IndexCount {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let added = new_index::of(cx);
        let Some(last) = added.last() else { return };
        let kept = match &cx.parsed.statement {
            Statement::CreateTable(_) => 0,
            _ => match cx.relation(last.table) {
                Some(relation) => new_index::kept(cx, relation).len(),
                None => return,
            },
        };
        let (count, max) = (kept + added.len(), cx.options.number("max"));
        if u64::try_from(count).is_ok_and(|count| count > max) {
            let table = cx.display(last.table);
            out.report(last.span, format!("`{table}` then has {count} indexes, more than {max}"))
                .help("drop indexes that nothing uses");
        }
    }
}
