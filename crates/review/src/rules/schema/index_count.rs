use sluice_sql::model::Statement;

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
        let Statement::CreateIndex(create) = &cx.parsed.statement else { return };
        let Some(relation) = cx.relation(&create.table) else { return };
        let (count, max) = (relation.indexes.len() + 1, cx.options.number("max"));
        if u64::try_from(count).is_ok_and(|count| count > max) {
            let table = cx.display(&create.table);
            out.report(create.index.span, format!("`{table}` then has {count} indexes, more than {max}"))
                .help("drop indexes that nothing uses");
        }
    }
}
