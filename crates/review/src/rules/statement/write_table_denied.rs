use sluice_sql::model::Touch;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// Rows of a table change that the team has closed.
    ///
    /// ## Why
    /// Rows of some tables are the business of a program or of auditors: a change of the schema does not touch them.
    ///
    /// ## Bad
    /// ```sql tables:legacy_
    /// UPDATE legacy_orders SET note = 'x' WHERE id = 1;
    /// ```
    ///
    /// ## Good
    /// ```sql tables:legacy_
    /// UPDATE orders SET note = 'x' WHERE id = 1;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Privileges; MySQL manual, Privileges Provided by MySQL: what this guards where one role deploys all.
    WriteTableDenied, "statement/write-table-denied", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "tables",
            kind: OptionKind::Pattern { default: "", placeholders: &[] },
            about: "Regular expression that names of closed tables match; none are closed where it is empty.",
        },
    ]
}

impl Rule for WriteTableDenied {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (span, name) in super::closed_tables(cx, |touch| touch == Touch::Written) {
            out.report(span, format!("rows of `{name}` must not be changed here"))
                .help("ask who owns the table");
        }
    }
}
