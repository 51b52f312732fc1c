//! A plan is proved by going it once, in a scratch database that holds the schema as it is.

use std::collections::HashSet;
use std::time::Duration;

use sluice_facts::{Diff, Digest, FactId, Kind, Options, Rules, Snapshot, Step, Transition, transition};

use crate::observer::{self, Observed};
use crate::seed::{self, Bed, Planted};
use crate::shadow::{self, Script, ShadowError};
use crate::{Connect, Database, DbError, Limits, Session};

/// No step takes longer over rows that were made up.
const PATIENCE: Duration = Duration::from_secs(10);
/// So often a proof is begun again without rows that a step has refused.
const ATTEMPTS: usize = 4;

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
    /// The rows that lay in the tables meanwhile; none where the engine's rows are not known.
    pub planted: Option<Planted>,
    /// What others say who looked at both: at where the steps lead, and at TO as it is made by itself.
    pub observers: Vec<Observed>,
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
    /// Somebody else sees a difference where the facts are equal.
    #[error("{observer} sees a difference where the facts are equal: {}", differences.join(" / "))]
    Observed {
        /// Who.
        observer: &'static str,
        /// Lines that only one of both has: `+` where the steps lead, `-` TO.
        differences: Vec<String>,
    },
    /// Rows are not what they were.
    #[error("the steps do not leave the rows alone: {}", .0.join("; "))]
    Rows(Vec<String>),
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

