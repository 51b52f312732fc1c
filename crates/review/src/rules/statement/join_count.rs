use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A query joins many tables.
    ///
    /// ## Why
    /// The number of orders in which tables can be joined grows faster than the planner can look at: from some number on the
    /// plan is a guess.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT a.id FROM a JOIN b ON b.id = a.id JOIN c ON c.id = a.id JOIN d ON d.id = a.id JOIN e ON e.id = a.id
    ///     JOIN f ON f.id = a.id JOIN g ON g.id = a.id JOIN h ON h.id = a.id JOIN i ON i.id = a.id JOIN j ON j.id = a.id;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT a.id FROM a JOIN b ON b.id = a.id WHERE a.id > 5;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Controlling the Planner with Explicit JOIN Clauses; MySQL manual, Controlling Query Plan Evaluation;
    /// SQLite documentation, Limits In SQLite, Maximum Number Of Tables In A Join.
    JoinCount, "statement/join-count", Engines::ALL, Warning, All, options: &[OptionSpec {
        name: "max",
        kind: OptionKind::Number { default: 8 },
        about: "Number of joins that is let pass.",
    }]
}

impl Rule for JoinCount {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(facts) = cx.parsed.statement.query_facts() else { return };
        let (max, joins) = (cx.options.number("max"), u64::try_from(facts.joins.len()).unwrap_or(u64::MAX));
        if let Some(last) = facts.joins.last().filter(|_| joins > max) {
            out.report(last.span, format!("the statement has {joins} joins: at most {max} are wanted"))
                .help("split the statement, or keep what is joined in between");
        }
    }
}
