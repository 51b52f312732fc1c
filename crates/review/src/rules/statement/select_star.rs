use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A query selects `*`.
    ///
    /// ## Why
    /// What it returns changes with the table: columns that are added are read, sent and, in a view, frozen at the moment
    /// that it was made; an `INSERT` from it fails or moves values into other columns.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE VIEW open_orders AS SELECT * FROM orders WHERE id > 5;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT id FROM orders WHERE id > 5;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Select-List Items; sqlfluff, AM04.
    SelectStar, "statement/select-star", Engines::ALL, Warning, Strict
}

impl Rule for SelectStar {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(facts) = cx.parsed.statement.query_facts() else { return };
        if let Some(star) = facts.stars.first() {
            out.report(*star, "what this returns changes with the table").help("name the columns");
        }
    }
}
