use sluice_sql::model::{Statement, TableAction};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Row security of a table is switched off.
    ///
    /// ## Why
    /// Policies stay but are ignored: every role that may read the table sees all rows, those of other tenants too. `NO
    /// FORCE` does it for the owner, as whom applications often log in.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
    /// ```
    /// ```sql postgres
    /// ALTER TABLE orders DISABLE ROW LEVEL SECURITY;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY, total integer);
    /// ```
    /// ```sql postgres
    /// CREATE POLICY cheap ON orders USING (total < 100);
    /// ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Row Security Policies.
    DisableRowSecurity, "security/disable-row-security", Engines::POSTGRES, Error, Recommended
}

impl Rule for DisableRowSecurity {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::AlterTable(alter) = &one.statement else { continue };
            if cx.is_new(&alter.name) {
                continue;
            }
            for action in &alter.actions {
                if let TableAction::RowSecurity { force, on: false } = action.kind {
                    let table = cx.display(&alter.name);
                    let who = if force { "the owner" } else { "every role that may read it" };
                    out.report(
                        action.span,
                        format!("the policies of `{table}` are ignored: {who} sees all rows"),
                    )
                    .help("change the policies instead");
                }
            }
        }
    }
}
