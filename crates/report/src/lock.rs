use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sluice_rollout::Checksum;

use crate::Report;
use crate::kept::{self, KeptError};
use crate::paint::Paint;

/// The file `sluice.lock.json`: the schema of a database at one moment, and the changes that had made it. Reviews begin with it
/// where no database is asked. The same schema and changes give the same file, byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Checksum over the rest of the file.
    pub digest: String,
    /// `postgres`, `mysql`, `mariadb` or `sqlite`.
    pub engine: String,
    /// Version of the server.
    pub server: String,
    /// Whether nothing is missing: who wrote it could see the whole schema.
    pub complete: bool,
    /// The changes that were applied, in the order of the ledger.
    pub changes: Vec<LockedChange>,
    /// Statements that make the schema.
    pub statements: Vec<String>,
    /// Indexes that are there without being valid.
    pub invalid_indexes: Vec<LockedIndex>,
}

/// A change that was applied, wholly or in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LockedChange {
    /// Version.
    pub version: String,
    /// `versioned`, `repeatable` or `baseline`.
    pub kind: String,
    /// Checksum when it was applied.
    pub checksum: String,
    /// `applied`, `baseline`, `applying` or `failed`.
    pub state: String,
    /// Of one that is not finished: the statements that are applied, counted from 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<u64>,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LockedIndex {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
}

impl Lock {
    /// Name of the file, beside `sluice.toml`.
    pub const FILE_NAME: &'static str = "sluice.lock.json";

    /// The file's text, with the digest of what it holds.
    pub fn render(mut self) -> String {
        self.digest = self.digest_of_content();
        kept::render(&self)
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// [`KeptError`]: another format, a newer one, a digest that does not fit.
    pub fn parse(text: &str) -> Result<Self, KeptError> {
        let lock: Self = kept::parse(text)?;
        let found = lock.digest_of_content();
        if found != lock.digest {
            return Err(KeptError::Damaged { digest: lock.digest, found });
        }
        Ok(lock)
    }

    fn digest_of_content(&self) -> String {
        let content = Self { digest: String::new(), ..self.clone() };
        Checksum::of(&kept::canonical(&content)).to_string()
    }
}

impl Report for Lock {
    const SCHEMA: &'static str = "sluice/lock/v1";

    fn human(&self, _paint: Paint) -> String {
        format!(
            "{} {}: {} changes, {} statements\n",
            self.engine,
            self.server,
            self.changes.len(),
            self.statements.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        Lock {
            digest: String::new(),
            engine: "postgres".to_owned(),
            server: "16.4".to_owned(),
            complete: true,
            changes: vec![LockedChange {
                version: "0001".to_owned(),
                kind: "versioned".to_owned(),
                checksum: "sha256:00".to_owned(),
                state: "applied".to_owned(),
                statements: Vec::new(),
            }],
            statements: vec!["CREATE TABLE public.t (\n  a integer\n)".to_owned()],
            invalid_indexes: Vec::new(),
        }
    }

    #[test]
    fn a_lock_that_was_written_is_read_again() {
        let text = lock().render();
        let read = Lock::parse(&text).unwrap();
        assert_eq!(read.statements, lock().statements);
        assert_eq!(read.render(), text);
    }

    #[test]
    fn what_is_not_as_it_was_written_is_refused() {
        let text = lock().render();
        for (from, to, says) in [
            ("a integer", "a bigint", "was changed since it was written"),
            (
                "lock/v1",
                "lock/v2",
                "has the format sluice/lock/v2, and this version of sluice knows sluice/lock/v1",
            ),
            ("lock/v1", "stats/v1", "it says that it is `sluice/stats/v1`"),
            ("\"engine\"", "\"motor\"", "unknown field `motor`"),
            ("{", "[", "it is no file of the format sluice/lock/v1"),
        ] {
            let error = Lock::parse(&text.replacen(from, to, 1)).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
        assert!(Lock::parse("").is_err());
        assert!(Lock::parse("[]").is_err());
    }
}
