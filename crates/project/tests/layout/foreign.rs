use std::path::PathBuf;

use sluice_project::layout::{Layout, read};
use sluice_rollout::{ChangeKind, Split, TransactionMode};

use crate::kit::{blocks, change, errors, read_files, repository, shown, versions, warnings};

#[test]
fn flyway_versions_are_recorded_as_flyway_records_them() {
    let directory = read_files(
        None,
        &[
            ("m/V1_2__orders.sql", "select '${schema}'"),
            ("m/V1.10__later.sql", "select 1"),
            ("m/V002__two.sql", "select 1"),
            ("m/V002__two.sql.conf", "# why\nexecuteInTransaction=false\nplaceholderReplacement=false\n"),
            ("m/B002__base.sql", "select 1"),
            ("m/sub/R__views.sql", "select 1"),
            ("m/U1.2__orders.sql", "select 2"),
            ("m/U7__gone.sql", "select 2"),
            ("m/afterMigrate.sql", "select 3"),
            ("m/notes.sql", "select 4"),
            ("m/V3__loud.SQL", "select 5"),
        ],
    );
    assert_eq!(directory.detection.layout, Layout::Flyway);
    assert_eq!(versions(&directory), ["1.2", "1.10", "002", "B002", "R__views"]);
    assert_eq!(blocks(change(&directory, "1.2").down.as_ref().unwrap()), ["select 2"]);
    assert!(change(&directory, "1.2").up.blocks[0].substitute);
    assert!(!change(&directory, "002").up.blocks[0].substitute);
    assert_eq!(change(&directory, "002").directives.transaction, TransactionMode::None);
    assert_eq!(
        warnings(&directory),
        [
            "m/V3__loud.SQL: Flyway does not run this file: its name does not end in .sql (write the ending in lower case, or move the file elsewhere)",
            "m/afterMigrate.sql: Flyway callbacks are not run (put what it does into a change, for example a repeatable one)",
            "m/notes.sql: Flyway does not run this file: its name has no prefix and version (name it V1__name.sql or R__name.sql, or move it elsewhere)",
            "m/U7__gone.sql: the way back belongs to no change (add the change of the same version, or delete the file)",
        ]
    );
}

#[test]
fn liquibase_changesets_keep_their_attributes() {
    let text = "-- Liquibase Formatted SQL\n\n\
        --changeset \"Bob B\":create dbms:postgresql,h2 runInTransaction:false splitStatements:false\n\
        --preconditions onFail:HALT onError:HALT\n\
        --precondition-sql-check expectedResult:0 SELECT COUNT(*) FROM t;\n\
        --comment first\n\
        CREATE FUNCTION f() AS $$ a; b; $$;\n\
        --rollback DROP FUNCTION f();\n\
        --changeset bob:views runOnChange:true endDelimiter:@@ dbms:!mysql\n\
        -- sluice: lock_timeout=1s\n\
        CREATE VIEW v AS SELECT 1@@\n\
        /* liquibase rollback\n\
        DROP VIEW\n\
        v;\n\
        */\n\
        --changeset bob:nothing ignore:true\n\
        SELECT 1;\n\
        --changeset bob:3\n\
        SELECT 3;\n\
        --rollback not required\n\
        --changeset bob:4 logicalFilePath:old/path.sql\n\
        SELECT 4;\n\
        --rollback ALTER TABLE a\n\
        --rollback DROP COLUMN b;\n";
    let directory = read_files(None, &[("m/a.sql", text)]);
    assert_eq!(directory.detection.layout, Layout::Liquibase);
    assert_eq!(
        versions(&directory),
        ["m/a.sql::Bob B:create", "m/a.sql::bob:views", "m/a.sql::bob:3", "old/path.sql::bob:4"]
    );
    let create = &directory.changes[0];
    assert_eq!(create.directives.targets.as_deref(), Some("engine == 'postgres'"));
    assert_eq!(create.directives.transaction, TransactionMode::None);
    let [assert] = &create.directives.asserts[..] else { panic!("one assertion") };
    assert_eq!(assert.sql, "SELECT (SELECT COUNT(*) FROM t) = 0");
    assert!(text[assert.at..].starts_with("SELECT COUNT(*) FROM t"));
    assert_eq!(create.up.blocks[0].split, Split::Whole);
    assert!(blocks(&create.up)[0].ends_with("$$ a; b; $$;"));
    assert_eq!(blocks(create.down.as_ref().unwrap()), ["DROP FUNCTION f();"]);
    let views = change(&directory, "m/a.sql::bob:views");
    assert_eq!(views.kind, ChangeKind::Repeatable);
    assert_eq!(views.up.blocks[0].split, Split::Delimiter("@@".to_owned()));
    assert_eq!(views.directives.targets.as_deref(), Some("!(engine == 'mysql')"));
    assert_eq!(views.directives.lock_timeout, Some(std::time::Duration::from_secs(1)));
    let words =
        |script: &sluice_rollout::Script| blocks(script)[0].split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(views.down.as_ref().unwrap()), "DROP VIEW v;");
    let nothing_to_undo = change(&directory, "m/a.sql::bob:3").down.as_ref().unwrap();
    assert!(nothing_to_undo.blocks.is_empty());
    let two_lines = change(&directory, "old/path.sql::bob:4").down.as_ref().unwrap();
    assert_eq!(words(two_lines), "ALTER TABLE a DROP COLUMN b;");
    assert_eq!(two_lines.file.position(two_lines.blocks[0].span.start).line, 23);
    assert_eq!(two_lines.file.text().len(), text.trim_end().len());
    assert_eq!(warnings(&directory).len(), 1, "{:?}", warnings(&directory));
}

