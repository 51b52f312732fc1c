use std::path::PathBuf;

use sluice_project::layout::{Layout, read};

use crate::kit::{errors, repository, shown};

type Files = &'static [(&'static str, &'static str)];
type Messages = &'static [&'static str];

#[test]
fn each_bad_native_repository_says_what_and_where_and_what_to_do() {
    let rows: &[(Files, Messages)] = &[
        (
            &[("m/1_a.sql", "select 1"), ("m/01_b.sql", "select 1"), ("m/1.0-c.sql", "select 1")],
            &[
                "m/1.0-c.sql: version 1.0 is also that of m/01_b.sql (as 01, which is the same version) (give one of them another version)",
                "m/1_a.sql: version 1 is also that of m/01_b.sql (as 01, which is the same version) (give one of them another version)",
            ],
        ),
        (
            &[("m/1_a.sql", "select 1"), ("m/create_orders.sql", "select 1")],
            &[
                "m/create_orders.sql: the file name has no version (name it VERSION_name.sql (0001_create_orders.sql), or R__name.sql if it is to run whenever it changes)",
            ],
        ),
        (
            &[("m/1_a.sql", ""), ("m/2_b.sql", "-- only a comment\n;\n")],
            &[
                "m/1_a.sql:1:1: the change holds no statement (write its SQL, or delete the file)",
                "m/2_b.sql:1:1: the change holds no statement (write its SQL, or delete the file)",
            ],
        ),
        (
            &[("m/1_a.sql", "-- sluice: lock_timout=5s\n-- sluice: colour=red\nselect 1")],
            &[
                "m/1_a.sql:1:12: unknown directive `lock_timout` (did you mean `lock_timeout`?)",
                "m/1_a.sql:2:12: unknown directive `colour` (known keys: transaction, lock_timeout, statement_timeout, requires, targets, phase, flag, assert, backup, renamed from)",
            ],
        ),
        (
            &[(
                "m/1_a.sql",
                "-- sluice: lock_timeout=5 parsecs\n-- sluice: transaction=maybe\n-- sluice: phase=grow\n-- sluice: flag=x\n\
                 -- sluice: requires=1,,2\n-- sluice: targets=\n-- sluice: transaction none\n-- sluice: lock_timeout=5s\nselect 1",
            )],
            &[
                "m/1_a.sql:1:25: `5 parsecs` is not a value of directive `lock_timeout` (write a duration, for example `500ms`, `5s`, `10min` or `2h`)",
                "m/1_a.sql:2:24: `maybe` is not a value of directive `transaction` (write `auto` or `none`)",
                "m/1_a.sql:3:18: `grow` is not a value of directive `phase` (write `expand`, `backfill` or `contract`)",
                "m/1_a.sql:4:17: `x` is not a value of directive `flag` (write KEY:VARIANT, for example `flag=new-checkout:on`)",
                "m/1_a.sql:5:21: `1,,2` is not a value of directive `requires` (write one or more versions, for example `requires=0003, 0007`)",
                "m/1_a.sql:6:20: `` is not a value of directive `targets` (write a condition over databases, for example `targets=region == 'eu'`)",
                "m/1_a.sql:7:12: `transaction none` is not a directive of the form key=value (known keys: transaction, lock_timeout, statement_timeout, requires, targets, phase, flag, assert, backup, renamed from)",
                "m/1_a.sql:8:12: directive `lock_timeout` is given twice (keep one of them)",
            ],
        ),
        (
            &[("m/1_a.sql", "-- sluice: assert=DELETE FROM a\nselect 1")],
            &[
                "m/1_a.sql:1:19: `DELETE FROM a` is not a value of directive `assert` (write a query that answers true, for example `assert=SELECT count(*) = 0 FROM orders`)",
            ],
        ),
        (
            &[("m/1_a.sql", "-- sluice: requires=7\nselect 1")],
            &["m/1_a.sql:1:21: 1 requires 7, which does not exist (correct the version, or add the change)"],
        ),
        (
            &[("m/1_a.sql", "-- sluice: requires=2\nselect 1"), ("m/2_b.sql", "select 1")],
            &[
                "m/1_a.sql:1:21: 1 requires 2, which comes after it (give it a higher version than what it requires)",
            ],
        ),
        (
            &[("m/1_a.sql", "-- sluice: requires=R__v\nselect 1"), ("m/R__v.sql", "select 1")],
            &[
                "m/1_a.sql:1:21: 1 requires R__v, which is repeatable and comes after every version (make it repeatable too, or drop the requirement)",
            ],
        ),
        (
            &[
                ("m/1_a.sql", "-- sluice: requires=3\nselect 1"),
                ("m/2_b.sql", "-- sluice: requires=1\nselect 1"),
                ("m/3_c.sql", "-- sluice: requires=2\nselect 1"),
            ],
            &["m/1_a.sql:1:21: changes require each other: 1 → 3 → 2 → 1 (remove one of the requirements)"],
        ),
        (
            &[("m/1_a.sql", "-- sluice: requires=1\nselect 1")],
            &["m/1_a.sql:1:21: changes require each other: 1 → 1 (remove one of the requirements)"],
        ),
        (
            &[
                ("m/R__a.sql", "-- sluice: requires=R__b\nselect 1"),
                ("m/R__b.sql", "-- sluice: requires=R__a\nselect 1"),
            ],
            &[
                "m/R__a.sql:1:21: changes require each other: R__a → R__b → R__a (remove one of the requirements)",
            ],
        ),
        (
            &[("m/1_a.sql", "select 1"), ("m/2_b.down.sql", "select 1")],
            &[
                "m/2_b.down.sql: the way back belongs to no change (add the change of the same version, or delete the file)",
            ],
        ),
        (
            &[("m/1_a.sql", "select 1"), ("m/1_a.down.sql", "select 1"), ("m/01.down.sql", "select 1")],
            &["m/1_a.down.sql: the way back of version 1 is also in m/01.down.sql (keep one of them)"],
        ),
        (
            &[("m/x/R__a.sql", "select 1"), ("m/y/R__a.sql", "select 1")],
            &[
                "m/y/R__a.sql: repeatable change R__a is also that of m/x/R__a.sql (give one of them another version)",
            ],
        ),
        (
            &[("m/1_a.sql", "select 1;\n sel\0ect")],
            &["m/1_a.sql:2:5: a NUL byte at offset 14 (line 2): the file is binary or damaged"],
        ),
    ];
    for (files, expected) in rows {
        assert_eq!(errors(Some(Layout::Native), files), *expected, "{files:?}");
    }
}

