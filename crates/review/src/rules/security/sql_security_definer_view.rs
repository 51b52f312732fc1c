use sluice_sql::model::Statement;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A view reads with the rights of who made it.
    ///
    /// ## Why
    /// `SQL SECURITY DEFINER` is the default: whoever may read the view reads the tables with the rights of the definer,
    /// usually the account that deploys, whatever rights he has himself.
    ///
    /// ## Bad
    /// ```sql
    /// CREATE VIEW open_orders AS SELECT id FROM orders;
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// CREATE SQL SECURITY INVOKER VIEW open_orders AS SELECT id FROM orders;
    /// ```
    ///
    /// ## Source
    /// MySQL manual, CREATE VIEW Statement.
    SqlSecurityDefinerView, "security/sql-security-definer-view", Engines::MYSQL_FAMILY, Warning, Strict
}

impl Rule for SqlSecurityDefinerView {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::CreateView(view) = &one.statement else { continue };
            if view.security.is_none_or(|security| security.definer) {
                let name = view.name.display(cx.dialect());
                let span = view.security.map_or(view.name.span, |security| security.span);
                out.report(span, format!("`{name}` reads with the rights of its definer, not of who asks"))
                    .help("write SQL SECURITY INVOKER before VIEW");
            }
        }
    }
}
