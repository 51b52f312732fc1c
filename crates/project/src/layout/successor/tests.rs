use std::fs;
use std::path::Path;

use super::{Piece, Successors, Wanted};
use crate::layout::{self, Layout};

/// Two changes that are wanted: one in a transaction, one not.
fn wanted() -> Vec<Wanted> {
    let one = |name: &str, sql: &str, separate| Wanted { name: name.into(), sql: sql.into(), separate };
    vec![one("validate", "SELECT 1;\n", false), one("build", "SELECT 2;\n", true)]
}

/// Writes the files, puts what is wanted after the change of `path`, and returns the new files. The directory must be read
/// again without a complaint, with what is new directly behind the change.
fn follow(layout: Layout, files: &[(&str, &str)], path: &str) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let directory = layout::read(root, &["m".into()], Some(layout)).unwrap();
    let change = directory.changes.iter().find(|change| change.up.file.path() == path).unwrap();
    let offset = change.up.blocks[0].span.start;
    let pieces = Successors::new(&directory).after(Path::new(path), offset, &wanted()).unwrap();
    let mut new = Vec::new();
    for piece in pieces {
        match piece {
            Piece::File { path, text } => {
                let place = root.join(&path);
                fs::create_dir_all(place.parent().unwrap()).unwrap();
                assert!(!place.exists(), "{}", path.display());
                fs::write(place, &text).unwrap();
                new.push((path.display().to_string(), text));
            }
            Piece::Within { at, text } => {
                let mut whole = change.up.file.text().to_owned();
                whole.insert_str(at, &text);
                fs::write(root.join(path), &whole).unwrap();
                new.push((path.to_owned(), whole));
            }
        }
    }
    let again = layout::read(root, &["m".into()], Some(layout)).unwrap();
    assert_eq!(again.changes.len(), directory.changes.len() + 2, "{layout}");
    let at = again.changes.iter().position(|one| one.version == change.version).unwrap();
    for (next, name) in [(at + 1, "validate"), (at + 2, "build")] {
        let next = &again.changes[next];
        assert!(next.name.contains(name) || next.version.contains(name), "{layout}: {next:?}");
    }
    new
}

#[test]
fn files_are_named_as_their_layout_wants() {
    let goose = "-- +goose Up\nSELECT 0;\n-- +goose Down\nSELECT 9;\n";
    let dbmate = "-- migrate:up\nSELECT 0;\n-- migrate:down\nSELECT 9;\n";
    let sql = "SELECT 0;\n";
    type Files<'a> = &'a [(&'a str, &'a str)];
    let table: [(Layout, Files<'_>, &str, &[&str]); 12] = [
        (
            Layout::Native,
            &[("m/0007-a.sql", sql), ("m/0008-b.sql", sql)],
            "m/0007-a.sql",
            &["m/0007.1-validate.sql", "m/0007.2-build.sql"],
        ),
        (
            Layout::Native,
            &[("m/0001_a.sql", sql)],
            "m/0001_a.sql",
            &["m/0002_validate.sql", "m/0003_build.sql"],
        ),
        (
            Layout::Flyway,
            &[("m/V1__a.sql", sql), ("m/V2__b.sql", sql)],
            "m/V1__a.sql",
            &["m/V1.1__validate.sql", "m/V1.2__build.sql"],
        ),
        (
            Layout::Flyway,
            &[("m/V1_2__a.sql", sql), ("m/V1_3__b.sql", sql)],
            "m/V1_2__a.sql",
            &["m/V1_2_1__validate.sql", "m/V1_2_2__build.sql"],
        ),
        (
            Layout::GolangMigrate,
            &[("m/000001_a.up.sql", sql), ("m/000001_a.down.sql", sql)],
            "m/000001_a.up.sql",
            &[
                "m/000002_validate.up.sql",
                "m/000002_validate.down.sql",
                "m/000003_build.up.sql",
                "m/000003_build.down.sql",
            ],
        ),
        (
            Layout::Goose,
            &[("m/00001_a.sql", goose), ("m/00009_b.sql", goose)],
            "m/00001_a.sql",
            &["m/00002_validate.sql", "m/00003_build.sql"],
        ),
        (
            Layout::Dbmate,
            &[("m/20240101120000_a.sql", dbmate)],
            "m/20240101120000_a.sql",
            &["m/20240101120001_validate.sql", "m/20240101120002_build.sql"],
        ),
        (
            Layout::Sqlx,
            &[("m/20240101120000_a.up.sql", sql), ("m/20240101120000_a.down.sql", sql)],
            "m/20240101120000_a.up.sql",
            &[
                "m/20240101120001_validate.up.sql",
                "m/20240101120001_validate.down.sql",
                "m/20240101120002_build.up.sql",
                "m/20240101120002_build.down.sql",
            ],
        ),
        (
            Layout::Rails,
            &[("m/20240101120000_a.sql", sql)],
            "m/20240101120000_a.sql",
            &["m/20240101120001_validate.sql", "m/20240101120002_build.sql"],
        ),
        (
            Layout::Atlas,
            &[("m/20240101120000_a.sql", sql)],
            "m/20240101120000_a.sql",
            &["m/20240101120001_validate.sql", "m/20240101120002_build.sql"],
        ),
        (
            Layout::Prisma,
            &[("m/20240101120000_a/migration.sql", sql)],
            "m/20240101120000_a/migration.sql",
            &["m/20240101120001_validate/migration.sql", "m/20240101120002_build/migration.sql"],
        ),
        (
            Layout::Diesel,
            &[("m/2024-01-01-120000_a/up.sql", sql), ("m/2024-01-01-120000_a/down.sql", sql)],
            "m/2024-01-01-120000_a/up.sql",
            &[
                "m/2024-01-01-120001_validate/up.sql",
                "m/2024-01-01-120001_validate/down.sql",
                "m/2024-01-01-120002_build/up.sql",
                "m/2024-01-01-120002_build/down.sql",
                "m/2024-01-01-120002_build/metadata.toml",
            ],
        ),
    ];
    for (layout, files, path, expected) in table {
        let new = follow(layout, files, path);
        let paths: Vec<&str> = new.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, expected, "{layout}");
    }
}

