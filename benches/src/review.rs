//! `sluice check` next to squawk: one file, many files, dumps, a long history.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crate::arena::Arena;
use crate::measurement::{Sample, Subject};
use crate::table::Line;

const MEGABYTE: u64 = 1_000_000;

/// One file of 20 statements.
pub fn one_file(arena: &Arena) -> anyhow::Result<Vec<Line>> {
    let folder = tempfile::tempdir_in(arena.folder())?;
    std::fs::write(folder.path().join("0001.sql"), change(1, 20))?;
    let (mut ours, mut squawk) = (Vec::new(), Vec::new());
    // Short runs: more of them, for a steady median.
    for _ in 0..arena.runs * 5 {
        ours.push(sluice(arena, folder.path())?.args(["0001.sql"]).run()?);
        squawk.push(other(arena, folder.path())?.args(["0001.sql"]).run_with(&[0, 1])?);
    }
    let work = "check 1 file, 20 statements";
    Ok(vec![Line::ratio(work, "squawk", &ours, &squawk, 1.5), Line::seconds(work, &ours, 0.008)])
}

/// Files of ten statements: time and memory next to squawk, and how both grow.
pub fn many_files(arena: &Arena) -> anyhow::Result<Vec<Line>> {
    let folder = tempfile::tempdir_in(arena.folder())?;
    let mut lines = Vec::new();
    let mut sizes = Vec::new();
    for count in [1000_usize, 250, 4000] {
        let names: Vec<String> = (1..=count).map(|number| format!("{number:05}.sql")).collect();
        for (number, name) in (1..).zip(&names) {
            std::fs::write(folder.path().join(name), change(number, 10))?;
        }
        let (mut ours, mut squawk) = (Vec::new(), Vec::new());
        for _ in 0..arena.runs {
            ours.push(sluice(arena, folder.path())?.args(&names).run()?);
            if count == 1000 {
                squawk.push(other(arena, folder.path())?.args(&names).run_with(&[0, 1])?);
            }
        }
        let work = format!("check {count} files x 10 statements");
        if count == 1000 {
            lines.push(Line::ratio(&work, "squawk", &ours, &squawk, 0.4));
            lines.push(Line::peak(&work, &ours, 40.0));
        }
        sizes.push((count, ours));
    }
    lines.extend(growth("check files", "files", &sizes));
    Ok(lines)
}

/// Dumps of `INSERT`, with one row or a thousand in each.
pub fn dumps(arena: &Arena) -> anyhow::Result<Vec<Line>> {
    let folder = tempfile::tempdir_in(arena.folder())?;
    let mut lines = Vec::new();
    for (kind, rows) in [("single-row", 1), ("multi-row", 1000)] {
        let mut sizes = Vec::new();
        for megabytes in [50_usize, 12, 25] {
            let path = folder.path().join("dump.sql");
            dump(&path, u64::try_from(megabytes)? * MEGABYTE, rows)?;
            let (mut ours, mut squawk) = (Vec::new(), Vec::new());
            for _ in 0..arena.runs.min(3) {
                ours.push(sluice(arena, folder.path())?.args(["dump.sql"]).run()?);
                if megabytes == 50 {
                    squawk.push(other(arena, folder.path())?.args(["dump.sql"]).run_with(&[0, 1])?);
                }
            }
            if megabytes == 50 {
                let work = format!("check a 50 MB dump, {kind} INSERT");
                lines.push(Line::ratio(&work, "squawk", &ours, &squawk, 0.1));
                lines.push(Line::peak(&work, &ours, 100.0));
            }
            sizes.push((megabytes, ours));
        }
        lines.extend(growth(&format!("check a {kind} dump"), "MB", &sizes));
    }
    Ok(lines)
}

