//! The schema as facts: reading it next to `pg_dump`, planning next to pgmold.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use sluice_testkit::{PostgresServer, TestDatabase};

use crate::arena::Arena;
use crate::measurement::Sample;
use crate::table::Line;

/// Of the published behaviour of Skeema, a tenth (seconds).
const MARIADB_LIMIT: f64 = 1.6;

/// A database of PostgreSQL with so many tables, each of nine columns, three indexes and a foreign key.
fn database(server: &PostgresServer, tables: usize) -> TestDatabase {
    let database = server.database();
    database.psql(&postgres(tables, ""));
    database
}

/// A project with one small change and an eye on drift.
const PROJECT: &str = "[project]\nname = \"bench\"\n\n[policy]\ndrift = \"error\"\n\n[[environment]]\nname = \"dev\"\n\n\
     [[database]]\nname = \"main\"\nenvironment = \"dev\"\nurl = \"env:BENCH_URL\"\n";

/// Reading a schema of 1,000 tables next to `pg_dump -s`, and holding it against what the last deployment has left.
pub fn extract(arena: &Arena, server: &PostgresServer) -> anyhow::Result<Vec<Line>> {
    let database = database(server, 1000);
    let folder = tempfile::tempdir_in(arena.folder())?;
    let url = database.url();
    arena.program(folder.path())?.args(["diff", url, url, "--save", "snapshot.json"]).run()?;
    let (mut ours, mut dump) = (Vec::new(), Vec::new());
    for _ in 0..arena.runs {
        ours.push(arena.program(folder.path())?.args(["diff", url, "snapshot.json"]).run()?);
        dump.push(arena.subject("pg_dump", folder.path())?.args(["-s", "-f", "dump.sql", "-d", url]).run()?);
    }
    Ok(vec![
        Line::ratio("read 1,000 tables", "pg_dump -s", &ours, &dump, 1.0),
        Line::seconds("drift check of 1,000 tables", &drift(arena, database.url())?, 0.4),
    ])
}

/// The look that a deployment takes before it changes anything.
fn drift(arena: &Arena, url: &str) -> anyhow::Result<Vec<Sample>> {
    let project = tempfile::tempdir_in(arena.folder())?;
    std::fs::write(project.path().join("sluice.toml"), PROJECT)?;
    std::fs::create_dir(project.path().join("migrations"))?;
    std::fs::write(project.path().join("migrations/0001_more.sql"), "CREATE TABLE more (id int);\n")?;
    arena.sluice(project.path())?.env("BENCH_URL", url).run()?;
    (0..arena.runs)
        .map(|_| arena.program(project.path())?.args(["drift"]).env("BENCH_URL", url).run())
        .collect()
}

/// Planning against files whose schema an earlier run has found out: nothing to do, and a column for every table.
pub fn plan(arena: &Arena, server: &PostgresServer) -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    let mut sizes = Vec::new();
    for tables in [1000, 10_000] {
        let database = database(server, tables);
        let folder = tempfile::tempdir_in(arena.folder())?;
        std::fs::write(folder.path().join("same.sql"), postgres(tables, ""))?;
        let work = format!("plan {tables} tables, nothing to do");
        let nothing = planned(arena, folder.path(), database.url(), "same.sql", &["--no-proof"])?;
        lines.push(Line::seconds(&work, &nothing.0, if tables == 1000 { 0.5 } else { 5.0 }));
        if tables == 1000 {
            lines.push(Line::ratio(&work, "pgmold plan", &nothing.0, &nothing.1, 0.3));
            std::fs::write(folder.path().join("more.sql"), postgres(tables, ", added text"))?;
            let added = planned(arena, folder.path(), database.url(), "more.sql", &["--no-proof"])?;
            let work = format!("plan {tables} tables, a column for each");
            lines.push(Line::ratio(&work, "pgmold plan", &added.0, &added.1, 0.8));
        } else {
            lines.push(Line::peak(&work, &nothing.0, 300.0));
        }
        sizes.push((tables, nothing.0));
    }
    if let [(few, small), (many, large)] = sizes.as_slice() {
        let work = format!("plan {few}/{many} tables, nothing to do");
        lines.push(Line::growth(&work, (*few, small), (*many, large), 1.2));
    }
    Ok(lines)
}

