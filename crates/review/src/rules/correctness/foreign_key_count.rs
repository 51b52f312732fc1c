use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A foreign key has more columns on one side than on the other.
    ///
    /// ## Why
    /// The server refuses the statement.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE regions (country integer, region integer, PRIMARY KEY (country, region));
    /// ```
    /// ```sql
    /// CREATE TABLE shops (id integer PRIMARY KEY, country integer, FOREIGN KEY (country) REFERENCES regions (country, region));
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE regions (country integer, region integer, PRIMARY KEY (country, region));
    /// ```
    /// ```sql
    /// CREATE TABLE shops (id integer PRIMARY KEY, country integer, region integer, FOREIGN KEY (country, region) REFERENCES regions (country, region));
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Error Codes, 42830 invalid_foreign_key; MySQL manual, error 1239; SQLite documentation, Foreign Key
    /// Support, Required and Suggested Database Indexes.
    ForeignKeyCount, "correctness/foreign-key-count", Engines::ALL, Error, Recommended
}

impl Rule for ForeignKeyCount {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (_, key) in cx.parsed.statement.foreign_keys() {
            // One that is written at its column has that one.
            let own = key.columns.len().max(1);
            if !key.referenced.is_empty() && key.referenced.len() != own {
                let (other, table) = (key.referenced.len(), cx.display(&key.table));
                out.report(key.span, format!("{own} of this table refer to {other} of `{table}`"))
                    .help("name as many columns on both sides");
            }
        }
    }
}
