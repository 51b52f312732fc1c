use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use sluice_rollout::{ChangeKind, Digest, Provenance, Release};

use crate::{Store, StoreError};

/// A release as it is kept: what it holds and where it comes from, but not the text of its changes, which git has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredRelease {
    /// Content digest.
    pub digest: Digest,
    /// Project name.
    pub project: String,
    /// When it was first made, RFC 3339 in UTC; ignored when it is put.
    pub created_at: String,
    /// Where it comes from.
    pub provenance: Provenance,
    /// Its changes in order.
    pub changes: Vec<StoredChange>,
    /// Effective configuration, canonical JSON.
    pub configuration: String,
}

/// A change of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredChange {
    /// Path in the repository.
    pub path: String,
    /// Version as written.
    pub version: String,
    /// Name for people.
    pub name: String,
    /// Kind.
    pub kind: ChangeKind,
    /// `algorithm:hex`.
    pub checksum: String,
}

/// Whether putting a release wrote anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is new.
    Inserted,
    /// A release with the same digest, and so the same content, was there.
    Exists,
}

impl From<&Release> for StoredRelease {
    fn from(release: &Release) -> Self {
        let change = |change: &sluice_rollout::Change| StoredChange {
            path: change.up.file.path().to_owned(),
            version: change.version.clone(),
            name: change.name.clone(),
            kind: change.kind,
            checksum: change.checksum.as_str().to_owned(),
        };
        Self {
            digest: release.digest.clone(),
            project: release.project.clone(),
            created_at: String::new(),
            provenance: release.provenance.clone(),
            changes: release.changes.iter().map(change).collect(),
            configuration: release.configuration.clone(),
        }
    }
}

const COLUMNS: &str = "digest, project, created_at, provenance, content, configuration";

impl Store {
    /// Keeps a release. Putting it again does nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_release(&mut self, release: &StoredRelease) -> Result<Put, StoreError> {
        let json = |what, error| StoreError::Json { what, error };
        let provenance =
            serde_json::to_string(&release.provenance).map_err(|error| json("provenance", error))?;
        let content = serde_json::to_string(&release.changes).map_err(|error| json("changes", error))?;
        let inserted = self.writer()?.execute(
            "INSERT INTO release (digest, project, provenance, content, configuration) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (digest) DO NOTHING",
            params![release.digest.0, release.project, provenance, content, release.configuration],
        );
        match inserted.map_err(|error| self.error(error))? {
            0 => Ok(Put::Exists),
            _ => {
                self.tell(&release.project, "release.created", &release.digest.0, "{}")?;
                Ok(Put::Inserted)
            }
        }
    }

    /// All releases, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn releases(&self) -> Result<Vec<StoredRelease>, StoreError> {
        let Some(connection) = self.reader() else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT {COLUMNS} FROM release WHERE ?1 IS NULL OR project = ?1 ORDER BY created_at DESC, rowid DESC"
        );
        let read = || {
            let mut statement = connection.prepare_cached(&sql)?;
            statement
                .query_map([self.project_seen()], RawRelease::read)?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|error| self.error(error))?.into_iter().map(|raw| raw.parse(self)).collect()
    }

    /// Releases of some projects (absent: of all), newest first, at most `limit` of those that come after the one with the digest
    /// `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn release_page(
        &self,
        projects: Option<&[String]>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<StoredRelease>, StoreError> {
        let named = projects.map(|projects| vec!["?"; projects.len()].join(", "));
        let of = named.map_or_else(String::new, |named| format!("AND project IN ({named})"));
        let sql = format!(
            "SELECT {COLUMNS} FROM release
             WHERE (?1 IS NULL OR (created_at, digest) < (SELECT created_at, digest FROM release WHERE digest = ?1)) {of}
             ORDER BY created_at DESC, digest DESC LIMIT {limit}"
        );
        let mut values = vec![after.map(str::to_owned)];
        values.extend(projects.unwrap_or_default().iter().cloned().map(Some));
        let found = self.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map(rusqlite::params_from_iter(values), RawRelease::read)?
                .collect::<rusqlite::Result<Vec<_>>>()
        });
        found?.unwrap_or_default().into_iter().map(|raw| raw.parse(self)).collect()
    }

    /// The release with this digest, or the only one whose digest begins so (`sha256:` may be left out).
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Ambiguous`].
    pub fn release(&self, digest: &str) -> Result<StoredRelease, StoreError> {
        let prefix = if digest.contains(':') { digest.to_owned() } else { format!("sha256:{digest}") };
        let found = self.resolve(
            "release",
            digest,
            &prefix,
            "SELECT digest FROM release WHERE substr(digest, 1, length(?1)) = ?1",
        )?;
        let missing = || self.missing("release", digest);
        let connection = self.reader().ok_or_else(missing)?;
        let sql = format!("SELECT {COLUMNS} FROM release WHERE digest = ?");
        connection.query_row(&sql, [found], RawRelease::read).map_err(|error| self.error(error))?.parse(self)
    }

    /// The error about a name that nothing has, with names that something has.
    pub(crate) fn missing(&self, kind: &'static str, given: &str) -> StoreError {
        let newest = match kind {
            "release" => "SELECT digest FROM release ORDER BY created_at DESC, rowid DESC LIMIT 5",
            _ => "SELECT id FROM rollout ORDER BY created_at DESC, rowid DESC LIMIT 5",
        };
        let read = |connection: &rusqlite::Connection| {
            let mut statement = connection.prepare_cached(newest)?;
            statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
        };
        // Without them the error still says what is wrong.
        let known = self.reader().and_then(|connection| read(connection).ok()).unwrap_or_default();
        StoreError::NotFound { kind, given: given.to_owned(), known }
    }

    /// The one identifier that begins with `prefix`.
    pub(crate) fn resolve(
        &self,
        kind: &'static str,
        given: &str,
        prefix: &str,
        sql: &str,
    ) -> Result<String, StoreError> {
        let missing = || self.missing(kind, given);
        let connection = self.reader().filter(|_| !given.is_empty()).ok_or_else(missing)?;
        let read = || {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_map([prefix], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
        };
        let mut found = read().map_err(|error| self.error(error))?;
        if let Some(exact) = found.iter().position(|id| id == prefix) {
            return Ok(found.swap_remove(exact));
        }
        match found.len() {
            0 => Err(missing()),
            1 => found.pop().ok_or_else(missing),
            count => {
                found.truncate(5);
                Err(StoreError::Ambiguous { kind, given: given.to_owned(), count, candidates: found })
            }
        }
    }
}

struct RawRelease {
    release: StoredRelease,
    provenance: String,
    content: String,
}

impl RawRelease {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let release = StoredRelease {
            digest: Digest(row.get(0)?),
            project: row.get(1)?,
            created_at: row.get(2)?,
            provenance: Provenance::default(),
            changes: Vec::new(),
            configuration: row.get(5)?,
        };
        Ok(Self { release, provenance: row.get(3)?, content: row.get(4)? })
    }

    fn parse(self, store: &Store) -> Result<StoredRelease, StoreError> {
        let Self { mut release, provenance, content } = self;
        let damaged =
            |error: serde_json::Error| store.damaged(format!("release {}: {error}", release.digest.short()));
        let provenance = serde_json::from_str(&provenance).map_err(damaged)?;
        let changes = serde_json::from_str(&content).map_err(damaged)?;
        release.provenance = provenance;
        release.changes = changes;
        Ok(release)
    }
}
