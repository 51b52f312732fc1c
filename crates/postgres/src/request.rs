//! Requests: how statements of ours and of the user's become messages, and how messages are sent without waiting for each other.

use std::collections::{HashMap, VecDeque};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use futures_util::TryStreamExt as _;
use sluice_engine::{DbError, DbErrorKind, Query, Row, Value};
use tokio_postgres::types::{FromSql, ToSql, Type};
use tokio_postgres::{Client, Error, SimpleQueryMessage, Statement};

/// One message and its answer.
pub enum Message<'a> {
    /// Texts of ours without parameters; several statements are one implicit transaction.
    Batch(&'a str),
    /// One statement of the user's. The extended protocol makes the server refuse a text with more than one statement, so
    /// nothing can be smuggled past the splitter.
    User(&'a str),
    /// A statement of ours with parameters, parsed anew.
    Typed(&'a str, Vec<(&'a (dyn ToSql + Sync), Type)>),
    /// A statement of ours with parameters, prepared before.
    Prepared(&'a Statement, Vec<&'a (dyn ToSql + Sync)>),
}

/// The answer to come; the message is sent when it is polled first.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// Sends `message` when polled first.
pub fn send<'a>(client: &'a Client, message: Message<'a>) -> Answer<'a> {
    match message {
        Message::Batch(sql) => Box::pin(client.batch_execute(sql)),
        Message::User(sql) => Box::pin(async move { client.execute_typed(sql, &[]).await.map(drop) }),
        Message::Typed(sql, parameters) => {
            Box::pin(async move { client.execute_typed(sql, &parameters).await.map(drop) })
        }
        Message::Prepared(statement, parameters) => {
            Box::pin(async move { client.execute(statement, &parameters).await.map(drop) })
        }
    }
}

/// Sends everything in order before waiting for the first answer: one round trip. Each future sends when it is polled first, and
/// the driver's queue keeps the order.
pub async fn in_order(mut answers: Vec<Answer<'_>>) -> Vec<Result<(), Error>> {
    let mut early: Vec<Option<Result<(), Error>>> = Vec::with_capacity(answers.len());
    poll_fn(|cx| {
        early.extend(answers.iter_mut().map(|answer| match answer.as_mut().poll(cx) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }));
        Poll::Ready(())
    })
    .await;
    let mut results = Vec::with_capacity(answers.len());
    for (answer, early) in answers.into_iter().zip(early) {
        results.push(match early {
            Some(result) => result,
            None => answer.await,
        });
    }
    results
}

/// Questions on their way: all are sent before the first answer is waited for, and the answers come in their order.
pub struct Flight<F: Future> {
    waiting: VecDeque<Waiting<F>>,
}

struct Waiting<F: Future> {
    question: Pin<Box<F>>,
    /// The answer that came at once.
    early: Option<F::Output>,
}

impl<F: Future> Flight<F> {
    /// Sends them.
    pub async fn launch(questions: impl Iterator<Item = F>) -> Self {
        let mut waiting: VecDeque<_> =
            questions.map(|question| Waiting { question: Box::pin(question), early: None }).collect();
        poll_fn(|cx| {
            for Waiting { question, early } in &mut waiting {
                if let Poll::Ready(answer) = question.as_mut().poll(cx) {
                    *early = Some(answer);
                }
            }
            Poll::Ready(())
        })
        .await;
        Self { waiting }
    }

    /// The next answer; none where all have come.
    pub async fn next(&mut self) -> Option<F::Output> {
        let Waiting { question, early } = self.waiting.pop_front()?;
        match early {
            Some(answer) => Some(answer),
            None => Some(question.await),
        }
    }
}

const NULL: Option<&str> = None;

fn parameter(value: &Value) -> (&(dyn ToSql + Sync), Type) {
    match value {
        Value::Null => (&NULL, Type::TEXT),
        Value::Int(number) => (number, Type::INT8),
        Value::Text(text) => (text, Type::TEXT),
    }
}

/// Statements of ours that the session has met: their text for the server, and prepared from the second use on.
#[derive(Default)]
pub struct Prepared {
    known: HashMap<String, Known>,
}

struct Known {
    text: String,
    uses: u32,
    statement: Option<Statement>,
}

impl Prepared {
    /// Counts a use of `query`; call it for every statement of a flight before [`Prepared::message`].
    pub fn note(&mut self, query: &Query) {
        match self.known.get_mut(&query.sql) {
            Some(known) => known.uses += 1,
            None => {
                let known = Known { text: numbered(&query.sql), uses: 1, statement: None };
                self.known.insert(query.sql.clone(), known);
            }
        }
    }

