use std::path::{Path, PathBuf};

use sluice_project::layout::{Layout, Unsaved, read, read_with};
use sluice_rollout::Change;

use crate::kit::{corpus, repository, shown, versions};

const DIRECTORIES: [&str; 14] = [
    "migrations/cratesio/migrations",
    "migrations/atuin/server-postgres/migrations",
    "migrations/layouts/dbmate/db/migrations",
    "migrations/layouts/goose/migrations",
    "migrations/layouts/sqitch",
    "migrations/layouts/import/goose",
    "migrations/layouts/import/dbmate",
    "migrations/layouts/import/golang-migrate",
    "migrations/layouts/import/flyway",
    "migrations/layouts/import/liquibase",
    "splitter/atlas/migrate",
    "splitter/atlas/migrate/sub",
    "splitter/atlas/partial-checkpoint",
    "splitter/goose/valid-txn",
];

/// What a review takes from a change.
fn taken(change: &Change) -> String {
    let Change { version, key, name, kind, checksum, up, directives, .. } = change;
    format!("{version} {key} {name} {kind} {checksum} {} {:?} {directives:?}", up.file.path(), up.blocks)
}

#[test]
fn a_file_read_again_is_what_it_was_in_every_layout() {
    let Some(root) = corpus("") else { return };
    let mut reread = 0;
    for dir in DIRECTORIES {
        let directory = read(&root, &[PathBuf::from(dir)], None).unwrap_or_else(|error| panic!("{error}"));
        for change in &directory.changes {
            let file = &change.up.file;
            let Some(again) = directory.reread(&root, file.path(), file.text()) else {
                let layout = directory.detection.layout;
                assert!(
                    matches!(layout, Layout::Sqitch | Layout::Flyway | Layout::Diesel),
                    "{}",
                    file.path()
                );
                continue;
            };
            let mut before = directory.changes.iter().filter(|one| one.up.file.path() == file.path());
            assert!(again.errors.is_empty(), "{:?}", again.errors);
            for now in &again.changes {
                assert_eq!(taken(now), taken(before.next().expect("as many as before")));
            }
            assert!(before.next().is_none(), "{}", file.path());
            reread += 1;
        }
    }
    assert!(reread > 300, "{reread}");
}

#[test]
fn what_changes_more_than_its_file_wants_everything_to_be_read() {
    let files = [
        ("m/1_a.sql", "select 1;\n"),
        ("m/2_b.sql", "-- sluice: requires=1\nselect 2;\n"),
        ("l/a.sql", "--liquibase formatted sql\n--changeset ann:1\nselect 1;\n"),
    ];
    let dir = repository(&files);
    let native = read(dir.path(), &["m".into()], None).unwrap();
    assert!(native.reread(dir.path(), "m/1_a.sql", "select 3;\n").is_some());
    assert!(native.reread(dir.path(), "m/2_b.sql", "select 2;\n").is_none(), "requires less");
    assert!(native.reread(dir.path(), "m/3_c.sql", "select 2;\n").is_none(), "no change of it");
    let liquibase = read(dir.path(), &["l".into()], None).unwrap();
    let more = "--liquibase formatted sql\n--changeset ann:1\nselect 1;\n--changeset ann:2\nselect 2;\n";
    assert!(liquibase.reread(dir.path(), "l/a.sql", more).is_none());
    assert!(liquibase.reread(dir.path(), "l/a.sql", "select 1;\n").is_none());
}

#[test]
fn what_is_wrong_with_a_file_read_again_is_said() {
    let dir = repository(&[("m/1_a.sql", "select 1;\n")]);
    let directory = read(dir.path(), &["m".into()], None).unwrap();
    for (text, said) in [
        ("-- sluice: transaktion=none\nselect 1;\n", "m/1_a.sql:1:12: "),
        ("-- nothing\n", "m/1_a.sql:1:1: the change holds no statement"),
        ("select 1;\0", "m/1_a.sql:1:10: a NUL byte"),
    ] {
        let again = directory.reread(dir.path(), "m/1_a.sql", text).unwrap();
        let errors: Vec<String> = again.errors.iter().map(shown).collect();
        assert!(errors.len() == 1 && errors[0].starts_with(said), "{text}: {errors:?}");
    }
}

#[test]
fn texts_of_an_editor_come_before_files() {
    let dir = repository(&[("m/1_a.sql", "select 1;\n"), ("m/2_b.sql", "select 2;\n")]);
    let mut unsaved = Unsaved::default();
    let path = |name: &str| dir.path().join(name);
    unsaved.insert(&path("m/./1_a.sql"), "select 'unsaved';\n");
    unsaved.insert(&path("m/sub/1.5_new.sql"), "select 'new';\n");
    unsaved.insert(&path("elsewhere/9_x.sql"), "select 'elsewhere';\n");
    let directory = read_with(dir.path(), &["m".into()], None, unsaved, None).unwrap();
    assert_eq!(versions(&directory), ["1", "1.5", "2"]);
    let texts: Vec<&str> = directory.changes.iter().map(|change| change.up.file.text()).collect();
    assert_eq!(texts, ["select 'unsaved';\n", "select 'new';\n", "select 2;\n"]);
    assert_eq!(Path::new(directory.changes[1].up.file.path()), Path::new("m/sub/1.5_new.sql"));
}
