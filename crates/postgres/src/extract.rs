//! The schema as facts, read from the catalog: set-based questions, all on the way before the first answer comes, in one read-only
//! transaction. Texts are the server's own, written with an empty search path, so that every name in them is qualified.

mod access;
mod assemble;
mod depends;
mod programs;
mod relations;
mod services;
mod sql;
mod types;

use sluice_engine::{DbError, Query, Row};
use sluice_facts::Snapshot;

use crate::request::{in_order_rows, rows};
use crate::session::PostgresSession;

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SELECT set_config('search_path', '', true), set_config('jit', 'off', true)";

/// Reads the facts.
pub async fn snapshot(session: &mut PostgresSession) -> Result<Snapshot, DbError> {
    let version = session.server.version;
    let mut objects = types::questions();
    objects.extend(relations::questions(version));
    objects.extend(programs::questions());
    objects.extend(services::questions(version));
    let count = objects.len();
    let rest = [
        access::grants(),
        access::default_privileges(),
        access::comments(),
        depends::ALIASES.to_owned(),
        depends::DEPENDENCIES.to_owned(),
        depends::unmodelled(),
    ];
    let mut texts = vec![BEGIN.to_owned()];
    texts.extend(objects);
    texts.extend(rest);
    let answers = flight(session, &texts).await;
    // The transaction has written nothing; where the connection is gone, it is gone, too.
    let ended = session.rows(&Query::new("ROLLBACK", Vec::new())).await;
    let mut answers = answers?.into_iter().skip(1);
    ended?;
    let mut assembly = assemble::Assembly::default();
    for rows in answers.by_ref().take(count) {
        assembly.objects(rows)?;
    }
    let mut next = || answers.next().unwrap_or_default();
    let (grants, defaults, comments) = (next(), next(), next());
    let (aliases, dependencies, unmodelled) = (next(), next(), next());
    assembly.aliases(&aliases)?;
    assembly.grants(grants)?;
    assembly.default_privileges(defaults)?;
    assembly.comments(comments)?;
    assembly.dependencies(&dependencies)?;
    assembly.unmodelled(unmodelled);
    Ok(assembly.finish(&session.server.product))
}

/// Answers to all questions, in one go.
async fn flight(session: &mut PostgresSession, texts: &[String]) -> Result<Vec<Vec<Row>>, DbError> {
    let prelude = session.take_prelude();
    let start = session.begin_request();
    let queries: Vec<Query> = texts.iter().map(|text| Query::new(text.as_str(), Vec::new())).collect();
    session.send_prelude(&prelude).await.map_err(|error| session.error(&error, None, true, start))?;
    let client = &session.connection.client;
    let flight = in_order_rows(queries.iter().map(|query| rows(client, query)));
    let answers = session.bounded(texts.len(), flight).await?;
    let mut all = Vec::with_capacity(texts.len());
    for (answer, text) in answers.into_iter().zip(texts) {
        all.push(answer.map_err(|error| session.error(&error.0, Some(text), true, start))?);
    }
    Ok(all)
}
