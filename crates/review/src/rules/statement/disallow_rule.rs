use sluice_sql::ObjectKind;
use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Rules are not wanted.
    ///
    /// ## Why
    /// Rules rewrite statements, with surprises for volatile functions and counts of rows. This rule is for projects that
    /// have decided to do without.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE RULE r AS ON DELETE TO orders DO INSTEAD NOTHING;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Rules Versus Triggers.
    DisallowRule, "statement/disallow-rule", Engines::POSTGRES, Warning, All
}

impl Rule for DisallowRule {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateObject(create) = &cx.parsed.statement else { return };
        if create.kind == ObjectKind::Rule {
            out.report(cx.parsed.span, "this is a rule, which rewrites statements").help("write a trigger");
        }
    }
}
