//! The schema as facts, read from the catalog: set-based questions in one read-only transaction, all on the way before the answers are
//! waited for. Texts are the server's own, written with an empty search path, so that every name in them is qualified. Rows become
//! facts while the server looks for the next ones.

mod access;
mod answer;
mod assemble;
mod census;
mod columns;
mod depends;
mod keys;
mod programs;
mod relations;
mod services;
mod sql;
mod types;

use sluice_engine::{DbError, Query};
use sluice_facts::Snapshot;
use tokio_postgres::Client;

use self::answer::{Answer, Failure, Paired, Said};
use self::assemble::Assembly;
use self::census::Census;
use self::sql::Question;
use crate::request::Flight;
use crate::session::PostgresSession;

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SELECT set_config('search_path', '', true), set_config('jit', 'off', true)";

/// What is sent.
enum Message {
    /// Begins the transaction.
    Begin,
    /// Asks for objects.
    Objects(Question),
    /// Asks for columns.
    Columns(Question),
    /// Asks which of them have to do with each other.
    Pairs(Paired, &'static str),
    /// Asks for what is said of them.
    Rows(Said, String),
}

/// Why there are no answers: the error, and the message that it answers.
type Failed = (Failure, Option<String>);

/// Reads the facts.
pub async fn snapshot(session: &mut PostgresSession) -> Result<Snapshot, DbError> {
    let assembly = read(session).await;
    // The transaction has written nothing; where the connection is gone, it is gone, too.
    let ended = session.rows(&Query::new("ROLLBACK", Vec::new())).await;
    let assembly = assembly?;
    ended?;
    Ok(assembly.finish(&session.server.product))
}

async fn read(session: &mut PostgresSession) -> Result<Assembly, DbError> {
    let prelude = session.take_prelude();
    let start = session.begin_request();
    session.send_prelude(&prelude).await.map_err(|error| session.error(&error, None, true, start))?;
    let always = always(session.server.version);
    let sometimes = sometimes(session.server.version);
    let answers = answers(&session.connection.client, &always, &sometimes);
    let answers = session.bounded(always.len().saturating_add(sometimes.len()), answers).await?;
    let answers = answers.map_err(|(failure, sql)| match failure {
        Failure::Request(error) => session.error(&error, sql.as_deref(), true, start),
        Failure::Answer(error) => error,
    })?;
    let mut assembly = Assembly::default();
    let (mut dependencies, mut said) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer {
            Answer::Begun => {}
            Answer::Objects(objects) => assembly.objects(objects),
            Answer::Pairs(Paired::Aliases, pairs) => assembly.aliases(pairs),
            Answer::Pairs(Paired::Dependencies, pairs) => dependencies = pairs,
            Answer::Rows(what, rows) => said.push((what, rows)),
        }
    }
    assembly.dependencies(dependencies);
    said.sort_by_key(|(what, _)| *what);
    for (what, rows) in &said {
        match what {
            Said::Census => {}
            Said::Grants => assembly.grants(rows)?,
            Said::DefaultPrivileges => assembly.default_privileges(rows)?,
            Said::Comments => assembly.comments(rows)?,
            Said::Unmodelled => assembly.unmodelled(rows)?,
        }
    }
    Ok(assembly)
}

/// What every database is asked. The census comes early, so that the rest is on the way while the server looks for columns.
fn always(version: u32) -> Vec<Message> {
    let mut messages = vec![Message::Begin, Message::Rows(Said::Census, census::census())];
    messages.extend([types::schemas(), relations::tables()].map(Message::Objects));
    messages.push(Message::Columns(columns::columns(version)));
    messages.extend([keys::constraints(version), keys::indexes(version)].map(Message::Objects));
    messages.extend([
        Message::Pairs(Paired::Aliases, depends::ALIASES),
        Message::Pairs(Paired::Dependencies, depends::DEPENDENCIES),
        Message::Rows(Said::Grants, access::grants()),
        Message::Rows(Said::Comments, access::comments()),
    ]);
    messages
}

/// What a database is asked that has something to answer: names of the census, and the message.
fn sometimes(version: u32) -> Vec<(&'static [&'static str], Message)> {
    let mut questions = types::questions();
    questions.extend(relations::questions());
    questions.extend(keys::questions());
    questions.extend(programs::questions());
    questions.extend(services::questions(version));
    let mut messages: Vec<_> =
        questions.into_iter().map(|(about, question)| (about, Message::Objects(question))).collect();
    messages.extend([
        (census::DEFAULT_PRIVILEGES, Message::Rows(Said::DefaultPrivileges, access::default_privileges())),
        (census::UNMODELLED, Message::Rows(Said::Unmodelled, depends::unmodelled())),
    ]);
    messages
}

/// Answers to everything that is worth asking.
async fn answers(
    client: &Client,
    always: &[Message],
    sometimes: &[(&[&str], Message)],
) -> Result<Vec<Answer>, Failed> {
    let mut answers = Vec::new();
    let mut first = Flight::launch(always.iter().map(|message| answer(client, message))).await;
    let mut census = Census::default();
    while let Some(answer) = first.next().await {
        let answer = answer?;
        if let Answer::Rows(Said::Census, rows) = &answer {
            census = Census::new(rows).map_err(|error| (Failure::Answer(error), None))?;
            break;
        }
        answers.push(answer);
    }
    let wanted = sometimes.iter().filter(|(about, _)| census.has(about));
    let mut second = Flight::launch(wanted.map(|(_, message)| answer(client, message))).await;
    while let Some(answer) = first.next().await {
        answers.push(answer?);
    }
    while let Some(answer) = second.next().await {
        answers.push(answer?);
    }
    Ok(answers)
}

async fn answer(client: &Client, message: &Message) -> Result<Answer, Failed> {
    let (answer, sql) = match message {
        Message::Begin => (answer::begun(client, BEGIN).await, None),
        Message::Objects(question) => (answer::objects(client, question).await, Some(question.sql.as_str())),
        Message::Columns(question) => (answer::columns(client, question).await, Some(question.sql.as_str())),
        Message::Pairs(what, sql) => (answer::pairs(client, *what, sql).await, Some(*sql)),
        Message::Rows(what, sql) => (answer::rows(client, *what, sql).await, Some(sql.as_str())),
    };
    answer.map_err(|failure| (failure, sql.map(str::to_owned)))
}
