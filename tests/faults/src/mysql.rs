use std::any::Any;
use std::sync::Arc;

use sluice_testkit::{MysqlDatabase, MysqlServer, MysqlSession};

use crate::point::Point;
use crate::runner::Runner;
use crate::stage::Target;
use crate::story::{Effect, Story};

/// Sessions of runners: the test's own client comes over the socket. Not `information_schema.processlist`, which makes
/// a temporary table at every look: MariaDB 10.11.19 was seen to crash in dropping one (`ha_maria::drop_table`).
const RUNNERS: &str =
    "performance_schema.threads WHERE processlist_db = database() AND connection_type <> 'Socket'";

/// A database on a MariaDB or MySQL server.
pub struct MysqlTarget {
    database: MysqlDatabase,
}

impl MysqlTarget {
    /// A fresh database.
    pub fn new(server: &Arc<MysqlServer>) -> Box<dyn Target> {
        Box::new(Self { database: server.database() })
    }

    /// The changes: definitions and rows mixed in one file, as people write them.
    pub fn story() -> Story {
        let rows: Vec<String> = (1..=40).map(|row| format!("({row})")).collect();
        Story {
            changes: vec![
                (
                    "1_base.sql",
                    format!(
                        "CREATE TABLE effects (effect varchar(20) NOT NULL);\nCREATE TABLE counter (n int NOT NULL);\n\
                         INSERT INTO counter VALUES (0);\n\
                         CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, total int NOT NULL);\n\
                         INSERT INTO orders (total) VALUES {};\nINSERT INTO effects VALUES ('1');\n",
                        rows.join(", ")
                    ),
                ),
                (
                    "2_transaction.sql",
                    "INSERT INTO effects VALUES ('2');\nUPDATE counter SET n = n + 1;\n".to_owned(),
                ),
                (
                    "3_mixed.sql",
                    "INSERT INTO effects VALUES ('3 before');\nCREATE TABLE copied AS SELECT id, total FROM orders;\n\
                     ALTER TABLE orders ADD COLUMN note int;\nINSERT INTO effects VALUES ('3 after');\n"
                        .to_owned(),
                ),
                (
                    "4_late.sql",
                    "INSERT INTO effects VALUES ('4 before');\nCREATE TABLE late (i int);\n\
                     INSERT INTO effects VALUES ('4 after');\n"
                        .to_owned(),
                ),
            ],
            effects: vec![
                Effect::new("1", 1, TABLE_EFFECTS),
                Effect::new("1", 5, "SELECT CASE count(*) WHEN 40 THEN 1 WHEN 0 THEN 0 ELSE 9 END FROM orders"),
                Effect::new("1", 6, "SELECT count(*) FROM effects WHERE effect = '1'"),
                Effect::new("2", 1, "SELECT count(*) FROM effects WHERE effect = '2'"),
                Effect::new("2", 2, "SELECT COALESCE(max(n), 0) FROM counter"),
                Effect::new("3", 1, "SELECT count(*) FROM effects WHERE effect = '3 before'"),
                Effect::new("3", 2, TABLE_COPIED),
                Effect::new(
                    "3",
                    3,
                    "SELECT count(*) FROM information_schema.columns WHERE table_schema = database() \
                     AND table_name = 'orders' AND column_name = 'note'",
                ),
                Effect::new("3", 4, "SELECT count(*) FROM effects WHERE effect = '3 after'"),
                Effect::new("4", 1, "SELECT count(*) FROM effects WHERE effect = '4 before'"),
                Effect::new("4", 2, TABLE_LATE),
                Effect::new("4", 3, "SELECT count(*) FROM effects WHERE effect = '4 after'"),
            ],
            evidence: vec![("3", 2, "is there and was not before"), ("3", 3, "note")],
        }
    }

    fn rows(&self, sql: &str) -> Vec<String> {
        let rows = self.database.sql(sql);
        rows.lines().map(str::to_owned).collect()
    }

    fn name(&self) -> &str {
        self.database.name()
    }
}

const TABLE_EFFECTS: &str = "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() \
     AND table_name = 'effects'";
const TABLE_COPIED: &str = "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() \
     AND table_name = 'copied'";