/// One new change on top of a history, without what an earlier run kept and with it.
pub fn history(arena: &Arena, changes: usize) -> anyhow::Result<Vec<Line>> {
    let folder = tempfile::tempdir_in(arena.folder())?;
    std::fs::create_dir(folder.path().join("migrations"))?;
    let name = |number: usize| format!("migrations/{number:05}_change.sql");
    for number in 1..=changes + 1 {
        let text = change(number, 3);
        std::fs::write(folder.path().join(name(number)), text)?;
    }
    let configuration = "[project]\nname = \"bench\"\nmigrations = \"migrations\"\n\n[[environment]]\nname = \"dev\"\n\n\
                         [[database]]\nname = \"target\"\nenvironment = \"dev\"\nurl = \"postgres://localhost/bench\"\n";
    std::fs::write(folder.path().join("sluice.toml"), configuration)?;
    let new = name(changes + 1);
    let cache = folder.path().join("cache");
    let run = || -> anyhow::Result<Sample> {
        let check = arena.program(folder.path())?.env("XDG_CACHE_HOME", &cache);
        check.args(["check", "--server-version", "16", "--fail-on", "never", &new]).run()
    };
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..arena.runs {
        if cache.exists() {
            std::fs::remove_dir_all(&cache)?;
        }
        cold.push(run()?);
        warm.push(run()?);
    }
    anyhow::ensure!(cache.read_dir()?.next().is_some(), "the schema of the history was not kept");
    let work = format!("check 1 change after {changes}");
    Ok(vec![Line::seconds(&work, &cold, 0.5), Line::seconds(&format!("{work}, again"), &warm, 0.05)])
}

/// Time and memory for each unit of the largest size over that of the smallest: 1 is linear.
fn growth(work: &str, unit: &str, sizes: &[(usize, Vec<Sample>)]) -> Option<Line> {
    let mut sizes: Vec<&(usize, Vec<Sample>)> = sizes.iter().collect();
    sizes.sort_by_key(|(size, _)| *size);
    let (small, large) = (sizes.first()?, sizes.last()?);
    let shown: Vec<String> = sizes.iter().map(|(size, _)| size.to_string()).collect();
    let work = format!("{work}, {} {unit}", shown.join("/"));
    Some(Line::growth(&work, (small.0, &small.1), (large.0, &large.1), 1.2))
}

fn sluice<'a>(arena: &'a Arena, folder: &Path) -> anyhow::Result<Subject<'a>> {
    Ok(arena.program(folder)?.args([
        "check",
        "--engine",
        "postgres",
        "--server-version",
        "16",
        "--fail-on",
        "never",
    ]))
}

fn other<'a>(arena: &'a Arena, folder: &Path) -> anyhow::Result<Subject<'a>> {
    let squawk: PathBuf = arena.competitor("squawk")?;
    arena.subject(squawk, folder)
}

/// Change `number` of as many statements, of the kinds that migrations have: two in ten are worth a finding.
fn change(number: usize, statements: usize) -> String {
    let mut text = String::new();
    let accounts = number % 50;
    for index in 0..statements {
        let table = format!("t_{number}_{}", index - index % 10);
        let _ = match index % 10 {
            0 => writeln!(
                text,
                "CREATE TABLE {table} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, \
                 created_at timestamptz NOT NULL DEFAULT now());"
            ),
            1 => writeln!(text, "ALTER TABLE accounts_{accounts} ADD COLUMN note_{number}_{index} text;"),
            2 => writeln!(text, "CREATE INDEX {table}_name ON {table} (name);"),
            3 => writeln!(text, "ALTER TABLE {table} ADD COLUMN total numeric(12,2) NOT NULL DEFAULT 0;"),
            4 => writeln!(text, "INSERT INTO settings (key, value) VALUES ('k_{number}_{index}', 'v');"),
            5 => writeln!(text, "UPDATE settings SET value = 'x' WHERE key = 'k_{number}_{index}';"),
            6 => writeln!(
                text,
                "ALTER TABLE accounts_{accounts} ADD CONSTRAINT c_{number}_{index} CHECK (id > 0) NOT VALID;"
            ),
            7 => writeln!(text, "COMMENT ON TABLE {table} IS 'something';"),
            8 => writeln!(
                text,
                "CREATE VIEW v_{number}_{index} AS SELECT id, name FROM {table} WHERE name <> '';"
            ),
            _ => writeln!(text, "GRANT SELECT ON {table} TO reader;"),
        };
    }
    text
}

fn dump(path: &Path, bytes: u64, rows: usize) -> anyhow::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(
        out,
        "CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL, price numeric, note text);"
    )?;
    let (mut written, mut row) = (0_u64, 0_usize);
    while written < bytes {
        let mut statement = String::from("INSERT INTO items VALUES ");
        for index in 0..rows {
            let comma = if index == 0 { "" } else { ",\n" };
            write!(
                statement,
                "{comma}({row}, 'item {row}', {row}.25, 'some longer note with '' quote {row}')"
            )?;
            row += 1;
        }
        statement.push_str(";\n");
        out.write_all(statement.as_bytes())?;
        written += u64::try_from(statement.len())?;
    }
    out.flush()?;
    Ok(())
}
