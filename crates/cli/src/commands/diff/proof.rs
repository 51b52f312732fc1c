use sluice_engine::proof::{self, Base, Claim, ProofError};
use sluice_facts::Rules;
use sluice_report::{ObserverReport, Problem, ProofReport, WithoutRows};

use super::ground::Ground;
use super::side::{Side, failed};
use crate::against::Against;
use crate::args;
use crate::context::Context;
use crate::error::{CliError, Exit};

/// Whether the steps are tried on this ground: a shadow that was named, a server of our own, or the server on which SQL was run
/// already. Nothing is made on the server of a database that is only compared.
pub fn is_permitted(args: &args::Diff, ground: &Ground<'_>, from: &Side, to: &Side) -> bool {
    let in_use = [from, to].into_iter().any(|side| matches!(side, Side::Scripts(_)));
    match ground {
        Ground::Local(_) => true,
        Ground::Named(against) => args.shadow.is_some() || in_use || against.is_in_memory(),
    }
}

/// Tries the steps.
///
/// # Errors
/// Steps that fail or lead elsewhere; a schema that cannot be made on the shadow; a shadow that does not answer.
pub fn find(
    shadow: &Against,
    rules: &dyn Rules,
    bases: [Base<'_>; 2],
    claim: Claim<'_>,
) -> Result<ProofReport, CliError> {
    let (family, connect) = shadow.reach();
    let proved = Context::runtime()?.block_on(proof::prove(family, connect, rules, bases, claim));
    let certificate = proved.map_err(|error| unproved(error, &shadow.name))?;
    let planted = certificate.planted.unwrap_or_default();
    let without =
        |(table, reason): (sluice_facts::FactId, String)| WithoutRows { table: table.to_string(), reason };
    let observers = certificate.observers.into_iter().map(|observed| ObserverReport {
        observer: observed.observer.to_owned(),
        differences: observed.differences,
    });
    Ok(ProofReport {
        observers: observers.collect(),
        rows: planted.rows,
        tables: planted.tables,
        without_rows: planted.without.into_iter().map(without).collect(),
        server: certificate.server,
        from_fingerprint: certificate.from.to_string(),
        to_fingerprint: certificate.to.to_string(),
    })
}

/// A plan, or what it needs, that could not be seen on the shadow.
pub fn unproved(error: ProofError, name: &str) -> CliError {
    let help = match &error {
        ProofError::Database(_) => None,
        ProofError::Base(_) => Some(
            "name a shadow that has the roles and extensions of the schema, or see the steps without a proof: --no-proof",
        ),
        ProofError::Step { .. }
        | ProofError::Differs(_)
        | ProofError::Observed { .. }
        | ProofError::Rows(_) => Some(
            "this is a mistake in sluice: please report it with both schemas; --no-proof shows the steps",
        ),
    };
    match (error, help) {
        (ProofError::Database(error), _) => failed(error, name),
        (error, help) => {
            let problem = Problem::error(format!("the plan is not proved: {error}")).at(name);
            CliError::new(Exit::Inconclusive, problem).help(help.unwrap_or_default())
        }
    }
}
