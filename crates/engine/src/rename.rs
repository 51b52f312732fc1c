//! Renames are understood by doing them: what mentions an old name follows it on one server and not on another.

use sluice_facts::{
    Fact, FactId, Options, Rename, Rules, Snapshot, Step, Transition, Verb, transition, unasked,
};
use sluice_sql::classify;

use crate::proof::{self, Base, Claim, ProofError};
use crate::shadow;
use crate::{Connect, Database, DbError, DbErrorKind, Session, Statement};

/// The schema FROM once the renames are done.
#[derive(Debug, Clone)]
pub struct Renamed {
    /// As it was found.
    pub schema: Snapshot,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// What was renamed, and why nobody was asked where nobody was.
    pub renames: Vec<Rename>,
}

/// Why a rename cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum RenameError {
    /// One of the names is not there, or is taken.
    #[error("{0}")]
    Name(String),
    /// The server refuses it.
    #[error("{sql} fails on the shadow: {error}")]
    Refused {
        /// The statement.
        sql: String,
        /// Why.
        #[source]
        error: DbError,
    },
    /// The schema cannot be made on the shadow, or the shadow does not answer.
    #[error(transparent)]
    Shadow(#[from] ProofError),
}

impl From<DbError> for RenameError {
    fn from(error: DbError) -> Self {
        Self::Shadow(ProofError::Database(error))
    }
}

/// The renames that are asked for, between two schemas.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The schema as it is.
    pub from: &'a Snapshot,
    /// The schema as it is to be.
    pub to: &'a Snapshot,
    /// What was decided.
    pub renames: &'a [Rename],
}

/// Carries the renames out in a scratch database that holds FROM, and those for which nobody needs to be asked after them.
///
/// # Errors
/// [`RenameError`]; the scratch database is dropped in any case.
pub async fn carry(
    database: &dyn Database,
    connect: &Connect,
    rules: &dyn Rules,
    base: Base<'_>,
    wish: Wish<'_>,
) -> Result<Renamed, RenameError> {
    let scratch = database.create_scratch(connect).await?;
    let result = go(database, [connect, &scratch], rules, base, wish).await;
    let dropped = database.drop_scratch(connect, &scratch).await;
    let renamed = result?;
    dropped?;
    Ok(renamed)
}

async fn go(
    database: &dyn Database,
    [connect, scratch]: [&Connect; 2],
    rules: &dyn Rules,
    base: Base<'_>,
    wish: Wish<'_>,
) -> Result<Renamed, RenameError> {
    let mut session = database.connect(scratch).await?;
    let nothing = transition(wish.from, wish.from, rules, Options::default());
    let claim = Claim { from: wish.from, to: wish.to, way: &nothing };
    let result = match proof::found(database, session.as_mut(), connect, rules, base, claim).await {
        Ok(()) => inside_one(session.as_mut(), rules, wish).await,
        Err(error) => Err(error.into()),
    };
    session.close().await;
    result
}

async fn inside_one(
    session: &mut dyn Session,
    rules: &dyn Rules,
    wish: Wish<'_>,
) -> Result<Renamed, RenameError> {
    let mut done = Renamed { schema: wish.from.clone(), steps: Vec::new(), renames: Vec::new() };
    for round in 0..=Rename::LAST_ROUND {
        let due: Vec<&Rename> = wish.renames.iter().filter(|rename| rename.round() == round).collect();
        for rename in &due {
            let (old, new) = ends(&done.schema, wish.to, rename).map_err(RenameError::Name)?;
            let Some(sql) = rules.rename(old, new) else {
                let kind = new.kind.words();
                return Err(RenameError::Name(format!("a {kind} is not renamed here: it is made anew")));
            };
            if let Err(error) = execute(session, &sql).await {
                return Err(RenameError::Refused { sql, error });
            }
            done.steps.push(Step::new(Verb::Rename, &new.id, sql));
            done.renames.push((*rename).clone());
        }
        if !due.is_empty() {
            done.schema = shadow::read(session).await?.leaving_out(wish.to);
        }
    }
    // A sequence that has its new name makes defaults equal, and so on: until nothing more is found.
    for _ in 0..4 {
        let before = done.renames.len();
        for rename in unasked(&done.schema, wish.to, rules) {
            let Ok((old, new)) = ends(&done.schema, wish.to, &rename) else { continue };
            let Some(sql) = rules.rename(old, new) else { continue };
            match execute(session, &sql).await {
                Ok(()) => {
                    done.steps.push(Step::new(Verb::Rename, &new.id, sql));
                    done.renames.push(rename);
                }
                Err(error) if error.kind == DbErrorKind::ConnectionLost => return Err(error.into()),
                // What cannot be renamed, or went with another one, is made anew.
                Err(_) => {}
            }
        }
        if done.renames.len() == before {
            break;
        }
        done.schema = shadow::read(session).await?.leaving_out(wish.to);
    }
    Ok(done)
}

/// The fact that gets the name, as it stands now, and what it is to be.
fn ends<'a>(now: &'a Snapshot, to: &'a Snapshot, rename: &Rename) -> Result<(&'a Fact, &'a Fact), String> {
    let standing = rename.standing();
    let missing = |id: &FactId, what: &str| format!("{rename}: {what} has no {id}");
    let new = to.get(&rename.new).ok_or_else(|| missing(&rename.new, "the schema TO"))?;
    let old = now.get(&standing).ok_or_else(|| missing(&standing, "the schema FROM"))?;
    if now.get(&rename.new).is_some() {
        return Err(format!("{rename}: {} is there already", rename.new));
    }
    if to.get(&standing).is_some() {
        return Err(format!("{rename}: {standing} is to stay"));
    }
    Ok((old, new))
}

async fn execute(session: &mut dyn Session, sql: &str) -> Result<(), DbError> {
    let facts = classify(session.server().dialect, sql);
    session.execute(&Statement { sql: sql.into(), copy_data: None, facts: &facts }).await
}

/// The way from FROM by the renames to TO: `rest` leads there from what they leave.
pub fn ahead<'a>(renamed: &Renamed, mut rest: Transition<'a>, rules: &dyn Rules) -> Transition<'a> {
    let mut steps = rules.lead(renamed.steps.clone(), &rest.steps);
    steps.append(&mut rest.steps);
    (rest.prelude, rest.coda) = (rules.prelude(&steps), rules.coda(&steps));
    Transition { steps, ..rest }
}
