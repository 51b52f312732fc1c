use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `TRUNCATE` statements are not wanted.
    ///
    /// ## Why
    /// `TRUNCATE` takes every row and locks out readers. This rule is for projects that have decided to do without.
    ///
    /// ## Bad
    /// ```sql
    /// TRUNCATE TABLE orders;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// DELETE FROM orders WHERE id < 100;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, TRUNCATE; MySQL manual, TRUNCATE TABLE Statement.
    DisallowTruncate, "statement/disallow-truncate", Engines::SERVERS, Warning, All
}

impl Rule for DisallowTruncate {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &["data-loss/truncate"]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Truncate(truncate) = &cx.parsed.statement else { return };
        if let Some(table) = truncate.tables.first() {
            let name = cx.display(&table.name);
            out.report(table.name.span, format!("every row of `{name}` goes"))
                .help("delete the rows that are meant");
        }
    }
}
