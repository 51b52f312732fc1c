use std::any::Any;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use tempfile::TempDir;

use crate::point::Point;
use crate::runner::Runner;
use crate::stage::Target;
use crate::story::{Effect, Story};

/// A SQLite file.
pub struct SqliteTarget {
    folder: TempDir,
}

/// Never ends, and yields nothing.
const SPIN: &str = "SELECT x FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c) \
     WHERE x < 0";

/// As the first change makes it.
const REST: &str = "CREATE VIEW spin AS SELECT 1 AS x";

impl SqliteTarget {
    /// A file that does not exist yet.
    pub fn create() -> Box<dyn Target> {
        let folder =
            tempfile::Builder::new().prefix("sluice-faults-db-").tempdir().expect("a temporary folder");
        Box::new(Self { folder })
    }

    /// The changes: among them a table that is built anew with foreign keys off, and VACUUM.
    pub fn story() -> Story {
        let rows: Vec<String> = (1..=200).map(|row| format!("({row})")).collect();
        Story {
            changes: vec![
                (
                    "1_base.sql",
                    format!(
                        "CREATE TABLE effects (effect text NOT NULL);\nCREATE TABLE counter (n integer NOT NULL);\n\
                         INSERT INTO counter VALUES (0);\nCREATE TABLE orders (id integer PRIMARY KEY, total integer);\n\
                         INSERT INTO orders (total) VALUES {};\n{REST};\nINSERT INTO effects VALUES ('1');\n",
                        rows.join(", ")
                    ),
                ),
                (
                    "2_transaction.sql",
                    "UPDATE counter SET n = n + 1;\nINSERT INTO effects SELECT '2' FROM spin;\n".to_owned(),
                ),
                (
                    "3_rebuild.sql",
                    "INSERT INTO effects VALUES ('3 before');\nPRAGMA foreign_keys = OFF;\n\
                     CREATE TABLE orders_new (id integer PRIMARY KEY, total integer, note text);\n\
                     INSERT INTO orders_new (id, total) SELECT id, total FROM orders;\nDROP TABLE orders;\n\
                     ALTER TABLE orders_new RENAME TO orders;\nPRAGMA foreign_keys = ON;\nVACUUM;\n\
                     INSERT INTO effects VALUES ('3 after');\n"
                        .to_owned(),
                ),
                (
                    "4_late.sql",
                    "-- sluice: transaction=none\nINSERT INTO effects VALUES ('4 before');\nCREATE TABLE late (i integer);\n\
                     INSERT INTO effects VALUES ('4 after');\n"
                        .to_owned(),
                ),
            ],
            effects: vec![
                Effect::new("1", 5, "SELECT CASE count(*) WHEN 200 THEN 1 WHEN 0 THEN 0 ELSE 9 END FROM orders"),
                Effect::new("1", 7, "SELECT count(*) FROM effects WHERE effect = '1'"),
                Effect::new("2", 1, "SELECT n FROM counter"),
                Effect::new("2", 2, "SELECT count(*) FROM effects WHERE effect = '2'"),
                Effect::new("3", 1, "SELECT count(*) FROM effects WHERE effect = '3 before'"),
                Effect::new("3", 6, "SELECT count(*) FROM pragma_table_info('orders') WHERE name = 'note'"),
                Effect::new("3", 9, "SELECT count(*) FROM effects WHERE effect = '3 after'"),
                Effect::new("4", 1, "SELECT count(*) FROM effects WHERE effect = '4 before'"),
                Effect::new("4", 2, "SELECT count(*) FROM sqlite_schema WHERE name = 'late'"),
                Effect::new("4", 3, "SELECT count(*) FROM effects WHERE effect = '4 after'"),
            ],
            evidence: Vec::new(),
        }
    }

    /// Path of the file.
    fn path(&self) -> PathBuf {
        self.folder.path().join("main.db")
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        self.folder.path().join(format!("main.db{suffix}"))
    }

    fn open(&self) -> Connection {
        open(&self.path())
    }
}

fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).expect("the file can be opened");
    connection.busy_timeout(Duration::from_secs(20)).expect("a time");
    connection
}

/// Lets go by undoing what makes statements spin.
struct Spin {
    path: PathBuf,
    undo: &'static str,
}

impl Drop for Spin {
    fn drop(&mut self) {
        // Waits for the end of whoever spins; a test that failed ends it first.
        let _ = open(&self.path).execute_batch(self.undo);
    }
}

/// Processor time that a process has used, in clock ticks (proc(5)).
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(')').map(|(_, fields)| fields).unwrap_or_default();
    let time =
        |index: usize| fields.split_ascii_whitespace().nth(index).and_then(|text| text.parse::<u64>().ok());
    time(11).unwrap_or(0) + time(12).unwrap_or(0)
}

/// The byte of SQLite's PENDING lock, held while a commit waits for readers.
const PENDING: u64 = 0x4000_0000;

/// The byte of SQLite's RESERVED lock, held by a transaction that writes.
const RESERVED: u64 = PENDING + 1;