#[test]
fn files_that_are_no_text_are_named_with_the_place() {
    let dir = repository(&[("m/1_a.sql", "select 1")]);
    std::fs::write(dir.path().join("m/2_b.sql"), b"select '\xc3\xa4\n\xff'").unwrap();
    std::fs::write(dir.path().join("m/3_c.sql"), b"\xff\xfes\0e\0").unwrap();
    let error = read(dir.path(), &[PathBuf::from("m")], None).unwrap_err();
    assert_eq!(
        error.messages.iter().map(shown).collect::<Vec<_>>(),
        [
            "m/2_b.sql:2:1: not valid UTF-8 at byte 11 (line 2): save the file as UTF-8",
            "m/3_c.sql:1:1: the file is UTF-16: save it as UTF-8",
        ]
    );
}

#[test]
fn files_and_directories_that_cannot_be_read_are_named_with_the_reason() {
    let dir = repository(&[("m/1_a.sql", "select 1"), ("file", "")]);
    std::os::unix::fs::symlink("/nowhere/x.sql", dir.path().join("m/2_b.sql")).unwrap();
    let dirs = ["m", "missing", "file"].map(PathBuf::from);
    let error = read(dir.path(), &dirs, None).unwrap_err();
    assert_eq!(
        error.messages.iter().map(shown).collect::<Vec<_>>(),
        [
            "missing: there is no such directory (create it, or correct `migrations` in sluice.toml)",
            "file: this is not a directory (name the directory that holds the migrations)",
            "m/2_b.sql: the file cannot be read: No such file or directory (os error 2) (check that it exists and its permissions)",
        ]
    );
}

#[test]
fn pipes_and_links_in_a_circle_are_named_and_not_followed() {
    let dir = repository(&[("m/1_a.sql", "select 1"), ("m/sub/2_b.sql", "select 2")]);
    let root = dir.path();
    for pipe in ["m/0002_f.sql", "m/notes"] {
        let status = std::process::Command::new("mkfifo").arg(root.join(pipe)).status().unwrap();
        assert!(status.success());
    }
    std::os::unix::fs::symlink("0002_f.sql", root.join("m/0003_link.sql")).unwrap();
    std::os::unix::fs::symlink("..", root.join("m/sub/up")).unwrap();
    std::os::unix::fs::symlink(".", root.join("m/same")).unwrap();
    let error = read(root, &[PathBuf::from("m")], None).unwrap_err();
    let special =
        "this is not a file but a pipe, a socket or a device (remove it from the migration directory)";
    let circle = "this link leads to a directory that it is in (remove it, or let it lead elsewhere)";
    let mut messages: Vec<String> = error.messages.iter().map(shown).collect();
    messages.sort();
    assert_eq!(
        messages,
        [
            format!("m/0002_f.sql: {special}"),
            format!("m/0003_link.sql: {special}"),
            format!("m/notes: {special}"),
            format!("m/same: {circle}"),
            format!("m/sub/up: {circle}"),
        ]
    );
}

