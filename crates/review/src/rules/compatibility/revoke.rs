use sluice_sql::model::{GrantDirection, SpecialRole, Statement};

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A privilege is taken away.
    ///
    /// ## Why
    /// Programs that need it fail at once. Say `phase=contract` where they are known not to. What is taken from `PUBLIC` is left alone.
    ///
    /// ## Bad
    /// ```sql postgres
    /// REVOKE SELECT ON orders FROM reporting;
    /// ```
    /// ```sql mysql
    /// REVOKE SELECT ON shop.orders FROM 'reporting'@'%';
    /// ```
    /// ```sql mariadb
    /// REVOKE SELECT ON shop.orders FROM 'reporting'@'%';
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE TABLE drafts (id bigint PRIMARY KEY);
    /// REVOKE ALL ON drafts FROM PUBLIC;
    /// ```
    ///
    /// ## Source
    /// Measured: a query without the right is refused only when it is planned. PostgreSQL manual, REVOKE; MySQL manual, REVOKE
    /// Statement.
    Revoke, "compatibility/revoke", Engines::SERVERS, Warning, Recommended
}

impl Rule for Revoke {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::Grant(grant) = &cx.parsed.statement else { return };
        if grant.direction != GrantDirection::Revoke || cx.change.contract {
            return;
        }
        let new = grant.on.as_ref().is_some_and(|on| on.names.iter().all(|name| cx.is_new(name)));
        for role in grant.grantees.iter().filter(|role| role.special != Some(SpecialRole::Public)) {
            if !new {
                out.report(
                    role.span,
                    format!("programs of `{}` that need this fail at once", role.name.text),
                )
                .help("make sure that nothing needs it, and say phase=contract");
            }
        }
    }
}
