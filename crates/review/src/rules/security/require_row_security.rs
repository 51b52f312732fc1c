use sluice_sql::model::{Statement, TableAction};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A table is made without row security.
    ///
    /// ## Why
    /// Where tenants share a database and clients reach it directly, every table must say whose rows are whose. A table without row
    /// security shows everything to whoever may read it.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TABLE orders (id bigint PRIMARY KEY, tenant_id bigint NOT NULL);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE TABLE orders (id bigint PRIMARY KEY, tenant_id bigint NOT NULL);
    /// ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
    /// CREATE POLICY own ON orders USING (tenant_id = current_setting('app.tenant')::bigint);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Row Security Policies.
    RequireRowSecurity, "security/require-row-security", Engines::POSTGRES, Warning, All
}

impl Rule for RequireRowSecurity {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateTable(create) = &cx.parsed.statement else { return };
        if create.temporary.is_some() || create.partition_of.is_some() || create.external.is_some() {
            return;
        }
        let enabled = cx.after.iter().any(|parsed| match &parsed.statement {
            Statement::AlterTable(alter) => {
                alter.name.same_relation(&create.name, cx.dialect())
                    && alter
                        .actions
                        .iter()
                        .any(|it| matches!(it.kind, TableAction::RowSecurity { force: false, on: true }))
            }
            _ => false,
        });
        if !enabled {
            let table = cx.display(&create.name);
            out.report(create.name.span, format!("`{table}` has no row security"))
                .help("ENABLE ROW LEVEL SECURITY in the same change, and add policies");
        }
    }
}
