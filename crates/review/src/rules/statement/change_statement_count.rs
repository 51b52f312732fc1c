use crate::{ChangeContext, Engines, Meta, OptionKind, OptionSpec, Rule, Sink, rule};

rule! {
    /// A change has many statements.
    ///
    /// ## Why
    /// What is deployed together is reviewed, locked, and repeated after a failure together. Small changes fail small.
    ///
    /// ## Bad
    /// ```sql
    /// SELECT 1; SELECT 2; SELECT 3; SELECT 4; SELECT 5; SELECT 6; SELECT 7; SELECT 8; SELECT 9; SELECT 10;
    /// SELECT 11; SELECT 12; SELECT 13; SELECT 14; SELECT 15; SELECT 16; SELECT 17; SELECT 18; SELECT 19; SELECT 20;
    /// SELECT 21; SELECT 22; SELECT 23; SELECT 24; SELECT 25; SELECT 26; SELECT 27; SELECT 28; SELECT 29; SELECT 30;
    /// SELECT 31; SELECT 32; SELECT 33; SELECT 34; SELECT 35; SELECT 36; SELECT 37; SELECT 38; SELECT 39; SELECT 40;
    /// SELECT 41; SELECT 42; SELECT 43; SELECT 44; SELECT 45; SELECT 46; SELECT 47; SELECT 48; SELECT 49; SELECT 50;
    /// SELECT 51; SELECT 52; SELECT 53; SELECT 54; SELECT 55; SELECT 56; SELECT 57; SELECT 58; SELECT 59; SELECT 60;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT 1;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Explicit Locking: locks are held until the transaction ends; MySQL manual, Statements That Cause an
    /// Implicit Commit.
    ChangeStatementCount, "statement/change-statement-count", Engines::ALL, Warning, All, options: &[OptionSpec {
        name: "max",
        kind: OptionKind::Number { default: 50 },
        about: "Number of statements that is let pass.",
    }]
}

impl Rule for ChangeStatementCount {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn change(&self, cx: &ChangeContext<'_>, out: &mut Sink<'_>) {
        let (max, count) = (cx.options.number("max"), u64::try_from(cx.statements.len()).unwrap_or(u64::MAX));
        if let Some(last) = cx.statements.last().filter(|_| count > max) {
            out.report(last.span, format!("the change has {count} statements: at most {max} are wanted"))
                .help("split it into changes that can be deployed one after the other");
        }
    }
}
