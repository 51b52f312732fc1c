use crate::case::{CASE, Case, tell};
use crate::schema::Server;

/// A table with rows.
const ORDERS: &str = "\
CREATE TABLE customers (id bigint PRIMARY KEY, name text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, code text, total integer, paid_at timestamp);
INSERT INTO customers SELECT n, 'c' || n FROM generate_series(1, 5) n;
INSERT INTO orders SELECT n, n % 5 + 1, 'o' || n, n * 10, timestamp '2026-01-01' + n * interval '1 day'
FROM generate_series(1, 2500) n;
";

/// A partitioned table with rows.
const EVENTS: &str = "\
CREATE TABLE events (id bigint NOT NULL, at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE events_2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
INSERT INTO events SELECT n, date '2026-01-01' + n::int, 'k' || n % 3 FROM generate_series(1, 500) n;
";

/// A fix that is meant to end with another type.
const TYPE: &str = "the type is what the rule is about";

pub const CASES: &[Case] = &[
    Case {
        rule: "locks/create-index",
        before: ORDERS,
        change: "CREATE INDEX orders_total ON orders (total DESC) INCLUDE (code) WHERE total > 5;",
        ..CASE
    },
    Case {
        rule: "locks/create-index",
        before: ORDERS,
        change: "CREATE UNIQUE INDEX IF NOT EXISTS orders_code ON orders USING btree (lower(code));\nCOMMENT ON INDEX orders_code IS 'x';\n",
        ..CASE
    },
    Case {
        rule: "locks/create-index-partitioned",
        before: EVENTS,
        change: "CREATE INDEX events_kind ON events (kind) WHERE kind <> 'k1';",
        instead: Some((
            "CREATE INDEX events_kind ON events (kind) WHERE kind <> 'k1'; \
             ALTER INDEX events_2026_kind_idx RENAME TO events_kind_events_2026; \
             ALTER INDEX events_2027_kind_idx RENAME TO events_kind_events_2027;",
            "the server would name the partitions' indexes; what is built beforehand must be named before it is attached",
        )),
        follow_ups: 3,
        ..CASE
    },
    Case {
        rule: "locks/drop-index",
        before: "CREATE TABLE t (id int, a int); INSERT INTO t VALUES (1, 2); CREATE INDEX t_a ON t (a);",
        change: "DROP INDEX t_a;",
        ..CASE
    },
    Case {
        rule: "locks/reindex",
        before: "CREATE TABLE t (id int, a int); INSERT INTO t VALUES (1, 2); CREATE INDEX t_a ON t (a);",
        change: "REINDEX TABLE t;",
        ..CASE
    },
    Case {
        rule: "locks/reindex",
        before: "CREATE TABLE t (id int, a int); INSERT INTO t VALUES (1, 2); CREATE INDEX t_a ON t (a);",
        change: "REINDEX (VERBOSE) INDEX t_a;",
        ..CASE
    },
    Case {
        rule: "locks/refresh-materialized-view",
        before: "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 2);
                 CREATE MATERIALIZED VIEW v AS SELECT id, a FROM t; CREATE UNIQUE INDEX v_id ON v (id);
                 INSERT INTO t VALUES (2, 3);",
        change: "REFRESH MATERIALIZED VIEW v;",
        ..CASE
    },
    Case {
        rule: "locks/detach-partition",
        before: EVENTS,
        change: "ALTER TABLE events DETACH PARTITION events_2026;",
        instead: Some((
            "ALTER TABLE events DETACH PARTITION events_2026; \
             ALTER TABLE events_2026 ADD CHECK (at IS NOT NULL AND at >= '2026-01-01'::date AND at < '2027-01-01'::date);",
            "CONCURRENTLY leaves the partition's bound behind as a check",
        )),
        ..CASE
    },
    Case {
        rule: "locks/set-not-null",
        before: ORDERS,
        change: "ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL;",
        follow_ups: 2,
        until: 17,
        ..CASE
    },
    Case {
        rule: "locks/set-not-null",
        before: ORDERS,
        change: "ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL;",
        follow_ups: 1,
        since: 18,
        ..CASE
    },
    Case {
        rule: "locks/set-not-null",
        before: ORDERS,
        change: "ALTER TABLE orders ADD CONSTRAINT has_code NOT NULL code;",
        follow_ups: 1,
        since: 18,
        ..CASE
    },
    Case {
        rule: "locks/add-foreign-key",
        before: ORDERS,
        change: "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE;",
        follow_ups: 1,
        ..CASE
    },
    Case {
        rule: "locks/add-foreign-key",
        before: ORDERS,
        change: "ALTER TABLE orders\n    ADD CONSTRAINT \"Of Customer\" FOREIGN KEY (customer_id) REFERENCES customers\n        DEFERRABLE INITIALLY DEFERRED;\n",
        follow_ups: 1,
        ..CASE
    },
    Case {
        rule: "locks/add-check",
        before: ORDERS,
        change: "ALTER TABLE orders ADD CHECK (total > 0);",
        follow_ups: 1,
        ..CASE
    },
    Case {
        rule: "locks/add-check",
        before: ORDERS,
        change: "ALTER TABLE public.orders ADD CONSTRAINT sane CHECK (total > 0 AND code <> '') NO INHERIT, ADD CHECK (id > 0);",
        follow_ups: 2,
        ..CASE
    },
    Case {
        rule: "locks/add-unique-constraint",
        before: ORDERS,
        change: "ALTER TABLE orders ADD UNIQUE (code, total);",
        follow_ups: 1,
        ..CASE
    },
    Case {
        rule: "locks/add-unique-constraint",
        before: ORDERS,
        change: "ALTER TABLE orders ADD CONSTRAINT one_code UNIQUE NULLS NOT DISTINCT (code);",
        follow_ups: 1,
        since: 15,
        ..CASE
    },
    Case {
        rule: "locks/add-primary-key",
        before: "CREATE TABLE t (id bigint NOT NULL, a int); INSERT INTO t VALUES (1, 2);",
        change: "ALTER TABLE t ADD PRIMARY KEY (id);",
        follow_ups: 1,
        ..CASE
    },
    Case {
        rule: "locks/add-column-check",
        before: ORDERS,
        change: "ALTER TABLE orders ADD COLUMN weight integer DEFAULT 1 NOT NULL CHECK (weight > 0);",
        follow_ups: 1,
        ..CASE
    },
    Case {
        rule: "locks/add-column-check",
        before: ORDERS,
        change: "ALTER TABLE orders ADD COLUMN weight integer CONSTRAINT heavy CHECK (weight > 0) DEFAULT 1, ADD COLUMN note text;",
        follow_ups: 1,
        ..CASE
    },
    Case {
        rule: "locks/add-column-unique",
        before: ORDERS,
        change: "ALTER TABLE orders ADD COLUMN token text UNIQUE;",
        follow_ups: 2,
        ..CASE
    },
    Case {
        rule: "locks/add-column-foreign-key",
        before: ORDERS,
        change: "ALTER TABLE orders ADD COLUMN seller_id bigint NOT NULL DEFAULT 1 REFERENCES customers ON DELETE RESTRICT;",
        follow_ups: 1,
        ..CASE
    },
    Case {
        rule: "locks/combined-alter",
        before: "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t VALUES (1, 2);
                 ALTER TABLE t ADD CONSTRAINT small CHECK (a < 100) NOT VALID;",
        change: "ALTER TABLE t ADD COLUMN b int, VALIDATE CONSTRAINT small, ALTER COLUMN a SET DEFAULT 3;",
        follow_ups: 1,
        ..CASE
    },
    Case {
        rule: "locks/validate-in-same-transaction",
        before: ORDERS,
        change: "ALTER TABLE orders ADD CONSTRAINT sane CHECK (total > 0) NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT sane;\n",
        follow_ups: 1,
        ..CASE
    },
    Case {
        rule: "locks/invalid-index-kept",
        before: ORDERS,
        change: "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_total ON orders (total);",
        ..CASE
    },
    Case {
        rule: "timeouts/lock-timeout-disabled",
        before: ORDERS,
        change: "SET lock_timeout = 0;\nALTER TABLE orders ADD COLUMN note text;\n",
        ..CASE
    },
    Case {
        rule: "timeouts/lock-timeout-missing",
        before: ORDERS,
        change: "ALTER TABLE orders ADD COLUMN note text;\nCREATE INDEX CONCURRENTLY orders_note ON orders (note);\n",
        ..CASE
    },
    Case {
        rule: "transactions/explicit",
        before: ORDERS,
        change: "BEGIN;\nALTER TABLE orders ADD COLUMN note text;\nUPDATE orders SET note = 'x' WHERE id = 1;\nCOMMIT;\n",
        ..CASE
    },
    Case {
        rule: "transactions/unclosed",
        before: ORDERS,
        change: "BEGIN;\nALTER TABLE orders ADD COLUMN note text;\n",
        instead: Some(("ALTER TABLE orders ADD COLUMN note text;\n", "what is not committed is refused")),
        ..CASE
    },
    Case {
        rule: "schema/prefer-timestamptz",
        before: ORDERS,
        change: "CREATE TABLE visits (id bigint PRIMARY KEY, at timestamp(3) NOT NULL DEFAULT now());",
        instead: Some((
            "CREATE TABLE visits (id bigint PRIMARY KEY, at timestamptz(3) NOT NULL DEFAULT now());",
            TYPE,
        )),
        ..CASE
    },
    Case {
        rule: "schema/prefer-jsonb",
        before: ORDERS,
        change: "CREATE TABLE visits (id bigint PRIMARY KEY, body json NOT NULL);",
        instead: Some(("CREATE TABLE visits (id bigint PRIMARY KEY, body jsonb NOT NULL);", TYPE)),
        ..CASE
    },
    Case {
        rule: "schema/prefer-identity",
        before: ORDERS,
        change: "CREATE TABLE visits (id bigserial PRIMARY KEY, at date);",
        instead: Some((
            "CREATE TABLE visits (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, at date);",
            TYPE,
        )),
        ..CASE
    },
    Case {
        rule: "schema/small-primary-key",
        before: ORDERS,
        change: "CREATE TABLE visits (id int PRIMARY KEY, at date);",
        instead: Some(("CREATE TABLE visits (id bigint PRIMARY KEY, at date);", TYPE)),
        ..CASE
    },
    Case {
        rule: "security/security-definer-search-path",
        before: ORDERS,
        change: "CREATE FUNCTION forget(n bigint) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$ DELETE FROM public.orders WHERE id = n $$;",
        instead: Some((
            "CREATE FUNCTION forget(n bigint) RETURNS void LANGUAGE sql SECURITY DEFINER \
             SET search_path = pg_catalog, pg_temp AS $$ DELETE FROM public.orders WHERE id = n $$;",
            "the search path is what the rule is about",
        )),
        ..CASE
    },
    Case {
        rule: "locks/add-primary-key",
        before: "CREATE TABLE t (a bigint, b text); INSERT INTO t VALUES (1, 'x'), (2, 'x');",
        change: "ALTER TABLE t ADD CONSTRAINT t_key PRIMARY KEY (a, b);",
        follow_ups: 4,
        until: 17,
        ..CASE
    },
    Case {
        rule: "locks/add-primary-key",
        before: "CREATE TABLE t (a bigint, b text); INSERT INTO t VALUES (1, 'x'), (2, 'x');",
        change: "ALTER TABLE t ADD CONSTRAINT t_key PRIMARY KEY (a, b);",
        follow_ups: 3,
        since: 18,
        ..CASE
    },
    Case {
        rule: "locks/primary-key-nullable-columns",
        before: "CREATE TABLE t (a bigint, b text); INSERT INTO t VALUES (1, 'x'); CREATE UNIQUE INDEX t_a ON t (a);",
        change: "ALTER TABLE t ADD CONSTRAINT t_a PRIMARY KEY USING INDEX t_a;",
        follow_ups: 3,
        until: 17,
        ..CASE
    },
    Case {
        rule: "locks/primary-key-nullable-columns",
        before: "CREATE TABLE t (a bigint, b text); INSERT INTO t VALUES (1, 'x'); CREATE UNIQUE INDEX t_a ON t (a);",
        change: "ALTER TABLE t ADD CONSTRAINT t_a PRIMARY KEY USING INDEX t_a;",
        follow_ups: 2,
        since: 18,
        ..CASE
    },
    Case {
        rule: "locks/add-column-volatile-default",
        before: ORDERS,
        change: "ALTER TABLE orders ADD COLUMN token text DEFAULT md5(random()::text) NOT NULL, ADD COLUMN note text;",
        follow_ups: 4,
        until: 17,
        rows: Some((
            "select count(*), count(token), count(distinct token), sum(total), max(code) from orders",
            "what is random is another each time",
        )),
        ..CASE
    },
    Case {
        rule: "locks/add-column-volatile-default",
        before: ORDERS,
        change: "ALTER TABLE public.orders ADD seen_at timestamptz NOT NULL DEFAULT clock_timestamp();",
        follow_ups: 3,
        since: 18,
        rows: Some((
            "select count(*), count(seen_at), sum(total), max(code) from orders",
            "what the clock says is another each time",
        )),
        ..CASE
    },
    Case {
        rule: "locks/add-column-serial",
        before: ORDERS,
        change: "ALTER TABLE public.orders ADD COLUMN number bigserial;",
        follow_ups: 4,
        until: 17,
        rows: Some((
            "select count(*), min(number), max(number), count(distinct number) from orders; \
             select nextval('orders_number_seq')",
            "rows are numbered in the order of their keys, not in that in which they lie",
        )),
        ..CASE
    },
    Case {
        rule: "locks/add-column-serial",
        before: ORDERS,
        change: "ALTER TABLE orders ADD COLUMN number serial NOT NULL;",
        follow_ups: 3,
        since: 18,
        ..CASE
    },
    Case {
        rule: "locks/column-type-rewrite",
        before: ORDERS,
        change: "ALTER TABLE orders ALTER COLUMN total TYPE bigint;",
        instead: Some((
            "ALTER TABLE orders ADD COLUMN total_new bigint; UPDATE orders SET total_new = total; \
             ALTER TABLE orders DROP COLUMN total; ALTER TABLE orders RENAME COLUMN total_new TO total;",
            "a column that takes another one's place comes last",
        )),
        follow_ups: 2,
        ..CASE
    },
    Case {
        rule: "locks/column-type-rewrite",
        before: "CREATE TABLE public.t (id uuid PRIMARY KEY, a varchar(10) NOT NULL DEFAULT 'x');
                 INSERT INTO t SELECT md5(n::text)::uuid, n::text FROM generate_series(1, 2500) n;",
        change: "ALTER TABLE public.t ALTER a SET DATA TYPE varchar(8);",
        instead: Some((
            "ALTER TABLE t ADD COLUMN b varchar(8); UPDATE t SET b = a; ALTER TABLE t ALTER b SET NOT NULL; \
             ALTER TABLE t DROP COLUMN a; ALTER TABLE t RENAME COLUMN b TO a; ALTER TABLE t ALTER a SET DEFAULT 'x';",
            "a column that takes another one's place comes last",
        )),
        follow_ups: 5,
        until: 17,
        ..CASE
    },
    Case {
        rule: "locks/column-type-rewrite",
        before: "CREATE TABLE public.t (id uuid PRIMARY KEY, a varchar(10) NOT NULL DEFAULT 'x');
                 INSERT INTO t SELECT md5(n::text)::uuid, n::text FROM generate_series(1, 2500) n;",
        change: "ALTER TABLE public.t ALTER a SET DATA TYPE varchar(8);",
        instead: Some((
            "ALTER TABLE t DROP CONSTRAINT t_a_not_null; ALTER TABLE t ADD COLUMN b varchar(8); UPDATE t SET b = a; \
             ALTER TABLE t DROP COLUMN a; ALTER TABLE t RENAME COLUMN b TO a; ALTER TABLE t ALTER a SET NOT NULL; \
             ALTER TABLE t ALTER a SET DEFAULT 'x';",
            "a column that takes another one's place comes last",
        )),
        follow_ups: 4,
        since: 18,
        ..CASE
    },
    Case {
        rule: "locks/attach-partition",
        before: "CREATE TABLE events (id bigint NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
                 CREATE TABLE old (id bigint NOT NULL, at date NOT NULL);
                 INSERT INTO old SELECT n, date '2026-01-01' + n::int FROM generate_series(1, 300) n;",
        change: "ALTER TABLE events ATTACH PARTITION old FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
        follow_ups: 2,
        ..CASE
    },
    Case {
        rule: "locks/attach-partition",
        before: "CREATE TABLE events (id bigint, kind text) PARTITION BY LIST (kind);
                 CREATE TABLE old (id bigint, kind text); INSERT INTO old VALUES (1, 'a'), (2, 'b');",
        change: "ALTER TABLE events ATTACH PARTITION public.old FOR VALUES IN ('a', 'b');",
        follow_ups: 2,
        ..CASE
    },
    Case {
        rule: "locks/domain-constraint",
        before: "CREATE DOMAIN amount AS int; CREATE TABLE t (id int PRIMARY KEY, a amount); INSERT INTO t VALUES (1, 2);",
        change: "ALTER DOMAIN amount ADD CONSTRAINT positive CHECK (VALUE > 0);",
        follow_ups: 1,
        ..CASE
    },
    Case {
        rule: "locks/slow-work-after-lock",
        before: ORDERS,
        change: "ALTER TABLE orders ADD COLUMN note text;\n-- every one of them\nUPDATE orders SET note = code WHERE total > 10;\nDELETE FROM orders WHERE total = 10;\n",
        follow_ups: 1,
        ..CASE
    },
    Case {
        rule: "locks/several-hot-tables",
        before: ORDERS,
        change: "ALTER TABLE orders ADD COLUMN note text;\nALTER TABLE customers ADD COLUMN note text;\nCOMMENT ON COLUMN customers.note IS 'x';\n",
        follow_ups: 2,
        ..CASE
    },
    Case {
        rule: "rows/mixed-ddl-and-dml",
        before: ORDERS,
        change: "ALTER TABLE orders ADD COLUMN note text;\nUPDATE orders SET note = code WHERE id = 7",
        follow_ups: 1,
        ..CASE
    },
    Case {
        rule: "timeouts/lock-timeout-long",
        before: ORDERS,
        change: "SET lock_timeout = '5min';\nALTER TABLE orders ADD COLUMN note text;\n",
        ..CASE
    },
    Case {
        rule: "timeouts/statement-timeout-on-concurrent-work",
        before: ORDERS,
        change: "SET statement_timeout = '5s';\nCREATE INDEX CONCURRENTLY orders_total ON orders (total);\n",
        ..CASE
    },
    Case {
        rule: "correctness/insert-without-columns",
        before: "CREATE TABLE t (id int PRIMARY KEY, \"order\" int, a_b text, c int);",
        change: "INSERT INTO t VALUES (1, 2, 'x', 3), (4, 5, 'y', 6) ON CONFLICT (id) DO NOTHING;",
        ..CASE
    },
    Case {
        rule: "naming/index-unnamed",
        before: ORDERS,
        change: "CREATE UNIQUE INDEX ON orders (code, total DESC);",
        ..CASE
    },
    Case {
        rule: "naming/constraint-unnamed",
        before: ORDERS,
        change: "CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint, sku text, n int,
                     FOREIGN KEY (order_id) REFERENCES orders (id), UNIQUE (order_id, sku), CHECK (n > 0), CHECK (n < id));",
        ..CASE
    },
    Case {
        rule: "naming/constraint-unnamed",
        before: ORDERS,
        change: "ALTER TABLE orders ADD CHECK (total >= 0) NOT VALID;",
        ..CASE
    },
    Case {
        rule: "schema/prefer-text",
        before: ORDERS,
        change: "CREATE TABLE visits (id bigint PRIMARY KEY, page varchar(80) NOT NULL, host varchar);",
        instead: Some((
            "CREATE TABLE visits (id bigint PRIMARY KEY, page text CHECK (char_length(page) <= 80) NOT NULL, host text);",
            TYPE,
        )),
        ..CASE
    },
];

#[test]
fn fixes_lead_to_the_same_on_postgres_14() {
    tell(Server::Postgres(14), CASES);
}

#[test]
fn fixes_lead_to_the_same_on_postgres_16() {
    tell(Server::Postgres(16), CASES);
}

#[test]
fn fixes_lead_to_the_same_on_postgres_18() {
    tell(Server::Postgres(18), CASES);
}
