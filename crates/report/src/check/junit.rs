use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Check, FindingReport};

/// A suite for each file, a case for each finding; one case that passed where there is none.
pub(super) fn render(check: &Check) -> String {
    let mut report = Report::new("sluice check");
    let mut files: BTreeMap<&str, Vec<&FindingReport>> = BTreeMap::new();
    for finding in &check.findings {
        files.entry(&finding.path).or_default().push(finding);
    }
    if files.is_empty() {
        let mut suite = TestSuite::new("sluice check");
        suite.add_test_case(TestCase::new("review", TestCaseStatus::success()));
        report.add_test_suite(suite);
    }
    for (path, findings) in files {
        let mut suite = TestSuite::new(path.to_owned());
        for finding in findings {
            let mut status = match finding.severity.as_str() {
                "error" | "warning" => TestCaseStatus::non_success(NonSuccessKind::Failure),
                _ => TestCaseStatus::success(),
            };
            if finding.severity != "info" {
                status.set_type(finding.severity.clone());
                status.set_message(finding.message.clone());
                status.set_description(format!(
                    "{}:{}:{}: {}\nhelp: {}\n{}",
                    finding.path,
                    finding.line,
                    finding.column,
                    finding.message,
                    finding.help,
                    finding.statement
                ));
            }
            let name = format!("{} at line {}, column {}", finding.rule, finding.line, finding.column);
            let mut case = TestCase::new(name, status);
            case.set_classname(path.to_owned());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    // Jenkins' schema knows the attribute for suites, not for the whole.
    report.to_string().unwrap_or_default().replacen(" skipped=\"0\"", "", 1)
}
