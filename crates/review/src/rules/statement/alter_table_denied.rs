use sluice_sql::model::Touch;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// The definition of a table changes that the team has closed.
    ///
    /// ## Why
    /// Some tables belong to another team, to a tool or to the platform: their definition is not this repository's to change.
    ///
    /// ## Bad
    /// ```sql tables:legacy_
    /// ALTER TABLE legacy_orders ADD COLUMN note text;
    /// ```
    ///
    /// ## Good
    /// ```sql tables:legacy_
    /// ALTER TABLE orders ADD COLUMN note text;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Privileges; MySQL manual, Privileges Provided by MySQL: what this guards where one role deploys all.
    AlterTableDenied, "statement/alter-table-denied", Engines::ALL, Warning, All,
    options: &[
        OptionSpec {
            name: "tables",
            kind: OptionKind::Pattern { default: "", placeholders: &[] },
            about: "Regular expression that names of closed tables match; none are closed where it is empty.",
        },
    ]
}

impl Rule for AlterTableDenied {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for (span, name) in super::closed_tables(cx, |touch| matches!(touch, Touch::Altered | Touch::Dropped))
        {
            out.report(span, format!("the definition of `{name}` must not be changed here"))
                .help("ask who owns the table");
        }
    }
}
