use sluice_sql::model::{RoutineKind, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Functions are not wanted.
    ///
    /// ## Why
    /// Logic in the database is deployed, tested and watched unlike the rest. This rule is for projects that have decided to
    /// do without.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
    /// ```
    /// ```sql mysql
    /// CREATE FUNCTION f() RETURNS INTEGER DETERMINISTIC RETURN 1;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, User-Defined Functions; MySQL manual, Stored Program Binary Logging.
    DisallowFunction, "statement/disallow-function", Engines::SERVERS, Warning, All
}

impl Rule for DisallowFunction {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateRoutine(routine) = &cx.parsed.statement else { return };
        if routine.kind == RoutineKind::Function {
            let name = routine.name.display(cx.dialect());
            out.report(routine.name.span, format!("`{name}` is a function"))
                .help("write it in the application");
        }
    }
}
