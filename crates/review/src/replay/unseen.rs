use sluice_schema::Schema;
use sluice_sql::Dialect;
use sluice_sql::model::{ObjectName, Statement};

/// Takes note of a statement that may make or drop what its text does not tell: the schema is no longer complete.
pub(crate) fn doubt(schema: &mut Schema, statement: &Statement) {
    if schema.complete && does_unseen(schema, statement) {
        schema.complete = false;
    }
}

fn does_unseen(schema: &Schema, statement: &Statement) -> bool {
    match statement {
        Statement::Unparsed { .. } => true,
        Statement::Do(block) => block.body.hides_sql(),
        // What was prepared is looked at where it is prepared.
        Statement::Other(other) => {
            let prepares = matches!(other.verb.as_str(), "prepare" | "execute immediate");
            prepares && other.inner.is_none()
        }
        Statement::Call(_) => true,
        Statement::Query(query) => query.facts.calls.iter().any(|call| is_foreign(schema, &call.name)),
        _ => false,
    }
}

/// Whether a function is one that users or extensions made.
fn is_foreign(schema: &Schema, function: &ObjectName) -> bool {
    let elsewhere = function.schema().is_some_and(|name| !name.text.eq_ignore_ascii_case("pg_catalog"));
    (schema.dialect() == Dialect::Postgres && elsewhere) || schema.routine(function).is_some()
}
