use sluice_mysql::Mysql;
use sluice_sql::Dialect;
use sluice_testkit::{mariadb, mysql};

use crate::plain::assert_same;
use crate::{made_by, made_by_files, read};

const SHAPES: &str = r"
CREATE TABLE customers (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    `full name` varchar(80) NOT NULL DEFAULT 'nobody' COMMENT 'it''s ) ENGINE=x AUTO_INCREMENT=3',
    state enum('new','paid') NOT NULL DEFAULT 'new',
    flags set('a','b'),
    active tinyint(1) NOT NULL DEFAULT 1,
    created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    size int GENERATED ALWAYS AS (length(`full name`)) STORED,
    UNIQUE KEY customers_name (`full name`(20)),
    FULLTEXT KEY customers_text (`full name`)
) COMMENT='who buys';
CREATE TABLE orders (
    id int NOT NULL,
    customer_id bigint unsigned NOT NULL,
    amount decimal(10,2) DEFAULT NULL,
    at date NOT NULL,
    PRIMARY KEY (id),
    KEY orders_amount (amount, at),
    CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE,
    CONSTRAINT orders_sane CHECK (amount > 0)
);
CREATE TABLE events (id int NOT NULL, at int NOT NULL, PRIMARY KEY (id, at))
    PARTITION BY RANGE (at) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE);
CREATE VIEW open_orders AS SELECT o.id, c.state FROM orders o JOIN customers c ON c.id = o.customer_id;
CREATE TRIGGER orders_touch BEFORE INSERT ON orders FOR EACH ROW SET NEW.amount = 1;
CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN n * 2;
CREATE PROCEDURE tidy(IN a int, OUT b int) SET b = a;
INSERT INTO customers (`full name`) VALUES ('a'), ('b');
";

#[test]
fn every_shape_of_a_schema_is_told_as_it_was_made() {
    for server in [Some(mariadb()), mysql()].into_iter().flatten() {
        let dialect = if server.is_mariadb() { Dialect::Mariadb } else { Dialect::Mysql };
        let database = server.database();
        database.sql(SHAPES);
        let live = read(&Mysql, &database.url());
        assert!(live.complete);
        assert_same(&made_by(dialect, &live), &made_by_files(dialect, [SHAPES]));
        database.sql("INSERT INTO customers (`full name`) VALUES ('c'); DELETE FROM customers");
        assert_eq!(read(&Mysql, &database.url()), live, "rows are none of the schema");
    }
}

#[test]
fn a_user_that_may_not_see_everything_does_not_claim_to() {
    let server = mariadb();
    let database = server.database();
    database.sql("CREATE TABLE seen (a int); CREATE TABLE hidden (a int)");
    let user = format!("u{}", database.name().chars().rev().take(12).collect::<String>());
    server.sql(&format!(
        "CREATE USER `{user}`@`%` IDENTIFIED BY ''; CREATE USER `{user}`@`localhost` IDENTIFIED BY '';
         GRANT SELECT ON `{0}`.seen TO `{user}`@`%`; GRANT SELECT ON `{0}`.seen TO `{user}`@`localhost`",
        database.name()
    ));
    let live = read(&Mysql, &server.url_as(&user, database.name()));
    server.sql(&format!("DROP USER `{user}`@`%`, `{user}`@`localhost`"));
    assert_eq!(live.statements.len(), 1);
    assert!(!live.complete);
}

#[test]
fn sequences_and_versioned_tables_of_mariadb_are_told() {
    const OWN: &str = "CREATE SEQUENCE numbers; CREATE TABLE kept (a int) WITH SYSTEM VERSIONING;";
    let database = mariadb().database();
    database.sql(OWN);
    let live = read(&Mysql, &database.url());
    assert_same(&made_by(Dialect::Mariadb, &live), &made_by_files(Dialect::Mariadb, [OWN]));
}
