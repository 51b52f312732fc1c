use rusqlite::{OptionalExtension as _, Row, params};

use crate::key::{random_hex, sha256_hex};
use crate::store::now;
use crate::{Store, StoreError};

/// Whose a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenKind {
    /// Of a person, who may decide.
    Person,
    /// Of a program, which never passes a gate.
    Service,
}

/// A token that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Whose.
    pub kind: TokenKind,
    /// `Name <mail>` of the person; name of the program.
    pub identity: String,
    /// What it may do, JSON.
    pub grants: String,
    /// Who has made it.
    pub created_by: String,
    /// From when on it does not count any more, RFC 3339 in UTC.
    pub expires_at: Option<String>,
}

/// A token as it is kept: without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// Names it; no secret.
    pub id: String,
    /// Whose.
    pub kind: TokenKind,
    /// `Name <mail>` of the person; name of the program.
    pub identity: String,
    /// What it may do, JSON.
    pub grants: String,
    /// RFC 3339 in UTC.
    pub created_at: String,
    /// Who has made it.
    pub created_by: String,
    /// From when on it does not count any more.
    pub expires_at: Option<String>,
    /// Since when it does not count any more.
    pub revoked_at: Option<String>,
}

const COLUMNS: &str = "id, kind, identity, grants, created_at, created_by, expires_at, revoked_at";

impl Store {
    /// Makes a token; the text is told once and kept nowhere.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn create_token(&mut self, token: &NewToken) -> Result<(StoredToken, String), StoreError> {
        // Long and random, so that a plain hash is enough: there is nothing to guess.
        let (id, text) = (random_hex(6)?, format!("sluice_{}", random_hex(32)?));
        let stored = StoredToken {
            id,
            kind: token.kind,
            identity: token.identity.clone(),
            grants: token.grants.clone(),
            created_at: now(),
            created_by: token.created_by.clone(),
            expires_at: token.expires_at.clone(),
            revoked_at: None,
        };
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO token (id, hash, kind, identity, grants, created_at, created_by, expires_at)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    stored.id,
                    sha256_hex(text.as_bytes()),
                    kind_name(stored.kind),
                    stored.identity,
                    stored.grants,
                    stored.created_at,
                    stored.created_by,
                    stored.expires_at
                ],
            )
        })?;
        Ok((stored, text))
    }

    /// The token with this text, if it counts now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn token_of(&self, text: &str) -> Result<Option<StoredToken>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM token WHERE hash = ?");
        let hash = sha256_hex(text.as_bytes());
        let found = self
            .read(|connection| connection.prepare_cached(&sql)?.query_row([&hash], token).optional())?
            .flatten();
        let now = jiff::Timestamp::now();
        let expired = |token: &StoredToken| {
            token
                .expires_at
                .as_deref()
                .is_some_and(|at| at.parse().map_or(true, |at: jiff::Timestamp| at <= now))
        };
        Ok(found.filter(|token| token.revoked_at.is_none() && !expired(token)))
    }

    /// All tokens, in the order in which they were made.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM token ORDER BY created_at, id");
        let found =
            self.read(|connection| connection.prepare_cached(&sql)?.query_map([], token)?.collect())?;
        Ok(found.unwrap_or_default())
    }

    /// Makes a token count no more. Answers whether there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn revoke_token(&mut self, id: &str) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let sql = "UPDATE token SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1";
            Ok(transaction.execute(sql, params![id, now()])? > 0)
        })
    }
}

fn kind_name(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Person => "person",
        TokenKind::Service => "service",
    }
}

fn token(row: &Row<'_>) -> rusqlite::Result<StoredToken> {
    let kind: String = row.get(1)?;
    Ok(StoredToken {
        id: row.get(0)?,
        kind: if kind == kind_name(TokenKind::Person) { TokenKind::Person } else { TokenKind::Service },
        identity: row.get(2)?,
        grants: row.get(3)?,
        created_at: row.get(4)?,
        created_by: row.get(5)?,
        expires_at: row.get(6)?,
        revoked_at: row.get(7)?,
    })
}