#[test]
fn changelogs_give_the_order_of_their_files() {
    let sql = |id: &str| format!("--liquibase formatted sql\n--changeset a:{id}\nselect 1;\n");
    let xml = "<databaseChangeLog>\n <!-- <changeSet id=\"1\"/> <include file=\"old.sql\"/> -->\n <include file=\"b.sql\" relativeToChangelogFile=\"true\"/>\n \
               <includeAll path=\"m/more\"/>\n <include file=\"sub/nested.yaml\"/></databaseChangeLog>";
    let yaml = "databaseChangeLog:\n  - include:\n      file: a.sql\n      relativeToChangelogFile: true\n";
    let directory = read_files(
        None,
        &[
            ("m/changelog.xml", xml),
            ("m/b.sql", &sql("b")),
            ("m/more/2.sql", &sql("m2")),
            ("m/more/1.sql", &sql("m1")),
            ("m/sub/nested.yaml", yaml),
            ("m/sub/a.sql", &sql("a")),
            ("m/unused.sql", &sql("u")),
        ],
    );
    assert_eq!(
        versions(&directory),
        ["m/b.sql::a:b", "m/more/1.sql::a:m1", "m/more/2.sql::a:m2", "m/sub/a.sql::a:a"]
    );
    assert_eq!(
        warnings(&directory),
        ["m/unused.sql: no changelog includes this file: it is not run (include it, or delete it)"]
    );
}

#[test]
fn liquibase_changelogs_include_by_class_path() {
    let sql = |id: &str| format!("--liquibase formatted sql\n--changeset a:{id}\nselect 1;\n");
    let master = "databaseChangeLog:\n  - include:\n      file: db/changelog/changes/b.sql\n  \
                  - includeAll:\n      path: classpath:/db/changelog/more/\n";
    let all = "databaseChangeLog:\n  - includeAll:\n      path: db/changelog\n";
    for (changelog, expected) in [(master, ["b", "1", "2"]), (all, ["b", "1", "2"])] {
        let dir = repository(&[
            ("src/main/resources/db/changelog/db.changelog-master.yaml", changelog),
            ("src/main/resources/db/changelog/changes/b.sql", &sql("b")),
            ("src/main/resources/db/changelog/more/1.sql", &sql("1")),
            ("src/main/resources/db/changelog/more/2.sql", &sql("2")),
        ]);
        let dirs = [PathBuf::from("src/main/resources/db/changelog")];
        let read = read(dir.path(), &dirs, None).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read.changes.iter().map(|change| change.name.as_str()).collect::<Vec<_>>(), expected);
        assert!(read.warnings.is_empty(), "{:?}", warnings(&read));
    }
}

#[test]
fn dbmate_blocks_are_put_together() {
    let text = "-- migrate:up transaction:false\ncreate table a (x int);\n-- migrate:down\ndrop table a;\n\
                -- migrate:up\ncreate table b (x int);\n-- migrate:down\ndrop table b;\n";
    let directory = read_files(None, &[("m/20240101-two.sql", text)]);
    assert_eq!(directory.detection.layout, Layout::Dbmate);
    let change = change(&directory, "20240101");
    assert_eq!(change.name, "two");
    assert_eq!(blocks(&change.up), ["create table a (x int);", "create table b (x int);"]);
    assert_eq!(blocks(change.down.as_ref().unwrap()), ["drop table a;", "drop table b;"]);
    assert_eq!(change.directives.transaction, TransactionMode::None);
}

