use serde::{Deserialize, Serialize};
use sluice_rollout::{ChangeKind, Digest, Provenance, Release};

use crate::fault::Fault;
use crate::value::{Row, Value, values};
use crate::{Store, StoreError, feed};

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
        let sql = "INSERT INTO release (digest, project, provenance, content, configuration, created_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (digest) DO NOTHING";
        let told = self.project_seen().is_some();
        self.write(|writer| {
            let StoredRelease { digest, project, configuration, .. } = release;
            let created_at = writer.later_than_all("release")?;
            let values = values![&digest.0, project, provenance, content, configuration, created_at];
            if writer.execute(sql, values)? == 0 {
                return Ok(Put::Exists);
            }
            if told {
                feed::tell(writer, project, "release.created", &digest.0, "{}")?;
            }
            Ok(Put::Inserted)
        })
    }

    /// All releases, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn releases(&self) -> Result<Vec<StoredRelease>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM release WHERE ?1 IS NULL OR project = ?1 ORDER BY created_at DESC, digest DESC"
        );
        let found = self.rows(&sql, values![self.project_seen()], RawRelease::read)?;
        found.into_iter().map(|raw| raw.parse(self)).collect()
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
        let of = projects.map_or_else(String::new, |projects| among(projects, 2));
        let sql = format!(
            "SELECT {COLUMNS} FROM release
             WHERE (?1 IS NULL OR (created_at, digest) < (SELECT created_at, digest FROM release WHERE digest = ?1)) {of}
             ORDER BY created_at DESC, digest DESC LIMIT {limit}"
        );
        let mut values = vec![Value::from(after)];
        values.extend(projects.unwrap_or_default().iter().map(Value::from));
        self.rows(&sql, &values, RawRelease::read)?.into_iter().map(|raw| raw.parse(self)).collect()
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
        let sql = format!("SELECT {COLUMNS} FROM release WHERE digest = ?1");
        let found = self.row(&sql, values![found], RawRelease::read)?;
        found.ok_or_else(|| self.missing("release", digest))?.parse(self)
    }

    /// The error about a name that nothing has, with names that something has.
    pub(crate) fn missing(&self, kind: &'static str, given: &str) -> StoreError {
        let newest = match kind {
            "release" => "SELECT digest FROM release ORDER BY created_at DESC, digest DESC LIMIT 5",
            _ => "SELECT id FROM rollout ORDER BY created_at DESC, id DESC LIMIT 5",
        };
        // Without them the error still says what is wrong.
        let known = self.rows(newest, &[], |row| row.get(0)).unwrap_or_default();
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
        if given.is_empty() {
            return Err(missing());
        }
        let mut found: Vec<String> = self.rows(sql, values![prefix], |row| row.get(0))?;
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

/// `AND project IN (…)`, with parameters from the one numbered `first` on.
pub(crate) fn among(projects: &[String], first: usize) -> String {
    if projects.is_empty() {
        return "AND 1 = 0".to_owned();
    }
    let numbers: Vec<String> = (first..).take(projects.len()).map(|number| format!("?{number}")).collect();
    format!("AND project IN ({})", numbers.join(", "))
}

struct RawRelease {
    release: StoredRelease,
    provenance: String,
    content: String,
}

impl RawRelease {
    fn read(row: &Row) -> Result<Self, Fault> {
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