/// Ours, with what an earlier run keeps, and pgmold's.
fn planned(
    arena: &Arena,
    folder: &Path,
    url: &str,
    file: &str,
    options: &[&str],
) -> anyhow::Result<(Vec<Sample>, Vec<Sample>)> {
    let ours = || -> anyhow::Result<Sample> {
        let program = arena.program(folder)?.env("XDG_CACHE_HOME", folder.join("cache"));
        program.args(["diff", url, file, "--format", "sql"]).args(options).run()
    };
    ours()?;
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..arena.runs {
        mine.push(ours()?);
        let pgmold = arena.subject(arena.competitor("pgmold")?, folder)?;
        let (schema, database) = (format!("sql:{file}"), url.replacen("postgres:", "db:postgres:", 1));
        theirs.push(pgmold.args(["plan", "--schema", &schema, "--database", &database]).run()?);
    }
    Ok((mine, theirs))
}

/// The same of MariaDB, nothing to do.
pub fn mariadb(arena: &Arena) -> anyhow::Result<Vec<Line>> {
    let server = Arc::new(sluice_testkit::private_mariadb(&[]));
    let database = server.database();
    let script = mysql(1000);
    database.sql(&script);
    let folder = tempfile::tempdir_in(arena.folder())?;
    std::fs::write(folder.path().join("same.sql"), script)?;
    let run = || -> anyhow::Result<Sample> {
        let program = arena.program(folder.path())?.env("XDG_CACHE_HOME", folder.path().join("cache"));
        program.args(["diff", &database.url(), "same.sql", "--format", "sql"]).run()
    };
    run()?;
    let runs: Vec<Sample> = (0..arena.runs).map(|_| run()).collect::<anyhow::Result<_>>()?;
    Ok(vec![Line::seconds("plan 1,000 MariaDB tables, nothing to do", &runs, MARIADB_LIMIT)])
}

/// `more` stands at the end of each table.
fn postgres(tables: usize, more: &str) -> String {
    let mut text = String::from("CREATE TABLE t0 (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);\n");
    for number in 1..=tables {
        let before = number - 1;
        let _ = writeln!(
            text,
            "CREATE TABLE t{number} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \
             parent_id bigint REFERENCES t{before} (id), name text NOT NULL, email varchar(200), \
             amount numeric(12,2) NOT NULL DEFAULT 0, created_at timestamptz NOT NULL DEFAULT now(), \
             flag boolean DEFAULT false, note text, kind integer{more});\n\
             CREATE INDEX t{number}_name ON t{number} (name);\n\
             CREATE INDEX t{number}_parent ON t{number} (parent_id);\n\
             CREATE UNIQUE INDEX t{number}_email ON t{number} (email);"
        );
    }
    text
}

fn mysql(tables: usize) -> String {
    let mut text = String::from("CREATE TABLE t0 (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY);\n");
    for number in 1..=tables {
        let before = number - 1;
        let _ = writeln!(
            text,
            "CREATE TABLE t{number} (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, parent_id bigint, \
             name varchar(100) NOT NULL, email varchar(200), amount decimal(12,2) NOT NULL DEFAULT 0, \
             created_at timestamp NOT NULL DEFAULT current_timestamp(), flag tinyint DEFAULT 0, note text, kind int, \
             KEY t{number}_name (name), UNIQUE KEY t{number}_email (email), KEY t{number}_parent (parent_id), \
             CONSTRAINT t{number}_fk FOREIGN KEY (parent_id) REFERENCES t{before} (id));"
        );
    }
    text
}