    /// Texts worth preparing among `queries`: used before and not prepared yet.
    pub fn wanted<'a>(
        &'a self,
        queries: impl Iterator<Item = &'a Query>,
    ) -> Vec<(String, &'a str, Vec<Type>)> {
        let mut wanted: Vec<(String, &str, Vec<Type>)> = Vec::new();
        for query in queries.filter(|query| !query.parameters.is_empty()) {
            let Some(known) = self.known.get(&query.sql) else { continue };
            let new = known.statement.is_none() && wanted.iter().all(|(sql, ..)| *sql != query.sql);
            if known.uses > 1 && new {
                let types = query.parameters.iter().map(|value| parameter(value).1).collect();
                wanted.push((query.sql.clone(), &known.text, types));
            }
        }
        wanted
    }

    /// Keeps a prepared statement.
    pub fn keep(&mut self, sql: &str, statement: Statement) {
        if let Some(known) = self.known.get_mut(sql) {
            known.statement = Some(statement);
        }
    }

    /// Forgets everything prepared: a statement of the user's may have deallocated it.
    pub fn clear(&mut self) {
        self.known.clear();
    }

    /// The message for a noted query.
    pub fn message<'a>(&'a self, query: &'a Query) -> Message<'a> {
        let known = self.known.get(&query.sql);
        match known {
            _ if query.parameters.is_empty() => Message::Batch(&query.sql),
            Some(Known { statement: Some(statement), .. }) => Message::Prepared(
                statement,
                query.parameters.iter().map(|value| parameter(value).0).collect(),
            ),
            _ => {
                let text = known.map_or(query.sql.as_str(), |known| known.text.as_str());
                Message::Typed(text, query.parameters.iter().map(parameter).collect())
            }
        }
    }
}

/// Runs one statement of ours and returns its rows as text, in one round trip.
pub async fn rows(client: &Client, query: &Query) -> Result<Vec<Row>, RowsError> {
    if query.parameters.is_empty() {
        let mut messages = pin!(client.simple_query_raw(&query.sql).await?);
        let mut rows = Vec::new();
        while let Some(message) = messages.try_next().await? {
            rows.extend(text_row(&message));
        }
        return Ok(rows);
    }
    let parameters: Vec<_> = query.parameters.iter().map(parameter).collect();
    let rows = client.query_typed(&numbered(&query.sql), &parameters).await?;
    let cells = |row: &tokio_postgres::Row| {
        (0..row.len())
            .map(|column| Ok(row.try_get::<_, Option<AsText>>(column)?.map(|text| text.0)))
            .collect()
    };
    rows.iter().map(cells).collect()
}

/// Why there are no rows.
pub struct RowsError(pub Error);

impl From<Error> for RowsError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

fn text_row(message: &SimpleQueryMessage) -> Option<Row> {
    match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|column| row.try_get(column).ok().flatten().map(str::to_owned)).collect())
        }
        _ => None,
    }
}

/// A value of a simple type, as text.
struct AsText(String);

impl<'a> FromSql<'a> for AsText {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::BOOL => bool::from_sql(ty, raw)?.to_string(),
            Type::INT2 => i16::from_sql(ty, raw)?.to_string(),
            Type::INT4 => i32::from_sql(ty, raw)?.to_string(),
            Type::INT8 => i64::from_sql(ty, raw)?.to_string(),
            Type::OID => u32::from_sql(ty, raw)?.to_string(),
            _ => String::from_sql(ty, raw)?,
        }))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::BOOL | Type::INT2 | Type::INT4 | Type::INT8 | Type::OID)
            || <String as FromSql>::accepts(ty)
    }
}

/// `?` to `$1`, `$2`, …, outside of quotes.
fn numbered(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len() + 16);
    let mut quote = None;
    let mut count = 0;
    for character in sql.chars() {
        match (quote, character) {
            (None, '?') => {
                count += 1;
                text.push('$');
                text.push_str(&count.to_string());
                continue;
            }
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        text.push(character);
    }
    text
}

/// A cell that must be there.
pub fn cell(row: &Row, column: usize) -> Result<&str, DbError> {
    row.get(column).and_then(Option::as_deref).ok_or_else(|| {
        DbError::new(DbErrorKind::Statement, "the server's catalog gave no value where it must")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_marks_become_numbers_except_in_quotes() {
        for (sql, text) in [
            ("select ?, ?", "select $1, $2"),
            ("select '?' || ? || \"a?b\"", "select '?' || $1 || \"a?b\""),
            ("select 'it''s ?', ?", "select 'it''s ?', $1"),
        ] {
            assert_eq!(numbered(sql), text);
        }
    }
}
