use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Foreign keys are not wanted.
    ///
    /// ## Why
    /// Foreign keys lock rows of other tables, and keep tables on one server. This rule is for projects that have decided to
    /// do without.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE items (id bigint PRIMARY KEY, order_id bigint, FOREIGN KEY (order_id) REFERENCES orders (id));
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, FOREIGN KEY Constraints; gh-ost and Vitess, limits of online changes of tables with foreign keys.
    DisallowForeignKey, "statement/disallow-foreign-key", Engines::ALL, Warning, All
}

impl Rule for DisallowForeignKey {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (table, key) in cx.parsed.statement.foreign_keys() {
            let (table, parent) = (table.display(cx.dialect()), key.table.display(cx.dialect()));
            out.report(key.table.span, format!("`{table}` gets a foreign key to `{parent}`"))
                .help("check references in the application");
        }
    }
}
