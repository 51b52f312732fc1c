//! Reading a schema as facts: what is put together without asking the server for each object, and what is asked only where the
//! database has something to answer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod kit;

use std::collections::BTreeMap;

use kit::open;
use sluice_facts::{Fact, FactId, Kind, Snapshot};
use sluice_testkit::{POSTGRES_VERSIONS, TestDatabase, postgres};

async fn facts(database: &TestDatabase) -> Snapshot {
    open(database.url()).await.facts().await.unwrap()
}

fn find<'a>(snapshot: &'a Snapshot, id: &str) -> &'a Fact {
    let found = snapshot.facts().iter().find(|fact| fact.id.as_str() == id);
    found.unwrap_or_else(|| panic!("{id} is not among {:?}", ids(snapshot)))
}

fn ids(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.facts().iter().map(|fact| fact.id.as_str()).collect()
}

/// Indexes of every kind that is put together, and of many that only look like it.
const INDEXES: &str = r#"
    CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN d AS text; CREATE DOMAIN n AS int;
    CREATE TABLE t (id bigint PRIMARY KEY, v varchar(10), w varchar COLLATE "C", c char(3), x text, y text COLLATE "C", num numeric,
        m mood, d d, n n, a int[], j jsonb, "odd ""name" int, "select" int, p point, ts timestamptz, u uuid, b bool, nm name,
        dt date, iv interval, ip inet, tv tsvector, r int4range, mon money, bt bit(3), by bytea, o oid);
    CREATE INDEX i01 ON t (v); CREATE INDEX i02 ON t (w); CREATE INDEX i03 ON t (x, y, c); CREATE INDEX i04 ON t (x COLLATE "C");
    CREATE INDEX i05 ON t (y COLLATE "default"); CREATE INDEX i06 ON t (v COLLATE "C");
    CREATE INDEX i07 ON t (num DESC, id NULLS FIRST, v DESC NULLS LAST, c ASC NULLS LAST, b DESC NULLS FIRST);
    CREATE INDEX i08 ON t (x text_pattern_ops); CREATE INDEX i09 ON t (v varchar_pattern_ops); CREATE INDEX i10 ON t (v varchar_ops);
    CREATE INDEX i11 ON t (v text_ops); CREATE INDEX i12 ON t (c bpchar_pattern_ops); CREATE INDEX i13 ON t (m); CREATE INDEX i14 ON t (d);
    CREATE INDEX i15 ON t (n); CREATE INDEX i16 ON t (a); CREATE INDEX i17 ON t (j); CREATE INDEX i18 ON t USING gin (j);
    CREATE INDEX i19 ON t USING hash (x); CREATE INDEX i20 ON t USING gist (p); CREATE INDEX i21 ON t USING brin (ts);
    CREATE INDEX i22 ON t ("odd ""name", "select"); CREATE INDEX "odd ""index" ON t (id, u);
    CREATE INDEX i24 ON t (nm, u, b, dt, iv, ip, tv, r, mon, bt, by, o, ts);
    CREATE UNIQUE INDEX i25 ON t (num, x); CREATE UNIQUE INDEX i26 ON t (num) INCLUDE (v, m, j);
    CREATE INDEX i27 ON t (lower(x)); CREATE INDEX i28 ON t (num) WHERE num > 3; CREATE INDEX i29 ON t (num) WITH (fillfactor = 50);
    CREATE INDEX i30 ON t USING gist (tv tsvector_ops (siglen = 100)); CREATE INDEX i31 ON t (id, (num + 1));
    ALTER TABLE t RENAME COLUMN x TO renamed; ALTER TABLE t DROP COLUMN bt;
    CREATE SCHEMA "Odd.Schema"; CREATE TABLE "Odd.Schema"."T" (a int, b varchar); CREATE INDEX ON "Odd.Schema"."T" (a, b);
    CREATE TABLE part (a int, b text) PARTITION BY LIST (a); CREATE TABLE part1 PARTITION OF part FOR VALUES IN (1);
    CREATE INDEX pi ON part (b); CREATE INDEX po ON ONLY part (b DESC);
    CREATE MATERIALIZED VIEW mv AS SELECT v, num FROM t; CREATE UNIQUE INDEX mi ON mv (v, num)"#;

