use sluice_testkit::mysql;

use crate::case::{CASE, Case, tell};
use crate::schema::Server;

/// A table with rows.
const ORDERS: &str = "\
CREATE TABLE orders (id bigint PRIMARY KEY, code varchar(20), total int NOT NULL DEFAULT 0 COMMENT 'cents') \
ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO orders VALUES (1, 'a', 10), (2, 'b', 20);
";

pub const CASES: &[Case] = &[
    Case {
        rule: "locks/algorithm-not-stated",
        before: ORDERS,
        change: "ALTER TABLE orders ADD COLUMN note varchar(10) DEFAULT 'x';",
        ..CASE
    },
    Case {
        rule: "locks/algorithm-not-stated",
        before: ORDERS,
        change: "CREATE INDEX orders_total ON orders (total);",
        ..CASE
    },
    Case {
        rule: "locks/algorithm-refused",
        before: ORDERS,
        change: "ALTER TABLE orders ADD INDEX orders_total (total), ALGORITHM=INSTANT;",
        instead: Some((
            "ALTER TABLE orders ADD INDEX orders_total (total);",
            "the server refuses it as it is written",
        )),
        ..CASE
    },
    Case {
        rule: "transactions/many-ddl-mysql",
        before: ORDERS,
        change: "ALTER TABLE orders ADD COLUMN note varchar(10);\nALTER TABLE orders ADD COLUMN other int;\n\n-- the last\nCREATE INDEX orders_note ON orders (note);\n",
        follow_ups: 2,
        ..CASE
    },
    Case {
        rule: "timeouts/lock-timeout-long",
        before: ORDERS,
        change: "SET lock_wait_timeout = 3600;\nALTER TABLE orders ADD COLUMN note varchar(10);\n",
        ..CASE
    },
    Case {
        rule: "schema/utf8mb3",
        before: ORDERS,
        change: "CREATE TABLE notes (id bigint PRIMARY KEY, body varchar(20) CHARACTER SET utf8);",
        instead: Some((
            "CREATE TABLE notes (id bigint PRIMARY KEY, body varchar(20) CHARACTER SET utf8mb4);",
            "the charset is what the rule is about",
        )),
        ..CASE
    },
    Case {
        rule: "schema/display-width",
        before: ORDERS,
        change: "CREATE TABLE notes (id bigint(5) unsigned PRIMARY KEY, n int(3) NOT NULL DEFAULT 1);",
        instead: Some((
            "CREATE TABLE notes (id bigint unsigned PRIMARY KEY, n int NOT NULL DEFAULT 1);",
            "the width is what the rule is about",
        )),
        ..CASE
    },
    Case {
        rule: "correctness/insert-without-columns",
        before: ORDERS,
        change: "INSERT INTO orders VALUES (3, 'c', 30);",
        ..CASE
    },
];

/// For versions that are not there to be asked: what the fix writes is run on the server that is.
pub const OF_OTHER_VERSIONS: &[Case] = &[Case {
    rule: "locks/instant-version-bug",
    before: ORDERS,
    change: "ALTER TABLE orders ADD COLUMN note varchar(10) DEFAULT 'x';",
    options: &["--engine", "mysql", "--server-version", "8.0.29"],
    ..CASE
}];

#[test]
fn fixes_lead_to_the_same_on_mariadb() {
    tell(Server::Mariadb, CASES);
    tell(Server::Mariadb, OF_OTHER_VERSIONS);
}

#[test]
fn fixes_lead_to_the_same_on_mysql() {
    if mysql().is_some() {
        tell(Server::Mysql, CASES);
    }
}
