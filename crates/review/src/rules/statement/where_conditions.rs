use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A condition has many terms.
    ///
    /// ## Why
    /// Nobody can tell what it lets pass, nor can the planner estimate how many rows that are.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT id FROM t WHERE a = 1 OR a = 2 OR b = 3 OR b = 4 OR c = 5 OR c = 6 OR d = 7 OR d = 8 OR e = 9 OR e = 10 OR f = 1;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT id FROM t WHERE a = 1 OR b = 3;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Comparison Functions and Operators; MySQL manual, WHERE Clause Optimization.
    WhereConditions, "statement/where-conditions", Engines::ALL, Warning, All, options: &[OptionSpec {
        name: "max",
        kind: OptionKind::Number { default: 10 },
        about: "Number of terms that is let pass.",
    }]
}

impl Rule for WhereConditions {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let filter = match &cx.parsed.statement {
            Statement::Query(query) => &query.filter,
            Statement::Update(update) => &update.filter,
            Statement::Delete(delete) => &delete.filter,
            _ => return,
        };
        let Some(filter) = filter else { return };
        let terms = u64::try_from(filter.ors + filter.ands + 1).unwrap_or(u64::MAX);
        let max = cx.options.number("max");
        if terms > max {
            out.report(filter.span, format!("the condition has {terms} terms: at most {max} are wanted"))
                .help("split the statement, or join a table of the cases");
        }
    }
}
