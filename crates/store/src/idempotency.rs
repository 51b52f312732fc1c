use rusqlite::{OptionalExtension as _, params};

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
        self.write(|transaction| {
            // What is not answered after a minute never will be: the server was stopped meanwhile.
            let forget = "DELETE FROM idempotency WHERE begun_at < unixepoch() - 86400
                          OR (status IS NULL AND begun_at < unixepoch() - 60)";
            transaction.execute(forget, [])?;
            let found: Option<(String, Option<u16>, Option<String>)> = transaction
                .prepare_cached("SELECT request, status, answer FROM idempotency WHERE token = ? AND key = ?")?
                .query_row([token, key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            Ok(match found {
                None => {
                    transaction.execute(
                        "INSERT INTO idempotency (token, key, request, begun_at) VALUES (?, ?, ?, unixepoch())",
                        [token, key, request],
                    )?;
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
        self.write(|transaction| {
            transaction.execute(
                "UPDATE idempotency SET status = ?3, answer = ?4 WHERE token = ?1 AND key = ?2",
                params![token, key, answer.status, answer.body],
            )
        })
        .map(drop)
    }

    /// Forgets a request that came to nothing, so that it may be sent again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn drop_request(&mut self, token: &str, key: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM idempotency WHERE token = ? AND key = ?", [token, key])
        })
        .map(drop)
    }
}
