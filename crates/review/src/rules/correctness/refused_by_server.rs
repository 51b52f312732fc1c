use sluice_sql::Dialect;
use sluice_sql::model::StatementKind;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// The server refuses a statement because of what is there.
    ///
    /// ## Why
    /// The change stops at it when it is applied. Rules that know more of a case say it in their own words; this one is about all
    /// others of which the forecast is certain.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE customers (id bigint PRIMARY KEY, email text);
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id));
    /// CREATE VIEW emails AS SELECT email FROM customers;
    /// CREATE MATERIALIZED VIEW totals AS SELECT customer_id, count(*) AS n FROM orders GROUP BY customer_id;
    /// CREATE TYPE mood AS ENUM ('sad', 'glad');
    /// CREATE TABLE events (id bigint, at date, mood mood) PARTITION BY RANGE (at);
    /// CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    /// CREATE TABLE events_rest PARTITION OF events DEFAULT;
    /// ```
    /// ```sql postgres
    /// CREATE INDEX CONCURRENTLY events_id ON events (id);
    /// ```
    /// ```sql postgres
    /// CREATE UNIQUE INDEX events_id ON events (id);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE events ADD PRIMARY KEY (id);
    /// ```
    /// ```sql postgres
    /// ALTER TABLE events ADD COLUMN code integer UNIQUE;
    /// ```
    /// ```sql postgres 17
    /// ALTER TABLE events ADD FOREIGN KEY (id) REFERENCES customers (id) NOT VALID;
    /// ```
    /// ```sql postgres
    /// ALTER TABLE events DETACH PARTITION events_2026 CONCURRENTLY;
    /// ```
    /// ```sql postgres
    /// REFRESH MATERIALIZED VIEW CONCURRENTLY totals;
    /// ```
    /// ```sql postgres
    /// TRUNCATE customers;
    /// ```
    /// ```sql postgres
    /// ALTER TABLE customers ALTER COLUMN id DROP NOT NULL;
    /// ```
    /// ```sql postgres
    /// ALTER TABLE customers DROP COLUMN email;
    /// ```
    /// ```sql postgres
    /// ALTER TABLE customers DROP CONSTRAINT customers_pkey;
    /// ```
    /// ```sql postgres
    /// DROP TYPE mood;
    /// ```
    /// ```sql mysql mariadb before
    /// CREATE TABLE customers (id bigint PRIMARY KEY, email varchar(80));
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, FOREIGN KEY (customer_id) REFERENCES customers (id));
    /// ```
    /// ```sql mysql mariadb
    /// ALTER TABLE customers MODIFY COLUMN id bigint unsigned NOT NULL;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE customers (id bigint PRIMARY KEY, email text);
    /// CREATE MATERIALIZED VIEW emails AS SELECT id, email FROM customers;
    /// CREATE UNIQUE INDEX emails_id ON emails (id);
    /// CREATE TYPE mood AS ENUM ('sad', 'glad');
    /// ```
    /// ```sql postgres
    /// REFRESH MATERIALIZED VIEW CONCURRENTLY emails;
    /// ```
    /// ```sql postgres
    /// DROP TYPE mood;
    /// ```
    /// ```sql mysql mariadb before
    /// CREATE TABLE customers (id bigint PRIMARY KEY, email varchar(80));
    /// CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, FOREIGN KEY (customer_id) REFERENCES customers (id));
    /// ```
    /// ```sql mysql mariadb
    /// ALTER TABLE customers MODIFY COLUMN email varchar(90);
    /// ```
    ///
    /// ## Source
    /// Measured on PostgreSQL 14–18 and MariaDB 10.11; MySQL manual, FOREIGN KEY Constraints.
    RefusedByServer, "correctness/refused-by-server", Engines::SERVERS, Error, Recommended
}

impl Rule for RefusedByServer {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn yields_to(&self) -> &'static [&'static str] {
        &[
            "correctness/drop-constraint-index",
            "correctness/drop-referenced-table",
            "correctness/duplicate-column",
            "correctness/duplicate-index-name",
            "correctness/duplicate-table",
            "correctness/index-on-missing-column",
            "correctness/missing-column",
            "correctness/missing-constraint",
            "correctness/missing-index",
            "correctness/missing-table",
            "correctness/partition-key-in-unique",
            "correctness/type-used-by-view",
            "locks/algorithm-refused",
        ]
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        // Nobody asks for forecasts of rows, of which a dump has a million.
        if matches!(cx.parsed.statement.kind(), StatementKind::Rows | StatementKind::Query) {
            return;
        }
        let forecast = cx.forecast();
        let Some(words) = &forecast.refused else { return };
        // Where MySQL and MariaDB refuse only how it is to be done, the rule about that has the way out.
        if cx.dialect() != Dialect::Postgres && forecast.online.is_some() {
            return;
        }
        out.report(cx.parsed.span, format!("the server refuses this: {words}"))
            .help(help(words))
            .evidence(forecast.evidence);
    }
}

/// What to do about it, by the server's words.
fn help(words: &str) -> &'static str {
    let by_words = [
        (
            "cannot create index on partitioned table",
            "build it concurrently on each partition, and on the table ON ONLY",
        ),
        ("unique constraint on partitioned table", "put the columns of the partition key into it"),
        (
            "cannot add NOT VALID foreign key",
            "add it to each partition as NOT VALID, validate it, and then add it to the table",
        ),
        (
            "cannot detach partitions concurrently",
            "detach it without CONCURRENTLY when no long transaction uses the table",
        ),
        ("cannot refresh materialized view", "create a unique index on plain columns of it first"),
        ("cannot truncate", "name the tables that reference it, too"),
        ("cannot drop", "drop what depends on it first, by name"),
    ];
    let found = by_words.iter().find(|(begin, _)| words.starts_with(begin));
    found.map_or("change what is in its way first, or leave it out: the change stops here", |(_, help)| help)
}
