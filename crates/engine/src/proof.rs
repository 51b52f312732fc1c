//! A plan is proved by going it once, in a scratch database that holds the schema as it is.

use sluice_facts::{Diff, Digest, Options, Rules, Snapshot, Step, Transition, transition};

use crate::shadow::{self, Script, ShadowError};
use crate::{Connect, Database, DbError, Session};

/// More differences than this are not told one by one.
const TOLD: usize = 20;

/// What the schema FROM is made of in the scratch database.
#[derive(Debug, Clone, Copy)]
pub enum Base<'a> {
    /// The texts that it was read from.
    Scripts(&'a [Script]),
    /// Its facts: what they say is written as SQL, which is a proof of its own.
    Facts,
}

/// What was seen: the steps led from the one schema to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Fingerprint of the schema before.
    pub from: Digest,
    /// Fingerprint of the schema after, found on the server.
    pub to: Digest,
    /// The server on which it was seen, product and version.
    pub server: String,
}

/// Why a plan is not proved.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ProofError {
    /// The schema as it is cannot be made on the shadow.
    #[error("the schema FROM cannot be made anew on the shadow: {0}")]
    Base(String),
    /// A step fails.
    #[error("a step fails on the shadow: {error}; the step is: {sql}")]
    Step {
        /// The step.
        sql: String,
        /// Why.
        #[source]
        error: DbError,
    },
    /// The steps lead elsewhere.
    #[error("the steps do not lead to the schema TO: {}", .0.join("; "))]
    Differs(Vec<String>),
    /// The connection, or the catalog.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// A plan, with the schemas that it lies between.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The schema as it is.
    pub from: &'a Snapshot,
    /// The schema as it is to be.
    pub to: &'a Snapshot,
    /// The steps.
    pub way: &'a Transition<'a>,
}

/// Goes the steps on the server of `connect`, in a scratch database of its own, and compares where they lead.
///
/// # Errors
/// [`ProofError`]; the scratch database is dropped in any case.
pub async fn prove(
    database: &dyn Database,
    connect: &Connect,
    rules: &dyn Rules,
    base: Base<'_>,
    claim: Claim<'_>,
) -> Result<Certificate, ProofError> {
    let scratch = database.create_scratch(connect).await?;
    let result = go(database, [connect, &scratch], rules, base, claim).await;
    let dropped = database.drop_scratch(connect, &scratch).await;
    let certificate = result?;
    dropped?;
    Ok(certificate)
}

async fn go(
    database: &dyn Database,
    [connect, scratch]: [&Connect; 2],
    rules: &dyn Rules,
    base: Base<'_>,
    claim: Claim<'_>,
) -> Result<Certificate, ProofError> {
    let mut session = database.connect(scratch).await?;
    let scripts = match base {
        Base::Scripts(scripts) => shadow::inside(database, session.server().dialect, connect, scripts)
            .map(Some)
            .map_err(|error| ProofError::Base(error.to_string())),
        Base::Facts => Ok(None),
    };
    let laid = match &scripts {
        Ok(Some(scripts)) => lay(session.as_mut(), rules, Base::Scripts(scripts), claim).await,
        Ok(None) => lay(session.as_mut(), rules, Base::Facts, claim).await,
        Err(_) => Ok(()),
    };
    let result = match scripts.map(|_| ()).and(laid) {
        Ok(()) => walk(session.as_mut(), claim).await,
        Err(error) => Err(error),
    };
    session.close().await;
    result
}

/// Makes the schema FROM.
async fn lay(
    session: &mut dyn Session,
    rules: &dyn Rules,
    base: Base<'_>,
    claim: Claim<'_>,
) -> Result<(), ProofError> {
    let from = claim.from;
    match base {
        Base::Scripts(scripts) => match shadow::load(session, scripts).await {
            Ok(()) => {}
            Err(ShadowError::Database(error)) => return Err(error.into()),
            Err(error) => return Err(ProofError::Base(error.to_string())),
        },
        Base::Facts => {
            let empty = shadow::read(session).await?;
            let options = Options { online: false, version: session.server().version };
            let way = transition(&empty, from, rules, options);
            let steps = statements(&way);
            if let Err((at, error)) = shadow::run(session, &steps).await {
                let sql = steps.get(at).map(|step| step.sql.clone()).unwrap_or_default();
                return Err(ProofError::Base(format!("{error}; the step is: {sql}")));
            }
        }
    }
    let made = shadow::read(session).await?;
    match differences(&made.leaving_out(claim.to), from) {
        differences if differences.is_empty() => Ok(()),
        differences => Err(ProofError::Base(differences.join("; "))),
    }
}

async fn walk(session: &mut dyn Session, claim: Claim<'_>) -> Result<Certificate, ProofError> {
    let steps = statements(claim.way);
    if let Err((at, error)) = shadow::run(session, &steps).await {
        let sql = steps.get(at).map(|step| step.sql.clone()).unwrap_or_default();
        return Err(ProofError::Step { sql, error });
    }
    let after = shadow::read(session).await?;
    let differences = differences(&after.leaving_out(claim.from), claim.to);
    if !differences.is_empty() {
        return Err(ProofError::Differs(differences));
    }
    Ok(Certificate {
        from: claim.from.fingerprint(),
        to: after.fingerprint(),
        server: session.server().product.clone(),
    })
}

/// What is run, the statements for the session among it.
pub fn statements(way: &Transition<'_>) -> Vec<Step> {
    let Some(first) = way.steps.first() else { return Vec::new() };
    let plain = |sql: &String| Step::new(first.verb, &first.fact, sql.as_str());
    let (prelude, coda) = (way.prelude.iter().map(plain), way.coda.iter().map(plain));
    prelude.chain(way.steps.iter().cloned()).chain(coda).collect()
}

/// What differs between what is there and what should be, in words.
fn differences(is: &Snapshot, should: &Snapshot) -> Vec<String> {
    Diff::between(is, should).words(TOLD, "is missing", "should not be there")
}
