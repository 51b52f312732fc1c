use sluice_sql::model::StatementKind;

use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A change does not begin with the role that is to own what it makes.
    ///
    /// ## Why
    /// Where a login deploys for several owners, what it makes is its own unless it takes a role first, and the owner cannot alter it
    /// later.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// -- sluice: allow(security/set-role) reason="objects belong to the owner's role"
    /// SET ROLE shop_owner;
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, SET ROLE.
    RequireSetRole, "statement/require-set-role", Engines::POSTGRES, Warning, All
}

impl Rule for RequireSetRole {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        let in_order =
            cx.before.iter().all(|seen| seen.kind == StatementKind::Transaction || seen.is_setting);
        let has_role = cx.session.role.is_some();
        let makes = cx.parsed.statement.kind() == StatementKind::Definition;
        if makes && in_order && !has_role {
            out.report(cx.parsed.span, "this change makes or alters things as the role that deploys")
                .help("begin the change with SET ROLE");
        }
    }
}
