use sluice_sql::model::Statement;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// `ALTER SYSTEM` changes the configuration of the whole server.
    ///
    /// ## Why
    /// It writes `postgresql.auto.conf` for every database of the server, overrides what the operators configure, and needs
    /// rights that a deployment of a schema should not have. Some settings are ways to run programs.
    ///
    /// ## Bad
    /// ```sql postgres
    /// ALTER SYSTEM SET work_mem = '1GB';
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// ALTER ROLE reporting SET work_mem = '64MB';
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, ALTER SYSTEM.
    AlterSystem, "security/alter-system", Engines::POSTGRES, Error, Recommended
}

impl Rule for AlterSystem {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::AlterSystem(alter) = &one.statement else { continue };
            let what = alter.setting.as_ref().map_or("every setting", |setting| &setting.name);
            let span = alter.setting.as_ref().map_or(one.span, |setting| setting.name_span);
            out.report(span, format!("this changes {what} for every database of the server")).help(
                "configure the server where its configuration is kept, or set it for a database or role",
            );
        }
    }
}
