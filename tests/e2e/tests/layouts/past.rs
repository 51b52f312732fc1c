//! Three changes of a project in the layout of each tool, and the history that the tool writes when it has applied the first
//! two: tables and rows as recorded from the tools themselves, or as their sources create them.

use sluice_e2e::Project;

use crate::server::Engine::{self, Mariadb, Postgres, Sqlite};

pub const USERS: &str = "CREATE TABLE users (id integer PRIMARY KEY, name varchar(100) NOT NULL);\n";
pub const EMAIL: &str = "ALTER TABLE users ADD COLUMN email varchar(200);\n";
pub const INDEX: &str = "CREATE INDEX users_by_email ON users (email);\n";

/// A tool with a project of its own.
pub struct Past {
    pub layout: &'static str,
    /// Where `sluice init` finds the changes.
    pub folder: &'static str,
    /// The files of the three changes.
    pub changes: [(&'static str, String); 3],
    /// What stands beside them.
    pub beside: Vec<(&'static str, &'static str)>,
    /// Version of the change that is not applied yet.
    pub pending: &'static str,
    pub engines: &'static [Engine],
    /// Whether its history tells an edited file.
    pub has_checksums: bool,
    /// The table and its rows.
    pub history: fn(Engine) -> (&'static str, String),
}

impl Past {
    pub fn write(&self, project: &Project, engine: Engine) {
        let product = match engine {
            Postgres => "postgresql",
            Mariadb => "mysql",
            Sqlite => "sqlite",
        };
        for (path, content) in &self.changes {
            project.write(path, content);
        }
        for (path, content) in &self.beside {
            project.write(path, &content.replace("postgresql", product));
        }
    }
}

const EVERYWHERE: &[Engine] = &[Postgres, Mariadb, Sqlite];

fn plain() -> [String; 3] {
    [USERS, EMAIL, INDEX].map(str::to_owned)
}

fn each(text: fn(&str) -> String) -> [String; 3] {
    [USERS, EMAIL, INDEX].map(text)
}

fn named(paths: [&'static str; 3], texts: [String; 3]) -> [(&'static str, String); 3] {
    let [first, second, third] = texts;
    [(paths[0], first), (paths[1], second), (paths[2], third)]
}

/// Every tool that keeps a history in the database.
pub fn all() -> Vec<Past> {
    vec![
        flyway(),
        liquibase(),
        golang_migrate(),
        goose(),
        dbmate(),
        atlas(),
        sqitch(),
        prisma(),
        diesel(),
        sqlx(),
        rails(),
        drizzle(),
    ]
}

/// As Flyway's `createSchemaHistoryTable.sql` of each database; checksums are CRC-32 over the lines.
pub fn flyway() -> Past {
    Past {
        layout: "flyway",
        folder: "db/migration",
        changes: named(
            [
                "db/migration/V1__create_users.sql",
                "db/migration/V2__add_email.sql",
                "db/migration/V3__index.sql",
            ],
            plain(),
        ),
        beside: vec![],
        pending: "3",
        engines: EVERYWHERE,
        has_checksums: true,
        history: |engine| {
            let installed_on = match engine {
                Sqlite => "TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f','now'))",
                Postgres | Mariadb => "TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP",
            };
            let sql = format!(
                "CREATE TABLE flyway_schema_history (installed_rank INT NOT NULL PRIMARY KEY, \
                 version VARCHAR(50), description VARCHAR(200) NOT NULL, type VARCHAR(20) NOT NULL, \
                 script VARCHAR(1000) NOT NULL, checksum INTEGER, installed_by VARCHAR(100) NOT NULL, \
                 installed_on {installed_on}, execution_time INTEGER NOT NULL, success BOOLEAN NOT NULL);\n\
                 INSERT INTO flyway_schema_history (installed_rank, version, description, type, script, checksum, \
                 installed_by, execution_time, success) VALUES\n\
                 (1, '1', 'create users', 'SQL', 'V1__create_users.sql', -147140054, 'app', 12, true),\n\
                 (2, '2', 'add email', 'SQL', 'V2__add_email.sql', 928138173, 'app', 3, true);"
            );
            ("flyway_schema_history", sql)
        },
    }
}

/// Recorded from Liquibase 4.4.0; `FILENAME` is relative to its class path.
pub fn liquibase() -> Past {
    let texts = [("create-users", USERS), ("add-email", EMAIL), ("index", INDEX)].map(|(id, sql)| {
        format!("--liquibase formatted sql\n\n--changeset bob:{id}\n{sql}--rollback not required\n")
    });
    Past {
        layout: "liquibase",
        folder: "src/main/resources/db/changelog",
        changes: named(
            [
                "src/main/resources/db/changelog/changes/001-users.sql",
                "src/main/resources/db/changelog/changes/002-email.sql",
                "src/main/resources/db/changelog/changes/003-index.sql",
            ],
            texts,
        ),
        beside: vec![(
            "src/main/resources/db/changelog/db.changelog-master.yaml",
            "databaseChangeLog:\n  - includeAll:\n      path: db/changelog/changes/\n",
        )],
        pending: "src/main/resources/db/changelog/changes/003-index.sql::bob:index",
        engines: EVERYWHERE,
        has_checksums: false,
        history: |engine| {
            let name = if engine == Postgres { "databasechangelog" } else { "DATABASECHANGELOG" };
            let moment = if engine == Postgres { "timestamp" } else { "datetime" };
            let sql = format!(
                "CREATE TABLE {name} (ID varchar(255) NOT NULL, AUTHOR varchar(255) NOT NULL, \
                 FILENAME varchar(255) NOT NULL, DATEEXECUTED {moment} NOT NULL, ORDEREXECUTED int NOT NULL, \
                 EXECTYPE varchar(10) NOT NULL, MD5SUM varchar(35), DESCRIPTION varchar(255), \
                 COMMENTS varchar(255), TAG varchar(255), LIQUIBASE varchar(20), CONTEXTS varchar(255), \
                 LABELS varchar(255), DEPLOYMENT_ID varchar(10));\n\
                 INSERT INTO {name} (ID, AUTHOR, FILENAME, DATEEXECUTED, ORDEREXECUTED, EXECTYPE, MD5SUM, \
                 DESCRIPTION, LIQUIBASE) VALUES\n\
                 ('create-users', 'bob', 'db/changelog/changes/001-users.sql', '2026-01-02 03:04:05', 1, 'EXECUTED', \
                 '8:8677d907fc42edf4dd9cc12d5a20039c', 'sql', '4.4.0'),\n\
                 ('add-email', 'bob', 'db/changelog/changes/002-email.sql', '2026-01-02 03:04:05', 2, 'MARK_RAN', \
                 '8:c2b8efcea514d00475c77669fd05cbd2', 'sql', '4.4.0');"
            );
            (if engine == Mariadb { name } else { "databasechangelog" }, sql)
        },
    }
}

/// As the `ensureVersionTable` of its drivers.
pub fn golang_migrate() -> Past {
    Past {
        layout: "golang-migrate",
        folder: "db/migrations",
        changes: named(
            [
                "db/migrations/000001_create_users.up.sql",
                "db/migrations/000002_add_email.up.sql",
                "db/migrations/000003_index.up.sql",
            ],
            plain(),
        ),
        beside: vec![("db/migrations/000001_create_users.down.sql", "DROP TABLE users;\n")],
        pending: "000003",
        engines: EVERYWHERE,
        has_checksums: false,
        history: |engine| {
            let columns = match engine {
                Sqlite => "version uint64, dirty bool",
                Postgres | Mariadb => "version bigint not null primary key, dirty boolean not null",
            };
            let sql = format!(
                "CREATE TABLE schema_migrations ({columns});\n\
                 INSERT INTO schema_migrations (version, dirty) VALUES (2, false);"
            );
            ("schema_migrations", sql)
        },
    }
}

/// As the `CreateTable` of its dialects; the row of version 0 is its own.
pub fn goose() -> Past {
    Past {
        layout: "goose",
        folder: "migrations",
        changes: named(
            [
                "migrations/00001_create_users.sql",
                "migrations/00002_add_email.sql",
                "migrations/00003_index.sql",
            ],
            each(|sql| format!("-- +goose Up\n{sql}\n-- +goose Down\nSELECT 1;\n")),
        ),
        beside: vec![],
        pending: "00003",
        engines: EVERYWHERE,
        has_checksums: false,
        history: |engine| {
            let columns = match engine {
                Postgres => {
                    "id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, version_id bigint NOT NULL, \
                     is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now()"
                }
                Mariadb => {
                    "id serial NOT NULL, version_id bigint NOT NULL, is_applied boolean NOT NULL, \
                     tstamp timestamp NULL default now(), PRIMARY KEY(id)"
                }
                Sqlite => {
                    "id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL, \
                     is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now'))"
                }
            };
            let sql = format!(
                "CREATE TABLE goose_db_version ({columns});\n\
                 INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (2, true);"
            );
            ("goose_db_version", sql)
        },
    }
}

/// Recorded from dbmate 2.
pub fn dbmate() -> Past {
    Past {
        layout: "dbmate",
        folder: "db/migrations",
        changes: named(
            [
                "db/migrations/20240101120000_create_users.sql",
                "db/migrations/20240102120000_add_email.sql",
                "db/migrations/20240103120000_index.sql",
            ],
            each(|sql| format!("-- migrate:up\n{sql}\n-- migrate:down\nSELECT 1;\n")),
        ),
        beside: vec![],
        pending: "20240103120000",
        engines: EVERYWHERE,
        has_checksums: false,
        history: |_| ("schema_migrations", versions("schema_migrations", "varchar(128)")),
    }
}

fn versions(table: &str, kind: &str) -> String {
    format!(
        "CREATE TABLE {table} (version {kind} NOT NULL PRIMARY KEY);\n\
         INSERT INTO {table} (version) VALUES ('20240101120000'), ('20240102120000');"
    )
}

/// As Active Record creates it.
pub fn rails() -> Past {
    Past {
        layout: "rails",
        folder: "db/migrate",
        changes: named(
            [
                "db/migrate/20240101120000_create_users.sql",
                "db/migrate/20240102120000_add_email.sql",
                "db/migrate/20240103120000_index.sql",
            ],
            plain(),
        ),
        beside: vec![],
        pending: "20240103120000",
        engines: EVERYWHERE,
        has_checksums: false,
        history: |_| {
            let sql =
                "CREATE TABLE ar_internal_metadata (key_ varchar(100) NOT NULL PRIMARY KEY);\n".to_owned();
            ("schema_migrations", sql + &versions("schema_migrations", "varchar(255)"))
        },
    }
}

/// As its `ent` schema creates it in a schema of its own (PostgreSQL) or beside the tables.
pub fn atlas() -> Past {
    Past {
        layout: "atlas",
        folder: "migrations",
        changes: named(
            [
                "migrations/20240101120000_create_users.sql",
                "migrations/20240102120000_add_email.sql",
                "migrations/20240103120000_index.sql",
            ],
            plain(),
        ),
        beside: vec![(
            "migrations/atlas.sum",
            "h1:PmIbN5SJB6WP7Sg5aum0RLa3VCgs2rr34zm3VCCqMZQ=\n\
             20240101120000_create_users.sql h1:4OQSTheuKv2+cHPh1tKjDIjif7ydqcvDfQ784w53iVc=\n\
             20240102120000_add_email.sql h1:VDzcaqtyD6gSuJAnV5lN0nMQFvl7nXCHZAPSbsvDQcI=\n\
             20240103120000_index.sql h1:KhhRO7/n+50fZafwYtveZ0/EdI6ER1+OiSBPiwkmHLk=\n",
        )],
        pending: "20240103120000",
        engines: EVERYWHERE,
        has_checksums: true,
        history: |engine| {
            let (schema, table, text, moment, json) = match engine {
                Postgres => (
                    "CREATE SCHEMA atlas_schema_revisions;\n",
                    "atlas_schema_revisions.atlas_schema_revisions",
                    "character varying",
                    "timestamptz",
                    "jsonb",
                ),
                Mariadb => ("", "atlas_schema_revisions", "varchar(255)", "timestamp", "json"),
                Sqlite => ("", "atlas_schema_revisions", "text", "datetime", "json"),
            };
            let sql = format!(
                "{schema}CREATE TABLE {table} (version {text} NOT NULL PRIMARY KEY, description {text} NOT NULL, \
                 type bigint NOT NULL DEFAULT 2, applied bigint NOT NULL DEFAULT 0, total bigint NOT NULL DEFAULT 0, \
                 executed_at {moment} NOT NULL, execution_time bigint NOT NULL, error text NULL, \
                 error_stmt text NULL, hash {text} NOT NULL, partial_hashes {json} NULL, \
                 operator_version {text} NOT NULL);\n\
                 INSERT INTO {table} (version, description, type, applied, total, executed_at, execution_time, hash, \
                 operator_version) VALUES\n\
                 ('.atlas_cloud_identifier', 'a1b2', 2, 0, 0, '2026-01-02 03:04:04', 0, '', ''),\n\
                 ('20240101120000', 'create_users', 2, 1, 1, '2026-01-02 03:04:05', 1000, '4OQSTheuKv2+cHPh1tKjDIjif7ydqcvDfQ784w53iVc=', 'Atlas CLI v0.31.0'),\n\
                 ('20240102120000', 'add_email', 2, 1, 1, '2026-01-02 03:04:06', 1000, 'VDzcaqtyD6gSuJAnV5lN0nMQFvl7nXCHZAPSbsvDQcI=', 'Atlas CLI v0.31.0');"
            );
            (table, sql)
        },
    }
}

/// Recorded from sqitch 1.3.1: a schema on PostgreSQL, a database on MariaDB, a file beside the database on SQLite.
pub fn sqitch() -> Past {
    Past {
        layout: "sqitch",
        folder: ".",
        changes: named(
            ["deploy/users.sql", "deploy/email.sql", "deploy/index.sql"],
            each(|sql| format!("-- Deploy\nBEGIN;\n\n{sql}\nCOMMIT;\n")),
        ),
        beside: vec![
            ("sqitch.conf", "[core]\n\tengine = pg\n\t# top_dir = .\n"),
            (
                "sqitch.plan",
                "%syntax-version=1.0.0\n%project=shop\n%uri=https://example.com/shop\n\n\
                 users 2026-01-02T03:04:05Z Bob <bob@example.com> # the users\n\
                 @v1 2026-01-02T03:04:05Z Bob <bob@example.com> # a tag\n\
                 email [users] 2026-01-02T03:04:06Z Bob <bob@example.com> # where to write\n\
                 index [email users@v1] 2026-01-02T03:04:07Z Bob <bob@example.com> # faster\n",
            ),
        ],
        pending: "index",
        engines: EVERYWHERE,
        has_checksums: true,
        history: |engine| {
            let (before, table, text, moment) = match engine {
                Postgres => ("CREATE SCHEMA sqitch;\n", "sqitch.changes", "TEXT", "TIMESTAMPTZ"),
                Mariadb => ("CREATE DATABASE sqitch;\n", "sqitch.changes", "VARCHAR(255)", "DATETIME(6)"),
                Sqlite => ("", "changes", "TEXT", "DATETIME"),
            };
            let change = if engine == Mariadb { "`change`" } else { "change" };
            // Another project keeps its changes in the same registry, one of the same name among them.
            let row = |id: &str, hash: &str, name: &str, project: &str, at: &str| {
                format!(
                    "('{id}', '{hash}', '{name}', '{project}', '', '2026-01-02 03:04:{at}', 'Bob', 'bob@example.com', \
                     '2026-01-02 03:04:05', 'Bob', 'bob@example.com')"
                )
            };
            let rows = [
                row("6d1c", "1111111111111111111111111111111111111111", "users", "other", "04.5"),
                row("3d28", "cdda42b2301e390e7f5fcbabcf2384a1f6fb7141", "users", "shop", "05.437108"),
                row("71aa", "2222222222222222222222222222222222222222", "views", "other", "05.5"),
                row("0a7d", "389457a0cc5b60e422a14c145fdbf792e61385cc", "email", "shop", "06.531"),
            ];
            let sql = format!(
                "{before}CREATE TABLE {table} (change_id VARCHAR(40) PRIMARY KEY, script_hash VARCHAR(40) NULL, \
                 {change} {text} NOT NULL, project {text} NOT NULL, note TEXT NOT NULL, \
                 committed_at {moment} NOT NULL, committer_name {text} NOT NULL, committer_email {text} NOT NULL, \
                 planned_at {moment} NOT NULL, planner_name {text} NOT NULL, planner_email {text} NOT NULL, \
                 UNIQUE (project, script_hash));\n\
                 INSERT INTO {table} VALUES\n{};",
                rows.join(",\n")
            );
            (if engine == Sqlite { "changes in sqitch.db" } else { table }, sql)
        },
    }
}

/// As its schema engine creates it; on SQLite moments are milliseconds.
pub fn prisma() -> Past {
    Past {
        layout: "prisma",
        folder: "prisma/migrations",
        changes: named(
            [
                "prisma/migrations/20240101120000_create_users/migration.sql",
                "prisma/migrations/20240102120000_add_email/migration.sql",
                "prisma/migrations/20240103120000_index/migration.sql",
            ],
            plain(),
        ),
        beside: vec![("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n")],
        pending: "20240103120000_index",
        engines: EVERYWHERE,
        has_checksums: true,
        history: |engine| {
            let (text, moment, at) = match engine {
                Postgres => ("VARCHAR(255)", "TIMESTAMPTZ", "'2026-01-02 03:04:05.678+00'"),
                Mariadb => ("VARCHAR(255)", "DATETIME(3)", "'2026-01-02 03:04:05.678'"),
                Sqlite => ("TEXT", "DATETIME", "1767323045678"),
            };
            let sql = format!(
                "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, \
                 finished_at {moment}, migration_name {text} NOT NULL, logs TEXT, rolled_back_at {moment}, \
                 started_at {moment} NOT NULL, applied_steps_count INTEGER NOT NULL DEFAULT 0);\n\
                 INSERT INTO _prisma_migrations VALUES\n\
                 ('8f3e', 'b3d63f9b27f223c68130fe321471e54d02b6e55227f625649814632ce1f00e44', {at}, \
                 '20240101120000_create_users', NULL, NULL, {at}, 1),\n\
                 ('9b20', '70b71fb78729e728ee30d5b97281d1e78119ef34dbbfcb33b7ebd0340b4f471c', NULL, \
                 '20240102120000_add_email', 'it failed', {at}, {at}, 0),\n\
                 ('a117', '70b71fb78729e728ee30d5b97281d1e78119ef34dbbfcb33b7ebd0340b4f471c', {at}, \
                 '20240102120000_add_email', NULL, NULL, {at}, 1);"
            );
            ("_prisma_migrations", sql)
        },
    }
}

/// As `CREATE_MIGRATIONS_TABLE` of Diesel.
pub fn diesel() -> Past {
    Past {
        layout: "diesel",
        folder: "migrations",
        changes: named(
            [
                "migrations/2024-01-01-120000_create_users/up.sql",
                "migrations/2024-01-02-120000_add_email/up.sql",
                "migrations/2024-01-03-120000_index/up.sql",
            ],
            plain(),
        ),
        beside: vec![("migrations/2024-01-01-120000_create_users/down.sql", "DROP TABLE users;\n")],
        pending: "20240103120000",
        engines: EVERYWHERE,
        has_checksums: false,
        history: |_| {
            let sql = "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
                       run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);\n\
                       INSERT INTO __diesel_schema_migrations (version) VALUES ('20240101120000'), ('20240102120000');";
            ("__diesel_schema_migrations", sql.to_owned())
        },
    }
}

/// Recorded from sqlx-cli 0.8.
pub fn sqlx() -> Past {
    Past {
        layout: "sqlx",
        folder: "migrations",
        changes: named(
            [
                "migrations/20240101120000_create_users.sql",
                "migrations/20240102120000_add_email.sql",
                "migrations/20240103120000_index.sql",
            ],
            plain(),
        ),
        beside: vec![("Cargo.toml", "[dependencies]\nsqlx = \"0.8\"\n")],
        pending: "20240103120000",
        engines: EVERYWHERE,
        has_checksums: true,
        history: |engine| {
            let (moment, bytes) = match engine {
                Postgres => ("TIMESTAMPTZ", "BYTEA"),
                Mariadb | Sqlite => ("TIMESTAMP", "BLOB"),
            };
            let hex = |digits: &str| match engine {
                Postgres => format!("'\\x{digits}'"),
                Mariadb | Sqlite => format!("x'{digits}'"),
            };
            let first = hex(
                "c5988a26e5a0a33f79a6f392eea454ab79c4e72026dc781ff4fedb7bc97850fb974a4c78669947f28ef576217a5f4bb5",
            );
            let second = hex(
                "fd7d6263f673cdaed540df62f544ae96e7e6af80e6c327d543f9e2fff86a87fcf869e3546f5c673e33d037e5f0f4a965",
            );
            let sql = format!(
                "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
                 installed_on {moment} NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, \
                 checksum {bytes} NOT NULL, execution_time BIGINT NOT NULL);\n\
                 INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES\n\
                 (20240101120000, 'create users', true, {first}, 16070700),\n\
                 (20240102120000, 'add email', true, {second}, 10443278);"
            );
            ("_sqlx_migrations", sql)
        },
    }
}

/// Recorded from drizzle-kit and drizzle-orm.
pub fn drizzle() -> Past {
    Past {
        layout: "drizzle",
        folder: "drizzle",
        changes: named(
            ["drizzle/0000_users.sql", "drizzle/0001_email.sql", "drizzle/0002_index.sql"],
            plain(),
        ),
        beside: vec![(
            "drizzle/meta/_journal.json",
            r#"{"version": "7", "dialect": "postgresql", "entries": [
                {"idx": 0, "version": "7", "when": 1795379961538, "tag": "0000_users", "breakpoints": true},
                {"idx": 1, "version": "7", "when": 1795379967640, "tag": "0001_email", "breakpoints": true},
                {"idx": 2, "version": "7", "when": 1795379970000, "tag": "0002_index", "breakpoints": true}]}"#,
        )],
        pending: "0002_index",
        engines: EVERYWHERE,
        has_checksums: true,
        history: |engine| {
            let (schema, table, columns) = match engine {
                Postgres => (
                    "CREATE SCHEMA drizzle;\n",
                    "drizzle.__drizzle_migrations",
                    "id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint",
                ),
                Mariadb => (
                    "",
                    "__drizzle_migrations",
                    "id serial primary key, hash text not null, created_at bigint",
                ),
                Sqlite => (
                    "",
                    "__drizzle_migrations",
                    "id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric",
                ),
            };
            let sql = format!(
                "{schema}CREATE TABLE {table} ({columns});\n\
                 INSERT INTO {table} (hash, created_at) VALUES\n\
                 ('b3d63f9b27f223c68130fe321471e54d02b6e55227f625649814632ce1f00e44', 1795379961538),\n\
                 ('70b71fb78729e728ee30d5b97281d1e78119ef34dbbfcb33b7ebd0340b4f471c', 1795379967640);"
            );
            (table, sql)
        },
    }
}
