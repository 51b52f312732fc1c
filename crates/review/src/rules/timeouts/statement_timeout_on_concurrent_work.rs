use std::time::Duration;

use sluice_sql::model::{Statement, TableAction};
use sluice_text::{Edit, Fix};

use crate::rules::timeouts::span_of_time;

use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A `statement_timeout` would kill long work that blocks nobody.
    ///
    /// ## Why
    /// Building an index concurrently and validating a constraint take long and let reads and writes go on. A timeout that
    /// kills them wins nothing: the build leaves an invalid index, and the work begins anew.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// SET statement_timeout = '5s';
    /// CREATE INDEX CONCURRENTLY orders_customer_id ON orders (customer_id);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, note text);
    /// ```
    /// ```sql postgres
    /// SET statement_timeout = 0;
    /// CREATE INDEX CONCURRENTLY orders_customer_id ON orders (customer_id);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, statement_timeout; CREATE INDEX, Building Indexes Concurrently.
    StatementTimeoutOnConcurrentWork, "timeouts/statement-timeout-on-concurrent-work", Engines::POSTGRES, Warning, Recommended, options: &[OptionSpec {
        name: "min_seconds",
        kind: OptionKind::Number { default: 3600 },
        about: "A timeout of at least so many seconds is long enough.",
    }]
}

impl Rule for StatementTimeoutOnConcurrentWork {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let (what, table) = match &cx.parsed.statement {
            Statement::CreateIndex(create) if create.concurrently.is_written() => {
                ("this build", Some(&create.table))
            }
            Statement::Maintenance(work) if work.concurrently.is_written() => ("this build", None),
            Statement::AlterTable(alter)
                if alter
                    .actions
                    .iter()
                    .any(|action| matches!(action.kind, TableAction::ValidateConstraint(_))) =>
            {
                ("this validation", Some(&alter.name))
            }
            _ => return,
        };
        let Some(text) = cx.session.statement_timeout.as_deref() else { return };
        let Some(timeout) = span_of_time::read(text, Duration::from_millis(1)) else { return };
        let enough = Duration::from_secs(cx.options.number("min_seconds"));
        if timeout.is_zero() || timeout >= enough || table.is_some_and(|table| cx.is_new(table)) {
            return;
        }
        let message =
            format!("statement_timeout ends {what} after {} s, and it begins anew", timeout.as_secs_f64());
        // What comes after it would lose its timeout.
        let fix = cx.after.is_empty().then(|| {
            let edit = Edit::insert(cx.parsed.span.start, "SET statement_timeout = 0;\n");
            Fix::edits("set statement_timeout to 0 before it", vec![edit])
        });
        out.report(cx.parsed.span, message)
            .help("set statement_timeout to 0 before it: the work blocks nobody")
            .fix(fix);
    }
}
