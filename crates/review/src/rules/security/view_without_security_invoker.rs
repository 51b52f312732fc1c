use sluice_sql::model::Statement;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A view reads a table with row security with the rights of its owner.
    ///
    /// ## Why
    /// Policies are checked for the owner of the view, not for who reads it: whoever may read the view sees the rows that the
    /// owner sees, usually all of them.
    ///
    /// ## Bad
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
    /// ```
    /// ```sql postgres 15
    /// CREATE VIEW recent_orders AS SELECT id FROM orders;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres before
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
    /// ```
    /// ```sql postgres 15
    /// CREATE VIEW recent_orders WITH (security_invoker = true) AS SELECT id FROM orders;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE VIEW.
    ViewWithoutSecurityInvoker, "security/view-without-security-invoker", Engines::POSTGRES, Warning, Strict
}

impl Rule for ViewWithoutSecurityInvoker {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let Statement::CreateView(view) = &cx.parsed.statement else { return };
        // The option is there since 15.
        let possible = cx.version.at_least(15, 0) && !view.materialized;
        if !possible || view.options.iter().any(|option| option.is("security_invoker")) {
            return;
        }
        let reads = view.query.facts.reads.iter().filter_map(|table| cx.relation(&table.name));
        if let Some(table) = reads.into_iter().find(|relation| relation.row_security) {
            let (name, table) = (view.name.display(cx.dialect()), &table.name);
            out.report(
                view.name.span,
                format!("`{name}` shows the rows of `{table}` that its owner may see"),
            )
            .help("add WITH (security_invoker = true)");
        }
    }
}