/// What the server says of every index that is no constraint's, by name.
fn written(database: &TestDatabase) -> BTreeMap<String, String> {
    let told = database.psql(
        "SET search_path = ''; SELECT o.relname || '|' || pg_get_indexdef(o.oid) FROM pg_index x JOIN pg_class o ON o.oid = x.indexrelid \
         WHERE o.oid >= 16384 AND NOT x.indisprimary",
    );
    told.lines()
        .filter_map(|line| line.split_once('|'))
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect()
}

fn read(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let indexes = snapshot.facts().iter().filter(|fact| fact.kind == Kind::Index);
    indexes.map(|fact| (fact.id.name(), fact.payload.text("definition").unwrap().to_owned())).collect()
}

#[tokio::test]
async fn an_index_reads_as_the_server_writes_it() {
    for major in POSTGRES_VERSIONS {
        let database = postgres(major).database();
        database.psql(INDEXES);
        if major >= 15 {
            database.psql("CREATE UNIQUE INDEX i32 ON t (num, u) NULLS NOT DISTINCT");
        }
        let expected = written(&database);
        assert!(expected.len() > 33, "{expected:?}");
        assert_eq!(read(&facts(&database).await), expected, "PostgreSQL {major}");
    }
}

#[tokio::test]
async fn an_operator_class_of_somebodys_own_changes_how_the_server_writes_and_we_read() {
    let database = postgres(POSTGRES_VERSIONS[0]).database();
    database.psql(
        "CREATE TABLE t (v varchar, i int); CREATE INDEX on_text ON t (v); CREATE INDEX plain ON t (i);
         CREATE OPERATOR CLASS mine DEFAULT FOR TYPE varchar USING btree AS OPERATOR 1 < (text, text), OPERATOR 2 <= (text, text),
             OPERATOR 3 = (text, text), OPERATOR 4 >= (text, text), OPERATOR 5 > (text, text), FUNCTION 1 (varchar, varchar) bttextcmp(text, text);
         CREATE INDEX on_mine ON t (v)",
    );
    let expected = written(&database);
    assert!(expected["on_text"].contains("text_ops"), "{expected:?}");
    assert_eq!(read(&facts(&database).await), expected);
}

#[tokio::test]
async fn defaults_and_sequences_of_columns_are_told_apart_from_their_columns() {
    for major in POSTGRES_VERSIONS {
        let database = postgres(major).database();
        database.psql(
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
             CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, a int DEFAULT f(), g int GENERATED ALWAYS AS (a + 1) STORED,
                 \"Q \"\"x\" text DEFAULT 'it''s');
             COMMENT ON COLUMN t.id IS 'the column'; COMMENT ON SEQUENCE t_id_seq IS 'the sequence';
             CREATE TABLE u (id bigint DEFAULT nextval('t_id_seq'));
             CREATE VIEW on_g AS SELECT g FROM t",
        );
        let snapshot = facts(&database).await;
        let expression = |id: &str| find(&snapshot, id).payload.text("expression").map(str::to_owned);
        let needs = |id: &str, needed: &str| {
            assert!(find(&snapshot, id).needs().any(|need| need.as_str() == needed), "{id} needs {needed}");
        };
        assert_eq!(expression("default:public.t.a").as_deref(), Some("public.f()"));
        assert_eq!(expression("default:public.t.\"Q \"\"x\"").as_deref(), Some("'it''s'::text"));
        assert_eq!(expression("column:public.t.g").as_deref(), Some("(a + 1)"));
        assert!(!ids(&snapshot).contains(&"default:public.t.g"));
        needs("default:public.t.a", "function:public.f()");
        needs("default:public.t.a", "column:public.t.a");
        needs("default:public.u.id", "column:public.t.id");
        needs("column:public.t.g", "column:public.t.a");
        needs("view:public.on_g", "column:public.t.g");
        assert_eq!(find(&snapshot, "comment:column:public.t.id").payload.text("text"), Some("the column"));
        let comments = snapshot.facts().iter().filter(|fact| fact.kind == Kind::Comment);
        assert!(comments.into_iter().any(|fact| fact.payload.text("text") == Some("the sequence")));
    }
}

