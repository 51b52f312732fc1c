use sluice_review::{ChangeInfo, Conditions, Policy, Reviewer, RuleSet, Script};
use sluice_text::SourceFile;

use super::{Check, CheckFormat};
use crate::{Paint, Report as _};

/// Statements with hostile names in them.
const SQL: &str =
    "-- an index\nCREATE INDEX \"<b>|`@all`\" ON orders (customer_id);\nSELECT 1;\nFROBNICATE x;\n";

fn check() -> Check {
    of(SQL)
}

/// The review of one file.
fn of(sql: &str) -> Check {
    let dialect = sluice_sql::Dialect::Postgres;
    let policy = Policy::of(RuleSet::Recommended);
    let today = jiff::civil::Date::constant(2026, 11, 1);
    let conditions = Conditions { version: None, today, one_batch: false };
    let mut reviewer = Reviewer::new(sluice_schema::Schema::unknown(dialect), &policy, conditions);
    let script = Script::read(dialect, SourceFile::new("migrations/1, a.sql", sql), ChangeInfo::default());
    let review = reviewer.review(&script);
    let mut check = Check::default();
    check.add(
        dialect,
        &script.file,
        review.statements,
        review.suppressed,
        &review.findings,
        &review.forecasts,
    );
    check.forecasts.clear();
    check
}

#[test]
fn people_see_the_text_that_a_finding_is_about() {
    insta::assert_snapshot!(check().human(Paint::PLAIN));
}

#[test]
fn programs_get_findings_with_places_and_fixes() {
    let mut json = Vec::new();
    check().write_json(&mut json).unwrap();
    insta::assert_json_snapshot!(serde_json::from_slice::<serde_json::Value>(&json).unwrap());
}

#[test]
fn forges_get_annotations_that_hostile_names_cannot_break() {
    let check = check();
    insta::assert_snapshot!("github", check.render(CheckFormat::Github));
    insta::assert_snapshot!("gitlab", check.render(CheckFormat::Gitlab));
    insta::assert_snapshot!("markdown", check.render(CheckFormat::Markdown));
    insta::assert_snapshot!("sarif", check.render(CheckFormat::Sarif));
    assert!(check.render(CheckFormat::Junit).contains("testsuite name=\"migrations/1, a.sql\""));
}

#[test]
fn fingerprints_stay_when_lines_move() {
    let prints = |sql: &str| -> Vec<String> {
        let findings = of(sql).findings;
        findings.into_iter().map(|finding| finding.fingerprint).collect()
    };
    let two = prints(&format!("{SQL}{SQL}"));
    assert_eq!(two.len(), 4);
    assert_eq!(two.iter().collect::<std::collections::BTreeSet<_>>().len(), 4, "each has its own");
    assert_eq!(prints(&format!("\n\nSELECT 2;\n{SQL}")), prints(SQL));
    assert_eq!(prints(&SQL.replace("ON orders", "\n  ON\torders")), prints(SQL));
}

#[test]
fn what_the_baseline_lists_counts_no_more() {
    let mut check = check();
    check.weigh(Some(sluice_text::Severity::Error));
    check.settle();
    assert!(check.summary.failed);
    check.take_known(&[false, true]);
    check.settle();
    let summary = &check.summary;
    assert_eq!((summary.failed, summary.errors, summary.infos, summary.baselined), (false, 0, 1, 1));
    assert!(check.human(Paint::PLAIN).ends_with("1 note, 1 in the baseline in 1 file, 3 statements\n"));
}
