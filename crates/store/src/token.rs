use crate::audit::{Act, append};
use crate::fault::Fault;
use crate::key::{random_hex, sha256_hex};
use crate::store::Writer;
use crate::value::{Row, values};
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
        let secret = Secret::new()?;
        let stored = self.write(|writer| insert(writer, token, &secret))?;
        Ok((stored, secret.text))
    }

    /// Makes a token, and records `act`, only where there is no token at all: of servers that start at the same time one does.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn create_first_token(&mut self, token: &NewToken, act: &Act) -> Result<Option<String>, StoreError> {
        let secret = Secret::new()?;
        let made = self.write(|writer| {
            let known: Option<i64> = writer.row("SELECT count(*) FROM token", &[], |row| row.get(0))?;
            if known != Some(0) {
                return Ok(false);
            }
            append(writer, act)?;
            insert(writer, token, &secret).map(|_| true)
        })?;
        Ok(made.then_some(secret.text))
    }

    /// The token with this text, if it counts now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn token_of(&self, text: &str) -> Result<Option<StoredToken>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM token WHERE hash = ?1");
        let found = self.row(&sql, values![sha256_hex(text.as_bytes())], token)?;
        let now = self.now();
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
        self.rows(&sql, &[], token)
    }

    /// Makes a token count no more. Answers whether there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn revoke_token(&mut self, id: &str) -> Result<bool, StoreError> {
        let sql = "UPDATE token SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1";
        self.write(|writer| Ok(writer.execute(sql, values![id, writer.at()])? > 0))
    }
}

/// The names of a new token: one for people, and one that nobody can guess.
pub(crate) struct Secret {
    id: String,
    pub(crate) text: String,
}

impl Secret {
    pub(crate) fn new() -> Result<Self, StoreError> {
        Ok(Self { id: random_hex(6)?, text: format!("sluice_{}", random_hex(32)?) })
    }
}

pub(crate) fn insert(writer: &Writer<'_>, token: &NewToken, secret: &Secret) -> Result<StoredToken, Fault> {
    let NewToken { kind, identity, grants, created_by, expires_at } = token.clone();
    let (id, created_at) = (secret.id.clone(), writer.at());
    let sql = "INSERT INTO token (id, hash, kind, identity, grants, created_at, created_by, expires_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    // Long and random, so that a plain hash is enough: there is nothing to guess.
    let hash = sha256_hex(secret.text.as_bytes());
    let values =
        values![&id, hash, kind_name(kind), &identity, &grants, &created_at, &created_by, &expires_at];
    writer.execute(sql, values)?;
    Ok(StoredToken { id, kind, identity, grants, created_at, created_by, expires_at, revoked_at: None })
}

fn kind_name(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Person => "person",
        TokenKind::Service => "service",
    }
}

fn token(row: &Row) -> Result<StoredToken, Fault> {
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
