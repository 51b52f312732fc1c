use proptest::prelude::*;
use sluice_project::layout::{Layout, read};

use crate::kit::repository;

/// Lines that mean something to some layout, and some that mean nothing.
const LINES: [&str; 36] = [
    "",
    ";",
    "select 1;",
    "select '--",
    "/* open",
    "*/ close",
    "ä -- ö",
    "$$",
    "-- sluice: requires=1",
    "-- sluice: targets=",
    "-- sluice:",
    "--sluice: assert==",
    "-- +goose Up",
    "-- +goose Down",
    "-- +goose StatementBegin",
    "-- +goose StatementEnd",
    "-- +goose ENVSUB ON",
    "-- +goose ENVSUB OFF",
    "-- +goose NO TRANSACTION ä",
    "-- migrate:up transaction:false",
    "-- migrate:down",
    "--liquibase formatted sql logicalFilePath:x",
    "--changeset a:1 endDelimiter:\\n@@",
    "--changeset \"a ä\":2 runOnChange:true dbms:!h2,",
    "--changeset",
    "--rollback select 2",
    "--rollback",
    "/* liquibase rollback",
    "--preconditions onFail:HALT",
    "--precondition-sql-check expectedResult:1 select 1",
    "-- atlas:delimiter \\n\\n",
    "-- atlas:checkpoint",
    "--> statement-breakpoint",
    "-- txn-mode = off",
    "%project=x",
    "a [b @t c@t !d x:y] # ä",
];

const FILES: [&str; 12] = [
    "m/1_a.sql",
    "m/01_b.down.sql",
    "m/V1__a.sql",
    "m/R__v.sql",
    "m/2_c.up.sql",
    "m/2024-01-01_d/up.sql",
    "m/2024-01-01_d/metadata.toml",
    "m/2025_e/migration.sql",
    "m/meta/_journal.json",
    "m/sqitch.plan",
    "m/deploy/a.sql",
    "m/atlas.sum",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// Whatever stands in the files: no panic; what is read has its blocks in order within the file.
    #[test]
    fn no_content_breaks_a_layout(
        contents in prop::collection::vec((prop::sample::select(FILES.to_vec()), prop::collection::vec(prop::sample::select(LINES.to_vec()), 0..10), prop::sample::select(vec!["\n", "\r\n", "\r"])), 1..6)
    ) {
        let files: Vec<(&str, String)> = contents.into_iter().map(|(path, lines, end)| (path, lines.join(end))).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let dir = repository(&files);
        for layout in Layout::ALL.into_iter().map(Some).chain([None]) {
            let Ok(directory) = read(dir.path(), &["m".into()], layout) else { continue };
            for change in &directory.changes {
                for script in [Some(&change.up), change.down.as_ref()].into_iter().flatten() {
                    let mut end = 0;
                    for block in &script.blocks {
                        prop_assert!(block.span.start >= end && script.file.text().get(block.span.start..block.span.end).is_some());
                        end = block.span.end;
                    }
                }
            }
        }
    }
}
