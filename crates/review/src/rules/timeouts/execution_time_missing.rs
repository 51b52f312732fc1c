use sluice_sql::Dialect;
use sluice_sql::model::{Setting, Statement, StatementKind};

use crate::{Context, Engines, Meta, Rule, Seen, Sink, rule};

rule! {
    /// A change sets no limit to how long a statement may run.
    ///
    /// ## Why
    /// A statement that takes longer than anybody thought holds its locks, and replicas fall behind by as much.
    ///
    /// ## Bad
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN note varchar(20);
    /// ```
    ///
    /// ## Good
    /// ```sql mysql
    /// SET SESSION max_execution_time = 60000;
    /// ALTER TABLE drafts ADD COLUMN note varchar(20);
    /// ```
    /// ```sql mariadb
    /// SET SESSION max_statement_time = 60;
    /// ALTER TABLE drafts ADD COLUMN note varchar(20);
    /// ```
    ///
    /// ## Source
    /// MySQL manual, Server System Variables, max_execution_time; MariaDB documentation, Aborting Statements that Exceed a Certain Time.
    ExecutionTimeMissing, "timeouts/execution-time-missing", Engines::MYSQL_FAMILY, Warning, All
}

impl Rule for ExecutionTimeMissing {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let first = !cx.before.iter().any(|seen| seen.kind == StatementKind::Definition);
        if !first || cx.parsed.statement.kind() != StatementKind::Definition {
            return;
        }
        let text = cx.text();
        let is_set = |seen: &Seen| {
            seen.is_setting && limit(&sluice_sql::parse(cx.dialect(), text, seen.span).statement).is_some()
        };
        if !cx.before.iter().any(is_set) {
            let name =
                if cx.dialect() == Dialect::Mysql { "max_execution_time" } else { "max_statement_time" };
            out.report(cx.parsed.span, "nothing limits how long this change runs")
                .help(format!("SET SESSION {name} first"));
        }
    }
}

/// The setting that limits how long a statement may run.
fn limit(statement: &Statement) -> Option<&Setting> {
    let Statement::Set(set) = statement else { return None };
    set.settings.iter().find(|it| matches!(it.name.as_str(), "max_execution_time" | "max_statement_time"))
}
