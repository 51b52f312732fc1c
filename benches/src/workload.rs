//! The migrations that every tool applies, and the files in which each tool wants them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Which SQL the statements are for.
#[derive(Debug, Clone, Copy)]
pub enum Flavour {
    /// PostgreSQL.
    Postgres,
    /// SQLite, which cannot add a CHECK to a table: a view stands in for it.
    Sqlite,
}

/// Migration number `index` (from 0): one statement, cycling through a table of four columns, a column, an index and a check.
pub fn statement(flavour: Flavour, index: usize) -> String {
    let table = format!("item_{}", index / 4);
    match (index % 4, flavour) {
        (0, Flavour::Postgres) => format!(
            "CREATE TABLE {table} (\n    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n    name text NOT NULL,\n    \
             amount integer NOT NULL DEFAULT 0,\n    created_at timestamptz NOT NULL DEFAULT now()\n);\n"
        ),
        (0, Flavour::Sqlite) => format!(
            "CREATE TABLE {table} (\n    id INTEGER PRIMARY KEY,\n    name TEXT NOT NULL,\n    amount INTEGER NOT NULL \
             DEFAULT 0,\n    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP\n);\n"
        ),
        (1, _) => format!("ALTER TABLE {table} ADD COLUMN note text;\n"),
        (2, _) => format!("CREATE INDEX {table}_name_idx ON {table} (name);\n"),
        (_, Flavour::Postgres) => {
            format!("ALTER TABLE {table} ADD CONSTRAINT {table}_amount_check CHECK (amount >= 0);\n")
        }
        (_, Flavour::Sqlite) => {
            format!("CREATE VIEW {table}_large AS SELECT id FROM {table} WHERE amount > 100;\n")
        }
    }
}

/// How many tables `count` migrations create.
pub fn tables(count: usize) -> usize {
    count.div_ceil(4)
}

/// Writes `count` migrations as files named `name(index from 1)` into `directory`.
pub fn write_files(
    directory: &Path,
    flavour: Flavour,
    count: usize,
    name: impl Fn(usize) -> String,
) -> anyhow::Result<()> {
    fs::create_dir_all(directory)?;
    for index in 0..count {
        fs::write(directory.join(name(index + 1)), statement(flavour, index))?;
    }
    Ok(())
}

/// The floor: one script for psql that does each migration and a history row in a transaction of its own.
pub fn psql_script(count: usize) -> String {
    let mut script = String::from(
        "CREATE TABLE history (version bigint PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, \
         applied_at timestamptz NOT NULL DEFAULT now());\n",
    );
    for index in 0..count {
        let _ = write!(
            script,
            "BEGIN;\n{}INSERT INTO history (version, name, checksum) VALUES ({}, 'item', '{:064x}');\nCOMMIT;\n",
            statement(Flavour::Postgres, index),
            index + 1,
            index
        );
    }
    script
}

/// One database of a project of ours.
pub struct Database {
    /// Name in the configuration.
    pub name: String,
    /// URL or reference to it.
    pub url: String,
}

/// A project of ours with one environment `dev`.
pub fn write_project(
    directory: &Path,
    flavour: Flavour,
    changes: usize,
    databases: &[Database],
    max_parallel: usize,
) -> anyhow::Result<()> {
    write_files(&directory.join("migrations"), flavour, changes, |number| format!("{number:04}_item.sql"))?;
    fs::create_dir_all(directory.join(".sluice"))?;
    let mut text = format!(
        "[project]\nname = \"bench\"\nmigrations = \"migrations\"\n\n[[environment]]\nname = \"dev\"\nmax_parallel = \
         {max_parallel}\n"
    );
    for Database { name, url } in databases {
        let _ = write!(text, "\n[[database]]\nname = \"{name}\"\nenvironment = \"dev\"\nurl = \"{url}\"\n");
    }
    fs::write(directory.join("sluice.toml"), text)?;
    Ok(())
}
