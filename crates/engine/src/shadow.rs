//! What SQL means, asked of a server: texts are run in a scratch database and read back as facts.

use sluice_facts::{Snapshot, Step};
use sluice_sql::{Dialect, Kind, PieceKind, classify, split};

use crate::{Connect, Database, DbError, DbErrorKind, Server, Session, Statement};

/// A text of SQL with the name under which messages mention it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// A path, or what stands for one.
    pub name: String,
    /// The text.
    pub text: String,
}

/// A statement that would change something outside of the scratch database that it runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    /// The script.
    pub script: String,
    /// Where it stands.
    pub offset: usize,
    /// What it would do.
    pub message: String,
}

/// A statement that the server refuses.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{place}: {error}")]
pub struct Refused {
    /// `path:line:column`.
    pub place: String,
    /// Why.
    #[source]
    pub error: DbError,
}

/// Why texts do not make a schema.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ShadowError {
    /// Text that is no sequence of statements.
    #[error("{place}: {message}")]
    Text {
        /// `path:line:column`.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// Statements that do not run, in any order.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Refused(Vec<Refused>),
    /// The connection, or the catalog.
    #[error(transparent)]
    Database(#[from] DbError),
}

struct Pending<'a> {
    place: String,
    sql: &'a str,
    data: Option<&'a str>,
}

/// The schema that scripts make, found out in a scratch database on the server of `connect`.
///
/// # Errors
/// [`ShadowError`].
pub async fn elaborate(
    database: &dyn Database,
    connect: &Connect,
    scripts: &[Script],
) -> Result<(Server, Snapshot), ShadowError> {
    let scratch = database.create_scratch(connect).await?;
    let result = load_and_read(database, connect, &scratch, scripts).await;
    let dropped = database.drop_scratch(connect, &scratch).await;
    let result = result?;
    dropped?;
    Ok(result)
}

async fn load_and_read(
    database: &dyn Database,
    connect: &Connect,
    scratch: &Connect,
    scripts: &[Script],
) -> Result<(Server, Snapshot), ShadowError> {
    let mut session = database.connect(scratch).await?;
    let server = session.server().clone();
    let loaded = match inside(database, server.dialect, connect, scripts) {
        Ok(scripts) => load(session.as_mut(), &scripts).await,
        Err(error) => Err(error),
    };
    let snapshot = match loaded {
        Ok(()) => read(session.as_mut()).await.map_err(ShadowError::from),
        Err(error) => Err(error),
    };
    session.close().await;
    Ok((server, snapshot?))
}

/// Scripts as they run in a scratch database.
///
/// # Errors
/// [`ShadowError::Text`] for a statement that would reach beyond it.
pub(crate) fn inside(
    database: &dyn Database,
    dialect: Dialect,
    connect: &Connect,
    scripts: &[Script],
) -> Result<Vec<Script>, ShadowError> {
    database.in_scratch(dialect, connect, scripts).map_err(|misplaced| {
        let script = scripts.iter().find(|script| script.name == misplaced.script);
        ShadowError::Text {
            place: script.map(|script| place(script, misplaced.offset)).unwrap_or_default(),
            message: misplaced.message,
        }
    })
}

/// The schema of a database as it is.
///
/// # Errors
/// As [`Session::facts`].
pub async fn facts(database: &dyn Database, connect: &Connect) -> Result<(Server, Snapshot), DbError> {
    let mut session = database.connect_to_read(connect).await?;
    let server = session.server().clone();
    let snapshot = session.facts().await;
    session.close().await;
    Ok((server, snapshot?))
}

/// Runs scripts, statement by statement. One that fails is tried again after the others, as long as that helps: files of a declared
/// schema stand in any order.
///
/// # Errors
/// [`ShadowError`], with every statement that failed to the end.
pub async fn load(session: &mut dyn Session, scripts: &[Script]) -> Result<(), ShadowError> {
    let dialect = session.server().dialect;
    let mut waiting: Vec<Pending<'_>> = Vec::new();
    for script in scripts {
        let place = |offset: usize| place(script, offset);
        let pieces = split(dialect, &script.text).map_err(|error| ShadowError::Text {
            place: place(error.span.start),
            message: error.to_string(),
        })?;
        for piece in pieces {
            let data = match piece.kind {
                PieceKind::Statement => None,
                PieceKind::CopyFromStdin { data } => script.text.get(data.start..data.end),
                PieceKind::Blank | PieceKind::Delimiter => continue,
            };
            let sql = script.text.get(piece.body.start..piece.body.end).unwrap_or_default();
            if classify(dialect, sql).kind != Kind::Transaction {
                waiting.push(Pending { place: place(piece.body.start), sql, data });
            }
        }
    }
    loop {
        let before = waiting.len();
        let mut refused: Vec<Refused> = Vec::new();
        let mut again: Vec<Pending<'_>> = Vec::new();
        for pending in waiting {
            let facts = classify(dialect, pending.sql);
            let statement = Statement { sql: pending.sql.into(), copy_data: pending.data, facts: &facts };
            match session.execute(&statement).await {
                Ok(()) => {}
                Err(error) if error.kind == DbErrorKind::ConnectionLost => return Err(error.into()),
                Err(error) => {
                    refused.push(Refused { place: pending.place.clone(), error });
                    again.push(pending);
                }
            }
        }
        if refused.is_empty() {
            return Ok(());
        }
        if again.len() == before {
            return Err(ShadowError::Refused(refused));
        }
        waiting = again;
    }
}

/// Reads the facts after [`load`], free of what its statements set.
///
/// # Errors
/// As [`Session::facts`].
pub async fn read(session: &mut dyn Session) -> Result<Snapshot, DbError> {
    session.reset().await?;
    session.facts().await
}

/// Runs steps, each by itself; what begins and ends transactions is left out.
///
/// # Errors
/// The first step that fails, by its place, and why.
pub async fn run(session: &mut dyn Session, steps: &[Step]) -> Result<(), (usize, DbError)> {
    let dialect = session.server().dialect;
    for (at, step) in steps.iter().enumerate() {
        let facts = classify(dialect, &step.sql);
        if facts.kind == Kind::Transaction {
            continue;
        }
        let statement = Statement { sql: step.sql.as_str().into(), copy_data: None, facts: &facts };
        session.execute(&statement).await.map_err(|error| (at, error))?;
    }
    Ok(())
}

fn place(script: &Script, offset: usize) -> String {
    let before = script.text.get(..offset).unwrap_or_default();
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    format!("{}:{line}:{column}", script.name)
}
