use sluice_sql::model::StatementKind;

use crate::rules::remainder::{self, Pieces};
use crate::{ChangeContext, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A change of MySQL or MariaDB has more than one definition, and may be half applied.
    ///
    /// ## Why
    /// Each definition commits by itself: if the second one fails, the first one stays. Sluice goes on at the statement
    /// that failed, but the database is between two versions until somebody looks after it.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE TABLE a (id bigint PRIMARY KEY);
    /// CREATE TABLE b (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE a (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Atomic Data Definition Statement Support.
    ManyDdlMysql, "transactions/many-ddl-mysql", Engines::MYSQL_FAMILY, Info, Strict, options: &[OptionSpec {
        name: "max",
        kind: OptionKind::Number { default: 1 },
        about: "Definitions that a change may have.",
    }]
}

impl Rule for ManyDdlMysql {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn change(&self, cx: &ChangeContext<'_>, out: &mut Sink<'_>) {
        let max = usize::try_from(cx.options.number("max")).unwrap_or(usize::MAX);
        let statements = cx.statements.iter().enumerate();
        let mut definitions = statements.filter(|(_, seen)| seen.kind == StatementKind::Definition);
        if let Some((at, seen)) = definitions.nth(max) {
            let message =
                format!("the change has more than {max} definitions, each of which commits by itself");
            let fix = remainder::from(cx, at, Pieces::Each);
            out.report(seen.span, message)
                .help("put this and what follows into changes of their own")
                .fix(fix);
        }
    }
}
