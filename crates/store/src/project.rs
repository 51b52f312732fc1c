use sluice_rollout::Digest;

use crate::fault::Fault;
use crate::value::{Row, values};
use crate::{Store, StoreError, feed};

/// A repository that a server follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredProject {
    /// Name, which its configuration has, too.
    pub name: String,
    /// Where git finds it.
    pub url: String,
    /// Protected branch: what is on it is wanted.
    pub branch: String,
    /// Folder of the configuration in the repository; empty for its root.
    pub path: String,
    /// How often it is looked at.
    pub interval_seconds: u32,
    /// RFC 3339 in UTC.
    pub created_at: String,
    /// Who has made it known.
    pub created_by: String,
    /// What was seen last.
    pub seen: Observation,
    /// When that was, RFC 3339 in UTC.
    pub seen_at: Option<String>,
}

/// What a look at a repository came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// In one word.
    pub state: ProjectState,
    /// What is wrong or waited for; empty when nothing is.
    pub message: String,
    /// Newest commit of the branch that could be read.
    pub commit: Option<String>,
    /// Release of the newest commit whose configuration is right.
    pub release: Option<Digest>,
}

/// How a project stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProjectState {
    /// Not looked at yet.
    New,
    /// Every database has what the branch wants.
    Synced,
    /// A rollout goes on, or waits.
    RollingOut,
    /// The repository cannot be fetched.
    Unreachable,
    /// The configuration or a change is wrong: nothing was done.
    Invalid,
    /// History was rewritten below what was released: a person must look.
    Rewritten,
    /// A person has ended the rollout of what the branch wants: it waits for a person, or a new commit.
    Held,
    /// Something else is in the way.
    Failed,
}

impl ProjectState {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Synced => "synced",
            Self::RollingOut => "rolling-out",
            Self::Unreachable => "unreachable",
            Self::Invalid => "invalid",
            Self::Rewritten => "rewritten",
            Self::Held => "held",
            Self::Failed => "failed",
        }
    }

    fn parse(name: &str) -> Self {
        use ProjectState::{Held, Invalid, New, RollingOut, Synced, Unreachable};
        let known = [New, Synced, RollingOut, Unreachable, Invalid, Self::Rewritten, Held];
        known.into_iter().find(|state| state.name() == name).unwrap_or(Self::Failed)
    }
}

const COLUMNS: &str = "name, url, branch, path, interval_seconds, created_at, created_by, state, message, commit_id, \
                       release, seen_at";

impl Store {
    /// Makes a project known. Answers whether it was not known before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn create_project(&mut self, project: &StoredProject) -> Result<bool, StoreError> {
        let sql = "INSERT INTO project (name, url, branch, path, interval_seconds, created_at, created_by, state, message, fence)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'new', '', 0) ON CONFLICT (name) DO NOTHING";
        self.write(|writer| {
            let StoredProject { name, url, branch, path, interval_seconds, created_by, .. } = project;
            let values = values![name, url, branch, path, *interval_seconds, writer.at(), created_by];
            let inserted = writer.execute(sql, values)?;
            if inserted > 0 {
                feed::tell(writer, &project.name, "project.created", &project.name, "{}")?;
            }
            Ok(inserted > 0)
        })
    }

    /// All projects, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn projects(&self) -> Result<Vec<StoredProject>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM project ORDER BY name");
        self.rows(&sql, &[], project)
    }

    /// One project.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn project(&self, name: &str) -> Result<Option<StoredProject>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM project WHERE name = ?1");
        self.row(&sql, values![name], project)
    }

    /// Keeps what a look at a repository came to, unless a later holder of the work has written already. Answers whether it was
    /// kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn observe_project(
        &mut self,
        name: &str,
        fence: u64,
        seen: &Observation,
    ) -> Result<bool, StoreError> {
        let release = seen.release.as_ref().map(|release| release.0.as_str());
        self.write(|writer| {
            let known = "SELECT state, message, commit_id FROM project WHERE name = ?1 AND fence <= ?2";
            let before: Option<(String, String, Option<String>)> =
                writer.row(known, values![name, fence], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            let Some(before) = before else { return Ok(false) };
            let sql = "UPDATE project SET state = ?3, message = ?4, commit_id = coalesce(?5, commit_id),
                       release = coalesce(?6, release), seen_at = ?7, fence = ?2 WHERE name = ?1";
            let Observation { state, message, commit, .. } = seen;
            writer.execute(sql, values![name, fence, state.name(), message, commit, release, writer.at()])?;
            if before != (seen.state.name().to_owned(), seen.message.clone(), seen.commit.clone()) {
                let data = serde_json::json!({
                    "state": seen.state, "message": seen.message, "commit": seen.commit, "release": release,
                });
                feed::tell(writer, name, "project.state", name, &data.to_string())?;
            }
            Ok(true)
        })
    }
}

impl Store {
    /// Forgets which commit and release of a project were seen, so that the next ones need not follow them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget_history(&mut self, name: &str) -> Result<(), StoreError> {
        let sql = "UPDATE project SET commit_id = NULL, release = NULL, state = 'new', message = '' WHERE name = ?1";
        self.write(|writer| writer.execute(sql, values![name]).map(drop))
    }
}

fn project(row: &Row) -> Result<StoredProject, Fault> {
    Ok(StoredProject {
        name: row.get(0)?,
        url: row.get(1)?,
        branch: row.get(2)?,
        path: row.get(3)?,
        interval_seconds: row.get(4)?,
        created_at: row.get(5)?,
        created_by: row.get(6)?,
        seen: Observation {
            state: ProjectState::parse(&row.get::<String>(7)?),
            message: row.get(8)?,
            commit: row.get(9)?,
            release: row.get::<Option<String>>(10)?.map(Digest),
        },
        seen_at: row.get(11)?,
    })
}
