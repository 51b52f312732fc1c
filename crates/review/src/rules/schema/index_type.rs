use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// An index has a type that is not on the list.
    ///
    /// ## Why
    /// Some types are of use in few cases only.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TABLE orders (id bigint PRIMARY KEY, a int);
    /// CREATE INDEX orders_a_idx ON orders USING hash (a);
    /// ```
    /// ```sql mysql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, a int);
    /// CREATE INDEX orders_a_idx USING HASH ON orders (a);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, a int);
    /// CREATE INDEX orders_a_idx ON orders (a);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Index Types; MySQL manual, CREATE INDEX Statement, Index Options.
    IndexType, "schema/index-type", Engines::SERVERS, Warning, All,
    options: &[
        OptionSpec {
            name: "allowed",
            kind: OptionKind::List { default: &["btree", "gin", "gist", "brin"] },
            about: "Types that indexes may have.",
        },
    ]
}

impl Rule for IndexType {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, index) in cx.parsed.statement.index_defs() {
            let Some(method) = &index.method else { continue };
            if !cx.options.lists("allowed", &method.text) {
                let (table, method) = (cx.display(table), &method.text);
                out.report(
                    index.span,
                    format!("an index of `{table}` has the type `{method}`, which is not on the list"),
                )
                .help("use a type that is on the list");
            }
        }
    }
}
