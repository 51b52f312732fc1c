use sluice_schema::{ConstraintKind, Name, Origin, Schema};
use sluice_sql::{Dialect, PieceKind};

use super::apply;
use crate::Session;

/// The schema that `sql` leads to.
fn replayed(dialect: Dialect, sql: &str) -> Schema {
    let mut schema = Schema::empty(dialect);
    let mut session = Session::default();
    for piece in sluice_sql::split(dialect, sql).unwrap() {
        if piece.kind != PieceKind::Blank {
            let parsed = sluice_sql::parse(dialect, sql, piece.body);
            apply(&mut schema, &mut session, sql, &parsed.statement, Origin::default());
        }
    }
    schema
}

#[test]
fn tables_have_the_columns_constraints_and_indexes_that_the_server_would_give_them() {
    let schema = replayed(
        Dialect::Postgres,
        "CREATE TABLE Parent (id bigint PRIMARY KEY, code text NOT NULL UNIQUE);
         CREATE TABLE child (id serial PRIMARY KEY, parent_id bigint REFERENCES parent, a int CHECK (a > 0), \
         CONSTRAINT ab UNIQUE (a, parent_id));
         CREATE INDEX ON child (lower(a::text), parent_id) WHERE a > 5;
         ALTER TABLE child ADD COLUMN b varchar(20) DEFAULT now() NOT NULL, DROP COLUMN id;",
    );
    let child = &schema.relations[&Name::new("public", "child")];
    let columns: Vec<&str> = child.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["parent_id", "a", "b"]);
    let constraints: Vec<&str> = child.constraints.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(constraints, ["child_parent_id_fkey", "child_a_check", "ab"]);
    let indexes: Vec<&str> = child.indexes.iter().map(|index| index.name.as_str()).collect();
    assert_eq!(indexes, ["ab", "child_lower_parent_id_idx"]);
    let (_, key) = child.foreign_keys().next().unwrap();
    assert_eq!((key.table.to_string(), &key.referenced[..]), ("parent".to_owned(), &["id".to_owned()][..]));
    assert!(schema.sequences.is_empty(), "an owned sequence goes with its column");
}

#[test]
fn children_of_a_partitioned_table_share_its_columns_and_indexes() {
    let schema = replayed(
        Dialect::Postgres,
        "CREATE TABLE p (id int NOT NULL, r int NOT NULL) PARTITION BY RANGE (r);
         CREATE INDEX p_id ON p (id);
         CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
         CREATE TABLE pd PARTITION OF p DEFAULT;
         ALTER TABLE p ADD COLUMN z int;",
    );
    let p = Name::new("public", "p");
    let children = schema.partitions(&p);
    assert_eq!(children.len(), 2);
    assert!(children.iter().all(|child| child.column("z").is_some()));
    assert_eq!(children[0].indexes[0].name, "p1_id_idx");
    assert!(children[1].default_partition);
}

#[test]
fn validated_checks_prove_what_they_say() {
    let schema = replayed(
        Dialect::Postgres,
        "CREATE TABLE t (a int);
         ALTER TABLE t ADD CONSTRAINT a_there CHECK (a IS NOT NULL AND a > 1) NOT VALID;",
    );
    let t = &schema.relations[&Name::new("public", "t")];
    assert!(!t.proves_not_null("a"));
    assert!(matches!(&t.constraints[0].kind, ConstraintKind::Check { not_null, .. } if not_null == &["a"]));
    let schema = replayed(
        Dialect::Postgres,
        "CREATE TABLE t (a int);
         ALTER TABLE t ADD CONSTRAINT a_there CHECK (a IS NOT NULL AND a > 1) NOT VALID;
         ALTER TABLE t VALIDATE CONSTRAINT a_there;",
    );
    assert!(schema.relations[&Name::new("public", "t")].proves_not_null("a"));
}

#[test]
fn renames_and_drops_reach_what_points_there() {
    let schema = replayed(
        Dialect::Postgres,
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a_id int REFERENCES a);
         CREATE VIEW v AS SELECT id FROM a;
         ALTER TABLE a RENAME TO c; ALTER TABLE c RENAME COLUMN id TO key;",
    );
    let b = &schema.relations[&Name::new("public", "b")];
    assert_eq!(b.foreign_keys().next().unwrap().1.table.name, "c");
    assert_eq!(schema.views_of(&Name::new("public", "c")).count(), 1);
    let schema = replayed(
        Dialect::Postgres,
        "CREATE TABLE a (id int PRIMARY KEY); CREATE VIEW v AS SELECT id FROM a; DROP TABLE a CASCADE;",
    );
    assert!(schema.relations.is_empty());
}

#[test]
fn mysql_redefines_whole_columns() {
    let schema = replayed(
        Dialect::Mysql,
        "CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, a varchar(10) NOT NULL DEFAULT 'x', KEY ka (a));
         ALTER TABLE t CHANGE a b varchar(20) FIRST, ADD UNIQUE KEY ub (b);",
    );
    let t = &schema.relations[&Name::new("", "t")];
    assert_eq!(t.columns[0].name, "b");
    assert!(!t.columns[0].not_null && t.columns[0].default.is_none());
    assert_eq!(
        t.indexes.iter().map(|index| index.name.as_str()).collect::<Vec<_>>(),
        ["PRIMARY", "ka", "ub"]
    );
    assert!(t.indexes[1].uses("b"));
}

