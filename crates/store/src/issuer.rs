use jiff::Timestamp;

use crate::audit::{Act, append};
use crate::fault::Fault;
use crate::token::{NewToken, Secret, StoredToken, insert};
use crate::value::{Row, values};
use crate::{Store, StoreError};

/// Somebody who vouches for programs: what it has signed is taken for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredIssuer {
    /// Name.
    pub name: String,
    /// What stands as `iss` in what it signs; no two have the same.
    pub url: String,
    /// Its keys, audiences and rules, JSON.
    pub settings: String,
    /// RFC 3339 in UTC; ignored when it is made.
    pub created_at: String,
    /// Who has made it known.
    pub created_by: String,
}

/// What an issuer has signed, and may be taken once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// Name of the issuer.
    pub issuer: String,
    /// Names it among all that the issuer signs.
    pub id: String,
    /// From when on nobody takes it, so that it need not be remembered.
    pub until: Timestamp,
}

const COLUMNS: &str = "name, url, settings, created_at, created_by";

impl Store {
    /// Makes an issuer known. Answers false where its name or URL is taken.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn create_issuer(&mut self, issuer: &StoredIssuer) -> Result<bool, StoreError> {
        let sql = "INSERT INTO issuer (name, url, settings, created_at, created_by)
                   VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
        let StoredIssuer { name, url, settings, created_by, .. } = issuer;
        self.write(|writer| {
            Ok(writer.execute(sql, values![name, url, settings, writer.at(), created_by])? > 0)
        })
    }

    /// All issuers, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn issuers(&self) -> Result<Vec<StoredIssuer>, StoreError> {
        self.rows(&format!("SELECT {COLUMNS} FROM issuer ORDER BY name"), &[], issuer)
    }

    /// The issuer that writes this URL as `iss`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn issuer_of(&self, url: &str) -> Result<Option<StoredIssuer>, StoreError> {
        self.row(&format!("SELECT {COLUMNS} FROM issuer WHERE url = ?1"), values![url], issuer)
    }

    /// Forgets an issuer, and makes the tokens count no more that it has vouched for. Answers whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_issuer(&mut self, name: &str) -> Result<bool, StoreError> {
        self.write(|writer| {
            let revoke =
                "UPDATE token SET revoked_at = ?2 WHERE created_by = ?1 AND kind = 'service' AND revoked_at IS NULL";
            writer.execute(revoke, values![author(name), writer.at()])?;
            Ok(writer.execute("DELETE FROM issuer WHERE name = ?1", values![name])? > 0)
        })
    }

    /// Takes an assertion for a token and records `act`, all or nothing. `None` where the assertion was taken before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take_assertion(
        &mut self,
        assertion: &Assertion,
        token: &NewToken,
        act: &Act,
    ) -> Result<Option<(StoredToken, String)>, StoreError> {
        let secret = Secret::new()?;
        let token = NewToken { created_by: author(&assertion.issuer), ..token.clone() };
        let taken = self.write(|writer| {
            let now = writer.now.as_second();
            writer.execute("DELETE FROM used_assertion WHERE until < ?1", values![now])?;
            let sql = "INSERT INTO used_assertion (issuer, assertion, until) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
            let Assertion { issuer, id, until } = assertion;
            if writer.execute(sql, values![issuer, id, until.as_second()])? == 0 {
                return Ok(None);
            }
            // Every run of a pipeline leaves one; what they did is in the audit log.
            let over = "DELETE FROM token WHERE created_by = ?1 AND expires_at < ?2";
            writer.execute(over, values![&token.created_by, writer.at()])?;
            append(writer, act)?;
            insert(writer, &token, &secret).map(Some)
        })?;
        Ok(taken.map(|token| (token, secret.text)))
    }
}

/// Who has made the tokens of an issuer.
fn author(issuer: &str) -> String {
    format!("issuer {issuer}")
}

fn issuer(row: &Row) -> Result<StoredIssuer, Fault> {
    Ok(StoredIssuer {
        name: row.get(0)?,
        url: row.get(1)?,
        settings: row.get(2)?,
        created_at: row.get(3)?,
        created_by: row.get(4)?,
    })
}