/// What few databases have: how it is made, what it is read as, and how it goes.
const RARE: &[(&str, &str, &str)] = &[
    ("CREATE TYPE e AS ENUM ('a')", "enum:public.e", "DROP TYPE e"),
    ("CREATE DOMAIN d AS int", "domain:public.d", "DROP DOMAIN d"),
    ("CREATE DOMAIN d AS int CHECK (value > 0)", "constraint:public.d.d_check", "DROP DOMAIN d"),
    ("CREATE TYPE c AS (a int)", "composite:public.c", "DROP TYPE c"),
    ("CREATE TYPE c AS (a int)", "attribute:public.c.a", "DROP TYPE c"),
    ("CREATE TYPE r AS RANGE (SUBTYPE = float4)", "range:public.r", "DROP TYPE r"),
    ("CREATE COLLATION k (LOCALE = 'C')", "collation:public.k", "DROP COLLATION k"),
    ("CREATE CAST (point AS jsonb) WITH INOUT", "cast:point AS jsonb", "DROP CAST (point AS jsonb)"),
    (
        "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)",
        "operator:public.=== (integer, integer)",
        "DROP OPERATOR === (int, int)",
    ),
    ("CREATE SEQUENCE s", "sequence:public.s", "DROP SEQUENCE s"),
    ("CREATE SEQUENCE s OWNED BY t.a", "sequence_owner:public.s", "DROP SEQUENCE s"),
    ("CREATE VIEW v AS SELECT 1 AS a", "view:public.v", "DROP VIEW v"),
    (
        "CREATE VIEW v AS SELECT 1 AS a; ALTER VIEW v ALTER a SET DEFAULT 2",
        "default:public.v.a",
        "DROP VIEW v",
    ),
    ("CREATE MATERIALIZED VIEW v AS SELECT 1 AS a", "materialized_view:public.v", "DROP MATERIALIZED VIEW v"),
    (
        "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p DEFAULT",
        "partition:public.p1",
        "DROP TABLE p",
    ),
    (
        "CREATE TABLE p (a int PRIMARY KEY) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p DEFAULT",
        "index_partition:public.p1_pkey",
        "DROP TABLE p",
    ),
    ("CREATE STATISTICS st ON a, b FROM t", "statistics:public.st", "DROP STATISTICS st"),
    ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "function:public.f()", "DROP FUNCTION f"),
    ("CREATE PROCEDURE f() LANGUAGE sql AS 'SELECT 1'", "procedure:public.f()", "DROP PROCEDURE f"),
    (
        "CREATE AGGREGATE g(int) (SFUNC = int4pl, STYPE = int)",
        "aggregate:public.g(integer)",
        "DROP AGGREGATE g(int)",
    ),
    (
        "CREATE TRIGGER r BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "trigger:public.t.r",
        "DROP TRIGGER r ON t",
    ),
    (
        "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; \
         CREATE EVENT TRIGGER x ON sql_drop EXECUTE FUNCTION f()",
        "event_trigger:x",
        "DROP EVENT TRIGGER x; DROP FUNCTION f",
    ),
    ("CREATE RULE r AS ON INSERT TO t DO ALSO NOTHING", "rule:public.t.r", "DROP RULE r ON t"),
    ("CREATE POLICY p ON t USING (true)", "policy:public.t.p", "DROP POLICY p ON t"),
    (
        "CREATE TEXT SEARCH DICTIONARY x (TEMPLATE = simple)",
        "text_search_dictionary:public.x",
        "DROP TEXT SEARCH DICTIONARY x",
    ),
    (
        "CREATE TEXT SEARCH CONFIGURATION x (COPY = simple)",
        "text_search_configuration:public.x",
        "DROP TEXT SEARCH CONFIGURATION x",
    ),
    ("CREATE FOREIGN DATA WRAPPER w", "foreign_data_wrapper:w", "DROP FOREIGN DATA WRAPPER w"),
    (
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR public SERVER s",
        "user_mapping:s.public",
        "DROP FOREIGN DATA WRAPPER w CASCADE",
    ),
    (
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE ft (a int DEFAULT 3) SERVER s",
        "default:public.ft.a",
        "DROP FOREIGN DATA WRAPPER w CASCADE",
    ),
    ("CREATE PUBLICATION b FOR TABLE t", "publication_member:b.public.t", "DROP PUBLICATION b"),
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO public",
        "default_privileges:\"\".public.TABLES.public",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM public",
    ),
    ("GRANT SELECT ON t TO public", "grant:table:public.t@public", "REVOKE SELECT ON t FROM public"),
    (
        "GRANT SELECT (a) ON t TO public",
        "grant:column:public.t.a@public",
        "REVOKE SELECT (a) ON t FROM public",
    ),
];