#[test]
fn pipes_that_a_plan_names_are_not_read() {
    let dir = repository(&[
        ("m/sqitch.plan", "%project=p\n\na 2024-01-01T00:00:00Z N <n@x>\n"),
        ("m/deploy/x", ""),
    ]);
    let status =
        std::process::Command::new("mkfifo").arg(dir.path().join("m/deploy/a.sql")).status().unwrap();
    assert!(status.success());
    let error = read(dir.path(), &[PathBuf::from("m")], Some(Layout::Sqitch)).unwrap_err();
    assert!(error.to_string().contains("a pipe, a socket or a device"), "{error}");
}

#[test]
fn an_empty_directory_with_the_name_of_a_migration_is_not_passed_over() {
    let dir = repository(&[
        ("m/migration_lock.toml", "provider = \"postgresql\"\n"),
        ("m/20240101000000_a/migration.sql", "select 1"),
    ]);
    std::fs::create_dir(dir.path().join("m/20240102000000_b")).unwrap();
    let error = read(dir.path(), &[PathBuf::from("m")], None).unwrap_err();
    let messages: Vec<String> = error.messages.iter().map(shown).collect();
    assert_eq!(
        messages,
        ["m/20240102000000_b: the migration has no migration.sql (add it, or delete the directory)"]
    );
}

#[test]
fn two_directories_of_different_tools_are_refused() {
    let dir = repository(&[("a/V1__x.sql", "select 1"), ("b/1_x.sql", "-- +goose Up\nselect 1")]);
    let error = read(dir.path(), &["a", "b"].map(PathBuf::from), None).unwrap_err();
    assert_eq!(
        error.messages.iter().map(shown).next().unwrap(),
        "b: this directory is laid out as goose (b/1_x.sql), but another as flyway (a/V1__x.sql) (give each its own project, or set `layout` in sluice.toml)"
    );
}

