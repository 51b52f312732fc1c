use std::path::{Path, PathBuf};

use sluice_project::layout::{Directory, Layout, find, read};
use sluice_rollout::{ChangeKind, Split, TransactionMode};

use crate::kit::{blocks, change, corpus, versions, warnings};

/// Reads `dir` of a corpus folder without being told its layout.
fn read_corpus(root: &Path, dir: &str) -> Directory {
    read(root, &[PathBuf::from(dir)], None).unwrap_or_else(|error| panic!("{dir}: {error}"))
}

#[test]
fn every_change_of_a_production_system_is_read_in_order() {
    let Some(root) = corpus("migrations/cratesio") else { return };
    let directory = read_corpus(&root, "migrations");
    assert_eq!(directory.detection.layout, Layout::Diesel);
    assert_eq!(directory.changes.len(), 285);
    assert_eq!(directory.changes[0].version, "00000000000000");
    assert_eq!(directory.changes[1].name, "dumped_migration_1");
    assert_eq!(directory.changes[284].version, "202607301400000000");
    assert!(directory.changes.windows(2).all(|pair| pair[0].version < pair[1].version));
    let alone = directory
        .changes
        .iter()
        .filter(|change| change.directives.transaction == TransactionMode::None)
        .count();
    assert_eq!(alone, 7);
    assert_eq!(change(&directory, "20191115182353").name, "Add email notifications to crate owners");
    assert!(directory.changes.iter().all(|change| change.down.is_some()));
}

#[test]
fn migrations_of_atuin_are_read() {
    let Some(root) = corpus("migrations/atuin") else { return };
    for (dir, count, first) in [
        ("server-postgres/migrations", 20, "20210425153745"),
        ("server-sqlite/migrations", 7, "20231203124112"),
        ("client/migrations", 12, "20210422143411"),
    ] {
        for layout in [None, Some(Layout::Sqlx)] {
            let directory = read(&root, &[PathBuf::from(dir)], layout).unwrap();
            assert_eq!(
                (directory.changes.len(), directory.changes[0].version.as_str()),
                (count, first),
                "{dir}"
            );
            assert_eq!(warnings(&directory), [""; 0], "{dir}");
        }
    }
}

#[test]
fn every_small_project_is_recognised_and_read() {
    let Some(root) = corpus("migrations/layouts") else { return };
    for (dir, layout, expected) in [
        ("dbmate/db/migrations", Layout::Dbmate, vec!["20151129054053", "20200227231541"]),
        ("goose/migrations", Layout::Goose, vec!["00001", "00002", "00003", "00004", "00005"]),
        ("goose/no-versioning/migrations", Layout::Goose, vec!["00001", "00002", "00003"]),
        ("goose/no-versioning/seed", Layout::Goose, vec!["00001", "00002"]),
        ("sqitch", Layout::Sqitch, vec!["roles", "users", "widgets"]),
        ("import/goose", Layout::Goose, vec!["1", "2"]),
        ("import/dbmate", Layout::Dbmate, vec!["1", "2"]),
        ("import/golang-migrate", Layout::GolangMigrate, vec!["1", "2"]),
        ("import/flyway", Layout::Flyway, vec!["1", "2", "B2", "3", "R__views"]),
        (
            "import/liquibase",
            Layout::Liquibase,
            vec![
                "import/liquibase/1_initial.sql::atlas:1-1",
                "import/liquibase/1_initial.sql::atlas:1-2",
                "import/liquibase/1_initial.sql::atlas:1-3",
                "import/liquibase/2_second_migration.sql::atlas:2-1",
            ],
        ),
    ] {
        let directory = read_corpus(&root, dir);
        assert_eq!(directory.detection.layout, layout, "{dir}");
        assert_eq!(versions(&directory), expected, "{dir}");
    }
    let sqitch = read_corpus(&root, "sqitch");
    assert_eq!(
        warnings(&sqitch).iter().filter(|warning| warning.contains("no plan lists this script")).count(),
        5
    );
    assert_eq!(sqitch.changes[1].down.as_ref().unwrap().file.path(), "sqitch/revert/users.sql");
    let goose = read_corpus(&root, "goose/migrations");
    assert_eq!(goose.changes[4].directives.transaction, TransactionMode::None);
    let flyway = read_corpus(&root, "import/flyway");
    assert_eq!(change(&flyway, "B2").kind, ChangeKind::Baseline);
    assert_eq!(change(&flyway, "R__views").kind, ChangeKind::Repeatable);
    assert_eq!(blocks(change(&flyway, "1").down.as_ref().unwrap()), ["DROP TABLE tbl;"]);
    let liquibase = read_corpus(&root, "import/liquibase");
    assert_eq!(blocks(liquibase.changes[0].down.as_ref().unwrap()), ["DROP TABLE post;"]);
}

/// What another tool makes of the same files: the same SQL, whatever the comments and the layout of lines.
#[test]
fn imports_hold_the_sql_that_another_importer_finds() {
    let Some(root) = corpus("migrations/layouts/import") else { return };
    for (dir, gold) in [
        ("goose", vec!["1_initial.sql", "2_second_migration.sql"]),
        ("dbmate", vec!["1_initial.sql", "2_second_migration.sql"]),
        ("golang-migrate", vec!["1_initial.sql", "2_second_migration.sql"]),
        ("liquibase", vec!["1_initial.sql", "2_second_migration.sql"]),
    ] {
        let directory = read_corpus(&root, dir);
        let ours: Vec<&str> = directory.changes.iter().flat_map(|change| blocks(&change.up)).collect();
        let ours = ours.join("\n");
        let theirs: String = gold
            .iter()
            .map(|file| std::fs::read_to_string(root.join(format!("{dir}_gold/{file}"))).unwrap())
            .collect();
        assert_eq!(sql_words(&ours), sql_words(&theirs), "{dir}");
    }
    let directory = read_corpus(&root, "flyway");
    for (version, gold) in
        [("B2", "2_baseline.sql"), ("3", "3_third_migration.sql"), ("R__views", "3R_views.sql")]
    {
        let theirs = std::fs::read_to_string(root.join("flyway_gold").join(gold)).unwrap();
        assert_eq!(
            sql_words(&blocks(&change(&directory, version).up).concat()),
            sql_words(&theirs),
            "{gold}"
        );
    }
}