#[test]
fn atlas_directives_are_followed() {
    let directory = read_files(
        Some(Layout::Atlas),
        &[
            ("m/20240101_a.sql", "-- atlas:txmode none\n\ncreate index concurrently i on t (x);\n"),
            ("m/20240102_b.sql", "-- atlas:delimiter \\n---\\n\n\nselect 1\n---\nselect 2"),
            ("m/20240103_c.sql", "-- atlas:txmode none\nselect 1;"),
            ("m/20240104_d.sql", "-- atlas:nolint\n-- atlas:checkpoint v1\n\nselect 1;"),
        ],
    );
    let modes: Vec<TransactionMode> =
        directory.changes.iter().map(|change| change.directives.transaction).collect();
    assert_eq!(modes[0], TransactionMode::None);
    assert_eq!(modes[2], TransactionMode::Auto);
    assert_eq!(directory.changes[1].up.blocks[0].split, Split::Delimiter("\n---\n".to_owned()));
    assert_eq!(blocks(&directory.changes[1].up), ["select 1\n---\nselect 2"]);
    assert_eq!(directory.changes[3].kind, ChangeKind::Baseline);
    assert_eq!(
        warnings(&directory),
        [
            "m: there is no atlas.sum: edited files are noticed only once they are applied (run `atlas migrate hash`, or use the native layout)",
            "m/20240103_c.sql:1:1: `-- atlas:txmode none` has no effect: no blank line sets it apart from the statements (put a blank line after the directives)",
        ]
    );
}

/// Sums of two files as Atlas writes them.
const SUM: &str = "h1:6yQJRmW9SOM5mtS0sUwUeUMjvz7HV9Jkz4SmZBk6V/U=\n";

#[test]
fn what_differs_from_atlas_sum_is_named() {
    let Some(root) = crate::kit::corpus("splitter/atlas/partial-checkpoint") else { return };
    let load = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let names = [
        "1_first.sql",
        "2_second.sql",
        "3_checkpoint.sql",
        "4_fourth.sql",
        "5_checkpoint.sql",
        "6_sixth.sql",
    ];
    let original: Vec<(String, String)> = names
        .iter()
        .map(|name| (format!("m/{name}"), load(name)))
        .chain([("m/atlas.sum".to_owned(), load("atlas.sum"))])
        .collect();
    type Files = Vec<(String, String)>;
    let with = |edit: &dyn Fn(&mut Files)| {
        let mut files = original.clone();
        edit(&mut files);
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        errors(Some(Layout::Atlas), &files)
    };
    let help = "(undo that, or run `atlas migrate hash` if it is meant)";
    assert_eq!(
        with(&|files| files[1].1.push_str("-- more\n")),
        [format!("m/atlas.sum:3:1: 2_second.sql was edited: its hash is not that of atlas.sum {help}")]
    );
    assert_eq!(
        with(&|files| {
            files.remove(3);
        }),
        [format!("m/atlas.sum:5:1: 4_fourth.sql was removed: atlas.sum lists it {help}")]
    );
    assert_eq!(
        with(&|files| files.push(("m/7_new.sql".to_owned(), "select 1".to_owned()))),
        [format!("m/atlas.sum:8:1: 7_new.sql was added: atlas.sum does not list it {help}")]
    );
    assert_eq!(
        with(&|files| files[6].1 = files[6].1.replacen(&load("atlas.sum")[..SUM.len()], SUM, 1)),
        [format!("m/atlas.sum:1:1: the first line is not the sum of the lines below it {help}")]
    );
    assert_eq!(
        with(&|files| files[6].1.push_str("<<<<<<< ours\n")),
        [
            "m/atlas.sum:8:1: this line is not `name h1:hash` (resolve merge conflicts, then run `atlas migrate hash`)"
        ]
    );
}

