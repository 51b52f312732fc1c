use std::fmt;

use sluice_testkit::{MysqlDatabase, TestDatabase, mariadb, postgres};

use crate::Project;

/// Kinds of databases that stories are told on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file in the project.
    Sqlite,
    /// A database on the shared PostgreSQL server of a major version.
    Postgres(u32),
    /// A database on the shared MariaDB server.
    Mariadb,
}

impl Engine {
    /// One of each kind.
    pub const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres(18), Self::Mariadb];

    /// A fresh, empty database. `name` is the file's name on SQLite.
    pub fn database(self, project: &Project, name: &str) -> EmptyDatabase {
        match self {
            Self::Sqlite => {
                let path = project.create_sqlite(&format!("{name}.db"));
                EmptyDatabase { url: format!("sqlite:{}", path.display()), place: Place::File(path) }
            }
            Self::Postgres(major) => {
                let database = postgres(major).database();
                EmptyDatabase { url: database.url().to_owned(), place: Place::Postgres(database) }
            }
            Self::Mariadb => {
                let database = mariadb().database();
                EmptyDatabase { url: database.url(), place: Place::Mysql(database) }
            }
        }
    }

    /// Prefix of the ledger's tables.
    pub fn ledger(self) -> &'static str {
        match self {
            Self::Postgres(_) => "sluice.",
            Self::Sqlite | Self::Mariadb => "sluice_",
        }
    }
}

/// A database of one test; dropped with the value.
pub struct EmptyDatabase {
    url: String,
    place: Place,
}

enum Place {
    File(std::path::PathBuf),
    Postgres(TestDatabase),
    Mysql(MysqlDatabase),
}

impl EmptyDatabase {
    /// As `sluice.toml` wants it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs SQL through the database's own client program and returns what it prints, rows as lines.
    ///
    /// # Panics
    /// With the client's message at the first error.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        match &self.place {
            Place::File(path) => crate::project::sqlite3(path, sql),
            Place::Postgres(database) => database.psql(sql),
            Place::Mysql(database) => database.sql(sql).trim_end().to_owned(),
        }
    }
}

impl fmt::Debug for EmptyDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}
