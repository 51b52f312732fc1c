//! Questions to the rows before a step that depends on them: asked when a plan is made, and again just before the step.

use std::time::Duration;

use sluice_facts::{Assertion, Step};

use crate::{Connect, Database, DbError, DbErrorKind, Limits, Query, Session};

/// What the rows answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// There is nothing that stands in the way.
    Holds,
    /// There is.
    Broken(Violation),
    /// The server could not be asked, or not for so long.
    Unknown(DbError),
}

/// Rows that a step will be refused for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.words())]
pub struct Violation {
    /// What was found, in words.
    pub finds: String,
    /// How many; none where the first one was enough to know.
    pub count: Option<String>,
    /// One of them.
    pub example: Option<String>,
    /// What the server says of it, where it was tried.
    pub error: Option<DbError>,
}

impl Violation {
    fn words(&self) -> String {
        let count = self.count.as_deref().map(|count| format!("{count} ")).unwrap_or_default();
        let example = self.example.as_deref().map(|text| format!(", for example {text}")).unwrap_or_default();
        let error = self.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        format!("there are {count}{}{example}{error}", self.finds)
    }
}

/// A step that is not run.
#[derive(Debug, thiserror::Error)]
pub enum Unasked {
    /// The rows do not fit.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// The connection.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Asks one question. Writes nothing.
///
/// # Errors
/// A connection that is lost, a command that is cancelled.
pub async fn ask(session: &mut dyn Session, assertion: &Assertion) -> Result<Answer, DbError> {
    let violation = |count, example, error| {
        let finds = assertion.finds.clone();
        Answer::Broken(Violation { finds, count, example, error })
    };
    match session.query(&Query::new(assertion.sql.as_str(), Vec::new())).await {
        Ok(_) if assertion.tries => Ok(Answer::Holds),
        Ok(rows) => {
            let mut cells = rows.into_iter().next().unwrap_or_default().into_iter();
            let (count, example) = (cells.next().flatten(), cells.next().flatten());
            Ok(match count.as_deref() {
                None | Some("0") => Answer::Holds,
                Some(_) => violation(count, example, None),
            })
        }
        Err(error) if matches!(error.kind, DbErrorKind::ConnectionLost | DbErrorKind::Cancelled) => {
            Err(error)
        }
        Err(error) if assertion.tries && is_about_data(&error) => Ok(violation(None, None, Some(error))),
        Err(error) => Ok(Answer::Unknown(error)),
    }
}

/// Whether the server refuses a value, and not the question (SQLSTATE classes 22 and 23).
fn is_about_data(error: &DbError) -> bool {
    error
        .code
        .as_deref()
        .is_some_and(|code| code.len() == 5 && (code.starts_with("22") || code.starts_with("23")))
}

/// Asks what a step asserts, just before it is run in the same session. What cannot be asked is left to the step itself.
///
/// # Errors
/// [`Unasked`]: the step is not to be run.
pub async fn before(session: &mut dyn Session, step: &Step) -> Result<(), Unasked> {
    for assertion in &step.assertions {
        if let Answer::Broken(violation) = ask(session, assertion).await? {
            return Err(violation.into());
        }
    }
    Ok(())
}

/// Asks a live database, reading only, what can be asked before the first step. The answers stand as the assertions do: by step,
/// none for what cannot be asked yet. No question takes longer than `patience`.
///
/// # Errors
/// As [`Database::connect`], and [`ask`].
pub async fn survey(
    database: &dyn Database,
    connect: &Connect,
    steps: &[Step],
    patience: Duration,
) -> Result<Vec<Vec<Option<Answer>>>, DbError> {
    let mut session = database.connect_to_read(connect).await?;
    let limits =
        Limits { lock_timeout: Some(patience), statement_timeout: Some(patience), ..Limits::default() };
    session.set_limits(&limits).await?;
    let mut answers = Vec::with_capacity(steps.len());
    for step in steps {
        let mut own = Vec::with_capacity(step.assertions.len());
        for assertion in &step.assertions {
            own.push(if assertion.early { Some(ask(session.as_mut(), assertion).await?) } else { None });
        }
        answers.push(own);
    }
    session.close().await;
    Ok(answers)
}
