use sluice_sql::model::{AlterObject, Call, CreateRoutine, ObjectAction, Statement, Volatility};
use sluice_text::{Edit, Fix};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A `SECURITY DEFINER` function does not set its search path.
    ///
    /// ## Why
    /// It runs with the rights of its owner but looks names up in the search path of its caller. Who may create objects in a
    /// schema of that path, the temporary one included, makes the function call his own function with the owner's rights.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE FUNCTION close_order(n bigint) RETURNS void LANGUAGE sql SECURITY DEFINER
    /// AS $$ UPDATE shop.orders SET closed = true WHERE id = n $$;
    /// ```
    /// ```sql postgres
    /// ALTER FUNCTION close_order(bigint) SECURITY DEFINER;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// ALTER FUNCTION close_order(bigint) SECURITY DEFINER SET search_path = shop, pg_temp;
    /// ```
    /// ```sql postgres
    /// CREATE FUNCTION close_order(n bigint) RETURNS void LANGUAGE sql SECURITY DEFINER
    /// SET search_path = pg_catalog, pg_temp
    /// AS $$ UPDATE shop.orders SET closed = true WHERE id = n $$;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE FUNCTION, Writing SECURITY DEFINER Functions Safely.
    SecurityDefinerSearchPath, "security/security-definer-search-path", Engines::POSTGRES, Error, Recommended
}

impl Rule for SecurityDefinerSearchPath {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            if let Statement::AlterObject(alter) = &one.statement {
                altered(cx, alter, out);
                continue;
            }
            let Statement::CreateRoutine(routine) = &one.statement else { continue };
            let Some(security) = routine.security.filter(|security| security.definer) else { continue };
            if routine.search_path.is_written() {
                continue;
            }
            let name = routine.name.display(cx.dialect());
            let message = format!(
                "`{name}` runs with its owner's rights but looks names up in its caller's search path"
            );
            let fix = (std::ptr::eq(one, cx.parsed) && names_no_schema_of_its_own(cx, routine)).then(|| {
                Fix::edits(
                    "set the function's search path",
                    vec![Edit::insert(
                        routine.search_path.span.start,
                        " SET search_path = pg_catalog, pg_temp",
                    )],
                )
            });
            out.report(security.span, message)
                .help("add `SET search_path = …` with schemas that only trusted roles can write to, pg_temp last")
                .fix(fix);
        }
    }
}

/// `ALTER FUNCTION … SECURITY DEFINER` without a search path: the one that the function may have is not known.
fn altered(cx: &Context<'_>, alter: &AlterObject, out: &mut Sink<'_>) {
    let options = || {
        alter.actions.iter().filter_map(|action| match action {
            ObjectAction::Option(option) => Some(option),
            _ => None,
        })
    };
    let Some(definer) = options().find(|it| it.name.text.ends_with("security definer")) else { return };
    if options().any(|it| it.name.text == "set search_path") {
        return;
    }
    let name = alter.name.display(cx.dialect());
    let message = format!(
        "`{name}` will run with its owner's rights and may look names up in its caller's search path"
    );
    out.report(definer.span, message).help("set its search path in the same statement, pg_temp last");
}

/// Whether everything that the body names is qualified or built in, so that another search path changes nothing.
fn names_no_schema_of_its_own(cx: &Context<'_>, routine: &CreateRoutine) -> bool {
    let Some(body) = routine.body.as_ref() else { return false };
    // What PL/pgSQL declares is not in the model.
    if body.language != "sql" || !body.analysed || !body.dynamic.is_empty() || body.statements.is_empty() {
        return false;
    }
    body.statements.iter().all(|parsed| {
        let statement = &parsed.statement;
        let simple = matches!(
            statement,
            Statement::Query(_) | Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_)
        );
        let known = |call: &Call| {
            call.name.schema().is_some() || call.volatility(cx.dialect()) != Volatility::Unknown
        };
        simple
            && parsed.not_analysed.is_empty()
            && statement.targets().iter().all(|target| target.name.schema().is_some())
            && statement.query_facts().is_some_and(|facts| {
                facts.ctes.is_empty() && facts.casts.is_empty() && facts.calls.iter().all(known)
            })
    })
}