#[test]
fn sqitch_plans_give_order_requirements_and_reworked_changes() {
    let plan = "%syntax-version=1.0.0\n%project=shop\n%uri=https://example.org/\n\n\
        # a note\n\
        roles 2024-01-01T00:00:00Z Ann <ann@example.org> # first\n\
        users [roles] 2024-01-02T00:00:00Z Ann <ann@example.org>\n\
        @v1 2024-01-03T00:00:00Z Ann <ann@example.org>\n\
        @v1.1 2024-01-03T00:00:00Z Ann <ann@example.org>\n\n\
        users [users@v1 shop:roles other:thing] 2024-01-04T00:00:00Z Ann <ann@example.org>\n\
        sub/more [users @v1 !nothing] 2024-01-05T00:00:00Z Ann <ann@example.org>\n";
    let directory = read_files(
        None,
        &[
            ("m/sqitch.plan", plan),
            (
                "m/sqitch.conf",
                "[engine \"pg\"]\n\tdeploy_dir = up\n[engine \"mysql\"]\n\tdeploy_dir = no\n\
                 [core]\n\tengine = pg\n\tdeploy_dir = down\n[core \"x\"]\n\tdeploy_dir = no\n",
            ),
            ("m/up/roles.sql", "BEGIN;\nselect 1;\nCOMMIT;\n"),
            ("m/up/users@v1.sql", "select 'old'"),
            ("m/up/users.sql", "select 'new'"),
            ("m/up/sub/more.sql", "-- nothing"),
            ("m/revert/users.sql", "select 'back'"),
        ],
    );
    assert_eq!(directory.detection.layout, Layout::Sqitch);
    assert_eq!(versions(&directory), ["roles", "users@v1.1", "users", "sub/more"]);
    assert_eq!(blocks(&directory.changes[1].up), ["select 'old'"]);
    assert_eq!(directory.changes[1].directives.requires, ["roles"]);
    assert_eq!(directory.changes[2].directives.requires, ["users@v1.1", "roles"]);
    assert_eq!(directory.changes[3].directives.requires, ["users", "users@v1.1"]);
    assert_eq!(blocks(&directory.changes[0].up), ["BEGIN;\nselect 1;\nCOMMIT;"]);
    assert_eq!(
        warnings(&directory),
        [
            "m/sqitch.plan:11:28: users depends on project other, which is not looked at (make sure that it is deployed before)",
            "m/up/sub/more.sql:1:1: the change holds no statement (write its SQL, or delete the file)",
        ]
    );
}

#[test]
fn prisma_and_drizzle_keep_whole_names() {
    let prisma = read_files(
        None,
        &[
            ("m/20240102000000_b/migration.sql", "select 2"),
            ("m/20240101000000_a/migration.sql", "select 1"),
            ("m/migration_lock.toml", "provider = \"postgresql\""),
        ],
    );
    assert_eq!(prisma.detection.layout, Layout::Prisma);
    assert_eq!(versions(&prisma), ["20240101000000_a", "20240102000000_b"]);
    assert_eq!(prisma.changes[0].name, "a");

    let journal = "{\"version\":\"7\",\"dialect\":\"postgresql\",\"entries\":[\
        {\"idx\":0,\"version\":\"7\",\"when\":1700000000000,\"tag\":\"0000_b\",\"breakpoints\":true},\
        {\"idx\":1,\"version\":\"7\",\"when\":1700000001000,\"tag\":\"0001_a\",\"breakpoints\":true}]}";
    let drizzle = read_files(
        None,
        &[
            ("m/meta/_journal.json", journal),
            ("m/meta/0000_snapshot.json", "{}"),
            ("m/0000_b.sql", "create table a (x int);--> statement-breakpoint\ncreate table b (x int);\n"),
            ("m/0001_a.sql", "select 1"),
            ("m/0002_left.sql", "select 1"),
        ],
    );
    assert_eq!(drizzle.detection.layout, Layout::Drizzle);
    assert_eq!(versions(&drizzle), ["0000_b", "0001_a"]);
    assert_eq!(blocks(&drizzle.changes[0].up), ["create table a (x int);", "create table b (x int);"]);
    assert_eq!(warnings(&drizzle).len(), 1);

    let newer = read_files(
        None,
        &[
            ("m/20240101000000_a/migration.sql", "select 1;\n--> statement-breakpoint\nselect 2;"),
            ("m/20240101000000_a/snapshot.json", "{}"),
        ],
    );
    assert_eq!(newer.detection.layout, Layout::Drizzle);
    assert_eq!(blocks(&newer.changes[0].up), ["select 1;", "select 2;"]);
}

