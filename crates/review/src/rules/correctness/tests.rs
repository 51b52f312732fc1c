use sluice_sql::Dialect;
use sluice_sql::Dialect::{Mariadb, Mysql, Postgres, Sqlite};

use crate::rules::data_loss::tests::silent;

const ORDERS: &str = "CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);\
                      CREATE TABLE orders_new (id integer PRIMARY KEY);";

/// What is right, by the rule that could be wrong about it.
const SILENT: &[(&str, &[(Dialect, &str)])] = &[
    ("compatibility/rename-table", &[(Mysql, "RENAME TABLE orders TO old_orders, orders_new TO orders;")]),
    (
        "correctness/missing-table",
        &[
            (Mysql, "INSERT INTO other_db.log (id) VALUES (1);"),
            (Postgres, "INSERT INTO pg_catalog.pg_class (oid) VALUES (1);"),
            (Postgres, "SELECT 1 AS id INTO copied; INSERT INTO copied (id) VALUES (2);"),
        ],
    ),
    (
        "correctness/missing-column",
        &[
            (Postgres, "ALTER TABLE orders ADD COLUMN a int, ALTER COLUMN a SET DEFAULT 1;"),
            (Postgres, "ALTER TABLE \"orders\" ALTER COLUMN TOTAL SET DEFAULT 1;"),
        ],
    ),
    ("correctness/missing-constraint", &[(Postgres, "ALTER TABLE orders DROP CONSTRAINT orders_pkey;")]),
    ("correctness/missing-index", &[(Mysql, "DROP INDEX `PRIMARY` ON orders;")]),
    (
        "correctness/duplicate-column",
        &[(Mysql, "ALTER TABLE orders CHANGE COLUMN note memo text, ADD COLUMN note int;")],
    ),
    (
        "correctness/index-on-missing-column",
        &[
            (Postgres, "CREATE INDEX a ON orders (lower(note), total DESC);"),
            (Postgres, "ALTER TABLE orders ADD COLUMN a int, ADD UNIQUE (a);"),
            (Sqlite, "CREATE INDEX a ON orders (rowid);"),
        ],
    ),
    (
        "correctness/foreign-key-no-unique",
        &[
            (Sqlite, "CREATE TABLE nodes (id integer PRIMARY KEY, up integer REFERENCES nodes (id));"),
            (Postgres, "ALTER TABLE orders ADD COLUMN up integer REFERENCES orders;"),
        ],
    ),
    (
        "correctness/foreign-key-count",
        &[(Postgres, "ALTER TABLE orders ADD COLUMN up integer REFERENCES orders (id);")],
    ),
    (
        "correctness/insert-column-count",
        &[(Postgres, "INSERT INTO orders (id, note) SELECT id, note FROM orders;")],
    ),
    (
        "correctness/sqlite-add-column",
        &[
            (Sqlite, "ALTER TABLE orders ADD COLUMN a integer DEFAULT (-1);"),
            (Sqlite, "ALTER TABLE orders ADD COLUMN a integer AS (total + 1) VIRTUAL;"),
        ],
    ),
    ("correctness/sqlite-drop-column", &[(Sqlite, "ALTER TABLE orders DROP COLUMN note;")]),
    (
        "correctness/cartesian-join",
        &[
            (Postgres, "CREATE VIEW v AS SELECT a.id FROM orders a, orders b WHERE a.id = b.total;"),
            (Postgres, "CREATE VIEW v AS SELECT a.id FROM orders a CROSS JOIN orders b;"),
            (Mysql, "CREATE VIEW v AS SELECT a.id FROM orders a NATURAL JOIN orders b;"),
        ],
    ),
    (
        "correctness/null-comparison",
        &[
            (Postgres, "UPDATE orders SET note = NULL WHERE id = 1;"),
            (Mysql, "UPDATE orders SET note = NULL WHERE note <=> NULL;"),
        ],
    ),
    (
        "correctness/duplicate-table",
        &[
            (Postgres, "DROP TABLE orders; CREATE TABLE orders (id int PRIMARY KEY);"),
            (Mariadb, "CREATE OR REPLACE TABLE orders (id int PRIMARY KEY);"),
        ],
    ),
    ("compatibility/add-not-null", &[(Postgres, "ALTER TABLE orders ALTER COLUMN total SET NOT NULL;")]),
    ("compatibility/change-type", &[(Postgres, "ALTER TABLE orders ALTER COLUMN total TYPE bigint;")]),
    (
        "compatibility/drop-function",
        &[(Postgres, "DROP FUNCTION f(); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';")],
    ),
    (
        "data-loss/narrow-type",
        &[
            (Mysql, "ALTER TABLE orders MODIFY COLUMN note text;"),
            (Postgres, "ALTER TABLE orders ALTER COLUMN note TYPE text;"),
        ],
    ),
    ("data-loss/drop-table", &[(Sqlite, "DROP TABLE IF EXISTS nothing;")]),
    ("data-loss/drop-column", &[(Postgres, "ALTER TABLE orders DROP COLUMN IF EXISTS nothing;")]),
];

#[test]
fn rules_are_silent_about_what_is_right() {
    for (rule, cases) in SILENT {
        for (dialect, sql) in *cases {
            silent(rule, *dialect, ORDERS, sql);
        }
    }
}