#[test]
fn what_depends_on_a_column_or_type_follows_it() {
    let schema = replayed(
        Dialect::Postgres,
        "CREATE TYPE mood AS ENUM ('a');
         CREATE TABLE a (id int PRIMARY KEY, m mood, n int NOT NULL);
         CREATE TABLE b (a_id int REFERENCES a);
         CREATE VIEW v AS SELECT id FROM a;
         ALTER TABLE a ALTER COLUMN n ADD GENERATED ALWAYS AS IDENTITY;
         ALTER TABLE a RENAME COLUMN id TO key;
         ALTER TABLE a RENAME TO c;
         DROP TYPE mood CASCADE;",
    );
    let (b, c) = (&schema.relations[&Name::new("public", "b")], Name::new("public", "c"));
    assert_eq!(b.foreign_keys().next().unwrap().1.referenced, ["key"]);
    assert_eq!(schema.views_of(&c).next().unwrap().uses[0].columns, ["key"]);
    assert!(schema.relations[&c].column("m").is_none());
    let sequence = &schema.sequences[&Name::new("public", "a_n_seq")];
    assert_eq!(sequence.owned_by, Some((c.clone(), "n".to_owned())));
}

#[test]
fn a_key_that_is_dropped_with_cascade_takes_the_foreign_keys_along() {
    let schema = replayed(
        Dialect::Postgres,
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a_id int REFERENCES a);
         ALTER TABLE a DROP CONSTRAINT a_pkey CASCADE;",
    );
    assert!(schema.relations[&Name::new("public", "b")].constraints.is_empty());
}

#[test]
fn a_table_that_becomes_a_partition_gets_the_indexes_of_the_whole() {
    let schema = replayed(
        Dialect::Postgres,
        "CREATE TABLE p (r int NOT NULL) PARTITION BY RANGE (r); CREATE INDEX ON p (r);
         CREATE TABLE one (r int NOT NULL); CREATE TABLE two (r int NOT NULL); CREATE INDEX own ON two (r);
         ALTER TABLE p ATTACH PARTITION one FOR VALUES FROM (0) TO (1);
         ALTER TABLE p ATTACH PARTITION two FOR VALUES FROM (1) TO (2);",
    );
    let indexes = |table: &str| {
        let relation = &schema.relations[&Name::new("public", table)];
        relation.indexes.iter().map(|index| index.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!((indexes("one"), indexes("two")), (vec!["one_r_idx".to_owned()], vec!["own".to_owned()]));
}

#[test]
fn a_table_takes_its_sequences_to_another_schema() {
    let schema = replayed(Dialect::Postgres, "CREATE TABLE t (a serial); ALTER TABLE t SET SCHEMA s;");
    let sequence = &schema.sequences[&Name::new("s", "t_a_seq")];
    assert_eq!(sequence.owned_by, Some((Name::new("s", "t"), "a".to_owned())));
}

#[test]
fn the_index_of_a_primary_key_can_be_dropped_by_its_name() {
    for drop in ["DROP INDEX `PRIMARY` ON t", "ALTER TABLE t DROP INDEX `PRIMARY`"] {
        let schema = replayed(Dialect::Mysql, &format!("CREATE TABLE t (a int PRIMARY KEY); {drop};"));
        assert!(schema.relations[&Name::new("", "t")].indexes.is_empty(), "{drop}");
    }
}

#[test]
fn a_table_that_is_copied_again_and_again_does_not_fill_the_memory() {
    let mut sql = "CREATE TABLE t0 (a int, CHECK (a > 0), UNIQUE (a));".to_owned();
    for at in 0..60 {
        let next = at + 1;
        sql.push_str(&format!("CREATE TABLE t{next} (LIKE t{at} INCLUDING ALL, LIKE t{at} INCLUDING ALL);"));
    }
    let schema = replayed(Dialect::Postgres, &sql);
    let last = &schema.relations[&Name::new("public", "t60")];
    assert_eq!(last.columns.len(), 1);
    assert!(last.indexes.len() <= 4096 && last.constraints.len() <= 4096);
}

#[test]
fn names_of_keys_are_those_that_sqlite_picks() {
    let schema = replayed(
        Dialect::Sqlite,
        "CREATE TABLE orgs (id integer PRIMARY KEY, slug text UNIQUE); CREATE TABLE t (a text PRIMARY KEY, b UNIQUE);
         ALTER TABLE t RENAME TO u; CREATE TABLE t (a text PRIMARY KEY);",
    );
    let automatic = |table: &str| -> Vec<String> {
        let indexes = schema.relations[&Name::new("main", table)].indexes.iter();
        indexes.map(|index| index.name.clone()).filter(|name| name.contains("autoindex")).collect()
    };
    assert_eq!(automatic("orgs"), ["sqlite_autoindex_orgs_1"]);
    assert_eq!(automatic("u"), ["sqlite_autoindex_u_1", "sqlite_autoindex_u_2"]);
    assert_eq!(automatic("t"), ["sqlite_autoindex_t_1"]);
}
