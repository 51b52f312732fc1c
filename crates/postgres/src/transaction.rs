//! One transaction in two round trips: `BEGIN`, then everything up to `COMMIT` at once.
//!
//! `BEGIN` is awaited before anything else is sent. Were it part of the same flight and refused (a cancel request can strike
//! it), every later statement would run, and commit, by itself. Once it is answered, a failed statement makes the server refuse all
//! that follow, and `COMMIT` rolls back.

use sluice_engine::{Committed, DbError, DbErrorKind, Query, Statement, Step, TransactionError};
use sluice_sql::{Control, Kind, Mode};
use tokio_postgres::Error;

use crate::copy;
use crate::failure::ends_session;
use crate::request::{Message, in_order, send};
use crate::session::PostgresSession;

/// Above this size of the user's SQL, statements are sent one by one: memory stays flat, and a failure stops the transfer.
const PIPELINE_LIMIT: usize = 256 * 1024;

/// The ledger is ours to write, whoever the file has turned the session into. `LOCAL`: after the commit, the file's roles
/// are back.
const BE_OURSELVES: &str = "SET LOCAL SESSION AUTHORIZATION DEFAULT; SET LOCAL ROLE NONE";

/// Runs the steps in one transaction.
pub async fn run(session: &mut PostgresSession, steps: &[Step<'_>]) -> Result<(), TransactionError> {
    for (index, step) in steps.iter().enumerate() {
        if let Step::Statement(statement) = step {
            refuse_control(statement).map_err(|error| failed(Some(index), error))?;
        }
    }
    let result = attempt(session, steps).await;
    match result {
        // A file that deallocates statements takes ours with it. Nothing was done, so do it again without them.
        Err(error)
            if error.committed == Committed::No
                && error.error.code.as_deref() == Some("26000")
                && is_own(steps, error.step) =>
        {
            session.prepared.clear();
            attempt(session, steps).await
        }
        result => result,
    }
}

fn is_own(steps: &[Step<'_>], index: Option<usize>) -> bool {
    index.and_then(|index| steps.get(index)).is_some_and(|step| matches!(step, Step::Own(_)))
}

async fn attempt(session: &mut PostgresSession, steps: &[Step<'_>]) -> Result<(), TransactionError> {
    begin(session, steps).await?;
    let result = if fits_in_one_flight(steps) {
        pipelined(session, steps).await
    } else {
        one_by_one(session, steps).await
    };
    // Whatever the answer was, the server has none open: COMMIT and ROLLBACK both end it.
    session.in_transaction = false;
    result
}

fn fits_in_one_flight(steps: &[Step<'_>]) -> bool {
    let mut size = 0;
    steps.iter().all(|step| match step {
        Step::Own(_) => true,
        Step::Statement(statement) => {
            size += statement.sql.len();
            size < PIPELINE_LIMIT && copy::data(statement).is_none()
        }
    })
}

fn own_queries<'a>(steps: &'a [Step<'a>]) -> impl Iterator<Item = &'a Query> {
    steps.iter().filter_map(|step| match step {
        Step::Own(query) => Some(query),
        Step::Statement(_) => None,
    })
}

/// First flight: settings, statements of ours to be prepared, `BEGIN`.
async fn begin(session: &mut PostgresSession, steps: &[Step<'_>]) -> Result<(), TransactionError> {
    if session.unverified {
        crate::lock::verify(session).await.map_err(|error| failed(None, error))?;
    }
    own_queries(steps).for_each(|query| session.prepared.note(query));
    let prelude = session.take_prelude();
    let start = session.begin_request();
    session.in_transaction = true;
    let wanted = session.prepared.wanted(own_queries(steps));
    let client = &session.connection.client;
    let mut preparing = Vec::with_capacity(wanted.len());
    let mut kept = Vec::with_capacity(wanted.len());
    let (sent_prelude, begun) = {
        let prepare = async {
            let mut answers: Vec<_> =
                wanted.iter().map(|(_, text, types)| Box::pin(client.prepare_typed(text, types))).collect();
            let begun = client.batch_execute("BEGIN");
            let all = futures_util::future::join(futures_util::future::join_all(answers.drain(..)), begun);
            let (prepared, begun) = all.await;
            preparing.extend(prepared);
            begun
        };
        session
            .bounded(1, futures_util::future::join(session.send_prelude(&prelude), prepare))
            .await
            .map_err(|error| failed(None, error))?
    };
    kept.extend(wanted.iter().map(|(sql, ..)| sql.clone()).zip(preparing));
    let outcome =
        sent_prelude.and(begun).map_err(|error| failed(None, session.error(&error, None, true, start)));
    for (sql, statement) in kept {
        // What cannot be prepared is sent as text and tells its error there.
        if let Ok(statement) = statement {
            session.prepared.keep(&sql, statement);
        }
    }
    outcome
}

/// Second flight: every step and `COMMIT`.
async fn pipelined(session: &mut PostgresSession, steps: &[Step<'_>]) -> Result<(), TransactionError> {
    let start = session.begin_request();
    let messages = messages(session, steps);
    let (owners, answers): (Vec<_>, Vec<_>) = messages
        .into_iter()
        .map(|(owner, message)| (owner, send(&session.connection.client, message)))
        .unzip();
    let results = match session.bounded(steps.len(), in_order(answers)).await {
        Ok(results) => results,
        Err(error) => return Err(TransactionError { step: None, error, committed: Committed::Unknown }),
    };
    let failure = owners.into_iter().zip(results).find_map(|(owner, result)| Some((owner, result.err()?)));
    match failure {
        None => Ok(()),
        Some((Some(index), error)) => Err(step_error(session, steps, index, &error, start, true)),
        Some((None, error)) => Err(commit_error(session, &error, start)),
    }
}

fn messages<'a>(session: &'a PostgresSession, steps: &'a [Step<'a>]) -> Vec<(Option<usize>, Message<'a>)> {
    let mut messages = Vec::with_capacity(steps.len() + 2);
    let mut estranged = false;
    for (index, step) in steps.iter().enumerate() {
        match step {
            Step::Statement(statement) => {
                estranged |= may_change_role(statement);
                messages.push((Some(index), Message::User(&statement.sql)));
            }
            Step::Own(query) => {
                if std::mem::take(&mut estranged) {
                    messages.push((Some(index), Message::Batch(BE_OURSELVES)));
                }
                messages.push((Some(index), session.prepared.message(query)));
            }
        }
    }
    messages.push((None, Message::Batch("COMMIT")));
    messages
}

/// The failure of a step. `commit_sent`: the server may have gone on to `COMMIT`, unless it said itself that the step failed.
fn step_error(
    session: &PostgresSession,
    steps: &[Step<'_>],
    index: usize,
    error: &Error,
    start: std::time::Instant,
    commit_sent: bool,
) -> TransactionError {
    let (sql, ours) = match steps.get(index) {
        Some(Step::Statement(statement)) => (Some(statement.sql.as_ref()), false),
        _ => (None, true),
    };
    let told = error.as_db_error().is_some();
    let lost = !told && ends_session(error);
    TransactionError {
        step: (!lost).then_some(index),
        error: session.error(error, sql, ours, start),
        committed: if lost && commit_sent { Committed::Unknown } else { Committed::No },
    }
}

/// The failure of `COMMIT`. A refusal (a deferred constraint, a serialization failure) rolls back. A session that ended, or a
/// cancel request, may have struck after the commit and before its answer.
fn commit_error(session: &PostgresSession, error: &Error, start: std::time::Instant) -> TransactionError {
    let interrupted = error.code().is_some_and(|code| code.code().starts_with("57"));
    let committed = if ends_session(error) || interrupted { Committed::Unknown } else { Committed::No };
    TransactionError { step: None, error: session.error(error, None, true, start), committed }
}

/// Step by step, for long texts and `COPY`.
async fn one_by_one(session: &mut PostgresSession, steps: &[Step<'_>]) -> Result<(), TransactionError> {
    let mut estranged = false;
    for (index, step) in steps.iter().enumerate() {
        let start = session.begin_request();
        let client = &session.connection.client;
        let work = async {
            match step {
                Step::Statement(statement) => match copy::data(statement) {
                    Some(data) => copy::copy_in(client, &statement.sql, data).await,
                    None => client.execute_typed(&statement.sql, &[]).await.map(drop),
                },
                Step::Own(query) => {
                    if estranged {
                        client.batch_execute(BE_OURSELVES).await?;
                    }
                    send(client, session.prepared.message(query)).await
                }
            }
        };
        let result = session.bounded(1, work).await.map_err(|error| failed(None, error))?;
        if let Err(error) = result {
            let failure = step_error(session, steps, index, &error, start, false);
            if failure.error.kind != DbErrorKind::ConnectionLost {
                let _ = session.bounded(1, session.connection.client.batch_execute("ROLLBACK")).await;
            }
            return Err(failure);
        }
        estranged = matches!(step, Step::Statement(statement) if estranged || may_change_role(statement));
    }
    let start = session.begin_request();
    match session.bounded(1, session.connection.client.batch_execute("COMMIT")).await {
        Err(error) => Err(TransactionError { step: None, error, committed: Committed::Unknown }),
        Ok(result) => result.map_err(|error| commit_error(session, &error, start)),
    }
}

/// Whether the session may act as somebody else after the statement: `SET ROLE` itself, or inside something called.
fn may_change_role(statement: &Statement<'_>) -> bool {
    statement.facts.mode == Mode::Session
        || matches!(statement.facts.kind, Kind::Set | Kind::Call | Kind::Query | Kind::Dml | Kind::Other)
}

/// Transaction control belongs to the protocol: a `COMMIT` of the file's would part its effects from the ledger's rows.
/// And `COPY … TO STDOUT` has nobody to send its rows to.
pub fn refuse_control(statement: &Statement<'_>) -> Result<(), DbError> {
    if copies_out(&statement.sql) {
        let mut error = DbError::new(
            DbErrorKind::Statement,
            "COPY … TO STDOUT sends rows to the client, which has no use for them",
        );
        error.hint = Some("take it out of the change".to_owned());
        return Err(error);
    }
    let by_facts = matches!(
        statement.facts.mode,
        Mode::Control(Control::Begin | Control::Commit | Control::Rollback | Control::Unsupported)
    );
    if !by_facts && !begins_like_control(&statement.sql) {
        return Ok(());
    }
    let mut error = DbError::new(
        DbErrorKind::Statement,
        "transaction control inside a transaction of Sluice: the change and its record would be parted",
    );
    error.hint = Some(
        "remove BEGIN and COMMIT, or put `-- sluice: transaction=none` at the top of the change".to_owned(),
    );
    Err(error)
}

fn copies_out(sql: &str) -> bool {
    let begins = sql.trim_start().get(..4).is_some_and(|word| word.eq_ignore_ascii_case("copy"));
    if !begins {
        return false;
    }
    let plain: Vec<&str> = sql.split('\'').step_by(2).collect();
    let plain = plain.join(" ").to_ascii_lowercase();
    let words: Vec<&str> =
        plain.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|it| !it.is_empty()).collect();
    words.windows(2).any(|pair| pair == ["to", "stdout"])
}

fn begins_like_control(sql: &str) -> bool {
    let mut words = sql.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let mut word = || words.next().map(str::to_ascii_lowercase).unwrap_or_default();
    let first = word();
    match first.as_str() {
        "begin" | "commit" | "end" | "abort" => true,
        "start" | "prepare" => word() == "transaction",
        "rollback" => {
            let second = word();
            let third = word();
            // ROLLBACK [WORK | TRANSACTION] TO [SAVEPOINT] name
            second != "to" && third != "to"
        }
        _ => false,
    }
}

fn failed(step: Option<usize>, error: DbError) -> TransactionError {
    TransactionError { step, error, committed: Committed::No }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_to_the_client_are_recognised() {
        for (sql, out) in [
            ("copy base to stdout", true),
            ("COPY (SELECT 1)\n TO  STDOUT WITH (FORMAT csv)", true),
            ("copy base from stdin", false),
            ("copy (select 'to stdout') to '/tmp/x'", false),
            ("select 1 to stdout", false),
        ] {
            assert_eq!(copies_out(sql), out, "{sql}");
        }
    }

    #[test]
    fn transaction_control_is_recognised_by_its_first_words() {
        for (sql, control) in [
            ("COMMIT", true),
            ("end;", true),
            ("Start Transaction", true),
            ("PREPARE TRANSACTION 'x'", true),
            ("rollback prepared 'x'", true),
            ("rollback to savepoint a", false),
            ("ROLLBACK WORK TO a", false),
            ("savepoint a", false),
            ("prepare p as select 1", false),
            ("create table begin_here ()", false),
        ] {
            assert_eq!(begins_like_control(sql), control, "{sql}");
        }
    }
}
