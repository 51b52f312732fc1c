use std::sync::Arc;

use sluice_e2e::Project;
use sluice_testkit::{MysqlDatabase, MysqlServer, TestDatabase, mariadb, newest_postgres, private_mariadb};

/// The families of databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Postgres,
    Mariadb,
    Sqlite,
}

/// A database of one test.
pub enum Database {
    Postgres(TestDatabase),
    Mariadb(MysqlDatabase),
    /// The file `app.db` of the project.
    Sqlite,
}

impl Database {
    /// A database on a server that others use, too; `app.db` in the project for SQLite.
    pub fn new(engine: Engine, project: &Project) -> Self {
        match engine {
            Engine::Postgres => Self::Postgres(newest_postgres().database()),
            Engine::Mariadb => Self::Mariadb(mariadb().database()),
            Engine::Sqlite => {
                project.create_sqlite("app.db");
                Self::Sqlite
            }
        }
    }

    /// A database on a MariaDB server of its own.
    pub fn on_private_mariadb() -> Self {
        let server: Arc<MysqlServer> = Arc::new(private_mariadb(&[]));
        Self::Mariadb(server.database())
    }

    pub fn url(&self, project: &Project) -> String {
        match self {
            Self::Postgres(database) => database.url().to_owned(),
            Self::Mariadb(database) => database.url(),
            Self::Sqlite => format!("sqlite://{}", project.path("app.db").display()),
        }
    }

    /// Runs SQL by the database's own client.
    #[track_caller]
    pub fn sql(&self, project: &Project, sql: &str) -> String {
        match self {
            Self::Postgres(database) => database.psql(sql),
            Self::Mariadb(database) => database.sql(sql),
            Self::Sqlite => project.sqlite("app.db", sql),
        }
    }
}
