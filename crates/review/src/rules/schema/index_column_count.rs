use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// An index has many columns.
    ///
    /// ## Why
    /// Each write changes all of them; those at the end are seldom of use.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, a int, b int, c int, d int, e int, f int);
    /// CREATE INDEX orders_idx ON orders (a, b, c, d, e, f);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY, a int, b int, c int, d int, e int, f int);
    /// CREATE INDEX orders_idx ON orders (a, b);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Multicolumn Indexes: more than three columns are unlikely to be helpful; MySQL manual,
    /// Multiple-Column Indexes.
    IndexColumnCount, "schema/index-column-count", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "max",
            kind: OptionKind::Number { default: 5 },
            about: "Most columns that an index may have.",
        },
    ]
}

impl Rule for IndexColumnCount {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let max = cx.options.number("max");
        for (table, index) in cx.parsed.statement.index_defs() {
            let count = index.keys.len();
            if u64::try_from(count).is_ok_and(|count| count > max) {
                let table = cx.display(table);
                out.report(index.span, format!("an index of `{table}` has {count} columns, more than {max}"))
                    .help("keep the columns that queries look for");
            }
        }
    }
}