#[test]
fn each_bad_foreign_repository_says_what_and_where_and_what_to_do() {
    const UP: &str = "-- +goose Up\nselect 1;\n";
    let rows: &[(Layout, Files, Messages)] = &[
        (
            Layout::Flyway,
            &[("m/V1_init.sql", "select 1"), ("m/V2__x.java", "class X {}")],
            &[
                "m/V1_init.sql: `1_init` is not a version (write two underscores between version and name: V1__name.sql)",
                "m/V2__x.java: Java migrations cannot be run (write its SQL to a .sql file of the same version)",
            ],
        ),
        (
            Layout::Flyway,
            &[
                ("m/V1__a.sql", "select 1"),
                ("m/V1__a.sql.conf", "executeInTransaction=false\nshouldExecute=false\n"),
            ],
            &[
                "m/V1__a.sql.conf:2:1: script configuration `shouldExecute=false` is not understood (understood are executeInTransaction and placeholderReplacement)",
            ],
        ),
        (
            Layout::Goose,
            &[
                ("m/1_a.sql", UP),
                ("m/2_b.go", "package m"),
                ("m/c.sql", UP),
                ("m/0_d.sql", UP),
                ("m/3_x_test.go", ""),
            ],
            &[
                "m/0_d.sql: goose has no version 0 (begin with version 1)",
                "m/2_b.go: Go migrations cannot be run (write its SQL to a .sql file of the same version)",
                "m/c.sql: the file name has no version (name it VERSION_name.sql, for example 00001_init.sql)",
            ],
        ),
        (
            Layout::Goose,
            &[
                ("m/1_a.sql", "select 1;\n"),
                (
                    "m/2_b.sql",
                    "select 0;\n-- +goose Up\n-- +goose StatementBegin\nselect 1;\n-- +goose Down\n",
                ),
                (
                    "m/3_c.sql",
                    "-- +goose Up\n-- +goose StatmentBegin\n-- +goose StatementEnd\n -- +goose Down\nselect 1\n-- +goose up",
                ),
                ("m/4_d.sql", "-- +goose Down\nselect 1;"),
            ],
            &[
                "m/1_a.sql:1:1: the file has no `-- +goose Up` (begin it with that line)",
                "m/2_b.sql:1:1: a statement stands before `-- +goose Up` (move it below that line)",
                "m/2_b.sql:5:1: `-- +goose Down` stands inside a statement (add `-- +goose StatementEnd` before it)",
                "m/2_b.sql:4:1: the statement that begins here has no `-- +goose StatementEnd` (add that line after the statement)",
                "m/3_c.sql:2:1: `-- +goose StatmentBegin` is not a goose annotation (known are Up, Down, StatementBegin, StatementEnd, NO TRANSACTION, ENVSUB ON and ENVSUB OFF)",
                "m/3_c.sql:3:1: `-- +goose StatementEnd` ends no statement (add `-- +goose StatementBegin` before it)",
                "m/3_c.sql:4:1: a goose annotation is indented (begin the line with `--`)",
                "m/3_c.sql:6:1: `-- +goose up` is given twice (keep one of them)",
                "m/4_d.sql:1:1: `-- +goose Down` comes before `-- +goose Up` (begin the file with `-- +goose Up`)",
                "m/4_d.sql:1:1: the file has no `-- +goose Up` (begin it with that line)",
            ],
        ),
        (
            Layout::Dbmate,
            &[
                ("m/1_a.sql", "select 1;"),
                ("m/2_b.sql", "select 0;\n-- migrate:up transacton:false\nselect 1;"),
                ("m/3_c.sql", "-- migrate:down\nselect 1;\n-- migrate:up\nselect 1;"),
                ("m/d.sql", "-- migrate:up\nselect 1;"),
            ],
            &[
                "m/1_a.sql:1:1: the file has no `-- migrate:up` (begin it with that line)",
                "m/2_b.sql:1:1: a statement stands before `-- migrate:up` (move it below that line)",
                "m/2_b.sql:2:15: block option `transacton:false` is not understood (understood is transaction:false)",
                "m/3_c.sql:1:1: `-- migrate:down` comes before `-- migrate:up` (put the up block first)",
                "m/d.sql: the file name has no version (name it VERSION_name.sql, for example 20240101120000_init.sql)",
            ],
        ),
        (
            Layout::Prisma,
            &[("m/20240101_a/migration.sql", "select 1"), ("m/20240102_b/notes.txt", "x")],
            &["m/20240102_b: the migration has no migration.sql (add it, or delete the directory)"],
        ),
        (
            Layout::Diesel,
            &[
                ("m/2024-01-01-000000_a/up.sql", "select 1"),
                ("m/2024-01-01-000000_a/metadata.toml", "run_in_transaction = false\ncolour = 1\n"),
                ("m/2024-01-02-000000_b/down.sql", "select 1"),
                ("m/init/up.sql", "select 1"),
            ],
            &[
                "m/2024-01-01-000000_a/metadata.toml:2:1: `colour = 1` is not understood (understood is run_in_transaction = true or false)",
                "m/2024-01-02-000000_b: the migration has no up.sql (add it, or delete the directory)",
                "m/init: the directory's name has no version (name it VERSION_name, for example 2024-01-01-120000_init)",
            ],
        ),
        (
            Layout::Rails,
            &[("m/20240101_a.rb", "class A"), ("m/20240102_b.sql", "select 1")],
            &[
                "m/20240101_a.rb: Ruby migrations cannot be run (write its SQL to a .sql file of the same version)",
            ],
        ),
        (
            Layout::Sqlx,
            &[("m/init.sql", "select 1")],
            &[
                "m/init.sql: the file name has no version (name it VERSION_name.sql, for example 20240101120000_init.sql)",
            ],
        ),
        (
            Layout::Drizzle,
            &[(
                "m/meta/_journal.json",
                "{\n  \"entries\": [\n    {\"idx\":0,\"when\":1,\"tag\":\"0000_a\"}\n  ]\n}",
            )],
            &[
                "m/meta/_journal.json:3:29: the journal lists 0000_a, but there is no 0000_a.sql (restore the file, or generate the journal again)",
            ],
        ),
        (
            Layout::Drizzle,
            &[("m/meta/_journal.json", "{\n<<<<<<< HEAD\n}")],
            &[
                "m/meta/_journal.json:2:1: the journal cannot be read: key must be a string at line 2 column 1 (generate it again with drizzle-kit, or restore it from git)",
            ],
        ),
        (
            Layout::Bytebase,
            &[("m/a##1##migrate##x.sql", "select 1"), ("m/b##1##migrate##x.sql", "select 1")],
            &[
                "m: the directory holds changes of several databases, among them a and b (give each database a directory and a project of its own)",
            ],
        ),
        (
            Layout::Bytebase,
            &[("m/1_a.sql", "-- txn-mode = maybe\nselect 1"), ("m/a##1##undo##x.sql", "select 1")],
            &[
                "m/1_a.sql:1:1: directive `txn-mode = maybe` is not understood (understood is txn-mode = on or off)",
                "m/a##1##undo##x.sql: type `undo` in the file name is not understood (understood are migrate, ddl, dml, data and baseline)",
            ],
        ),
        (
            Layout::Sqitch,
            &[
                (
                    "m/sqitch.plan",
                    "%project=p\n\na 2024-01-01T00:00:00Z N <n@x>\nb [a c] 2024-01-01T00:00:00Z N <n@x>\na 2024-01-01T00:00:00Z N <n@x>\nc [!a\n",
                ),
                ("m/deploy/a.sql", "select 1"),
                ("m/deploy/b.sql", "select 1"),
            ],
            &[
                "m/sqitch.plan:4:6: b requires c, which does not come before it in the plan (correct the name, or move its line up)",
                "m/sqitch.plan:5:1: a is in the plan twice without a tag between (tag the plan before reworking a change, or give it another name)",
                "m/sqitch.plan:6:1: the dependencies of c have no `]` (close the bracket)",
                "m/deploy/a.sql: version a is also that of m/deploy/a.sql (give one of them another version)",
            ],
        ),
        (
            Layout::Sqitch,
            &[("m/sqitch.plan", "%project=p\nmissing 2024-01-01T00:00:00Z N <n@x>\n")],
            &[
                "m/sqitch.plan:2:1: the plan lists missing, but there is no m/deploy/missing.sql (add the script, or remove the line from the plan)",
            ],
        ),
        (
            Layout::Liquibase,
            &[(
                "m/a.sql",
                "--liquibase formatted sql\nselect 0;\n--changeset a\n--changeset a:1 runAlways:true context:test labels:\"x y\" colour:red endDelimiter:[;]\nselect 1;\n\
                 --changeset a:2 failOnError:false oops\n--preconditions onFail:MARK_RAN\n--precondition-table-exists table:x\nselect 2;\n--property name:x value:y\n--ignoreLines:3\n",
            )],
            &[
                "m/a.sql:2:1: a statement stands before the first changeset (move it below a `--changeset author:id` line)",
                "m/a.sql:3:1: a changeset needs an author and an id (write `--changeset author:id`)",
                "m/a.sql:2:1: a statement stands before the first changeset (move it below a `--changeset author:id` line)",
                "m/a.sql:4:17: changeset attribute `runalways:true` is not supported (use runOnChange:true, or run it outside of migrations)",
                "m/a.sql:4:32: changeset attribute `context:test` is not supported (say where it runs with `-- sluice: targets=CONDITION` below the changeset line)",
                "m/a.sql:4:45: changeset attribute `labels:x y` is not supported (say where it runs with `-- sluice: targets=CONDITION` below the changeset line)",
                "m/a.sql:4:58: changeset attribute `colour:red` is not supported (remove it)",
                "m/a.sql:4:69: delimiter `[;]` is a regular expression (use a literal delimiter, for example endDelimiter:@@)",
                "m/a.sql:6:35: this is not an attribute (write key:value)",
                "m/a.sql:7:17: precondition `onfail:MARK_RAN` is not supported (only HALT is; say where the change runs with `-- sluice: targets=CONDITION`)",
                "m/a.sql:8:1: precondition `precondition-table-exists table:x` is not understood (understood is precondition-sql-check with a number as expectedResult)",
                "m/a.sql:10:1: Liquibase properties are not understood (write the value where it is used, or use placeholders of sluice.toml)",
                "m/a.sql:11:1: ignoreLines is not supported (delete the lines, or make them comments)",
            ],
        ),
        (
            Layout::Liquibase,
            &[(
                "m/a.sql",
                "--liquibase formatted sql\n\n--changeset a:1\nselect 1;\n--changeset a:2\nselect 2;\n\n--changeset a:1\nselect 3;\n",
            )],
            &["m/a.sql:8:1: version m/a.sql::a:1 is also that of line 3 (give one of them another version)"],
        ),
        (
            Layout::Liquibase,
            &[(
                "m/db.changelog.yaml",
                "databaseChangeLog:\n  - changeSet:\n      id: 1\n  - include:\n      file: a.sql\n",
            )],
            &[
                "m/db.changelog.yaml:2:5: `changeSet` in a changelog is not understood: only formatted SQL is (write the changes as formatted SQL files and include them)",
                "m/db.changelog.yaml:4:5: what is included here is not in the migration directory (correct the path, or name the directory that holds it in sluice.toml)",
            ],
        ),
    ];
    for (layout, files, expected) in rows {
        assert_eq!(errors(Some(*layout), files), *expected, "{layout} {files:?}");
    }
}
