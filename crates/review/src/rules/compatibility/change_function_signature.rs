use sluice_sql::model::{ParameterMode, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A function is replaced by one with other parameters.
    ///
    /// ## Why
    /// PostgreSQL makes a second function of the same name beside the first: programs go on to call the old one, and calls may become ambiguous.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE FUNCTION add(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
    /// ```
    /// ```sql
    /// CREATE OR REPLACE FUNCTION add(a integer, b integer) RETURNS integer LANGUAGE sql AS 'SELECT 2';
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE FUNCTION add(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
    /// ```
    /// ```sql
    /// CREATE OR REPLACE FUNCTION add(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 2';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE FUNCTION, Overloading: other parameter types make another function.
    ChangeFunctionSignature, "compatibility/change-function-signature", Engines::POSTGRES, Warning, Recommended
}

impl Rule for ChangeFunctionSignature {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateRoutine(create) = &cx.parsed.statement else { return };
        let there = cx.schema.routine(&create.name).filter(|it| !cx.made_here(it.origin));
        let Some(routine) = there.filter(|_| create.or_replace.is_written()) else { return };
        let all = create.parameters.len();
        let inputs = create.parameters.iter().filter(|it| it.mode != ParameterMode::Out).count();
        if !routine.arities.is_empty()
            && !routine.arities.contains(&all)
            && !routine.arities.contains(&inputs)
        {
            let message = format!(
                "this does not replace `{}`: it is a second function beside it",
                create.name.name.text
            );
            out.report(create.name.span, message)
                .help("write CREATE FUNCTION for an overload, or drop the old one in a later change");
        }
    }
}
