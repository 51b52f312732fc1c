use std::sync::OnceLock;

use jiff::civil::Date;
use sluice_review::{ChangeInfo, Conditions, Policy, Review, Reviewer, RuleSet, Script};
use sluice_schema::Schema;
use sluice_sql::Dialect;
use sluice_text::{Finding, SourceFile};

use crate::reading::inside;

/// A review under all rules: findings are in order and in the file, the same each time; with its fixes made the text
/// can be reviewed again.
pub fn review(dialect: Dialect, text: &str) {
    let first = reviewed(dialect, text);
    assert_eq!(told(&first), told(&reviewed(dialect, text)), "{text:?}");
    for finding in &first.findings {
        inside(text, finding.span);
        inside(text, finding.statement);
        assert!(!finding.message.is_empty(), "{}", finding.rule);
        if let Some(fix) = &finding.fix {
            let mut end = 0;
            for edit in &fix.edits {
                inside(text, edit.span);
                assert!(edit.span.start >= end, "{}: edits overlap", finding.rule);
                end = edit.span.end;
            }
            let fixed = fix.apply(text);
            reviewed(dialect, &fixed);
            for next in &fix.follow_ups {
                reviewed(dialect, &next.sql);
            }
        }
    }
    for forecast in &first.forecasts {
        inside(text, forecast.span);
    }
    let order: Vec<usize> = first.findings.iter().map(|finding| finding.span.start).collect();
    assert!(order.is_sorted(), "{text:?}");
}

/// A comment that may ask for silence, with any text in it: findings of the statement that it is about are there, or
/// counted as suppressed.
pub fn suppressions(dialect: Dialect, comment: &str) {
    let line = comment.replace(['\n', '\r'], " ");
    let block = comment.replace(['*', '/'], " ");
    for text in [
        format!("-- sluice: {line}\nDROP TABLE orders;"),
        format!("SELECT 1;\n-- sluice: {line}\nDROP TABLE orders;"),
        format!("SELECT 1;\nDROP TABLE orders; -- sluice: {line}\n"),
        format!("/* sluice: {block} */ DROP TABLE orders;"),
    ] {
        let review = reviewed(dialect, &text);
        for finding in &review.findings {
            inside(&text, finding.span);
        }
        let shown = review.findings.iter().filter(|it| it.rule == "data-loss/drop-table").count();
        assert!(shown + review.suppressed >= 1, "{text:?}");
    }
}

/// What a review finds in the text as the only change of a database of which nothing is known.
fn reviewed(dialect: Dialect, text: &str) -> Review {
    static POLICY: OnceLock<Policy> = OnceLock::new();
    let policy = POLICY.get_or_init(|| Policy::of(RuleSet::All));
    let conditions = Conditions { version: None, today: Date::constant(2026, 11, 1), one_batch: false };
    let file = SourceFile::new("change.sql", text);
    let script = Script::read(dialect, file, ChangeInfo::default());
    Reviewer::new(Schema::unknown(dialect), policy, conditions).review(&script)
}

fn told(review: &Review) -> Vec<String> {
    let line = |it: &Finding| format!("{} {:?} {} {} {:?}", it.rule, it.span, it.message, it.help, it.fix);
    review.findings.iter().map(line).collect()
}
