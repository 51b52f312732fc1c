use sluice_engine::proof::{self, Base, Claim, ProofError};
use sluice_facts::Rules;
use sluice_report::{Problem, ProofReport};

use super::side::{Side, failed};
use crate::against::Against;
use crate::args;
use crate::context::Context;
use crate::error::{CliError, Exit};

/// Where the steps are tried: the shadow that was named, or the server on which SQL was run already. Nothing is made
/// on the server of a database that is only compared.
pub fn ground<'a>(
    args: &args::Diff,
    shadow: Option<&'a Against>,
    from: &Side,
    to: &Side,
) -> Option<&'a Against> {
    let in_use = [from, to].into_iter().any(|side| matches!(side, Side::Scripts(_)));
    shadow.filter(|shadow| args.shadow.is_some() || in_use || shadow.is_in_memory())
}

/// Tries the steps.
///
/// # Errors
/// Steps that fail or lead elsewhere; a schema that cannot be made on the shadow; a shadow that does not answer.
pub fn find(
    shadow: &Against,
    rules: &dyn Rules,
    base: Base<'_>,
    claim: Claim<'_>,
) -> Result<ProofReport, CliError> {
    let (family, connect) = shadow.reach();
    let proved = Context::runtime()?.block_on(proof::prove(family, connect, rules, base, claim));
    let certificate = proved.map_err(|error| unproved(error, &shadow.name))?;
    Ok(ProofReport {
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
        ProofError::Step { .. } | ProofError::Differs(_) => Some(
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
