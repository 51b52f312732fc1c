use proptest::prelude::*;
use sluice_promises::Replayed;
use sluice_sql::Dialect;

use crate::choices::cases;

/// Things that come and go again: what makes one, and what takes it away.
const COMINGS: [(Dialect, &str, &str); 14] = [
    (Dialect::Postgres, "CREATE TABLE x (a serial PRIMARY KEY, b int UNIQUE REFERENCES t)", "DROP TABLE x"),
    (Dialect::Postgres, "CREATE VIEW x AS SELECT id FROM t", "DROP VIEW x"),
    (Dialect::Postgres, "CREATE INDEX x ON t (a)", "DROP INDEX x"),
    (Dialect::Postgres, "CREATE TYPE x AS ENUM ('a')", "DROP TYPE x"),
    (Dialect::Postgres, "CREATE SEQUENCE x OWNED BY t.a", "DROP SEQUENCE x"),
    (Dialect::Postgres, "ALTER TABLE t ADD COLUMN x int UNIQUE CHECK (x > 0)", "ALTER TABLE t DROP COLUMN x"),
    (Dialect::Postgres, "ALTER TABLE t ADD CONSTRAINT x CHECK (a > 0)", "ALTER TABLE t DROP CONSTRAINT x"),
    (Dialect::Mysql, "CREATE TABLE x (a int PRIMARY KEY, KEY (a))", "DROP TABLE x"),
    (Dialect::Mysql, "ALTER TABLE t ADD COLUMN x int, ADD KEY x (x)", "ALTER TABLE t DROP COLUMN x"),
    (Dialect::Mysql, "CREATE INDEX x ON t (a)", "DROP INDEX x ON t"),
    (Dialect::Mariadb, "ALTER TABLE t ADD CONSTRAINT x CHECK (a > 0)", "ALTER TABLE t DROP CONSTRAINT x"),
    (Dialect::Sqlite, "CREATE TABLE x (a INTEGER PRIMARY KEY)", "DROP TABLE x"),
    (Dialect::Sqlite, "CREATE UNIQUE INDEX x ON t (a)", "DROP INDEX x"),
    (Dialect::Sqlite, "ALTER TABLE t ADD COLUMN x TEXT", "ALTER TABLE t DROP COLUMN x"),
];

/// Renames there and back.
const RENAMES: [(Dialect, &str, &str); 9] = [
    (Dialect::Postgres, "ALTER TABLE t RENAME TO x", "ALTER TABLE x RENAME TO t"),
    (Dialect::Postgres, "ALTER TABLE t RENAME COLUMN a TO x", "ALTER TABLE t RENAME COLUMN x TO a"),
    (Dialect::Postgres, "ALTER INDEX t_pkey RENAME TO x", "ALTER INDEX x RENAME TO t_pkey"),
    (
        Dialect::Postgres,
        "ALTER TABLE t RENAME CONSTRAINT t_pkey TO x",
        "ALTER TABLE t RENAME CONSTRAINT x TO t_pkey",
    ),
    (Dialect::Postgres, "ALTER TABLE t SET SCHEMA x", "ALTER TABLE x.t SET SCHEMA public"),
    (Dialect::Mysql, "RENAME TABLE t TO x", "RENAME TABLE x TO t"),
    (Dialect::Mysql, "ALTER TABLE t RENAME COLUMN a TO x", "ALTER TABLE t RENAME COLUMN x TO a"),
    (Dialect::Sqlite, "ALTER TABLE t RENAME TO x", "ALTER TABLE x RENAME TO t"),
    (Dialect::Sqlite, "ALTER TABLE t RENAME a TO x", "ALTER TABLE t RENAME x TO a"),
];

const BASE: &str = "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int);\
    CREATE TABLE u (id int PRIMARY KEY, t_id int, FOREIGN KEY (t_id) REFERENCES t (id));\
    CREATE INDEX t_b ON t (b, a);\
    CREATE VIEW v AS SELECT a FROM t;";

#[test]
fn what_comes_and_goes_leaves_the_schema_as_it_was() {
    for (dialect, there, back) in COMINGS.into_iter().chain(RENAMES) {
        let mut replayed = Replayed::empty(dialect);
        replayed.run(BASE);
        let before = replayed.schema.clone();
        replayed.run(there);
        assert_ne!(replayed.schema, before, "{dialect}: {there} does nothing");
        replayed.run(back);
        assert_eq!(replayed.schema, before, "{dialect}: {there}; {back}");
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn statements_that_nobody_knows_change_nothing_that_is_known(dialect in prop::sample::select(&Dialect::ALL[..]), text in "[a-z]{1,8}( \\PC{0,30})?") {
        let known = ["create", "alter", "drop", "rename", "set", "use", "select", "with", "values", "table", "comment", "pragma", "do", "begin"];
        prop_assume!(!known.iter().any(|word| text.starts_with(word)));
        let mut replayed = Replayed::empty(dialect);
        replayed.run(BASE);
        let before = replayed.schema.clone();
        replayed.run(&text.replace(';', " "));
        // But that nothing else is there is not known any more.
        replayed.schema.complete = before.complete;
        prop_assert_eq!(replayed.schema, before);
    }
}
