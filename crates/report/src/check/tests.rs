use sluice_review::{ChangeInfo, Conditions, Policy, Reviewer, RuleSet, Script};
use sluice_text::SourceFile;

use super::{Check, CheckFormat};
use crate::{Paint, Report as _};

/// The review of one file with hostile names in it.
fn check() -> Check {
    let dialect = sluice_sql::Dialect::Postgres;
    let sql = "-- an index\nCREATE INDEX \"<b>|`@all`\" ON orders (customer_id);\nSELECT 1;\nFROBNICATE x;\n";
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
    let check = check();
    let mut moved = check.clone();
    for finding in &mut moved.findings {
        finding.line += 7;
    }
    assert_eq!(check.fingerprints(), moved.fingerprints());
    assert_eq!(check.fingerprints().len(), 2);
}
