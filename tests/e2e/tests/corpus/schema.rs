//! What a schema is, by somebody else's judgement.

use std::process::Command;

use sluice_e2e::{EmptyDatabase, Engine};

/// The schema of a database without the ledger, by `pg_dump` where it knows the server's version, otherwise by the
/// server's own functions.
pub fn postgres(database: &EmptyDatabase, major: u32) -> String {
    if pg_dump_version() >= major {
        pg_dump(database.url())
    } else {
        database.sql(&CATALOG.replace("ours n", OURS))
    }
}

/// The schema of a SQLite database without the ledger.
pub fn sqlite(database: &EmptyDatabase) -> String {
    database.sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sluice\\_%' ESCAPE '\\' \
         AND tbl_name NOT LIKE 'sluice\\_%' ESCAPE '\\' AND name <> 'sqlite_sequence' ORDER BY type, name",
    )
}

fn pg_dump(url: &str) -> String {
    let output =
        Command::new("pg_dump").args(["-s", "-N", "sluice", "-d", url]).output().expect("pg_dump starts");
    assert!(output.status.success(), "pg_dump: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    // Newer ones guard the script by a random word.
    text.lines().filter(|line| !line.contains("restrict ")).collect::<Vec<_>>().join("\n")
}

fn pg_dump_version() -> u32 {
    let output = Command::new("pg_dump").arg("--version").output();
    let output = output.expect("pg_dump is installed (tests/setup.sh programs)");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split_whitespace().nth(2).and_then(|version| version.split('.').next()?.parse().ok());
    version.unwrap_or_else(|| panic!("what version is `{text}`?"))
}

/// Runs files by the database's own client, one process each.
pub fn run_files(database: &EmptyDatabase, engine: Engine, files: &[std::path::PathBuf]) {
    for file in files {
        let sql = std::fs::read_to_string(file).unwrap();
        match engine {
            Engine::Postgres(_) => {
                let mut psql = Command::new("psql");
                psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database.url(), "-f"]).arg(file);
                let output = psql.output().expect("psql starts");
                assert!(output.status.success(), "{file:?}: {}", String::from_utf8_lossy(&output.stderr));
            }
            Engine::Sqlite | Engine::Mariadb => drop(database.sql(&sql)),
        }
    }
}

/// Schemas that are neither the system's nor the ledger's.
const OURS: &str = "(SELECT oid, nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN \
                    ('information_schema', 'sluice')) n";

const CATALOG: &str = "
SELECT 'column', n.nspname, c.relname, c.relkind, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid), a.attgenerated, a.attidentity, col_description(c.oid, a.attnum)
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN ours n ON n.oid = c.relnamespace
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 'i' ORDER BY 2, 3, 5;
SELECT 'constraint', n.nspname, conrelid::regclass, conname, convalidated, pg_get_constraintdef(k.oid)
  FROM pg_constraint k JOIN ours n ON n.oid = k.connamespace ORDER BY 2, 3, 4;
SELECT 'index', n.nspname, c.relname, i.indisvalid, pg_get_indexdef(i.indexrelid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN ours n ON n.oid = c.relnamespace ORDER BY 2, 3;
SELECT 'function', n.nspname, p.proname, p.prokind, CASE p.prokind WHEN 'a' THEN pg_get_function_arguments(p.oid) ELSE pg_get_functiondef(p.oid) END
  FROM pg_proc p JOIN ours n ON n.oid = p.pronamespace ORDER BY 2, 3, 5;
SELECT 'trigger', tgrelid::regclass, tgname, tgenabled, pg_get_triggerdef(t.oid)
  FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN ours n ON n.oid = c.relnamespace WHERE NOT tgisinternal ORDER BY 2, 3;
SELECT 'view', n.nspname, c.relname, c.relkind, pg_get_viewdef(c.oid)
  FROM pg_class c JOIN ours n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') ORDER BY 2, 3;
SELECT 'comment', c.relname, obj_description(c.oid) FROM pg_class c JOIN ours n ON n.oid = c.relnamespace
 WHERE obj_description(c.oid) IS NOT NULL ORDER BY 2;
SELECT 'sequence', n.nspname, c.relname, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax
  FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN ours n ON n.oid = c.relnamespace ORDER BY 2, 3;
SELECT 'type', n.nspname, t.typname, t.typtype, (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid)
  FROM pg_type t JOIN ours n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd', 'r') ORDER BY 2, 3;
SELECT 'extension', extname FROM pg_extension ORDER BY 2";
