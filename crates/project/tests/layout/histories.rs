use sluice_project::layout::history::{Adoption, adopt, glance, queries};
use sluice_project::layout::{Directory, Layout};
use sluice_rollout::{Algorithm, Checksum};
use sluice_sql::Dialect;

use crate::kit::read_files;

fn rows(rows: &[&[&str]]) -> Vec<Vec<Option<String>>> {
    rows.iter()
        .map(|row| row.iter().map(|value| (*value != "NULL").then(|| (*value).to_owned())).collect())
        .collect()
}

/// Versions that are adopted.
fn versions<'d>(directory: &'d Directory, adoption: &Adoption) -> Vec<&'d str> {
    assert_eq!(adoption.refused, None);
    adoption.revisions.iter().map(|adopted| directory.changes[adopted.change].version.as_str()).collect()
}

fn numbered(layout: Layout) -> Directory {
    read_files(
        Some(layout),
        &[("m/01_a.up.sql", "select 1"), ("m/2_b.up.sql", "select 2"), ("m/10_c.up.sql", "select 3")],
    )
}

#[test]
fn one_row_of_golang_migrate_stands_for_all_before_it() {
    let directory = numbered(Layout::GolangMigrate);
    let adoption = adopt(Layout::GolangMigrate, &rows(&[&["2", "false"]]), &directory);
    assert_eq!(versions(&directory, &adoption), ["01", "2"]);
    assert_eq!(adoption.revisions[0].checksum, directory.changes[0].checksum);
    let adoption = adopt(Layout::GolangMigrate, &rows(&[&["2", "true"]]), &directory);
    assert_eq!(
        adoption.refused.as_deref(),
        Some("golang-migrate left version 2 dirty: repair it, then run `migrate force`")
    );
    let adoption = adopt(Layout::GolangMigrate, &rows(&[&["7", "f"]]), &directory);
    assert_eq!((versions(&directory, &adoption), adoption.unknown), (vec!["01", "2"], vec!["7".to_owned()]));
    assert_eq!(adopt(Layout::GolangMigrate, &[], &directory), Adoption::default());
}

#[test]
fn dbmate_rails_and_diesel_list_versions() {
    let directory = numbered(Layout::Sqlx);
    for layout in [Layout::Dbmate, Layout::Rails, Layout::Diesel] {
        let adoption = adopt(layout, &rows(&[&["1"], &["10"], &["11"]]), &directory);
        assert_eq!(versions(&directory, &adoption), ["01", "10"]);
        assert_eq!(adoption.unknown, ["11"]);
    }
}

#[test]
fn the_latest_row_of_goose_counts() {
    let directory = numbered(Layout::Sqlx);
    let history = rows(&[
        &["0", "true", "t0"],
        &["1", "true", "2024-01-01T00:00:00Z"],
        &["2", "1", "t2"],
        &["2", "0", "t3"],
    ]);
    let adoption = adopt(Layout::Goose, &history, &directory);
    assert_eq!(versions(&directory, &adoption), ["01"]);
    assert_eq!(adoption.revisions[0].applied_at.as_deref(), Some("2024-01-01T00:00:00Z"));
    assert!(adoption.unknown.is_empty());
}

#[test]
fn flyway_rows_carry_checksums_baselines_undos_and_repeatables() {
    let directory = read_files(
        Some(Layout::Flyway),
        &[
            ("m/V1__a.sql", "select 1"),
            ("m/V1_1__b.sql", "select 2"),
            ("m/V2__c.sql", "select 3"),
            ("m/V3__d.sql", "select 4"),
            ("m/R__v.sql", "select 5"),
        ],
    );
    let crc = |text: &str| {
        Checksum::with(Algorithm::FlywayCrc32, text.as_bytes()).as_str().replace("flyway-crc32:", "")
    };
    let history = rows(&[
        &["NULL", "SCHEMA", "\"s\"", "NULL", "t", "true"],
        &["1", "BASELINE", "<< Flyway Baseline >>", "NULL", "t", "true"],
        &["1.1", "SQL", "V1_1__b.sql", &crc("select 2"), "t", "1"],
        &["2", "SQL", "V2__c.sql", &crc("select 'other'"), "t", "1"],
        &["3", "SQL", "V3__d.sql", &crc("select 4"), "t", "1"],
        &["3", "UNDO_SQL", "U3__d.sql", "1", "t", "1"],
        &["NULL", "SQL", "sub/R__v.sql", &crc("select 5"), "t", "1"],
        &["9", "SQL", "V9__x.sql", "1", "t", "1"],
    ]);
    let adoption = adopt(Layout::Flyway, &history, &directory);
    assert_eq!(versions(&directory, &adoption), ["1", "1.1", "2", "R__v"]);
    assert_eq!(adoption.revisions[1].checksum.algorithm(), Algorithm::FlywayCrc32);
    assert_eq!(adoption.mismatched, [2]);
    assert_eq!(adoption.unknown, ["9"]);
    let failed = adopt(Layout::Flyway, &rows(&[&["1", "SQL", "V1__a.sql", "1", "t", "0"]]), &directory);
    assert_eq!(
        failed.refused.as_deref(),
        Some("Flyway recorded that V1__a.sql failed: repair it with Flyway first")
    );
}