/// Whether a process holds one of SQLite's locks of a file.
fn holds(pid: u32, path: &Path, lock: u64) -> bool {
    let inode = fs::metadata(path).map_or(0, |metadata| metadata.ino());
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    locks.lines().any(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        words.len() >= 8
            && words[1] == "POSIX"
            && words[3] == "WRITE"
            && words[4] == pid.to_string()
            && words[5].ends_with(&format!(":{inode}"))
            && words[6].parse::<u64>().is_ok_and(|start| start <= lock)
            && words[7].parse::<u64>().is_ok_and(|end| end >= lock)
    })
}

impl Target for SqliteTarget {
    fn url(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }

    fn port(&self) -> Option<u16> {
        None
    }

    fn story(&self) -> Story {
        Self::story()
    }

    fn try_sql(&self, sql: &str) -> Result<String, String> {
        let connection = self.open();
        let mut statement = connection.prepare(sql).map_err(|error| error.to_string())?;
        let columns = statement.column_count();
        let mut rows = statement.query([]).map_err(|error| error.to_string())?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next().map_err(|error| error.to_string())? {
            let cells: Vec<String> = (0..columns)
                .map(|column| match row.get_ref(column).expect("a column") {
                    ValueRef::Null => "NULL".to_owned(),
                    ValueRef::Integer(number) => number.to_string(),
                    ValueRef::Real(number) => number.to_string(),
                    ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
                })
                .collect();
            lines.push(cells.join("|"));
        }
        Ok(lines.join("\n"))
    }

    fn has_table(&self, name: &str) -> bool {
        self.path().exists()
            && self
                .try_sql(&format!("SELECT count(*) FROM sqlite_schema WHERE name = '{name}'"))
                .is_ok_and(|count| count == "1")
    }

    fn ledger_table(&self, name: &str) -> String {
        format!("sluice_{name}")
    }

    fn block(&self, point: Point) -> Box<dyn Any> {
        let path = self.path();
        match point {
            Point::C => {
                self.open()
                    .execute_batch(&format!("BEGIN; DROP VIEW spin; CREATE VIEW spin AS {SPIN}; COMMIT"))
                    .expect("a view");
                Box::new(Spin {
                    path,
                    undo: "BEGIN; DROP VIEW spin; CREATE VIEW spin AS SELECT 1 AS x; COMMIT",
                })
            }
            Point::D => {
                self.open()
                    .execute_batch(&format!(
                        "CREATE TRIGGER hold BEFORE INSERT ON sluice_revision BEGIN {SPIN}; END"
                    ))
                    .expect("a trigger");
                Box::new(Spin { path, undo: "DROP TRIGGER hold" })
            }
            // A reader.
            Point::H => {
                let connection = self.open();
                connection.execute_batch("BEGIN").expect("a transaction");
                let count: i64 = connection
                    .query_row("SELECT count(*) FROM effects", [], |row| row.get(0))
                    .expect("a count");
                assert!(count > 0);
                Box::new(connection)
            }
            _ => panic!("nothing waits at {point:?}"),
        }
    }

    fn is_blocked(&self, runner: &Runner) -> bool {
        let holds = |lock| holds(runner.pid(), &self.path(), lock);
        // 20 ticks are 200 ms of work, for which only a spin has a need.
        holds(PENDING) || (holds(RESERVED) && ticks(runner.pid()) > 20)
    }

    fn blocker(&self, _: &dyn Any) -> String {
        format!("pid {}", std::process::id())
    }

    fn sessions(&self) -> Vec<String> {
        Vec::new()
    }

    fn end_sessions(&self) {
        // What takes the lock away while its holder lives: somebody removes the file.
        let _ = fs::remove_file(self.beside("-sluice-lock"));
    }

    fn lock_holders(&self) -> Vec<String> {
        // A dead holder's file may be there; what counts is the system's lock on it.
        let Ok(file) = fs::File::open(self.beside("-sluice-lock")) else { return Vec::new() };
        match file.try_lock() {
            Ok(()) => Vec::new(),
            Err(_) => vec![fs::read_to_string(self.beside("-sluice-lock")).unwrap_or_default()],
        }
    }

    fn half_done(&self) -> Vec<String> {
        let rows =
            self.try_sql("SELECT name FROM sqlite_schema WHERE name = 'orders_new'").unwrap_or_default();
        rows.lines().map(str::to_owned).collect()
    }

    fn ledger(&self) -> String {
        let mut all = String::new();
        for (table, order) in
            [("fence", "id"), ("revision", "version"), ("statement", "version, ordinal"), ("event", "id")]
        {
            all +=
                &self.try_sql(&format!("SELECT * FROM sluice_{table} ORDER BY {order}")).expect("a ledger");
            all.push('\n');
        }
        all
    }

    fn catalog(&self) -> String {
        let check = self.try_sql("PRAGMA integrity_check").expect("a file");
        assert_eq!(check, "ok", "the file is damaged");
        self.try_sql("SELECT type, name, rootpage, sql FROM sqlite_schema ORDER BY name").expect("a catalog")
    }
}