/// Goes the steps on the server of `connect`, in a scratch database of its own that holds `bases[0]`, and compares where they lead.
/// Rows that were made up lie in the tables meanwhile; a step that may refuse rows and does is tried again without those of its
/// table. Then an independent observer compares where the steps lead with TO, made of `bases[1]` in another scratch database.
///
/// # Errors
/// [`ProofError`]; the scratch databases are dropped in any case.
pub async fn prove(
    database: &dyn Database,
    connect: &Connect,
    rules: &dyn Rules,
    bases: [Base<'_>; 2],
    claim: Claim<'_>,
) -> Result<Certificate, ProofError> {
    let [from, to] = bases;
    let (mut certificate, seen) = walk_all(database, connect, rules, from, claim).await?;
    let Some(seen) = seen else { return Ok(certificate) };
    let turned = Claim { from: claim.to, to: claim.from, way: claim.way };
    let scratch = database.create_scratch(connect).await?;
    let made = make(database, [connect, &scratch], rules, to, turned).await;
    database.drop_scratch(connect, &scratch).await?;
    match made {
        Ok(made) => {
            certificate.observers.extend(made.map(|made| Observed {
                observer: made.0,
                differences: observer::differences(&seen.1, &made.1),
            }))
        }
        // TO cannot be made by itself here: there is nothing to compare with.
        Err(ProofError::Base(_)) => {}
        Err(error) => return Err(error),
    }
    // What is not modelled is seen by others, and told by name.
    let modelled = claim.from.unmodelled.is_empty() && claim.to.unmodelled.is_empty();
    match certificate.observers.iter().find(|observed| modelled && !observed.differences.is_empty()) {
        Some(observed) => {
            let told = observed.differences.iter().take(TOLD).cloned().collect();
            Err(ProofError::Observed { observer: observed.observer, differences: told })
        }
        None => Ok(certificate),
    }
}

/// Makes a schema in an empty scratch database, and has it observed.
async fn make(
    database: &dyn Database,
    [connect, scratch]: [&Connect; 2],
    rules: &dyn Rules,
    base: Base<'_>,
    claim: Claim<'_>,
) -> Result<Option<Seen>, ProofError> {
    let mut session = database.connect(scratch).await?;
    let laid = found(database, session.as_mut(), connect, rules, base, claim).await;
    let seen = match laid {
        Ok(()) => observe(database, scratch, session.as_mut()).await.map_err(ProofError::from),
        Err(error) => Err(error),
    };
    session.close().await;
    seen
}

/// What an observer has written down.
type Seen = (&'static str, Vec<String>);

async fn observe(
    database: &dyn Database,
    scratch: &Connect,
    session: &mut dyn Session,
) -> Result<Option<Seen>, DbError> {
    let Some(observer) = database.observer() else { return Ok(None) };
    Ok(observer.observe(scratch, session).await?.map(|lines| (observer.name(), lines)))
}

async fn walk_all(
    database: &dyn Database,
    connect: &Connect,
    rules: &dyn Rules,
    base: Base<'_>,
    claim: Claim<'_>,
) -> Result<(Certificate, Option<Seen>), ProofError> {
    let mut rows = Rows::All(HashSet::new());
    for _ in 0..ATTEMPTS {
        match attempt(database, connect, rules, base, claim, &rows).await? {
            Outcome::Proved(certificate, seen) => return Ok((certificate, seen)),
            Outcome::RefusedRows(table) => {
                let (Rows::All(except), Some(table)) = (&mut rows, table) else { break };
                if !except.insert(table) {
                    break;
                }
            }
        }
    }
    match attempt(database, connect, rules, base, claim, &Rows::None).await? {
        Outcome::Proved(certificate, seen) => Ok((certificate, seen)),
        // Without rows nobody refuses any.
        Outcome::RefusedRows(_) => Err(ProofError::Rows(Vec::new())),
    }
}

/// Which tables get rows.
enum Rows {
    /// All but these.
    All(HashSet<FactId>),
    /// None.
    None,
}

/// How an attempt ended.
enum Outcome {
    Proved(Certificate, Option<Seen>),
    /// A step refused rows of this table, as far as that can be told.
    RefusedRows(Option<FactId>),
}

async fn attempt(
    database: &dyn Database,
    connect: &Connect,
    rules: &dyn Rules,
    base: Base<'_>,
    claim: Claim<'_>,
    rows: &Rows,
) -> Result<Outcome, ProofError> {
    let scratch = database.create_scratch(connect).await?;
    let result = go(database, [connect, &scratch], rules, base, claim, rows).await;
    let dropped = database.drop_scratch(connect, &scratch).await;
    let outcome = result?;
    dropped?;
    Ok(outcome)
}

async fn go(
    database: &dyn Database,
    [connect, scratch]: [&Connect; 2],
    rules: &dyn Rules,
    base: Base<'_>,
    claim: Claim<'_>,
    rows: &Rows,
) -> Result<Outcome, ProofError> {
    let mut session = database.connect(scratch).await?;
    let result = match found(database, session.as_mut(), connect, rules, base, claim).await {
        Ok(()) => sow_and_walk(database, scratch, session.as_mut(), claim, rows).await,
        Err(error) => Err(error),
    };
    session.close().await;
    result
}

/// Makes the schema FROM of what it is made of, in a scratch database on the server of `connect`.
pub(crate) async fn found(
    database: &dyn Database,
    session: &mut dyn Session,
    connect: &Connect,
    rules: &dyn Rules,
    base: Base<'_>,
    claim: Claim<'_>,
) -> Result<(), ProofError> {
    match base {
        Base::Facts => lay(session, rules, Base::Facts, claim).await,
        Base::Scripts(scripts) => {
            let scripts =
                shadow::inside(database, session.server().dialect, connect, scripts).map_err(|error| {
                    match error {
                        ShadowError::Text { place, message } => {
                            ProofError::Base(format!("{place}: {message}"))
                        }
                        error => ProofError::Base(error.to_string()),
                    }
                })?;
            lay(session, rules, Base::Scripts(&scripts), claim).await
        }
    }
}

async fn sow_and_walk(
    database: &dyn Database,
    scratch: &Connect,
    session: &mut dyn Session,
    claim: Claim<'_>,
    rows: &Rows,
) -> Result<Outcome, ProofError> {
    let (planted, beds) = match (database.planting(), rows) {
        (Some(planting), Rows::All(except)) => {
            let sides = [claim.from, claim.to];
            // Checks and defaults may call what takes its time for every row.
            let limits = Limits { statement_timeout: Some(PATIENCE), ..Limits::default() };
            session.set_limits(&limits).await?;
            let (planted, beds) = seed::plant(session, planting, sides, &claim.way.steps, except).await?;
            (Some(planted), beds)
        }
        (Some(_), Rows::None) => (Some(Planted::default()), Vec::new()),
        (None, _) => (None, Vec::new()),
    };
    let outcome = walk(session, claim, planted, &beds).await?;
    Ok(match outcome {
        Outcome::Proved(certificate, _) => {
            Outcome::Proved(certificate, observe(database, scratch, session).await?)
        }
        other => other,
    })
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
        Base::Facts => lay_facts(session, rules, from).await?,
    }
    let made = shadow::read(session).await?;
    match differences(&made.leaving_out(claim.to), from) {
        differences if differences.is_empty() => Ok(()),
        differences => Err(ProofError::Base(differences.join("; "))),
    }
}

/// Makes a schema by its facts in an empty database.
pub(crate) async fn lay_facts(
    session: &mut dyn Session,
    rules: &dyn Rules,
    facts: &Snapshot,
) -> Result<(), ProofError> {
    let empty = shadow::read(session).await?;
    let options = Options { online: false, version: session.server().version };
    let way = transition(&empty, facts, rules, options);
    let steps = statements(&way);
    if let Err((at, error)) = shadow::run(session, &steps).await {
        let sql = steps.get(at).map(|step| step.sql.clone()).unwrap_or_default();
        return Err(ProofError::Base(format!("{error}; the step is: {sql}")));
    }
    Ok(())
}

async fn walk(
    session: &mut dyn Session,
    claim: Claim<'_>,
    planted: Option<Planted>,
    beds: &[Bed],
) -> Result<Outcome, ProofError> {
    let steps = statements(claim.way);
    if let Err((at, error)) = shadow::run(session, &steps).await {
        let step = steps.get(at);
        if !beds.is_empty() {
            return Ok(Outcome::RefusedRows(step.and_then(|step| table_of(&step.fact, claim))));
        }
        let sql = step.map(|step| step.sql.clone()).unwrap_or_default();
        return Err(ProofError::Step { sql, error });
    }
    let after = shadow::read(session).await?;
    let differences = differences(&after.leaving_out(claim.from), claim.to);
    if !differences.is_empty() {
        return Err(ProofError::Differs(differences));
    }
    let lost = seed::harvest(session, beds).await?;
    if !lost.is_empty() {
        return Err(ProofError::Rows(lost));
    }
    let certificate = Certificate {
        from: claim.from.fingerprint(),
        to: after.fingerprint(),
        server: session.server().product.clone(),
        planted,
        observers: Vec::new(),
    };
    Ok(Outcome::Proved(certificate, None))
}

/// The table that a step is about.
fn table_of(fact: &FactId, claim: Claim<'_>) -> Option<FactId> {
    if fact.kind() == Some(Kind::Table) {
        return Some(fact.clone());
    }
    let fact = claim.from.get(fact).or_else(|| claim.to.get(fact))?;
    fact.parent.clone().filter(|parent| parent.kind() == Some(Kind::Table))
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
