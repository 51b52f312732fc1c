use sluice_sql::model::Reason;
use sluice_text::Evidence;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A statement, or a part of it, is too long or nested too deeply to be understood.
    ///
    /// ## Why
    /// No rule has looked at it, and a server that has higher limits runs it all the same. Padding and nesting must not hide what a
    /// statement does, so that this counts as much as the worst that could be in it. Rows of an `INSERT` may be as many as they like.
    ///
    /// ## Source
    /// Measured: PostgreSQL 14 and 18 run both a block with a comment of 1.2 MB and an expression in 600 parentheses.
    BeyondLimits, "review/beyond-limits", Engines::ALL, Error, Recommended
}

impl Rule for BeyondLimits {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for part in &cx.parsed.not_analysed {
            if matches!(part.reason, Reason::TooDeep | Reason::TooLong { .. } | Reason::Failed) {
                out.report(part.span, format!("this was not reviewed: {}", part.reason))
                    .help("take it apart into smaller statements, or look at it yourself and suppress this")
                    .evidence(Evidence::Assumed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;
    use sluice_schema::Schema;
    use sluice_sql::Dialect;
    use sluice_text::{Severity, SourceFile};

    use crate::{ChangeInfo, Conditions, Policy, Reviewer, RuleSet, Script};

    fn errors(dialect: Dialect, sql: &str) -> Vec<&'static str> {
        let policy = Policy::of(RuleSet::Recommended);
        let conditions = Conditions { version: None, today: Date::constant(2026, 11, 1), one_batch: false };
        let mut reviewer = Reviewer::new(Schema::empty(dialect), &policy, conditions);
        let script = Script::read(dialect, SourceFile::new("a.sql", sql), ChangeInfo::default());
        let findings = reviewer.review(&script).findings.into_iter();
        findings.filter(|it| it.severity == Severity::Error).map(|it| it.rule).collect()
    }

    #[test]
    fn neither_padding_nor_nesting_hides_anything() {
        let (open, close) = ("(".repeat(600), ")".repeat(600));
        let padding = "x".repeat(1_200_000);
        for (dialect, sql) in [
            (Dialect::Postgres, format!("DO $$ BEGIN /* {padding} */ DROP TABLE users; END $$;")),
            (Dialect::Postgres, format!("SELECT {open}pg_read_file('/etc/passwd'){close};")),
            (Dialect::Mysql, format!("SELECT {open}load_file('/etc/passwd'){close};")),
            (Dialect::Sqlite, format!("SELECT {open}load_extension('x'){close};")),
        ] {
            let said = errors(dialect, &sql);
            let sees = |rule: &&str| *rule == "review/beyond-limits" || rule.starts_with("security/");
            assert!(said.iter().any(sees), "{dialect}: {said:?}");
        }
        let rows = vec!["(1, 'x')"; 200_000].join(", ");
        let said = errors(Dialect::Postgres, &format!("INSERT INTO t (a, b) VALUES {rows};"));
        assert!(!said.contains(&"review/beyond-limits"), "{said:?}");
    }
}
