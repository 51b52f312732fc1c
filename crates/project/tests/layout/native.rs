use std::time::Duration;

use sluice_project::layout::Layout;
use sluice_rollout::{ChangeKind, Phase, TransactionMode};

use crate::kit::{blocks, change, read_files, versions, warnings};

#[test]
fn versions_apply_number_by_number_and_repeatables_last() {
    let directory = read_files(
        None,
        &[
            ("m/10_ten.sql", "select 10"),
            ("m/9_nine.sql", "select 9"),
            ("m/1.10-x.sql", "select 1"),
            ("m/1.9-x.sql", "select 1"),
            ("m/sub/0002_in a folder.sql", "select 2"),
            ("m/v3_größe.sql", "select 3"),
            ("m/R__b.sql", "select 'b'"),
            ("m/R__a.sql", "-- sluice: requires=R__b\nselect 'a'"),
            ("m/README.md", "# notes"),
            ("m/.hidden.sql", "not read"),
        ],
    );
    assert_eq!(directory.detection.layout, Layout::Native);
    assert_eq!(versions(&directory), ["1.9", "1.10", "0002", "v3", "9", "10", "R__b", "R__a"]);
    assert_eq!(change(&directory, "R__a").kind, ChangeKind::Repeatable);
    assert_eq!(change(&directory, "0002").name, "in a folder");
    assert_eq!(change(&directory, "v3").up.file.path(), "m/v3_größe.sql");
    assert!(change(&directory, "9").up.blocks[0].substitute);
    assert_eq!(warnings(&directory), [""; 0]);
}

#[test]
fn the_way_back_stands_beside_its_change() {
    let directory = read_files(
        Some(Layout::Native),
        &[
            ("m/1_a.sql", "create table a (x int)"),
            ("m/01_a.down.sql", "drop table a"),
            ("m/2_b.up.sql", "create table b (x int)"),
            ("m/2_b.down.sql", "drop table b"),
            ("m/3_c.sql", "create table c (x int)"),
        ],
    );
    let downs: Vec<Option<Vec<&str>>> =
        directory.changes.iter().map(|change| change.down.as_ref().map(blocks)).collect();
    assert_eq!(downs, [Some(vec!["drop table a"]), Some(vec!["drop table b"]), None]);
}

#[test]
fn directives_at_the_top_are_read() {
    let directory = read_files(
        None,
        &[
            ("m/1_a.sql", "select 1"),
            ("m/2_b.sql", "select 1"),
            (
                "m/3_c.sql",
                "/* licence */\n\n-- sluice: transaction=none\n--sluice: lock_timeout = 500ms\n\
                 -- sluice: statement_timeout=10min\n-- a note\n-- sluice: requires=1, 02\n-- sluice: requires=1.0\n\
                 -- sluice: targets=region == 'eu'\n-- sluice: phase=expand\n-- sluice: flag=checkout:on\n\
                 -- sluice: assert=select count(*) = 0 from t\n-- sluice: assert=select true\n\
                 -- sluice: renamed from=orders_old\n-- sluice: allow(table/drop) reason=\"gone\"\n\
                 alter table t rename to orders;\n",
            ),
        ],
    );
    let directives = &change(&directory, "3").directives;
    assert_eq!(directives.transaction, TransactionMode::None);
    assert_eq!(directives.lock_timeout, Some(Duration::from_millis(500)));
    assert_eq!(directives.statement_timeout, Some(Duration::from_secs(600)));
    assert_eq!(directives.requires, ["1", "02", "1.0"]);
    assert_eq!(directives.targets.as_deref(), Some("region == 'eu'"));
    assert_eq!(directives.phase, Some(Phase::Expand));
    assert_eq!(directives.flag.as_deref(), Some("checkout:on"));
    let file = &change(&directory, "3").up.file;
    let asserts: Vec<_> = directives.asserts.iter().map(|it| (it.sql.as_str(), file.locate(it.at))).collect();
    assert_eq!(
        asserts,
        [
            ("select count(*) = 0 from t", "m/3_c.sql:12:19".to_owned()),
            ("select true", "m/3_c.sql:13:19".to_owned())
        ]
    );
    assert_eq!(directives.renamed_from.as_deref(), Some("orders_old"));
}

#[test]
fn a_directive_after_the_first_statement_is_pointed_out() {
    let directory = read_files(
        None,
        &[(
            "m/1_a.sql",
            "select 1;\n  -- sluice: transaction=none\n-- sluice: allow(x) reason=\"y\"\nselect 2;",
        )],
    );
    assert_eq!(directory.changes[0].directives.transaction, TransactionMode::Auto);
    assert_eq!(
        warnings(&directory),
        [
            "m/1_a.sql:2:14: a directive after the first statement has no effect (move it to the top of the file)"
        ]
    );
}

#[test]
fn a_byte_order_mark_is_kept_for_checksums_of_other_tools_only() {
    let with = read_files(None, &[("m/1_a.sql", "\u{feff}select 1")]);
    let without = read_files(None, &[("m/1_a.sql", "select 1")]);
    assert_eq!(with.changes[0].checksum, without.changes[0].checksum);
    assert_eq!(with.changes[0].up.file.text(), "select 1");
    assert_eq!(with.changes[0].checksum_input(), "\u{feff}select 1".as_bytes());
    assert_eq!(without.changes[0].checksum_input(), b"select 1");
}

#[test]
fn an_empty_directory_has_no_changes() {
    let directory = read_files(None, &[("m/README.md", "nothing yet")]);
    assert!(directory.changes.is_empty());
}

#[test]
fn a_large_file_is_read_whole() {
    let text = format!("select '{}'", "ä".repeat(900_000));
    let directory = read_files(None, &[("m/1_a.sql", text.as_str()), ("m/2_b.sql", "select 2")]);
    assert_eq!(directory.changes[0].up.file.text(), text);
    assert_eq!(blocks(&directory.changes[1].up), ["select 2"]);
}
