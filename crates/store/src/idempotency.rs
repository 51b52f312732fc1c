use crate::value::values;
use crate::{Store, StoreError};

/// An answer that was given before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Status of HTTP.
    pub status: u16,
    /// Body.
    pub body: String,
}

/// What is known of a request that carries a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is the first with this key.
    First,
    /// It was answered before.
    Answered(StoredAnswer),
    /// The first one is not answered yet.
    Open,
    /// The key was used for another request.
    Other,
}

impl Store {
    /// Begins a request that carries a key of its token. Keys are forgotten after a day.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin_request(&mut self, token: &str, key: &str, request: &str) -> Result<Begun, StoreError> {
        self.write(|writer| {
            // What is not answered after a minute never will be: the server was stopped meanwhile.
            let forget = "DELETE FROM idempotency WHERE begun_at < ?1 OR (status IS NULL AND begun_at < ?2)";
            let now = writer.now.as_second();
            writer.execute(forget, values![now.saturating_sub(86_400), now.saturating_sub(60)])?;
            let known = "SELECT request, status, answer FROM idempotency WHERE token = ?1 AND key = ?2";
            let found: Option<(String, Option<u16>, Option<String>)> =
                writer.row(known, values![token, key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok(match found {
                None => {
                    let sql =
                        "INSERT INTO idempotency (token, key, request, begun_at) VALUES (?1, ?2, ?3, ?4)";
                    writer.execute(sql, values![token, key, request, now])?;
                    Begun::First
                }
                Some((known, ..)) if known != request => Begun::Other,
                Some((_, Some(status), Some(body))) => Begun::Answered(StoredAnswer { status, body }),
                Some(_) => Begun::Open,
            })
        })
    }

    /// Keeps the answer to a request that carries a key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn end_request(&mut self, token: &str, key: &str, answer: &StoredAnswer) -> Result<(), StoreError> {
        let sql = "UPDATE idempotency SET status = ?3, answer = ?4 WHERE token = ?1 AND key = ?2";
        self.write(|writer| writer.execute(sql, values![token, key, answer.status, &answer.body]).map(drop))
    }

    /// Forgets a request that came to nothing, so that it may be sent again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn drop_request(&mut self, token: &str, key: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM idempotency WHERE token = ?1 AND key = ?2";
        self.write(|writer| writer.execute(sql, values![token, key]).map(drop))
    }
}