const TABLE_LATE: &str = "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() \
     AND table_name = 'late'";

struct Block {
    _session: MysqlSession,
    id: u64,
}

impl Target for MysqlTarget {
    fn url(&self) -> String {
        self.database.url()
    }

    fn port(&self) -> Option<u16> {
        Some(self.database.server().port())
    }

    fn story(&self) -> Story {
        Self::story()
    }

    fn try_sql(&self, sql: &str) -> Result<String, String> {
        self.database.try_sql(sql).map(|rows| rows.replace('\t', "|"))
    }

    fn has_table(&self, name: &str) -> bool {
        let sql = format!(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() AND table_name = '{name}'"
        );
        self.database.sql(&sql) == "1"
    }

    fn ledger_table(&self, name: &str) -> String {
        format!("sluice_{name}")
    }

    fn block(&self, point: Point) -> Box<dyn Any> {
        let lock = match point {
            Point::C => "BEGIN; UPDATE counter SET n = n + 0; SELECT n FROM counter FOR UPDATE",
            // Lets everybody read.
            Point::D => "LOCK TABLES sluice_revision READ",
            // `CREATE TABLE … SELECT` locks the rows that it reads.
            Point::H => "BEGIN; SELECT id FROM orders WHERE id = 7 FOR UPDATE",
            _ => panic!("nothing waits at {point:?}"),
        };
        let mut session = self.database.session();
        let id = session.connection_id();
        session.run(lock);
        Box::new(Block { _session: session, id })
    }

    fn is_blocked(&self, _: &Runner) -> bool {
        let waiting =
            format!("SELECT count(*) FROM {RUNNERS} AND processlist_state LIKE 'Waiting for%lock%'");
        if self.rows(&waiting) == ["1"] {
            return true;
        }
        // Not information_schema.innodb_trx: it shows old news to those who look often.
        let status = self.database.sql("SHOW ENGINE INNODB STATUS");
        self.sessions().iter().any(|id| {
            let name = format!("thread id {id},");
            status.split("---TRANSACTION").any(|one| one.contains("LOCK WAIT") && one.contains(&name))
        })
    }

    fn blocker(&self, block: &dyn Any) -> String {
        format!("KILL {}", block.downcast_ref::<Block>().expect("a block of MySQL").id)
    }

    fn sessions(&self) -> Vec<String> {
        self.rows(&format!("SELECT processlist_id FROM {RUNNERS}"))
    }

    fn end_sessions(&self) {
        for id in self.sessions() {
            // It may have ended in between.
            let _ = self.database.try_sql(&format!("KILL {id}"));
        }
    }

    fn lock_holders(&self) -> Vec<String> {
        let sql = format!("SELECT IS_USED_LOCK(CONCAT('sluice:', LEFT(SHA2('{}', 256), 40)))", self.name());
        self.rows(&sql).into_iter().filter(|id| id != "NULL").collect()
    }

    fn half_done(&self) -> Vec<String> {
        let tables = if self.database.server().is_mariadb() { "INNODB_SYS_TABLES" } else { "INNODB_TABLES" };
        self.rows(&format!(
            "SELECT name FROM information_schema.{tables} WHERE name LIKE '{}/#sql%'",
            self.name().replace('_', "\\_")
        ))
    }

    fn ledger(&self) -> String {
        let tables =
            [("fence", "id"), ("revision", "version"), ("statement", "version, ordinal"), ("event", "id")];
        let sql = tables.map(|(table, order)| format!("SELECT * FROM sluice_{table} ORDER BY {order};"));
        self.database.sql(&sql.join("\n"))
    }

    fn catalog(&self) -> String {
        let tables = "SELECT table_name, engine, create_time FROM information_schema.tables WHERE table_schema = database() \
             ORDER BY table_name";
        let columns = "SELECT table_name, ordinal_position, column_name, column_type, is_nullable, column_default \
             FROM information_schema.columns WHERE table_schema = database() ORDER BY 1, 2";
        let indexes = "SELECT table_name, index_name, seq_in_index, column_name FROM information_schema.statistics \
             WHERE table_schema = database() ORDER BY 1, 2, 3";
        self.database.sql(&[tables, columns, indexes].join(";\n"))
    }
}
