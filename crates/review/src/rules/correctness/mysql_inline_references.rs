use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// MySQL ignores `REFERENCES` at a column.
    ///
    /// ## Why
    /// It is parsed and thrown away (until 9.0): there is no foreign key, and nothing says so.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// CREATE TABLE parcels (id int PRIMARY KEY, order_id int REFERENCES orders (id));
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// CREATE TABLE parcels (id int PRIMARY KEY, order_id int, FOREIGN KEY (order_id) REFERENCES orders (id));
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Foreign Key Differences.
    MysqlInlineReferences, "correctness/mysql-inline-references", Engines::MYSQL, Error, Recommended
}

impl Rule for MysqlInlineReferences {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (_, column) in cx.parsed.statement.column_defs() {
            if let Some(key) = column.references() {
                let message = format!("MySQL ignores this: `{}` gets no foreign key", column.name.text);
                out.report(key.span, message)
                    .help("write FOREIGN KEY (column) REFERENCES … as a constraint of the table");
            }
        }
    }
}