#[test]
fn prisma_sqlx_and_drizzle_rows_are_compared_by_content() {
    let sha = |algorithm, text: &str| {
        let checksum = Checksum::with(algorithm, text.as_bytes());
        checksum.as_str().split_once(':').unwrap().1.to_owned()
    };
    let prisma = read_files(
        Some(Layout::Prisma),
        &[("m/2024_a/migration.sql", "select 1"), ("m/2025_b/migration.sql", "select 2")],
    );
    let good = sha(Algorithm::Sha256Raw, "select 1");
    let history = rows(&[
        &["2024_a", "old", "NULL", "2024-01-01T00:00:00Z"],
        &["2024_a", &good, "2024-01-02T00:00:00Z", "NULL"],
        &["2025_b", &good, "2024-01-02T00:00:00Z", "NULL"],
    ]);
    let adoption = adopt(Layout::Prisma, &history, &prisma);
    assert_eq!(versions(&prisma, &adoption), ["2024_a", "2025_b"]);
    assert_eq!(adoption.mismatched, [1]);
    let unfinished = adopt(Layout::Prisma, &rows(&[&["2024_a", &good, "NULL", "NULL"]]), &prisma);
    assert!(unfinished.refused.unwrap().starts_with("Prisma did not finish 2024_a"));

    let sqlx = numbered(Layout::Sqlx);
    let history = rows(&[&["1", &sha(Algorithm::Sha384Raw, "select 1"), "t", "true"]]);
    let adoption = adopt(Layout::Sqlx, &history, &sqlx);
    assert_eq!((versions(&sqlx, &adoption), adoption.mismatched), (vec!["01"], vec![]));
    assert!(adopt(Layout::Sqlx, &rows(&[&["1", "", "t", "false"]]), &sqlx).refused.is_some());

    let journal = "{\"entries\":[{\"when\":5,\"tag\":\"0000_a\"},{\"when\":6,\"tag\":\"0001_b\"}]}";
    let drizzle = read_files(
        Some(Layout::Drizzle),
        &[("m/meta/_journal.json", journal), ("m/0000_a.sql", "select 1"), ("m/0001_b.sql", "select 2")],
    );
    let history = rows(&[&[&good, "99"], &["0000", "6"], &["ffff", "7"]]);
    let adoption = adopt(Layout::Drizzle, &history, &drizzle);
    assert_eq!(versions(&drizzle, &adoption), ["0000_a", "0001_b"]);
    assert_eq!(adoption.unknown, ["ffff"]);
}

#[test]
fn liquibase_rows_are_found_whatever_their_paths_are_relative_to() {
    let text = "--liquibase formatted sql\n--changeset a:1\nselect 1;\n--changeset a:2\nselect 2;\n";
    let directory = read_files(None, &[("m/db/x.sql", text)]);
    let history = rows(&[
        &["1", "a", "classpath:db/x.sql", "9:abc", "EXECUTED", "t"],
        &["2", "a", "other/y.sql", "9:abc", "EXECUTED", "t"],
    ]);
    let adoption = adopt(Layout::Liquibase, &history, &directory);
    assert_eq!(versions(&directory, &adoption), ["m/db/x.sql::a:1"]);
    assert_eq!(adoption.revisions[0].checksum.as_str(), "liquibase:9:abc");
    assert_eq!(adoption.unknown, ["other/y.sql::a:2"]);
}

#[test]
fn atlas_rows_are_refused_while_they_are_partial() {
    let directory = read_files(
        Some(Layout::Atlas),
        &[("m/1_a.sql", "select 1"), ("m/2_b.sql", "select 2"), ("m/3_c.sql", "select 3")],
    );
    let history = rows(&[
        &[".atlas_cloud_identifier", "0", "0", "0", "", "t"],
        &["2", "1", "0", "0", "", "t"],
        &["3", "2", "1", "1", "abc=", "t"],
    ]);
    let adoption = adopt(Layout::Atlas, &history, &directory);
    assert_eq!(versions(&directory, &adoption), ["1", "2", "3"]);
    let partial = adopt(Layout::Atlas, &rows(&[&["1", "2", "1", "3", "abc=", "t"]]), &directory);
    assert_eq!(
        partial.refused.as_deref(),
        Some("Atlas applied 1 of 3 statements of 1: finish it with Atlas first")
    );
}