#[test]
fn what_is_not_transactional_is_told_to_the_layouts_tool() {
    let goose = "-- +goose Up\nSELECT 0;\n-- +goose Down\nSELECT 9;\n";
    let new = follow(Layout::Goose, &[("m/1_a.sql", goose)], "m/1_a.sql");
    assert_eq!(
        new[1].1,
        "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 2;\n\n-- +goose Down\n-- nothing to take back: the change before it does\n"
    );
    let dbmate = "-- migrate:up\nSELECT 0;\n-- migrate:down\n";
    let new = follow(Layout::Dbmate, &[("m/1_a.sql", dbmate)], "m/1_a.sql");
    assert!(new[0].1.starts_with("-- migrate:up\nSELECT 1;\n"), "{}", new[0].1);
    assert!(new[1].1.starts_with("-- migrate:up transaction:false\nSELECT 2;\n"), "{}", new[1].1);
}

#[test]
fn a_formatted_sql_file_takes_further_changesets() {
    let text = "--liquibase formatted sql\n\n--changeset ann:1\nSELECT 0;\n--rollback SELECT 9;\n\n--changeset ann:2\nSELECT 3;\n";
    let new = follow(Layout::Liquibase, &[("m/a.sql", text)], "m/a.sql");
    assert_eq!(
        new[0].1,
        "--liquibase formatted sql\n\n--changeset ann:1\nSELECT 0;\n--rollback SELECT 9;\n\n\
         \n--changeset ann:1-validate\nSELECT 1;\n--rollback empty\n\
         \n--changeset ann:1-build runInTransaction:false\nSELECT 2;\n--rollback empty\n\
         --changeset ann:2\nSELECT 3;\n"
    );
}

#[test]
fn places_that_are_given_away_are_not_given_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("m")).unwrap();
    for name in ["1_a.sql", "2_b.sql"] {
        fs::write(folder.path().join("m").join(name), "SELECT 0;\n").unwrap();
    }
    let directory = layout::read(folder.path(), &["m".into()], Some(Layout::Rails)).unwrap();
    let mut successors = Successors::new(&directory);
    let mut paths = Vec::new();
    for path in ["m/1_a.sql", "m/2_b.sql"] {
        for piece in successors.after(Path::new(path), 0, &wanted()).unwrap() {
            let Piece::File { path, .. } = piece else { panic!("a file") };
            paths.push(path.display().to_string());
        }
    }
    assert_eq!(paths, ["m/3_validate.sql", "m/4_build.sql", "m/5_validate.sql", "m/6_build.sql"]);
}

#[test]
fn orders_that_another_tool_keeps_take_no_new_changes() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("m/meta")).unwrap();
    fs::write(folder.path().join("m/0000_a.sql"), "SELECT 0;\n").unwrap();
    let journal = r#"{"version":"7","dialect":"postgresql","entries":[{"idx":0,"version":"7","when":1,"tag":"0000_a","breakpoints":true}]}"#;
    fs::write(folder.path().join("m/meta/_journal.json"), journal).unwrap();
    let directory = layout::read(folder.path(), &["m".into()], Some(Layout::Drizzle)).unwrap();
    let error = Successors::new(&directory).after(Path::new("m/0000_a.sql"), 0, &wanted()).unwrap_err();
    assert_eq!(error.to_string(), "the order of drizzle changes is kept by its own tool");
}

#[test]
fn where_a_change_runs_its_followers_run() {
    let text = "-- sluice: targets=region == 'eu'\nSELECT 0;\n";
    let new = follow(Layout::Native, &[("m/1_a.sql", text)], "m/1_a.sql");
    assert_eq!(new[0].1, "-- sluice: targets=region == 'eu'\nSELECT 1;\n");
}