/// What is not modelled, alone in its database, as above.
const UNMODELLED: &[(&str, &str, &str)] = &[
    (
        "CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
        "conversion public.c",
        "DROP CONVERSION c",
    ),
    (
        "CREATE OPERATOR FAMILY f USING btree",
        "operator family public.f",
        "DROP OPERATOR FAMILY f USING btree",
    ),
    ("CREATE TYPE shell", "type public.shell", "DROP TYPE shell"),
];

#[tokio::test]
async fn what_few_databases_have_is_read_where_it_is_all_there_is() {
    for major in [POSTGRES_VERSIONS[0], POSTGRES_VERSIONS[POSTGRES_VERSIONS.len() - 1]] {
        let database = postgres(major).database();
        database.psql("CREATE TABLE t (a int, b int)");
        let mut session = open(database.url()).await;
        let empty = session.facts().await.unwrap();
        for (made, id, gone) in RARE {
            database.psql(made);
            let snapshot = session.facts().await.unwrap();
            find(&snapshot, id);
            database.psql(gone);
            assert_eq!(session.facts().await.unwrap(), empty, "PostgreSQL {major}: after {gone}");
        }
        for (made, name, gone) in UNMODELLED {
            database.psql(made);
            let snapshot = session.facts().await.unwrap();
            assert!(snapshot.unmodelled.iter().any(|known| **known == **name), "{:?}", snapshot.unmodelled);
            database.psql(gone);
            assert_eq!(session.facts().await.unwrap(), empty, "PostgreSQL {major}: after {gone}");
        }
    }
}

#[tokio::test]
async fn owners_are_named_where_they_are_neither_us_nor_the_databases() {
    for major in [POSTGRES_VERSIONS[0], POSTGRES_VERSIONS[POSTGRES_VERSIONS.len() - 1]] {
        let database = postgres(major).database();
        let role = format!("Owner {}", database.name());
        database.psql(&format!(
            "CREATE ROLE \"{role}\"; CREATE TABLE mine (a int); CREATE TABLE theirs (a int); ALTER TABLE theirs OWNER TO \"{role}\""
        ));
        let snapshot = facts(&database).await;
        let owner = |table: &str| {
            let id = FactId::new(Kind::Table, ["public", table]);
            snapshot.get(&id).unwrap().payload.text("owner").map(str::to_owned)
        };
        assert_eq!((owner("mine"), owner("theirs")), (None, Some(role.clone())));
        database.psql(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
    }
}