#[test]
fn sqitch_rows_of_a_reworked_change_are_its_instances_in_turn() {
    let plan = "%project=p\na 2024-01-01T00:00:00Z N <n@x>\n@v1 2024-01-01T00:00:00Z N <n@x>\na [a@v1] 2024-01-01T00:00:00Z N <n@x>\n";
    let directory = read_files(
        None,
        &[("m/sqitch.plan", plan), ("m/deploy/a@v1.sql", "select 1"), ("m/deploy/a.sql", "select 2")],
    );
    let hash = Checksum::with(Algorithm::Sha1Raw, b"select 1").as_str().replace("sha1-raw:", "");
    let adoption = adopt(Layout::Sqitch, &rows(&[&["a", &hash, "t", "p"]]), &directory);
    assert_eq!(versions(&directory, &adoption), ["a@v1"]);
    assert!(adoption.mismatched.is_empty());
    let others = rows(&[&["z", &hash, "t", "other"], &["a", "NULL", "t", "other"], &["a", &hash, "t", "p"]]);
    assert_eq!(adopt(Layout::Sqitch, &others, &directory), adoption, "other projects are none of ours");
    let adoption = adopt(
        Layout::Sqitch,
        &rows(&[&["a", &hash, "t", "p"], &["a", &hash, "t", "p"], &["b", "NULL", "t", "p"]]),
        &directory,
    );
    assert_eq!(versions(&directory, &adoption), ["a@v1", "a"]);
    assert_eq!((adoption.mismatched, adoption.unknown), (vec![1], vec!["b".to_owned()]));
}

#[test]
fn every_column_of_a_history_is_read_as_text() {
    let query = |dialect, tool| queries(dialect, &[]).into_iter().find(|query| query.tool == tool).unwrap();
    let sqlx = query(Dialect::Postgres, Layout::Sqlx);
    assert_eq!(
        sqlx.read_sql,
        "select \"version\"::text, encode(\"checksum\", 'hex'), to_char(\"installed_on\" at time zone 'UTC', \
         'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), \"success\"::text from \"_sqlx_migrations\" order by \"version\""
    );
    assert_eq!(
        query(Dialect::Mysql, Layout::Dbmate).exists_sql,
        "select case when count(distinct case when lower(column_name) in ('version') then lower(column_name) end) = 1 \
         and count(case when lower(column_name) = 'dirty' then 1 end) = 0 then '1' else '0' end \
         from information_schema.columns where table_schema = database() and table_name = 'schema_migrations'"
    );
    assert_eq!(
        query(Dialect::Sqlite, Layout::GolangMigrate).read_sql,
        "select cast(\"version\" as text), cast(\"dirty\" as text) from \"schema_migrations\" order by \"version\""
    );
}

#[test]
fn a_glance_names_every_table_that_is_kept_in_the_database() {
    for dialect in [Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb, Dialect::Sqlite] {
        let glance = glance(dialect);
        for query in queries(dialect, &[]) {
            let table = query.table.rsplit('.').next().unwrap();
            assert_eq!(glance.contains(&format!("'{table}'")), query.beside.is_none(), "{dialect:?} {table}");
        }
    }
}

#[test]
fn rows_that_a_tool_writes_about_itself_are_no_history() {
    let used = |tool| {
        let query = queries(Dialect::Postgres, &[]).into_iter().find(|query| query.tool == tool).unwrap();
        query.used_sql.split_once(" from ").unwrap().1.to_owned()
    };
    for (tool, expected) in [
        (Layout::Flyway, "\"flyway_schema_history\" where \"type\" <> 'SCHEMA' limit 1"),
        (Layout::Goose, "\"goose_db_version\" where \"version_id\" > 0 limit 1"),
        (Layout::Atlas, "\"atlas_schema_revisions\" where \"version\" not like '.%' limit 1"),
        (Layout::Prisma, "\"_prisma_migrations\" where \"rolled_back_at\" is null limit 1"),
        (Layout::Dbmate, "\"schema_migrations\" limit 1"),
    ] {
        assert_eq!(used(tool), expected);
    }
}

#[test]
fn a_checksum_that_is_none_is_told_and_one_that_was_not_kept_is_not() {
    let directory = read_files(
        Some(Layout::Prisma),
        &[("m/1_a/migration.sql", "select 1"), ("m/2_b/migration.sql", "select 2")],
    );
    let adoption =
        adopt(Layout::Prisma, &rows(&[&["1_a", "bad", "t", "NULL"], &["2_b", "", "t", "NULL"]]), &directory);
    assert_eq!(versions(&directory, &adoption), ["1_a", "2_b"]);
    assert_eq!(adoption.unreadable, [(0, "bad".to_owned())]);
    assert_eq!(adoption.mismatched, [0_usize; 0]);
}
