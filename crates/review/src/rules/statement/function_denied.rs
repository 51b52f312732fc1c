use crate::rules::security::within;
use crate::{Context, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A function is called that must not be called.
    ///
    /// ## Why
    /// Functions that wait keep the locks of the change while they do; others are denied by the policy of the project.
    ///
    /// ## Bad
    /// ```sql postgres
    /// SELECT pg_sleep(5);
    /// ```
    /// ```sql mysql
    /// SELECT SLEEP(5);
    /// ```
    /// ```sql mariadb
    /// SELECT SLEEP(5);
    /// ```
    /// ```sql sqlite
    /// SELECT sleep(5);
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT 1;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, System Administration Functions; MySQL manual, Built-In Function and Operator Reference.
    FunctionDenied, "statement/function-denied", Engines::ALL, Warning, Strict, options: &[OptionSpec {
        name: "functions",
        kind: OptionKind::List { default: &["sleep", "pg_sleep", "pg_sleep_for", "pg_sleep_until", "benchmark"] },
        about: "Functions that must not be called.",
    }]
}

impl Rule for FunctionDenied {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for call in within::calls(cx) {
            let name = &call.name.name.text;
            if cx.options.lists("functions", name) {
                out.report(call.span, format!("`{name}` must not be called in changes"))
                    .help("do without it");
            }
        }
    }
}
