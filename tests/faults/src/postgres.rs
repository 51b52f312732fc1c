use std::any::Any;
use std::sync::Arc;

use sluice_testkit::{PostgresServer, PsqlSession, TestDatabase};

use crate::point::Point;
use crate::runner::Runner;
use crate::stage::Target;
use crate::story::{Effect, Story};

/// A database on a PostgreSQL server.
pub struct PostgresTarget {
    database: TestDatabase,
    server: Arc<PostgresServer>,
}

impl PostgresTarget {
    /// A fresh database.
    pub fn new(server: &Arc<PostgresServer>) -> Box<dyn Target> {
        Box::new(Self { database: server.database(), server: Arc::clone(server) })
    }

    /// The changes.
    pub fn story() -> Story {
        let orders = "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY, total int NOT NULL);\n\
                      INSERT INTO orders (total) SELECT generate_series(1, 300);";
        Story {
            changes: vec![
                (
                    "1_base.sql",
                    format!(
                        "CREATE TABLE effects (effect text NOT NULL);\nCREATE TABLE counter (n int NOT NULL);\n\
                         INSERT INTO counter VALUES (0);\n{orders}\nINSERT INTO effects VALUES ('1');\n"
                    ),
                ),
                (
                    "2_transaction.sql",
                    "INSERT INTO effects VALUES ('2');\nUPDATE counter SET n = n + 1;\n\
                     ALTER TABLE orders ADD COLUMN note text;\n"
                        .to_owned(),
                ),
                (
                    "3_index.sql",
                    "INSERT INTO effects VALUES ('3 before');\n\
                     CREATE INDEX CONCURRENTLY orders_total_idx ON orders (total);\n\
                     INSERT INTO effects VALUES ('3 after');\n"
                        .to_owned(),
                ),
                (
                    "4_late.sql",
                    "-- sluice: transaction=none\nINSERT INTO effects VALUES ('4 before');\nCREATE TABLE late (i int);\n\
                     INSERT INTO effects VALUES ('4 after');\n"
                        .to_owned(),
                ),
            ],
            effects: vec![
                Effect::new("1", 1, "SELECT count(*) FROM pg_class WHERE relname = 'effects'"),
                Effect::new("1", 5, "SELECT CASE count(*) WHEN 300 THEN 1 WHEN 0 THEN 0 ELSE 9 END FROM orders"),
                Effect::new("1", 6, "SELECT count(*) FROM effects WHERE effect = '1'"),
                Effect::new("2", 1, "SELECT count(*) FROM effects WHERE effect = '2'"),
                Effect::new("2", 2, "SELECT n FROM counter"),
                Effect::new(
                    "2",
                    3,
                    "SELECT count(*) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'note'",
                ),
                Effect::new("3", 1, "SELECT count(*) FROM effects WHERE effect = '3 before'"),
                Effect::new(
                    "3",
                    2,
                    "SELECT count(*) FROM pg_index WHERE indrelid = 'orders'::regclass AND indisvalid AND indisready",
                ),
                Effect::new("3", 3, "SELECT count(*) FROM effects WHERE effect = '3 after'"),
                Effect::new("4", 1, "SELECT count(*) FROM effects WHERE effect = '4 before'"),
                Effect::new("4", 2, "SELECT count(*) FROM pg_class WHERE relname = 'late'"),
                Effect::new("4", 3, "SELECT count(*) FROM effects WHERE effect = '4 after'"),
            ],
            evidence: vec![("3", 2, "is there and valid")],
        }
    }

    fn rows(&self, sql: &str) -> Vec<String> {
        let rows = self.database.psql(sql);
        rows.lines().map(str::to_owned).collect()
    }
}

/// The runners' sessions.
const OURS: &str = "datname = current_database() AND application_name LIKE 'sluice/%'";

struct Block {
    _session: PsqlSession,
    pid: u32,
}

impl Target for PostgresTarget {
    fn url(&self) -> String {
        self.database.url().to_owned()
    }

    fn port(&self) -> Option<u16> {
        Some(self.server.port())
    }

    fn story(&self) -> Story {
        Self::story()
    }

    fn try_sql(&self, sql: &str) -> Result<String, String> {
        self.database.try_psql(sql)
    }

    fn has_table(&self, name: &str) -> bool {
        self.database.psql(&format!("SELECT to_regclass('{name}') IS NOT NULL")) == "t"
    }

    fn ledger_table(&self, name: &str) -> String {
        format!("sluice.{name}")
    }

    fn block(&self, point: Point) -> Box<dyn Any> {
        let lock = match point {
            Point::C => "LOCK TABLE orders IN ACCESS SHARE MODE",
            // Lets everybody read.
            Point::D => "LOCK TABLE sluice.revision IN EXCLUSIVE MODE",
            Point::H => "LOCK TABLE orders IN ROW EXCLUSIVE MODE",
            _ => panic!("nothing waits at {point:?}"),
        };
        let mut session = self.database.session();
        // Change 2 alters the same table: with a block at `h` it is applied before.
        session.run(&format!("BEGIN; {lock}"));
        let pid = session.backend();
        Box::new(Block { _session: session, pid })
    }

    fn is_blocked(&self, _: &Runner) -> bool {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE {OURS} AND state = 'active' AND wait_event_type = 'Lock'"
        );
        self.rows(&sql) == ["1"]
    }

    fn blocker(&self, block: &dyn Any) -> String {
        let block = block.downcast_ref::<Block>().expect("a block of PostgreSQL");
        format!("pg_terminate_backend({})", block.pid)
    }

    fn sessions(&self) -> Vec<String> {
        self.rows(&format!("SELECT pid FROM pg_stat_activity WHERE {OURS}"))
    }

    fn end_sessions(&self) {
        self.database.psql(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OURS}"));
    }

    fn lock_holders(&self) -> Vec<String> {
        self.rows(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' \
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        )
    }

    fn half_done(&self) -> Vec<String> {
        self.rows("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid")
    }

    fn ledger(&self) -> String {
        let tables =
            [("fence", "id"), ("revision", "version"), ("statement", "version, ordinal"), ("event", "id")];
        let sql =
            tables.map(|(table, order)| format!("SELECT t::text FROM sluice.{table} t ORDER BY {order};"));
        self.database.psql(&sql.join("\n"))
    }

    fn catalog(&self) -> String {
        self.database.psql(
            "SELECT c.oid, c.relname, c.relkind, c.relfilenode, i.indisvalid, pg_get_indexdef(i.indexrelid), \
             (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull, ', ' \
              ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid \
             WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY c.oid",
        )
    }
}
