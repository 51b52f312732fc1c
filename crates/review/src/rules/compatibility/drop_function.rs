use crate::{Context, Engines, Meta, Rule, Sink, rule};
use sluice_sql::ObjectKind;
use sluice_sql::model::Statement;

rule! {
    /// A function or procedure that is in use is dropped.
    ///
    /// ## Why
    /// Programs that call it fail. One that is made again in the same change is left alone.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1';
    /// ```
    /// ```sql postgres
    /// DROP FUNCTION one();
    /// ```
    /// ```sql mysql
    /// DROP PROCEDURE tidy;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1';
    /// DROP FUNCTION one();
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, DROP FUNCTION; MySQL manual, DROP PROCEDURE and DROP FUNCTION Statements.
    DropFunction, "compatibility/drop-function", Engines::SERVERS, Error, Recommended
}

impl Rule for DropFunction {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Drop(drop) = &cx.parsed.statement else { return };
        let is_routine =
            matches!(drop.kind, ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate);
        if !is_routine || cx.change.contract {
            return;
        }
        for name in &drop.names {
            let made_here = cx.schema.routine(name).is_some_and(|routine| cx.made_here(routine.origin));
            let again = cx.after.iter().any(|parsed| match &parsed.statement {
                Statement::CreateRoutine(create) => create.name.name.same(&name.name, cx.dialect()),
                _ => false,
            });
            let trigger = cx.schema.routine(name).is_some_and(|it| it.returns.as_deref() == Some("trigger"));
            if !made_here && !again && !trigger {
                out.report(name.span, format!("programs that call `{}` fail", name.name.text))
                    .help("stop calling it first, and drop it in a change with phase=contract");
            }
        }
    }
}
