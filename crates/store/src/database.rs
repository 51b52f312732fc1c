use std::collections::BTreeMap;

use crate::fault::Fault;
use crate::value::{Row, Value, values};
use crate::{Store, StoreError};

/// A database as a server has seen it last. The ledger in it is the truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDatabase {
    /// Name in its project.
    pub name: String,
    /// Environment.
    pub environment: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// `up-to-date`, `behind`, `refused` or `unreachable`.
    pub state: String,
    /// How many changes of the release it does not have, where that is known.
    pub pending: Option<usize>,
    /// Versions that are applied there, as far as is known.
    pub applied: Vec<String>,
    /// What is wrong; empty when nothing is.
    pub message: String,
    /// RFC 3339 in UTC; ignored when it is put.
    pub seen_at: String,
}

impl Store {
    /// Keeps what was seen of all databases of a project; those that are not named are forgotten.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_databases(&mut self, project: &str, databases: &[StoredDatabase]) -> Result<(), StoreError> {
        let json = |what, error| StoreError::Json { what, error };
        let texts = databases
            .iter()
            .map(|database| {
                Ok((serde_json::to_string(&database.labels)?, serde_json::to_string(&database.applied)?))
            })
            .collect::<Result<Vec<(String, String)>, serde_json::Error>>()
            .map_err(|error| json("databases", error))?;
        let sql = "INSERT INTO database (project, name, environment, labels, state, pending, applied, message, seen_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        self.write(|writer| {
            writer.execute("DELETE FROM database WHERE project = ?1", values![project])?;
            let at = writer.at();
            let rows: Vec<Vec<Value>> = databases
                .iter()
                .zip(&texts)
                .map(|(database, (labels, applied))| {
                    let StoredDatabase { name, environment, state, pending, message, .. } = database;
                    values![project, name, environment, labels, state, *pending, applied, message, &at]
                        .to_vec()
                })
                .collect();
            writer.execute_each(sql, &rows)
        })
    }

    /// The databases of a project, by environment and name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn databases(&self, project: &str) -> Result<Vec<StoredDatabase>, StoreError> {
        let sql = "SELECT name, environment, labels, state, pending, applied, message, seen_at FROM database
                   WHERE project = ?1 ORDER BY environment, name";
        self.rows(sql, values![project], database)
    }
}

fn database(row: &Row) -> Result<StoredDatabase, Fault> {
    let (labels, applied) = (row.get::<String>(2)?, row.get::<String>(5)?);
    Ok(StoredDatabase {
        name: row.get(0)?,
        environment: row.get(1)?,
        // It is a cache: what is damaged is seen again soon.
        labels: serde_json::from_str(&labels).unwrap_or_default(),
        state: row.get(3)?,
        pending: row.get(4)?,
        applied: serde_json::from_str(&applied).unwrap_or_default(),
        message: row.get(6)?,
        seen_at: row.get(7)?,
    })
}