#[test]
fn plain_numbered_files_are_told_apart_by_what_stands_around_them() {
    let sqlx = |dir: &str| format!("{dir}/20240101000000_a.sql");
    let repository = crate::kit::repository(&[
        ("Cargo.toml", "[dependencies]\nsqlx = \"0.8\"\n"),
        (&sqlx("migrations"), "-- no-transaction\nselect 1"),
        ("other/db/migrate/20240101000000_a.sql", "select 1"),
        ("go/migrations/000001_a.up.sql", "select 1"),
        ("go/migrations/000001_a.down.sql", "select 1"),
        ("bb/1.2_orders_ddl.sql", "-- txn-mode = off\nselect 1"),
        ("bb/1.2.1_orders_dml.sql", "select 1"),
    ]);
    let found: Vec<(String, Layout)> = sluice_project::layout::find(repository.path())
        .into_iter()
        .map(|found| (found.dir.to_string_lossy().into_owned(), found.layout))
        .collect();
    // `go/` has its own manifest in real repositories; here the nearest one names sqlx.
    assert_eq!(
        found,
        [
            ("bb".to_owned(), Layout::Bytebase),
            ("go/migrations".to_owned(), Layout::Sqlx),
            ("migrations".to_owned(), Layout::Sqlx),
            ("other/db/migrate".to_owned(), Layout::Rails),
        ]
    );
    let directory = sluice_project::layout::read(repository.path(), &["migrations".into()], None).unwrap();
    assert_eq!(directory.changes[0].directives.transaction, TransactionMode::None);
    let directory = sluice_project::layout::read(repository.path(), &["bb".into()], None).unwrap();
    assert_eq!(versions(&directory), ["1.2", "1.2.1"]);
    assert_eq!(directory.changes[0].directives.transaction, TransactionMode::None);
    let older = read_files(
        None,
        &[
            ("m/dev/shop##202401##ddl##orders.sql", "select 1"),
            ("m/dev/shop##202400##baseline##start.sql", "select 1"),
        ],
    );
    assert_eq!(older.detection.layout, Layout::Bytebase);
    assert_eq!(versions(&older), ["202400", "202401"]);
    assert_eq!(older.changes[0].kind, ChangeKind::Baseline);
}

#[test]
fn the_engine_that_a_tool_writes_down_is_kept_with_its_place() {
    let prisma = read_files(
        None,
        &[
            ("m/migration_lock.toml", "# made by Prisma\nprovider = \"mysql\"\n"),
            ("m/20240101000000_a/migration.sql", "select 1"),
        ],
    );
    let drizzle = read_files(
        None,
        &[
            (
                "m/meta/_journal.json",
                "{\n  \"dialect\": \"postgresql\", \"entries\": [{\"tag\": \"0000_a\", \"when\": 1}]}",
            ),
            ("m/0000_a.sql", "select 1"),
        ],
    );
    let (prisma, drizzle) = (prisma.product.unwrap(), drizzle.product.unwrap());
    assert_eq!((prisma.place.as_str(), prisma.word.as_str()), ("m/migration_lock.toml:2:1", "mysql"));
    assert_eq!((drizzle.place.as_str(), drizzle.word.as_str()), ("m/meta/_journal.json:2:3", "postgresql"));
    let suits = |written: &sluice_project::layout::Written| {
        ["postgres", "mysql", "mariadb", "sqlite"].map(|engine| written.suits(engine))
    };
    assert_eq!(suits(&prisma), [false, true, true, false]);
    assert_eq!(suits(&drizzle), [true, false, false, false]);
}

#[test]
fn placeholders_that_the_tool_would_replace_do_not_run_as_they_are_written_in_silence() {
    let mut flyway = read_files(
        None,
        &[
            ("m/V1__a.sql", "-- for ${nobody}\nselect 1;\nselect '${x}', '${y}';\n"),
            ("m/V2__b.sql", "select '${x}'"),
            ("m/V2__b.sql.conf", "placeholderReplacement=false\n"),
        ],
    );
    let error = flyway.check_placeholders().unwrap_err();
    let help = "set `enabled = true` in [placeholders] and give it a value, or `enabled = false` to run it as it is written";
    assert_eq!(
        error.messages.iter().map(shown).collect::<Vec<_>>(),
        [format!("m/V1__a.sql:3:9: `${{x}}` would run as it is written: Flyway replaces it ({help})")]
    );
    let text = "-- +goose Up\nselect '${a}';\n-- +goose ENVSUB ON\nselect '${b}';\n-- +goose ENVSUB OFF\nselect '${c}';\n";
    let error = read_files(None, &[("m/1_a.sql", text)]).check_placeholders().unwrap_err();
    assert_eq!(
        error.messages.iter().map(shown).collect::<Vec<_>>(),
        [format!(
            "m/1_a.sql:4:9: `${{b}}` would run as it is written: goose replaces it by the environment's value ({help})"
        )]
    );
    let mut liquibase =
        read_files(None, &[("m/a.sql", "--liquibase formatted sql\n--changeset a:1\nselect '${x}';\n")]);
    liquibase.check_placeholders().unwrap();
    assert_eq!(
        warnings(&liquibase),
        [format!(
            "m/a.sql:3:9: `${{x}}` would run as it is written: Liquibase replaces it if it has a value ({help})"
        )]
    );
    let mut native = read_files(None, &[("m/1_a.sql", "select '${x}'")]);
    native.check_placeholders().unwrap();
    assert_eq!(native.warnings, []);
}
