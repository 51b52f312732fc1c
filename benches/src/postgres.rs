//! One PostgreSQL database with many migrations, and many databases with a few.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use sluice_testkit::{PostgresServer, TestDatabase};
use tempfile::TempDir;

use crate::arena::Arena;
use crate::measurement::Sample;
use crate::table::Line;
use crate::workload::{self, Database, Flavour};

/// A server that does not wait for the disk: what is compared is the work of the programs.
pub fn server() -> PostgresServer {
    PostgresServer::private_with(
        15,
        &[
            ("fsync", "off"),
            ("synchronous_commit", "off"),
            ("full_page_writes", "off"),
            ("shared_buffers", "512MB"),
            ("autovacuum", "off"),
        ],
    )
}

/// The files of one number of migrations, for every tool.
struct Course<'a> {
    arena: &'a Arena,
    count: usize,
    files: TempDir,
}

impl<'a> Course<'a> {
    fn new(arena: &'a Arena, count: usize) -> anyhow::Result<Self> {
        let files = tempfile::tempdir_in(arena.folder())?;
        let folder = |name: &str| files.path().join(name);
        let only = Database { name: "target".into(), url: "env:BENCH_URL".into() };
        workload::write_project(&folder("sluice"), Flavour::Postgres, count, &[only], 1)?;
        workload::write_files(&folder("refinery"), Flavour::Postgres, count, |number| {
            format!("V{number}__item.sql")
        })?;
        workload::write_files(&folder("sqlx"), Flavour::Postgres, count, |number| {
            format!("{number:04}_item.sql")
        })?;
        std::fs::write(folder("floor.sql"), workload::psql_script(count))?;
        Ok(Self { arena, count, files })
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn sluice(&self, database: &TestDatabase) -> anyhow::Result<Sample> {
        let sample = self.arena.sluice(&self.folder("sluice"))?.env("BENCH_URL", database.url()).run()?;
        self.check(database, "sluice")?;
        Ok(sample)
    }

    fn refinery(&self, database: &TestDatabase) -> anyhow::Result<Sample> {
        let sample = self
            .arena
            .subject(self.arena.competitor("refinery")?, self.files.path())?
            .args(["migrate", "-e", "BENCH_URL", "-p", "refinery"])
            .env("BENCH_URL", database.url())
            .run()?;
        self.check(database, "refinery")?;
        Ok(sample)
    }

    fn sqlx(&self, database: &TestDatabase) -> anyhow::Result<Sample> {
        let sample = self
            .arena
            .subject(self.arena.competitor("sqlx")?, self.files.path())?
            .args(["migrate", "run", "--source", "sqlx", "--database-url", database.url()])
            .run()?;
        self.check(database, "sqlx")?;
        Ok(sample)
    }

    fn psql(&self, database: &TestDatabase) -> anyhow::Result<Sample> {
        let sample = self
            .arena
            .subject("psql", self.files.path())?
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "floor.sql", database.url()])
            .run()?;
        self.check(database, "psql")?;
        Ok(sample)
    }

    fn check(&self, database: &TestDatabase, who: &str) -> anyhow::Result<()> {
        check(database, workload::tables(self.count), who)
    }
}

/// Speed of work that was not done is worth nothing.
fn check(database: &TestDatabase, expected: usize, who: &str) -> anyhow::Result<()> {
    let tables =
        database.psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename ~ '^item_'");
    ensure!(tables == expected.to_string(), "{who} left {tables} tables, expected {expected}");
    Ok(())
}

/// Applies `count` migrations to a fresh database.
pub fn apply(
    arena: &Arena,
    server: &PostgresServer,
    count: usize,
    psql_limit: Option<f64>,
) -> anyhow::Result<Vec<Line>> {
    let course = Course::new(arena, count)?;
    let (mut ours, mut refinery, mut psql) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..arena.runs {
        ours.push(course.sluice(&server.database())?);
        refinery.push(course.refinery(&server.database())?);
        if psql_limit.is_some() {
            psql.push(course.psql(&server.database())?);
        }
    }
    let work = format!("apply {count}");
    let mut lines = vec![Line::ratio(&work, "refinery_cli", &ours, &refinery, 1.0)];
    lines.extend(psql_limit.map(|limit| Line::ratio(&work, "one psql", &ours, &psql, limit)));
    lines.push(Line::peak(&work, &ours, 20.0));
    Ok(lines)
}

/// Nothing to do at `count` files.
pub fn idle(arena: &Arena, server: &PostgresServer, count: usize) -> anyhow::Result<Vec<Line>> {
    let course = Course::new(arena, count)?;
    let (mine, other) = (server.database(), server.database());
    course.sluice(&mine)?;
    course.sqlx(&other)?;
    let (mut ours, mut sqlx) = (Vec::new(), Vec::new());
    // Short runs: more of them, for a steady median.
    for _ in 0..arena.runs * 3 {
        ours.push(course.sluice(&mine)?);
        sqlx.push(course.sqlx(&other)?);
    }
    let work = format!("nothing to do at {count} files");
    Ok(vec![
        Line::ratio(&work, "sqlx migrate run", &ours, &sqlx, 1.0),
        Line::seconds(&work, &ours, 0.030),
        Line::peak(&work, &ours, 20.0),
    ])
}

/// `databases` databases × 10 changes, eight at a time.
pub fn fleet(arena: &Arena, server: &PostgresServer, databases: usize) -> anyhow::Result<Vec<Line>> {
    const CHANGES: usize = 10;
    const PARALLEL: usize = 8;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..arena.runs.min(3) {
        let fresh = || -> Vec<TestDatabase> { (0..databases).map(|_| server.database()).collect() };
        let check_all = |databases: &[TestDatabase], who: &str| {
            databases.iter().try_for_each(|database| check(database, workload::tables(CHANGES), who))
        };

        let targets = fresh();
        let project = tempfile::tempdir_in(arena.folder())?;
        let names: Vec<Database> = (0..databases)
            .map(|number| Database {
                name: format!("db-{number:03}"),
                url: format!("env:BENCH_URL_{number}"),
            })
            .collect();
        workload::write_project(project.path(), Flavour::Postgres, CHANGES, &names, PARALLEL)?;
        let subject = arena.sluice(project.path())?;
        let subject = targets.iter().enumerate().fold(subject, |subject, (number, target)| {
            subject.env(&format!("BENCH_URL_{number}"), target.url())
        });
        ours.push(subject.run()?);
        check_all(&targets, "sluice")?;
        drop(targets);

        let targets = fresh();
        theirs.push(parallel_psql(arena, project.path(), &targets, CHANGES, PARALLEL)?);
        check_all(&targets, "psql")?;
    }
    let work = format!("{databases} PostgreSQL databases x {CHANGES}");
    Ok(vec![
        Line::ratio(&work, &format!("{PARALLEL} parallel psql"), &ours, &theirs, 1.2),
        Line::peak(&work, &ours, 20.0),
    ])
}

fn parallel_psql(
    arena: &Arena,
    folder: &Path,
    targets: &[TestDatabase],
    changes: usize,
    parallel: usize,
) -> anyhow::Result<Sample> {
    std::fs::write(folder.join("floor.sql"), workload::psql_script(changes))?;
    let urls: Vec<&str> = targets.iter().map(TestDatabase::url).collect();
    std::fs::write(folder.join("urls"), urls.join("\n"))?;
    let parallel = parallel.to_string();
    arena
        .subject("xargs", folder)?
        .args(["-a", "urls", "-P", &parallel, "-I", "{}"])
        .args(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "floor.sql", "{}"])
        .run()
}
