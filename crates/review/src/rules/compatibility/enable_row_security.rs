use sluice_sql::model::{Statement, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// Row security is enabled on a table that is in use and has no policy.
    ///
    /// ## Why
    /// Whoever is not the owner sees no row and writes none, without an error when reading, until a policy lets them.
    ///
    /// ## Bad
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
    /// ```
    ///
    /// ## Good
    /// ```sql before
    /// CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20), total integer NOT NULL DEFAULT 0);
    /// ```
    /// ```sql
    /// CREATE POLICY everyone ON orders USING (total < 100);
    /// ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Row Security Policies: without a policy nothing is visible. Measured: no query is refused, rows are
    /// missing.
    EnableRowSecurity, "compatibility/enable-row-security", Engines::POSTGRES, Error, Recommended
}

impl Rule for EnableRowSecurity {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Some(alter) = cx.altered() else { return };
        let table = cx.display(&alter.name);

        let has_policy =
            cx.relation(&alter.name).is_some_and(|it| !it.policies.is_empty() || it.row_security)
                || cx.after.iter().any(|parsed| match &parsed.statement {
                    Statement::Policy(policy) => policy.table.same_relation(&alter.name, cx.dialect()),
                    _ => false,
                });
        for action in &alter.actions {
            if matches!(action.kind, TableAction::RowSecurity { force: false, on: true }) && !has_policy {
                out.report(
                    action.span,
                    format!("everybody but the owner sees no row of `{table}` without a policy"),
                )
                .help("create the policies in the same transaction, before row security is enabled");
            }
        }
    }
}