/// The text without comment lines, block comments and blanks.
fn sql_words(text: &str) -> String {
    let mut lines = String::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("--")) {
        lines.push_str(line);
        lines.push('\n');
    }
    while let (Some(start), Some(end)) = (lines.find("/*"), lines.find("*/")) {
        lines.replace_range(start..end + 2, "");
    }
    lines.split_whitespace().collect()
}

#[test]
fn goose_files_are_cut_as_goose_cuts_them() {
    let Some(root) = corpus("splitter/goose") else { return };
    for (folder, expected) in [
        ("valid-up/test01", vec![Split::Dialect, Split::Whole, Split::Dialect]),
        ("valid-up/test02", vec![Split::Whole]),
        ("valid-up/test03", vec![Split::Whole]),
        ("valid-up/test04", vec![Split::Dialect, Split::Whole, Split::Dialect]),
        ("valid-up/test05", vec![Split::Dialect]),
        ("valid-up/test06", vec![Split::Dialect, Split::Whole, Split::Dialect]),
        ("valid-up/test07", vec![Split::Whole]),
        ("valid-up/test08", vec![Split::Dialect]),
        ("valid-up/test09", vec![Split::Whole]),
        ("envsub/test01", vec![Split::Dialect]),
        ("envsub/test02", vec![Split::Dialect, Split::Dialect, Split::Whole]),
        ("envsub/test03", vec![Split::Dialect]),
    ] {
        let text = std::fs::read_to_string(root.join(folder).join("input.sql")).unwrap();
        let directory = crate::kit::read_files(Some(Layout::Goose), &[("m/1_input.sql", &text)]);
        let splits: Vec<Split> =
            directory.changes[0].up.blocks.iter().map(|block| block.split.clone()).collect();
        assert_eq!(splits, expected, "{folder}");
        let substituted: Vec<bool> =
            directory.changes[0].up.blocks.iter().map(|block| block.substitute).collect();
        match folder {
            "envsub/test01" => assert_eq!(substituted, [true]),
            "envsub/test02" => assert_eq!(substituted, [true, false, true]),
            _ => assert!(substituted.iter().all(|substituted| !substituted), "{folder}"),
        }
    }
    // goose refuses a last statement without semicolon; every database takes it.
    for file in ["a", "b", "c", "d"] {
        let text = std::fs::read_to_string(root.join(format!("invalid/up/{file}.sql"))).unwrap();
        let directory = crate::kit::read_files(Some(Layout::Goose), &[("m/1_input.sql", &text)]);
        assert!(blocks(&directory.changes[0].up)[0].ends_with("SELECT * FROM bar"), "{file}");
    }
    let directory = read(&root, &[PathBuf::from("valid-txn")], None).unwrap();
    let alone: Vec<bool> = directory
        .changes
        .iter()
        .map(|change| change.directives.transaction == TransactionMode::None)
        .collect();
    assert_eq!(alone, [false, false, true]);
}

#[test]
fn sums_that_atlas_wrote_are_verified() {
    let Some(root) = corpus("splitter/atlas") else { return };
    for (dir, expected) in [
        ("migrate", vec!["1"]),
        ("migrate/sub", vec!["1.a", "2.10.x-20", "3"]),
        ("partial-checkpoint", vec!["1", "2", "3", "4", "5", "6"]),
    ] {
        let directory = read_corpus(&root, dir);
        assert_eq!(directory.detection.layout, Layout::Atlas, "{dir}");
        assert_eq!(versions(&directory), expected, "{dir}");
    }
    let directory = read_corpus(&root, "partial-checkpoint");
    let kinds: Vec<ChangeKind> = directory.changes.iter().map(|change| change.kind).collect();
    let (v, b) = (ChangeKind::Versioned, ChangeKind::Baseline);
    assert_eq!(kinds, [v, v, b, v, b, v]);
}

#[test]
fn migration_directories_are_found_below_a_repository() {
    let Some(root) = corpus("migrations") else { return };
    let found = find(&root);
    let seen: Vec<(String, Layout)> =
        found.iter().map(|found| (found.dir.to_string_lossy().into_owned(), found.layout)).collect();
    for expected in [
        ("atuin/client/migrations", Layout::Native),
        ("cratesio/migrations", Layout::Diesel),
        ("layouts/dbmate/db/migrations", Layout::Dbmate),
        ("layouts/goose/migrations", Layout::Goose),
        ("layouts/import/flyway", Layout::Flyway),
        ("layouts/import/golang-migrate", Layout::GolangMigrate),
        ("layouts/import/liquibase", Layout::Liquibase),
        ("layouts/sqitch", Layout::Sqitch),
    ] {
        assert!(
            seen.iter().any(|(dir, layout)| (dir.as_str(), *layout) == expected),
            "{expected:?} in {seen:?}"
        );
    }
}
